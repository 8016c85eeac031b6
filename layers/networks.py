"""Networks the models are made of: multilayer perceptrons, DCGAN's two (Radford et al. 2016), for any image size, and a
translator of images.

Each function returns a built Keras model; pixel ranges are [0, 1] at both ends.
"""

import math

import keras

from .spectral import SpectralNormalization

LEAK = 0.2  # of the leaky ReLU, as in DCGAN
NORMALIZATIONS = ("batch", "layer", "spectral", "none")  # of the discriminator


def _seeds(seed):
    """Distinct seeds for consecutive layers, or None for all of them."""
    while True:
        yield seed
        seed = None if seed is None else seed + 1


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
    if not isinstance(units, (tuple, list)) or not units:
        raise ValueError(f"The widths of the dense layers must be a sequence of one or more. Received: {units!r}")
    seeds = _seeds(seed)
    layers = [keras.Input(input_shape)]
    if len(input_shape) > 1:
        layers.append(keras.layers.Reshape((math.prod(input_shape),)))
    for width in units:
        initializer = keras.initializers.GlorotUniform(seed=next(seeds))
        layers.append(keras.layers.Dense(width, activation, kernel_initializer=initializer))
    if normalize:
        layers.append(_batch_norm())
    return keras.Sequential(layers, name=name)


