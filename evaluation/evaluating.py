"""`evaluate`: all that can be measured of a model on a data set, each figure with its sample counts."""

import os

import numpy as np

from .. import data
from ..zoo.classifier import Classifier
from ..zoo.hub.presets import preset_names, read_metadata
from ..zoo.hub.registry import from_preset
from .clustering import cluster_accuracy
from .domains import is_labelled, target_accuracy, translation_quality
from .likelihood import negative_log_likelihood
from .quality import sample_quality


def evaluate(
    model,
    dataset,
    split="test",
    *,
    num_importance_samples=5000,
    num_samples=10_000,
    num_images=None,
    classifier=None,
    second_dataset=None,
    baseline=None,
    validation=0,
    seed=0,
    progress=None,
):
    """Measure a model's likelihood and the quality of its samples, as far as it has either.

    A likelihood is measured for the models with `log_prob`: on grey-level images a Bernoulli model is given a fixed
    binary draw of them (the "dynamic binarisation" of the literature). So is one that classifies, of which the accuracy
    is measured too. Sample quality needs a classifier of the data set, and compares with the real images of the split.

    Args:
        model: a `GenerativeModel`, or a `Classifier`, whose accuracy is measured.
        dataset: a data set's name or path, as `data.load` takes it; resized to the model's images where they differ.
        split: "test", "validation" or "train".
        num_importance_samples: for each image's likelihood.
        num_samples: images to generate; of a model that translates, the most images to translate.
        num_images: how many real images, drawn at random, to measure the likelihood (or a `Classifier`'s accuracy) on;
            None for all.
        classifier: a `Classifier`, or a preset (name or folder) of one; None for the preset of the data set's name, if
            there is one.
        second_dataset: the second domain's data set, for a model of two domains; None measures the first alone.
        baseline: a model with `classify` trained on the first domain alone, to measure beside one that was adapted to
            the second; or None.
        validation: number, or fraction, of the training examples that split="validation" means, where the data set has
            no validation split of its own.
        seed: int; the same seed gives the same figures.
        progress: called as `progress(stage, done, total)`.

    Returns:
        Plain JSON: `data`, `split`, and what was measured: `likelihood` (see `negative_log_likelihood`; `given_class`
        says whether it is that of the images given their classes, as a conditional model's is), `quality`
        (see `sample_quality`; of the translations from the second domain to the first where the model translates),
        `accuracy` with `num_images`, `clusters` (of a model that finds categories), `target` (see `target_accuracy`).

    Raises:
        ValueError: if labels are needed and the data set has none, or a second data set is not; or if there are fewer
            samples than the classifier has features.
    """
    if second_dataset is not None and not model.two_domains:
        raise ValueError(
            f"{type(model).__name__} is a model of one domain: second_dataset must be None. "
            f"Received: second_dataset={second_dataset!r}"
        )
    report = progress or (lambda stage, done, total: None)
    load = {**data.fitted_to(model.image_shape), "validation": validation, "seed": seed}
    grey = data.load_arrays(dataset, split, **load)
    images = data.unit_floats(grey.images)
    order = np.random.default_rng(seed).permutation(len(images))
    chosen = order[:num_images]  # at random: the first half of MNIST's test set is the easier one
    figures = {"data": str(dataset), "split": split}
    if isinstance(model, Classifier):
        if grey.labels is None:
            raise ValueError(f"A classifier is evaluated on labelled images. Received: {dataset!r} without labels")
        return {**figures, **_accuracy(model.classify, images[chosen], grey.labels[chosen])}
    given = isinstance(classifier, (str, os.PathLike))
    name = os.fspath(classifier) if given else f"classifier_{dataset}"
    known = given or name in preset_names()
    if given or (classifier is None and known):
        classifier = from_preset(name, compile=False)
        if not isinstance(classifier, Classifier):
            raise ValueError(f"Samples are judged by a classifier. Received: {name!r}, a {type(classifier).__name__}")
    accuracy = read_metadata(name).get("metrics", {}).get("accuracy") if known else None
    least = getattr(classifier, "num_features", 0) + 1
    if model.supports("generate") and num_samples < least:
        raise ValueError(f"The Fréchet distance here needs {least} samples at least. Received: {num_samples=}")
    if classifier is not None and model.supports("generate") and len(images) < least:
        raise ValueError(
            f"The Fréchet distance here needs {least} real images at least: take a split with more. "
            f"Received: {len(images)}, split={split!r}"
        )
    if classifier is not None and classifier.image_shape != model.image_shape:
        raise ValueError(
            f"The classifier must see images of the model's shape, {model.image_shape}. "
            f"Received: {name!r}, which sees {classifier.image_shape}"
        )
    needs_labels = model.num_classes is not None and not model.missing_labels
    if needs_labels and grey.labels is None:
        raise ValueError(f"A conditional model is evaluated on labelled images. Received: {dataset!r} without labels")
    binary = getattr(model, "likelihood", None) == "bernoulli"
    observed = images
    if binary:
        observed = data.unit_floats(data.load_arrays(dataset, split, binarize="dynamic", **load).images)
    labelled = np.zeros(len(images), bool) if grey.labels is None else grey.labels >= 0
    if model.supports("classify") and labelled.any():
        figures.update(_accuracy(model.classify, observed[labelled], grey.labels[labelled]))
    if hasattr(model, "categorize") and labelled.any():
        figures["clusters"] = {
            "accuracy": cluster_accuracy(np.asarray(model.categorize(images[labelled])), grey.labels[labelled]),
            "num_categories": model.sample_classes,
            "num_images": int(labelled.sum()),
        }
    if model.supports("log_prob"):
        figures["likelihood"] = {
            "given_class": needs_labels,
            "observation": f"{getattr(model, 'likelihood', 'model')} likelihood"
            + (", one fixed Bernoulli draw of each image" if binary else ""),
            **negative_log_likelihood(
                model,
                observed[chosen],
                num_importance_samples,
                seed,
                lambda done, total: report("likelihood", done, total),
                labels=grey.labels[chosen].astype(np.int32) if needs_labels else None,
            ),
        }
    if second_dataset is not None and model.supports("classify") and is_labelled(second_dataset, split, load):
        figures["target"] = target_accuracy(model, second_dataset, split, baseline=baseline, load=load)
    if second_dataset is not None and model.supports("translate") and classifier is not None:
        figures["quality"] = {
            "seed": seed,
            **translation_quality(
                model,
                dataset,
                second_dataset,
                split,
                classifier=classifier,
                num_images=num_samples,
                load=load,
                classifier_name=name,
                classifier_accuracy=accuracy,
                progress=lambda done, total: report("quality", done, total),
            ),
        }
    if classifier is not None and model.supports("generate"):
        report("samples", 0, num_samples)
        labels = None
        if model.num_classes is not None:
            labels = np.random.default_rng(seed).integers(model.num_classes, size=num_samples, dtype=np.int32)
        samples = np.asarray(model.sample(num_samples, labels=labels, seed=seed))
        report("samples", num_samples, num_samples)
        figures["quality"] = {
            "seed": seed,
            **sample_quality(
                samples,
                images[order],
                classifier,
                classifier_name=name,
                classifier_accuracy=accuracy,
                labels=labels,
                progress=lambda done, total: report("quality", done, total),
            ),
        }
    return figures


def _accuracy(classify, images, labels):
    """The share of images [n, h, w, c] whose most probable class is their label [n], and of how many."""
    batches = np.array_split(np.arange(len(images)), -(-len(images) // 500))
    guesses = [np.argmax(classify(images[batch]), axis=1) for batch in batches]
    return {"accuracy": float(np.mean(np.concatenate(guesses) == labels)), "num_images": len(images)}
