"""The VAE-GAN (Larsen et al. 2016, Autoencoding beyond pixels using a learned similarity metric), and the plain sum.

A VAE's decoder is a GAN's generator. With f(x) the discriminator's last hidden layer,

    max_phi    E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ]
    max_eta    E_{p_data(x)} [ E_{q_eta(z|x)} log p_theta(f(x)|z) - KL( q_eta(z|x) || p(z) ) ]
    max_theta  2 E_{p_theta(x|y) p(y)} [ log q^r_phi(y|x) ] + gamma E_{p_data(x)} E_{q_eta(z|x)} log p_theta(f(x)|z)

where p_theta(f(x)|z) = N( f(x) | f(G_theta(z)), I ): two images are alike as far as the discriminator tells. The sum
has the pixels' likelihood p_theta(x|z) in its place. It is a joint model in the sense of Hu et al. 2018: the GAN's
divergence works against the VAE's blur, and the VAE's against the GAN's missing modes.
"""

from dataclasses import replace

import keras
import tensorflow_probability as tfp

from .. import layers
from .core.autoencoding import PixelAutoencoding, bernoulli_pixels
from .core.checks import check_above_zero, check_choice, check_plain_game
from .core.likelihood import BOUND_TERMS, bound_terms
from .core.phase import Phase
from .gan import GAN
from .hub.registry import register
from .theory.adversarial_losses import HALF
from .theory.expressions import KL, E, Equation, Function, Line, Scalar, log, p, q, x, y, z
from .theory.transforms import reverse_label, substitute

tfd = tfp.distributions

FEATURES = Function("f", "", (x,))  # the discriminator's last hidden layer
GENERATED = p.theta(x | y.at(0))


