"""What log-densities and losses are computed in: single precision at least, whatever the networks' dtype policy."""

import keras
import tensorflow as tf


def working_dtype():
    """Single precision, or double where that is Keras's own (`keras.config.set_floatx`), in which theory is checked."""
    return "float64" if keras.config.floatx() == "float64" else "float32"


def full_precision(values):
    """Values of a network, which may be of half precision, in the `working_dtype`."""
    return tf.cast(values, working_dtype())


def logits(network, inputs, training=False):
    """The outputs [batch] of a network of one unit, such as a discriminator, in the `working_dtype`."""
    return full_precision(network(inputs, training=training))[:, 0]
