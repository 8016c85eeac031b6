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
from .core.adversary import Game
from .core.checks import check_above_zero
from .core.generations import Generations
from .core.interface import in_chunks
from .core.randomness import fold_in
from .hub.registry import register
from .theory.adversarial_losses import HALF, V
from .theory.expressions import Apply, E, Equation, Line, Named, Scalar, held, log, p, q, x, y
from .theory.transforms import hold, reverse_label, substitute
from .vae import BOUND, VAE

SHORT_BOUND = Named("L", BOUND, (x,))
LOGIT = Equation(V, log(q.phi(y.at(1) | x) / q.phi(y.at(0) | x)))


class AdversaryActivation:
    """What activates a VAE's objective by a discriminator; a mixin, to stand before the VAE's class.

    A class that takes it gives `expected_bound(weighted)`, the objective on data, where `weighted` is a function of an
    example's bound, and `generated_bound`, the bound of a generated example.

    Args: as for `AAVAE`; `**kwargs` are the other arguments of the class behind.
    """

    game = Game()  # the original one
    judges_classes = True  # whether the discriminator is given the class, of a model that knows classes

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
        return self.num_classes if self.judges_classes else None

    def judged(self, tree):
        """A formula, given the class where the discriminator is."""
        return self.given(tree) if self.judges_classes else tree

    @property
    def generations(self):
        """What makes the generated samples."""
        return Generations(self._decode, self.latent_dim, self.image_shape)

    @property
    def phases(self):
        """The discriminator's move, then the autoencoder's, activated."""
        (autoencoder,) = super().phases
        activation = Named("D", held(Apply("sigma", (V / Scalar("T", self.temperature),))), (x,))
        generated = self.judged(E(hold(p.g(x), "g"))[activation * self.generated_bound])
        objective = HALF * self.expected_bound(lambda bound: activation * bound) + HALF * generated
        line = self.judged(self.game.discriminator_line)
        return (
            self.game.discriminator_phase(
                self.discriminator, self._logits, self._shown, self.generations.noise, formula=line
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
        """What makes the generated samples, and what infers the codes of both halves of p_theta0(x)."""
        posterior, generation = super()._noise, self.generations.noise(n, fold_in(seed, 2))
        halves = {"real": posterior(n, fold_in(seed, 0)), "generated": posterior(n, fold_in(seed, 1))}
        return {"generation": generation, **halves}

    def _logits(self, images, labels, training):
        inputs = layers.label_images(images, labels, self.judged_classes, self.discriminator)
        return layers.logits(self.discriminator, inputs, training)

    def _shown(self, batch, noise, training):
        return batch.images, self.generations.draw(batch.labels, noise).images

    def _activated(self, examples, noise, training):
        """The plain loss of real or generated examples, activated; the plain terms; and the activations."""
        # The discriminator only judges here, so it does so as in use, whatever the autoencoder does.
        activations = tf.stop_gradient(tf.sigmoid(self._logits(*examples, False) / self.temperature))
        losses, terms = super()._objective(examples, noise, training)
        return activations * losses, terms, activations

    def _objective(self, batch, noise, training):
        draws = self.generations.draw(batch.labels, noise["generation"])
        real_loss, terms, real = self._activated(batch, noise["real"], training)
        generated_loss, _, generated = self._activated(draws, noise["generated"], training)
        loss = (real_loss + generated_loss) / 2.0
        return loss, {**terms, "activation_real": real, "activation_generated": generated}

    def discriminate(self, x, labels=None):
        """The discriminator's logits of images x [n, *image_shape]: [n] float32; above zero means taken for real."""
        return in_chunks(lambda x, labels=None: self._logits(x, labels, False), *self._rows(x, labels))


@register
class AAVAE(AdversaryActivation, VAE):
    """A VAE activated by an adversary; with `num_classes` a conditional one, whose generated samples take the labels of
    the data in the batch.

    Args:
        image_shape: (height, width, channels).
        temperature: T in D(x) = sigmoid(logit / T); above 1 it lifts the D(x) of samples that are told from data, and
            so encourages their use. The discriminator is trained without it.
        discriminator_network: a built Keras network from what the encoder is given to logits [batch, 1], in place of
            a dense one with the encoder's widths.
        **kwargs: the other arguments of `VAE`.
    """

    generated_bound = SHORT_BOUND

    def expected_bound(self, weighted):
        """The VAE's objective on data; `weighted` is a function of an example's bound."""
        return self.given(E(p.data(x))[weighted(SHORT_BOUND)])