@register
class VAEGAN(PixelAutoencoding, GAN):
    """A GAN whose generator is also the decoder of a VAE.

    What the discriminator is to tell from data is half generations, half reconstructions.

    Args:
        image_shape: as for `GAN`, as are `seed` and `**kwargs`, but for labels, other losses, penalties and networks
            for the discriminator.
        latent_dim: size of the code z, whose prior is N(0, I).
        objective: "similarity" for Larsen et al.'s likelihood of the discriminator's features; "sum" for that of the
            pixels, Bernoulli, whose means are the generator's image.
        gamma: weight of the likelihood beside the adversarial term in the generator's loss, both in nats; 1 is the
            plain sum. The encoder's loss has no adversarial term, and needs no weight.
        encoder_network: a built Keras network from images to features [batch, size], in place of DCGAN's.
    """

    _no_pixels = 'its likelihood is of the discriminator\'s features; objective="sum" has one of the pixels'

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=64,
        objective="similarity",
        gamma=0.01,
        encoder_network=None,
        seed=0,
        **kwargs,
    ):
        check_plain_game(self, kwargs, discriminator_network=None)
        check_choice(("similarity", "sum"), objective=objective)
        check_above_zero(gamma=gamma)
        self.objective = objective
        self.gamma = gamma
        self.encoder_network = encoder_network
        super().__init__(image_shape, latent_dim, seed=seed, **kwargs)
        self.encoder = self.make_encoder(layers.MultivariateNormalDiag(latent_dim))

    def make_discriminator(self, network, seed):
        """From images to the last hidden layer [batch, size] and the logit [batch, 1]."""
        return layers.with_features(super().make_discriminator(network, seed))

    @property
    def phases(self):
        """The moves of the discriminator, the encoder and the generator."""
        discriminator, generator = super().phases
        gamma = Scalar("gamma", self.gamma)
        climbed = 2 * generator.formula.objective + gamma * E(p.data(x))[self._likelihood]
        return (
            replace(
                discriminator,
                loss=self._discriminator_objective,
                terms=(*discriminator.terms, "logits_reconstructed"),
            ),
            Phase(
                name="encoder",
                networks=(self.encoder,),
                loss=self._encoder_objective,
                noise=self._noise,
                terms=BOUND_TERMS,
                formula=Line("max", ("eta",), E(p.data(x))[self._likelihood - KL(q.eta(z | x), p(z))]),
            ),
            replace(generator, formula=Line("max", ("theta",), climbed)),
        )

    @property
    def likelihood(self):
        """The name of p(x|z): "bernoulli", or None where the likelihood is of the discriminator's features."""
        return "bernoulli" if self.objective == "sum" else None

    @property
    def _observed(self):
        """Of what the likelihood is."""
        return x if self.likelihood else FEATURES

    @property
    def _likelihood(self):
        """The expected log-likelihood of an image x."""
        return E(q.eta(z | x))[log(p.theta(self._observed | z))]

    restarted = ()  # encoder and generator have learnt to match the discriminator's features

    @property
    def formulation(self):
        """The GAN's place and the VAE's at once."""
        plain, perfect = super().formulation, reverse_label(q.perfect(y | x), "*")
        about = "Bernoulli" if self.likelihood else "of the discriminator's last hidden layer f, normal"
        return replace(
            plain,
            parts={
                **plain.parts,
                p.theta(self._observed | z): f"`generator`, {about}; read as generation of it",
                q.perfect(y | x): "in the VAE's divergence the perfect discriminator, without parameters",
                q.eta(z | (x, y)): "`encoder`; read as inference of z",
                p.r(x): "reconstructions, by `generator` of codes by `encoder`",
            },
            kl=plain.kl
            + Scalar("gamma", self.gamma) * KL(q.eta(z | (x, y)) * perfect, p.theta((z, y) | self._observed)),
            theta_slot="",
            behaviour="seeks modes by the first and covers them by the last divergence",
            equations="Eqs. 4-8 and 11-13, added",
            where=(
                Equation(GENERATED, HALF * (p.g(x) + p.r(x))),
                *(substitute(one, {p.g(x): GENERATED}) for one in plain.where),
            ),
        )

    def default_optimizers(self):
        """Adam at 2e-4 with beta_1 = 0.5 for all three, as Radford et al. 2016."""
        return {**super().default_optimizers(), "encoder": keras.optimizers.Adam(2e-4, beta_1=0.5)}

    def _noise(self, n, seed):
        """The GAN's noise, and the posterior's."""
        return {**super()._noise(n, seed), "posterior": self.posterior_noise(n, seed)}

    def _judge(self, images, training):
        """The discriminator's features [batch, size] and logits [batch]."""
        features, logits = (layers.full_precision(part) for part in self.discriminator(images, training=training))
        return features, logits[:, 0]

    def _logits(self, images, labels, training):
        return self._judge(images, training)[1]

    def _reconstructed(self, batch, noise, training):
        """A draw's reconstruction of each image, and the posterior."""
        (codes,), (posterior,) = self._infer(batch.images, None, [noise["posterior"]], training)
        return self._generated(codes, None, training), posterior

    def _reconstruction_logits(self, images, noise, training):
        return self._logits(images + noise.get("generated", 0.0), None, training)

    def _log_likelihood(self, images, reconstructed, training):
        if self.likelihood:
            return bernoulli_pixels(reconstructed).log_prob(images)
        features, center = (self._judge(one, training)[0] for one in (images, reconstructed))
        return tfd.MultivariateNormalDiag(center).log_prob(features)

    def _discriminator_objective(self, batch, noise, training):
        real, generated = (self._logits(one, None, training) for one in self._shown(batch, noise, training))
        images, _ = self._reconstructed(batch, noise, training)
        reconstructed = self._reconstruction_logits(images, noise, training)
        loss = self.game.losses.discriminator
        terms = {"logits_real": real, "logits_generated": generated, "logits_reconstructed": reconstructed}
        return (loss(real, generated) + loss(real, reconstructed)) / 2.0, terms

    def _encoder_objective(self, batch, noise, training):
        images, posterior = self._reconstructed(batch, noise, training)
        reconstruction = self._log_likelihood(batch.images, images, training)
        kl = posterior.kl_divergence(self.prior)
        terms = bound_terms(reconstruction, kl)
        return -terms["bound"], terms

    def _generator_objective(self, batch, noise, training):
        generated, _ = super()._generator_objective(batch, noise, training)
        images, _ = self._reconstructed(batch, noise, training)
        reconstructed = self.game.losses.generator(self._reconstruction_logits(images, noise, training))
        likelihood = self._log_likelihood(batch.images, images, training)
        return (generated + reconstructed) / 2.0 - self.gamma * likelihood, {}
