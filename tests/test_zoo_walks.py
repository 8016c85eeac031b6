"""The ways between two draws, against places worked out by hand."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from unizoo.zoo.core.randomness import Between, row_draws, row_thresholds
from unizoo.zoo.core.walks import between, crossover, line, slerp

tfd = tfp.distributions
SHARES = (0.0, 0.25, 0.5, 1.0)


def test_slerp_goes_around_the_circle():
    start, end = tf.constant([[2.0, 0.0]]), tf.constant([[0.0, 2.0]])
    for share in SHARES:
        angle = share * np.pi / 2.0
        np.testing.assert_allclose(slerp(start, end, share), [[2.0 * np.cos(angle), 2.0 * np.sin(angle)]], atol=1e-6)


def test_slerp_keeps_the_length_of_many_normal_values_where_a_line_loses_it():
    start, end = tf.random.stateless_normal([2, 20, 100], (0, 1))
    lengths = {way: float(tf.reduce_mean(tf.norm(way(start, end, 0.5), axis=-1))) for way in (slerp, line)}
    assert lengths[slerp] == pytest.approx(10.0, rel=0.02)
    assert lengths[line] == pytest.approx(10.0 / np.sqrt(2.0), rel=0.02)


@pytest.mark.parametrize("end", [[1.0, 2.0], [-1.0, -2.0], [2.0, 4.0]])
def test_where_no_circle_is_set_slerp_takes_the_line(end):
    start, end = tf.constant([[1.0, 2.0]]), tf.constant([end])
    np.testing.assert_allclose(slerp(start, end, 0.25), 0.75 * start + 0.25 * end, atol=1e-6)


def test_a_crossover_changes_each_unit_once_from_the_first_to_the_last():
    start, end = tf.zeros([1, 4]), tf.ones([1, 4])
    counts = [int(tf.reduce_sum(crossover(start, end, share))) for share in np.linspace(0.0, 1.0, 9)]
    assert counts == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    np.testing.assert_array_equal(crossover(start, end, 0.5), [[1.0, 1.0, 0.0, 0.0]])


@pytest.mark.parametrize("way", [line, slerp, crossover])
def test_every_way_begins_and_ends_at_its_ends(way):
    start, end = tf.random.stateless_normal([2, 5, 7], (0, 1))
    np.testing.assert_array_equal(way(start, end, 0.0), start)
    np.testing.assert_allclose(way(start, end, 1.0), end, rtol=1e-6)


def test_the_way_suits_the_distribution():
    start, end = tf.constant([[3.0, 1.0]]), tf.constant([[1.0, 3.0]])
    normal = tfd.MultivariateNormalDiag(tf.ones(2))
    np.testing.assert_allclose(between(normal, start, end, 0.5), [[1.0 + np.sqrt(2.0)] * 2], rtol=1e-6)
    uniform = tfd.Independent(tfd.Uniform(-tf.ones(2), tf.ones(2)), 1)
    np.testing.assert_allclose(between(uniform, start, end, 0.5), [[2.0, 2.0]])
    binary = tfd.Independent(tfd.Bernoulli(probs=[0.5, 0.5]), 1)
    np.testing.assert_array_equal(between(binary, start, end, 0.5), [[1.0, 1.0]])


def test_rows_between_seeds_lie_between_the_seeds_draws():
    prior, (start, end) = tfd.MultivariateNormalDiag(tf.zeros(6)), tf.constant([[1, 2, 3], [4, 5, 6]], tf.int64)
    ends = row_draws(prior, start, 1), row_draws(prior, end, 1)
    np.testing.assert_array_equal(row_draws(prior, Between(start, end, 0.3), 1), slerp(*ends, 0.3))
    noise = row_thresholds(6, start), row_thresholds(6, end)
    np.testing.assert_array_equal(row_thresholds(6, Between(start, end, 0.5)), crossover(*noise, 0.5))
