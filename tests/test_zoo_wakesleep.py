"""Wake-sleep and reweighted wake-sleep: their gradients against sums over all codes."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo import RWS, Batch, WakeSleep

SHAPE = (2, 2, 1)
SIZES = (2, 2)


def _lively(cls, **arguments):
    model, random = cls(SHAPE, latent_dim=SIZES, **arguments), np.random.default_rng(3)
    for weight in model.trainable_weights:
        weight.assign_add(random.normal(0.0, 0.4, weight.shape))
    return model


def _binary(size):
    return np.array(list(itertools.product([0.0, 1.0], repeat=size)), np.float32)


def _codes():
    """All 16 pairs of codes: two arrays [16, 2]."""
    pairs = _binary(sum(SIZES))
    return [pairs[:, : SIZES[0]], pairs[:, SIZES[0] :]]


def _log_joint(model, x):
    """log p(x, h) of one image and every code, [16]."""
    codes = _codes()
    return tf.add_n(model._log_joint(tf.tile(x[None], [16, 1, 1, 1]), None, codes, False))


def _log_q(model, x):
    """log q(h|x) of one image and every code, [16]."""
    codes = _codes()
    posteriors = model.chain.posteriors(model._encode(tf.tile(x[None], [16, 1, 1, 1])), codes)
    return tf.add_n([one.log_prob(h) for one, h in zip(posteriors, codes, strict=True)])


def _gradients(model, function):
    variables = [weight.value for weight in model.trainable_weights]
    with tf.GradientTape() as tape:
        value = function()
    return tape.gradient(value, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _phase_gradients(model, name, images, n):
    """Minus the gradients of a phase's mean loss."""
    phase = next(phase for phase in model.phases if phase.name == name)
    batch = Batch(tf.repeat(images, n // len(images), axis=0))
    return _gradients(model, lambda: -tf.reduce_mean(phase.loss(batch, phase.noise(n, tf.constant([1, 2])), False)[0]))


def _assert_near(estimates, exact, tolerance):
    for one, other in zip(estimates, exact, strict=True):
        np.testing.assert_allclose(one, other, atol=tolerance)
    assert max(np.abs(one).max() for one in exact) > 10 * tolerance


IMAGE = tf.constant([1.0, 0.0, 1.0, 1.0], shape=(1, *SHAPE))


def test_the_wake_phase_climbs_the_expected_log_joint():
    model = _lively(WakeSleep)
    q = tf.exp(_log_q(model, IMAGE[0]))
    np.testing.assert_allclose(tf.reduce_sum(q), 1.0, rtol=1e-5)
    exact = _gradients(model, lambda: tf.reduce_sum(q * _log_joint(model, IMAGE[0])))
    _assert_near(_phase_gradients(model, "wake", IMAGE, 40_000), exact, 0.02)


@pytest.mark.parametrize("cls", [WakeSleep, RWS])
def test_the_sleep_phase_climbs_the_recognition_of_dreams(cls):
    model = _lively(cls)
    images = _binary(4).reshape(16, *SHAPE)
    p = [tf.exp(_log_joint(model, x)) for x in images]
    np.testing.assert_allclose(tf.reduce_sum(p), 1.0, rtol=1e-5)
    exact = _gradients(
        model, lambda: tf.add_n([tf.reduce_sum(one * _log_q(model, x)) for one, x in zip(p, images, strict=True)])
    )
    _assert_near(_phase_gradients(model, "sleep", IMAGE, 40_000), exact, 0.02)


def test_with_many_samples_reweighted_wake_climbs_the_likelihood_and_the_recognition_of_the_posterior():
    model = _lively(RWS, num_samples=1000)
    posterior = tf.nn.softmax(_log_joint(model, IMAGE[0]))
    exact = _gradients(
        model,
        lambda: tf.reduce_logsumexp(_log_joint(model, IMAGE[0])) + tf.reduce_sum(posterior * _log_q(model, IMAGE[0])),
    )
    _assert_near(_phase_gradients(model, "wake", IMAGE, 1000), exact, 0.02)


def test_at_one_sample_reweighted_wake_is_wake_for_the_generative_network():
    plain, reweighted = _lively(WakeSleep), _lively(RWS, num_samples=1)
    batch = Batch(_binary(4).reshape(16, *SHAPE))
    noise = plain.phases[0].noise(16, tf.constant([0, 1]))
    ours, theirs = (
        _gradients(model, lambda model=model, given=given: tf.reduce_mean(model.phases[0].loss(batch, given, False)[0]))
        for model, given in ((plain, noise), (reweighted, [one[None] for one in noise]))
    )
    generative = {id(weight) for network in plain.phases[0].networks for weight in network.weights}
    for weight, one, other in zip(plain.trainable_weights, ours, theirs, strict=True):
        if id(weight) in generative:
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_importance_weighted_bound_reaches_the_likelihood():
    model = _lively(WakeSleep)
    exact = tf.reduce_logsumexp(_log_joint(model, IMAGE[0]))
    assert float(model.log_prob(IMAGE, 20_000)[0]) == pytest.approx(float(exact), abs=0.02)


def test_dreams_follow_the_model():
    model = _lively(WakeSleep)
    dreams = np.asarray(model.sample(4000, seed=0, draw=True)).reshape(4000, 4)
    shares = np.bincount(dreams.astype(int) @ [8, 4, 2, 1], minlength=16) / 4000
    exact = [float(tf.exp(tf.reduce_logsumexp(_log_joint(model, tf.constant(x.reshape(SHAPE)))))) for x in _binary(4)]
    np.testing.assert_allclose(shares, exact, atol=0.03)


def test_other_likelihoods_and_no_layers_are_refused():
    with pytest.raises(ValueError, match=r"draws binary images.*Received: likelihood='normal'"):
        WakeSleep(SHAPE, likelihood="normal")
    with pytest.raises(ValueError, match=r"at least one layer. Received: latent_dim=\[\]"):
        WakeSleep(SHAPE, latent_dim=[])
    with pytest.raises(ValueError, match=r"at least 1. Received: num_samples=0"):
        RWS(SHAPE, num_samples=0)
