"""Convolutional networks: DCGAN's (Radford et al. 2016), for any image size, and a translator of images.

Each function returns a built Keras model; pixel ranges are [0, 1] at both ends. Every layer says that channels are
last, whatever Keras's configuration.
"""

import keras

from .normalization import (
    BETWEEN,
    batch_norm,
    check_normalization,
    consecutive_seeds,
    constrained,
    hidden_layer,
)

LAST = {"data_format": "channels_last"}


def _normal(seed):
    return keras.initializers.RandomNormal(stddev=0.02, seed=seed)


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


def _doubled(channels, grid, wanted, **options):
    """A transposed convolution that doubles a grid, and what crops it where the wanted one is smaller."""
    convolution = keras.layers.Conv2DTranspose(channels, 4, strides=2, padding="same", **LAST, **options)
    surplus = [2 * side - one for side, one in zip(grid, wanted, strict=True)]
    cropping = [keras.layers.Cropping2D([(0, n) for n in surplus], **LAST)] if any(surplus) else []
    return [convolution, *cropping]


def _grown(code_size, grids, filters, norm, seeds):
    """Layers from a code to the first of `grids`: a dense layer onto the last, then doublings, each with a ReLU.

    Args:
        code_size: size of the code.
        grids: (height, width) of each grid, the largest first.
        filters: channels of the largest; every earlier one has twice as many as the next.
        norm: makes the layer that normalises each grid; None for none.
        seeds: an iterator over seeds.

    Returns:
        A list of Keras layers.
    """
    *larger, smallest = grids
    bias, channels = norm is None, filters * 2 ** len(larger)

    def activation():
        return [*([norm()] if norm else []), keras.layers.ReLU()]

    size = smallest[0] * smallest[1] * channels
    layers = [
        keras.Input((code_size,)),
        keras.layers.Dense(size, use_bias=bias, kernel_initializer=_normal(next(seeds))),
        keras.layers.Reshape((*smallest, channels)),
        *activation(),
    ]
    grid = smallest
    for wanted in reversed(larger):
        channels //= 2
        layers += _doubled(channels, grid, wanted, use_bias=bias, kernel_initializer=_normal(next(seeds)))
        layers += activation()
        grid = wanted
    return layers


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
    whole, *grids = _grids(image_shape)
    seeds = consecutive_seeds(seed)
    layers = _grown(latent_dim, grids, filters, batch_norm, seeds)
    # sigmoid(x) on [0, 1] is DCGAN's tanh(x / 2) on [-1, 1]
    initializer = _normal(next(seeds))
    layers += _doubled(image_shape[-1], grids[0], whole, activation="sigmoid", kernel_initializer=initializer)
    return keras.Sequential(layers, name=name)


def dcgan_decoder(code_size, image_shape, filters=32, normalization="layer", seed=None, name="decoder_trunk"):
    """DCGAN's generator without its last layer's image: features of each pixel, of which a likelihood is read off.

    Args:
        code_size: size of the code.
        image_shape: (height, width, channels) of the image.
        filters: channels of the grid before the last; the feature map has half as many, every earlier grid twice as
            many as the next.
        normalization: "batch", "layer" (of each image alone) or "none", between the layers.
        seed: int seed of the N(0, 0.02) initialisation.
        name: the network's name.

    Returns:
        A `keras.Sequential` from [batch, code_size] to features [batch, height, width, filters // 2].

    Raises:
        ValueError: as `dcgan_generator`; for another normalisation.
    """
    check_normalization(normalization, ("batch", "layer", "none"))
    norm, seeds = BETWEEN.get(normalization), consecutive_seeds(seed)
    return keras.Sequential(_grown(code_size, _grids(image_shape), max(filters // 2, 1), norm, seeds), name=name)


def dcgan_discriminator(
    image_shape,
    filters=32,
    outputs=1,
    normalization="batch",
    dense_units=0,
    seed=None,
    name="discriminator",
    label_planes=0,
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
        label_planes: how many planes of labels the images have behind their channels; see `append_label_planes`.

    Returns:
        A `keras.Sequential` from images [batch, height, width, channels + label_planes] to [batch, outputs].

    Raises:
        ValueError: for an image of less than 8 by 8 pixels, or of 2 or more than 3 channels; for another normalisation.
    """
    check_normalization(normalization)
    seeds = consecutive_seeds(seed)

    def hidden(kind, units, first=False, **options):
        return hidden_layer(kind, units, normalization, seeds, _normal, first, **options)

    grids = _grids(image_shape)
    height, width, channels = image_shape
    layers = [keras.Input((height, width, channels + label_planes)), keras.layers.Rescaling(2.0, offset=-1.0)]
    for stage in range(len(grids) - 1):
        options = {"kernel_size": 4, "strides": 2, "padding": "same", **LAST}
        layers += hidden(keras.layers.Conv2D, filters * 2**stage, first=stage == 0, **options)
    layers.append(keras.layers.Flatten(**LAST))
    if dense_units:
        layers += hidden(keras.layers.Dense, dense_units)
    if outputs:
        last = keras.layers.Dense(outputs, kernel_initializer=_normal(next(seeds)))
        layers.append(constrained(last, normalization, seeds))
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
    seeds = consecutive_seeds(seed)

    def convolution(kind, x, filters, size, strides=1, relu=True):
        kernel = _normal(next(seeds))
        layer = kind(filters, size, strides, "same", use_bias=False, kernel_initializer=kernel, **LAST)
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
    kernel = _normal(next(seeds))
    x = up(channels, 4, 2, "same", activation="sigmoid", kernel_initializer=kernel, **LAST)(x)
    surplus = x.shape[1] - height, x.shape[2] - width  # of sides that do not halve evenly
    if any(surplus):
        x = keras.layers.Cropping2D([(0, n) for n in surplus], **LAST)(x)
    return keras.Model(image, x, name=name)
