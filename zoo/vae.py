"""The variational autoencoder (Kingma & Welling 2014; Rezende et al. 2014) in the form of Hu et al. 2018, Eqs. 11-13.

    max_{theta,eta}  E_{p_data(x)} [ E_{q_eta(z|x)} log p_theta(x|z) - KL( q_eta(z|x) || p(z) ) ]

In the unified view the discriminator is the degenerate, perfect one: it blocks generated samples, so that only data
reach the objective, and the generator stands in the second slot of the divergence that is minimised.
"""

import math

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from .. import layers
from .core.base import GenerativeModel
from .core.checks import checked_latent_dim, checked_num_classes
from .core.interface import check_ends, straight_line
from .core.likelihood import ImportanceLikelihood
from .core.phase import Formulation, Phase
from .core.randomness import fold_in, map_rows, row_draws
from .hub.registry import register
from .theory.expressions import KL, E, Equation, Line, c, log, p, q, x, y, z
from .theory.transforms import reverse_label

tfd = tfp.distributions

BOUND = E(q.eta(z | x))[log(p.theta(x | z))] - KL(q.eta(z | x), p(z))
DIVERGENCE = KL(q.eta(z | (x, y)) * reverse_label(q.perfect(y | x), "*"), p.theta((z, y) | x))

LIKELIHOODS = {
    "bernoulli": layers.IndependentBernoulli,
    "normal": layers.IndependentNormal,
    "discretized_logistic": layers.DiscretizedLogistic,
}
OBSERVATION_STREAM = 2  # of a row's seed; streams 0 and 1 make the codes


