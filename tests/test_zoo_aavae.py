"""The adversary-activated VAE: what the discriminator's judgement does to the VAE's gradient, and what it judges."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo import layers
from unizoo.zoo import AASVAE, AAVAE, SVAE, VAE, Batch

SHAPE = (4, 4, 1)
TINY = {"image_shape": SHAPE, "latent_dim": 3, "hidden": (6,)}


def _perfect_discriminator():
    """Knows grey images, real here, from binary draws: D is 1 or 0 to the last bit."""
    image = keras.Input(SHAPE)
    greyness = keras.ops.sum(keras.layers.Flatten()(image * (1.0 - image)), axis=1, keepdims=True)
    return keras.Model(image, 1000.0 * greyness - 200.0)


def _grey(n):
    return np.random.default_rng(0).uniform(0.2, 0.8, (n, *SHAPE)).astype(np.float32)


def _gradients(model, batch, noise):
    """The loss of the autoencoder's phase, its gradient, and its logs."""
    phase = model.phases[-1]
    weights = [weight.value for network in phase.networks for weight in network.trainable_weights]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(weights)
        loss, terms = phase.loss(batch, noise, True)
    return loss, tape.gradient(loss, weights), terms


@pytest.mark.parametrize(
    ("plain", "activated", "labels"), [(VAE, AAVAE, None), (SVAE, AASVAE, [0, 1, -1, -1, 2, -1, -1, -1])]
)
def test_a_perfect_discriminator_gives_half_the_gradient_of_the_vae(plain, activated, labels):
    arguments = {**TINY, **({} if labels is None else {"num_classes": 3})}
    plain = plain(**arguments)
    activated = activated(**arguments, temperature=2.0, discriminator_network=_perfect_discriminator())
    batch = Batch(tf.constant(_grey(8)), labels)
    noise = activated.phases[-1].noise(8, tf.constant([0, 1]))
    loss, gradients, terms = _gradients(plain, batch, noise["real"])
    half, halves, activated_terms = _gradients(activated, batch, noise)
    np.testing.assert_array_equal(activated_terms["activation_real"], np.ones(8))
    np.testing.assert_allclose(activated_terms["activation_generated"], np.zeros(8), atol=1e-30)
    np.testing.assert_allclose(2.0 * half, loss, rtol=1e-6)
    for one, other in zip(halves, gradients, strict=True):
        np.testing.assert_allclose(2.0 * one, other, rtol=1e-6, atol=1e-6)
    for name, value in terms.items():  # logged as they are, of the data
        np.testing.assert_array_equal(activated_terms[name], value)


def test_activated_samples_count_and_pass_no_gradient_to_what_made_or_judged_them(rows):
    model = next(row for row in rows if row.name == "aavae").make_lively()
    batch = Batch(tf.constant(_grey(8)))
    noise = model.phases[-1].noise(8, tf.constant([0, 1]))
    loss, terms = model.phases[-1].loss(batch, noise, True)
    draws = model.generations.draw(None, noise["generation"])
    inner = [
        VAE._objective(model, half, noise[name], True)[0] for name, half in (("real", batch), ("generated", draws))
    ]
    weights = [tf.sigmoid(model.discriminate(half.images) / model.temperature) for half in (batch, draws)]
    np.testing.assert_allclose(loss, (weights[0] * inner[0] + weights[1] * inner[1]) / 2.0, rtol=1e-5)
    np.testing.assert_allclose(terms["activation_generated"], weights[1], rtol=1e-5)
    assert set(np.unique(draws.images)) == {0.0, 1.0}
    with tf.GradientTape() as tape:
        loss, _ = model.phases[-1].loss(batch, noise, True)
    assert tape.gradient(loss, model.discriminator.trainable_weights) == [None] * 4


def test_a_higher_temperature_brings_activations_nearer_a_half(rows):
    row = next(row for row in rows if row.name == "aavae")
    spreads = []
    for temperature in (1.0, 3.0):
        model = row.make_lively(temperature=temperature)
        _, terms = model.phases[-1].loss(row.batch(16), model.phases[-1].noise(16, tf.constant([0, 1])), False)
        spreads.append(np.abs(terms["activation_generated"] - 0.5))
    assert (spreads[1] < spreads[0]).all()


def test_a_conditional_models_generated_samples_take_the_batchs_labels(rows):
    row = next(row for row in rows if row.name == "aacvae")
    model = row.make_lively()
    noise = model.phases[0].noise(6, tf.constant([0, 1]))
    drawn = model.generations.draw(row.labels(6), noise)
    likelihood = model.decode(noise["codes"], row.labels(6))
    np.testing.assert_array_equal(drawn.images, tf.cast(noise["uniform"] > 1.0 - likelihood.mean(), tf.float32))
    np.testing.assert_array_equal(drawn.labels, row.labels(6))
    assert not np.allclose(model.discriminate(row.images(6), [0] * 6), model.discriminate(row.images(6), [1] * 6))


def test_generated_samples_of_a_semi_supervised_model_have_a_class_and_no_label():
    model = AASVAE(**TINY, num_classes=3)
    noise = model.phases[0].noise(300, tf.constant([0, 1]))
    assert np.bincount(noise["classes"], minlength=3).min() > 70
    drawn = model.generations.draw(np.zeros(300, np.int32), noise)
    np.testing.assert_array_equal(drawn.labels, np.full(300, -1))
    probabilities = model.decode(noise["codes"], noise["classes"]).mean()
    np.testing.assert_array_equal(drawn.images, tf.cast(noise["uniform"] > 1.0 - probabilities, tf.float32))


@pytest.mark.parametrize("head", ["IndependentBernoulli", "IndependentNormal", "DiscretizedLogistic"])
def test_quantiles_of_uniform_numbers_are_draws_of_every_likelihood(head):
    head = getattr(layers, head)((2,))
    distribution = head(tf.random.stateless_normal([head.params_size], (0, 1)))
    grid = (np.arange(20_000, dtype=np.float32)[:, None] + 0.5) / 20_000
    quantiles = distribution.distribution.quantile(tf.constant(np.repeat(grid, 2, axis=1)))
    draws = distribution.sample(20_000, seed=(0, 2))
    # Wasserstein's distance of the two, which is all sampling error.
    assert (np.mean(np.abs(np.sort(quantiles, axis=0) - np.sort(draws, axis=0)), axis=0) < 0.03).all()


@pytest.mark.parametrize("likelihood", ["normal", "discretized_logistic"])
def test_generated_samples_of_other_likelihoods_are_images(likelihood):
    model = AAVAE(**TINY, likelihood=likelihood)
    images = model.generations.draw(None, model.phases[0].noise(50, tf.constant([0, 1]))).images
    assert 0.0 <= np.min(images) < np.max(images) <= 1.0


def test_a_temperature_must_be_positive():
    with pytest.raises(ValueError, match=r"above 0. Received: temperature=0"):
        AAVAE(**TINY, temperature=0)
