"""Measures of a model of two domains: what it knows of the second, and whether its translations keep their class."""

import numpy as np

from .. import data
from .quality import sample_quality


def target_accuracy(model, dataset, split="test", *, baseline=None, load=None):
    """The accuracy of a classifier in a domain whose labels it has not seen.

    Args:
        model: a model with `classify`, such as `zoo.ADA`.
        dataset: the target domain's data set, labelled.
        split: "test", "validation" or "train".
        baseline: the same model trained on the source alone (adaptation weight 0), or None.
        load: further arguments of `data.load_arrays`, which bring the images to the model's shape.

    Returns:
        Plain JSON: `data`, `split`, `accuracy` in [0, 1], `num_images`, and with a baseline `source_only_accuracy`.

    Raises:
        ValueError: if the images have no labels.
    """
    images, labels = _arrays(dataset, split, load)
    if labels is None:
        raise ValueError(f"Classes are compared on labelled images. Received: {dataset!r} without labels")
    figures = {"data": str(dataset), "split": split, "num_images": len(images)}
    models = {"accuracy": model, **({} if baseline is None else {"source_only_accuracy": baseline})}
    for name, one in models.items():
        figures[name] = float(np.mean(np.argmax(one.classify(images), axis=1) == labels))
    return figures


def translation_quality(model, first, second, split="test", *, classifier, num_images=None, load=None, **options):
    """The quality of the second domain's images translated to the first, against the first's own.

    Args:
        model: a model with `translate`, such as `zoo.CycleGAN`.
        first: the data set of domain a.
        second: the data set of domain b; if it has labels, the classes are to be those of the first.
        split: "test", "validation" or "train".
        classifier: a classifier of the first data set, as for `sample_quality`.
        num_images: how many images of the second, drawn at random, to translate at most; None for all.
        load: further arguments of `data.load_arrays`, which bring the images to the model's shape.
        **options: further arguments of `sample_quality`.

    Returns:
        Plain JSON, as `sample_quality`, and `translated_from`, the second data set. `label_accuracy`, where there are
        labels, is the share of translations that keep their class.
    """
    originals, _ = _arrays(first, split, load)
    images, labels = translations(model, second, split, num_images=num_images, load=load)
    return {"translated_from": str(second), **sample_quality(images, originals, classifier, labels=labels, **options)}


def translations(model, second, split="test", *, num_images=None, load=None):
    """Images of the second domain, in random order, translated to the first; the arguments are `translation_quality`'s.

    Returns:
        float32 [n, h, w, c], and the labels [n] of what was translated, None where it has none.
    """
    images, labels = _arrays(second, split, load)
    order = np.random.default_rng(0).permutation(len(images))[:num_images]
    return np.asarray(model.translate(images[order], to="a")), None if labels is None else labels[order]


def is_labelled(dataset, split="test", load=None):
    """Whether a data set's images have labels; the arguments are `target_accuracy`'s."""
    return _arrays(dataset, split, load)[1] is not None


def _arrays(dataset, split, load):
    """Images [n, h, w, c] in [0, 1], and labels [n], or None where not every image has one."""
    arrays = data.load_arrays(dataset, split, **(load or {}))
    complete = arrays.labels is not None and (arrays.labels >= 0).all()
    return data.unit_floats(arrays.images), arrays.labels if complete else None
