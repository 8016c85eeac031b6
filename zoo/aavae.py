"""The adversary-activated VAE (Hu et al. 2018, Eq. 17): a GAN's discriminator in the place of the VAE's perfect one.

    max_{theta,eta}  1/2 E_{p_data(x)} [ D(x) L(x) ] + 1/2 E_{p_g(x)} [ D(x) L(x) ],      D(x) = q_phi(y=1|x)

L is the VAE's bound; x and D(x) are held constant. A generated sample that is taken for real counts as data, and a data
example counts the more the harder it is to tell from a generated one. With D = 1 on data and 0 on generated samples
the gradient is half the VAE's. The discriminator is trained as a GAN's.

A generated sample is a draw from p_theta(x|z), not its mean: p_g, whose samples Eq. 17 takes, is the distribution of
the draws. With a Bernoulli likelihood these are binary like the binarised data; grey means would give themselves away
at a glance, and never be activated.
"""

from dataclasses import replace

import keras
import tensorflow as tf

from .. import layers
from .core.adversary import discriminator_phase
from .core.checks import check_above_zero
from .core.interface import in_chunks
from .core.phase import Batch
from .core.randomness import fold_in, normal, uniform
from .hub.registry import register
from .theory.adversarial_losses import HALF, VIEWS, V
from .theory.expressions import Apply, E, Equation, Line, Named, Scalar, held, log, p, q, x, y
from .theory.transforms import hold, reverse_label, substitute
from .vae import BOUND, VAE

SHORT_BOUND = Named("L", BOUND, (x,))
LOGIT = Equation(V, log(q.phi(y.at(1) | x) / q.phi(y.at(0) | x)))


