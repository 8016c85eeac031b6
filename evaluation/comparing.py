"""The part of `evaluate` that compares generated images with real ones, in the eyes of a classifier or without one."""

import os
from typing import Any, NamedTuple

import numpy as np

from ..zoo.classifier import Classifier
from ..zoo.hub.presets import preset_names, read_metadata
from ..zoo.hub.registry import from_preset
from .domains import translation_quality, translations
from .judge import least_images, resemblance
from .quality import sample_quality


class Judge(NamedTuple):
    """A classifier that judges samples, what it is called, and its accuracy if that is known."""

    classifier: Any
    name: str
    accuracy: float | None


def find_judge(classifier, dataset):
    """The judge of a data set's samples.

    Args:
        classifier: a `Classifier`, a preset of one, or None for the preset of the data set's name.
        dataset: the data set's name or path.

    Returns:
        A `Judge`; None where there is none.
    """
    if classifier is None and (own := f"classifier_{dataset}") in preset_names():
        classifier = own
    if not isinstance(classifier, (str, os.PathLike)):
        return None if classifier is None else Judge(classifier, getattr(classifier, "name", None), None)
    name, classifier = os.fspath(classifier), from_preset(classifier, compile=False)
    if not isinstance(classifier, Classifier):
        raise ValueError(f"Samples are judged by a classifier. Received: {name!r}, a {type(classifier).__name__}")
    return Judge(classifier, name, read_metadata(name).get("metrics", {}).get("accuracy"))


def check_judge(judge, model, examples, num_samples):
    """Refuse a judge that does not see a model's images, or has more features than there are images of a kind."""
    least = getattr(judge.classifier, "num_features", 0) + 1
    if model.supports("generate") and num_samples < least:
        raise ValueError(f"The Fréchet distance here needs {least} samples at least. Received: {num_samples=}")
    if model.supports("generate") and len(examples.images) < least:
        raise ValueError(
            f"The Fréchet distance here needs {least} real images at least: take a split with more. "
            f"Received: {len(examples.images)}, split={examples.split!r}"
        )
    if judge.classifier.image_shape != model.image_shape:
        raise ValueError(
            f"The classifier must see images of the model's shape, {model.image_shape}. "
            f"Received: {judge.name!r}, which sees {judge.classifier.image_shape}"
        )


def judged(model, examples, judge, num_samples, second_dataset, report):
    """A model's samples, or translations of a second data set, in the eyes of a judge: the figures `quality`."""
    options = {
        "classifier_name": judge.name,
        "classifier_accuracy": judge.accuracy,
        "progress": lambda done, total: report("quality", done, total),
    }
    if _translates(model, second_dataset):
        options |= {"classifier": judge.classifier, "num_images": num_samples, "load": examples.load}
        quality = translation_quality(model, examples.dataset, second_dataset, examples.split, **options)
    elif model.supports("generate"):
        samples, labels = _samples(model, num_samples, examples.seed, report)
        quality = sample_quality(samples, examples.images[examples.order], judge.classifier, labels=labels, **options)
    else:
        return {}
    return {"quality": {"seed": examples.seed, **quality}}


def compared(model, examples, num_images, num_samples, second_dataset, report):
    """A model's samples, or translations of a second data set, beside real images: the figures `resemblance`.

    There are as many of each kind; with too few there are no figures.
    """
    if not (_translates(model, second_dataset) or model.supports("generate")):
        return {}
    real = [examples.images[examples.order[:num_images]]]
    if examples.split != "train":
        real.append(examples.of_training())
    count = min(num_samples, *map(len, real))
    if count < least_images():
        return {}
    source = {}
    if _translates(model, second_dataset):
        made, _ = translations(model, second_dataset, examples.split, num_images=count, load=examples.load)
        source = {"translated_from": str(second_dataset)}
        if len(made) < least_images():
            return {}
    else:
        made, _ = _samples(model, count, examples.seed, report)
    real = [images[: len(made)] for images in real]
    figures = resemblance(made, *real, progress=lambda done, total: report("resemblance", done, total))
    return {"resemblance": {"seed": examples.seed, **source, **figures}}


def _translates(model, second_dataset):
    return second_dataset is not None and model.supports("translate")


def _samples(model, count, seed, report):
    """Samples, and the labels that a conditional model was asked for: a random draw; None of others."""
    report("samples", 0, count)
    labels = None
    if model.num_classes is not None:
        labels = np.random.default_rng(seed).integers(model.num_classes, size=count, dtype=np.int32)
    samples = np.asarray(model.sample(count, labels=labels, seed=seed))
    report("samples", count, count)
    return samples, labels
