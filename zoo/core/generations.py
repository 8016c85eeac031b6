"""Generated examples that a model is trained on beside the data."""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from .phase import Batch
from .randomness import categories, fold_in, normal, uniform


@dataclass(frozen=True)
class Generations:
    """Draws from p(x|z), not its means, held constant.

    Attributes:
        decode: `(codes, labels) -> p(x|z)`, one of `layers.heads`, over images.
        latent_dim: size of a code, whose prior is N(0, I).
        image_shape: (height, width, channels).
        classes: how many classes the examples are drawn of, evenly; they then count as examples without labels. None
            for examples that take the labels of the data in the batch, if there are any.
    """

    decode: Callable
    latent_dim: int
    image_shape: tuple
    classes: int | None = None

    def noise(self, n, seed):
        """Codes [n, latent_dim], uniform numbers for the draw of each pixel, and classes if they are drawn: a dict."""
        codes = normal([n, self.latent_dim], fold_in(seed, 0))
        noise = {"codes": codes, "uniform": uniform([n, *self.image_shape], fold_in(seed, 1))}
        return noise if self.classes is None else {**noise, "classes": categories(n, self.classes, fold_in(seed, 2))}

    def draw(self, labels, noise):
        """A `Batch` of examples, beside data with these labels; `noise` is as above."""
        likelihood = self.decode(noise["codes"], noise.get("classes", labels))
        images = likelihood.distribution.quantile(noise["uniform"])
        labels = labels if self.classes is None else -tf.ones_like(noise["classes"])
        return Batch(tf.stop_gradient(tf.clip_by_value(images, 0.0, 1.0)), labels)
