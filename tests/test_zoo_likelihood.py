"""`log_prob` against the exact marginal likelihood, by quadrature over codes of one dimension."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from unizoo.zoo import IWAE, VAE

SHAPE = (2, 2, 1)
GRID = np.linspace(-9.0, 9.0, 361, dtype=np.float32)
STEP = float(GRID[1] - GRID[0])


def _lively(model):
    """A larger decoder, and codes near the prior: posteriors that miss p(z|x) would need many more samples."""
    random = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(0.3 * weight)
    for weight in model.decoder.trainable_weights:
        weight.assign(weight / 0.3 + random.normal(0.0, 0.3, weight.shape))
    return model


def _images():
    """All binary images of two by two pixels."""
    return ((np.arange(16)[:, None] >> np.arange(4)) & 1).reshape(16, *SHAPE).astype(np.float32)


def _integrate(log_prior, model, images):
    """log of the integral of p(z) p(x|z) over the grid, z the code next to the data: [len(images)]."""
    likelihood = model.decode(GRID[:, None])
    log_likelihood = tf.stack([likelihood.log_prob(image[None]) for image in images])
    return tf.reduce_logsumexp(log_likelihood + log_prior, axis=1) + np.log(STEP)


def _log_normal(x, scale=1.0, mean=0.0):
    return tfp.distributions.Normal(mean, scale).log_prob(x)


@pytest.mark.parametrize("model_class", [VAE, IWAE])
def test_log_prob_is_the_marginal_for_one_stochastic_layer(model_class):
    model, images = _lively(model_class(SHAPE, latent_dim=1, hidden=(4,), seed=1)), _images()
    exact = _integrate(_log_normal(GRID), model, images)
    assert float(tf.reduce_logsumexp(exact)) == pytest.approx(0.0, abs=1e-3)  # the masses of all images sum to one
    np.testing.assert_allclose(model.log_prob(images, num_samples=5000), exact, atol=0.05)


def test_log_prob_is_the_marginal_for_two_stochastic_layers():
    model = _lively(IWAE(SHAPE, latent_dim=(1, 1), hidden=((4,), (3,)), seed=1))
    images = _images()
    lower = model.upper_decoder(GRID[:, None])
    # log p(h1), h2 integrated out: rows are values of h2, columns of h1.
    conditional = _log_normal(GRID[None, :], lower.stddev(), lower.mean())
    log_prior = tf.reduce_logsumexp(conditional + _log_normal(GRID)[:, None], axis=0) + np.log(STEP)
    exact = _integrate(log_prior, model, images)
    assert float(tf.reduce_logsumexp(exact)) == pytest.approx(0.0, abs=1e-3)
    np.testing.assert_allclose(model.log_prob(images, num_samples=5000), exact, atol=0.05)


def test_the_bounds_are_below_the_marginal_and_the_training_terms_agree():
    images = _images()
    model = _lively(IWAE(SHAPE, latent_dim=1, hidden=(4,), num_samples=200, seed=1))
    exact = float(tf.reduce_mean(_integrate(_log_normal(GRID), model, images)))
    model.compile(run_eagerly=True)
    logs = model.evaluate(images, batch_size=16, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(-logs["bound"])
    assert logs["elbo"] == pytest.approx(logs["reconstruction"] - logs["kl"], abs=1e-4)
    assert logs["elbo"] < logs["bound"] == pytest.approx(exact, abs=0.1)
    assert 1.0 <= logs["effective_sample_size"] <= 200.0


def test_the_vaes_bound_is_the_mean_log_weight():
    images = _images()
    model = _lively(VAE(SHAPE, latent_dim=1, hidden=(4,), seed=1))
    noise = tf.random.stateless_normal([20_000, 16, 1], (0, 1))
    monte_carlo = tf.reduce_mean(model.log_weights(images, noise=[noise]), axis=0)
    posterior = model.encode(images)
    draws = posterior.mean() + posterior.stddev() * noise
    reconstruction = tf.reduce_mean(model.decode(draws).log_prob(images), axis=0)
    np.testing.assert_allclose(reconstruction - posterior.kl_divergence(model.prior), monte_carlo, atol=0.03)


def test_no_samples_are_refused():
    model = VAE((4, 4, 1), 2, (5,))
    with pytest.raises(ValueError, match=r"at least 1. Received: num_samples=0"):
        model.log_prob(np.zeros((2, 4, 4, 1), np.float32), 0)
