"""Conditional distributions: sample axes, seeds, configuration, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo import layers

IMAGE = (6, 5, 1)


def _encoder(seed=0, **kwargs):
    return layers.Conditional(
        layers.mlp(IMAGE, (8, 7), seed=seed), layers.MultivariateNormalDiag(3), seed=seed + 2, **kwargs
    )


def _decoder(seed=0):
    return layers.Conditional(layers.mlp((3,), (8,), seed=seed), layers.IndependentBernoulli(IMAGE), seed=seed + 1)


def _images(*leading):
    return np.random.default_rng(0).random((*leading, *IMAGE), dtype=np.float32)


@pytest.mark.parametrize("leading", [(4,), (2, 4), (3, 2, 4)])
def test_leading_axes_become_the_batch_shape(leading):
    encoder = _encoder()
    images = _images(*leading)
    distribution = encoder(images)
    assert distribution.batch_shape == leading
    assert distribution.event_shape == (3,)
    flat = encoder(images.reshape(-1, *IMAGE))
    np.testing.assert_allclose(tf.reshape(distribution.mean(), (-1, 3)), flat.mean(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(tf.reshape(distribution.stddev(), (-1, 3)), flat.stddev(), rtol=1e-5)


@pytest.mark.parametrize("jit", [False, True])
def test_sample_axes_in_a_compiled_function(jit):
    decoder = _decoder()
    z = tf.random.stateless_normal((2, 4, 3), (1, 2))

    @tf.function(jit_compile=jit)
    def log_prob(z):
        return decoder(z).log_prob(_images(4))

    np.testing.assert_allclose(log_prob(z), decoder(z).log_prob(_images(4)), rtol=1e-5)


def test_unknown_sample_and_batch_sizes():
    decoder = _decoder()

    @tf.function(input_signature=[tf.TensorSpec([None, None, 3])])
    def mean(z):
        distribution = decoder(z)
        assert distribution.event_shape == IMAGE
        return distribution.mean()

    z = tf.random.stateless_normal((2, 4, 3), (1, 2))
    np.testing.assert_allclose(mean(z), decoder(z).mean(), rtol=1e-5)


def test_weights_are_those_of_the_network_and_of_the_projection():
    decoder = _decoder()
    shapes = [tuple(weight.shape) for weight in decoder.trainable_weights]
    assert shapes == [(3, 8), (8,), (8, 30), (30,)]
    with tf.GradientTape() as tape:
        log_prob = decoder(tf.ones((4, 3))).log_prob(_images(4))
    for gradient in tape.gradient(log_prob, [weight.value for weight in decoder.trainable_weights]):
        assert (np.abs(gradient) > 0).any()


def test_seed_decides_the_weights_and_the_layers_differ():
    encoder, same, other = _encoder(seed=3), _encoder(seed=3), _encoder(seed=40)
    for weight, equal, different in zip(encoder.get_weights(), same.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, equal)
        assert weight.ndim == 1 or not np.allclose(weight, different)


def test_training_mode_reaches_the_network():
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8), keras.layers.Dropout(0.5, seed=1)])
    conditional = layers.Conditional(network, layers.Categorical(4), seed=0)
    z = tf.ones((4, 3))
    calm, dropped = (conditional(z, training=training).logits for training in (False, True))
    np.testing.assert_array_equal(calm, conditional(z).logits)
    assert not np.allclose(calm, dropped)


def test_configuration_makes_a_layer_with_the_same_distributions():
    encoder = _encoder(name="recognition")
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(encoder))
    assert copy.name == "recognition"
    assert copy.get_config() == encoder.get_config()
    np.testing.assert_array_equal(copy(_images(4)).mean(), encoder(_images(4)).mean())


def test_density_is_float32_under_a_mixed_policy():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        decoder = _decoder()
    finally:
        keras.config.set_dtype_policy(before)
    z = tf.random.stateless_normal((2, 4, 3), (1, 2))
    assert decoder.projection.compute_dtype == "bfloat16"
    log_prob = decoder(z).log_prob(_images(4))
    assert log_prob.dtype == tf.float32
    # The same seeds in float32: 30 logits good to 8 bits each.
    np.testing.assert_allclose(log_prob, _decoder()(z).log_prob(_images(4)), rtol=0.01)


@pytest.mark.parametrize("head", [layers.Categorical(4), layers.IndependentBernoulli((4, 4, 1))])
def test_networks_that_map_neither_to_vectors_nor_to_a_map_of_the_heads_images_are_refused(head):
    network = keras.Sequential([keras.Input(IMAGE), keras.layers.Conv2D(2, 3, data_format="channels_last")])
    with pytest.raises(ValueError, match=r"Received: output shape \(None, 4, 3, 2\), event_shape="):
        layers.Conditional(network, head)


@pytest.mark.parametrize("make", [lambda: keras.Sequential([keras.layers.Dense(3)]), lambda: keras.layers.Dense(3)])
def test_networks_of_unknown_shapes_are_refused(make):
    with pytest.raises(ValueError, match=r"a built Sequential or Functional model. Received: network="):
        layers.Conditional(make(), layers.Categorical(4))


def test_inputs_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="incompatible with the layer"):
        _decoder()(tf.ones((2, 4, 5)))
