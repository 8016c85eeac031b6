"""Losses of the two players: constants, gradients, extreme logits, importance weighting."""

import math

import numpy as np
import pytest
import tensorflow as tf
from unizoo.losses import adversarial

LOGITS = [-3.0, -0.5, 0.0, 1.0, 4.0]
LABEL_LOSSES = ("minimax", "non_saturating")  # those of log-likelihoods of the label
WITH_RATIO = sorted(name for name, loss in adversarial.LOSSES.items() if loss.log_ratio)


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


@pytest.mark.parametrize("name", LABEL_LOSSES)
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
    np.testing.assert_allclose(_gradient(adversarial.MINIMAX.generator, _logits())[0], -d, rtol=1e-12)


# Outputs 2 and -0.5 for data, 0.5 and -3 for generated examples.
@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("hinge", [0.0 + 1.5, 1.5 + 0.0], [-0.5, 3.0]),
        ("least_squares", [0.5 + 0.125, 1.125 + 4.5], [0.125, 8.0]),
        ("wasserstein", [-2.0 + 0.5, 0.5 - 3.0], [-0.5, 3.0]),
        ("kl", [-2.0 + math.exp(-0.5), 0.5 + math.exp(-4.0)], [-math.exp(-0.5), -math.exp(-4.0)]),
        ("reverse_kl", [math.exp(-2.0) - 0.5, math.exp(0.5) - 4.0], [0.5, 4.0]),
        ("pearson", [-2.0 + 0.5625, 0.5 - 0.75], [-0.5625, 0.75]),
        (
            "squared_hellinger",
            [math.exp(-2.0) - 1.0 + math.exp(0.5) - 1.0, math.exp(0.5) - 1.0 + math.exp(-3.0) - 1.0],
            [1.0 - math.exp(0.5), 1.0 - math.exp(-3.0)],
        ),
        (
            "jensen_shannon",
            [
                math.log(1 + math.exp(-2.0)) + math.log(1 + math.exp(0.5)) - 2 * math.log(2),
                math.log(1 + math.exp(0.5)) + math.log(1 + math.exp(-3.0)) - 2 * math.log(2),
            ],
            [math.log(2) - math.log(1 + math.exp(0.5)), math.log(2) - math.log(1 + math.exp(-3.0))],
        ),
    ],
)
def test_losses_of_known_outputs(name, discriminator, generator):
    loss, real, generated = adversarial.LOSSES[name], _logits([2.0, -0.5]), _logits([0.5, -3.0])
    np.testing.assert_allclose(loss.discriminator(real, generated), discriminator, rtol=1e-12)
    np.testing.assert_allclose(loss.generator(generated), generator, rtol=1e-12)


@pytest.mark.parametrize("name", sorted(adversarial.LOSSES))
def test_gradients_are_finite_differences(name):
    loss, step = adversarial.LOSSES[name], 1e-6
    at = _logits() + 0.1  # not on the hinge's corners
    for function in (
        loss.generator,
        lambda v: loss.discriminator(v, _logits()),
        lambda v: loss.discriminator(_logits(), v),
    ):
        slope = (function(at + step) - function(at - step)) / (2 * step)
        np.testing.assert_allclose(_gradient(function, at)[0], slope, rtol=1e-7, atol=1e-8)


def test_the_losses_that_know_a_density_ratio():
    assert set(adversarial.LOSSES) - set(WITH_RATIO) == {"hinge", "wasserstein"}
    for name in LABEL_LOSSES:  # the logit, exactly
        np.testing.assert_array_equal(adversarial.LOSSES[name].log_ratio(_logits()), _logits())


@pytest.mark.parametrize("name", WITH_RATIO)
def test_the_ratio_is_that_of_the_densities_where_the_discriminator_is_optimal(name):
    # The best output is found by search, so that nothing of the loss's derivation is taken for granted.
    grid, loss = np.linspace(-6.0, 6.0, 240_001), adversarial.LOSSES[name]
    zeros = tf.zeros_like(grid)
    of_real = loss.discriminator(grid, zeros) - loss.discriminator(zeros, zeros)
    of_generated = loss.discriminator(zeros, grid)
    for p, q in ((0.3, 0.3), (0.1, 0.4), (0.5, 0.2)):
        best = grid[np.argmin(p * of_real + q * of_generated)]
        np.testing.assert_allclose(loss.log_ratio(_logits([best])), math.log(p / q), atol=5e-4)


