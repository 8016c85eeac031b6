"""Networks by name: what each family gives to each part of a model, in which shapes, and what is passed through."""

import dataclasses
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo import layers

FAMILIES = sorted(layers.NETWORKS)
SHAPES = [(28, 28, 1), (32, 32, 3), (8, 8, 1)]
CODE, CLASSES = 5, 3
OPTIONS = layers.NetworkOptions(hidden=(7, 6), filters=4)
every_family = pytest.mark.parametrize("family", FAMILIES)
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def _images(shape, n=3):
    return np.random.default_rng(0).random((n, *shape), dtype=np.float32)


def _codes(n=3, size=CODE):
    return np.random.default_rng(1).normal(size=(n, size)).astype(np.float32)


def _encoder(family, shape, num_classes=None, options=OPTIONS, **kwargs):
    head = layers.MultivariateNormalDiag(CODE)
    return layers.encoder(family, shape, head, options, num_classes=num_classes, seed=1, **kwargs)


def _decoder(family, shape, head=layers.IndependentBernoulli, options=OPTIONS, size=CODE):
    return layers.decoder(family, size, head(shape), options, seed=2)


def _kernels(layer):
    return [weight.numpy() for weight in layer.weights if weight.name == "kernel"]


@every_family
@every_shape
@pytest.mark.parametrize("num_classes", [None, CLASSES])
def test_an_encoder_gives_a_posterior_for_each_image(family, shape, num_classes):
    encoder = _encoder(family, shape, num_classes)
    inputs = layers.label_images(_images(shape), [0, 2, -1], num_classes, encoder.network)
    posterior = encoder(inputs, training=True)
    assert posterior.batch_shape == (3,)
    assert posterior.event_shape == (CODE,)
    assert np.isfinite(posterior.log_prob(_codes())).all()


@every_family
@every_shape
@pytest.mark.parametrize("head", [layers.IndependentBernoulli, layers.IndependentNormal, layers.DiscretizedLogistic])
def test_a_decoder_gives_a_likelihood_of_images_for_samples_of_codes(family, shape, head):
    decoder = _decoder(family, shape, head)
    likelihood = decoder(np.stack([_codes(), 2 * _codes()]))
    assert likelihood.batch_shape == (2, 3)
    assert likelihood.event_shape == shape
    assert np.isfinite(likelihood.log_prob(_images(shape))).all()
    np.testing.assert_allclose(likelihood.mean()[1], decoder(2 * _codes()).mean(), rtol=1e-4, atol=1e-5)


@every_family
@every_shape
def test_a_generator_makes_images_in_the_unit_interval(family, shape):
    images = layers.generator(family, CODE, shape, OPTIONS, seed=3)(50 * _codes(), training=True)
    assert images.shape == (3, *shape)
    assert 0.0 <= np.min(images) < np.max(images) <= 1.0


@every_family
@every_shape
@pytest.mark.parametrize("normalization", ["batch", "layer", "spectral", "none"])
def test_a_discriminator_gives_a_logit_with_and_without_labels(family, shape, normalization):
    options = layers.NetworkOptions(hidden=(7, 6), filters=4, normalization=normalization)
    plain = layers.discriminator(family, shape, options, seed=4)
    assert plain(_images(shape), training=True).shape == (3, 1)
    conditional = layers.discriminator(family, shape, options, num_classes=CLASSES, seed=4)
    labels = np.eye(CLASSES, dtype=np.float32)
    logits = conditional((_images(shape), labels), training=True)
    assert logits.shape == (3, 1)
    assert (
        np.abs(conditional((_images(shape), labels[::-1])) - conditional((_images(shape), labels)))[[0, 2]] > 0
    ).all()


@every_family
def test_a_discriminator_of_what_an_encoder_is_given_sees_the_label(family):
    network = layers.input_discriminator(family, (8, 8, 1), OPTIONS, num_classes=CLASSES, seed=5)
    logits = [
        network(layers.label_images(_images((8, 8, 1)), labels, CLASSES, network)).numpy()
        for labels in ([0, 0, 0], [1, 1, 1])
    ]
    assert logits[0].shape == (3, 1)
    assert (logits[0] != logits[1]).all()


