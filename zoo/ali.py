"""Adversarially learned inference (Dumoulin et al. 2017), or bidirectional GAN (Donahue et al. 2017).

    max_phi        E_{p(x,z|y) p(y)} [ log q_phi(y|x,z) ]
    max_theta,eta  E_{p(x,z|y) p(y)} [ log q^r_phi(y|x,z) ],      q^r_phi(y|x,z) = q_phi(1-y|x,z)

It is the GAN of Hu et al. 2018, Eqs. 4-8, with the pair (x, z) in the place of x. For y = 0 the pair is a draw of the
prior and the generator's image of it; for y = 1 it is a data example and the encoder's code for it. Here both sides
have parameters, and both players of the second line reverse their label. Where the discriminator can no longer tell the
two joint distributions apart, the encoder is the generator's inverse.
"""

from dataclasses import replace

from .. import layers
from ..losses import adversarial
from .core.autoencoding import Autoencoding
from .core.checks import check_fixed
from .core.randomness import fold_in
from .gan import GAN
from .hub.registry import register

POSTERIOR_STREAM = 10  # of a phase's noise, behind the GAN's


@register
class ALI(Autoencoding, GAN):
    """A GAN of pairs (image, code), with an encoder that learns against the same discriminator as the generator.

    Args:
        image_shape: as for `GAN`.
        latent_dim: size of the code z, whose prior is N(0, I).
        posterior: q(z|x), "normal" (ALI) or "deterministic" (BiGAN).
        code_units: widths of the discriminator's dense layers that see the code alone.
        pair_units: widths of those that see the image's features and the code's.
        encoder_network: a built Keras network from images to features [batch, size], in place of DCGAN's.
        discriminator_network: a built Keras layer from pairs of images and codes to logits [batch, 1], in place of
            `layers.PairDiscriminator` on DCGAN's.
        seed: as for `GAN`.
        **kwargs: the other arguments of `GAN`, but for those of labels, other losses and penalties.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=64,
        posterior="normal",
        code_units=(256,),
        pair_units=(512, 512),
        encoder_network=None,
        discriminator_network=None,
        seed=0,
        **kwargs,
    ):
        fixed = {"gradient_penalty": 0.0, "r1_penalty": 0.0, "normalization": "batch"}
        check_fixed(self, kwargs, num_classes=None, adversarial_loss="non_saturating", **fixed)
        heads = {"normal": layers.MultivariateNormalDiag, "deterministic": layers.Deterministic}
        if posterior not in heads:
            raise ValueError(f"posterior must be one of {sorted(heads)}. Received: posterior={posterior!r}")
        self.posterior = posterior
        self.code_units = code_units
        self.pair_units = pair_units
        self.encoder_network = encoder_network
        super().__init__(image_shape, latent_dim, discriminator_network=discriminator_network, seed=seed, **kwargs)
        trunk = encoder_network or self._trunk(seed + 2000, "encoder_trunk")
        self.encoder = layers.Conditional(trunk, heads[posterior](latent_dim), seed + 2100, name="encoder")

    def _trunk(self, seed, name):
        return layers.dcgan_discriminator(self.image_shape, self.filters, outputs=0, seed=seed, name=name)

    def _discriminator(self, seed):
        codes = layers.mlp((self.latent_dim,), self.code_units, "leaky_relu", seed + 100, name="code_trunk")
        return layers.PairDiscriminator(
            self._trunk(seed, "image_trunk"), codes, self.pair_units, seed + 200, name="discriminator"
        )

    @property
    def phases(self):
        """The discriminator's move, then that of generator and encoder."""
        discriminator, generator = super().phases
        line = "E_{p(x,z|y) p(y)} [ log q_phi(y|x,z) ]"
        return (
            replace(discriminator, formula=f"max_phi {line}"),
            replace(
                generator,
                networks=(self.generator, self.encoder),
                formula="max_{theta,eta} " + line.replace("q_phi", "q^r_phi"),
            ),
        )

    @property
    def formulation(self):
        """The GAN's place, with pairs in the place of x."""
        return replace(
            super().formulation,
            parts={
                "x": "data and generations",
                "y": "a data example and its code (1), or a generated image and its code (0)",
                "z": "code",
                "p_theta(x|z,y)": "`generator` for y = 0; with the prior of z it makes p(x,z|y=0)",
                "q_phi(y|x,z)": "`discriminator`, of pairs; read as generation of y",
                "q_eta(z|x,y)": "`encoder` for y = 1; with the data it makes p(x,z|y=1)",
            },
            kl="KL( p(x,z|y) || q^r(x,z|y) )",
            behaviour="seeks modes, of pairs: sharp samples; a code missed by the generator costs the encoder as well",
            equations="Eqs. 4-8 with (x,z) in the place of x",
            notes=(
                "q^r_phi(y|x,z) = q_phi(1-y|x,z), the discriminator with the label reversed: for the generator where "
                "y = 0, for the encoder where y = 1.",
                "Lemma 1 carries over: q^r(x,z|y) is proportional to q^r_phi0(y|x,z) p_0(x,z), with "
                "p_0(x,z) = ( p(x,z|0) + p(x,z|1) ) / 2 and phi0 as they are before the update.",
                f"The encoder is {self.posterior}.",
                *self._practice,
            ),
        )

    def _noise(self, n, seed):
        """The GAN's noise, and the posterior's."""
        noise = super()._noise(n, seed)
        if self.posterior == "normal":
            noise["posterior"] = self.prior.sample(n, seed=fold_in(seed, POSTERIOR_STREAM))
        return noise

    def _pair_logits(self, images, codes, training):
        return layers.full_precision(self.discriminator((images, codes), training=training))[:, 0]

    def _logits(self, images, labels, training):
        return self._pair_logits(images, self.encoder(images, training=training).mean(), training)

    def _generated_logits(self, batch, noise, training):
        return self._pair_logits(self._shown_generated(batch, noise, training), noise["codes"], training)

    def _both_logits(self, batch, noise, training):
        posterior = self.encoder(batch.images, training=training)
        codes = posterior.mean()
        if "posterior" in noise:
            codes += posterior.stddev() * noise["posterior"]
        real = self._pair_logits(batch.images + noise.get("real", 0.0), codes, training)
        return real, self._generated_logits(batch, noise, training)

    def _generator_objective(self, batch, noise, training):
        self._take_statistics(batch, noise, training)
        real, generated = self._both_logits(batch, noise, training)
        loss = adversarial.LOSSES[self.adversarial_loss].generator
        return loss(generated) + loss(-real), {}  # with the label reversed a logit changes its sign
