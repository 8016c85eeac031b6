"""Explicit, stateless randomness: one seed a row, so that a draw depends on its own seed and on nothing else.

Seeds are int64 scalars where people and requests give them, and int32 pairs where TensorFlow's stateless operations
take them.
"""

import math
import numbers
import secrets
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf
import tensorflow_probability as tfp

from .walks import between, crossover

tfd = tfp.distributions

PHILOX = tf.random.Algorithm.PHILOX.value  # by name: XLA's automatic choice fuses into every user of the noise
LABEL_STREAM = 1000  # apart from the streams of codes and of observations


class Between(NamedTuple):
    """In the place of rows' seeds: rows that lie between two seeds each, for `row_draws`.

    Attributes:
        start: int64 [n].
        end: int64 [n].
        share: of the way from `start` to `end`, a scalar from 0 to 1.
    """

    start: Any
    end: Any
    share: Any


@dataclass(frozen=True)
class Rows:
    """Which examples of the global batch a replica draws noise for: what `normal` and the like take for their number.

    Attributes:
        count: how many, an int32 scalar.
        first: the place of the first of them in the global batch, an int64 scalar.
        total: how many all replicas draw for, an int64 scalar.
    """

    count: Any
    first: Any
    total: Any


def normal(shape, seed):
    """Standard normal noise, float32; `shape` and `seed` as for `uniform`."""
    return _drawn(tf.raw_ops.StatelessRandomNormalV2, shape, seed, dtype=tf.float32)


def uniform(shape, seed, minval=0.0, maxval=1.0):
    """Uniform noise in [minval, maxval), float32.

    Args:
        shape: a list of ints, in which the number of examples may be `Rows`: then an example's noise follows from its
            place in the global batch, however that is parted among replicas.
        seed: an int32 pair, as `fold_in` makes it.
        minval: the least value.
        maxval: the bound of the values.

    Returns:
        A tensor of that shape.
    """
    return minval + (maxval - minval) * _drawn(tf.raw_ops.StatelessRandomUniformV2, shape, seed, dtype=tf.float32)


def categories(rows, number, seed):
    """A category for each example, int32, uniform over `number` of them; `rows` is `Rows`, or how many examples."""
    bounds = {"minval": 0, "maxval": tf.constant(number, tf.int32)}
    return _drawn(tf.raw_ops.StatelessRandomUniformIntV2, [rows], seed, **bounds)


def _drawn(operation, shape, seed, **options):
    """Random numbers by an operation on Philox, of which a counter gives four; each example has counters of its own."""
    axis = next((index for index, size in enumerate(shape) if isinstance(size, Rows)), None)
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
    if axis is None:
        return operation(shape=shape, key=key, counter=counter, alg=PHILOX, **options)
    rows, each = shape[axis], [size for index, size in enumerate(shape) if index != axis]
    size = math.prod(each)
    counters = -(-size // 4)
    first = tf.cast(rows.first, tf.uint64) * counters
    counter = counter + tf.stack([first, tf.zeros([], tf.uint64)])
    drawn = operation(shape=[rows.count, 4 * counters], key=key, counter=counter, alg=PHILOX, **options)
    drawn = tf.reshape(drawn[:, :size], [rows.count, *each])
    return tf.transpose(drawn, [*range(1, axis + 1), 0, *range(axis + 1, len(shape))])


def fold_in(seed, *data):
    """The int32 pair of a seed (an integer, or such a pair) with the integers (or scalar tensors) `data` folded in."""
    paired = tf.is_tensor(seed) and seed.shape.rank == 1
    folded = seed if paired else tf.bitcast(tf.cast(seed, tf.int64), tf.int32)
    for number in data:
        # The algorithm is named because the default one is another under XLA.
        folded = tf.random.experimental.stateless_fold_in(folded, number, alg="philox")
    return folded


def row_seeds(n, seed=None):
    """Seeds of n rows: int64 [n], from one integer seed, or from the system's entropy where `seed` is None."""
    if seed is not None and not isinstance(seed, numbers.Integral):
        raise ValueError(f"seed must be an integer, or None for a new one. Received: {seed=}")
    seed = secrets.randbits(62) if seed is None else seed
    shape = [n]
    return tf.random.stateless_uniform(shape, fold_in(seed), minval=None, maxval=None, dtype=tf.int64)


def row_draws(distribution, seeds, stream=0):
    """One draw of a distribution for each row's seed.

    Args:
        distribution: a `tfd.Distribution` of batch shape [].
        seeds: int64 [n], one seed a row; or `Between`.
        stream: int; different streams give independent draws for the same seeds.

    Returns:
        Draws [n, *event_shape]; row i depends on `seeds[i]` alone. Between two seeds, what `walks.between` makes of the
        two draws.
    """
    if isinstance(seeds, Between):
        ends = (row_draws(distribution, seed, stream) for seed in (seeds.start, seeds.end))
        return between(distribution, *ends, seeds.share)
    return tf.map_fn(
        lambda seed: distribution.sample(seed=fold_in(seed, stream)),
        seeds,
        fn_output_signature=tf.TensorSpec(distribution.event_shape, distribution.dtype),
    )


def row_thresholds(size, seeds, stream=0):
    """Uniform noise that a row's binary units are drawn by: a unit is one where it is below its probability.

    Args:
        size: how many units.
        seeds: int64 [n], one seed a row; or `Between`, where the units pass over one after another.
        stream: as for `row_draws`.

    Returns:
        float32 [n, size] in [0, 1).
    """
    if isinstance(seeds, Between):
        return crossover(*(row_thresholds(size, seed, stream) for seed in (seeds.start, seeds.end)), seeds.share)
    return row_draws(tfd.Sample(tfd.Uniform(), size), seeds, stream)


def map_rows(function, *rows, signature):
    """`tf.map_fn` over tensors that share their first axis, of which some may be None and are left out.

    Args:
        function: takes one row of each tensor that there is.
        *rows: tensors [n, ...], or None.
        signature: the `tf.TensorSpec` or dtype of what `function` returns.

    Returns:
        [n, ...].
    """
    given = tuple(row for row in rows if row is not None)
    return tf.map_fn(lambda row: function(*row), given, fn_output_signature=signature)


def row_labels(seeds, num_classes):
    """A class label for each row's seed, uniform over the classes: int32 [n]."""
    return tf.map_fn(
        lambda seed: tf.random.stateless_uniform([], fold_in(seed, LABEL_STREAM), 0, num_classes, tf.int32),
        seeds,
        fn_output_signature=tf.TensorSpec([], tf.int32),
    )