@every_family
def test_a_discriminators_trunk_ends_in_a_dense_layer_or_a_read_out_where_asked_to(family):
    shape = (8, 8, 1)
    assert layers.discriminator_trunk(family, shape, OPTIONS, dense_units=9).output_shape == (None, 9)
    assert layers.discriminator_trunk(family, shape, OPTIONS, outputs=2).output_shape == (None, 2)
    features = layers.discriminator_trunk(family, shape, OPTIONS)
    assert features(_images(shape)).shape == (3, features.output_shape[-1])


@every_family
def test_a_built_network_is_passed_through(family):
    image, code = layers.mlp((8, 8, 1), (4,)), layers.mlp((CODE,), (4,))
    assert layers.encoder_trunk(image, (8, 8, 1)) is image
    assert layers.decoder_trunk(code, CODE, (8, 8, 1)) is code
    assert layers.generator(code, CODE, (8, 8, 1)) is code
    for function in (layers.discriminator, layers.discriminator_trunk, layers.input_discriminator):
        assert function(image, (8, 8, 1)) is image
    assert layers.encoder(image, (8, 8, 1), layers.Categorical(3)).network is image
    assert layers.decoder(code, CODE, layers.IndependentBernoulli((8, 8, 1))).network is code


PARTS = {
    "encoder": lambda network, options=OPTIONS: _encoder(network, (8, 8, 1), options=options),
    "decoder": lambda network, options=OPTIONS: _decoder(network, (8, 8, 1), options=options),
    "generator": lambda network, options=OPTIONS: layers.generator(network, CODE, (8, 8, 1), options),
    "discriminator": lambda network, options=OPTIONS: layers.discriminator(network, (8, 8, 1), options),
    "discriminator_trunk": lambda network, options=OPTIONS: layers.discriminator_trunk(network, (8, 8, 1), options),
    "input_discriminator": lambda network, options=OPTIONS: layers.input_discriminator(network, (8, 8, 1), options),
}


@pytest.mark.parametrize("part", list(PARTS))
@pytest.mark.parametrize("wrong", ["dcgen", None, 3])
def test_another_name_is_refused_with_those_that_there_are(part, wrong):
    with pytest.raises(ValueError, match=r"one of \['dcgan', 'mlp'\], or a built Keras network. Received: "):
        PARTS[part](wrong)


@pytest.mark.parametrize("part", list(PARTS))
@pytest.mark.parametrize("hidden", [(), 5])
def test_widths_that_are_no_sequence_are_refused(part, hidden):
    with pytest.raises(ValueError, match=r"widths of the dense layers must be a sequence of one or more. Received: "):
        PARTS[part]("mlp", layers.NetworkOptions(hidden=hidden))


def test_an_unknown_normalisation_is_refused_where_the_options_are_made():
    with pytest.raises(ValueError, match=r"normalization must be one of .* Received: 'instance'"):
        layers.NetworkOptions(normalization="instance")


@every_family
def test_the_seed_decides_all_weights_and_no_two_kernels_are_alike(family):
    make = {
        "encoder": lambda seed: layers.encoder(family, (8, 8, 1), layers.Categorical(3), OPTIONS, seed=seed),
        "decoder": lambda seed: layers.decoder(family, 5, layers.IndependentNormal((8, 8, 1)), OPTIONS, seed=seed),
        "generator": lambda seed: layers.generator(family, 5, (8, 8, 1), OPTIONS, seed=seed),
        "discriminator": lambda seed: layers.discriminator(family, (8, 8, 1), OPTIONS, num_classes=3, seed=seed),
        "input": lambda seed: layers.input_discriminator(family, (8, 8, 1), OPTIONS, seed=seed),
    }
    for part in make.values():
        first, same, other = (_kernels(part(seed)) for seed in (5, 5, 500))
        for kernel, equal, different in zip(first, same, other, strict=True):
            np.testing.assert_array_equal(kernel, equal)
            assert not np.allclose(kernel, different)
        flat = [kernel.ravel() / kernel.std() for kernel in first]
        for a, b in itertools.combinations(flat, 2):
            assert np.abs(a[: b.size] - b[: a.size]).max() > 0.1


