"""Measuring models: likelihood and the quality of samples, always with the sample counts."""

from typing import Any

_HOMES = {
    "Moments": "distances",
    "QualityMonitor": "monitor",
    "class_histogram": "quality",
    "evaluate": "evaluating",
    "frechet_distance": "distances",
    "frechet_distance_from_moments": "distances",
    "inception_score": "quality",
    "kernel_distance": "distances",
    "moments": "distances",
    "negative_log_likelihood": "likelihood",
    "precision_recall": "distances",
    "sample_quality": "quality",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module("." + _HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