class AdversaryActivation:
    """What activates a VAE's objective by a discriminator; a mixin, to stand before the VAE's class.

    Args:
        image_shape: (height, width, channels).
        temperature: T in D(x) = sigmoid(logit / T); above 1 it lifts the D(x) of samples that are told from data, and
            so encourages their use. The discriminator is trained without it.
        discriminator_network: a built Keras network from what the encoder is given to logits [batch, 1], in place of a
            dense one with the encoder's widths.
        **kwargs: the other arguments of the class behind.
    """

    def __init__(self, image_shape=(28, 28, 1), *, temperature=1.0, discriminator_network=None, **kwargs):
        check_above_zero(temperature=temperature)
        self.temperature = temperature
        self.discriminator_network = discriminator_network
        super().__init__(image_shape, **kwargs)

    def build_networks(self):
        """Make the networks of the class behind, and the discriminator."""
        super().build_networks()
        network, classes = self.discriminator_network or self.network, self.judged_classes
        self.discriminator = layers.input_discriminator(
            network, self.image_shape, self.options(), num_classes=classes, seed=self.seed + 3000
        )

    @property
    def judged_classes(self):
        """How many classes the discriminator is given labels of; None for none."""
        return self.num_classes

    def judged(self, tree):
        """A formula, given the class where the discriminator is."""
        return self.given(tree)

    def expected_bound(self, weighted):
        """The objective on data; `weighted` is a function of an example's bound."""
        return self.given(E(p.data(x))[weighted(SHORT_BOUND)])

    @property
    def generated_bound(self):
        """The bound of a generated example."""
        return SHORT_BOUND

    @property
    def phases(self):
        """The discriminator's move, then the autoencoder's, activated."""
        (autoencoder,) = super().phases
        temperature = Scalar("T", self.temperature)
        judged = Named("D", held(Apply("sigma", (V / temperature,))), (x,))

        def activated(bound):
            return judged * bound

        generated = self.judged(E(hold(p.g(x), "g"))[activated(self.generated_bound)])
        objective = HALF * self.expected_bound(activated) + HALF * generated
        return (
            discriminator_phase(
                self.discriminator,
                self._both_logits,
                self._generation_noise,
                "non_saturating",
                formula=self.judged(VIEWS["non_saturating"].discriminator_line()),
            ),
            replace(
                autoencoder,
                terms=(*autoencoder.terms, "activation_real", "activation_generated"),
                formula=Line("max", ("theta", "eta"), objective, where=(self.judged(LOGIT),)),
            ),
        )

    @property
    def formulation(self):
        """The place of the model behind, with a learned discriminator for the perfect one."""
        plain = super().formulation
        learned, perfect = self.judged(q.phi(y | x)), q.perfect(y | x)
        parts = {learned if symbol == perfect else symbol: role for symbol, role in plain.parts.items()}
        parts |= {y: "real (1) or generated (0)", learned: "`discriminator`; read as inference of y"}
        return replace(
            plain,
            parts=parts,
            kl=substitute(plain.kl, {reverse_label(perfect, "*"): reverse_label(learned)}),
            behaviour="covers all modes, and is corrected by its own samples as far as these pass for data",
            equations="Eq. 17, from Lemma 2",
            where=(Equation(reverse_label(q.phi(y | x)), q.phi((1 - y) | x)),),
        )

    def default_optimizers(self):
        """The autoencoder's, and for the discriminator Adam at 2e-4 with beta_1 = 0.5, as Radford et al. 2016."""
        return {"discriminator": keras.optimizers.Adam(2e-4, beta_1=0.5), **super().default_optimizers()}

    def _noise(self, n, seed):
        """What makes the generated samples, and what infers the codes of both halves."""
        halves = {half: super(AdversaryActivation, self)._noise(n, fold_in(seed, i)) for i, half in enumerate(HALVES)}
        return {"generation": self._generation_noise(n, fold_in(seed, len(HALVES))), **halves}

    def _generation_noise(self, n, seed):
        """Codes [n, latent_dim] from the prior, and uniform numbers for the draw of each pixel."""
        codes = normal([n, self.latent_dim], fold_in(seed, 0))
        return {"codes": codes, "uniform": uniform([n, *self.image_shape], fold_in(seed, 1))}

    def _generated(self, labels, noise):
        """Draws from the model, held constant: a `Batch`."""
        likelihood = self._decode(noise["codes"], labels)
        images = likelihood.distribution.quantile(noise["uniform"])
        return Batch(tf.stop_gradient(tf.clip_by_value(images, 0.0, 1.0)), labels)

    def _logits(self, batch, training):
        inputs = layers.label_images(*batch, self.judged_classes, self.discriminator)
        return layers.full_precision(self.discriminator(inputs, training=training))[:, 0]

    def _both_logits(self, batch, noise, training):
        return self._logits(batch, training), self._logits(self._generated(batch.labels, noise), training)

    def _objective(self, batch, noise, training):
        halves = dict(zip(HALVES, (batch, self._generated(batch.labels, noise["generation"])), strict=True))
        # The discriminator only judges here, so it does so as in use, whatever the autoencoder does.
        activations = {
            half: tf.stop_gradient(tf.sigmoid(self._logits(examples, False) / self.temperature))
            for half, examples in halves.items()
        }
        results = {
            half: super(AdversaryActivation, self)._objective(examples, noise[half], training)
            for half, examples in halves.items()
        }
        loss = tf.add_n([activations[half] * results[half][0] for half in HALVES]) / 2.0
        return loss, {**results["real"][1], **{f"activation_{half}": activations[half] for half in HALVES}}

    def discriminate(self, x, labels=None):
        """The discriminator's logits of images x [n, *image_shape]: [n] float32; above zero means taken for real."""
        return in_chunks(lambda x, labels=None: self._logits(Batch(x, labels), False), *self._rows(x, labels))


HALVES = ("real", "generated")  # of p_theta0(x)


@register
class AAVAE(AdversaryActivation, VAE):
    """A VAE activated by an adversary; with `num_classes` a conditional one, whose generated samples take the labels of
    the data in the batch.

    Args:
        image_shape: (height, width, channels).
        temperature: T in D(x) = sigmoid(logit / T); above 1 it encourages the use of generated samples.
        discriminator_network: a built Keras network from what the encoder is given to logits [batch, 1], in place of
            a dense one with the encoder's widths.
        **kwargs: the other arguments of `VAE`.
    """
