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
from .labels import ProjectionDiscriminator, append_labels, one_hot
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
    "ProjectionDiscriminator",
    "QuantizedLogistic",
    "append_labels",
    "dcgan_discriminator",
    "dcgan_generator",
    "mlp",
    "one_hot",
]
