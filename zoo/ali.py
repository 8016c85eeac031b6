"""Adversarially learned inference (Dumoulin et al. 2017), or bidirectional GAN (Donahue et al. 2017).

    max_phi        E_{p(x,z|y) p(y)} [ log q_phi(y|x,z) ]
    max_theta,eta  E_{p(x,z|y) p(y)} [ log q^r_phi(y|x,z) ],      q^r_phi(y|x,z) = q_phi(1-y|x,z)

It is the GAN of Hu et al. 2018, Eqs. 4-8, with the pair (x, z) in the place of x. For y = 0 the pair is a draw of the
prior and the generator's image of it; for y = 1 it is a data example and the encoder's code for it. Here both sides
have parameters, and both players of the second line reverse their label. Where the discriminator can no longer tell the
two joint distributions apart, the encoder is the generator's inverse.
"""

from dataclasses import replace

import keras

from .. import layers
from .core.autoencoding import Autoencoding
from .core.checks import check_choice, check_plain_game
from .gan import GAN
from .hub.registry import register
from .theory.expressions import Event, Line, p, q, x, y, z
from .theory.transforms import reverse_label, substitute, transform


def of_pairs(tree):
    """What a GAN's formula says of images, of images and codes: (x, z) in the place of x."""

    def pair(node):
        if not isinstance(node, Event):
            return node
        sides = (node.variables, node.given)
        return Event(*(tuple(two for one in side for two in ((x, z) if one == x else (one,))) for side in sides))

    both = {p.g(x, z): p((x, z) | y.at(0)), p.data(x, z): p((x, z) | y.at(1))}
    named = {p.theta((x, z) | given): p((x, z) | given) for given in (y, y.at(0), y.at(1))}
    return substitute(transform(tree, pair), both | named)


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
        check_plain_game(self, kwargs, normalization="batch")
        heads = {"normal": layers.MultivariateNormalDiag, "deterministic": layers.Deterministic}
        check_choice(sorted(heads), posterior=posterior)
        self.posterior = posterior
        self.code_units = code_units
        self.pair_units = pair_units
        self.encoder_network = encoder_network
        super().__init__(image_shape, latent_dim, discriminator_network=discriminator_network, seed=seed, **kwargs)
        self.encoder = self.make_encoder(heads[posterior](latent_dim))

    def make_discriminator(self, network, seed):
        """The discriminator of pairs, or a built one."""
        if isinstance(network, keras.Layer):
            return network
        codes = layers.mlp((self.latent_dim,), self.code_units, "leaky_relu", seed + 100, name="code_trunk")
        images = layers.discriminator_trunk(network, self.image_shape, self.options, seed=seed, name="image_trunk")
        return layers.PairDiscriminator(images, codes, self.pair_units, seed + 200, name="discriminator")

    @property
    def phases(self):
        """The discriminator's move, then that of generator and encoder."""
        discriminator, generator = super().phases
        line = of_pairs(discriminator.formula)
        both = Line("max", ("theta", "eta"), reverse_label(line.objective), line.times)
        networks = (self.generator, self.encoder)
        return replace(discriminator, formula=line), replace(generator, networks=networks, formula=both)

    @property
    def formulation(self):
        """The GAN's place, with pairs in the place of x."""
        plain = super().formulation
        return replace(
            plain,
            parts={
                x: "data and generations",
                y: "a data example and its code (1), or a generated image and its code (0)",
                z: "code",
                p.theta(x | (z, y)): "`generator` for y = 0; with the prior of z it makes p(x,z|y=0)",
                q.phi(y | (x, z)): "`discriminator`, of pairs; read as generation of y",
                q.eta(z | (x, y)): f"`encoder`, {self.posterior}, for y = 1; with the data it makes p(x,z|y=1)",
            },
            kl=of_pairs(plain.kl),
            equations="Eqs. 4-8 with (x,z) in the place of x",
            where=tuple(map(of_pairs, plain.where)),
        )

    def _noise(self, n, seed):
        """The GAN's noise, and the posterior's."""
        noise = super()._noise(n, seed)
        if self.posterior == "normal":
            noise["posterior"] = self.posterior_noise(n, seed)
        return noise

    def _shown(self, batch, noise, training):
        """A data example and its code, and a generated image and its code."""
        posterior = self.encoder(batch.images, training=training)
        codes = posterior.mean()
        if "posterior" in noise:
            codes += posterior.stddev() * noise["posterior"]
        real, generated = super()._shown(batch, noise, training)
        return (real, codes), (generated, noise["codes"])

    def _generator_objective(self, batch, noise, training):
        real, generated = (self._logits(pair, None, training) for pair in self._shown(batch, noise, training))
        loss = self.game.losses.generator
        return loss(generated) + loss(-real), {}  # with the label reversed a logit changes its sign

    def _log_ratio(self, images, labels=None, training=False):
        """Of images with the mean codes that the encoder gives them."""
        return self._logits((images, self.encoder(images, training=training).mean()), labels, training)
