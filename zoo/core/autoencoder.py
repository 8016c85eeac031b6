"""What models of codes and images share: p(x|z) and q(z|x), with labels or without, and all that is done with them."""

import tensorflow as tf
import tensorflow_probability as tfp

from ... import layers
from .base import GenerativeModel
from .chain import Chain
from .checks import check_choice, checked_latent_dim, checked_num_classes
from .interface import check_ends, straight_line
from .likelihood import ImportanceLikelihood
from .randomness import fold_in, map_rows, row_draws

tfd = tfp.distributions

LIKELIHOODS = {
    "bernoulli": layers.IndependentBernoulli,
    "normal": layers.IndependentNormal,
    "discretized_logistic": layers.DiscretizedLogistic,
}
OBSERVATION_STREAM = 2  # of a row's seed; streams 0 and 1 make the codes


class Autoencoder(ImportanceLikelihood, GenerativeModel):
    """Base of the models with an `encoder` q(z|x) and a `decoder` p(x|z), which a subclass builds.

    Args: as for `VAE`.
    """

    xla_updates = True  # dense layers gain from it
    conditions = True  # whether encoder and decoder are given the label, of a model that knows classes

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
        network="mlp",
        filters=32,
        **kwargs,
    ):
        super().__init__(image_shape, seed=seed, **kwargs)
        check_choice(sorted(LIKELIHOODS), likelihood=likelihood)
        self.latent_dim = checked_latent_dim(latent_dim)
        self.hidden = hidden
        self.activation = activation
        self.likelihood = likelihood
        self.num_classes = checked_num_classes(num_classes)
        layers.network_family(network)
        self.network = network
        self.filters = filters
        self.encoder_network = encoder_network
        self.decoder_network = decoder_network

    @property
    def latent_dims(self):
        """Sizes of the stochastic layers, from the data upwards."""
        return (self.latent_dim,) if isinstance(self.latent_dim, int) else tuple(self.latent_dim)

    @property
    def single_code(self):
        """The size of the code of a model with one stochastic layer; other models are refused."""
        if len(self.latent_dims) > 1:
            raise ValueError(
                f"{type(self).__name__} has one stochastic layer (an IWAE may have two): latent_dim must be an int. "
                f"Received: latent_dim={self.latent_dim!r}"
            )
        return self.latent_dims[0]

    # The networks ---------------------------------------------------------------------------------------------------

    def options(self, hidden=None):
        """The `layers.NetworkOptions` of the model's arguments, with other widths if they are given."""
        return layers.NetworkOptions(self.hidden if hidden is None else hidden, self.activation, self.filters)

    @property
    def _classes(self):
        """How many classes encoder and decoder are given labels of; None for none."""
        return self.num_classes if self.conditions else None

    def make_encoder(self, head, hidden=None, **trunk):
        """A distribution over codes, given images; `head` is a `layers.DistributionHead`."""
        network = self.encoder_network or self.network
        options = self.options(hidden)
        return layers.encoder(
            network, self.image_shape, head, options, num_classes=self._classes, seed=self.seed, **trunk
        )

    def make_decoder(self, size, hidden=None):
        """A distribution over images, given codes of `size` values."""
        head = LIKELIHOODS[self.likelihood](self.image_shape)
        network = self.decoder_network or self.network
        size += self._classes or 0
        return layers.decoder(network, size, head, self.options(hidden), seed=self.seed + 1000)

    def _encode(self, x, labels=None, training=False):
        """q(z|x), or q(z|x, label)."""
        inputs = layers.label_images(x, labels, self._classes, self.encoder.network)
        return self.encoder(inputs, training=training)

    def _decode(self, z, labels=None, training=False):
        """p(x|z), or p(x|z, label), for codes [..., n, latent_dim]."""
        if self._classes is not None:
            z = layers.append_labels(z, labels, self._classes)
        return self.decoder(z, training=training)

    @property
    def prior(self):
        """p(z), a standard normal over the uppermost code."""
        return standard_normal(self.latent_dims[-1])

    # Several stochastic layers --------------------------------------------------------------------------------------

    @property
    def chain(self):
        """The stochastic layers above the lowest, a `Chain`; none, unless a subclass has some."""
        return Chain()

    def _noise(self, n, seed):
        return self._latent_noise((n,), seed)

    def _infer(self, x, labels, noise, training):
        return self.chain.infer(self._encode(x, labels, training), noise, training)

    def _log_joint(self, x, labels, latents, training):
        log_likelihood = self._decode(latents[0], labels, training).log_prob(x)
        return log_likelihood, self.chain.log_prior(self.prior, latents, training)

    # Using the model ------------------------------------------------------------------------------------------------

    def call(self, inputs, labels=None, training=False):
        """Reconstruct images: `reconstruct`."""
        return self.reconstruct(inputs, labels=labels)

    def generate(self, seeds, labels=None, draw=False):
        """Decode a draw from the prior for each row's seed; of several layers each code is drawn given that above."""
        below = [row_draws(standard_normal(size), seeds, stream=1) for size in self.latent_dims[:-1]]
        codes = self.chain.descend(row_draws(self.prior, seeds), below)
        return self._observe(codes[0], seeds, labels, draw)

    def _observe(self, z, seeds, labels, draw):
        """The means of p(x|z), or each row's own draw from it."""
        if not draw:
            return image_of(self.decode(z, labels))

        def row(code, seed, *label):
            likelihood = self.decode(code[None], *(one[None] for one in label))
            image = likelihood.sample(seed=fold_in(seed, OBSERVATION_STREAM))[0]
            return tf.clip_by_value(layers.full_precision(image), 0.0, 1.0)

        return map_rows(row, z, seeds, labels, signature=tf.TensorSpec(self.image_shape, tf.float32))

    def encode(self, x, labels=None):
        """q(z|x), of batch shape [n]; of several stochastic layers the joint, a `tfd.JointDistributionSequential`."""
        lowest = self._encode(*self._rows(x, labels))
        if not self.chain.encoders:
            return lowest
        return tfd.JointDistributionSequential([lowest, *map(_given_below, self.chain.encoders)], validate_args=False)

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
        return image_of(self._decode(z, *labels))

    def interpolate(self, a, b, steps=8, *, labels=None):
        """Decode the line between the mean codes of images a and b [n, *image_shape]: [n, steps, *image_shape]."""
        check_ends(a, b)
        line = straight_line(*(self._encode(*self._rows(x, labels)).mean() for x in (a, b)), steps)
        return tf.experimental.numpy.swapaxes(image_of(self._decode(line, labels)), 0, 1)


def _given_below(encoder):
    """A function of the layer below; an argument of any other name would name that layer, and no two may be alike."""
    return lambda _: encoder(_)


def standard_normal(size):
    """N(0, I) over vectors of `size` values."""
    return tfd.MultivariateNormalDiag(tf.zeros(size, layers.working_dtype()))


def image_of(likelihood):
    """The mean of p(x|z) as an image; a normal likelihood's may lie outside [0, 1]."""
    return tf.clip_by_value(likelihood.mean(), 0.0, 1.0)
