"""The variational autoencoder (Kingma & Welling 2014; Rezende et al. 2014) in the form of Hu et al. 2018, Eqs. 11-13.

    max_{theta,eta}  E_{p_data(x)} [ E_{q_eta(z|x)} log p_theta(x|z) - KL( q_eta(z|x) || p(z) ) ]

In the unified view the discriminator is the degenerate, perfect one: it blocks generated samples, so that only data
reach the objective, and the generator stands in the second slot of the divergence that is minimised.
"""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from .. import layers
from .base import GenerativeModel
from .interface import in_chunks
from .phase import Formulation, Phase
from .randomness import pair, row_draws, row_seeds
from .registry import register

tfd = tfp.distributions

LIKELIHOODS = {
    "bernoulli": layers.IndependentBernoulli,
    "normal": layers.IndependentNormal,
    "discretized_logistic": layers.DiscretizedLogistic,
}
SAMPLES_AT_A_TIME = 1000  # of log_prob's, which bounds its memory
NOISE_ALGORITHM = "philox"  # by name: XLA's automatic choice fuses into every user of the noise, doubling the step


def log_density(distributions, values):
    """The sum of the log-densities of values under a list of distributions, one each."""
    return tf.add_n([one.log_prob(value) for one, value in zip(distributions, values, strict=True)])


