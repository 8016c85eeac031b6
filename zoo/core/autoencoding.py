"""What an encoder adds to a GAN: codes of images, and images of those codes."""

import tensorflow as tf

from .interface import check_ends, straight_line
from .randomness import fold_in


class Autoencoding:
    """A mixin for a `GAN` with an `encoder`, a network from images to a distribution over codes."""

    def encode(self, x, labels=None):
        """q(z|x), a distribution over vectors of batch shape [n]."""
        return self.encoder(self._images(x), training=False)

    def reconstruct(self, x, *, labels=None, seed=None):
        """The generator's image at the posterior's mean, or at a draw from it where `seed` is given."""
        posterior = self.encode(x)
        return self._images_of(posterior.mean() if seed is None else posterior.sample(seed=fold_in(seed)))

    def interpolate(self, a, b, steps=8, *, labels=None):
        """Images on the line between the mean codes of images a and b [n, *image_shape]: [n, steps, *image_shape]."""
        check_ends(a, b)
        line = straight_line(*(self.encode(x).mean() for x in (a, b)), steps)
        images = self._images_of(tf.reshape(line, [-1, self.latent_dim]))
        return tf.experimental.numpy.swapaxes(tf.reshape(images, [steps, -1, *self.image_shape]), 0, 1)
