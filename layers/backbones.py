"""The network whose features a classifier of images reads."""

import keras

from .convolutional import LAST


def _he_normal(seed):
    return keras.initializers.HeNormal(seed=seed)


def _stage(filters, seed, dtype, name):
    """Two 3x3 convolutions to `filters` channels, batch-normalised; the second halves height and width."""
    layers = []
    for index, strides in enumerate((1, 2)):
        options = {"padding": "same", "use_bias": False, "kernel_initializer": _he_normal(seed + index), **LAST}
        layers += [
            keras.layers.Conv2D(filters, 3, strides, dtype=dtype, **options),
            keras.layers.BatchNormalization(momentum=0.9, dtype=dtype),
            keras.layers.Activation("relu", dtype=dtype),
        ]
    return keras.Sequential(layers, name=name)


def normalized_backbone(image_shape, width, num_features, seed, dtype=None, name="backbone"):
    """Two stages of two 3x3 convolutions, then a dense layer to the features, every layer batch-normalised.

    Args:
        image_shape: (height, width, channels) of the image.
        width: channels of the first stage; the second has twice as many.
        num_features: size of the features.
        seed: int seed of the He normal initialisation; consecutive layers take consecutive seeds.
        dtype: the dtype policy of all but the features, which are float32; None for the global one.
        name: the network's name.

    Returns:
        A built `keras.Sequential` from images [batch, *image_shape] to features [batch, num_features], at least 0.
    """
    backbone = keras.Sequential(
        [
            _stage(width, seed, dtype, "stage_1"),
            _stage(2 * width, seed + 2, dtype, "stage_2"),
            keras.layers.Flatten(dtype=dtype, **LAST),
            keras.layers.Dense(num_features, use_bias=False, kernel_initializer=_he_normal(seed + 4), dtype=dtype),
            keras.layers.BatchNormalization(momentum=0.9, dtype=dtype),
            keras.layers.Activation("relu", dtype="float32"),
        ],
        name=name,
    )
    backbone.build((None, *image_shape))
    return backbone
