"""Ways from one draw of a distribution to another along which every place is about as probable as a draw.

The straight line between two codes of many normal values passes close by the origin, where no draw lies: half-way it is
shorter by a factor of about 1.4, and its images are pale. On the sphere the length stays. Between binary units there is
no place at all: they pass over one after another, so that every place is itself a draw.
"""

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions

LEAST_SINE = 1e-4  # of an angle that sets a circle; below it the two codes, or one and the other's opposite, are one


def line(start, end, share):
    """The place on the straight line.

    Args:
        start: float32 [n, size].
        end: the same.
        share: of the way, from 0 to 1, a scalar.

    Returns:
        [n, size]; at 0 exactly `start` and at 1 exactly `end`, as with every way.
    """
    return (1.0 - share) * start + share * end


def slerp(start, end, share):
    """The place on the circle about the origin (spherical interpolation, Shoemake 1985); arguments as for `line`."""
    lengths = tf.norm(start, axis=-1, keepdims=True) * tf.norm(end, axis=-1, keepdims=True)
    cosine = tf.math.divide_no_nan(tf.reduce_sum(start * end, axis=-1, keepdims=True), lengths)
    angle = tf.acos(tf.clip_by_value(cosine, -1.0, 1.0))
    sine = tf.sin(angle)
    safe = tf.maximum(sine, LEAST_SINE)
    arc = tf.sin((1.0 - share) * angle) / safe * start + tf.sin(share * angle) / safe * end
    return tf.where(sine < LEAST_SINE, line(start, end, share), arc)


def crossover(start, end, share):
    """The values of `end` up to the share's place, and those of `start` behind; arguments as for `line`."""
    size = start.shape[-1]
    moments = (tf.range(size, dtype=tf.float32) + 0.5) / size
    return tf.where(share > moments, end, start)


def between(distribution, start, end, share):
    """The place on the way from one draw to another that suits their distribution.

    Args:
        distribution: a `tfd.Distribution` of vectors: normal (then the way is the circle about its mean), Bernoulli (a
            crossover), or another, such as a uniform one (the line).
        start: draws [n, size].
        end: draws [n, size].
        share: as for `line`.

    Returns:
        [n, size].
    """
    if isinstance(distribution, tfd.MultivariateNormalLinearOperator):
        mean = distribution.mean()
        return mean + slerp(start - mean, end - mean, share)
    if isinstance(getattr(distribution, "distribution", None), tfd.Bernoulli):
        return crossover(start, end, share)
    return line(start, end, share)
