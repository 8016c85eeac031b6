"""Spectral normalisation: the norm, its gradient, what is stored and when, configurations, replicas, precisions."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo import layers

LAYERS = {
    "dense": (lambda: keras.layers.Dense(4, "relu", kernel_initializer=_initializer()), (6,)),
    "convolution": (
        lambda: keras.layers.Conv2D(
            4, 3, strides=2, padding="same", data_format="channels_last", kernel_initializer=_initializer()
        ),
        (7, 8, 2),
    ),
}
every_layer = pytest.mark.parametrize("kind", list(LAYERS))


def _initializer():
    return keras.initializers.RandomNormal(stddev=1.0, seed=3)


def _make(kind, seed=0):
    make, shape = LAYERS[kind]
    layer = layers.SpectralNormalization(make(), seed=seed)
    layer.build((None, *shape))
    return layer


def _inputs(kind, n=3):
    return np.random.default_rng(0).normal(size=(n, *LAYERS[kind][1])).astype(np.float32)


def _matrix(layer):
    kernel = layer.layer.kernel.numpy()
    return kernel.reshape(-1, kernel.shape[-1])


@every_layer
def test_after_some_steps_the_kernel_is_divided_by_its_largest_singular_value(kind):
    layer, x = _make(kind), _inputs(kind)
    layer.layer.bias.assign([0.1, 0.2, 0.3, 0.4])
    for _ in range(100):
        outputs = layer(x, training=True)
    plain = LAYERS[kind][0]()
    plain.build(x.shape)
    largest = np.linalg.svd(_matrix(layer))[1][0]
    plain.set_weights([layer.layer.kernel / largest, layer.layer.bias])
    np.testing.assert_allclose(outputs, plain(x), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer(x), outputs, rtol=1e-5, atol=1e-6)


def _operator_norm(layer, shape, steps=30):
    """The norm of the linear map that a layer is, from its transpose, the gradient, by power iteration."""

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            half = 0.5 * tf.reduce_sum(tf.square(layer(x)))
        return tf.sqrt(2.0 * half), tape.gradient(half, x)

    x = tf.constant(np.random.default_rng(0).normal(size=(1, *shape)), tf.float32)
    for _ in range(steps):
        norm, x = step(x / tf.norm(x))
    return float(norm)


@pytest.mark.parametrize(
    ("make", "shape", "most"),
    [
        (lambda start: keras.layers.Dense(3, use_bias=False, kernel_initializer=start), (5,), 1.0),
        (lambda start: _convolution(4, 2, start), (32, 32, 1), 2.0),
        (lambda start: _convolution(3, 1, start), (32, 32, 1), 3.0),
    ],
    ids=["dense", "4x4 stride 2", "3x3 stride 1"],
)
def test_a_convolutions_own_norm_is_up_to_its_size_over_its_stride(make, shape, most):
    norms = {}
    for start in ("ones", keras.initializers.RandomNormal(seed=1)):
        layer = layers.SpectralNormalization(make(start), seed=0)
        layer.build((None, *shape))
        for _ in range(30):
            layer(np.zeros((1, *shape), np.float32), training=True)
        norms[str(start)] = _operator_norm(layer, shape)
    assert max(norms.values()) <= most * 1.001
    # An image of one grey value under a kernel of ones comes close to the most, but for the image's border.
    np.testing.assert_allclose(norms["ones"], most, rtol=0.05)


def _convolution(size, strides, start):
    return keras.layers.Conv2D(
        2, size, strides, "same", data_format="channels_last", use_bias=False, kernel_initializer=start
    )


@every_layer
def test_a_call_in_training_stores_one_step_of_power_iteration_and_nothing_else(kind):
    layer = _make(kind)
    before = {weight.path: weight.numpy() for weight in layer.weights}
    layer(_inputs(kind), training=True)
    v = _matrix(layer) @ before[layer.u.path]
    u = (v / np.linalg.norm(v)) @ _matrix(layer)
    np.testing.assert_allclose(layer.u, u / np.linalg.norm(u), rtol=1e-5)
    for weight in layer.trainable_weights:
        np.testing.assert_array_equal(weight, before[weight.path])


@every_layer
def test_calls_out_of_training_and_of_a_frozen_layer_store_nothing(kind):
    layer = _make(kind)
    before = layer.u.numpy()
    layer(_inputs(kind))
    layer.trainable = False
    layer(_inputs(kind), training=True)
    np.testing.assert_array_equal(layer.u, before)


def test_the_gradient_goes_through_the_norm():
    # Miyato et al. 2018, Eq. 12: that of W / (v' W u) with u and v constant.
    layer, x = _make("dense"), _inputs("dense")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x)))
    gradient = tape.gradient(loss, layer.layer.kernel.value)
    matrix, u = _matrix(layer), layer.u.numpy()
    v = matrix @ u / np.linalg.norm(matrix @ u)
    u = v @ matrix / np.linalg.norm(v @ matrix)
    outputs = np.maximum(x @ matrix / (v @ matrix @ u), 0.0)
    wide = x.T @ (2.0 * outputs)  # d loss / d (W / sigma)
    sigma = v @ matrix @ u
    expected = wide / sigma - np.sum(wide * matrix) / sigma**2 * np.outer(v, u)
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-4)


def test_only_the_seed_decides_the_first_vector():
    vectors = [_make("dense", seed).u.numpy() for seed in (0, 0, 1)]
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert not np.allclose(vectors[0], vectors[2])


@every_layer
def test_a_configuration_and_the_weights_make_the_same_layer(kind):
    layer = _make(kind)
    layer(_inputs(kind), training=True)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    copy.set_weights(layer.get_weights())
    np.testing.assert_array_equal(copy(_inputs(kind)), layer(_inputs(kind)))
    assert copy.compute_output_shape(_inputs(kind).shape) == layer(_inputs(kind)).shape


@every_layer
@pytest.mark.parametrize("jit", [False, True])
def test_compiled_calls_do_and_store_what_eager_ones_do(kind, jit):
    eager, compiled = _make(kind), _make(kind)
    call = tf.function(lambda x: compiled(x, training=True), jit_compile=jit)
    for _ in range(2):
        np.testing.assert_allclose(call(_inputs(kind)), eager(_inputs(kind), training=True), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(compiled.u, eager.u, rtol=1e-4, atol=1e-6)


def test_replicas_store_the_same_vector_as_one_device(two_replicas):
    alone = _make("convolution")
    alone(_inputs("convolution"), training=True)
    with two_replicas.scope():
        layer = _make("convolution")
    inputs = _inputs("convolution")

    def call():
        return layer(inputs, training=True)

    tf.function(lambda: two_replicas.run(call))()
    for vector in two_replicas.experimental_local_results(layer.u.value):
        np.testing.assert_allclose(vector, alone.u, rtol=1e-5)


def test_half_precision_computes_the_norm_in_single(dtype_policy):
    exact = _make("dense")(_inputs("dense"))
    dtype_policy("mixed_bfloat16")
    layer = _make("dense")
    outputs = layer(_inputs("dense"), training=True)
    assert outputs.dtype == tf.bfloat16
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), exact, rtol=0.05, atol=0.05)


def test_a_projection_discriminator_normalises_its_own_layers_too():
    trunk = layers.dcgan_discriminator((12, 12, 1), 2, outputs=0, normalization="spectral", seed=0)
    network = layers.ProjectionDiscriminator(trunk, 3, seed=0, spectral=True)
    images, labels = np.ones((2, 12, 12, 1), np.float32), np.eye(3, dtype=np.float32)[:2]
    before = [layer.u.numpy() for layer in (network.logit, network.embedding)]
    outputs = network((images, labels), training=True)
    for layer, vector in zip((network.logit, network.embedding), before, strict=True):
        assert not np.allclose(layer.u, vector)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    copy.set_weights(network.get_weights())
    np.testing.assert_allclose(copy((images, labels)), outputs, rtol=0.3)
    np.testing.assert_array_equal(copy((images, labels)), network((images, labels)))


def test_layers_without_such_a_kernel_are_refused():
    for wrong in (keras.layers.Conv2DTranspose(2, 3), keras.layers.Flatten()):
        with pytest.raises(TypeError, match=f"Dense or Conv2D. Received: {type(wrong).__name__}"):
            layers.SpectralNormalization(wrong)
