"""Backbones: shapes, ranges, seeds, configurations, what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo import layers

SIZES = [(28, 28, 1), (32, 32, 3), (64, 64, 3), (28, 20, 1), (27, 35, 1), (8, 8, 1)]
NETWORKS = {
    "mlp": lambda seed=None: layers.mlp((28, 28, 1), (16, 16, 16), seed=seed),
    "mlp_generator": lambda seed=None: layers.mlp_generator(10, (6, 5, 3), (8, 9), seed=seed),
    "mlp_discriminator": lambda seed=None: layers.mlp_image_discriminator((6, 5, 3), (9, 16), seed=seed),
    "generator": lambda seed=None: layers.dcgan_generator(10, (28, 28, 1), filters=4, seed=seed),
    "decoder": lambda seed=None: layers.dcgan_decoder(10, (28, 28, 1), filters=8, seed=seed),
    "discriminator": lambda seed=None: layers.dcgan_discriminator((28, 28, 1), filters=4, seed=seed),
    "spectral": lambda seed=None: layers.dcgan_discriminator((28, 28, 1), 4, normalization="spectral", seed=seed),
}
every_network = pytest.mark.parametrize("name", list(NETWORKS))


def _inputs(network, n=3):
    return np.random.default_rng(0).random((n, *network.input_shape[1:]), dtype=np.float32)


def _kernels(network):
    return [weight.numpy() for weight in network.trainable_weights if "kernel" in weight.path]


@every_network
def test_same_seed_same_weights_and_no_two_layers_alike(name):
    network, same, other = (NETWORKS[name](seed) for seed in (5, 5, 50))
    for kernel, equal, different in zip(_kernels(network), _kernels(same), _kernels(other), strict=True):
        np.testing.assert_array_equal(kernel, equal)
        assert not np.allclose(kernel, different)
    flat = [kernel.ravel()[:16] / kernel.std() for kernel in _kernels(network)]
    for i, kernel in enumerate(flat):
        assert not any(np.allclose(kernel, other, rtol=1e-2) for other in flat[:i])


@every_network
def test_without_a_seed_weights_differ_from_call_to_call(name):
    for kernel, other in zip(_kernels(NETWORKS[name]()), _kernels(NETWORKS[name]()), strict=True):
        assert not np.allclose(kernel, other)


@every_network
def test_configuration_makes_the_same_network(name):
    network = NETWORKS[name](5)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    assert copy.name == network.name
    np.testing.assert_array_equal(copy(_inputs(network)), network(_inputs(network)))


@every_network
@pytest.mark.parametrize("jit", [False, True])
def test_compiled_output_is_the_eager_one(name, jit):
    network = NETWORKS[name](5)
    compiled = tf.function(network, jit_compile=jit)(_inputs(network))
    np.testing.assert_allclose(compiled, network(_inputs(network)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(5,), *SIZES])
def test_perceptron_takes_any_shape(shape):
    network = layers.mlp(shape, [12, 7])
    assert network.output_shape == (None, 7)
    assert network(_inputs(network)).shape == (3, 7)


def test_perceptron_is_the_composition_of_its_layers():
    network = layers.mlp((4,), (3, 2), "tanh", seed=0)
    first, first_bias, second, second_bias = network.get_weights()
    hidden = np.tanh(_inputs(network) @ first + first_bias)
    np.testing.assert_allclose(network(_inputs(network)), np.tanh(hidden @ second + second_bias), rtol=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda units: layers.mlp((4,), units),
        lambda units: layers.mlp_generator(4, (2, 2, 1), units),
        lambda units: layers.mlp_image_discriminator((2, 2, 1), units),
    ],
)
@pytest.mark.parametrize("units", [(), 5, "ab"])
def test_dense_networks_without_a_sequence_of_widths_are_refused(make, units):
    with pytest.raises(ValueError, match=r"sequence of one or more. Received: ") as error:
        make(units)
    assert str(error.value).endswith(f"Received: {units!r}")


GENERATORS = {
    "mlp": lambda shape: layers.mlp_generator(10, shape, (8,), seed=0),
    "dcgan": lambda shape: layers.dcgan_generator(10, shape, filters=4, seed=0),
}


@pytest.mark.parametrize("name", list(GENERATORS))
@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("training", [False, True])
def test_generator_makes_images_in_the_unit_interval(name, shape, training):
    network = GENERATORS[name](shape)
    images = network(50 * _inputs(network), training=training)
    assert network.output_shape == (None, *shape)
    assert images.shape == (3, *shape)
    assert (images.numpy() >= 0).all()
    assert (images.numpy() <= 1).all()


@pytest.mark.parametrize("shape", SIZES)
def test_discriminator_maps_images_to_a_logit(shape):
    network = layers.dcgan_discriminator(shape, filters=4, seed=0)
    assert network.output_shape == (None, 1)
    logits = network(_inputs(network)).numpy()
    assert logits.shape == (3, 1)
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(
    ("sides", "grids"),
    [
        ((28, 28), [(28, 28), (14, 14), (7, 7), (4, 4)]),
        ((32, 32), [(32, 32), (16, 16), (8, 8), (4, 4)]),
        ((27, 35), [(27, 35), (14, 18), (7, 9), (4, 5)]),
    ],
)
def test_discriminator_mirrors_the_generator(sides, grids):
    generator = layers.dcgan_generator(10, (*sides, 3), filters=4, seed=0)
    discriminator = layers.dcgan_discriminator((*sides, 3), filters=4, seed=0)
    channels = [3, 4, 8, 16]
    shapes = [(*grid, c) for grid, c in zip(grids, channels, strict=True)]
    down = [tuple(layer.output.shape[1:]) for layer in discriminator.layers if isinstance(layer, keras.layers.Conv2D)]
    up = [tuple(layer.input.shape[1:]) for layer in generator.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    assert down == shapes[1:]
    assert [*reversed(up), generator.output_shape[1:]] == [*shapes[1:], shapes[0]]


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("normalization", ["batch", "layer", "none"])
def test_decoder_has_features_at_every_pixel(shape, normalization):
    network = layers.dcgan_decoder(10, shape, 4, normalization, seed=0)
    features = network(_inputs(network), training=True)
    assert network.output_shape == (None, *shape[:2], 2)
    assert features.shape == (3, *shape[:2], 2)
    kinds = {"batch": keras.layers.BatchNormalization, "layer": keras.layers.GroupNormalization}
    normalised = [one for one in network.layers if isinstance(one, tuple(kinds.values()))]
    rectified = [one for one in network.layers if isinstance(one, keras.layers.ReLU)]
    assert len(normalised) == (0 if normalization == "none" else len(rectified))
    assert all(isinstance(one, kinds[normalization]) for one in normalised)


def test_discriminator_without_a_dense_layer_gives_features():
    network = layers.dcgan_discriminator((28, 28, 1), filters=4, outputs=0)
    assert network.output_shape == (None, 4 * 4 * 16)
    assert isinstance(layers.Conditional(network, layers.Categorical(3))(_inputs(network)).logits, tf.Tensor)


@pytest.mark.parametrize(
    ("normalization", "kinds"),
    [
        ("batch", ["Flatten", "Dense", "BatchNormalization", "LeakyReLU"]),
        ("layer", ["Flatten", "Dense", "GroupNormalization", "LeakyReLU"]),
        ("spectral", ["Flatten", "SpectralNormalization", "LeakyReLU"]),
        ("none", ["Flatten", "Dense", "LeakyReLU"]),
    ],
)
def test_a_dense_layer_behind_the_convolutions_is_normalised_like_them(normalization, kinds):
    network = layers.dcgan_discriminator((8, 12, 1), 4, outputs=0, normalization=normalization, dense_units=5, seed=0)
    assert [type(layer).__name__ for layer in network.layers[-len(kinds) :]] == kinds
    assert network(_inputs(network)).shape == (3, 5)


@pytest.mark.parametrize("normalization", ["layer", "spectral", "none"])
def test_discriminator_without_batch_norm_sees_each_image_alone(normalization):
    network = layers.dcgan_discriminator((28, 28, 1), filters=4, normalization=normalization, seed=0)
    images = _inputs(network)
    network.trainable = False  # spectral normalisation then leaves its vectors as they are
    np.testing.assert_allclose(
        network(images, training=True)[:1], network(images[:1], training=True), rtol=1e-4, atol=1e-6
    )
    with_norm = NETWORKS["discriminator"](0)
    together, alone = with_norm(images, training=True)[:1], with_norm(images[:1], training=True)
    assert not np.allclose(together, alone, rtol=1e-3)


def test_layer_norm_takes_each_image_as_a_whole_and_scales_its_channels():
    network = layers.dcgan_discriminator((28, 28, 1), filters=4, normalization="layer", seed=0)
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.GroupNormalization)]
    assert [weight.shape for norm in norms for weight in norm.weights] == [(8,), (8,), (16,), (16,)]
    hidden = np.random.default_rng(0).normal(3.0, 2.0, (2, 7, 7, 8)).astype(np.float32)
    out = norms[0](hidden).numpy()
    np.testing.assert_allclose(out.mean((1, 2, 3)), 0.0, atol=1e-5)
    np.testing.assert_allclose(out.std((1, 2, 3)), 1.0, rtol=1e-3)


def test_spectral_norm_is_on_every_kernel_of_the_discriminator():
    network = layers.dcgan_discriminator((28, 28, 1), filters=4, normalization="spectral", seed=0)
    wrapped = [layer for layer in network.layers if isinstance(layer, layers.SpectralNormalization)]
    assert len(wrapped) == 4
    assert len(network.trainable_weights) == 8  # a kernel and a bias each
    assert len({layer.seed for layer in wrapped}) == 4


@pytest.mark.parametrize("normalization", ["batch", "layer", "spectral", "none"])
def test_dense_discriminator_is_normalised_but_for_its_first_layer(normalization):
    network = layers.mlp_image_discriminator((6, 5, 3), (9, 8, 7), 0, normalization, seed=0)
    wanted = {"batch": ["BatchNormalization"], "layer": ["GroupNormalization"]}.get(normalization, [])
    linear = "SpectralNormalization" if normalization == "spectral" else "Dense"
    kinds = [type(layer).__name__ for layer in network.layers]
    later = [linear, *wanted, "LeakyReLU"]
    assert kinds == ["Rescaling", "Reshape", linear, "LeakyReLU", *later, *later]
    # A bias would be lost in a normalisation's offset.
    biases = [weight for weight in network.trainable_weights if weight.name == "bias"]
    assert len(biases) == (1 if wanted else 3)


def test_a_decoder_has_no_spectral_normalisation():
    with pytest.raises(ValueError, match=r"one of \('batch', 'layer', 'none'\). Received: 'spectral'"):
        layers.dcgan_decoder(10, (8, 8, 1), normalization="spectral")


def test_an_unknown_normalisation_is_refused():
    with pytest.raises(ValueError, match=r"one of .*'layer', 'spectral'.*Received: 'instance'"):
        layers.dcgan_discriminator((28, 28, 1), normalization="instance")


@pytest.mark.parametrize(
    "make",
    [
        lambda s: layers.dcgan_generator(10, s),
        lambda s: layers.dcgan_decoder(10, s),
        layers.dcgan_discriminator,
    ],
)
@pytest.mark.parametrize("shape", [(7, 28, 1), (28, 7, 3), (28, 28, 2), (28, 28), (0, 0, 1)])
def test_small_images_and_odd_channels_are_refused(make, shape):
    with pytest.raises(
        ValueError, match=r"at least 8 by 8 pixels and 1 or 3 channels. Received: image_shape=\("
    ) as error:
        make(shape)
    assert str(error.value).endswith(f"Received: image_shape={shape}")
