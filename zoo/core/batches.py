"""What `fit` and the like are handed in the place of a user's data: the same, with a look at all of it.

Arrays and tensors are looked at as a whole, at once; data sets, `keras.utils.PyDataset`s and generators, whose values
nobody knows before they come, batch by batch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .inputs import as_array, checked_images, checked_labels, class_numbers, class_weights


class CheckedBatches(keras.utils.PyDataset):
    """A `keras.utils.PyDataset` whose batches are looked at as they come, by its own workers.

    Args:
        batches: the `PyDataset`.
        check: a function from a batch to the batch that is given on.
    """

    def __init__(self, batches, check):
        super().__init__(batches.workers, batches.use_multiprocessing, batches.max_queue_size)
        self.batches = batches
        self.check = check

    @property
    def num_batches(self):
        """As many as there are; None for no end of them."""
        return self.batches.num_batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.check(self.batches[index])

    def on_epoch_begin(self):
        """Pass it on."""
        self.batches.on_epoch_begin()

    def on_epoch_end(self):
        """Pass it on."""
        self.batches.on_epoch_end()


@dataclass(frozen=True)
class Inputs:
    """What a model takes. It is apart from the model, since workers of data sets may be other processes.

    Attributes:
        image_shape: (height, width, channels).
        num_classes: how many classes a conditional model knows, or None.
        missing_labels: whether -1 stands for a label that is not known.
        two_domains: whether images come in pairs.
        class_weight: dict from classes to weights of their examples, or None.
    """

    image_shape: tuple[int, int, int]
    num_classes: int | None
    missing_labels: bool
    two_domains: bool
    class_weight: Any = None

    def feed(self, x, y=None, weights=None):
        """What Keras is handed in the place of what a user gives.

        Args:
            x: images, or a pair of them for a model of two domains; or a pair of such images and labels; or a
                `tf.data.Dataset`, a `keras.utils.PyDataset` or an iterator of batches of all that. What else Keras
                takes passes as it is.
            y: labels, or None.
            weights: weights of the examples, or None.

        Returns:
            `x`, `y` and `weights`, all checked, or with a check in them.

        Raises:
            ValueError: if there are no images, or what there is is of the wrong kind.
        """
        if isinstance(x, tf.data.Dataset):
            return self._dataset(x), y, weights
        if isinstance(x, Iterator):
            return (self.batch(element) for element in x), y, weights
        arrays = x is None or isinstance(x, (tuple, list, dict)) or hasattr(x, "__array__")
        if not (arrays or isinstance(x, keras.utils.PyDataset)):
            if self.class_weight is not None:
                raise ValueError(
                    "class_weight goes by labels in arrays, data sets, PyDatasets or generators. "
                    f"Received: {type(x).__name__}"
                )
            return x, y, weights
        if x is None or (hasattr(x, "__len__") and len(x) == 0):
            received = "None" if x is None else f"an empty {type(x).__name__}"
            raise ValueError(f"There are no images: give an array of them or a data set. Received: {received}")
        return self.checked(x, y, weights) if arrays else (CheckedBatches(x, self.batch), y, weights)

    def _dataset(self, batches):
        """A `tf.data.Dataset` whose batches are looked at while the model is at those before."""
        if getattr(batches, "unit_images", False) and self.num_classes is None and self.class_weight is None:
            return batches  # as unizoo.data made it, of images that it has looked at
        spec = batches.element_spec
        # tf.data gives the parts of a plain tuple as so many arguments, and anything else as one.
        check = (lambda *parts: self.batch(parts)) if type(spec) is tuple else self.batch
        return batches.map(tf.autograph.experimental.do_not_convert(check)).prefetch(tf.data.AUTOTUNE)

    def batch(self, element):
        """An element of a data set, checked: the tuple (images,), (images, labels) or (images, labels, weights)."""
        parts = element if isinstance(element, (tuple, list)) else (element,)
        if not 1 <= len(parts) <= 3:
            raise self._no_batch(element)
        images, labels, weights = self.checked(*parts)
        return (images,) if labels is None else (images, labels) if weights is None else (images, labels, weights)

    def checked(self, images, labels=None, weights=None):
        """Images, labels and weights of the examples, of a batch or of all, refused unless the model takes them."""
        if isinstance(images, dict):
            raise self._no_batch(images)
        images, labels = self._apart(images, labels)
        domains = tuple(checked_images(domain, self.image_shape) for domain in self.domains(images))
        if len({len(domain) for domain in domains if not tf.is_symbolic_tensor(domain)}) > 1:
            raise ValueError(
                "Arrays of two domains must have as many images each; unizoo.data.unpaired makes a data set of both, "
                f"whatever their sizes. Received: {' and '.join(str(len(domain)) for domain in domains)}"
            )
        labels = self._checked_labels(labels)
        weights = None if weights is None else as_array(weights)
        if self.class_weight is not None:
            weights = self._class_weights(labels, weights)
        if labels is None and weights is not None:  # without labels Keras would drop the weights
            labels = (tf.experimental.numpy if tf.is_tensor(weights) else np).zeros_like(weights)
        return domains if len(domains) > 1 else domains[0], labels, weights

    @staticmethod
    def _no_batch(element):
        return ValueError(
            "The batches are images, or tuples of images, labels and weights of the examples, as far as there are any. "
            f"Received: a {type(element).__name__} of {sorted(element) if isinstance(element, dict) else len(element)}"
        )

    def _apart(self, images, labels):
        """Images and labels, which may come as one pair."""
        pair = labels is None and isinstance(images, (tuple, list)) and len(images) == 2
        if pair and self.two_domains:
            pair = isinstance(images[0], (tuple, list))
        elif pair and isinstance(images, list):
            pair = np.ndim(images[0]) != len(self.image_shape)  # else they are two images
        return images if pair else (images, labels)

    def domains(self, images):
        """The images of each domain, a tuple of one or two; for two domains they must come as a pair."""
        if not self.two_domains:
            return (images,)
        if isinstance(images, (tuple, list)) and len(images) == 2:
            return tuple(images)
        shape = getattr(images, "shape", None)
        raise ValueError(
            "The images must be those of two domains: expected a pair, fit((a, b)), or a data set of ((a, b),) or "
            "((a, b), labels), as unizoo.data.unpaired makes. "
            f"Received: {type(images).__name__}" + ("" if shape is None else f" of shape {tuple(shape)}")
        )

    def _checked_labels(self, labels):
        if self.num_classes is not None:
            return checked_labels(labels, self.num_classes, self.missing_labels)
        return None if labels is None else as_array(labels)

    def _class_weights(self, labels, weights):
        if labels is None or weights is not None:
            received = "no labels" if labels is None else "sample_weight too"
            raise ValueError(
                "class_weight gives the examples weights by their labels, in the place of sample_weight: expected "
                f"fit(images, labels, class_weight=...). Received: {received}"
            )
        known = self.num_classes or max(self.class_weight, default=0) + 1
        return class_weights(class_numbers(labels, known, use="class_weight goes by them")[0], self.class_weight)


class PredictInputs(Inputs):
    """What `predict` takes: images of one domain, alone or with labels."""

    def domains(self, images):
        """The images, a tuple of one."""
        return (images,)

    def _apart(self, images, labels):
        if self.two_domains and isinstance(images, (tuple, list)):
            raise ValueError(
                "A model of two domains predicts from images of one at a time: predict(a). "
                f"Received: a {type(images).__name__} of {len(images)}"
            )
        return super()._apart(images, labels)

    def _checked_labels(self, labels):
        return None if labels is None or self.two_domains else super()._checked_labels(labels)
