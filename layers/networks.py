"""Networks the models are made of: multilayer perceptrons and DCGAN's two (Radford et al. 2016), for any image size.

Each function returns a built `keras.Sequential`; pixel ranges are [0, 1] at both ends.
"""

import math

import keras

LEAK = 0.2  # of the leaky ReLU, as in DCGAN


def _seeds(seed):
    """Distinct seeds for consecutive layers, or None for all of them."""
    while True:
        yield seed
        seed = None if seed is None else seed + 1


def mlp(input_shape, units, activation="tanh", seed=None, name="mlp"):
    """Dense layers with the same activation, on the flattened input.

    Args:
        input_shape: shape of one example, a tuple of ints.
        units: widths of the layers, a sequence of ints.
        activation: a Keras activation's name.
        seed: int seed of the Glorot uniform initialisation; consecutive layers take consecutive seeds.
        name: the network's name.

    Returns:
        A `keras.Sequential` from [batch, *input_shape] to [batch, units[-1]].

    Raises:
        ValueError: if `units` is empty.
    """
    if not units:
        raise ValueError(f"units must name the width of at least one layer. Received: units={units!r}")
    seeds = _seeds(seed)
    layers = [keras.Input(input_shape)]
    if len(input_shape) > 1:
        layers.append(keras.layers.Reshape((math.prod(input_shape),)))
    for width in units:
        initializer = keras.initializers.GlorotUniform(seed=next(seeds))
        layers.append(keras.layers.Dense(width, activation, kernel_initializer=initializer))
    return keras.Sequential(layers, name=name)


def _stages(image_shape):
    """The grid at which DCGAN's networks start or end, and how often it doubles to the image's size."""
    doublings = 0
    height, width, channels = image_shape if len(image_shape) == 3 else (0, 0, 0)
    while min(height, width) > 8 and height % 2 == 0 and width % 2 == 0:
        height, width, doublings = height // 2, width // 2, doublings + 1
    if doublings == 0 or min(height, width) > 8 or max(height, width) > 16 or channels not in (1, 3):
        raise ValueError(
            "DCGAN's networks take images (height, width, channels) of 1 or 3 channels whose sides halve evenly until "
            "the shorter is at most 8 and the longer at most 16 (28, 32, 48, 64, ...); pad or resize others. "
            f"Received: image_shape={tuple(image_shape)}"
        )
    return (height, width), doublings


def dcgan_generator(latent_dim, image_shape, filters=32, hidden=0, seed=None, name="generator"):
    """DCGAN's generator: a dense layer, then transposed convolutions that double the grid, batch norm between.

    Args:
        latent_dim: size of the code.
        image_shape: (height, width, channels) of the image.
        filters: channels before the last convolution; every earlier grid has twice as many as the next.
        hidden: width of a dense layer between the code and the first grid, in which an image's global shape takes form
            (as Chen et al. 2016); 0 for none, as Radford et al. 2016.
        seed: int seed of the N(0, 0.02) initialisation.
        name: the network's name.

    Returns:
        A `keras.Sequential` from [batch, latent_dim] to images [batch, *image_shape] in [0, 1].

    Raises:
        ValueError: for an image shape that does not halve to such a grid.
    """
    (height, width), doublings = _stages(image_shape)
    seeds = _seeds(seed)

    def normal():
        return keras.initializers.RandomNormal(stddev=0.02, seed=next(seeds))

    def normalised():
        return [keras.layers.BatchNormalization(momentum=0.9, synchronized=True), keras.layers.ReLU()]

    channels = filters * 2 ** (doublings - 1)
    layers = [
        keras.Input((latent_dim,)),
        *([keras.layers.Dense(hidden, use_bias=False, kernel_initializer=normal()), *normalised()] if hidden else []),
        keras.layers.Dense(height * width * channels, use_bias=False, kernel_initializer=normal()),
        keras.layers.Reshape((height, width, channels)),
        *normalised(),
    ]
    for stage in range(1, doublings):
        convolution = keras.layers.Conv2DTranspose(
            channels // 2**stage, 4, strides=2, padding="same", use_bias=False, kernel_initializer=normal()
        )
        layers += [convolution, *normalised()]
    layers.append(
        # sigmoid(x) on [0, 1] is DCGAN's tanh(x / 2) on [-1, 1]
        keras.layers.Conv2DTranspose(
            image_shape[-1], 4, strides=2, padding="same", activation="sigmoid", kernel_initializer=normal()
        )
    )
    return keras.Sequential(layers, name=name)


def dcgan_discriminator(image_shape, filters=32, outputs=1, batch_norm=True, seed=None, name="discriminator"):
    """DCGAN's discriminator: strided convolutions that halve the grid, leaky ReLU, a dense layer.

    The last grid is at most 4 pixels high or wide, half of that at which the generator begins: there one unit sees
    nearly the whole image, without which digits come out sharp and misshapen.

    Args:
        image_shape: (height, width, channels) of the image, whose pixels are in [0, 1].
        filters: channels after the first convolution; they double with every halving.
        outputs: size of the output: 1 for a logit; 0 leaves the features, without a dense layer.
        batch_norm: whether all convolutions but the first are batch-normalised.
        seed: int seed of the N(0, 0.02) initialisation.
        name: the network's name.

    Returns:
        A `keras.Sequential` from images [batch, *image_shape] to [batch, outputs].

    Raises:
        ValueError: for an image shape that does not halve to such a grid.
    """
    _, halvings = _stages(image_shape)
    seeds = _seeds(seed)

    def normal():
        return keras.initializers.RandomNormal(stddev=0.02, seed=next(seeds))

    layers = [keras.Input(image_shape), keras.layers.Rescaling(2.0, offset=-1.0)]
    for stage in range(halvings + 1):
        normalise = batch_norm and stage > 0
        layers.append(
            keras.layers.Conv2D(
                filters * 2**stage,
                4,
                strides=2,
                padding="same",
                use_bias=not normalise,
                kernel_initializer=normal(),
            )
        )
        if normalise:
            layers.append(keras.layers.BatchNormalization(momentum=0.9, synchronized=True))
        layers.append(keras.layers.LeakyReLU(LEAK))
    layers.append(keras.layers.Flatten())
    if outputs:
        layers.append(keras.layers.Dense(outputs, kernel_initializer=normal()))
    return keras.Sequential(layers, name=name)
