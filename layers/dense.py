"""Networks of dense layers, for vectors and for images with pixels in [0, 1].

Each function returns a built Keras model.
"""

import math

import keras

from .normalization import batch_norm, check_normalization, consecutive_seeds, constrained, hidden_layer

LEAKY = "leaky_relu"  # with a slope of 0.2, as in DCGAN


def _glorot(seed):
    return keras.initializers.GlorotUniform(seed=seed)


def checked_widths(units):
    """Widths of dense layers as they are, or a ValueError if they are no sequence, or an empty one."""
    if not isinstance(units, (tuple, list)) or not units:
        raise ValueError(f"The widths of the dense layers must be a sequence of one or more. Received: {units!r}")
    return units


def mlp(input_shape, units, activation="tanh", seed=None, name="mlp", normalize=False):
    """Dense layers with the same activation, on the flattened input.

    Args:
        input_shape: shape of one example, a tuple of ints.
        units: widths of the layers, a sequence of ints.
        activation: a Keras activation's name.
        seed: int seed of the Glorot uniform initialisation; consecutive layers take consecutive seeds.
        name: the network's name.
        normalize: whether batch normalisation follows the last layer.

    Returns:
        A `keras.Sequential` from [batch, *input_shape] to [batch, units[-1]].

    Raises:
        ValueError: if `units` is no sequence, or an empty one.
    """
    seeds = consecutive_seeds(seed)
    layers = [keras.Input(input_shape)]
    if len(input_shape) > 1:
        layers.append(keras.layers.Reshape((math.prod(input_shape),)))
    layers += [
        keras.layers.Dense(width, activation, kernel_initializer=_glorot(next(seeds)))
        for width in checked_widths(units)
    ]
    if normalize:
        layers.append(batch_norm())
    return keras.Sequential(layers, name=name)


def mlp_generator(code_size, image_shape, units, seed=None, name="generator"):
    """Dense layers with batch normalisation and ReLU, and one of the pixels, with a sigmoid.

    Args:
        code_size: size of the code.
        image_shape: (height, width, channels) of the image.
        units: widths of the hidden layers, a sequence of ints.
        seed: int seed of the Glorot uniform initialisation; consecutive layers take consecutive seeds.
        name: the network's name.

    Returns:
        A `keras.Sequential` from [batch, code_size] to images [batch, *image_shape] in [0, 1].

    Raises:
        ValueError: if `units` is no sequence, or an empty one.
    """
    seeds = consecutive_seeds(seed)
    layers = [keras.Input((code_size,))]
    for width in checked_widths(units):
        dense = keras.layers.Dense(width, use_bias=False, kernel_initializer=_glorot(next(seeds)))
        layers += [dense, batch_norm(), keras.layers.ReLU()]
    pixels = keras.layers.Dense(math.prod(image_shape), "sigmoid", kernel_initializer=_glorot(next(seeds)))
    return keras.Sequential([*layers, pixels, keras.layers.Reshape(image_shape)], name=name)


def mlp_discriminator(size, units, seed=None, name="discriminator"):
    """Dense layers with leaky ReLU, and a logit; of vectors.

    Args:
        size: length of the vectors.
        units: widths of the hidden layers, a sequence of ints.
        seed: int seed of the Glorot uniform initialisation; consecutive layers take consecutive seeds.
        name: the network's name.

    Returns:
        A built `keras.Sequential` from [batch, size] to logits [batch, 1].
    """
    last = _glorot(None if seed is None else seed + len(units))
    hidden = mlp((size,), units, LEAKY, seed, name="hidden")
    return keras.Sequential([keras.Input((size,)), hidden, keras.layers.Dense(1, kernel_initializer=last)], name=name)


def mlp_image_discriminator(image_shape, units, outputs=1, normalization="batch", seed=None, name="discriminator"):
    """Dense layers with leaky ReLU on the pixels, normalised as DCGAN's discriminator is, and a logit.

    Args:
        image_shape: (height, width, channels) of the image, whose pixels are in [0, 1].
        units: widths of the hidden layers, a sequence of ints.
        outputs: size of the output: 1 for a logit; 0 leaves the features, without a last layer.
        normalization: "batch" or "layer", of all hidden layers but the first; "spectral", of all kernels; or "none".
        seed: int seed of the Glorot uniform initialisation; consecutive layers take consecutive seeds.
        name: the network's name.

    Returns:
        A `keras.Sequential` from images [batch, *image_shape] to [batch, outputs].

    Raises:
        ValueError: if `units` is no sequence, or an empty one; for another normalisation.
    """
    check_normalization(normalization)
    seeds = consecutive_seeds(seed)
    flatten = keras.layers.Reshape((math.prod(image_shape),))
    layers = [keras.Input(image_shape), keras.layers.Rescaling(2.0, offset=-1.0), flatten]
    for index, width in enumerate(checked_widths(units)):
        layers += hidden_layer(keras.layers.Dense, width, normalization, seeds, _glorot, first=index == 0)
    if outputs:
        last = keras.layers.Dense(outputs, kernel_initializer=_glorot(next(seeds)))
        layers.append(constrained(last, normalization, seeds))
    return keras.Sequential(layers, name=name)
