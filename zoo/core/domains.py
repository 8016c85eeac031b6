"""What a model of two domains of images is given for each."""

from dataclasses import dataclass

import keras

from ... import layers
from .adversary import pixel_noise
from .randomness import fold_in

NAMES = ("a", "b")


@dataclass(frozen=True)
class Domain:
    """A domain of images: what translates to it, and what judges its images.

    Attributes:
        translator: a Keras network from images of the other domain to images of this.
        discriminator: a Keras network from images to logits [batch, 1].
    """

    translator: keras.Layer
    discriminator: keras.Layer

    def translate(self, images, training=False):
        """Images of the other domain as images of this."""
        return layers.full_precision(self.translator(images, training=training))

    def logits(self, images, training=False):
        """The discriminator's logits [batch]; above zero: taken for real."""
        return layers.logits(self.discriminator, images, training)

    def both_logits(self, real, other, noise, training):
        """The logits of real images and of translated ones, with a pair of noises added to them."""
        shown = zip((real, self.translate(other, training)), noise, strict=True)
        return tuple(self.logits(images + added, training) for images, added in shown)


def domain_noise(deviation, n, image_shape, seed):
    """What is added to real and to translated images: pairs of normal noise [n, *image_shape] by domain."""
    return {
        name: tuple(pixel_noise(deviation, n, image_shape, fold_in(seed, index, kind)) for kind in range(2))
        for index, name in enumerate(NAMES)
    }


def checked_domain(argument, name):
    """The name of a domain, given as an argument of this name; others are refused."""
    if name not in NAMES:
        raise ValueError(f'{argument} must be "a" or "b", one of the two domains. Received: {argument}={name!r}')
    return name
