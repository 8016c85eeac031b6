"""Self-normalised importance weights: constants, pools, bounds, constancy."""

import numpy as np
import pytest
import tensorflow as tf
from unizoo.losses import importance


def _log_w(k=5, batch=3, scale=3.0):
    return np.random.default_rng(0).normal(scale=scale, size=(k, batch))


def test_weights_of_known_ratios():
    log_w = np.log([[1.0, 1.0], [3.0, 1.0]])
    np.testing.assert_allclose(importance.normalized_weights(log_w), [[0.25, 0.5], [0.75, 0.5]], rtol=1e-12)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_weights_are_the_softmax_over_the_axis(axis):
    log_w = tf.constant(_log_w())
    weights = importance.normalized_weights(log_w, axis)
    np.testing.assert_allclose(weights, tf.nn.softmax(log_w, axis), rtol=1e-12)
    np.testing.assert_allclose(tf.reduce_sum(weights, axis), 1.0, rtol=1e-12)


def test_no_gradient_flows_through_weights_or_effective_sample_size():
    log_w = tf.constant(_log_w())
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(log_w)
        weights = importance.normalized_weights(log_w, pool=2.0 * log_w)
        size = importance.effective_sample_size(log_w)
    assert tape.gradient(weights, log_w) is None
    assert tape.gradient(size, log_w) is None


def test_shards_over_a_pool_have_the_weights_of_one_batch():
    log_w = tf.constant(_log_w(k=7, batch=1)[:, 0])
    shards = [importance.normalized_weights(shard, pool=log_w) for shard in (log_w[:2], log_w[2:])]
    np.testing.assert_allclose(tf.concat(shards, 0), importance.normalized_weights(log_w), rtol=1e-12)


def test_effective_sample_size_of_known_weights():
    log_w = np.log([[1.0, 1.0, 1.0], [1.0, 1e-300, 3.0]])
    # Equal weights; one weight alone; (1 + 3)^2 / (1 + 9).
    np.testing.assert_allclose(importance.effective_sample_size(log_w), [2.0, 1.0, 1.6], rtol=1e-12)


def test_effective_sample_size_lies_between_one_and_the_number_of_samples():
    sizes = importance.effective_sample_size(_log_w(k=20, batch=200, scale=2.0)).numpy()
    assert (sizes > 1.0).all()
    assert (sizes < 20.0).all()
    assert sizes.max() - sizes.min() > 3.0


@pytest.mark.parametrize("jit", [False, True])
def test_log_weights_of_thousands_of_nats_lose_nothing_in_float32(jit):
    log_w = _log_w().round(1)
    shifted = tf.constant(np.stack([log_w - 1e4, log_w + 1e4]).round(1), tf.float32)
    exact = tf.constant(shifted.numpy().astype(np.float64))

    @tf.function(jit_compile=jit)
    def both(values):
        return importance.normalized_weights(values, 1), importance.effective_sample_size(values, 1)

    weights, sizes = both(shifted)
    assert weights.dtype == sizes.dtype == tf.float32
    np.testing.assert_allclose(weights, tf.nn.softmax(exact, 1), rtol=1e-5)
    np.testing.assert_allclose(sizes, importance.effective_sample_size(exact, 1), rtol=1e-5)
