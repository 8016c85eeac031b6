"""How well categories that a model found by itself agree with the true classes."""

import numpy as np


def cluster_accuracy(categories, labels):
    """The share of images whose class is the one that most images of their category have.

    It grows with the number of categories, up to one with as many as images: compare equal numbers only.

    Args:
        categories: int [n], each image's category, 0 or more.
        labels: int [n], each image's true class, 0 or more.

    Returns:
        float in (0, 1].

    Raises:
        ValueError: unless both are integers [n], none negative, with n at least 1.
    """
    categories, labels = np.asarray(categories), np.asarray(labels)
    whole = all(np.issubdtype(part.dtype, np.integer) for part in (categories, labels))
    if not whole or categories.ndim != 1 or categories.shape != labels.shape or not len(labels):
        raise ValueError(
            "categories and labels must be integers, one of each for each of n images, n at least 1. "
            f"Received: {categories.dtype} of shape {categories.shape} and {labels.dtype} of shape {labels.shape}"
        )
    if min(categories.min(), labels.min()) < 0:
        raise ValueError(
            "categories and labels must be 0 or more. "
            f"Received: smallest category {categories.min()}, smallest label {labels.min()}"
        )
    counts = np.zeros((categories.max() + 1, labels.max() + 1), np.int64)
    np.add.at(counts, (categories, labels), 1)
    return float(counts.max(axis=1).sum() / len(labels))
