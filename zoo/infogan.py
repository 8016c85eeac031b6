"""InfoGAN (Chen et al. 2016) in the form of Hu et al. 2018, Eqs. 9-10: a GAN whose codes can be read off its images.

    max_phi        E_{p_theta(x|y) p(y)} [ log q_eta(z|x,y) q_phi(y|x) ]
    max_theta,eta  E_{p_theta(x|y) p(y)} [ log q_eta(z|x,y) q^r_phi(y|x) ]

Beside noise the generator is given a category and continuous codes, and an inference network on the discriminator's
trunk recovers them. No labels are needed: the category comes to stand for whatever parts the data best.
"""

from dataclasses import replace

import tensorflow as tf

from .. import layers
from .core.checks import check_plain_game
from .core.codes import Coded, Codes
from .gan import GAN
from .hub.registry import register
from .theory.expressions import KL, E, Line, Variable, log, p, proportional, q, x, y, z
from .theory.transforms import reverse_label

INFERENCE_UNITS = 128  # of the inference network's own layer, as Chen et al.
CODES = {"category": Variable("z1"), "continuous": Variable("z2")}
INFERRED, INFERRED_0 = q.eta(z | (x, y)), q.eta0(z | (x, y))


@register
class InfoGAN(Coded, GAN):
    """A GAN with a categorical code and continuous codes that an inference network recovers from the images.

    Args:
        image_shape: as for `GAN`, as are `seed` and `**kwargs`, but for labels, other losses and penalties.
        latent_dim: size of the noise, whose prior is N(0, I).
        num_categories: categories of the categorical code, uniform; `sample(labels=)` sets it.
        num_continuous: number of continuous codes, each uniform on [-1, 1], or 0; `sample(continuous=)` sets them.
        category_weight: of log q(category|x) in both players' objectives.
        continuous_weight: of log q(continuous|x); at 1 for both weights the objectives are Eq. 9's. Chen et al. take
            less for densities, which are on another scale.
        trunk_units: width of the dense layer that ends the trunk. Without one the categories stand for details of the
            convolutions' features, hardly for the data's parts.
        discriminator_network: a built Keras network from images to features [batch, size], in place of DCGAN's: the
            trunk that the discriminator and the inference network share.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=62,
        num_categories=10,
        num_continuous=2,
        category_weight=1.0,
        continuous_weight=0.1,
        trunk_units=256,
        discriminator_network=None,
        seed=0,
        **kwargs,
    ):
        check_plain_game(self, kwargs, normalization="batch")
        if not isinstance(trunk_units, int) or trunk_units < 1:
            raise ValueError(f"trunk_units must be a positive integer. Received: {trunk_units=}")
        self.num_categories = num_categories
        self.num_continuous = num_continuous
        self.category_weight = category_weight
        self.continuous_weight = continuous_weight
        self.trunk_units = trunk_units
        super().__init__(image_shape, latent_dim, discriminator_network=discriminator_network, seed=seed, **kwargs)
        self.trunk = self.discriminator  # what the GAN takes for its discriminator; two heads stand on it
        features = self.trunk.output_shape[1:]
        self.discriminator = layers.logit(features, seed + 2000, name="discriminator")
        hidden = layers.mlp(features, (INFERENCE_UNITS,), "leaky_relu", seed + 2001, name="inference_hidden")
        head = layers.CategoryAndContinuous(num_categories, num_continuous)
        self.inference = layers.Conditional(hidden, head, seed + 2002, name="inference")

    def make_discriminator(self, network, seed):
        """The trunk."""
        return layers.discriminator_trunk(
            network, self.image_shape, self.options, dense_units=self.trunk_units, seed=seed, name="trunk"
        )

    @property
    def codes(self):
        """What the generator is given, `Codes` behind the noise."""
        return Codes(
            self.latent_dim, self.num_categories, self.num_continuous, self.category_weight, self.continuous_weight
        )

    @property
    def phases(self):
        """The discriminator's move, which trains the trunk, then the generator's, which trains the inference head."""
        discriminator, generator = super().phases
        game = self.game
        return (
            replace(
                discriminator,
                networks=(self.trunk, self.discriminator),
                loss=self._discriminator_objective,
                formula=Line("max", ("phi",), self._line, game.view.times),
            ),
            replace(
                generator,
                networks=(self.generator, self.inference),
                terms=tuple(f"{code}_log_likelihood" for code in self.codes.weights),
                formula=Line("max", ("theta", "eta"), reverse_label(self._line), game.view.times),
            ),
        )

    @property
    def _line(self):
        """What both players climb: the label's likelihood and, weighted, the codes'."""
        weights = self.codes.weights
        if set(weights.values()) == {1.0}:
            return E(p.theta((x, z) | y), p(y))[log(INFERRED * q.phi(y | x))]
        inferred = {kind: log(q.eta(CODES[kind] | (x, y))) for kind in weights}
        weighted = [one if weights[kind] == 1.0 else weights[kind] * one for kind, one in inferred.items()]
        return E(p.theta((x, z) | y), p(y))[sum(weighted, start=log(q.phi(y | x)))]

    restarted = ()  # the codes are read off the discriminator's trunk, and their meaning would be lost with it

    @property
    def formulation(self):
        """The GAN's place, with an inference network for the codes."""
        plain = super().formulation
        target = reverse_label(q(x | (z, y)), "")
        before = INFERRED_0 * reverse_label(q.phi0(y | x), "phi0") * p.theta0(x)
        return replace(
            plain,
            parts={
                **plain.parts,
                z: "codes: a category z1 and continuous ones z2; noise beside them is not inferred",
                q.phi(y | x): "`discriminator` on `trunk`; read as generation of y",
                INFERRED: "`inference` on `trunk` for y = 0, without parameters for y = 1; read as generation of z",
            },
            kl=KL(p.theta(x | (z, y)), target),
            equations="Eqs. 9-10, Lemma 1",
            where=(plain.where[0], proportional(target, before), plain.where[-1]),
            notes=(*plain.notes, "`trunk` is a part of phi, and climbs the codes' likelihood as well."),
        )

    def _noise(self, n, seed):
        noise = super()._noise(n, seed)
        return {**noise, "codes": self.codes.behind(noise["codes"], n, seed)}

    def _logits(self, images, labels, training):
        return layers.logits(self.discriminator, self.trunk(images, training=training))

    def _judge(self, images, codes, training):
        """Of generated images: logits, log q(code|x) of each kind of code, and the weighted sum of these."""
        features = self.trunk(images, training=training)
        log_q = self.codes.log_prob(self.inference(features, training=training), codes)
        information = tf.add_n([self.codes.weights[kind] * value for kind, value in log_q.items()])
        return layers.logits(self.discriminator, features), log_q, information

    def _discriminator_objective(self, batch, noise, training):
        images, generated_images = self._shown(batch, noise, training)
        real = self._logits(images, None, training)
        generated, _, information = self._judge(generated_images, noise["codes"], training)
        loss = self.game.losses.discriminator(real, generated) - information
        return loss, {"logits_real": real, "logits_generated": generated}

    def _generator_objective(self, batch, noise, training):
        images = self._shown_generated(batch, noise, training)
        logits, log_q, information = self._judge(images, noise["codes"], training)
        terms = {f"{kind}_log_likelihood": value for kind, value in log_q.items()}
        return self.game.losses.generator(logits) - information, terms
