"""Networks and presets are what they are whatever data format Keras is configured with."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import unizoo
from unizoo import layers


@pytest.fixture
def data_format():
    """A function that sets Keras's global data format, which is restored afterwards."""
    before = keras.config.image_data_format()
    yield keras.config.set_image_data_format
    keras.config.set_image_data_format(before)


def _images(*shape):
    return np.random.default_rng(0).random(shape, dtype=np.float32)


SHAPE = (10, 12, 3)  # which does not halve evenly
NETWORKS = {
    "translator": lambda: layers.residual_translator(SHAPE, 3, blocks=1, seed=0),
    **{
        f"{part} {family}": make
        for family in layers.NETWORKS
        for part, make in {
            "encoder": lambda family=family: layers.encoder_trunk(family, SHAPE, num_classes=2, seed=0),
            "decoder": lambda family=family: layers.decoder_trunk(family, 4, SHAPE, seed=0),
            "generator": lambda family=family: layers.generator(family, 4, SHAPE, seed=0),
            "discriminator": lambda family=family: layers.discriminator(family, SHAPE, seed=0),
        }.items()
    },
}


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_network_is_the_same_in_either_format(name, data_format):
    network = NETWORKS[name]()
    inputs = _images(2, *network.input_shape[1:])
    data_format("channels_first")
    copies = NETWORKS[name](), keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    for copy in copies:
        np.testing.assert_array_equal(copy(inputs), network(inputs))


def _answers(preset):
    """What a preset makes of a seed and of images, and the paths of its weights' files."""
    model = unizoo.from_preset(preset)
    images = (_images(2, *model.image_shape) > 0.5).astype(np.float32)
    methods = {
        "sample": lambda: model.sample(2, seed=1),
        "discriminate": lambda: model.discriminate(images),
        "encode": lambda: model.encode(images).mean(),
        "classify": lambda: model.classify(images),
        "translate": lambda: model.translate(images),
    }
    return {name: np.asarray(method()) for name, method in methods.items() if model.supports(name)}


@pytest.mark.parametrize(
    "preset",
    ["gan_mnist", "classifier_mnist", "cyclegan_mnist_usps", "ali_mnist", "ada_mnist_usps", "sngan_fashion_mnist"],
)
def test_a_preset_loads_and_answers_the_same_in_either_format(preset, data_format):
    expected = _answers(preset)
    data_format("channels_first")
    answers = _answers(preset)
    assert answers.keys() == expected.keys() != set()
    for name, answer in answers.items():
        np.testing.assert_array_equal(answer, expected[name], err_msg=name)


def test_a_classifier_moves_training_images_alike_in_either_format(data_format):
    images, moved = _images(4, 10, 12, 1), []
    for name in ("channels_last", "channels_first"):
        data_format(name)
        classifier = unizoo.zoo.make_model("classifier", image_shape=(10, 12, 1), width=2, num_features=4, shift=0.3)
        moved.append(classifier.augmentation(images, training=True).numpy())
        assert classifier(tf.constant(images), training=True).shape == (4, 10)
    np.testing.assert_array_equal(*moved)
    assert (moved[0] != images).any()
