"""The Helmholtz machine, trained by wake and sleep (Hinton et al. 1995), in the form of Hu et al. 2018, Eq. 14.

    wake   max_theta   E_{q_lambda(h|x) p_data(x)} [ log p_theta(x,h) ]
    sleep  max_lambda  E_{p_theta(x,h)} [ log q_lambda(h|x) ]

The units h are binary, so that nothing can be reparameterised, and nothing need be: each phase learns one network from
samples of the other, held constant. In the unified view the VAE is the wake phase extended to learn q_lambda too, and
the GAN's discriminator is the sleep phase with h = y.
"""

import itertools
import math

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from .. import layers
from .core.likelihood import log_density
from .core.phase import Formulation, Phase
from .core.randomness import NOISE_ALGORITHM, fold_in, row_thresholds
from .hub.registry import register
from .vae import VAE

tfd = tfp.distributions

LATENT_STREAM = 100  # of a row's seed: one stream a stochastic layer, apart from that of the observation


@register
class WakeSleep(VAE):
    """A Helmholtz machine: an autoencoder with layers of binary units, a sigmoid belief net in both directions.

    The model is p(h_L) ... p(h_1|h_2) p(x|h_1) and the recognition network q(h_1|x) ... q(h_L|h_{L-1}); each
    conditional is one layer of weights unless `hidden` puts deterministic ones between.

    Args:
        image_shape: (height, width, channels).
        latent_dim: number of units of h, or a sequence of them for several stochastic layers, from the data upwards.
        hidden: widths of deterministic dense layers within each conditional of q; those of p are in reverse.
        **kwargs: the other arguments of `VAE`; the likelihood is Bernoulli.
    """

    def __init__(self, image_shape=(28, 28, 1), latent_dim=(200, 200), hidden=(), **kwargs):
        super().__init__(image_shape, latent_dim=latent_dim, hidden=hidden, **kwargs)

    def _build_networks(self):
        if self.likelihood != "bernoulli":
            raise ValueError(
                "The sleep phase draws binary images: the likelihood is 'bernoulli'. "
                f"Received: likelihood={self.likelihood!r}"
            )
        sizes = self.latent_dims
        if not sizes:
            raise ValueError(f"latent_dim must name at least one layer. Received: latent_dim={self.latent_dim!r}")
        self.encoder = self._units(
            self._encoder_input_shape, sizes[0], self.hidden, self.seed, "encoder", self.encoder_network
        )
        self.decoder = self._units(
            (sizes[0] + (self.num_classes or 0),),
            self.image_shape,
            self.hidden[::-1],
            self.seed + 1000,
            "decoder",
            self.decoder_network,
        )
        self.upper_encoders, self.upper_decoders = [], []
        for level, (lower, upper) in enumerate(itertools.pairwise(sizes), 2):
            seed = self.seed + 2000 * level
            self.upper_encoders.append(self._units((lower,), upper, self.hidden, seed, f"encoder_{level}"))
            self.upper_decoders.append(self._units((upper,), lower, self.hidden[::-1], seed + 1000, f"decoder_{level}"))
        self.top = layers.BernoulliPrior(sizes[-1], self.seed + 500, name="top")

    def _units(self, input_shape, event_shape, hidden, seed, name, trunk=None):
        """A network from `input_shape` to independent Bernoulli variables."""
        if not trunk and hidden:
            trunk = layers.mlp(input_shape, hidden, self.activation, seed, name=f"{name}_trunk")
        elif not trunk:  # nothing but the projection, of units at -1 and 1: it learns faster than of 0 and 1
            trunk = keras.Sequential(
                [
                    keras.Input(input_shape),
                    keras.layers.Reshape((math.prod(input_shape),)),
                    keras.layers.Rescaling(2.0, offset=-1.0),
                ],
                name=f"{name}_trunk",
            )
        head = layers.IndependentBernoulli(event_shape)
        return layers.Conditional(trunk, head, seed + len(hidden), name=name)

    @property
    def _generative(self):
        return (self.decoder, *self.upper_decoders, self.top)

    @property
    def _recognition(self):
        return (self.encoder, *self.upper_encoders)

    @property
    def prior(self):
        """p(h_L), independent Bernoulli variables with learned logits."""
        return self.top.distribution

    @property
    def phases(self):
        """Wake, then sleep."""
        c = self._given_label
        wake = Phase(
            name="wake",
            networks=self._generative,
            loss=self._wake_objective,
            noise=self._noise,
            terms=("reconstruction", "kl", "bound"),
            formula=f"max_theta E_{{q_lambda(h|x{c}) p_data(x{c})}} [ log p_theta(x,h{'|c' if c else ''}) ]",
        )
        return (wake, self._sleep_phase)

    @property
    def _sleep_phase(self):
        c = self._given_label
        return Phase(
            name="sleep",
            networks=self._recognition,
            loss=self._sleep_objective,
            noise=self._sleep_noise,
            terms=(),
            formula=f"max_lambda E_{{p_theta(x,h{'|c' if c else ''})}} [ log q_lambda(h|x{c}) ]",
        )

    @property
    def formulation(self):
        """The two phases of Eq. 14."""
        c = self._given_label
        several = len(self.latent_dims) > 1
        chain = ", a chain of {} from the data upwards" if several else ""
        return Formulation(
            parts={
                "x": "data and generations",
                "h": f"binary code{', in ' + str(len(self.latent_dims)) + ' layers' if several else ''}",
                **({"c": "class label, given"} if c else {}),
                f"p_theta(x|h{c})": "`decoder`; learned awake, from codes that the recognition network gives to data",
                "p_theta(h)": f"`top`{' and `upper_decoders`' if several else ''}; learned awake",
                f"q_lambda(h|x{c})": f"`encoder`{chain.format('`encoder` and `upper_encoders`')}; learned asleep, "
                "from the generative network's own images",
            },
            kl=f"KL( q_lambda(h|x{c}) p_data(x{c and '|c'}) || p_theta(x,h{c and '|c'}) )",
            theta_slot="second",
            behaviour="covers all modes, as the VAE, with binary codes",
            equations="Eq. 14, with parameters in p_theta(h) too",
            notes=(
                "That is what the wake phase minimises over theta. The sleep phase minimises over lambda the same "
                "divergence with its arguments exchanged, and so does not climb the wake phase's bound.",
                "The VAE is the wake phase with h = z, extended to learn q_lambda by reparameterised samples.",
                "The discriminator's phase of a GAN is the sleep phase with h = y.",
            ),
        )

    def default_optimizers(self):
        """Adam at 1e-3 for both."""
        return {phase.name: keras.optimizers.Adam(1e-3) for phase in self.phases}

    def _latent_noise(self, shape, seed):
        """Uniform noise [*shape, dim] for each stochastic layer, a list."""
        return [
            tf.random.stateless_uniform([*shape, size], fold_in(seed, layer), alg=NOISE_ALGORITHM)
            for layer, size in enumerate(self.latent_dims)
        ]

    def _sleep_noise(self, n, seed):
        image = tf.random.stateless_uniform([n, *self.image_shape], fold_in(seed, LATENT_STREAM), alg=NOISE_ALGORITHM)
        return {"latents": self._latent_noise((n,), seed), "image": image}

    def _wake_objective(self, batch, noise, training):
        latents, posteriors = self._infer(batch.images, batch.labels, noise, training)
        log_likelihood, log_prior = self._log_joint(batch.images, batch.labels, latents, training)
        kl = log_density(posteriors, latents) - log_prior
        terms = {"reconstruction": log_likelihood, "kl": kl, "bound": log_likelihood - kl}
        return -(log_likelihood + log_prior), terms

    def _sleep_objective(self, batch, noise, training):
        latents = self._dream(noise["latents"], training)
        x = _draw(self._decode(latents[0], batch.labels, training), noise["image"])
        return -log_density(self._posteriors(x, batch.labels, latents, training), latents), {}

    def _dream(self, noise, training=False):
        """Codes from the prior downwards, a list from the lowest layer upwards."""
        latents = [_draw(self.prior, noise[-1])]
        for decoder, uniform in zip(self.upper_decoders[::-1], noise[-2::-1], strict=True):
            latents.insert(0, _draw(decoder(latents[0], training=training), uniform))
        return latents

    def _posteriors(self, x, labels, latents, training):
        """q of each stochastic layer, given the one below."""
        lower = zip(self.upper_encoders, latents[:-1], strict=True)
        return [self._encode(x, labels, training), *(encoder(h, training=training) for encoder, h in lower)]

    def _infer(self, x, labels, noise, training):
        """Posterior samples and their distributions: two lists, an entry for each stochastic layer."""
        posteriors = [self._encode(x, labels, training)]
        latents = [_draw(posteriors[0], noise[0])]
        for encoder, uniform in zip(self.upper_encoders, noise[1:], strict=True):
            posteriors.append(encoder(latents[-1], training=training))
            latents.append(_draw(posteriors[-1], uniform))
        return latents, posteriors

    def _log_joint(self, x, labels, latents, training):
        log_likelihood, log_prior = super()._log_joint(x, labels, latents, training)
        given = [decoder(h, training=training) for decoder, h in zip(self.upper_decoders, latents[1:], strict=True)]
        return log_likelihood, log_prior + log_density(given, latents[:-1]) if given else log_prior

    # Using the model ------------------------------------------------------------------------------------------------

    def generate(self, seeds, labels=None, draw=False):
        """Dream: from a draw of the uppermost units downwards, by each row's seed."""
        uniforms = [
            row_thresholds(size, seeds, stream=LATENT_STREAM + layer) for layer, size in enumerate(self.latent_dims)
        ]
        return self._observe(self._dream(uniforms)[0], seeds, labels, draw)

    def encode(self, x, labels=None):
        """q(h|x); with several layers the joint q(h_1|x) q(h_2|h_1) ..., a `tfd.JointDistributionSequential`."""
        lowest = self._encode(*self._rows(x, labels))
        if not self.upper_encoders:
            return lowest
        return tfd.JointDistributionSequential(
            [lowest, *(_given(encoder) for encoder in self.upper_encoders)], validate_args=False
        )


def _given(encoder):
    """A function of the layer below; an argument of any other name would name that layer, and no two may be alike."""
    return lambda _: encoder(_)


def _draw(units, uniform):
    """Binary values from uniform noise, one where it is below the unit's probability: no gradient passes."""
    return tf.stop_gradient(tf.cast(uniform < units.mean(), tf.float32))