def test_the_optimum_of_a_loss_without_a_ratio_does_not_tell_ratios_apart():
    grid = np.linspace(-6.0, 6.0, 2401)
    loss = adversarial.HINGE.discriminator
    real, generated = loss(grid, grid * 0.0 - 1.0), loss(grid * 0.0 + 1.0, grid)
    best = [grid[np.argmin(p * real + q * generated)] for p, q in ((0.3, 0.2), (0.8, 0.1), (0.2, 0.3))]
    np.testing.assert_allclose(best, [1.0, 1.0, -1.0])


def test_a_least_squares_output_that_no_densities_explain_has_the_nearest_ratio():
    log_ratio = adversarial.LEAST_SQUARES.log_ratio(_logits([-7.0, 0.0, 0.2, 0.5, 1.0, 9.0]))
    np.testing.assert_allclose(np.exp(log_ratio), [0.01, 0.01, 0.25, 1.0, 100.0, 100.0], rtol=1e-12)


def test_least_squares_and_hinge_generators_follow_the_gradient_of_their_divergence():
    p, logits = _logits([0.1, 0.2, 0.3, 0.4]), tf.math.log(_logits([0.4, 0.25, 0.31, 0.04]))
    fixed = tf.nn.softmax(logits)
    optimal = {"least_squares": p / (p + fixed), "hinge": tf.sign(p - fixed)}
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        q = tf.nn.softmax(logits)
        m = 0.5 * (p + q)
        losses = {name: tf.reduce_sum(q * adversarial.LOSSES[name].generator(v)) for name, v in optimal.items()}
        chi = tf.reduce_sum(tf.square(p - m) / m)
        exact = {
            "least_squares": tf.reduce_sum(p * tf.math.log(p / m)) - 0.25 * chi,
            "hinge": tf.reduce_sum(tf.abs(p - q)),  # twice the total variation
        }
    for name, loss in losses.items():
        np.testing.assert_allclose(tape.gradient(loss, logits), tape.gradient(exact[name], logits), rtol=1e-9)


@pytest.mark.parametrize("jit", [False, True])
def test_extreme_logits_give_exact_values_and_gradients(jit):
    extreme = tf.constant([-1e4, 1e4])

    @tf.function(jit_compile=jit)
    def evaluate():
        results = []
        for function in (adversarial.non_saturating_generator_loss, adversarial.MINIMAX.generator):
            results += [function(extreme), _gradient(function, extreme)[0]]
        discriminator = adversarial.discriminator_loss
        return [*results, discriminator(extreme, extreme), *_gradient(discriminator, extreme, tf.identity(extreme))]

    # Loss and slope of each generator's loss; then the discriminator's loss and its two slopes.
    expected = [[1e4, 0], [-1, 0], [0, -1e4], [0, -1], [1e4, 1e4], [-1, 0], [0, 1]]
    np.testing.assert_allclose(evaluate(), expected)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("name", sorted(adversarial.LOSSES))
def test_outputs_of_any_size_give_finite_losses_and_gradients(name, jit):
    loss, sizes = adversarial.LOSSES[name], [0.0, 19.0, 21.0, 88.0, 90.0, 100.0, 1e3, 1e4]
    outputs = tf.constant([sign * size for size in sizes for sign in (-1.0, 1.0)], tf.float32)

    @tf.function(jit_compile=jit)
    def evaluate():
        pair = (outputs, tf.reverse(outputs, [0]))
        results = [loss.discriminator(*pair), *_gradient(loss.discriminator, *pair)]
        results += [loss.generator(outputs), *_gradient(loss.generator, outputs)]
        if loss.log_ratio:
            ratios = loss.log_ratio(outputs)
            results += [ratios, adversarial.importance_weighted(loss.generator(outputs), ratios)]
        return results

    for result in evaluate():
        assert result.shape == outputs.shape
        assert np.isfinite(result).all()


