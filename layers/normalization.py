"""What the networks' layers share: normalisations by name, the leaky ReLU behind them, and seeds."""

import keras

from .spectral import SpectralNormalization

LEAK = 0.2  # of the leaky ReLU, as in DCGAN
NORMALIZATIONS = ("batch", "layer", "spectral", "none")


def batch_norm():
    """Batch normalisation, over all replicas."""
    return keras.layers.BatchNormalization(momentum=0.9, synchronized=True)


def layer_norm():
    """Layer normalisation of a whole image, with a scale and an offset a channel (Gulrajani et al. 2017)."""
    return keras.layers.GroupNormalization(groups=1)


BETWEEN = {"batch": batch_norm, "layer": layer_norm}  # what is a layer of its own


def check_normalization(normalization, known=NORMALIZATIONS):
    """Refuse a name that is not known, with a ValueError."""
    if normalization not in known:
        raise ValueError(f"normalization must be one of {known}. Received: {normalization!r}")


def consecutive_seeds(seed):
    """Distinct seeds for consecutive layers, or None for all of them."""
    while True:
        yield seed
        seed = None if seed is None else seed + 1


def seed_after(network, seed):
    """The seed behind those that a network's layers took from `seed` on: one for each kernel and each vector u."""
    return None if seed is None else seed + sum(weight.name in ("kernel", "u") for weight in network.weights)


def constrained(layer, normalization, seeds):
    """A linear layer, spectrally normalised where that is the normalisation."""
    return SpectralNormalization(layer, next(seeds)) if normalization == "spectral" else layer


def hidden_layer(kind, units, normalization, seeds, initializer, first=False, **options):
    """A discriminator's hidden layer: a linear one, what normalises it, and the leaky ReLU.

    Args:
        kind: `keras.layers.Dense` or `keras.layers.Conv2D`.
        units: its width, or how many channels it gives.
        normalization: one of `NORMALIZATIONS`.
        seeds: an iterator over seeds.
        initializer: from a seed to the kernel's initialiser.
        first: whether it is given the images themselves, and so has no normalisation behind it.
        **options: the kind's other arguments.

    Returns:
        A list of Keras layers.
    """
    norm = None if first else BETWEEN.get(normalization)
    linear = kind(units, use_bias=norm is None, kernel_initializer=initializer(next(seeds)), **options)
    return [
        constrained(linear, normalization, seeds),
        *([norm()] if norm else []),
        keras.layers.LeakyReLU(LEAK),
    ]
