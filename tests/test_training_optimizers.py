"""Every optimizer of Keras and every argument that they share, in every phase: `fit` ends where Keras alone would."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo import Batch, GenerativeModel, Phase
from unizoo.zoo.core.optimizers import applications
from unizoo.zoo.core.randomness import Rows, fold_in, normal

KO = keras.optimizers
STEPS = 6


class Two(GenerativeModel):
    """Two networks, a phase each, which share nothing."""

    xla_updates = True

    def __init__(self, image_shape=(2, 3, 1), **kwargs):
        super().__init__(image_shape, **kwargs)
        self.networks = [self._network(seed) for seed in (1, 2)]

    def _network(self, seed):
        initializer = keras.initializers.RandomNormal(1.0, seed=seed)
        dense = keras.layers.Dense(3, kernel_initializer=initializer)
        return keras.Sequential([keras.Input(self.image_shape), keras.layers.Flatten(), dense])

    @property
    def phases(self):
        return tuple(self._phase(name, network) for name, network in zip(("one", "two"), self.networks, strict=True))

    def _phase(self, name, network):
        def loss(batch, noise, training):
            return tf.reduce_sum((network(batch.images, training=training) - noise) ** 2, axis=1), {}

        def noise(n, seed):
            return normal([n, 3], seed)

        return Phase(name, (network,), loss, noise, (), "")

    def default_optimizers(self):
        return {"one": KO.SGD(0.1), "two": KO.Adam(0.1)}


SHARED = {
    "clipnorm": {"clipnorm": 0.1},
    "global_clipnorm": {"global_clipnorm": 0.1},
    "clipvalue": {"clipvalue": 0.1},
    "weight_decay": {"weight_decay": 0.5},
    "loss_scale_factor": {"loss_scale_factor": 128.0},
    "schedule": {"learning_rate": KO.schedules.CosineDecay(0.1, STEPS)},
    "ema": {"use_ema": True, "ema_momentum": 0.5},
    "ema_overwriting": {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
    "accumulation": {"gradient_accumulation_steps": 3},
    "accumulation_ema": {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2},
}
NAMES = (
    *("Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl"),
    *("Lamb", "Lion", "Muon", "Nadam", "RMSprop", "SGD", "ScheduleFreeAdamW"),
)
OPTIMIZERS = {
    **{name: lambda name=name: getattr(KO, name)(0.1) for name in NAMES},
    **{name: lambda options=options: KO.Adam(**{"learning_rate": 0.1, **options}) for name, options in SHARED.items()},
    "LossScaleOptimizer": lambda: KO.LossScaleOptimizer(KO.SGD(0.1), dynamic_growth_steps=2),
    "LossScaleOptimizer_accumulation_ema": lambda: KO.LossScaleOptimizer(KO.Adam(0.1, **SHARED["accumulation_ema"])),
    "MultiOptimizer": lambda: KO.MultiOptimizer(KO.OptimizerMap(KO.SGD(0.1), {".*bias": KO.Adam(0.1)})),
}
# XLA takes a second or two for each; the others' updates are sums and products like theirs.
UNDER_XLA = {"Adam", "Muon", "global_clipnorm", "schedule", "accumulation_ema", "LossScaleOptimizer", "MultiOptimizer"}


def _images(n):
    return np.random.default_rng(0).random((n, 2, 3, 1)).astype(np.float32)


def _alone(optimizer):
    """The weights that Keras's optimizer alone makes of the steps of `fit`, one phase after another."""
    model, images, weights = Two(), _images(2 * STEPS), []
    for index, phase in enumerate(model.phases):
        own = type(optimizer).from_config(optimizer.get_config())
        variables = phase.networks[0].trainable_weights
        own.build(variables)
        for step in range(STEPS):
            batch = Batch(images[2 * step : 2 * step + 2])
            noise = phase.noise(Rows(2, 0, 2), fold_in(model.seed, index, 0, tf.constant(step, tf.int64)))
            with tf.GradientTape() as tape:
                objective = own.scale_loss(tf.reduce_mean(phase.loss(batch, noise, True)[0]))
            own.apply(tape.gradient(objective, variables), variables)
        own.finalize_variable_values(variables)
        weights += [variable.numpy() for variable in variables]
    return weights


def test_every_optimizer_of_keras_is_tried():
    classes = {name: one for name, one in vars(KO).items() if isinstance(one, type)}
    known = {name for name, one in classes.items() if issubclass(one, KO.Optimizer)}
    assert known - {"Optimizer"} == {*NAMES, "LossScaleOptimizer", "MultiOptimizer"}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fit_ends_where_keras_alone_would(name):
    make, model = OPTIMIZERS[name], Two()
    model.compile(make(), run_eagerly=name not in UNDER_XLA)
    model.fit(_images(2 * STEPS), batch_size=2, epochs=1, shuffle=False, verbose=0)
    for ours, expected in zip(model.get_weights(), _alone(make()), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)
    assert [int(applications(one)) for one in model.optimizer.optimizers] == [STEPS] * 2
