"""The Helmholtz machine, trained by wake and sleep (Hinton et al. 1995), in the form of Hu et al. 2018, Eq. 14.

    wake   max_theta   E_{q_lambda(h|x) p_data(x)} [ log p_theta(x,h) ]
    sleep  max_lambda  E_{p_theta(x,h)} [ log q_lambda(h|x) ]

The units h are binary, so that nothing can be reparameterised, and nothing need be: each phase learns one network from
samples of the other, held constant. In the unified view the VAE is the wake phase extended to learn q_lambda too, and
the GAN's discriminator is the sleep phase with h = y.
"""

import math

import keras
import tensorflow as tf

from .. import layers
from .core.autoencoder import Autoencoder
from .core.chain import Chain, layered_noise
from .core.likelihood import BOUND_TERMS, bound_terms, log_density
from .core.phase import Formulation, Phase
from .core.randomness import fold_in, row_thresholds, uniform
from .hub.registry import register
from .theory.expressions import KL, E, Event, Line, c, h, log, p, q_lambda, x

JOINT = p.theta(Event((x, h)))
LATENT_STREAM = 100  # of a row's seed: one stream a stochastic layer, apart from that of the observation


@register
class WakeSleep(Autoencoder):
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
        super().__init__(image_shape, latent_dim, hidden, **kwargs)
        if self.likelihood != "bernoulli":
            raise ValueError(
                "The sleep phase draws binary images: the likelihood is 'bernoulli'. "
                f"Received: likelihood={self.likelihood!r}"
            )
        sizes = self.latent_dims
        if not sizes:
            raise ValueError(f"latent_dim must name at least one layer. Received: latent_dim={self.latent_dim!r}")
        if self.hidden or self.network != "mlp":
            self.encoder = self.make_encoder(layers.IndependentBernoulli(sizes[0]))
            self.decoder = self.make_decoder(sizes[0])
        else:
            classes = self.num_classes or 0
            pixels = (math.prod(self.image_shape) + classes,) if classes else self.image_shape
            code = (sizes[0] + classes,)
            self.encoder = layers.binary_units(
                pixels, sizes[0], trunk=self.encoder_network, seed=self.seed, name="encoder"
            )
            self.decoder = layers.binary_units(
                code, self.image_shape, trunk=self.decoder_network, seed=self.seed + 1000, name="decoder"
            )
        self.upper_encoders, self.upper_decoders = [], []
        for encoder, decoder in layers.binary_chain(sizes, self.hidden, self.activation, self.seed):
            self.upper_encoders.append(encoder)
            self.upper_decoders.append(decoder)
        self.top = layers.BernoulliPrior(sizes[-1], self.seed + 500, name="top")

    @property
    def chain(self):
        """The layers of units above the lowest."""
        return Chain(self.upper_encoders, self.upper_decoders, _draw)

    @property
    def prior(self):
        """p(h_L), independent Bernoulli variables with learned logits."""
        return self.top.distribution

    @property
    def phases(self):
        """Wake, then sleep."""
        wake = Phase(
            name="wake",
            networks=(self.decoder, *self.upper_decoders, self.top),
            loss=self._wake_objective,
            noise=self._noise,
            terms=BOUND_TERMS,
            formula=self.given(Line("max", ("theta",), E(q_lambda(h | x), p.data(x))[log(JOINT)])),
        )
        sleep = Phase(
            name="sleep",
            networks=(self.encoder, *self.upper_encoders),
            loss=self._sleep_objective,
            noise=self._sleep_noise,
            terms=(),
            formula=self.given(Line("max", ("lambda",), E(JOINT)[log(q_lambda(h | x))])),
        )
        return (wake, sleep)

    @property
    def formulation(self):
        """The two phases of Eq. 14."""
        levels = len(self.latent_dims)
        uppers = levels > 1
        return Formulation(
            parts={
                x: "data and generations",
                h: f"binary code, in {levels} layers" if uppers else "binary code",
                **({} if self.num_classes is None else {c: "class label, given"}),
                self.given(p.theta(x | h)): "`decoder`; learned awake, from codes that the recognition network gives",
                p.theta(h): f"`top`{' and `upper_decoders`' if uppers else ''}; learned awake",
                self.given(q_lambda(h | x)): f"`encoder`{', then `upper_encoders`' if uppers else ''}; {self._taught}",
            },
            kl=self.given(KL(q_lambda(h | x) * p.data(x), JOINT)),
            behaviour="covers all modes, as the VAE, with binary codes",
            equations="Eq. 14, with parameters in p_theta(h) too",
            notes=("The sleep phase minimises over lambda the same divergence with its arguments exchanged.",),
        )

    _taught = "learned asleep, from the generative network's own images"

    def default_optimizers(self):
        """Adam at 1e-3 for both."""
        return {phase.name: keras.optimizers.Adam(1e-3) for phase in self.phases}

    def _latent_noise(self, shape, seed):
        """Uniform noise [*shape, dim] for each stochastic layer, a list."""
        return layered_noise(uniform, shape, self.latent_dims, seed)

    def _sleep_noise(self, n, seed):
        image = uniform([n, *self.image_shape], fold_in(seed, LATENT_STREAM))
        return {"latents": self._latent_noise((n,), seed), "image": image}

    def _wake_objective(self, batch, noise, training):
        latents, posteriors = self._infer(batch.images, batch.labels, noise, training)
        log_likelihood, log_prior = self._log_joint(batch.images, batch.labels, latents, training)
        terms = bound_terms(log_likelihood, log_density(posteriors, latents) - log_prior)
        return -(log_likelihood + log_prior), terms

    def _sleep_objective(self, batch, noise, training):
        *below, top = noise["latents"]
        latents = self.chain.descend(_draw(self.prior, top), below, training)
        x = _draw(self._decode(latents[0], batch.labels, training), noise["image"])
        posteriors = self.chain.posteriors(self._encode(x, batch.labels, training), latents, training)
        return -log_density(posteriors, latents), {}

    # Using the model ------------------------------------------------------------------------------------------------

    def generate(self, seeds, labels=None, draw=False):
        """Dream: from a draw of the uppermost units downwards, by each row's seed."""
        *below, top = [
            row_thresholds(size, seeds, stream=LATENT_STREAM + layer) for layer, size in enumerate(self.latent_dims)
        ]
        return self._observe(self.chain.descend(_draw(self.prior, top), below)[0], seeds, labels, draw)


def _draw(units, uniform):
    """Binary values from uniform noise, one where it is below the unit's probability: no gradient passes."""
    return tf.stop_gradient(layers.full_precision(uniform < units.mean()))
