"""Penalties on the slope of a discriminator as a function of its input, per example.

Slopes are taken in the inputs' dtype and their squares summed in float32, for half precision would lose them; a
penalty is differentiable in the discriminator's weights (a second derivative), so that it can be part of a loss.
"""

import tensorflow as tf

TINY = 1e-12  # beneath the root, whose derivative at zero is infinite


def two_sided(critic, real, generated, coefficients):
    """`(||grad T(x')|| - 1)^2` at `x' = e x + (1 - e) x_g` on lines between pairs (Gulrajani et al. 2017, Eq. 3).

    It keeps a Wasserstein critic near 1-Lipschitz where that matters. The critic must look at each example alone: batch
    normalisation, which makes outputs functions of the whole batch, does not fit.

    Args:
        critic: from inputs to outputs [batch].
        real: data examples, a float32 tensor [batch, ...], or a structure of such tensors.
        generated: as many generated ones, of the same structure.
        coefficients: e, [batch] in [0, 1], one for each pair.

    Returns:
        [batch] float32, not negative.
    """

    def between(a, b):
        e = tf.reshape(tf.cast(coefficients, a.dtype), [-1] + [1] * (a.shape.rank - 1))
        return e * a + (1.0 - e) * b

    pairs = (tf.nest.map_structure(tf.convert_to_tensor, one) for one in (real, generated))
    squared = squared_slopes(critic, tf.nest.map_structure(between, *pairs))
    return tf.square(tf.sqrt(squared + TINY) - 1.0)


def zero_centred(critic, real):
    """R1: `1/2 ||grad T(x)||^2` at data examples (Mescheder et al. 2018, less its weight).

    Args:
        critic: from inputs to outputs [batch], each of which depends on its own example alone.
        real: data examples, a float32 tensor [batch, ...], or a structure of such tensors.

    Returns:
        [batch] float32, not negative.
    """
    return 0.5 * squared_slopes(critic, real)


def squared_slopes(critic, points):
    """`||grad T(x)||^2` of each example.

    Args:
        critic: from inputs to outputs [batch], each of which depends on its own example alone.
        points: the inputs, a float tensor [batch, ...], or a structure of such tensors, summed over.

    Returns:
        [batch], float32 (float64 of float64 inputs).
    """
    points = tf.nest.map_structure(tf.convert_to_tensor, points)
    leaves = tf.nest.flatten(points)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(leaves)
        outputs = critic(points)
    slopes = tape.gradient(outputs, leaves, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return tf.add_n([_sum_of_squares(slope) for slope in slopes])


def _sum_of_squares(slope):
    slope = tf.cast(slope, tf.float64 if slope.dtype == tf.float64 else tf.float32)
    return tf.reduce_sum(tf.square(slope), axis=list(range(1, slope.shape.rank)))
