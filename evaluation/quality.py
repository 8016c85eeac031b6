"""How good generated images are, by what a classifier sees in them.

- Is every class there, and is each image plainly one of them? `class_histogram`; `inception_score` (Salimans
  et al. 2016), `exp(E_x KL(p(y|x) || p(y)))`: pure functions of class probabilities [n, num_classes].
- Are generated and real images alike? The distances between their features in `distances.py`.

`sample_quality` gives all of them, with the numbers of samples on which they depend. Compare figures with
equal numbers and one classifier only.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .distances import finite_matrix, frechet_distance, kernel_distance, precision_recall, require_parts


def class_histogram(probabilities: Any) -> np.ndarray:
    """Returns the share of images whose most probable class is each one, float64 [num_classes], summing to 1.

    Args:
        probabilities: [n, num_classes], rows summing to 1.
    """
    probabilities = _probabilities(probabilities)
    counts = np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1])
    return counts / len(probabilities)


def inception_score(probabilities: Any, splits: int = 10) -> tuple[float, float]:
    """Inception score, `exp(mean_x KL(p(y|x) || p(y)))`, between 1 and the number of classes.

    The score is taken on each of `splits` nearly equal consecutive parts, with that part's own `p(y)`; the
    order of the images matters only there, and should be random. One split uses all images at once and has
    deviation 0.

    Args:
        probabilities: [n, num_classes], rows summing to 1.
        splits: number of parts, from 1 to n.

    Returns:
        Mean and (population) standard deviation over the splits.
    """
    probabilities = _probabilities(probabilities)
    require_parts("splits", splits, len(probabilities))
    scores = []
    for part in np.array_split(probabilities, splits):
        marginal = part.mean(axis=0)
        # 0 log 0 = 0; and where p(y|x) > 0 the marginal is positive as well.
        ratio = np.divide(part, marginal, out=np.ones_like(part), where=part > 0)
        scores.append(np.exp(np.mean(np.sum(part * np.log(ratio), axis=1))))
    return float(np.mean(scores)), float(np.std(scores))


def sample_quality(
    images: Any,
    reference_images: Any,
    classifier: Any,
    *,
    batch_size: int = 500,
    splits: int = 10,
    neighbours: int = 3,
    classifier_name: str | None = None,
    classifier_accuracy: float | None = None,
    labels: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """All measures of generated images against real ones, with the sample counts that they depend on.

    Args:
        images: generated, [n, h, w, c] in [0, 1], in random order; n > number of features.
        reference_images: real, [m, h, w, c] in [0, 1], in random order; m > number of features.
        classifier: has `features_and_probabilities(images) -> ([n, d], [n, num_classes])`, as
            `zoo.Classifier`.
        batch_size: images given to the classifier at once.
        splits: parts for the deviations of the inception score and of the kernel distance.
        neighbours: k of precision and recall.
        classifier_name: what to call the classifier; by default its `name`.
        classifier_accuracy: its test accuracy in [0, 1], if known.
        labels: int [n], the classes that a conditional model was asked for; None for none.
        progress: called after each batch with the images done and the images in all.

    Returns:
        Plain JSON: `num_samples`, `num_reference`, `classifier`, `classifier_accuracy`, `class_shares` (a
        list), `inception_score` and `inception_score_sd` with `splits`, `reference_inception_score` (the
        same for the real images), `frechet_distance`, `kernel_distance` and `kernel_distance_sd` (over as
        many blocks as `splits`), `precision` and `recall` with `neighbours`; and with labels `label_accuracy`,
        the share of generated images that the classifier takes for what was asked for.
    """
    images, reference_images = np.asarray(images), np.asarray(reference_images)
    if images.shape[1:] != reference_images.shape[1:]:
        raise ValueError(
            "Generated and reference images need the same height, width and channels. "
            f"Received: shapes {images.shape} and {reference_images.shape}"
        )
    total = len(images) + len(reference_images)
    report = progress or (lambda done, total: None)
    features, probabilities = _classify(images, classifier, batch_size, lambda done: report(done, total))
    reference_features, reference_probabilities = _classify(
        reference_images, classifier, batch_size, lambda done: report(len(images) + done, total)
    )
    score, score_sd = inception_score(probabilities, splits)
    distance, distance_sd = kernel_distance(features, reference_features, splits)
    precision, recall = precision_recall(features, reference_features, neighbours)
    return {
        "num_samples": len(images),
        "num_reference": len(reference_images),
        "classifier": classifier_name or getattr(classifier, "name", None),
        "classifier_accuracy": classifier_accuracy,
        "class_shares": class_histogram(probabilities).tolist(),
        "splits": splits,
        "inception_score": score,
        "inception_score_sd": score_sd,
        "reference_inception_score": inception_score(reference_probabilities, splits)[0],
        "frechet_distance": frechet_distance(features, reference_features),
        "kernel_distance": distance,
        "kernel_distance_sd": distance_sd,
        "neighbours": neighbours,
        "precision": precision,
        "recall": recall,
        **({} if labels is None else {"label_accuracy": float(np.mean(probabilities.argmax(axis=1) == labels))}),
    }


def _classify(
    images: np.ndarray, classifier: Any, batch_size: int, report: Callable[[int], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Features [n, d] and class probabilities [n, num_classes] of images, a batch at a time."""
    if images.ndim != 4 or not len(images) or not np.issubdtype(images.dtype, np.floating):
        raise ValueError(
            "Images must be floating point, [n, h, w, c] with n at least 1. "
            f"Received: {images.dtype} of shape {images.shape}"
        )
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1. Received: batch_size={batch_size}")
    outputs = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size].astype(np.float32)
        # Written so that NaN fails as well; a decoder's float32 may pass 1 by a rounding error.
        if not (batch.min() >= -1e-3 and batch.max() <= 1 + 1e-3):
            raise ValueError(
                "Images must be finite and in [0, 1]. "
                f"Received: from {batch.min()} to {batch.max()} in the batch from image {start}"
            )
        outputs.append([np.asarray(output) for output in classifier.features_and_probabilities(batch)])
        report(start + len(batch))
    features, probabilities = zip(*outputs, strict=True)
    return np.concatenate(features), np.concatenate(probabilities)


def _probabilities(values: Any) -> np.ndarray:
    values = finite_matrix("probabilities", values)
    sums = values.sum(axis=1)
    if values.min() < 0 or np.abs(sums - 1).max() > 1e-3:
        raise ValueError(
            "`probabilities` must be at least 0 and each row must sum to 1 (logits need a softmax first). "
            f"Received: smallest value {values.min()}, sums of rows from {sums.min()} to {sums.max()}"
        )
    return values / sums[:, None]
