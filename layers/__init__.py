"""Keras 3 heads that return TensorFlow Probability distributions, and the networks beneath them."""

from .codes import CategoryAndContinuous
from .conditional import Conditional
from .deterministic import Deterministic
from .discriminators import PairDiscriminator, mlp_discriminator
from .heads import (
    Categorical,
    DiscretizedLogistic,
    DistributionHead,
    IndependentBernoulli,
    IndependentNormal,
    MultivariateNormalDiag,
)
from .labels import ProjectionDiscriminator, append_labels, one_hot
from .networks import dcgan_discriminator, dcgan_generator, mlp, residual_translator
from .precision import full_precision, working_dtype
from .predictors import LeaveOneOutPredictors, RunningMean
from .priors import BernoulliPrior
from .quantized import QuantizedLogistic
from .spectral import SpectralNormalization

__all__ = [
    "BernoulliPrior",
    "Categorical",
    "CategoryAndContinuous",
    "Conditional",
    "Deterministic",
    "DiscretizedLogistic",
    "DistributionHead",
    "IndependentBernoulli",
    "IndependentNormal",
    "LeaveOneOutPredictors",
    "MultivariateNormalDiag",
    "PairDiscriminator",
    "ProjectionDiscriminator",
    "QuantizedLogistic",
    "RunningMean",
    "SpectralNormalization",
    "append_labels",
    "dcgan_discriminator",
    "dcgan_generator",
    "full_precision",
    "mlp",
    "mlp_discriminator",
    "one_hot",
    "residual_translator",
    "working_dtype",
]
