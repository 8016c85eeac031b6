"""The VAE-GAN: whose gradient each network gets, and what its likelihood is of."""

import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo import VAEGAN, Batch

TINY = {"image_shape": (10, 10, 1), "latent_dim": 3, "filters": 2}


def _lively(**changes):
    model, random = VAEGAN(**TINY, **changes), np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign_add(random.normal(0.0, 0.3, weight.shape))
    return model


@pytest.fixture(scope="module")
def batch():
    return Batch(tf.constant(np.random.default_rng(0).random((6, *TINY["image_shape"])), tf.float32))


def _losses(model, batch):
    """The phases' losses and terms in inference mode, with one noise."""
    noise = model.phases[0].noise(len(batch.images), tf.constant([0, 1]))
    return {phase.name: phase.loss(batch, noise, False) for phase in model.phases}, noise


def _softplus(x):
    return np.logaddexp(0.0, x)


@pytest.mark.parametrize("objective", ["similarity", "sum"])
def test_the_losses_are_the_papers(batch, objective):
    model = _lively(objective=objective, gamma=0.25)
    losses, noise = _losses(model, batch)
    posterior = model.encode(batch.images)
    codes = posterior.mean() + posterior.stddev() * noise["posterior"]
    reconstructed, generated = model.generator(codes), model.generator(noise["codes"])
    logits = [model.discriminate(images).numpy() for images in (batch.images, reconstructed, generated)]
    features = [model.discriminator(images)[0].numpy() for images in (batch.images, reconstructed)]
    if objective == "similarity":
        constant = 0.5 * features[0].shape[1] * np.log(2.0 * np.pi)
        likelihood = -0.5 * np.sum((features[0] - features[1]) ** 2, axis=1) - constant
    else:
        x, p = (np.asarray(part).reshape(6, -1) for part in (batch.images, reconstructed))
        likelihood = np.sum(x * np.log(p) + (1.0 - x) * np.log1p(-p), axis=1)
        np.testing.assert_allclose(model.decode(codes).log_prob(batch.images), likelihood, rtol=1e-4)
    real, *fake = logits
    np.testing.assert_allclose(
        losses["discriminator"][0], _softplus(-real) + np.mean(_softplus(fake), axis=0), rtol=1e-4
    )
    np.testing.assert_allclose(losses["encoder"][0], posterior.kl_divergence(model.prior) - likelihood, rtol=1e-4)
    expected = np.mean(_softplus(-np.stack(fake)), axis=0) - 0.25 * likelihood
    np.testing.assert_allclose(losses["generator"][0], expected, rtol=1e-4)


def test_gamma_weighs_the_likelihood_for_the_generator_alone(batch):
    light, heavy = (_losses(_lively(gamma=gamma), batch)[0] for gamma in (1.0, 2.0))
    for name in ("discriminator", "encoder"):
        np.testing.assert_array_equal(light[name][0], heavy[name][0])
    reconstruction = light["encoder"][1]["reconstruction"]
    np.testing.assert_allclose(heavy["generator"][0] - light["generator"][0], -reconstruction, rtol=1e-4)


def test_log_prob_of_the_sum_weighs_codes_by_the_pixels_likelihood(batch):
    model, images = _lively(objective="sum"), tf.round(batch.images)
    noise = tf.random.stateless_normal([5, 6, 3], (0, 1))
    posterior = model.encode(images)
    z = posterior.mean() + posterior.stddev() * noise
    expected = model.decode(z).log_prob(images) + model.prior.log_prob(z) - posterior.log_prob(z)
    np.testing.assert_allclose(model.log_weights(images, noise=[noise]), expected, rtol=1e-4)
    few, many = (model.log_prob(images, num_samples=n, seed=1) for n in (2, 2000))
    assert np.mean(many) > np.mean(few)
    with pytest.raises(NotImplementedError, match=r"no log_prob: .*of the discriminator's features"):
        _lively().log_prob(images)


def test_the_sum_decodes_codes_with_leading_axes_and_similarity_says_why_it_does_not():
    codes = tf.random.stateless_normal([2, 5, 3], (0, 1))
    means = _lively(objective="sum").decode(codes).mean()
    assert means.shape == (2, 5, *TINY["image_shape"])
    np.testing.assert_allclose(means[1], _lively(objective="sum").decode(codes[1]).mean(), atol=1e-6)
    with pytest.raises(NotImplementedError, match=r"of the discriminator's features; objective=\"sum\" has one"):
        _lively().decode(codes)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"objective": "product"}, "objective must be one of .*Received: objective='product'"),
        ({"gamma": 0.0}, "gamma must be above 0. Received: gamma=0.0"),
        ({"num_classes": 3}, "knows num_classes=None only. Received: num_classes=3"),
        ({"adversarial_loss": "hinge"}, "knows adversarial_loss='non_saturating' only"),
    ],
)
def test_wrong_arguments_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        VAEGAN(**TINY, **wrong)
