"""Families of networks: how the encoder, decoder, generator and discriminator of one name are built.

| name | networks | takes |
|---|---|---|
| "mlp" | dense layers on the pixels | any image |
| "dcgan" | strided and transposed convolutions (Radford et al. 2016) | at least 8 by 8 pixels, 1 or 3 channels |

To add a family, put a `NetworkFamily` into `NETWORKS`; every model can then be made of it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .convolutional import dcgan_decoder, dcgan_discriminator, dcgan_generator
from .dense import checked_widths, mlp, mlp_generator, mlp_image_discriminator
from .normalization import check_normalization


@dataclass(frozen=True)
class NetworkOptions:
    """Sizes and kinds of a model's networks; each family reads its own.

    Attributes:
        hidden: "mlp"'s widths of the dense layers from the image inwards; decoders and generators have the same in
            reverse.
        activation: of "mlp"'s encoders and decoders, a Keras activation's name.
        filters: "dcgan"'s channels of the widest-grid convolutions; they double with every halving of the grid.
        normalization: "batch", "layer", "spectral" or "none"; None for each part's own: "batch" of discriminators,
            "layer" of convolutional encoders and decoders. Dense encoders and decoders have none, and generators batch
            normalisation, whatever it is.
    """

    hidden: Sequence[int] = (200, 200)
    activation: str = "tanh"
    filters: int = 32
    normalization: str | None = None

    def __post_init__(self):
        if self.normalization is not None:
            check_normalization(self.normalization)


@dataclass(frozen=True)
class NetworkFamily:
    """How the networks of one name are built: functions that return a built `keras.Sequential`.

    Attributes:
        encoder: `(image_shape, options, num_classes, seed, name)`: from images to features [batch, size]; with
            `num_classes` from what `label_images` makes of images and labels.
        decoder: `(code_size, image_shape, options, seed, name)`: from codes to features [batch, size], or to a feature
            map [batch, height, width, size].
        generator: `(code_size, image_shape, options, seed, name)`: from codes to images in [0, 1].
        discriminator: `(image_shape, options, outputs, dense_units, seed, name)`: from images to `outputs` values, or
            for 0 to features [batch, size]; a dense layer of `dense_units`, unless 0, ends its hidden ones.
    """

    encoder: Callable
    decoder: Callable
    generator: Callable
    discriminator: Callable


def _mlp_encoder(image_shape, options, num_classes, seed, name):
    shape = image_shape if num_classes is None else (math.prod(image_shape) + num_classes,)
    return mlp(shape, options.hidden, options.activation, seed, name)


def _mlp_decoder(code_size, image_shape, options, seed, name):
    return mlp((code_size,), checked_widths(options.hidden)[::-1], options.activation, seed, name)


def _mlp_generator(code_size, image_shape, options, seed, name):
    return mlp_generator(code_size, image_shape, checked_widths(options.hidden)[::-1], seed, name)


def _mlp_discriminator(image_shape, options, outputs, dense_units, seed, name):
    units = [*checked_widths(options.hidden), *([dense_units] if dense_units else [])]
    return mlp_image_discriminator(image_shape, units, outputs, options.normalization or "batch", seed, name)


def _dcgan_encoder(image_shape, options, num_classes, seed, name):
    return dcgan_discriminator(
        image_shape,
        options.filters,
        outputs=0,
        normalization=options.normalization or "layer",
        seed=seed,
        name=name,
        label_planes=num_classes or 0,
    )


def _dcgan_decoder(code_size, image_shape, options, seed, name):
    return dcgan_decoder(code_size, image_shape, options.filters, options.normalization or "layer", seed, name)


def _dcgan_generator(code_size, image_shape, options, seed, name):
    return dcgan_generator(code_size, image_shape, options.filters, seed, name)


def _dcgan_discriminator(image_shape, options, outputs, dense_units, seed, name):
    normalization = options.normalization or "batch"
    return dcgan_discriminator(image_shape, options.filters, outputs, normalization, dense_units, seed, name)


NETWORKS = {
    "mlp": NetworkFamily(_mlp_encoder, _mlp_decoder, _mlp_generator, _mlp_discriminator),
    "dcgan": NetworkFamily(_dcgan_encoder, _dcgan_decoder, _dcgan_generator, _dcgan_discriminator),
}


def network_family(name):
    """The family of a name in `NETWORKS`.

    Raises:
        ValueError: for another name.
    """
    if not isinstance(name, str) or name not in NETWORKS:
        raise ValueError(f"network must be one of {sorted(NETWORKS)}, or a built Keras network. Received: {name!r}")
    return NETWORKS[name]
