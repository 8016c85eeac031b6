"""Keras 3 heads that return TensorFlow Probability distributions, and the networks beneath them."""

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
from .quantized import QuantizedLogistic

__all__ = [
    "Categorical",
    "Conditional",
    "DiscretizedLogistic",
    "DistributionHead",
    "IndependentBernoulli",
    "IndependentNormal",
    "MultivariateNormalDiag",
    "QuantizedLogistic",
    "dcgan_discriminator",
    "dcgan_generator",
    "mlp",
]
