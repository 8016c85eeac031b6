"""What a toy is, and what the families' toys share: data of a few images, noise of a few values."""

import math
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from ....core.base import GenerativeModel
from ....core.phase import Batch
from ....theory.evaluation import Atoms, World

IMAGE_SHAPE = (1, 2, 1)
IMAGES = ((0.0, 1.0), (1.0, 1.0))  # of two pixels
SHARES = ((0.3, 0.7), (0.6, 0.4))  # of the two images in the data of each of two classes, which are as frequent
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
    """A model of the same class and configuration, but for these arguments, with weights far from symmetric ones.

    A conditional one knows two classes.
    """
    known = model.get_config()
    changes = {"num_classes": 2 if known.get("num_classes") else None, **changes}
    made = type(model).from_config({**known, **{key: one for key, one in changes.items() if key in known}})
    for index, weight in enumerate(made.trainable_weights):
        weight.assign_add(0.3 * tf.random.stateless_normal(weight.shape, [index, 7], dtype=tf.float64))
    return made


def twin(toy):
    """A copy of a model with weights of its own, equal ones: what stands for parameters that are held constant."""
    made = type(toy).from_config(toy.get_config())
    made.set_weights(toy.get_weights())
    return made


def with_class(symbol, labelled):
    """A symbol of a world, of a conditional model given the class: q_eta(z|x) as q_eta(z|x,c), p_g(x) as p_g(x|c)."""
    if not labelled:
        return symbol
    return symbol[:-1] + (",c)" if "|" in symbol else "|c)")


# Data and noise -------------------------------------------------------------------------------------------------------


def images():
    """The data's images [2, *IMAGE_SHAPE], float64."""
    return tf.reshape(tf.constant(IMAGES, tf.float64), [len(IMAGES), *IMAGE_SHAPE])


def normals(size):
    """Values [3, size] of a noise vector, float64; its entries differ."""
    return tf.constant(NORMALS, tf.float64)[:, None] * (1.0 - 0.3 * tf.range(size, dtype=tf.float64))


def one_hot(classes):
    """One-hot vectors [n, 2] of classes [n]."""
    return tf.one_hot(classes, 2, dtype=tf.float64)


def uniform_weights(m):
    """[m] equal probabilities."""
    return tf.fill([m], tf.constant(1.0 / m, tf.float64))


def data_atoms(values):
    """The `Atoms` of p_data(x), or of p_data(x|c) where a class is among the values."""
    shares = tf.constant(SHARES, tf.float64)
    return Atoms(tf.gather(shares, values["c"]) if "c" in values else shares[0], {"x": images()}, shared=True)


def class_atoms():
    """The `Atoms` of p(c)."""
    return Atoms(uniform_weights(2), {"c": tf.constant([0, 1])}, shared=True)


def product(*sizes):
    """For every combination of one value of each kind, the index of each: a list of [n] tensors."""
    grids = tf.meshgrid(*(tf.range(size) for size in sizes), indexing="ij")
    return [tf.reshape(grid, [-1]) for grid in grids]


class Rows(NamedTuple):
    """Examples, and their probabilities [n]."""

    batch: Batch
    weights: tf.Tensor


def data_rows(num_classes, *sizes):
    """All data with every combination of noise.

    Args:
        num_classes: None for data without labels.
        *sizes: how many values, equally probable, each kind of noise takes.

    Returns:
        `Rows`, and for each kind of noise which value a row has: a list of [n] tensors.
    """
    shares, noise = tf.constant(SHARES, tf.float64), math.prod(sizes)
    if num_classes is None:
        of_image, *of_noise = product(2, *sizes)
        return Rows(Batch(tf.gather(images(), of_image)), tf.gather(shares[0], of_image) / noise), of_noise
    of_class, of_image, *of_noise = product(2, 2, *sizes)
    weights = tf.gather_nd(shares, tf.stack([of_class, of_image], axis=1)) / 2 / noise
    return Rows(Batch(tf.gather(images(), of_image), of_class), weights), of_noise


def log_label(label, logits):
    """log q(y|x) of labels [n] by the discriminator's logits [n]."""
    return tf.math.log_sigmoid(tf.where(label == 1, logits, -logits))


def gaussian_kl(posterior):
    """KL( N(mean, stddev^2) || N(0, I) ) of a distribution with `mean` and `stddev`, [n], written out."""
    mean, stddev = posterior.mean(), posterior.stddev()
    return tf.reduce_sum((tf.square(mean) + tf.square(stddev) - 1.0) / 2.0 - tf.math.log(stddev), axis=-1)