def test_a_family_that_is_put_into_the_table_is_known_by_its_name(monkeypatch):
    def narrow(code_size, image_shape, options, seed, name):
        return layers.mlp_generator(code_size, image_shape, (3,), seed, name)

    family = dataclasses.replace(layers.network_family("mlp"), generator=narrow)
    monkeypatch.setitem(layers.NETWORKS, "narrow", family)
    network = layers.generator("narrow", CODE, (4, 4, 1), seed=0, name="painter")
    assert network.name == "painter"
    assert network(_codes()).shape == (3, 4, 4, 1)


def test_a_dense_pair_is_what_models_have_always_had():
    encoder, decoder = _encoder("mlp", (8, 8, 1)), _decoder("mlp", (8, 8, 1))
    trunk = layers.mlp((8, 8, 1), (7, 6), "tanh", 1, name="encoder_trunk")
    same = layers.Conditional(trunk, layers.MultivariateNormalDiag(CODE), 1 + 2, name="encoder")
    back = layers.mlp((CODE,), (6, 7), "tanh", 2, name="decoder_trunk")
    inverse = layers.Conditional(back, layers.IndependentBernoulli((8, 8, 1)), 2 + 2, name="decoder")
    for one, other in ((encoder, same), (decoder, inverse)):
        for weight, expected in zip(one.weights, other.weights, strict=True):
            np.testing.assert_array_equal(weight, expected)


def test_features_that_are_normalised_have_mean_zero_in_training():
    for family in FAMILIES:
        trunk = layers.encoder_trunk(family, (8, 8, 1), OPTIONS, normalize=True, seed=0)
        np.testing.assert_allclose(np.mean(trunk(_images((8, 8, 1), 8), training=True), axis=0), 0.0, atol=1e-5)


def test_a_convolutional_decoder_reads_each_pixel_off_its_own_features():
    decoder = layers.decoder("dcgan", CODE, layers.IndependentNormal((32, 32, 3)), layers.NetworkOptions(), seed=0)
    assert [tuple(weight.shape) for weight in decoder.projection.weights] == [(16, 6), (6,)]
    assert decoder.count_params() < 1_000_000  # a dense projection alone would have 100 millions
    kernel, bias = (weight.numpy() for weight in decoder.projection.weights)
    params = decoder.network(_codes()).numpy() @ kernel + bias
    distribution = decoder(_codes()).distribution
    np.testing.assert_allclose(distribution.loc, params[..., :3], rtol=1e-4, atol=1e-5)
    scale = decoder.head.min_scale + (1.0 - decoder.head.min_scale) * np.log1p((np.e - 1.0) * np.exp(params[..., 3:]))
    np.testing.assert_allclose(distribution.scale, scale, rtol=1e-4)


def test_convolutional_encoders_and_decoders_see_each_example_alone():
    encoder, decoder = _encoder("dcgan", (8, 8, 1)), _decoder("dcgan", (8, 8, 1))
    for layer, inputs in ((encoder, _images((8, 8, 1))), (decoder, _codes())):
        alone = layer(inputs[:1], training=True).mean()
        np.testing.assert_allclose(layer(inputs, training=True).mean()[:1], alone, rtol=1e-4, atol=1e-6)


