"""Recipes: what trains each preset, as data, so that `unizoo train <preset>` repeats it.

Importing this module needs no TensorFlow.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Stage:
    """A part of a training run with one model configuration and one learning rate schedule.

    Attributes:
        epochs: passes over the training data.
        learning_rate: of every phase's optimizer at the start of the stage; None leaves the model's own optimizers.
        final_learning_rate: at its end, approached along a half cosine; None keeps the rate.
        model: constructor arguments that differ from the recipe's in this stage.
    """

    epochs: int
    learning_rate: float | None = None
    final_learning_rate: float | None = None
    model: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        for name in ("learning_rate", "final_learning_rate"):
            rate = getattr(self, name)
            if rate is not None and not 0 < rate < math.inf:
                raise ValueError(f"A learning rate is a number above 0. Received: {name}={rate!r}")


@dataclass(frozen=True)
class Recipe:
    """How a preset is trained.

    Attributes:
        model: a model's name in the registry.
        config: constructor arguments of the preset's model.
        data: a data set's name, as `data.load` takes it.
        second_data: the second domain's data set, for a model of two domains: see `data.unpaired`.
        optimizers: Keras optimizer (class name, arguments) by phase; the stage sets the learning rate. Empty for the
            model's own.
        stages: the stages, in order; a stage starts from the best weights of the one before, with fresh optimizers.
        monitor: what chooses the best epoch, on the validation split: a logged value; None keeps the last epoch.
        mode: "max" or "min" of `monitor`.
        binarize: None, "dynamic" or "fixed", as `data.load` takes it.
        labels: whether the model is given labels.
        batch_size: examples a step.
        validation: training examples held out, a number or a share of them; the test set chooses nothing.
        load: further arguments of `data.load` (size, resize, channels).
        seed: of the initial weights, the training noise, the data's order and binarisation.
        early_stopping: a stage ends after so many epochs without a better one; None trains all its epochs.
    """

    model: str
    config: Mapping[str, Any]
    data: str
    optimizers: Mapping[str, tuple[str, Mapping[str, Any]]]
    stages: tuple[Stage, ...]
    monitor: str | None = "val_bound"
    mode: str = "max"
    binarize: str | None = None
    labels: bool = False
    batch_size: int = 100
    validation: int | float = 5000
    load: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    second_data: str | None = None
    early_stopping: int | None = None


# Wider than Burda et al.'s (2015) 200-200 tanh network, and smooth: it learns several times as fast.
_VAE_MNIST = Recipe(
    model="vae",
    config={"image_shape": (28, 28, 1), "latent_dim": 50, "hidden": (400, 400), "activation": "swish"},
    data="mnist",
    binarize="dynamic",
    optimizers={"autoencoder": ("Adam", {})},
    stages=(Stage(epochs=80, learning_rate=4e-3, final_learning_rate=2e-5),),
    batch_size=200,
)

# Few samples move fastest at first; many tighten the bound at the end.
_IWAE_MNIST = replace(
    _VAE_MNIST,
    model="iwae",
    config={**_VAE_MNIST.config, "num_samples": 50},
    stages=(
        Stage(epochs=60, learning_rate=4e-3, final_learning_rate=8e-4, model={"num_samples": 5}),
        Stage(epochs=12, learning_rate=1e-3, final_learning_rate=2e-5),
    ),
)

# DCGAN's networks and momentum (Radford et al. 2016). Its rate of 2e-4 is slow for networks this small: a higher one,
# lowered along the way and with the generator averaged, gets further in a fraction of the epochs. Without the noise the
# discriminator wins after ten of them, and the samples no longer gain.
_DCGAN_ADAM = {name: ("Adam", {"beta_1": 0.5}) for name in ("discriminator", "generator")}
_GAN_MNIST = Recipe(
    model="gan",
    config={
        "image_shape": (28, 28, 1),
        "latent_dim": 100,
        "filters": 32,
        "instance_noise": 0.1,
        "moving_average": 0.999,
    },
    data="mnist",
    optimizers=_DCGAN_ADAM,
    stages=(Stage(epochs=20, learning_rate=1e-3, final_learning_rate=5e-5),),
    monitor="frechet_distance",
    mode="min",
    batch_size=64,
)

# No code is reparameterised, so that a Helmholtz machine takes more epochs than a VAE. A narrow code, with dense layers
# between, is easier to dream of than a wide one: its samples are far better, and so is its likelihood.
_WAKESLEEP_MNIST = Recipe(
    model="wakesleep",
    config={"image_shape": (28, 28, 1), "latent_dim": (64, 32), "hidden": (200,), "activation": "swish"},
    data="mnist",
    binarize="dynamic",
    optimizers={"wake": ("Adam", {}), "sleep": ("Adam", {})},
    stages=(Stage(epochs=100, learning_rate=2e-3, final_learning_rate=2e-5),),
    batch_size=100,
)

# Grey levels, which the Bernoulli likelihood reads as probabilities: samples are compared with grey images.
_AAE_MNIST = Recipe(
    model="aae",
    config={"image_shape": (28, 28, 1), "latent_dim": 8, "hidden": (400, 400), "activation": "swish"},
    data="mnist",
    optimizers={
        "autoencoder": ("Adam", {}),
        "discriminator": ("Adam", {"beta_1": 0.5}),
        "encoder": ("Adam", {"beta_1": 0.5}),
    },
    stages=(Stage(epochs=60, learning_rate=1e-3, final_learning_rate=2e-5),),
    monitor="frechet_distance",
    mode="min",
)

# Every class of every example is gone through, at the price of ten VAEs: hence one layer, as wide as Kingma et al.'s.
# The validation split shows as few labels, so that it is the bound of unlabelled images that chooses the epoch. With a
# lower alpha that bound parts the classes before the labels do.
_SVAE_MNIST = replace(
    _VAE_MNIST,
    model="svae",
    config={**_VAE_MNIST.config, "num_classes": 10, "hidden": (500,), "alpha": 100.0},
    stages=(Stage(epochs=60, learning_rate=4e-3, final_learning_rate=2e-5),),
    labels=True,
    load={"labelled": 0.01},
)


def _conditional(recipe, model):
    """A recipe for the same model with labels."""
    return replace(recipe, model=model, config={**recipe.config, "num_classes": 10}, labels=True)


def _activated(recipe, model, temperature=1.0):
    """A VAE's recipe for the adversary-activated model."""
    return replace(
        recipe,
        model=model,
        config={**recipe.config, "temperature": temperature},
        optimizers={**recipe.optimizers, "discriminator": ("Adam", {"beta_1": 0.5})},
    )


