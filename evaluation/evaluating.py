"""`evaluate`: all that can be measured of a model on a data set, each figure with its sample counts."""

import numpy as np

from ..zoo.classifier import Classifier
from .clustering import cluster_accuracy
from .comparing import check_judge, compared, find_judge, judged
from .domains import is_labelled, target_accuracy
from .examples import Examples
from .likelihood import affordable_samples, negative_log_likelihood


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
    load=None,
    seed=0,
    seconds=None,
    progress=None,
):
    """Measure a model's likelihood and the quality of its samples, as far as it has either.

    A likelihood is measured for the models with `log_prob`: on grey-level images a Bernoulli model is given a fixed
    binary draw of them (the "dynamic binarisation" of the literature). So is one that classifies, of which the accuracy
    is measured too. Samples are compared with real images of the split, in the eyes of a classifier of the data set or,
    where there is none, in random convolutional features, which need no labels.

    Args:
        model: a `GenerativeModel`, or a `Classifier`, whose accuracy is measured.
        dataset: a data set's name or path, as `data.load` takes it; resized to the model's images where they differ.
        split: "test", "validation" or "train".
        num_importance_samples: for each image's likelihood.
        num_samples: images to generate; of a model that translates, and where no classifier judges, the most of them.
        num_images: how many real images, drawn at random, to measure the likelihood (or a `Classifier`'s accuracy) on
            and, where no classifier judges, to compare samples with; None for all.
        classifier: a `Classifier`, or a preset (name or folder) of one; None for the preset of the data set's name, if
            there is one.
        second_dataset: the second domain's data set, for a model of two domains; None measures the first alone.
        baseline: a model with `classify` trained on the first domain alone, to measure beside one that was adapted to
            the second; or None.
        validation: number, or fraction, of the training examples that split="validation" means, where the data set has
            no validation split of its own.
        load: further arguments of `data.load_arrays`: how images are resized, what becomes of damaged files.
        seed: int; the same seed gives the same figures.
        seconds: how long the likelihood may take, about: of the importance samples asked for, as many as end within it
            (see `affordable_samples`); None for all of them.
        progress: called as `progress(stage, done, total)`.

    Returns:
        Plain JSON: `data`, `split`, `changes` (what became of images to have the model's shape, if anything), and what
        was measured: `likelihood` (see `negative_log_likelihood`; `given_class` says whether it is that of the images
        given their classes, as a conditional model's is), `quality` (see `sample_quality`; of the translations from the
        second domain to the first where the model translates) or, where no classifier judges and there are images
        enough, `resemblance` (see `judge.resemblance`), `accuracy` with `num_images`, `clusters` (of a model that finds
        categories), `target` (see `target_accuracy`).

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
    examples = Examples.read(model, dataset, split, validation, seed, load)
    images, labels = examples.images, examples.labels
    chosen = examples.order[:num_images]
    figures = {"data": str(dataset), "split": split, **({"changes": examples.changes} if examples.changes else {})}
    if isinstance(model, Classifier):
        if labels is None:
            raise ValueError(f"A classifier is evaluated on labelled images. Received: {dataset!r} without labels")
        return {**figures, **_accuracy(model.classify, images[chosen], labels[chosen])}
    judge = find_judge(classifier, dataset)
    if judge is not None:
        check_judge(judge, model, examples, num_samples)
    if _needs_labels(model) and labels is None:
        raise ValueError(f"A conditional model is evaluated on labelled images. Received: {dataset!r} without labels")
    observed = examples.binary() if getattr(model, "likelihood", None) == "bernoulli" else images
    if labels is not None and (labels >= 0).any():
        figures |= _agreement(model, images, observed, labels)
    if model.supports("log_prob"):
        given = labels[chosen].astype(np.int32) if _needs_labels(model) else None
        figures["likelihood"] = _likelihood(
            model, observed[chosen], given, num_importance_samples, seconds, seed, report
        )
    if second_dataset is not None and model.supports("classify") and is_labelled(second_dataset, split, examples.load):
        figures["target"] = target_accuracy(model, second_dataset, split, baseline=baseline, load=examples.load)
    if judge is not None:
        return figures | judged(model, examples, judge, num_samples, second_dataset, report)
    return figures | compared(model, examples, num_images, num_samples, second_dataset, report)


def _needs_labels(model):
    return model.num_classes is not None and not model.missing_labels


def _likelihood(model, images, labels, num_samples, seconds, seed, report):
    """The figures `likelihood` of images as the model observes them, given their labels if there are some."""
    report("likelihood", 0, len(images))
    if seconds is not None:
        num_samples = min(num_samples, affordable_samples(model, images, seconds, seed, labels))
    kind = getattr(model, "likelihood", "model")
    return {
        "given_class": labels is not None,
        "observation": f"{kind} likelihood" + ", one fixed Bernoulli draw of each image" * (kind == "bernoulli"),
        **negative_log_likelihood(
            model, images, num_samples, seed, lambda done, total: report("likelihood", done, total), labels=labels
        ),
    }


def _agreement(model, images, observed, labels):
    """How well the classes that a model gives images, or categories that it found, agree with their labels."""
    known, figures = labels >= 0, {}
    if model.supports("classify"):
        figures |= _accuracy(model.classify, observed[known], labels[known])
    if hasattr(model, "categorize"):
        figures["clusters"] = {
            "accuracy": cluster_accuracy(np.asarray(model.categorize(images[known])), labels[known]),
            "num_categories": model.sample_classes,
            "num_images": int(known.sum()),
        }
    return figures


def _accuracy(classify, images, labels):
    """The share of images [n, h, w, c] whose most probable class is their label [n], and of how many."""
    batches = np.array_split(np.arange(len(images)), -(-len(images) // 500))
    guesses = [np.argmax(classify(images[batch]), axis=1) for batch in batches]
    return {"accuracy": float(np.mean(np.concatenate(guesses) == labels)), "num_images": len(images)}
