"""The moving average of a network: its weights follow, its statistics are its own."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo.core.averages import average_of, move_average, take_statistics


@pytest.fixture
def network():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.BatchNormalization(momentum=0.5)])


def _shifted(network):
    """The network's average, after which the network's own weights have moved by one."""
    average = average_of(network)
    network.set_weights([weight + 1.0 for weight in network.get_weights()])
    return average


def test_weights_move_by_the_share_that_decay_leaves_and_statistics_do_not(network):
    before = network.get_weights()
    average = _shifted(network)
    move_average(network, average, 0.9, tf.constant(1_000_000))
    for old, new, weight in zip(before, average.get_weights(), network.weights, strict=True):
        np.testing.assert_allclose(new, old if "moving" in weight.name else old + 0.1, atol=1e-6)


def test_the_first_steps_are_forgotten_soon(network):
    average = _shifted(network)
    move_average(network, average, 0.999, tf.constant(0))
    np.testing.assert_allclose(average.weights[0], network.weights[0] - 0.1, atol=1e-6)  # decay is 1 / 10 at step 0


def test_statistics_are_those_of_the_averages_own_activations(network):
    average = _shifted(network)
    inputs = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
    take_statistics(network, average, inputs)
    activations = average.layers[0](inputs)
    _, _, mean, variance = average.layers[1].get_weights()
    np.testing.assert_allclose(mean, 0.5 * np.mean(activations, axis=0), atol=1e-6)  # half of the old mean, zero
    np.testing.assert_allclose(variance, 0.5 + 0.5 * np.var(activations, axis=0), atol=1e-6)
    assert not average.trainable_weights


def test_no_statistics_are_taken_for_a_frozen_network(network):
    average = average_of(network)
    network.trainable = False
    before = average.get_weights()
    take_statistics(network, average, np.ones((4, 2), np.float32))
    for old, new in zip(before, average.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