# Three players see three kinds of images: a step costs three of the GAN's, so that there are fewer of them.
# A wide code leaves much of the prior where no image is: with 64 dimensions the samples' Fréchet distance doubles.
_VAEGAN_MNIST = replace(
    _GAN_MNIST,
    model="vaegan",
    config={**_GAN_MNIST.config, "latent_dim": 8, "gamma": 0.003},
    optimizers={name: ("Adam", {"beta_1": 0.5}) for name in ("discriminator", "encoder", "generator")},
    stages=(Stage(epochs=8, learning_rate=1e-3, final_learning_rate=5e-5),),
)

_CLASSIFIER_MNIST = Recipe(
    model="classifier",
    config={"image_shape": (28, 28, 1), "num_classes": 10},
    data="mnist",
    labels=True,
    optimizers={},
    stages=(Stage(epochs=6),),
    monitor="val_accuracy",
)

# Neither needs noise on what the discriminator sees: their discriminators' slopes are bounded.
_SLOPE_BOUNDED = replace(
    _GAN_MNIST,
    data="fashion_mnist",
    config={key: value for key, value in _GAN_MNIST.config.items() if key != "instance_noise"},
)

# Digits of two hands; an epoch is one pass over USPS, the smaller set.
_MNIST_USPS = Recipe(
    model="cyclegan",
    config={"image_shape": (28, 28, 1), "filters": 32, "blocks": 2},
    data="mnist",
    second_data="usps",
    optimizers={name: ("Adam", {"beta_1": 0.5}) for name in ("discriminator_a", "discriminator_b", "translators")},
    stages=(Stage(epochs=60, learning_rate=4e-4, final_learning_rate=2e-5),),
    monitor="val_cycle_a",
    mode="min",
    batch_size=64,
    validation=0.1,
    load={"size": (28, 28), "resize": "bicubic"},
)
_ADA_MNIST_USPS = replace(
    _MNIST_USPS,
    model="ada",
    config={"image_shape": (28, 28, 1), "num_classes": 10},
    optimizers={name: ("Adam", {"beta_1": 0.5}) for name in ("discriminator", "features")},
    stages=(Stage(epochs=30, learning_rate=1e-3, final_learning_rate=2e-5),),
    labels=True,
    monitor="val_classification",
    mode="max",
)

