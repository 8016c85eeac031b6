"""The quantised logistic, alone and as a head: masses, tails, draws, mean."""

import math

import numpy as np
import pytest
import tensorflow as tf
from unizoo import layers

LOCATIONS = [-0.3, 0.0, 0.123, 0.5, 1.0, 1.4]
SCALES = [1e-3, 0.02, 0.3, 5.0]


def _grid(levels):
    return np.arange(levels) / (levels - 1)


def _all(levels, dtype=np.float64):
    """One distribution for each of the locations and scales: batch shape [locations, scales]."""
    return layers.QuantizedLogistic(np.array(LOCATIONS, dtype)[:, None], np.array(SCALES, dtype), levels)


@pytest.mark.parametrize("levels", [2, 3, 16, 256])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_masses_of_all_levels_sum_to_one(levels, dtype):
    masses = tf.exp(_all(levels, dtype).log_prob(_grid(levels).astype(dtype)[:, None, None]))
    # float32: 256 masses, each good to about 1e-6 of itself where the argument of a sigmoid is large.
    np.testing.assert_allclose(tf.reduce_sum(masses, 0), np.ones((6, 4)), rtol=1e-12 if dtype is np.float64 else 2e-5)


def test_a_mass_is_the_difference_of_the_distribution_function():
    def sigmoid(u):
        return 1 / (1 + math.exp(-u))

    log_prob = layers.QuantizedLogistic(tf.constant(0.4, tf.float64), 0.2, levels=5).log_prob([0.0, 0.25, 1.0])
    edges = [sigmoid((edge - 0.4) / 0.2) for edge in (0.125, 0.375, 0.875)]
    np.testing.assert_allclose(tf.exp(log_prob), [edges[0], edges[1] - edges[0], 1 - edges[2]], rtol=1e-12)


def test_far_tails_keep_their_precision_in_float32():
    near, far = (layers.QuantizedLogistic(tf.constant(0.5, dtype), 1e-3) for dtype in (tf.float32, tf.float64))
    values = _grid(256)[[0, 1, 40, 200, 254, 255]]
    # The mass of the far tails is exp(-500), zero in float32: only its logarithm is left. The arguments of the
    # sigmoids, up to 500, are good to 1e-4 or so there.
    np.testing.assert_allclose(near.log_prob(values.astype(np.float32)), far.log_prob(values), rtol=1e-5)


def test_a_wide_scale_makes_inner_levels_equal():
    # The density of a logistic at its centre is 1 / (4 s), and the width of a level 1 / 255.
    log_prob = layers.QuantizedLogistic(tf.constant(0.5), 1e4).log_prob(_grid(256)[1:-1].astype(np.float32))
    np.testing.assert_allclose(log_prob, np.full(254, -math.log(4e4 * 255)), rtol=1e-5)


def test_any_value_is_read_as_the_nearest_level():
    distribution = layers.QuantizedLogistic(tf.constant(0.4), 0.2, levels=5)
    np.testing.assert_array_equal(
        distribution.log_prob([-0.1, 0.1, 0.2, 0.6, 0.9, 1.2]), distribution.log_prob([0.0, 0.0, 0.25, 0.5, 1.0, 1.0])
    )


def test_draws_lie_on_the_levels_with_the_frequencies_of_their_masses():
    distribution = layers.QuantizedLogistic(tf.constant(0.2, tf.float64), 0.15, levels=6)
    n = 20_000
    draws = np.round(5 * distribution.sample(n, seed=(3, 4)).numpy(), 12)
    values, counts = np.unique(draws, return_counts=True)
    np.testing.assert_array_equal(values, np.arange(6.0))
    masses = np.exp(distribution.log_prob(_grid(6)))
    # Five standard deviations of a binomial frequency.
    assert (np.abs(counts / n - masses) < 5 * np.sqrt(masses / n)).all()


@pytest.mark.parametrize("levels", [2, 16, 256])
def test_mean_is_exact_to_half_a_level(levels):
    distribution = _all(levels)
    masses = np.exp(distribution.log_prob(_grid(levels)[:, None, None]))
    exact = (masses * _grid(levels)[:, None, None]).sum(0)
    mean = distribution.mean().numpy()
    np.testing.assert_allclose(mean, exact, atol=0.5 / (levels - 1))
    wide = np.array(SCALES) > 1 / (levels - 1)  # levels narrower than the noise: rounding averages out
    np.testing.assert_allclose(mean[:, wide], exact[:, wide], atol=0.03 / (levels - 1))


def test_mean_stays_within_the_unit_interval_in_float32():
    locations = tf.constant([-1e4, -0.01, 0.0, 1e-4, 0.7, 1.0, 1e4])[:, None]
    means = layers.QuantizedLogistic(locations, tf.constant([1e-5, 1e-3, 0.1, 10.0, 1e4])).mean().numpy()
    assert means.min() >= 0.0
    assert means.max() <= 1.0
    np.testing.assert_allclose(means[:, 0], np.clip(locations[:, 0], 0, 1), atol=2e-5)


def test_head_of_zero_features_is_mid_grey_with_a_tenth_of_the_range():
    head = layers.DiscretizedLogistic(1)
    reference = layers.QuantizedLogistic(0.5, 0.1)
    values = _grid(256).astype(np.float32)
    np.testing.assert_allclose(head(tf.zeros([1, 2])).log_prob(values[:, None]), reference.log_prob(values), rtol=1e-5)


def test_fewer_than_two_levels_are_refused():
    with pytest.raises(ValueError, match=r"at least 2. Received: levels=1"):
        layers.DiscretizedLogistic(3, levels=1)
