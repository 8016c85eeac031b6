"""InfoGAN (Chen et al. 2016) in the form of Hu et al. 2018, Eqs. 9-10: a GAN whose codes can be read off its images.

    max_phi        E_{p_theta(x|y) p(y)} [ log q_eta(z|x,y) q_phi(y|x) ]
    max_theta,eta  E_{p_theta(x|y) p(y)} [ log q_eta(z|x,y) q^r_phi(y|x) ]

Beside noise the generator is given a category and continuous codes, and an inference network on the discriminator's
trunk recovers them. No labels are needed: the category comes to stand for whatever parts the data best.
"""

from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from .. import layers
from ..losses import adversarial
from .core.checks import check_fixed
from .core.interface import in_chunks
from .core.phase import Phase
from .core.randomness import NOISE_ALGORITHM, fold_in, row_draws, row_labels, row_seeds
from .gan import GAN
from .hub.registry import register

tfd = tfp.distributions

CODE_STREAMS = (10, 11)  # of a phase's noise, behind the GAN's
CONTINUOUS_STREAM = 1  # of a row's seed; stream 0 makes the noise
INFERENCE_UNITS = 128  # of the inference network's own layer, as Chen et al.


@register
class InfoGAN(GAN):
    """A GAN with a categorical code and continuous codes that an inference network recovers from the images.

    Args:
        image_shape: as for `GAN`.
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
        seed: as for `GAN`.
        **kwargs: the other arguments of `GAN`, but for those of labels, other losses and penalties.
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
        fixed = {"gradient_penalty": 0.0, "r1_penalty": 0.0, "normalization": "batch"}
        check_fixed(self, kwargs, num_classes=None, adversarial_loss="non_saturating", **fixed)
        if not isinstance(trunk_units, int) or trunk_units < 1:
            raise ValueError(f"trunk_units must be a positive integer. Received: {trunk_units=}")
        if num_categories < 2 or num_continuous < 0:
            raise ValueError(
                "There must be at least 2 categories and 0 or more continuous codes. "
                f"Received: {num_categories=}, {num_continuous=}"
            )
        self.num_categories = num_categories
        self.num_continuous = num_continuous
        self.category_weight = category_weight
        self.continuous_weight = continuous_weight
        self.trunk_units = trunk_units
        super().__init__(image_shape, latent_dim, discriminator_network=discriminator_network, seed=seed, **kwargs)
        self._part_trunk(seed + 2000)

    def _part_trunk(self, seed):
        """Make what the GAN takes for its discriminator the trunk, and put the two heads on it."""
        self.trunk = self.discriminator
        features = self.trunk.output_shape
        initializer = keras.initializers.RandomNormal(stddev=0.02, seed=seed)
        self.discriminator = keras.layers.Dense(1, kernel_initializer=initializer, name="discriminator")
        self.discriminator.build(features)
        hidden = layers.mlp(features[1:], (INFERENCE_UNITS,), "leaky_relu", seed + 1, name="inference_hidden")
        head = layers.CategoryAndContinuous(self.num_categories, self.num_continuous)
        self.inference = layers.Conditional(hidden, head, seed + 2, name="inference")

    def _discriminator(self, seed):
        return layers.dcgan_discriminator(
            self.image_shape, self.filters, outputs=0, dense_units=self.trunk_units, seed=seed, name="trunk"
        )

    @property
    def _generator_inputs(self):
        return self.latent_dim + self.num_categories + self.num_continuous

    @property
    def sample_classes(self):
        """The categories."""
        return self.num_categories

    @property
    def phases(self):
        """The discriminator's move, which trains the trunk, then the generator's, which trains the inference head."""
        line = "E_{p_theta(x|y) p(y)} [ log q_eta(z|x,y) q_phi(y|x) ]"
        return (
            Phase(
                name="discriminator",
                networks=(self.trunk, self.discriminator),
                loss=self._discriminator_objective,
                noise=self._noise,
                terms=("logits_real", "logits_generated"),
                formula=f"max_phi {line}",
                repeats=self.discriminator_steps,
            ),
            Phase(
                name="generator",
                networks=(self.generator, self.inference),
                loss=self._generator_objective,
                noise=self._noise,
                terms=tuple(f"{code}_log_likelihood" for code in self._weights),
                formula="max_{theta,eta} " + line.replace("q_phi", "q^r_phi"),
            ),
        )

    @property
    def _weights(self):
        """The weight of each kind of code in the objectives."""
        weights = {"category": self.category_weight, "continuous": self.continuous_weight}
        return weights if self.num_continuous else {"category": self.category_weight}

    @property
    def formulation(self):
        """The GAN's place, with an inference network for the codes."""
        plain = super().formulation
        return replace(
            plain,
            parts={
                **plain.parts,
                "z": "codes: a category and continuous ones; noise beside them is not inferred",
                "q_phi(y|x)": "`discriminator` on `trunk`; read as generation of y",
                "q_eta(z|x,y)": "`inference` on `trunk` for y = 0, without parameters for y = 1; read as generation "
                "of z",
            },
            kl="KL( p_theta(x|y) || q^r(x|z,y) )",
            equations="Eqs. 9-10, Lemma 1",
            notes=(
                plain.notes[0],
                "For codes z held fixed Lemma 1 holds with q^r(x|z,y) proportional to q_eta0(z|x,y) q^r_phi0(y|x) "
                "p_theta0(x); of codes drawn with their images, as in training, KL( p_theta(x|z,y) || q^r(x|z,y) ) is "
                "minimised, less by the mutual information I(x;z|y) too.",
                "`trunk`, which both heads share, is a part of phi: it moves in the discriminator's phase alone, and "
                "there climbs log q_eta(z|x,y) as well; eta, moved with the generator, is the inference head.",
                "log q_eta(z|x,y) is weighted: "
                + ", ".join(f"{weight:g} for the {code} code" for code, weight in self._weights.items())
                + ".",
                *self._practice,
            ),
        )

    def _noise(self, n, seed):
        """The GAN's noise, whose codes are those of z: noise, a category's one-hot vector, continuous codes."""
        category = tf.random.stateless_uniform([n], fold_in(seed, CODE_STREAMS[0]), 0, self.num_categories, tf.int32)
        continuous = tf.random.stateless_uniform(
            [n, self.num_continuous], fold_in(seed, CODE_STREAMS[1]), -1.0, 1.0, alg=NOISE_ALGORITHM
        )
        noise = super()._noise(n, seed)
        return {**noise, "codes": self._join(noise["codes"], category, continuous)}

    def _join(self, noise, category, continuous):
        return tf.concat([noise, layers.one_hot(category, self.num_categories), continuous], axis=-1)

    def _logits(self, images, labels, training):
        return self._logit(self.trunk(images, training=training))

    def _logit(self, features):
        return layers.full_precision(self.discriminator(features))[:, 0]

    def _judge(self, batch, noise, training):
        """Of generated images: the discriminator's logits, and log q(code|x) of each kind of code, by name."""
        features = self.trunk(self._shown_generated(batch, noise, training), training=training)
        inferred = self.inference(features, training=training).model
        _, category, continuous = tf.split(
            noise["codes"], [self.latent_dim, self.num_categories, self.num_continuous], axis=-1
        )
        codes = {"category": tf.argmax(category, axis=-1, output_type=tf.int32), "continuous": continuous}
        return self._logit(features), {name: code.log_prob(codes[name]) for name, code in inferred.items()}

    def _weighted(self, log_likelihoods):
        return tf.add_n([self._weights[code] * value for code, value in log_likelihoods.items()])

    def _discriminator_objective(self, batch, noise, training):
        real = self._logits(batch.images + noise.get("real", 0.0), batch.labels, training)
        generated, log_likelihoods = self._judge(batch, noise, training)
        loss = adversarial.LOSSES[self.adversarial_loss].discriminator(real, generated)
        return loss - self._weighted(log_likelihoods), {"logits_real": real, "logits_generated": generated}

    def _generator_objective(self, batch, noise, training):
        self._take_statistics(batch, noise, training)
        logits, log_likelihoods = self._judge(batch, noise, training)
        loss = adversarial.LOSSES[self.adversarial_loss].generator(logits)
        terms = {f"{code}_log_likelihood": value for code, value in log_likelihoods.items()}
        return loss - self._weighted(log_likelihoods), terms

    # Using the model ------------------------------------------------------------------------------------------------

    def sample(self, n, *, labels=None, continuous=None, seed=None, draw=False):
        """Generate images of chosen codes.

        Args:
            n: how many.
            labels: int categories [n], one int for all, or None for categories drawn at random.
            continuous: float continuous codes [n, num_continuous], or one vector [num_continuous] for all, trained on
                [-1, 1]; None for codes drawn at random.
            seed: int; the same seed gives the same images, and with other codes the same noise. None: new ones.
            draw: False; there is nothing to draw.

        Returns:
            float32 [n, *image_shape] in [0, 1].
        """
        if continuous is None:
            return super().sample(n, labels=labels, seed=seed, draw=draw)
        continuous = np.asarray(continuous, np.float32)
        if continuous.shape not in ((self.num_continuous,), (n, self.num_continuous)):
            raise ValueError(
                f"continuous must be one vector of {self.num_continuous} codes, or one for each of {n} images. "
                f"Received: shape {continuous.shape}"
            )
        seeds = row_seeds(n, seed)
        rows = [seeds, self._labels_for(seeds, labels), np.broadcast_to(continuous, (n, self.num_continuous))]
        return in_chunks(lambda *rows: self.generate(*rows[:2], draw, rows[2]), *rows)

    def generate(self, seeds, labels=None, draw=False, continuous=None):
        """Run the generator on a draw of the noise, and of the codes not given, for each row's seed.

        Args:
            seeds: int64 [n].
            labels: int categories [n], or None.
            draw: False; there is nothing to draw.
            continuous: float32 continuous codes [n, num_continuous], or None.

        Returns:
            float32 [n, *image_shape] in [0, 1].
        """
        if draw:
            raise self._has_no_draw()
        labels = row_labels(seeds, self.num_categories) if labels is None else labels
        if continuous is None:
            uniform = tfd.Independent(tfd.Uniform(-tf.ones(self.num_continuous), tf.ones(self.num_continuous)), 1)
            continuous = row_draws(uniform, seeds, CONTINUOUS_STREAM)
        return self._images_of(self._join(row_draws(self.prior, seeds), labels, continuous))

    def encode(self, x, labels=None):
        """q(z|x) over the codes of images x [n, *image_shape], the noise left out.

        Returns:
            A `tfd.JointDistributionNamed` of batch shape [n] of `category`, a `tfd.Categorical`, and (if there are any)
            `continuous`, a multivariate normal: `encode(x).model["category"].probs_parameter()` [n, num_categories].
        """
        return self.inference(self.trunk(self._images(x), training=False), training=False)

    def categorize(self, x):
        """The most probable category of images x [n, *image_shape]: int32 [n]."""
        images = self._images(x)
        return in_chunks(lambda images: self.encode(images).model["category"].mode(), images)
