"""The registry: which models and presets there are, and how to get one.

Listing needs neither TensorFlow nor Keras: the names stand in a static table, and a test holds the table equal to the
classes that `register` has seen.
"""

import importlib
from dataclasses import dataclass


@dataclass(frozen=True)
class ModelEntry:
    """A row of the table of models: the module and class, and one line on what it is."""

    module: str
    class_name: str
    summary: str


MODELS = {
    "vae": ModelEntry("vae", "VAE", "variational autoencoder, closed-form KL"),
    "iwae": ModelEntry("iwae", "IWAE", "importance weighted autoencoder, one or two stochastic layers"),
    "gan": ModelEntry("gan", "GAN", "generative adversarial network, DCGAN's networks"),
    "iwgan": ModelEntry("iwgan", "IWGAN", "importance weighted GAN: generated samples weighted by D / (1 - D)"),
}


def register(cls):
    """Class decorator: enter a model under its name, in lower case, and make it loadable by Keras."""
    import keras

    return keras.saving.register_keras_serializable(package="unizoo")(cls)


def model_class(name):
    """The class of a model."""
    entry = MODELS[name]
    return getattr(importlib.import_module("." + entry.module, __package__), entry.class_name)
