"""Priors with parameters of their own."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo import layers


def test_the_prior_is_bernoulli_with_learned_logits():
    prior = layers.BernoulliPrior(3)
    prior.logits.assign([0.0, 2.0, -1.0])
    h = tf.constant([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    p = 1.0 / (1.0 + np.exp([-0.0, -2.0, 1.0]))
    expected = np.sum(np.where(np.asarray(h) == 1.0, np.log(p), np.log(1.0 - p)), axis=-1)
    np.testing.assert_allclose(prior.distribution.log_prob(h), expected, rtol=1e-5)
    assert prior.distribution.event_shape == (3,)


def test_the_logits_get_the_gradient_of_the_mean_less_the_probability():
    prior = layers.BernoulliPrior(2, seed=1)
    h = tf.constant([[0.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(prior.distribution.log_prob(h))
    (gradient,) = tape.gradient(value, [prior.logits.value])
    np.testing.assert_allclose(gradient, np.array([0.75, 1.0]) - tf.sigmoid(prior.logits.value), atol=1e-6)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_the_prior_is_in_single_precision_and_comes_back_from_its_configuration(policy, dtype_policy):
    dtype_policy(policy)
    prior = layers.BernoulliPrior(4, seed=2)
    clone = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(prior))
    assert clone.get_config() == prior.get_config()
    np.testing.assert_array_equal(clone.logits, prior.logits)
    assert prior.distribution.mean().dtype == tf.float32
    assert len(prior.trainable_weights) == 1
