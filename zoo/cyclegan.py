"""CycleGAN (Zhu et al. 2017): translation between two domains of images without pairs, in the view of Hu et al. 2018.

    max_phi        E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ],  E_{q_eta(z|y) p(y)} [ log q_phi(y|z) ]
    max_theta,eta  E_{p_theta(x|y) p(y)} [ log q_eta(z|x,y) q^r_phi(y|x) ]
                   + E_{q_eta(z|y) p(y)} [ log p_theta(x|z,y) q^r_phi(y|z) ]

x and z are two domains of data. From z to x it is InfoGAN (Eqs. 9-10), from x to z the same with x and z exchanged; the
terms with which InfoGAN recovers its code are here the cycle consistencies, Laplace likelihoods of the image that was
set out from.
"""

import keras
import tensorflow as tf

from .. import layers
from ..losses import adversarial
from .core.adversary import discriminator_phase
from .core.base import GenerativeModel
from .core.interface import in_chunks
from .core.phase import Formulation, Phase
from .core.randomness import NOISE_ALGORITHM, fold_in
from .hub.registry import register

DOMAINS = ("a", "b")
LOSS = "non_saturating"


@register
class CycleGAN(GenerativeModel):
    """Two translators and two discriminators; `fit` takes pairs of images (a, b), of which none belong together.

    Args:
        image_shape: (height, width, channels) of both domains' images; DCGAN's discriminators take 1 or 3 channels and
            at least 8 by 8 pixels.
        filters: channels of the widest-grid convolutions.
        blocks: residual blocks of each translator.
        cycle_weight: weight of the cycle consistencies, the mean absolute errors of the pixels: the likelihoods are
            Laplace, of a scale that is the number of values in an image divided by this.
        instance_noise: standard deviation, in pixels of [0, 1], of normal noise on all that the discriminators see in
            training.
        seed: int; initial weights and training noise follow from it.
        **kwargs: `name`, as for `keras.Model`.
    """

    two_domains = True

    def __init__(
        self, image_shape=(28, 28, 1), filters=32, blocks=2, cycle_weight=10.0, instance_noise=0.1, seed=0, **kwargs
    ):
        super().__init__(image_shape, seed=seed, **kwargs)
        if cycle_weight < 0.0 or instance_noise < 0.0:
            raise ValueError(
                f"cycle_weight and instance_noise must be 0 or more. Received: {cycle_weight=}, {instance_noise=}"
            )
        self.filters = filters
        self.blocks = blocks
        self.cycle_weight = cycle_weight
        self.instance_noise = instance_noise
        self.discriminator_a, self.discriminator_b = (
            layers.dcgan_discriminator(
                self.image_shape, filters, normalization="layer", seed=seed + 1000 * index, name=f"discriminator_{one}"
            )
            for index, one in enumerate(DOMAINS)
        )
        self.translator_a_to_b, self.translator_b_to_a = (
            layers.residual_translator(self.image_shape, filters, blocks, seed + 1000 * index, f"translator_{way}")
            for index, way in enumerate(("a_to_b", "b_to_a"), 2)
        )

    @property
    def phases(self):
        """Both discriminators' moves, then that of the translators together."""
        return (
            discriminator_phase(
                self.discriminator_a,
                self._logits_of_a,
                self._noise,
                LOSS,
                formula="max_phi E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ]",
                name="discriminator_a",
            ),
            discriminator_phase(
                self.discriminator_b,
                self._logits_of_b,
                self._noise,
                LOSS,
                formula="max_phi E_{q_eta(z|y) p(y)} [ log q_phi(y|z) ]",
                name="discriminator_b",
            ),
            Phase(
                name="translators",
                networks=(self.translator_a_to_b, self.translator_b_to_a),
                loss=self._objective,
                noise=self._noise,
                terms=("deception_a", "deception_b", "cycle_a", "cycle_b"),
                formula="max_{theta,eta} E_{p_theta(x|y) p(y)} [ log q_eta(z|x,y) q^r_phi(y|x) ] "
                "+ E_{q_eta(z|y) p(y)} [ log p_theta(x|z,y) q^r_phi(y|z) ]",
            ),
        )

    @property
    def formulation(self):
        """InfoGAN's column of the paper's Table 1, in both directions."""
        return Formulation(
            parts={
                "x": "images of domain `a`, and translations to it",
                "y": "real (1) or translated (0), in either domain",
                "z": "images of domain `b`, and translations to it",
                "p_theta(x|y)": "`translator_b_to_a` for y = 0, the data of `a` for y = 1; p_theta(x|z,y) is the "
                "Laplace likelihood about its translation of z",
                "q_phi(y|x)": "`discriminator_a`",
                "q_phi(y|z)": "`discriminator_b`",
                "q_eta(z|x,y)": "the Laplace likelihood about the translation of x by `translator_a_to_b`, which for "
                "y = 0 is q_eta(z|y) too; the data of `b` for y = 1",
            },
            kl="KL( p_theta(x|y) || q^r(x|z,y) ) + KL( q_eta(z|y) || q^r(z|x,y) )",
            theta_slot="first",
            behaviour="seeks modes: sharp translations, from which the image set out from can be recovered",
            equations="Eqs. 9-10 from `b` to `a`, and with x and z exchanged from `a` to `b`",
            notes=(
                "q^r(x|z,y) is proportional to q_eta0(z|x,y) q^r_phi0(y|x) p_theta0(x), as in Lemma 1 for InfoGAN, and "
                "q^r(z|x,y) to p_theta0(x|z,y) q^r_phi0(y|z) q_eta0(z): each translator has one divergence in whose "
                "first slot it stands, and recovers the other's images in the second. As there, this is for the image "
                "set out from held fixed: of images translated as they come, as in training, KL( p_theta(x|z,y) || "
                "q^r(x|z,y) ) is minimised, less by I(x;z|y) too, and likewise the other way.",
                *(
                    [
                        "The discriminators see real and translated images with normal noise of standard deviation "
                        f"{self.instance_noise:g} added, and so compare densities blurred by it."
                    ]
                    if self.instance_noise
                    else []
                ),
                f"The logarithms of the likelihoods weigh {self.cycle_weight:g} a mean absolute error of 1 in "
                "`cycle_a` and `cycle_b`; `deception_a` and `deception_b` are -log q^r_phi.",
            ),
        )

    def default_optimizers(self):
        """Adam at 2e-4 with beta_1 = 0.5, as Zhu et al. 2017."""
        return {phase.name: keras.optimizers.Adam(2e-4, beta_1=0.5) for phase in self.phases}

    def _noise(self, n, seed):
        """What is added to the real and to the translated images that each discriminator sees, by domain."""
        return {
            domain: tuple(
                self.instance_noise
                * tf.random.stateless_normal([n, *self.image_shape], fold_in(seed, index, kind), alg=NOISE_ALGORITHM)
                for kind in range(2)
            )
            for index, domain in enumerate(DOMAINS)
        }

    def _to_a(self, images, training=False):
        return tf.cast(self.translator_b_to_a(images, training=training), tf.float32)

    def _to_b(self, images, training=False):
        return tf.cast(self.translator_a_to_b(images, training=training), tf.float32)

    def _logits_of_a(self, batch, noise, training):
        real, other = batch.images
        return self._both_logits(self.discriminator_a, real, self._to_a(other, training), noise["a"], training)

    def _logits_of_b(self, batch, noise, training):
        other, real = batch.images
        return self._both_logits(self.discriminator_b, real, self._to_b(other, training), noise["b"], training)

    @staticmethod
    def _both_logits(discriminator, real, translated, noise, training):
        return tuple(
            _logits(discriminator, images + one, training)
            for images, one in zip((real, translated), noise, strict=True)
        )

    def _objective(self, batch, noise, training):
        a, b = batch.images
        to_a, to_b = self._to_a(b, training), self._to_b(a, training)
        deceive = adversarial.LOSSES[LOSS].generator
        terms = {
            "deception_a": deceive(_logits(self.discriminator_a, to_a + noise["a"][1], training)),
            "deception_b": deceive(_logits(self.discriminator_b, to_b + noise["b"][1], training)),
            "cycle_a": _mean_error(self._to_a(to_b, training), a),
            "cycle_b": _mean_error(self._to_b(to_a, training), b),
        }
        cycles = terms["cycle_a"] + terms["cycle_b"]
        return terms["deception_a"] + terms["deception_b"] + self.cycle_weight * cycles, terms

    # Using the model ------------------------------------------------------------------------------------------------

    def call(self, inputs, training=False):
        """The logits of the discriminator of domain a: `discriminate`."""
        return _logits(self.discriminator_a, self._images(inputs), training)

    def translate(self, x, to="b"):
        """Translate images.

        Args:
            x: images [n, *image_shape] of the other domain.
            to: "b" or "a", the domain wanted.

        Returns:
            float32 [n, *image_shape] in [0, 1].
        """
        translator = {"a": self._to_a, "b": self._to_b}[_checked("to", to)]
        return in_chunks(translator, self._images(x))

    def discriminate(self, x, labels=None, domain="a"):
        """The logits of a domain's discriminator for images x [n, *image_shape]: [n] float32; above zero: real."""
        discriminator = {"a": self.discriminator_a, "b": self.discriminator_b}[_checked("domain", domain)]
        return in_chunks(lambda images: _logits(discriminator, images, False), self._images(x))


def _checked(name, domain):
    if domain not in DOMAINS:
        raise ValueError(f'{name} must be "a" or "b", one of the two domains. Received: {name}={domain!r}')
    return domain


def _logits(discriminator, images, training):
    return tf.cast(discriminator(images, training=training), tf.float32)[:, 0]


def _mean_error(images, originals):
    """The mean absolute error of each image's pixels, [batch]."""
    return tf.reduce_mean(tf.abs(images - originals), axis=[1, 2, 3])