def _grids(image_shape):
    """The (height, width) of DCGAN's grids from the image's down, each half the one before, rounded up."""
    height, width, channels = image_shape if len(image_shape) == 3 else (0, 0, 0)
    if min(height, width) < 8 or channels not in (1, 3):
        raise ValueError(
            "DCGAN's networks take images (height, width, channels) of at least 8 by 8 pixels and 1 or 3 channels. "
            f"Received: image_shape={tuple(image_shape)}"
        )
    grids = [(height, width)]
    while min(grids[-1]) > 4:
        grids.append(tuple(-(-side // 2) for side in grids[-1]))
    return grids


def _normal(seed):
    return keras.initializers.RandomNormal(stddev=0.02, seed=seed)


def _batch_norm():
    return keras.layers.BatchNormalization(momentum=0.9, synchronized=True)


def dcgan_generator(latent_dim, image_shape, filters=32, seed=None, name="generator"):
    """DCGAN's generator: a dense layer, then transposed convolutions that double the grid, batch norm between.

    The first grid is 4 pixels high or wide (3, where the sides do not halve evenly); one that doubles to more than the
    next is cropped. Fewer doublings from a larger grid would leave too few layers for an image's global shape.

    Args:
        latent_dim: size of the code.
        image_shape: (height, width, channels) of the image.
        filters: channels before the last convolution; every earlier grid has twice as many as the next.
        seed: int seed of the N(0, 0.02) initialisation.
        name: the network's name.

    Returns:
        A `keras.Sequential` from [batch, latent_dim] to images [batch, *image_shape] in [0, 1].

    Raises:
        ValueError: for an image of less than 8 by 8 pixels, or of 2 or more than 3 channels.
    """
    *grids, (height, width) = _grids(image_shape)
    seeds = _seeds(seed)
    channels = filters * 2 ** (len(grids) - 1)
    layers = [
        keras.Input((latent_dim,)),
        keras.layers.Dense(height * width * channels, use_bias=False, kernel_initializer=_normal(next(seeds))),
        keras.layers.Reshape((height, width, channels)),
    ]
    for grid in reversed(grids):
        last = grid == grids[0]
        channels = image_shape[-1] if last else channels // 2
        layers += [
            _batch_norm(),
            keras.layers.ReLU(),
            keras.layers.Conv2DTranspose(
                channels,
                4,
                strides=2,
                padding="same",
                use_bias=last,
                # sigmoid(x) on [0, 1] is DCGAN's tanh(x / 2) on [-1, 1]
                activation="sigmoid" if last else None,
                kernel_initializer=_normal(next(seeds)),
            ),
        ]
        surplus = [2 * side - wanted for side, wanted in zip((height, width), grid, strict=True)]
        if any(surplus):
            layers.append(keras.layers.Cropping2D([(0, n) for n in surplus]))
        height, width = grid
    return keras.Sequential(layers, name=name)


def _layer_norm():
    """Layer normalisation of a whole image, with a scale and an offset a channel (Gulrajani et al. 2017)."""
    return keras.layers.GroupNormalization(groups=1)


def dcgan_discriminator(
    image_shape, filters=32, outputs=1, normalization="batch", dense_units=0, seed=None, name="discriminator"
):
    """DCGAN's discriminator, the generator's mirror: strided convolutions, leaky ReLU, a dense layer.

    Args:
        image_shape: (height, width, channels) of the image, whose pixels are in [0, 1].
        filters: channels after the first convolution; they double with every halving of the grid.
        outputs: size of the output: 1 for a logit; 0 leaves the features, without a dense layer.
        normalization: "batch" or "layer", of all hidden layers but the first; "spectral", of all kernels; or "none".
        dense_units: width of a dense layer behind the convolutions, normalised like them; 0 for none.
        seed: int seed of the N(0, 0.02) initialisation.
        name: the network's name.

    Returns:
        A `keras.Sequential` from images [batch, *image_shape] to [batch, outputs].

    Raises:
        ValueError: for an image of less than 8 by 8 pixels, or of 2 or more than 3 channels; for another normalisation.
    """
    if normalization not in NORMALIZATIONS:
        raise ValueError(f"normalization must be one of {NORMALIZATIONS}. Received: {normalization!r}")
    seeds = _seeds(seed)

    def linear(layer):
        return SpectralNormalization(layer, next(seeds)) if normalization == "spectral" else layer

    def hidden(layer, normalise):
        return [linear(layer), *([normalise()] if normalise else []), keras.layers.LeakyReLU(LEAK)]

    layers = [keras.Input(image_shape), keras.layers.Rescaling(2.0, offset=-1.0)]
    normalise = None  # the first layer is not
    for stage in range(len(_grids(image_shape)) - 1):
        convolution = keras.layers.Conv2D(
            filters * 2**stage,
            4,
            strides=2,
            padding="same",
            use_bias=normalise is None,
            kernel_initializer=_normal(next(seeds)),
        )
        layers += hidden(convolution, normalise)
        normalise = {"batch": _batch_norm, "layer": _layer_norm}.get(normalization)
    layers.append(keras.layers.Flatten())
    if dense_units:
        dense = keras.layers.Dense(dense_units, use_bias=normalise is None, kernel_initializer=_normal(next(seeds)))
        layers += hidden(dense, normalise)
    if outputs:
        layers.append(linear(keras.layers.Dense(outputs, kernel_initializer=_normal(next(seeds)))))
    return keras.Sequential(layers, name=name)


def residual_translator(image_shape, filters=32, blocks=2, seed=None, name="translator"):
    """CycleGAN's translator (Zhu et al. 2017), small: two strided convolutions, residual blocks, two transposed ones.

    Every convolution but the last is instance-normalised, so that an image's translation depends on itself alone.

    Args:
        image_shape: (height, width, channels) of the images, at both ends.
        filters: channels after the first convolution; the blocks have twice as many.
        blocks: residual blocks of two convolutions each.
        seed: int seed of the N(0, 0.02) initialisation.
        name: the network's name.

    Returns:
        A built Keras model from images [batch, *image_shape] in [0, 1] to the same.
    """
    height, width, channels = image_shape
    seeds = _seeds(seed)

    def convolution(kind, x, filters, size, strides=1, relu=True):
        kernel = _normal(next(seeds))
        layer = kind(filters, size, strides=strides, padding="same", use_bias=False, kernel_initializer=kernel)
        x = keras.layers.GroupNormalization(groups=-1)(layer(x))
        return keras.layers.ReLU()(x) if relu else x

    down, up = keras.layers.Conv2D, keras.layers.Conv2DTranspose
    image = keras.Input(image_shape)
    x = keras.layers.Rescaling(2.0, offset=-1.0)(image)
    x = convolution(down, x, filters, 4, strides=2)
    x = convolution(down, x, 2 * filters, 4, strides=2)
    for _ in range(blocks):
        inner = convolution(down, x, 2 * filters, 3)
        x = keras.layers.Add()([x, convolution(down, inner, 2 * filters, 3, relu=False)])
    x = convolution(up, x, filters, 4, strides=2)
    last = up(channels, 4, strides=2, padding="same", activation="sigmoid", kernel_initializer=_normal(next(seeds)))
    x = last(x)
    surplus = x.shape[1] - height, x.shape[2] - width  # of sides that do not halve evenly
    if any(surplus):
        x = keras.layers.Cropping2D([(0, n) for n in surplus])(x)
    return keras.Model(image, x, name=name)