RECIPES = {
    "cyclegan_mnist_usps": _MNIST_USPS,
    "ada_mnist_usps": _ADA_MNIST_USPS,
    # What the adaptation is to be compared with: the same classifier, trained on the source alone.
    "ada_mnist_usps_source_only": replace(_ADA_MNIST_USPS, config={**_ADA_MNIST_USPS.config, "adaptation_weight": 0.0}),
    "classifier_mnist": _CLASSIFIER_MNIST,
    "classifier_fashion_mnist": replace(_CLASSIFIER_MNIST, data="fashion_mnist", stages=(Stage(epochs=8),)),
    "vae_mnist": _VAE_MNIST,
    "cvae_mnist": _conditional(_VAE_MNIST, "cvae"),
    "aavae_mnist": _activated(_VAE_MNIST, "aavae"),
    "aacvae_mnist": _conditional(_activated(_VAE_MNIST, "aavae"), "aacvae"),
    "svae_mnist_1pct": _SVAE_MNIST,
    "aasvae_mnist_1pct": _activated(_SVAE_MNIST, "aasvae", temperature=3.0),
    "gan_mnist": _GAN_MNIST,
    "cgan_mnist": _conditional(_GAN_MNIST, "cgan"),
    "vaegan_mnist": _VAEGAN_MNIST,
    "wakesleep_mnist": _WAKESLEEP_MNIST,
    "rws_mnist": replace(
        _WAKESLEEP_MNIST,
        model="rws",
        config={**_WAKESLEEP_MNIST.config, "num_samples": 5},
        stages=(Stage(epochs=60, learning_rate=2e-3, final_learning_rate=2e-5),),
    ),
    "iwgan_mnist": replace(_GAN_MNIST, model="iwgan"),
    "iwcgan_mnist": _conditional(_GAN_MNIST, "iwcgan"),
    "vae_fashion_mnist": replace(_VAE_MNIST, data="fashion_mnist"),
    "iwgan_fashion_mnist": replace(_GAN_MNIST, model="iwgan", data="fashion_mnist"),
    "sngan_fashion_mnist": replace(_SLOPE_BOUNDED, model="sngan"),
    # Two critic steps where Gulrajani et al. take five: an epoch costs less than half.
    "wgangp_fashion_mnist": replace(
        _SLOPE_BOUNDED,
        model="wgan_gp",
        config={**_SLOPE_BOUNDED.config, "discriminator_steps": 2},
        optimizers={name: ("Adam", {"beta_1": 0.5, "beta_2": 0.9}) for name in _DCGAN_ADAM},
        stages=(Stage(epochs=12, learning_rate=5e-4, final_learning_rate=2e-5),),
    ),
    "iwae_mnist_k50": _IWAE_MNIST,
    "iwae_mnist_dreg": replace(_IWAE_MNIST, config={**_IWAE_MNIST.config, "bound": "dreg"}),
    # Burda et al.'s networks for two stochastic layers, but smooth.
    "iwae_mnist_2layer": replace(
        _IWAE_MNIST,
        config={**_IWAE_MNIST.config, "latent_dim": (100, 50), "hidden": ((200, 200), (100, 100))},
        stages=(
            Stage(epochs=70, learning_rate=4e-3, final_learning_rate=8e-4, model={"num_samples": 5}),
            Stage(epochs=14, learning_rate=1e-3, final_learning_rate=2e-5),
        ),
    ),
    "infogan_mnist": replace(
        _GAN_MNIST,
        model="infogan",
        config={**_GAN_MNIST.config, "latent_dim": 62, "num_categories": 10, "num_continuous": 2, "trunk_units": 256},
        stages=(Stage(epochs=14, learning_rate=1e-3, final_learning_rate=5e-5),),
        seed=2,
    ),
    "ali_mnist": replace(_GAN_MNIST, model="ali", config={**_GAN_MNIST.config, "latent_dim": 64}),
    "aae_mnist": _AAE_MNIST,
    "aae_mnist_mixture": _conditional(_AAE_MNIST, "aae"),
    # The fewer the units, the nearer the game brings them to independence, which samples need.
    "pm_mnist": replace(
        _AAE_MNIST,
        model="pm",
        config={**_AAE_MNIST.config, "latent_dim": 24, "independence_weight": 5.0},
        optimizers={"predictors": ("Adam", {}), "autoencoder": ("Adam", {})},
    ),
}


def is_recipe_of(name, recipe):
    """Whether a recipe, a dict as in a preset's metadata, is that of a preset's name, whatever its seed."""
    if name not in RECIPES:
        return False
    known = json.loads(json.dumps(asdict(RECIPES[name])))
    return all(known.get(key) == value for key, value in recipe.items() if key not in ("seed", "early_stopping"))