@register
class VAE(GenerativeModel):
    """A variational autoencoder with one stochastic layer; the KL term is in closed form.

    Args:
        image_shape: (height, width, channels).
        latent_dim: size of the code z, whose prior is N(0, I).
        hidden: widths of the encoder's dense layers; the decoder's are the same in reverse.
        activation: of the dense layers, a Keras activation's name.
        likelihood: p(x|z), "bernoulli" (images are binary, or are read as probabilities of being so), "normal" or
            "discretized_logistic" (8-bit images).
        encoder_network: a built Keras network from images to features [batch, size], in place of the dense one.
        decoder_network: a built Keras network from codes to features [batch, size], in place of the dense one.
        seed: int; initial weights and training noise follow from it.
        **kwargs: `name`, as for `keras.Model`.
    """

    xla_on_cpu = False

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=50,
        hidden=(200, 200),
        activation="tanh",
        likelihood="bernoulli",
        encoder_network=None,
        decoder_network=None,
        seed=0,
        **kwargs,
    ):
        super().__init__(image_shape, seed=seed, **kwargs)
        if likelihood not in LIKELIHOODS:
            raise ValueError(f"likelihood must be one of {sorted(LIKELIHOODS)}. Received: likelihood={likelihood!r}")
        self.latent_dim = latent_dim
        self.hidden = hidden
        self.activation = activation
        self.likelihood = likelihood
        self.encoder_network = encoder_network
        self.decoder_network = decoder_network
        self._build_networks()
        self.finish()

    def _build_networks(self):
        self.encoder = self._posterior(
            self.image_shape, self.hidden, self.latent_dim, self.seed, trunk=self.encoder_network
        )
        self.decoder = self._likelihood(self.latent_dim, self.hidden)

    def _posterior(self, input_shape, hidden, size, seed, trunk=None, name="encoder"):
        """A network from `input_shape` to a normal distribution over `size` values."""
        trunk = trunk or layers.mlp(input_shape, hidden, self.activation, seed, name=f"{name}_trunk")
        return layers.Conditional(trunk, layers.MultivariateNormalDiag(size), seed + len(hidden), name=name)

    def _likelihood(self, size, hidden):
        """A network from codes of `size` values to a distribution over images."""
        seed = self.seed + 1000
        trunk = self.decoder_network or layers.mlp((size,), hidden[::-1], self.activation, seed, name="decoder_trunk")
        head = LIKELIHOODS[self.likelihood](self.image_shape)
        return layers.Conditional(trunk, head, seed + len(hidden), name="decoder")

    @property
    def prior(self):
        """p(z), a standard normal over the code."""
        return tfd.MultivariateNormalDiag(tf.zeros(self.latent_dim))

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
                formula="max_{theta,eta} E_{p_data(x)} [ E_{q_eta(z|x)} log p_theta(x|z) - KL( q_eta(z|x) || p(z) ) ]",
            ),
        )

    @property
    def formulation(self):
        """The VAE's column of the paper's Table 1."""
        return Formulation(
            parts={
                "x": "data and generations",
                "y": "real or generated (degenerate: only data reach the objective)",
                "z": "code",
                "p_theta(x|z,y)": "`decoder` for y = 0, the data for y = 1; read as generation of x",
                "q_*(y|x)": "the perfect discriminator, without parameters; read as inference of y",
                "q_eta(z|x,y)": "`encoder`; read as inference of z",
            },
            kl="KL( q_eta(z|x,y) q_*^r(y|x) || p_theta(z,y|x) )",
            theta_slot="second",
            behaviour="covers all modes: the generator is pulled to wherever the data are, at the price of blur",
            equations="Eqs. 11-13, Lemma 2",
            notes=(
                "q_*^r(y|x) = q_*(1-y|x): a generated x is given y = 1, where nothing has parameters, and so does not "
                "count; a data example is given y = 0, and counts with the bound that is trained here.",
                "By Lemma 2 that bound is, up to a factor 2 and constants, minus the divergence, averaged over "
                "p_theta0(x) = ( p_g(x) + p_data(x) ) / 2.",
            ),
        )

    def default_optimizers(self):
        """Adam at 1e-3 with epsilon 1e-4, as Burda et al. 2015."""
        return {"autoencoder": keras.optimizers.Adam(1e-3, epsilon=1e-4)}

    def _noise(self, n, seed):
        return self._normals((n,), seed)

    def _objective(self, batch, noise, training):
        posterior = self.encoder(batch.images, training=training)
        z = posterior.mean() + posterior.stddev() * noise[0]
        reconstruction = self.decoder(z, training=training).log_prob(batch.images)
        kl = posterior.kl_divergence(self.prior)
        bound = reconstruction - kl
        return -bound, {"reconstruction": reconstruction, "kl": kl, "bound": bound}

    # Using the model ------------------------------------------------------------------------------------------------

    def call(self, inputs, training=False):
        """Reconstruct images: `reconstruct`."""
        return self.reconstruct(inputs)

    def generate(self, seeds, labels=None, draw=False):
        """Decode a draw from the prior for each row's seed."""
        return self._observe(row_draws(self.prior, seeds), seeds, draw)

    def _observe(self, z, seeds, draw):
        """The means of p(x|z), or each row's own draw from it."""
        if not draw:
            return _image(self.decode(z))

        def row(z_and_seed):
            code, seed = z_and_seed
            image = self.decode(code[None]).sample(seed=pair(seed, 2))  # streams 0 and 1 made the codes
            return tf.clip_by_value(tf.cast(image[0], tf.float32), 0.0, 1.0)

        return tf.map_fn(row, (z, seeds), fn_output_signature=tf.TensorSpec(self.image_shape, tf.float32))

    def encode(self, x, labels=None):
        """q(z|x), a multivariate normal of batch shape [n]."""
        return self.encoder(x)

    def decode(self, z, labels=None):
        """p(x|z), over images."""
        return self.decoder(z)

    def reconstruct(self, x, *, labels=None, seed=None):
        """The mean of p(x|z) at the posterior's mean, or at a draw from it where `seed` is given."""
        posterior = self.encoder(x)
        z = posterior.mean() if seed is None else posterior.sample(seed=pair(seed))
        return _image(self.decoder(z))

    def interpolate(self, a, b, steps=8):
        """Decode the line between the mean codes of images a and b [n, *image_shape]: [n, steps, *image_shape]."""
        if steps < 2:
            raise ValueError(f"steps must be at least 2, the two ends. Received: steps={steps}")
        start, end = (self.encoder(x).mean()[:, None] for x in (a, b))
        share = tf.linspace(0.0, 1.0, steps)[None, :, None]
        return _image(self.decoder(start + share * (end - start)))

    def log_prob(self, x, num_samples=5000, *, labels=None, seed=0):
        """The importance-weighted bound on log p(x) with `num_samples` posterior samples (Burda et al. 2015).

        Args:
            x: images [n, *image_shape]; for a Bernoulli likelihood binary ones.
            num_samples: importance samples for each image; the bound tightens with it.
            labels: not used.
            seed: int; the same seed gives the same estimate.

        Returns:
            [n] float32, nats; of a probability mass under a Bernoulli or discretised likelihood, of a density under a
            normal one.
        """
        x = tf.convert_to_tensor(x, tf.float32)
        return in_chunks(lambda *rows: self._log_prob_rows(*rows, num_samples), x, row_seeds(x.shape[0], seed))

    @tf.function(reduce_retracing=True)
    def _log_prob_rows(self, x, seeds, num_samples):
        return self.importance_log_prob(x, seeds, num_samples)

    def importance_log_prob(self, x, seeds, num_samples):
        """`log_prob` with a seed for each row, as a graph: an image's estimate depends on its own seed alone.

        Args:
            x: [n, *image_shape] float32.
            seeds: [n] int64.
            num_samples: int.

        Returns:
            [n] float32, nats.
        """
        whole, rest = divmod(num_samples, SAMPLES_AT_A_TIME)

        def chunk(image, seed, index, size):
            return tf.reduce_logsumexp(self.log_weights(image[None], self._normals((size, 1), pair(seed, index))))

        def row(pair_of_image_and_seed):
            image, seed = pair_of_image_and_seed
            total = tf.constant(-float("inf"))
            if whole:
                indices = tf.range(whole)
                sums = tf.map_fn(
                    lambda i: chunk(image, seed, i, SAMPLES_AT_A_TIME),
                    indices,
                    fn_output_signature=tf.float32,
                )
                total = tf.reduce_logsumexp(sums)
            if rest:
                total = tf.reduce_logsumexp(tf.stack([total, chunk(image, seed, whole, rest)]))
            return total - tf.math.log(float(num_samples))

        return tf.map_fn(row, (x, seeds), fn_output_signature=tf.float32)

    def _normals(self, shape, seed):
        """Standard normal noise [*shape, dim] for each stochastic layer, a list."""
        return [tf.random.stateless_normal([*shape, self.latent_dim], seed, alg=NOISE_ALGORITHM)]

    def log_weights(self, x, noise, training=False):
        """log p(x, z) - log q(z|x) of reparameterised posterior samples.

        Args:
            x: images [batch, *image_shape].
            noise: list of standard normal tensors, one for each stochastic layer, [k, batch, dim].
            training: whether the networks run in training mode.

        Returns:
            [k, batch] in nats.
        """
        latents, posteriors = self._infer(x, noise, training)
        log_likelihood, log_prior = self._log_joint(x, latents, training)
        return log_likelihood + log_prior - log_density(posteriors, latents)

    def _infer(self, x, noise, training):
        """Reparameterised posterior samples and their distributions: two lists, an entry for each stochastic layer."""
        posterior = self.encoder(x, training=training)
        return [posterior.mean() + posterior.stddev() * noise[0]], [posterior]

    def _log_joint(self, x, latents, training):
        return self.decoder(latents[0], training=training).log_prob(x), self.prior.log_prob(latents[-1])


def _image(likelihood):
    """The mean of p(x|z) as an image; a normal likelihood's may lie outside [0, 1]."""
    return tf.clip_by_value(likelihood.mean(), 0.0, 1.0)
