"""The posterior that has no noise, as a distribution, so that models treat it as any other."""

import keras
import tensorflow_probability as tfp

from .heads import DistributionHead

tfd = tfp.distributions


@keras.saving.register_keras_serializable(package="unizoo")
class Deterministic(DistributionHead):
    """All probability on one vector; one feature per value. Its standard deviation is zero, its density no density."""

    def distribution(self, loc):
        """The distribution on this vector."""
        return tfd.VectorDeterministic(loc)
