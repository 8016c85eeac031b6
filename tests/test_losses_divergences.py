"""The table of f-divergences: its columns agree, its bounds are tight at the optimum, and the ratio comes back."""

import numpy as np
import pytest
import tensorflow as tf
from unizoo.losses import adversarial, divergences
from unizoo.losses.divergences import DIVERGENCES

P = tf.constant([0.1, 0.2, 0.3, 0.4], tf.float64)
Q = tf.constant([0.4, 0.25, 0.3, 0.05], tf.float64)
OUTPUTS = tf.constant([-1.7, -0.4, 0.0, 0.3, 2.5], tf.float64)

every_divergence = pytest.mark.parametrize("name", sorted(DIVERGENCES))


def _slope(function, points, step=1e-6):
    return (function(points + step) - function(points - step)) / (2.0 * step)


def _optimal_output(name):
    """The output v whose log density ratio is log p/q: every `log_ratio` is linear but Pearson's."""
    ratio = P / Q
    if name == "pearson":
        return 2.0 * (ratio - 1.0)
    offset, scale = {"kl": (1.0, 1.0), "squared_hellinger": (0.0, 0.5)}.get(name, (0.0, 1.0))
    return scale * tf.math.log(ratio) + offset


def test_divergences_of_known_distributions():
    p, q = tf.constant([0.5, 0.5], tf.float64), tf.constant([0.25, 0.75], tf.float64)
    kl = 0.5 * np.log(2.0) + 0.5 * np.log(2 / 3)
    reverse = 0.25 * np.log(0.5) + 0.75 * np.log(1.5)
    twice_jsd = (0.5 * np.log(4 / 3) + 0.5 * np.log(4 / 5)) + (0.25 * np.log(2 / 3) + 0.75 * np.log(6 / 5))
    expected = {
        "kl": kl,
        "reverse_kl": reverse,
        "pearson": 0.0625 / 0.25 + 0.0625 / 0.75,
        "squared_hellinger": 2.0 - 2.0 * (np.sqrt(0.125) + np.sqrt(0.375)),
        "jensen_shannon": twice_jsd,
        "gan": twice_jsd - np.log(4.0),
    }
    assert set(expected) == set(DIVERGENCES)
    for name, value in expected.items():
        np.testing.assert_allclose(divergences.exact(name, p, q), value, rtol=1e-12, err_msg=name)


@every_divergence
def test_the_derivative_is_that_of_the_function(name):
    row, u = DIVERGENCES[name], P / Q
    np.testing.assert_allclose(row.derivative(u), _slope(row.generator, u), rtol=1e-7, atol=1e-8)


@every_divergence
def test_the_conjugate_is_the_largest_distance_from_the_line(name):
    row, u = DIVERGENCES[name], tf.exp(tf.linspace(tf.constant(-12.0, tf.float64), 6.0, 200_001))
    for t in row.derivative(P / Q):  # slopes of f, where the conjugate is finite
        np.testing.assert_allclose(row.conjugate(t), tf.reduce_max(t * u - row.generator(u)), rtol=1e-6, atol=1e-8)


@every_divergence
def test_the_closed_form_is_the_conjugate_of_the_activation(name):
    row = DIVERGENCES[name]
    np.testing.assert_allclose(row.conjugate_of_output(OUTPUTS), row.conjugate(row.activation(OUTPUTS)), rtol=1e-12)
    assert (np.diff(row.activation(OUTPUTS)) > 0.0).all()  # a larger output: rather data


@every_divergence
def test_the_optimal_output_makes_the_bound_the_divergence_and_any_other_less(name):
    row, best = DIVERGENCES[name], _optimal_output(name)
    np.testing.assert_allclose(row.activation(best), row.derivative(P / Q), rtol=1e-12)

    def bound(v):
        return tf.reduce_sum(P * row.activation(v) - Q * row.conjugate_of_output(v))

    exact = divergences.exact(name, P, Q)
    np.testing.assert_allclose(bound(best), exact, rtol=1e-12)
    for index in range(4):
        for change in (-0.3, 0.3):
            assert bound(best + change * tf.one_hot(index, 4, dtype=tf.float64)) < exact


@every_divergence
def test_the_ratio_comes_back_from_the_optimal_output(name):
    np.testing.assert_allclose(DIVERGENCES[name].log_ratio(_optimal_output(name)), tf.math.log(P / Q), rtol=1e-10)


@every_divergence
def test_the_optimal_discriminator_gives_the_generator_the_divergences_gradient(name):
    loss = adversarial.LOSSES["minimax" if name == "gan" else name]
    logits = tf.math.log(Q)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        q = tf.nn.softmax(logits)
        exact = divergences.exact(name, P, q)
        expected_loss = tf.reduce_sum(q * loss.generator(_optimal_output(name)))
    np.testing.assert_allclose(
        tape.gradient(expected_loss, logits), tape.gradient(exact, logits), rtol=1e-9, atol=1e-12
    )


def test_pearsons_ratio_stays_positive_where_no_densities_explain_the_output():
    log_ratio = DIVERGENCES["pearson"].log_ratio(tf.constant([-50.0, -2.0, 0.0, 4.0], tf.float64))
    np.testing.assert_allclose(np.exp(log_ratio), [0.01, 0.01, 1.0, 3.0], rtol=1e-12)


@pytest.mark.parametrize("name", ["gan", "jensen_shannon"])
def test_large_outputs_neither_overflow_nor_lose_their_slope(name):
    v = tf.constant([-1e4, 1e4])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(v)
        of_data, of_generated = DIVERGENCES[name].activation(v), DIVERGENCES[name].conjugate_of_output(v)
    assert np.isfinite([of_data, of_generated]).all()
    np.testing.assert_allclose(tape.gradient(of_data, v), [1.0, 0.0])
    np.testing.assert_allclose(tape.gradient(of_generated, v), [0.0, 1.0])
