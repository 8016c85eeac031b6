"""Priors with parameters of their own: distributions that nothing is given."""

import keras
import tensorflow as tf

from .heads import IndependentBernoulli
from .precision import working_dtype


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
