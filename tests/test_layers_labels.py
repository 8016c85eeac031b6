"""Labels as inputs: one-hot vectors behind codes and pixels, planes behind the channels of images."""

import numpy as np
import pytest
import tensorflow as tf
from unizoo import layers

IMAGES = np.random.default_rng(0).random((3, 4, 5, 2), dtype=np.float32)
LABELS = [2, 0, -1]  # the last is missing
HOT = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_label_planes_are_the_one_hot_vector_at_every_pixel():
    labelled = layers.append_label_planes(IMAGES, LABELS, 3)
    np.testing.assert_array_equal(labelled[..., :2], IMAGES)
    np.testing.assert_array_equal(labelled[..., 2:], np.broadcast_to(np.reshape(HOT, (3, 1, 1, 3)), (3, 4, 5, 3)))


def test_label_planes_are_the_same_for_every_sample_and_have_the_images_dtype():
    samples = tf.cast(np.stack([IMAGES, 1.0 - IMAGES]), tf.bfloat16)
    labelled = layers.append_label_planes(samples, LABELS, 3)
    assert labelled.dtype == tf.bfloat16
    np.testing.assert_array_equal(labelled[0, ..., 2:], labelled[1, ..., 2:])
    np.testing.assert_array_equal(labelled[1, ..., :2], samples[1])


def test_a_network_of_vectors_gets_the_pixels_and_the_label():
    network = layers.encoder_trunk("mlp", (4, 5, 2), num_classes=3)
    given = layers.label_images(IMAGES, LABELS, 3, network)
    np.testing.assert_array_equal(given, np.concatenate([IMAGES.reshape(3, -1), HOT], axis=-1))
    assert network.input_shape == (None, *given.shape[1:])


def test_a_network_of_images_gets_planes():
    network = layers.encoder_trunk("dcgan", (8, 8, 1), num_classes=3)
    images = np.zeros((3, 8, 8, 1), np.float32)
    given = layers.label_images(images, LABELS, 3, network)
    np.testing.assert_array_equal(given, layers.append_label_planes(images, LABELS, 3))
    assert network.input_shape == (None, *given.shape[1:])


@pytest.mark.parametrize("family", sorted(layers.NETWORKS))
def test_a_model_without_classes_gives_its_networks_the_images_alone(family):
    images = np.zeros((3, 8, 8, 1), np.float32)
    assert layers.label_images(images, None, None, layers.encoder_trunk(family, (8, 8, 1))) is images


@pytest.mark.parametrize("family", sorted(layers.NETWORKS))
def test_a_batch_of_unknown_size_keeps_its_shape(family):
    network = layers.encoder_trunk(family, (8, 8, 1), num_classes=3)

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 1]), tf.TensorSpec([None], tf.int32)])
    def given(images, labels):
        result = layers.label_images(images, labels, 3, network)
        assert tuple(result.shape) == network.input_shape
        return network(result)

    assert given(np.zeros((2, 8, 8, 1), np.float32), np.array([0, 1], np.int32)).shape[0] == 2


def test_a_conditional_model_without_labels_is_refused():
    network = layers.encoder_trunk("mlp", (4, 5, 2), num_classes=3)
    with pytest.raises(ValueError, match=r"needs a label for each row. Received: None"):
        layers.label_images(IMAGES, None, 3, network)