@every_family
def test_a_likelihood_of_unknown_sample_and_batch_sizes_keeps_its_event_shape(family):
    decoder = _decoder(family, (8, 8, 1), layers.DiscretizedLogistic)

    @tf.function(input_signature=[tf.TensorSpec([None, None, CODE])])
    def mean(codes):
        likelihood = decoder(codes)
        assert likelihood.event_shape == (8, 8, 1)
        return likelihood.mean()

    codes = np.stack([_codes(), 2 * _codes()])
    np.testing.assert_allclose(mean(codes), decoder(codes).mean(), rtol=1e-4, atol=1e-6)


@every_family
def test_half_precision_gives_densities_in_single(family, dtype_policy):
    exact = _decoder(family, (8, 8, 1))(_codes()).log_prob(_images((8, 8, 1)))
    dtype_policy("mixed_bfloat16")
    log_prob = _decoder(family, (8, 8, 1))(_codes()).log_prob(_images((8, 8, 1)))
    assert log_prob.dtype == tf.float32
    np.testing.assert_allclose(log_prob, exact, rtol=0.01)
    for network, inputs in (
        (layers.generator(family, CODE, (8, 8, 1), OPTIONS), _codes()),
        (layers.discriminator(family, (8, 8, 1), OPTIONS), _images((8, 8, 1))),
    ):
        assert network(inputs).dtype == tf.bfloat16


VARIANTS = ("encoder", "decoder", "generator", "spectral", "projection", "pairs")


def _variants(family):
    spectral = layers.NetworkOptions(hidden=(7, 6), filters=4, normalization="spectral")
    trunks = layers.discriminator_trunk(family, (8, 8, 1), OPTIONS), layers.mlp((CODE,), (4,))
    labels = np.eye(CLASSES, dtype=np.float32)
    return {
        "encoder": (_encoder(family, (8, 8, 1)), _images((8, 8, 1))),
        "decoder": (_decoder(family, (8, 8, 1), layers.DiscretizedLogistic), _codes()),
        "generator": (layers.generator(family, CODE, (8, 8, 1), OPTIONS), _codes()),
        "spectral": (layers.discriminator(family, (8, 8, 1), spectral), _images((8, 8, 1))),
        "projection": (
            layers.discriminator(family, (8, 8, 1), spectral, num_classes=CLASSES),
            (_images((8, 8, 1)), labels),
        ),
        "pairs": (layers.PairDiscriminator(*trunks, (6,)), (_images((8, 8, 1)), _codes())),
    }


@every_family
@pytest.mark.parametrize("part", VARIANTS)
def test_a_part_comes_back_from_its_configuration_and_weights(family, part, tmp_path):
    layer, inputs = _variants(family)[part]
    values = layer(inputs).mean() if part.endswith("coder") else layer(inputs)
    model = _Holder(layer)
    model.save_weights(tmp_path / "one.weights.h5")
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    for weight in copy.weights:
        weight.assign(weight + 1.0)
    _Holder(copy).load_weights(tmp_path / "one.weights.h5")
    again = copy(inputs).mean() if part.endswith("coder") else copy(inputs)
    np.testing.assert_array_equal(again, values)


class _Holder(keras.Model):
    """A model of one layer, whose weights a file can hold."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.built = True

    def call(self, inputs):
        return self.layer(inputs)


@every_family
@pytest.mark.parametrize("part", VARIANTS)
def test_a_compiled_step_moves_every_weight_as_an_eager_one_does(family, part):
    def step(layer, inputs):
        with tf.GradientTape() as tape:
            outputs = layer(inputs, training=True)
            outputs = outputs.mean() if part.endswith("coder") else outputs
            loss = tf.reduce_mean(tf.square(tf.cast(outputs, tf.float32) - 0.3))
        return tape.gradient(loss, [weight.value for weight in layer.trainable_weights])

    layer, inputs = _variants(family)[part]
    before = layer.get_weights()
    eager = step(layer, inputs)
    layer.set_weights(before)  # spectral normalisation has moved its vectors
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in eager)
    compiled = tf.function(lambda: step(layer, inputs), jit_compile=True)()
    for one, other in zip(compiled, eager, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-2, atol=1e-5)
