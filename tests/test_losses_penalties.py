"""Penalties on a discriminator's slope: constants, second derivatives, flat critics, half precision, XLA."""

import numpy as np
import pytest
import tensorflow as tf
from unizoo.losses import penalties


def _points(shape=(3, 2, 2, 1), seed=0, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def _linear(weights):
    return lambda x: tf.reduce_sum(x * weights, axis=[1, 2, 3])


def test_a_linear_critic_has_the_slope_of_its_weights_everywhere():
    weights = np.array([[[3.0], [0.0]], [[0.0], [4.0]]])  # of norm 5
    x = _points()
    np.testing.assert_allclose(penalties.squared_slopes(_linear(weights), x), [25.0] * 3, rtol=1e-12)
    np.testing.assert_allclose(penalties.zero_centred(_linear(weights), x), [12.5] * 3, rtol=1e-12)
    two_sided = penalties.two_sided(_linear(weights), x, x + 1.0, np.full(3, 0.5))
    np.testing.assert_allclose(two_sided, [16.0] * 3, rtol=1e-12)
    np.testing.assert_allclose(penalties.two_sided(_linear(weights / 5), x, x, np.zeros(3)), 0.0, atol=1e-12)


def test_the_slope_is_taken_between_data_and_generated_examples():
    # T(x) = |x|^2 / 2 has the slope x.
    def critic(x):
        return 0.5 * tf.reduce_sum(tf.square(x), axis=[1, 2, 3])

    real, generated = _points(seed=1), _points(seed=2)
    e = np.array([0.0, 0.25, 1.0])
    between = np.stack([generated[0], 0.25 * real[1] + 0.75 * generated[1], real[2]])
    norms = np.sqrt(np.sum(np.square(between), axis=(1, 2, 3)))
    np.testing.assert_allclose(penalties.two_sided(critic, real, generated, e), np.square(norms - 1.0), rtol=1e-9)


def test_pairs_are_penalised_together():
    def critic(pair):
        x, z = pair
        return 3.0 * x[:, 0] + tf.reduce_sum(4.0 * z[:, :1], axis=1)

    pair = (_points((2, 3)), _points((2, 5)))
    np.testing.assert_allclose(penalties.squared_slopes(critic, pair), [25.0] * 2, rtol=1e-12)
    np.testing.assert_allclose(penalties.two_sided(critic, pair, pair, np.ones(2)), [16.0] * 2, rtol=1e-12)


@pytest.mark.parametrize("kind", ["two_sided", "zero_centred"])
def test_the_gradient_in_the_critics_weights_is_that_of_finite_differences(kind):
    real, generated, e = _points((4, 5), 1), _points((4, 5), 2), np.linspace(0.1, 0.9, 4)
    first, last = _points((5, 3), 3), _points((3,), 4)

    def penalty(weights):
        def critic(x):
            return tf.linalg.matvec(tf.tanh(x @ weights), last)

        if kind == "two_sided":
            return tf.reduce_sum(penalties.two_sided(critic, real, generated, e))
        return tf.reduce_sum(penalties.zero_centred(critic, real))

    weights, step = tf.constant(first), 1e-6
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value = penalty(weights)
    gradient = tape.gradient(value, weights)
    for i, j in ((0, 0), (2, 1), (4, 2)):
        change = np.zeros((5, 3))
        change[i, j] = step
        slope = (penalty(weights + change) - penalty(weights - change)) / (2 * step)
        np.testing.assert_allclose(gradient[i, j], slope, rtol=1e-6)


def test_a_flat_critic_has_a_finite_gradient():
    weights = tf.zeros([2, 2, 1])
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value = penalties.two_sided(_linear(weights), _points(dtype=np.float32), _points(dtype=np.float32), np.ones(3))
    np.testing.assert_allclose(value, [1.0] * 3, atol=1e-5)
    assert np.isfinite(tape.gradient(value, weights)).all()


def test_a_critic_that_looks_at_nothing_has_no_slope():
    np.testing.assert_array_equal(penalties.zero_centred(lambda x: tf.zeros([3]), _points()), [0.0] * 3)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
@pytest.mark.parametrize("jit", [False, True])
def test_a_critic_in_half_precision_has_its_penalty_in_single(dtype, jit):
    # 784 slopes of 20: the square of the norm, 313,600, is beyond float16.
    def critic(x):
        return tf.cast(tf.reduce_sum(tf.cast(x, dtype) * tf.cast(20.0, dtype), axis=1), tf.float32)

    x = np.zeros((2, 784), np.float32)
    penalty = tf.function(lambda: penalties.two_sided(critic, x, x, np.ones(2, np.float32)), jit_compile=jit)()
    assert penalty.dtype == tf.float32
    np.testing.assert_allclose(penalty, [559.0**2] * 2, rtol=1e-3)
