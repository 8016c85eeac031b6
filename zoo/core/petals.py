"""The prior of codes that may have a part for each class: a normal distribution, or a flower of them."""

from dataclasses import dataclass

import tensorflow as tf
import tensorflow_probability as tfp

from ... import layers
from .autoencoder import standard_normal
from .randomness import categories, fold_in, normal

tfd = tfp.distributions


@dataclass(frozen=True)
class PetalPrior:
    """N(0, I), or with classes the even mixture of `layers.petals`.

    A label of -1 is one that is not known: it is a class of its own to those who are told the class, and its prior is
    the whole mixture.

    Attributes:
        size: of a code.
        num_classes: how many petals, one a class; None for N(0, I).
    """

    size: int
    num_classes: int | None = None

    @property
    def told(self):
        """How many values tell a code and its class."""
        return self.size if self.num_classes is None else self.size + self.num_classes + 1

    @property
    def distribution(self):
        """The whole prior, a `tfd.Distribution`."""
        if self.num_classes is None:
            return standard_normal(self.size)
        parts = tfd.MultivariateNormalTriL(*layers.petals(self.num_classes, self.size))
        return tfd.MixtureSameFamily(tfd.Categorical(tf.zeros(self.num_classes)), parts)

    def noise(self, n, seed):
        """What n draws are made of: standard normal ones, and classes for labels that are not known."""
        noise = {"prior": normal([n, self.size], fold_in(seed, 1))}
        if self.num_classes is not None:
            noise["class"] = categories(n, self.num_classes, fold_in(seed, 2))
        return noise

    def draws(self, noise, labels):
        """Codes [n, size], of the labels' petals, or of any where a label is -1; `noise` is as above."""
        if self.num_classes is not None:
            labels = tf.where(labels < 0, noise["class"], labels)
        return self.moved(noise["prior"], labels)

    def moved(self, normals, labels):
        """Standard normal draws [n, size] moved to the labels' petals."""
        if self.num_classes is None:
            return normals
        hot = layers.one_hot(labels, self.num_classes)
        loc, scale = layers.petals(self.num_classes, self.size)
        return hot @ loc + tf.einsum("nk,kij,nj->ni", hot, scale, normals)

    def tell(self, codes, labels):
        """Codes with their class behind, one of `num_classes` and one more: [n, told]."""
        if self.num_classes is None:
            return codes
        classes = tf.where(labels < 0, self.num_classes, labels)
        return layers.append_labels(codes, classes, self.num_classes + 1)
