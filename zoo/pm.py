"""Predictability minimisation (Schmidhuber 1992), the first adversarial game: a code against its own predictors.

    max_phi        -E_{q_eta(z|x) p_data(x)} [ sum_i ( q_i(x) - f_{phi_i}(z_{j!=i}) )^2 ],      q_i(x) = q_eta(z_i=1|x)
    max_theta,eta   E_{q_eta(z|x) p_data(x)} [ log p_theta(x|z) + lambda sum_i ( q_i(x) - f_{phi_i}(z_{j!=i}) )^2 ]

Each unit of the code has a predictor that sees all other units. Units that evade their predictors are independent of
one another and, since the error is largest for them, binary: a factorial code, whose prior is known once each unit's
mean is. In Hu et al.'s (2018) view the adversarial autoencoder is close to it, its discriminator a special predictor.
"""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from .. import layers
from .core.autoencoder import Autoencoder
from .core.checks import check_fixed
from .core.phase import Formulation, Phase
from .core.randomness import uniform
from .core.replicas import global_concat
from .hub.registry import register
from .theory.expressions import KL, Apply, E, Equation, Event, Function, Line, ProductOver, Scalar, log, p, q, x, z

tfd = tfp.distributions

PREDICTED = Function("f", "phi", (z,))
PROBABILITIES = Function("pi", "eta", (x,))
ERROR = Apply("norm", (PROBABILITIES - PREDICTED,)) ** 2
WHERE = (Equation(PROBABILITIES, "the probability of each unit given x"),)
RAREST = 1e-3  # the least probability of a unit's either value under the prior, so that none is impossible


@register
class PM(Autoencoder):
    """An autoencoder with a binary code whose units predictors fail to predict from one another.

    The units are Bernoulli variables given the image; in training their draws are relaxed (Maddison et al. 2017), so
    that gradients pass. Samples are decoded from independent units, drawn by the running mean of each over the data.

    Args:
        image_shape: as for `VAE`, as are `hidden`, `activation`, `seed` and the other arguments of `VAE`, `**kwargs`;
            but there are no labels, for which it has no use.
        latent_dim: how many binary units the code has, at least 2.
        independence_weight: lambda, of the prediction error in the encoder's objective, in nats.
        predictor_units: width of each predictor's hidden layer.
        predictor_steps: updates of the predictors for each of the autoencoder.
        temperature: of the relaxed draws; the lower, the nearer to binary.
        momentum: of the running means of the units, in (0, 1).
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=64,
        hidden=(400, 400),
        activation="swish",
        independence_weight=10.0,
        predictor_units=32,
        predictor_steps=1,
        temperature=0.5,
        momentum=0.99,
        seed=0,
        **kwargs,
    ):
        check_fixed(self, kwargs, num_classes=None)
        if temperature <= 0.0:
            raise ValueError(f"temperature must be positive. Received: temperature={temperature!r}")
        if independence_weight < 0.0 or predictor_steps < 1:
            raise ValueError(
                "independence_weight must be 0 or more and predictor_steps at least 1. "
                f"Received: {independence_weight=}, {predictor_steps=}"
            )
        self.independence_weight = independence_weight
        self.predictor_units = predictor_units
        self.predictor_steps = predictor_steps
        self.temperature = temperature
        self.momentum = momentum
        super().__init__(image_shape, latent_dim, hidden, activation, seed=seed, **kwargs)
        # The first thing that a decoder wants is another mean image. Features of mean zero do not let that drive all
        # units to one side, where they would stay: neither the decoder nor the predictors move a saturated unit.
        self.encoder = self.make_encoder(layers.IndependentBernoulli(self.single_code), normalize=True)
        self.decoder = self.make_decoder(latent_dim)
        self.predictors = layers.LeaveOneOutPredictors(latent_dim, predictor_units, seed + 2000, name="predictors")
        self.unit_means = layers.RunningMean(latent_dim, 0.5, momentum, name="unit_means")

    @property
    def prior(self):
        """p(z), independent binary units with the means that they have had over the data."""
        probabilities = tf.clip_by_value(tf.convert_to_tensor(self.unit_means.mean), RAREST, 1.0 - RAREST)
        return tfd.Independent(tfd.Bernoulli(probs=probabilities, dtype=tf.float32), 1)

    @property
    def phases(self):
        """The predictors' move, then that of encoder and decoder."""
        weight = Scalar("lambda", self.independence_weight)
        codes = E(q.eta(z | x), p.data(x))
        return (
            Phase(
                name="predictors",
                networks=(self.predictors,),
                loss=self._predictors_objective,
                noise=self._noise,
                terms=("prediction_error",),
                formula=Line("min", ("phi",), codes[ERROR], where=WHERE),
                repeats=self.predictor_steps,
            ),
            Phase(
                name="autoencoder",
                networks=(self.encoder, self.decoder),
                loss=self._objective,
                noise=self._noise,
                terms=("reconstruction", "unpredictability"),
                formula=Line("max", ("theta", "eta"), codes[log(p.theta(x | z)) + weight * ERROR], where=WHERE),
            ),
        )

    @property
    def formulation(self):
        """The adversarial autoencoder's place, with predictors for the discriminator."""
        return Formulation(
            parts={
                x: "data and generations",
                z: "code of binary units; in training a draw is relaxed, and so has a gradient",
                p.theta(x | z): "`decoder`; read as generation of x",
                PREDICTED: "`predictors`, one for each unit, which sees the others",
                q.eta(z | x): "`encoder`; read as inference of z",
            },
            kl=KL(q.eta(Event((x, z))), p.theta(x | z) * ProductOver("i", q.eta(z["i"]))),
            behaviour="the units become independent while the decoder, trained by likelihood, covers the data",
            equations="in none of its numbered ones; AAE's view, with predictors in the discriminator's place",
        )

    def default_optimizers(self):
        """Adam at 1e-3 for both."""
        return {name: keras.optimizers.Adam(1e-3) for name in ("predictors", "autoencoder")}

    def _latent_noise(self, shape, seed):
        """Uniform noise in (0, 1) that a unit's value follows from, [*shape, latent_dim], in a list."""
        return [uniform([*shape, self.latent_dim], seed, 1e-7, 1.0)]

    def _infer(self, x, labels, noise, training):
        posterior = self.encoder(x, training=training)
        return [layers.full_precision(noise[0] < posterior.mean())], [posterior]

    def _units(self, images, noise, training):
        """Each unit's probability and a relaxed draw of it, [batch, latent_dim], and the sum of squared errors."""
        logits = self.encoder(images, training=training).distribution.logits
        probabilities, draws = tf.sigmoid(logits), layers.relaxed_draws(logits, noise[0], self.temperature)
        predicted = layers.full_precision(self.predictors(draws))
        return probabilities, draws, tf.reduce_sum(tf.square(probabilities - predicted), axis=-1)

    def _predictors_objective(self, batch, noise, training):
        *_, error = self._units(batch.images, noise, training)
        return error, {"prediction_error": error}

    def _objective(self, batch, noise, training):
        probabilities, draws, error = self._units(batch.images, noise, training)
        if training and self.encoder.trainable_weights:
            self.unit_means.update(tf.reduce_mean(global_concat(probabilities), axis=0))
        reconstruction = self.decoder(draws, training=training).log_prob(batch.images)
        loss = -reconstruction - self.independence_weight * error
        return loss, {"reconstruction": reconstruction, "unpredictability": error}