@register
class VAE(ImportanceLikelihood, GenerativeModel):
    """A variational autoencoder with one stochastic layer; the KL term is in closed form.

    Args:
        image_shape: (height, width, channels).
        latent_dim: size of the code z, whose prior is N(0, I).
        hidden: widths of the encoder's dense layers; the decoder's are the same in reverse.
        activation: of the dense layers, a Keras activation's name.
        likelihood: p(x|z), "bernoulli" (images are binary, or are read as probabilities of being so), "normal" or
            "discretized_logistic" (8-bit images).
        num_classes: how many classes a conditional model (Sohn et al. 2015) knows, whose encoder and decoder are given
            the label; None for a model without labels.
        encoder_network: a built Keras network from images to features [batch, size], in place of the dense one; of a
            conditional model from the flattened pixels with the label's one-hot vector behind.
        decoder_network: a built Keras network from codes to features [batch, size], in place of the dense one; of a
            conditional model from codes with the label's one-hot vector behind.
        seed: int; initial weights and training noise follow from it.
        **kwargs: `name`, as for `keras.Model`.
    """

    xla_updates = True

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=50,
        hidden=(200, 200),
        activation="tanh",
        likelihood="bernoulli",
        num_classes=None,
        encoder_network=None,
        decoder_network=None,
        seed=0,
        **kwargs,
    ):
        super().__init__(image_shape, seed=seed, **kwargs)
        if likelihood not in LIKELIHOODS:
            raise ValueError(f"likelihood must be one of {sorted(LIKELIHOODS)}. Received: likelihood={likelihood!r}")
        self.latent_dim = checked_latent_dim(latent_dim)
        self.hidden = hidden
        self.activation = activation
        self.likelihood = likelihood
        self.num_classes = checked_num_classes(num_classes)
        self.encoder_network = encoder_network
        self.decoder_network = decoder_network
        self._build_networks()

    @property
    def latent_dims(self):
        """Sizes of the stochastic layers, from the data upwards."""
        return (self.latent_dim,) if isinstance(self.latent_dim, int) else tuple(self.latent_dim)

    def _build_networks(self):
        if len(self.latent_dims) > 1:
            raise ValueError(
                f"{type(self).__name__} has one stochastic layer (an IWAE may have two): latent_dim must be an int. "
                f"Received: latent_dim={self.latent_dim!r}"
            )
        self.encoder = self._posterior(
            self._encoder_input_shape, self.hidden, self.latent_dim, self.seed, trunk=self.encoder_network
        )
        self.decoder = self._likelihood(self.latent_dim, self.hidden)

    @property
    def _encoder_input_shape(self):
        """Shape of what the encoder is given: images, or pixels and a label."""
        if self.num_classes is None:
            return self.image_shape
        return (math.prod(self.image_shape) + self.num_classes,)

    def _posterior(self, input_shape, hidden, size, seed, trunk=None, name="encoder"):
        """A network from `input_shape` to a normal distribution over `size` values."""
        trunk = trunk or layers.mlp(input_shape, hidden, self.activation, seed, name=f"{name}_trunk")
        return layers.Conditional(trunk, layers.MultivariateNormalDiag(size), seed + len(hidden), name=name)

    def _likelihood(self, size, hidden):
        """A network from codes of `size` values to a distribution over images."""
        seed = self.seed + 1000
        size += self.num_classes or 0
        trunk = self.decoder_network or layers.mlp((size,), hidden[::-1], self.activation, seed, name="decoder_trunk")
        head = LIKELIHOODS[self.likelihood](self.image_shape)
        return layers.Conditional(trunk, head, seed + len(hidden), name="decoder")

    def _encode(self, x, labels=None, training=False):
        """q(z|x), or q(z|x, label)."""
        return self.encoder(self._encoder_input(x, labels), training=training)

    def _encoder_input(self, x, labels):
        """What the encoder is given: images, or pixels and a label."""
        if self.num_classes is None:
            return x
        return layers.append_labels(tf.reshape(x, [-1, math.prod(self.image_shape)]), labels, self.num_classes)

    def _decode(self, z, labels=None, training=False):
        """p(x|z), or p(x|z, label), for codes [..., n, latent_dim]."""
        if self.num_classes is not None:
            z = layers.append_labels(z, labels, self.num_classes)
        return self.decoder(z, training=training)

    @property
    def prior(self):
        """p(z), a standard normal over the code."""
        return tfd.MultivariateNormalDiag(tf.zeros(self.latent_dim, layers.working_dtype()))

    @property
    def phases(self):
        """One phase: both networks climb the evidence lower bound."""
        return (
            Phase(
                name="autoencoder",
                networks=(self.encoder, self.decoder),
                loss=self._objective,
                noise=self._noise,
                terms=("reconstruction", "kl", "bound"),
                formula=self.given(Line("max", ("theta", "eta"), E(p.data(x))[BOUND])),
            ),
        )

    @property
    def formulation(self):
        """The VAE's column of the paper's Table 1."""
        return Formulation(
            parts={
                x: "data and generations",
                y: "real or generated (degenerate: only data reach the objective)",
                z: "code",
                **({} if self.num_classes is None else {c: "class label, given"}),
                self.given(p.theta(x | (z, y))): "`decoder` for y = 0, the data for y = 1; read as generation of x",
                q.perfect(y | x): "the perfect discriminator, without parameters; read as inference of y",
                self.given(q.eta(z | (x, y))): "`encoder`; read as inference of z",
            },
            kl=self.given(DIVERGENCE),
            behaviour="covers all modes: the generator is pulled to wherever the data are, at the price of blur",
            equations="Eqs. 11-13, Lemma 2",
            where=(Equation(reverse_label(q.perfect(y | x), "*"), q.perfect((1 - y) | x)),),
        )

    def default_optimizers(self):
        """Adam at 1e-3 with epsilon 1e-4, as Burda et al. 2015."""
        return {"autoencoder": keras.optimizers.Adam(1e-3, epsilon=1e-4)}

    def _noise(self, n, seed):
        return self._latent_noise((n,), seed)

    def _objective(self, batch, noise, training):
        posterior = self._encode(batch.images, batch.labels, training)
        z = posterior.mean() + posterior.stddev() * noise[0]
        reconstruction = self._decode(z, batch.labels, training).log_prob(batch.images)
        kl = posterior.kl_divergence(self.prior)
        bound = reconstruction - kl
        return -bound, {"reconstruction": reconstruction, "kl": kl, "bound": bound}

    # Using the model ------------------------------------------------------------------------------------------------

    def call(self, inputs, labels=None, training=False):
        """Reconstruct images: `reconstruct`."""
        return self.reconstruct(inputs, labels=labels)

    def generate(self, seeds, labels=None, draw=False):
        """Decode a draw from the prior for each row's seed."""
        return self._observe(row_draws(self.prior, seeds), seeds, labels, draw)

    def _observe(self, z, seeds, labels, draw):
        """The means of p(x|z), or each row's own draw from it."""
        if not draw:
            return _image(self.decode(z, labels))

        def row(code, seed, *label):
            image = self.decode(code[None], *(one[None] for one in label)).sample(
                seed=fold_in(seed, OBSERVATION_STREAM)
            )
            return tf.clip_by_value(layers.full_precision(image[0]), 0.0, 1.0)

        return map_rows(row, z, seeds, labels, signature=tf.TensorSpec(self.image_shape, tf.float32))

    def encode(self, x, labels=None):
        """q(z|x), a multivariate normal of batch shape [n]."""
        return self._encode(*self._rows(x, labels))

    def decode(self, z, labels=None):
        """p(x|z), over images; of several stochastic layers z is the lowest's code, or a sample of all, a list."""
        if len(self.latent_dims) > 1 and isinstance(z, (list, tuple)) and len(z) == len(self.latent_dims):
            z = z[0]
        z, size = tf.convert_to_tensor(z), self.latent_dims[0]
        if z.shape.rank == 0 or z.shape[-1] != size:
            raise ValueError(f"Codes z must be of shape [..., n, {size}]. Received: shape {tuple(z.shape)}")
        return self._decode(z, labels)

    def reconstruct(self, x, *, labels=None, seed=None):
        """The mean of p(x|z) at the posterior's mean, or at a draw from it where `seed` is given."""
        images, *labels = self._rows(x, labels)
        posterior = self._encode(images, *labels)
        z = posterior.mean() if seed is None else posterior.sample(seed=fold_in(seed))
        return _image(self._decode(z, *labels))

    def interpolate(self, a, b, steps=8, *, labels=None):
        """Decode the line between the mean codes of images a and b [n, *image_shape]: [n, steps, *image_shape]."""
        check_ends(a, b)
        line = straight_line(*(self._encode(*self._rows(x, labels)).mean() for x in (a, b)), steps)
        return tf.experimental.numpy.swapaxes(_image(self._decode(line, labels)), 0, 1)


def _image(likelihood):
    """The mean of p(x|z) as an image; a normal likelihood's may lie outside [0, 1]."""
    return tf.clip_by_value(likelihood.mean(), 0.0, 1.0)
