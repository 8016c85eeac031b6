"""What a model of two domains of images is given for each."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from ... import layers
from ...losses import adversarial
from .adversary import discriminator_phase, pixel_noise
from .randomness import fold_in

NAMES = ("a", "b")


@dataclass(frozen=True)
class Domain:
    """A domain of images: what translates to it, and what judges its images.

    Attributes:
        name: of the domain, as in `NAMES`.
        translator: a Keras network from images of the other domain to images of this.
        discriminator: a Keras network from images to logits [batch, 1].
    """

    name: str
    translator: keras.Layer
    discriminator: keras.Layer

    def translate(self, images, training=False):
        """Images of the other domain as images of this."""
        return layers.full_precision(self.translator(images, training=training))

    def logits(self, images, training=False):
        """The discriminator's logits [batch]; above zero: taken for real."""
        return layers.logits(self.discriminator, images, training)

    def discriminator_phase(self, loss, noise, formula):
        """The move of the domain's discriminator, which is shown real images and translated ones.

        Args:
            loss: a name in `losses.adversarial.LOSSES`.
            noise: as for `Phase`; it gives what `domain_noise` makes.
            formula: as for `Phase`.

        Returns:
            A `Phase`.
        """

        def outputs(batch, noise, training):
            real, other = batch.images if self.name == NAMES[0] else batch.images[::-1]
            shown = zip((real, self.translate(other, training)), noise[self.name], strict=True)
            return tuple(self.logits(images + added, training) for images, added in shown)

        player = f"discriminator_{self.name}"
        return discriminator_phase(self.discriminator, outputs, noise, loss, formula=formula, name=player)

    def deception(self, loss, translated, noise, training):
        """The translator's loss against the discriminator, of images translated to this domain: [batch]."""
        shown = translated + noise[self.name][1]
        return adversarial.LOSSES[loss].generator(self.logits(shown, training))

    def recovery_error(self, translated, originals, training):
        """The mean absolute error of the pixels of each image, recovered from its translation: [batch]."""
        error = tf.abs(self.translate(translated, training) - originals)
        return tf.reduce_mean(error, axis=[1, 2, 3])


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
