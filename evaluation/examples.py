"""`Examples`: the real images that a model is measured on, brought to its shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import data


@dataclass(frozen=True, eq=False)
class Examples:
    """A split of a data set, as a model is measured on it.

    Attributes:
        dataset: the data set's name or path.
        split: "test", "validation" or "train".
        load: the arguments of `data.load_arrays` that bring its images to the model's shape.
        images: float32 [n, h, w, c] in [0, 1].
        labels: int32 [n], -1 where one is missing; None without labels.
        changes: what became of the images to have the model's shape, a phrase; None if nothing.
        seed: of all that is drawn.
    """

    dataset: Any
    split: str
    load: Mapping[str, Any]
    images: np.ndarray
    labels: np.ndarray | None
    changes: str | None
    seed: int

    @classmethod
    def read(cls, model, dataset, split, validation, seed, load=None):
        """The examples for a model, resized where its images have another shape; the arguments are `evaluate`'s."""
        load = {**data.fitted_to(model.image_shape), **(load or {}), "validation": validation, "seed": seed}
        arrays = data.load_arrays(dataset, split, **load)
        return cls(dataset, split, load, data.unit_floats(arrays.images), arrays.labels, arrays.changes, seed)

    @property
    def order(self):
        """The rows in random order: the first half of MNIST's test set is the easier one."""
        return np.random.default_rng(self.seed).permutation(len(self.images))

    def binary(self):
        """One fixed Bernoulli draw of the images."""
        return data.unit_floats(data.load_arrays(self.dataset, self.split, binarize="dynamic", **self.load).images)

    def of_training(self):
        """The images of the training split, float32 in [0, 1], in random order."""
        images = data.unit_floats(data.load_arrays(self.dataset, "train", **self.load).images)
        return images[np.random.default_rng(self.seed).permutation(len(images))]
