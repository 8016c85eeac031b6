"""The generative adversarial network (Goodfellow et al. 2014) in the form of Hu et al. 2018, Eqs. 4-8.

    max_phi    E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ]
    max_theta  E_{p_theta(x|y) p(y)} [ log q^r_phi(y|x) ],      q^r_phi(y|x) = q_phi(1-y|x)

Both players climb the likelihood of the label y, real or generated; the generator's label is reversed. By Lemma 1 its
gradient is that of KL( p_theta(x|y) || q^r(x|y) ) less a Jensen-Shannon divergence: the generator stands in the first
slot. Networks and hyper-parameters are DCGAN's (Radford et al. 2016).

Other losses, penalties on the discriminator's slope and normalisations are arguments: the Wasserstein loss with a
gradient penalty makes WGAN-GP (Gulrajani et al. 2017), the hinge loss with spectral normalisation SNGAN (Miyato et al.
2018). What each minimises stands in `zoo.objectives`.
"""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from .. import layers
from ..losses import adversarial
from .core.adversary import check_adversarial_loss, check_slope, discriminator_phase, slope_penalty
from .core.averages import average_of, take_statistics
from .core.base import GenerativeModel
from .core.checks import checked_latent_dim, checked_num_classes
from .core.interface import in_chunks
from .core.phase import Formulation, Phase
from .core.randomness import NOISE_ALGORITHM, fold_in, row_draws
from .hub.registry import register
from .theory.adversarial_losses import OBJECTIVES, conditioned

tfd = tfp.distributions


