"""Keras 3 heads that return TensorFlow Probability distributions, and the networks beneath them."""

from .augmentation import RandomShift, drop_values
from .backbones import normalized_backbone
from .codes import CategoryAndContinuous
from .conditional import Conditional, binary_units, normal_units
from .convolutional import dcgan_decoder, dcgan_discriminator, dcgan_generator, residual_translator
from .dense import mlp, mlp_discriminator, mlp_generator, mlp_image_discriminator
from .deterministic import Deterministic
from .discriminators import PairDiscriminator
from .families import NETWORKS, NetworkFamily, NetworkOptions, network_family
from .heads import (
    Categorical,
    DiscretizedLogistic,
    DistributionHead,
    IndependentBernoulli,
    IndependentNormal,
    MultivariateNormalDiag,
)
from .labels import ProjectionDiscriminator, append_label_planes, append_labels, label_images, one_hot
from .networks import (
    decoder,
    decoder_trunk,
    discriminator,
    discriminator_trunk,
    encoder,
    encoder_trunk,
    generator,
    input_discriminator,
)
from .precision import full_precision, logits, working_dtype
from .predictors import LeaveOneOutPredictors, RunningMean
from .priors import BernoulliPrior, petals
from .quantized import QuantizedLogistic
from .spectral import SpectralNormalization

__all__ = [
    "NETWORKS",
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
    "NetworkFamily",
    "NetworkOptions",
    "PairDiscriminator",
    "ProjectionDiscriminator",
    "QuantizedLogistic",
    "RandomShift",
    "RunningMean",
    "SpectralNormalization",
    "append_label_planes",
    "append_labels",
    "binary_units",
    "dcgan_decoder",
    "dcgan_discriminator",
    "dcgan_generator",
    "decoder",
    "decoder_trunk",
    "discriminator",
    "discriminator_trunk",
    "drop_values",
    "encoder",
    "encoder_trunk",
    "full_precision",
    "generator",
    "input_discriminator",
    "label_images",
    "logits",
    "mlp",
    "mlp_discriminator",
    "mlp_generator",
    "mlp_image_discriminator",
    "network_family",
    "normal_units",
    "normalized_backbone",
    "one_hot",
    "petals",
    "residual_translator",
    "working_dtype",
]
