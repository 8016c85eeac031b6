"""Measuring models: likelihood and the quality of samples, always with the sample counts."""

from .._lazy import lazy_names

_HOMES = {
    "Moments": "distances",
    "QualityMonitor": "monitor",
    "RandomFeatures": "judge",
    "affordable_samples": "likelihood",
    "class_histogram": "quality",
    "cluster_accuracy": "clustering",
    "evaluate": "evaluating",
    "frechet_distance": "distances",
    "frechet_distance_from_moments": "distances",
    "inception_score": "quality",
    "kernel_distance": "distances",
    "moments": "distances",
    "negative_log_likelihood": "likelihood",
    "precision_recall": "distances",
    "resemblance": "judge",
    "sample_quality": "quality",
    "target_accuracy": "domains",
    "translation_quality": "domains",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
