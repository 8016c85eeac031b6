"""Losses of the two players: constants, gradients, extreme logits, importance weighting."""

import math

import numpy as np
import pytest
import tensorflow as tf
from unizoo.losses import adversarial

LOGITS = [-3.0, -0.5, 0.0, 1.0, 4.0]


def _logits(values=LOGITS):
    return tf.constant(values, tf.float64)


def _gradient(function, *inputs):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = tf.reduce_sum(function(*inputs))
    return tape.gradient(value, inputs)


def _probability(logits):
    return 1.0 / (1.0 + np.exp(-np.asarray(logits)))


# D = 1/2 and D = 3/4 on generated samples.
@pytest.mark.parametrize(
    ("name", "expected"),
    [("non_saturating", [math.log(2), math.log(4 / 3)]), ("minimax", [-math.log(2), -math.log(4)])],
)
def test_generator_loss_of_known_probabilities(name, expected):
    loss = adversarial.LOSSES[name].generator(_logits([0.0, math.log(3)]))
    np.testing.assert_allclose(loss, expected, rtol=1e-12)


@pytest.mark.parametrize("name", sorted(adversarial.LOSSES))
def test_discriminator_loss_of_known_probabilities(name):
    loss = adversarial.LOSSES[name].discriminator(_logits([0.0, math.log(3)]), _logits([0.0, -math.log(4)]))
    # 2 log 2; -log(3/4) - log(1 - 1/5) = log(5/3).
    np.testing.assert_allclose(loss, [2 * math.log(2), math.log(5 / 3)], rtol=1e-12)


def test_gradients_are_those_of_the_log_probabilities():
    d = _probability(LOGITS)
    real, generated = _gradient(adversarial.discriminator_loss, _logits(), _logits())
    np.testing.assert_allclose(real, d - 1.0, rtol=1e-12)
    np.testing.assert_allclose(generated, d, rtol=1e-12)
    np.testing.assert_allclose(_gradient(adversarial.non_saturating_generator_loss, _logits())[0], d - 1.0, rtol=1e-12)
    np.testing.assert_allclose(_gradient(adversarial.minimax_generator_loss, _logits())[0], -d, rtol=1e-12)


@pytest.mark.parametrize("jit", [False, True])
def test_extreme_logits_give_exact_values_and_gradients(jit):
    extreme = tf.constant([-1e4, 1e4])

    @tf.function(jit_compile=jit)
    def evaluate():
        results = []
        for function in (adversarial.non_saturating_generator_loss, adversarial.minimax_generator_loss):
            results += [function(extreme), _gradient(function, extreme)[0]]
        discriminator = adversarial.discriminator_loss
        return [*results, discriminator(extreme, extreme), *_gradient(discriminator, extreme, tf.identity(extreme))]

    # Loss and slope of each generator's loss; then the discriminator's loss and its two slopes.
    expected = [[1e4, 0], [-1, 0], [0, -1e4], [0, -1], [1e4, 1e4], [-1, 0], [0, 1]]
    np.testing.assert_allclose(evaluate(), expected)


def test_a_fooled_discriminator_weighs_samples_by_their_odds():
    logits = _logits([0.0, math.log(3)])
    weighted = adversarial.importance_weighted(tf.constant([10.0, 20.0], tf.float64), logits)
    np.testing.assert_allclose(weighted, [2 * 0.25 * 10, 2 * 0.75 * 20], rtol=1e-12)


@pytest.mark.parametrize("name", sorted(adversarial.LOSSES))
def test_weighted_gradient_is_the_weighted_mean_of_the_gradients(name):
    generator = adversarial.LOSSES[name].generator

    def weighted_mean(logits):
        return tf.reduce_mean(adversarial.importance_weighted(generator(logits), logits))

    plain = _gradient(generator, _logits())[0]
    np.testing.assert_allclose(_gradient(weighted_mean, _logits())[0], tf.nn.softmax(_logits()) * plain, rtol=1e-12)


@pytest.mark.parametrize("name", sorted(adversarial.LOSSES))
def test_with_equal_logits_loss_and_gradient_are_the_unweighted_ones(name):
    generator, equal = adversarial.LOSSES[name].generator, _logits([0.7] * 4)

    def weighted(logits):
        return adversarial.importance_weighted(generator(logits), logits)

    np.testing.assert_allclose(weighted(equal), generator(equal), rtol=1e-12)
    np.testing.assert_allclose(_gradient(weighted, equal)[0], _gradient(generator, equal)[0], rtol=1e-12)


def test_two_shards_over_a_pool_equal_one_batch_in_value_and_gradient():
    generator = adversarial.NON_SATURATING.generator

    def sharded(logits):
        shards = (logits[:2], logits[2:])
        return tf.concat([adversarial.importance_weighted(generator(s), s, pool=logits) for s in shards], 0)

    def whole(logits):
        return adversarial.importance_weighted(generator(logits), logits)

    np.testing.assert_allclose(sharded(_logits()), whole(_logits()), rtol=1e-12)
    np.testing.assert_allclose(_gradient(sharded, _logits())[0], _gradient(whole, _logits())[0], rtol=1e-12)


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match=r"same shape.*Received: real_logits of shape \(5,\), generated.*\(5, 1\)"):
        adversarial.discriminator_loss(_logits(), _logits()[:, None])
    with pytest.raises(ValueError, match=r"same shape.*Received: loss of shape \(5,\), generated.*\(1,\)"):
        adversarial.importance_weighted(_logits(), _logits([0.0]))


def test_losses_keep_batch_and_dtype():
    logits = tf.constant(LOGITS, tf.float32)
    for pair in adversarial.LOSSES.values():
        for loss in (pair.discriminator(logits, logits), pair.generator(logits)):
            assert loss.shape == logits.shape
            assert loss.dtype == tf.float32
