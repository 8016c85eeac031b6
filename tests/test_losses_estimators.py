"""Expectation and noise of the gradient estimators on a model whose densities are all known.

p(z) = N(0, 1), p(x|z) = N(z, 1), q(z|x) = N(m, exp(2 r)), with variances: the posterior of x is N(x/2, 1/2). Each of
many replicates has its own copy of (m, r), so that one backward pass gives as many independent draws of the gradient.
"""

import functools
import math

import numpy as np
import pytest
import tensorflow as tf
from unizoo.losses import bounds

X, MEAN, LOG_SCALE = 1.5, 0.55, -0.2
REPLICATES = 40_000
# A mean over the replicates is off by more than five of its standard errors once in two million tries; the draws are
# seeded, so that the tests do not flicker.
STANDARD_ERRORS = 5.0


def _normal(value, loc, log_scale):
    return -0.5 * ((value - loc) * tf.exp(-log_scale)) ** 2 - log_scale - 0.5 * math.log(2 * math.pi)


@functools.cache
def _gradients(bound, k, mean=MEAN, log_scale=LOG_SCALE, **arguments):
    """Draws of the estimate of the gradient in (m, r): float64 [replicates, 2]."""
    noise = tf.constant(np.random.default_rng(k).normal(size=(k, REPLICATES, 1)))
    m, r = (tf.fill([REPLICATES], tf.constant(value, tf.float64)) for value in (mean, log_scale))

    def densities(latents):
        z = latents[0][..., 0]
        return _normal(X, z, tf.zeros_like(z)), _normal(z, 0.0, tf.zeros_like(z)), _normal(z, m, r)

    with tf.GradientTape() as tape:
        tape.watch([m, r])
        latents = [m[:, None] + tf.exp(r)[:, None] * noise]
        parts, *route = (
            (densities(latents),) if bound in ("iwae", "miwae") else bounds.path_derivative(densities, latents)
        )
        log_likelihood, log_prior, log_posterior = parts
        value = getattr(bounds, bound)(log_likelihood + log_prior - log_posterior, *route, **arguments)
    return np.stack(tape.gradient(value, [m, r]), axis=1)


def _mean_and_error(gradients):
    return gradients.mean(0), gradients.std(0) / math.sqrt(len(gradients))


def _signal_to_noise(gradients):
    return np.abs(gradients.mean(0)) / gradients.std(0)


@pytest.mark.parametrize("k", [2, 16])
def test_dreg_has_the_expectation_of_iwae(k):
    iwae, dreg = _gradients("iwae", k), _gradients("dreg", k)
    difference, error = _mean_and_error(iwae - dreg)  # the same draws of z: much of the noise cancels
    assert (np.abs(difference) < STANDARD_ERRORS * error).all()
    mean, error = _mean_and_error(dreg)
    assert (np.abs(mean) > 4 * STANDARD_ERRORS * error).all()  # there is a gradient to agree on


def test_stl_is_biased_for_several_samples():
    difference, error = _mean_and_error(_gradients("iwae", 16) - _gradients("stl", 16))
    assert (np.abs(difference) > 2 * STANDARD_ERRORS * error).any()


@pytest.mark.parametrize("bound", ["iwae", "stl", "dreg"])
def test_at_one_sample_every_estimator_has_the_gradient_of_the_elbo(bound):
    # ELBO = log p(x) - KL( N(m, s^2) || N(x/2, 1/2) ), so d/dm = x - 2m and d/dr = 1 - 2 s^2.
    mean, error = _mean_and_error(_gradients(bound, 1))
    exact = np.array([X - 2 * MEAN, 1 - 2 * math.exp(2 * LOG_SCALE)])
    assert (np.abs(mean - exact) < STANDARD_ERRORS * error).all()


@pytest.mark.parametrize("k", [1, 16])
def test_path_gradients_vanish_where_q_is_the_posterior_and_the_plain_one_does_not(k):
    at_posterior = {bound: _gradients(bound, k, X / 2, math.log(0.5) / 2) for bound in ("iwae", "stl", "dreg")}
    np.testing.assert_allclose(at_posterior["stl"], 0.0, atol=1e-12)
    np.testing.assert_allclose(at_posterior["dreg"], 0.0, atol=1e-12)
    assert at_posterior["iwae"].std(0).min() > 0.1


def test_signal_to_noise_falls_with_k_for_iwae_and_grows_for_dreg():
    few, many = ({bound: _signal_to_noise(_gradients(bound, k)) for bound in ("iwae", "dreg")} for k in (4, 64))
    # A ratio well below one is known to 1/sqrt(replicates), the difference of two to sqrt(2) times that.
    margin = STANDARD_ERRORS * math.sqrt(2.0 / REPLICATES)
    assert (many["iwae"] + margin < few["iwae"]).all()
    assert (many["dreg"] > few["dreg"] + margin).all()
    assert (many["dreg"] > 3 * (many["iwae"] + margin)).all()


def test_signal_to_noise_of_the_mean_over_groups_is_that_of_a_group_and_more():
    # With k = 16 samples each: groups of 4 keep the signal of k = 4, and the mean over four of them halves the noise.
    plain, grouped = _signal_to_noise(_gradients("iwae", 16)), _signal_to_noise(_gradients("miwae", 16, groups=4))
    margin = STANDARD_ERRORS * math.sqrt(2.0 / REPLICATES)
    assert (grouped > plain + margin).all()