@pytest.mark.parametrize(("name", "side"), [("kl", 1.0), ("reverse_kl", -1.0), ("squared_hellinger", 1.0)])
def test_a_bounded_exponential_still_grows_and_its_slope_does_not(name, side):
    loss, outputs = adversarial.LOSSES[name].discriminator, side * tf.constant([10.0, 20.0, 30.0, 100.0, 1e4])
    pair = (outputs, tf.zeros_like(outputs)) if side < 0 else (tf.zeros_like(outputs), outputs)
    slopes = side * _gradient(loss, *pair)[0 if side < 0 else 1]
    assert (np.diff(loss(*pair)) > 0.0).all()
    assert (np.diff(slopes) >= 0.0).all()  # convex
    np.testing.assert_allclose(slopes[2:], math.exp(20.0), rtol=1e-6)


# Nowozin et al. 2016, Table 6, as it is written.
@pytest.mark.parametrize(
    ("name", "of_data", "of_generated"),
    [
        ("kl", lambda v: v, lambda v: np.exp(v - 1.0)),
        ("reverse_kl", lambda v: -np.exp(-v), lambda v: v - 1.0),
        ("squared_hellinger", lambda v: 1.0 - np.exp(-v), np.expm1),
    ],
)
def test_within_the_bounds_the_losses_are_exactly_those_of_the_paper(name, of_data, of_generated):
    loss, v = adversarial.LOSSES[name], np.linspace(-20.0, 20.0, 4001)
    np.testing.assert_allclose(loss.generator(v), -of_generated(v), rtol=1e-14, atol=1e-14)
    zero = np.zeros_like(v)
    np.testing.assert_allclose(loss.discriminator(v, zero), of_generated(zero) - of_data(v), rtol=1e-14, atol=1e-14)
    step = 1e-5  # of v, whose differences lose half of the 16 digits
    middle = tf.constant(v[1:-1])
    for function in (loss.generator, lambda v: loss.discriminator(v, tf.zeros_like(v))):
        slope = (function(middle + step) - function(middle - step)) / (2 * step)
        np.testing.assert_allclose(_gradient(function, middle)[0], slope, rtol=1e-6, atol=1e-5)


def test_a_fooled_discriminator_weighs_samples_by_their_odds():
    logits = _logits([0.0, math.log(3)])
    weighted = adversarial.importance_weighted(tf.constant([10.0, 20.0], tf.float64), logits)
    np.testing.assert_allclose(weighted, [2 * 0.25 * 10, 2 * 0.75 * 20], rtol=1e-12)


@pytest.mark.parametrize("name", WITH_RATIO)
def test_weighted_gradient_is_the_weighted_mean_of_the_gradients(name):
    loss = adversarial.LOSSES[name]

    def weighted_mean(logits):
        return tf.reduce_mean(adversarial.importance_weighted(loss.generator(logits), loss.log_ratio(logits)))

    plain, ratio = _gradient(loss.generator, _logits())[0], tf.exp(loss.log_ratio(_logits()))
    expected = ratio / tf.reduce_sum(ratio) * plain
    np.testing.assert_allclose(_gradient(weighted_mean, _logits())[0], expected, rtol=1e-12)


@pytest.mark.parametrize("name", WITH_RATIO)
def test_with_equal_logits_loss_and_gradient_are_the_unweighted_ones(name):
    (_, generator, log_ratio), equal = adversarial.LOSSES[name], _logits([0.7] * 4)

    def weighted(logits):
        return adversarial.importance_weighted(generator(logits), log_ratio(logits))

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
    with pytest.raises(ValueError, match=r"same shape.*Received: loss of shape \(5,\), log_ratios.*\(1,\)"):
        adversarial.importance_weighted(_logits(), _logits([0.0]))
    with pytest.raises(ValueError, match=r"Received: real of shape \(5,\), generated of shape \(1,\)"):
        adversarial.HINGE.discriminator(_logits(), _logits([0.0]))


def test_losses_keep_batch_and_dtype():
    logits = tf.constant(LOGITS, tf.float32)
    for pair in adversarial.LOSSES.values():
        for loss in (pair.discriminator(logits, logits), pair.generator(logits)):
            assert loss.shape == logits.shape
            assert loss.dtype == tf.float32
