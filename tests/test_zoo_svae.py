"""The semi-supervised VAE: its bounds against sums over the classes, labels that are missing, and what it learns."""

import numpy as np
import pytest
import tensorflow as tf
from unizoo import data
from unizoo.zoo import SVAE, VAE, Batch

SHAPE = (2, 2, 1)
MISSING = np.full(16, -1, np.int32)


@pytest.fixture(scope="module")
def model():
    model, random = SVAE(SHAPE, latent_dim=1, hidden=(4,), num_classes=3, alpha=2.0), np.random.default_rng(0)
    for network, scale in ((model.encoder, 0.1), (model.decoder, 0.7), (model.classifier, 1.0)):
        for weight in network.trainable_weights:
            weight.assign(random.normal(0.0, scale, weight.shape))
    return model


@pytest.fixture(scope="module")
def images():
    """All binary images of two by two pixels."""
    return ((np.arange(16)[:, None] >> np.arange(4)) & 1).reshape(16, *SHAPE).astype(np.float32)


def _loss(model, images, labels, noise):
    return model.phases[0].loss(Batch(images, labels), noise, False)


def _noise(model):
    return model.phases[0].noise(16, tf.constant([0, 1]))


def _bounds(model, images, noise):
    """L(x,c) of every class: [3, 16]."""
    halves = [VAE._objective(model, Batch(images, np.full(16, c)), noise, False)[1]["bound"] for c in range(3)]
    return np.stack(halves) - np.log(3.0)


def test_the_bound_without_labels_is_the_sum_over_the_classes(model, images):
    noise, q = _noise(model), np.transpose(model.classify(images))
    expected = np.sum(q * (_bounds(model, images, noise) - np.log(q)), axis=0)
    loss, terms = _loss(model, images, MISSING, noise)
    np.testing.assert_allclose(terms["bound"], expected, rtol=1e-5)
    np.testing.assert_allclose(loss, -expected, rtol=1e-5)
    np.testing.assert_allclose(terms["reconstruction"] - terms["kl"], expected, rtol=1e-5)
    np.testing.assert_array_equal(terms["classification"], np.zeros(16))


def test_the_bound_with_labels_is_their_classs_and_alpha_weighs_the_classification(model, images):
    noise, labels = _noise(model), np.arange(16) % 3
    loss, terms = _loss(model, images, labels, noise)
    expected = _bounds(model, images, noise)[labels, np.arange(16)]
    np.testing.assert_allclose(terms["bound"], expected, rtol=1e-5)
    np.testing.assert_allclose(
        terms["classification"], np.log(np.asarray(model.classify(images))[np.arange(16), labels]), rtol=1e-5
    )
    np.testing.assert_allclose(loss, -expected - 2.0 * terms["classification"], rtol=1e-5)


def test_examples_with_and_without_labels_may_stand_in_one_batch(model, images):
    noise, labels = _noise(model), (np.arange(16) % 3).astype(np.int32)
    mixed = np.where(np.arange(16) < 5, labels, -1)
    apart = [_loss(model, images, every, noise)[0] for every in (labels, MISSING)]
    np.testing.assert_allclose(_loss(model, images, mixed, noise)[0], np.where(mixed >= 0, *apart), rtol=1e-6)


@pytest.mark.parametrize(("labels", "trained"), [(MISSING, True), (np.zeros(16, np.int32), False)])
def test_a_labelled_examples_bound_does_not_train_the_classifier(model, images, labels, trained):
    weights = [weight.value for weight in model.classifier.trainable_weights]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(weights)
        bound = _loss(model, images, labels, _noise(model))[1]["bound"]
    slopes = tape.gradient(bound, weights, unconnected_gradients="zero")
    assert all(np.any(np.abs(slope) > 1e-6) == trained for slope in slopes)


def test_log_prob_without_labels_is_the_marginal(model, images):
    marginal = model.log_prob(images, num_samples=3000)
    assert float(tf.reduce_logsumexp(marginal)) == pytest.approx(0.0, abs=0.02)  # the masses of all images sum to one
    given = [model.log_prob(images, num_samples=1000, labels=np.full(16, c)) for c in range(3)]
    np.testing.assert_allclose(marginal, tf.reduce_logsumexp(given, axis=0) - np.log(3.0), atol=1e-5)
    with pytest.raises(ValueError, match=r"none of the classes.* from -1 to -1"):
        model.log_prob(images, labels=MISSING)


def test_missing_labels_are_the_classifiers_guesses(model, images):
    guesses = np.argmax(model.classify(images), axis=1).astype(np.int32)
    assert len(set(guesses)) > 1
    partly = np.where(np.arange(16) < 8, -1, 0).astype(np.int32)
    filled = np.where(partly < 0, guesses, 0)
    for missing, known in ((None, guesses), (MISSING, guesses), (partly, filled)):
        np.testing.assert_array_equal(model.encode(images, missing).mean(), model.encode(images, known).mean())
        np.testing.assert_array_equal(
            model.reconstruct(images, labels=missing), model.reconstruct(images, labels=known)
        )
    line = model.interpolate(images[:8], images[8:], steps=3)
    np.testing.assert_array_equal(line, model.interpolate(images[:8], images[8:], steps=3, labels=guesses[:8]))


def test_labels_are_needed_and_checked_in_training(model, images):
    model.compile(run_eagerly=True)
    with pytest.raises(ValueError, match="labels are missing"):
        model.fit(images, verbose=0)
    with pytest.raises(ValueError, match=r"none of the classes: expected integers .* from -1 to 2.* from -2 to -2"):
        model.fit(images, MISSING - 1, verbose=0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_classes": 1}, "num_classes must be at least 2. Received: num_classes=1"),
        ({"num_classes": 3, "alpha": -1.0}, "alpha must be 0 or more. Received: alpha=-1.0"),
    ],
)
def test_wrong_arguments_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        SVAE(SHAPE, **wrong)


def test_digits_are_learned_from_a_tenth_of_their_labels():
    words = {"batch_size": 100, "labels": True, "labelled": 0.1}
    model = SVAE((8, 8, 1), latent_dim=8, hidden=(64,), num_classes=10, alpha=1.0)
    model.compile("adam")
    model.optimizer.learning_rate = 3e-3
    history = model.fit(data.load("digits", **words), epochs=25, verbose=0).history
    assert history["bound"][-1] > history["bound"][0] + 5.0
    test = data.load_arrays("digits", "test")
    assert np.mean(np.argmax(model.classify(test.images), axis=1) == test.labels) > 0.85
