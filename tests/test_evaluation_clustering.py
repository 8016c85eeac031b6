"""Cluster accuracy: by hand, whatever the categories are called, and its refusals."""

import numpy as np
import pytest
from unizoo.evaluation import cluster_accuracy


def test_by_hand():
    # Category 0 is mostly class 2 (two of three), category 4 is all class 1.
    assert cluster_accuracy([0, 0, 0, 4, 4], [2, 2, 1, 1, 1]) == pytest.approx(4 / 5)


def test_the_names_of_the_categories_do_not_matter():
    labels = np.random.default_rng(0).integers(5, size=100)
    assert cluster_accuracy(np.array([3, 0, 4, 2, 1])[labels], labels) == 1.0


def test_one_category_gets_the_largest_class():
    assert cluster_accuracy(np.zeros(4, np.int32), np.array([1, 1, 1, 0])) == pytest.approx(3 / 4)


@pytest.mark.parametrize(
    ("categories", "labels"),
    [([0, 1], [0]), ([], []), ([[0]], [[0]]), ([0.5], [1]), ([-1], [0]), ([0], [-1])],
    ids=["lengths", "none", "rank", "dtype", "negative category", "negative label"],
)
def test_what_is_not_one_class_an_image_is_refused(categories, labels):
    with pytest.raises(ValueError, match="Received: "):
        cluster_accuracy(categories, labels)
