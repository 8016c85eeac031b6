"""Keras 3 layers and networks: heads that return TensorFlow Probability distributions, and the backbones beneath them."""

from .conditional import Conditional
from .heads import (
    Categorical,
    DiscretizedLogistic,
    DistributionHead,
    IndependentBernoulli,
    IndependentNormal,
    MultivariateNormalDiag,
)
from .networks import dcgan_discriminator, dcgan_generator, mlp

__all__ = [
    "Categorical",
    "Conditional",
    "DiscretizedLogistic",
    "DistributionHead",
    "IndependentBernoulli",
    "IndependentNormal",
    "MultivariateNormalDiag",
    "dcgan_discriminator",
    "dcgan_generator",
    "mlp",
]
