"""What a toy is, and what the families' toys share: data of a few images, noise of a few values."""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from ....core.base import GenerativeModel
from ....core.phase import Batch
from ....theory.evaluation import Atoms, World

IMAGE_SHAPE = (1, 2, 1)
IMAGES = ((0.0, 1.0), (1.0, 1.0))  # of two pixels
SHARES = (0.3, 0.7)  # of the two images in the data
NORMALS = (-0.7, 0.4, 1.3)  # what stands for standard normal noise, equally probable


@dataclass(frozen=True)
class Run:
    """One evaluation of a phase's loss.

    Attributes:
        batch: the examples.
        noise: what the phase's `noise` would draw for them.
        weights: [n] probabilities of the examples, which sum to one.
        weight: the probability of the whole batch, where several batches are run.
    """

    batch: Batch
    noise: Any
    weights: tf.Tensor
    weight: float = 1.0


@dataclass(frozen=True)
class Toy:
    """A tiny model in double precision, with all that can happen to it.

    Attributes:
        model: the model.
        world: what the symbols of its lines stand for.
        runs: by phase, all batches with their noise.
        players: by parameter ("theta"), the networks it stands for, where a phase has a line for each.
    """

    model: GenerativeModel
    world: World
    runs: Mapping[str, Sequence[Run]]
    players: Mapping[str, Sequence[keras.Layer]] = field(default_factory=dict)

    def loss(self, phase):
        """The expectation of a phase's loss, by the model's own function: a float64 scalar."""
        return tf.add_n(
            [
                run.weight * tf.reduce_sum(run.weights * phase.loss(run.batch, run.noise, True)[0])
                for run in self.runs[phase.name]
            ]
        )


@contextmanager
def double_precision():
    """Keras's layers, and the models' working dtype, in float64."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)


def tiny(model, **changes):
    """A model of the same class and configuration, but for these arguments, with weights far from symmetric ones."""
    known = model.get_config()
    made = type(model).from_config({**known, **{key: one for key, one in changes.items() if key in known}})
    for index, weight in enumerate(made.trainable_weights):
        noise = tf.random.stateless_normal(weight.shape, [index, 7], dtype=tf.float64)
        weight.assign_add(0.3 * tf.cast(noise, weight.dtype))
    return made


def images():
    """The data's images [2, *IMAGE_SHAPE], float64."""
    return tf.reshape(tf.constant(IMAGES, tf.float64), [len(IMAGES), *IMAGE_SHAPE])


def normals(size):
    """Values [3, size] of a noise vector, float64; its entries differ."""
    return tf.constant(NORMALS, tf.float64)[:, None] * (1.0 - 0.3 * tf.range(size, dtype=tf.float64))


def uniform_atoms(name, values):
    """The `Atoms` of a variable whose values [m, ...] are equally probable."""
    m = values.shape[0]
    return Atoms(tf.fill([m], tf.constant(1.0 / m, tf.float64)), {name: values})


def data_atoms():
    """The `Atoms` of p_data(x)."""
    return Atoms(tf.constant(SHARES, tf.float64), {"x": images()})


def product(*sizes):
    """For every combination of one value of each kind, the index of each: a list of [n] tensors."""
    grids = tf.meshgrid(*(tf.range(size) for size in sizes), indexing="ij")
    return [tf.reshape(grid, [-1]) for grid in grids]


def gaussian_kl(posterior):
    """KL( N(mean, stddev^2) || N(0, I) ) of a distribution with `mean` and `stddev`, [n], written out."""
    mean, stddev = posterior.mean(), posterior.stddev()
    return tf.reduce_sum((tf.square(mean) + tf.square(stddev) - 1.0) / 2.0 - tf.math.log(stddev), axis=-1)
