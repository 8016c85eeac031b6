"""Priors with parameters of their own: distributions that nothing is given."""

import math

import keras
import numpy as np
import tensorflow as tf

from .heads import IndependentBernoulli
from .precision import working_dtype

# A petal's distance from the origin, and its standard deviation along the radius; across it leaves room for the others.
RADIUS, ALONG = 4.0, 1.0


@keras.saving.register_keras_serializable(package="unizoo")
class BernoulliPrior(keras.layers.Layer):
    """p(h), independent Bernoulli variables with learned logits; there is nothing to call it with: see `distribution`.

    Args:
        size: how many variables.
        seed: int seed of the logits' N(0, 0.02) initialisation.
        dtype: the dtype to compute in; default single precision, not the global policy.
        **kwargs: the other arguments of `keras.layers.Layer`.
    """

    def __init__(self, size, seed=None, dtype=None, **kwargs):
        super().__init__(dtype=dtype or working_dtype(), **kwargs)
        self.size = size
        self.seed = seed
        self.head = IndependentBernoulli(size)
        self.logits = self.add_weight(
            shape=(size,), initializer=keras.initializers.RandomNormal(stddev=0.02, seed=seed), name="logits"
        )
        self.head.build((None, size))
        self.built = True

    @property
    def distribution(self):
        """A `tfd.Distribution` of batch shape [] and event shape [size], made of the logits as they are now."""
        return self.head(tf.convert_to_tensor(self.logits))

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "size": self.size, "seed": self.seed}


def petals(num_classes, latent_dim):
    """The parts of the prior: normal distributions on a circle in the first two dimensions, long towards its centre.

    Args:
        num_classes: how many.
        latent_dim: size of the code, at least 2.

    Returns:
        Means [num_classes, latent_dim], and lower triangular scales [num_classes, latent_dim, latent_dim], float32.
    """
    angles = 2.0 * math.pi * np.arange(num_classes) / num_classes
    across = min(ALONG, RADIUS * math.pi / num_classes / 3.0)  # three deviations to the border of the sector
    axes = np.stack([np.cos(angles), np.sin(angles), -np.sin(angles), np.cos(angles)], -1).reshape(-1, 2, 2)
    loc = np.zeros((num_classes, latent_dim))
    loc[:, :2] = RADIUS * axes[:, 0]
    covariance = np.tile(np.eye(latent_dim), (num_classes, 1, 1))
    covariance[:, :2, :2] = np.einsum("kai,a,kaj->kij", axes, np.square([ALONG, across]), axes)
    return loc.astype(working_dtype()), np.linalg.cholesky(covariance).astype(working_dtype())