@register
class GAN(GenerativeModel):
    """A generative adversarial network.

    Args:
        image_shape: (height, width, channels); DCGAN's networks take 1 or 3 channels and at least 8 by 8 pixels.
        latent_dim: size of the code z, whose prior is N(0, I).
        filters: channels of the widest-grid convolutions; they double with every halving of the grid.
        adversarial_loss: "non_saturating", "minimax", "hinge", "least_squares", "wasserstein", or an f-divergence:
            "kl", "reverse_kl", "pearson", "squared_hellinger", "jensen_shannon"; see `losses.adversarial`.
        discriminator_steps: updates of the discriminator for each of the generator.
        instance_noise: standard deviation, in pixels of [0, 1], of normal noise on all that the discriminator sees in
            training (Soenderby et al. 2017). It hides what tells real pixels from generated ones at a glance, such as
            exact zeros, so that the discriminator keeps to shapes, and does not win.
        moving_average: decay of an exponential moving average of the generator's weights, which then makes the samples;
            None for none.
        num_classes: how many classes a conditional model (Mirza & Osindero 2014) knows, whose generator and
            discriminator are given the label; None for a model without labels.
        gradient_penalty: weight, usually 10, of `(||slope|| - 1)^2` of the discriminator on lines between data and
            generated images (Gulrajani et al. 2017); 0 for none.
        r1_penalty: weight gamma, usually 10, of `1/2 ||slope||^2` at data (Mescheder et al. 2018); 0 for none.
        normalization: of DCGAN's discriminator: "batch", "layer", "spectral" or "none". A penalty needs one of the
            last three, and the Wasserstein loss a gradient penalty or "spectral".
        generator_network: a built Keras network from codes [batch, latent_dim] to images in [0, 1], in place of
            DCGAN's; of a conditional model from codes with the label's one-hot vector behind.
        discriminator_network: a built Keras network from images to logits [batch, 1], in place of DCGAN's; of a
            conditional model from the pair of images and one-hot labels.
        seed: int; initial weights and training noise follow from it.
        **kwargs: `name`, as for `keras.Model`.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=100,
        filters=32,
        adversarial_loss="non_saturating",
        discriminator_steps=1,
        instance_noise=0.0,
        moving_average=None,
        num_classes=None,
        gradient_penalty=0.0,
        r1_penalty=0.0,
        normalization="batch",
        generator_network=None,
        discriminator_network=None,
        seed=0,
        **kwargs,
    ):
        super().__init__(image_shape, seed=seed, **kwargs)
        check_adversarial_loss(adversarial_loss, self._weighs_samples)
        if discriminator_steps < 1:
            raise ValueError(f"discriminator_steps must be at least 1. Received: {discriminator_steps=}")
        if instance_noise < 0.0:
            raise ValueError(f"instance_noise must be 0 or more. Received: {instance_noise=}")
        if moving_average is not None and not 0.0 < moving_average < 1.0:
            raise ValueError(f"moving_average must lie between 0 and 1, or be None. Received: {moving_average=}")
        check_slope(adversarial_loss, gradient_penalty, r1_penalty, normalization, discriminator_network)
        self.latent_dim = checked_latent_dim(latent_dim)
        self.filters = filters
        self.adversarial_loss = adversarial_loss
        self.discriminator_steps = discriminator_steps
        self.instance_noise = instance_noise
        self.moving_average = moving_average
        self.num_classes = checked_num_classes(num_classes)
        self.gradient_penalty = gradient_penalty
        self.r1_penalty = r1_penalty
        self.normalization = normalization
        self.generator_network = generator_network
        self.discriminator_network = discriminator_network
        self.generator = generator_network or layers.dcgan_generator(
            self._generator_inputs, self.image_shape, filters, seed=seed
        )
        self.discriminator = discriminator_network or self._discriminator(seed + 1000)
        self.average_generator = None
        if moving_average is not None:
            self.average_generator = average_of(self.generator)

    @property
    def _generator_inputs(self):
        """How many values the generator is given: a code, and a label's one-hot vector."""
        return self.latent_dim + (self.num_classes or 0)

    def _discriminator(self, seed):
        options = {"filters": self.filters, "normalization": self.normalization, "seed": seed}
        if self.num_classes is None:
            return layers.dcgan_discriminator(self.image_shape, **options)
        trunk = layers.dcgan_discriminator(self.image_shape, outputs=0, **options)
        spectral = self.normalization == "spectral"
        return layers.ProjectionDiscriminator(trunk, self.num_classes, seed + 100, spectral, name="discriminator")

    @property
    def prior(self):
        """p(z), a standard normal."""
        return tfd.MultivariateNormalDiag(tf.zeros(self.latent_dim))

    @property
    def phases(self):
        """The discriminator's move, then the generator's."""
        return (
            discriminator_phase(
                self.discriminator,
                self._both_logits,
                self._noise,
                self.adversarial_loss,
                formula=self._conditioned(self._view.discriminator_line(self.gradient_penalty, self.r1_penalty)),
                repeats=self.discriminator_steps,
                penalised=self._penalised,
            ),
            Phase(
                name="generator",
                networks=(self.generator,),
                loss=self._generator_objective,
                noise=self._noise,
                terms=self._generator_terms,
                formula=self._generator_formula,
            ),
        )

    _generator_terms = ()
    _weighs_samples = False  # by the density ratio, which not every loss gives

    @property
    def _view(self):
        """What the loss says in the paper's notation."""
        return OBJECTIVES[self.adversarial_loss]

    @property
    def _penalised(self):
        return self.gradient_penalty > 0.0 or self.r1_penalty > 0.0

    @property
    def _generator_formula(self):
        return self._conditioned(self._view.generator_line)

    def _conditioned(self, formula):
        """A formula given the class c, if the model is."""
        return formula if self.num_classes is None else conditioned(formula)

    @property
    def _practice(self):
        """Notes on what keeps the game stable, and is no part of the theory."""
        notes = []
        if self.instance_noise:
            notes.append(
                "The discriminator sees real and generated images with normal noise of standard deviation "
                f"{self.instance_noise:g} added, and so compares the two densities blurred by it."
            )
        if self.moving_average is not None:
            notes.append(
                "Samples are those of the generator's moving average over the training steps, of decay "
                f"{self.moving_average:g}."
            )
        return notes

    @property
    def formulation(self):
        """The GAN's column of the paper's Table 1, for its loss."""
        view = self._view
        notes = list(view.notes)
        if self.normalization == "spectral":
            notes.append("Every kernel of the discriminator is divided by its largest singular value: a bounded slope.")
        if self.num_classes is not None:
            notes.append("All of it given the class c, which the notes leave out.")
        notes += self._practice
        return Formulation(
            parts={
                "x": "data and generations",
                "y": "real (1) or generated (0)",
                "z": "code",
                **({} if self.num_classes is None else {"c": "class label, given"}),
                self._conditioned("p_theta(x|y)"): "`generator` for y = 0, the data for y = 1; read as inference of x",
                self._conditioned("q_phi(y|x)"): view.role,
            },
            kl=self._conditioned(view.kl),
            theta_slot=view.theta_slot,
            behaviour=view.behaviour,
            equations=view.equations,
            notes=tuple(notes),
        )

    def default_optimizers(self):
        """Adam at 2e-4 with beta_1 = 0.5 for both, as Radford et al. 2016."""
        return {name: keras.optimizers.Adam(2e-4, beta_1=0.5) for name in ("discriminator", "generator")}

    @property
    def moving_averages(self):
        """The generator's average, if there is one."""
        if self.average_generator is None:
            return ()
        return ((self.generator, self.average_generator, self.moving_average),)

    def _noise(self, n, seed):
        """Codes, what is added to the images that the discriminator sees, and where between them the penalty is."""
        noise = {"codes": self.prior.sample(n, seed=fold_in(seed, 0))}
        if self.instance_noise:
            for stream, kind in enumerate(("real", "generated"), 1):
                normal = tf.random.stateless_normal([n, *self.image_shape], fold_in(seed, stream), alg=NOISE_ALGORITHM)
                noise[kind] = self.instance_noise * normal
        if self.gradient_penalty:
            noise["coefficients"] = tf.random.stateless_uniform([n], fold_in(seed, 3), alg=NOISE_ALGORITHM)
        return noise

    def _generator_logits(self, batch, noise, training):
        """The discriminator's logits of the generator's images, in the generator's phase."""
        self._take_statistics(batch, noise, training)
        return self._generated_logits(batch, noise, training)

    def _take_statistics(self, batch, noise, training):
        """Let the generator's average take batch statistics of its own, in the generator's phase."""
        if training and self.average_generator is not None:
            take_statistics(self.generator, self.average_generator, self._codes(noise["codes"], batch.labels))

    def _generated_logits(self, batch, noise, training):
        return self._logits(self._shown_generated(batch, noise, training), batch.labels, training)

    def _shown_generated(self, batch, noise, training):
        """Generated images as the discriminator sees them."""
        return self._generated(noise["codes"], batch.labels, training) + noise.get("generated", 0.0)

    def _codes(self, z, labels):
        """What the generator is given: codes, or codes and labels."""
        return z if self.num_classes is None else layers.append_labels(z, labels, self.num_classes)

    def _generated(self, z, labels, training):
        return tf.cast(self.generator(self._codes(z, labels), training=training), tf.float32)

    def _logits(self, images, labels, training):
        inputs = images if self.num_classes is None else (images, layers.one_hot(labels, self.num_classes))
        return tf.cast(self.discriminator(inputs, training=training), tf.float32)[:, 0]

    def _both_logits(self, batch, noise, training):
        """The discriminator's outputs of both kinds and, if there is one, the penalty."""

        def critic(images):
            return self._logits(images, batch.labels, training)

        real = batch.images + noise.get("real", 0.0)
        generated = self._shown_generated(batch, noise, training)
        outputs = critic(real), critic(generated)
        if not self._penalised:
            return outputs
        between = noise.get("coefficients")
        return *outputs, slope_penalty(critic, real, generated, between, self.gradient_penalty, self.r1_penalty)

    def _generator_objective(self, batch, noise, training):
        logits = self._generator_logits(batch, noise, training)
        return adversarial.LOSSES[self.adversarial_loss].generator(logits), {}

    # Using the model ------------------------------------------------------------------------------------------------

    def call(self, inputs, labels=None, training=False):
        """What the discriminator says of images: `discriminate`."""
        return self._log_ratio(*self._rows(inputs, labels), training=training)

    def _log_ratio(self, images, labels=None, training=False):
        outputs = self._logits(images, labels, training)
        log_ratio = adversarial.LOSSES[self.adversarial_loss].log_ratio
        return outputs if log_ratio is None else log_ratio(outputs)

    def generate(self, seeds, labels=None, draw=False):
        """Run the generator (its moving average, if there is one) on a draw from the prior for each row's seed."""
        if draw:
            raise self._has_no_draw()
        return self._images_of(self._codes(row_draws(self.prior, seeds), labels))

    def _images_of(self, codes):
        """The images that samples show, of what the generator is given."""
        generator = self.average_generator or self.generator
        return tf.cast(generator(codes, training=False), tf.float32)

    def discriminate(self, x, labels=None):
        """The discriminator's logits of images x [n, *image_shape]: [n] float32; above zero means taken for real.

        The logit is the log density ratio that the loss reads from the discriminator's output; of a loss that reads
        none, the output itself: under the hinge loss zero still parts the two kinds, under the Wasserstein loss only
        differences mean something.
        """
        return in_chunks(self._log_ratio, *self._rows(x, labels))
