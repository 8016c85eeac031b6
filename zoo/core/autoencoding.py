"""What an encoder adds to a GAN: codes of images, images of those codes, and the likelihood of pixels."""

import tensorflow as tf
import tensorflow_probability as tfp

from ... import layers
from .interface import check_ends, straight_line
from .likelihood import ImportanceLikelihood
from .randomness import fold_in, map_rows, normal

tfd = tfp.distributions

POSTERIOR_STREAM = 10  # of a phase's noise, behind the GAN's
OBSERVATION_STREAM = 2  # of a row's seed, as the VAE's
LEAST = 1e-6  # probability of a pixel, for the sigmoid reaches 0 and 1


def bernoulli_pixels(means):
    """Independent Bernoulli pixels with these means [..., h, w, c]: a `tfd.Distribution`."""
    probabilities = tf.clip_by_value(means, LEAST, 1.0 - LEAST)
    return tfd.Independent(
        tfd.Bernoulli(probs=probabilities, dtype=layers.working_dtype()), reinterpreted_batch_ndims=3
    )


class Autoencoding:
    """A mixin for a `GAN` with an `encoder`, a network from images to a distribution over codes."""

    def make_encoder(self, head):
        """The encoder, on a trunk like a discriminator's; `head` is a layer that returns a distribution."""
        trunk = layers.discriminator_trunk(
            self.encoder_network or self.network,
            self.image_shape,
            layers.NetworkOptions(self.hidden, filters=self.filters),
            seed=self.seed + 2000,
            name="encoder_trunk",
        )
        return layers.Conditional(trunk, head, self.seed + 2100, name="encoder")

    def posterior_noise(self, n, seed):
        """Standard normal noise of the posterior [n, latent_dim], from a phase's seed."""
        return normal([n, self.latent_dim], fold_in(seed, POSTERIOR_STREAM))

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


class PixelAutoencoding(Autoencoding, ImportanceLikelihood):
    """A mixin for a `GAN` with an `encoder` whose generator may also be a decoder, of Bernoulli pixels.

    It is where `likelihood` is "bernoulli"; where that is None there is no `decode` and no `log_prob`, and
    `_no_pixels` says why.
    """

    def supports(self, name):
        """Whether this model answers a method; some only where the likelihood is of the pixels."""
        return super().supports(name) and (name not in ("decode", "log_prob") or self.likelihood is not None)

    def log_prob(self, x, num_samples=5000, *, labels=None, seed=0):
        """As for `VAE`, where the likelihood is of the pixels."""
        if not self.supports("log_prob"):
            raise self._has_no("log_prob", self._no_pixels)
        return super().log_prob(x, num_samples, seed=seed)

    def decode(self, z, labels=None):
        """p(x|z), independent Bernoulli pixels, for codes [..., latent_dim]."""
        if not self.supports("decode"):
            raise self._has_no("decode", self._no_pixels)
        z = tf.convert_to_tensor(z)
        images = self._images_of(tf.reshape(z, [-1, self.latent_dim]))
        return bernoulli_pixels(tf.reshape(images, tf.concat([tf.shape(z)[:-1], self.image_shape], axis=0)))

    def generate(self, seeds, labels=None, draw=False):
        """Run the generator on a draw from the prior for each row's seed; with `draw`, then draw the pixels."""
        if not (draw and self.supports("decode")):
            return super().generate(seeds, labels, draw)
        return map_rows(
            lambda image, seed: bernoulli_pixels(image).sample(seed=fold_in(seed, OBSERVATION_STREAM)),
            super().generate(seeds, labels),
            seeds,
            signature=tf.TensorSpec(self.image_shape, tf.float32),
        )

    def _encode(self, x, labels=None, training=False):
        return self.encoder(x, training=training)

    def _decode(self, z, labels=None, training=False):
        return self.decode(z)
