"""Class labels as inputs: beside codes and pixels as one-hot vectors, and projected on by a discriminator."""

import math

import keras
import tensorflow as tf

from .precision import working_dtype
from .spectral import SpectralNormalization


def one_hot(labels, num_classes):
    """Labels as vectors.

    Args:
        labels: integers [n]; -1 stands for a missing one.
        num_classes: how many classes there are.

    Returns:
        float32 [n, num_classes]: a one at the label, all zeros where it is missing.

    Raises:
        ValueError: if there are no labels at all.
    """
    if labels is None:
        raise ValueError(f"A conditional model (num_classes={num_classes}) needs a label for each row. Received: None")
    return tf.one_hot(tf.cast(labels, tf.int32), num_classes, dtype=working_dtype())


def append_labels(vectors, labels, num_classes):
    """Vectors with their label's one-hot vector at the end.

    Args:
        vectors: [..., n, size].
        labels: integers [n], the same for all leading axes (samples, say).
        num_classes: how many classes there are.

    Returns:
        [..., n, size + num_classes], of the vectors' dtype.
    """
    vectors = tf.convert_to_tensor(vectors)
    shape = tf.concat([tf.shape(vectors)[:-1], [num_classes]], axis=0)
    hot = tf.cast(tf.broadcast_to(one_hot(labels, num_classes), shape), vectors.dtype)
    return tf.concat([vectors, hot], axis=-1)


def append_label_planes(images, labels, num_classes):
    """Images with their label's one-hot vector behind the channels of every pixel.

    Args:
        images: [..., n, h, w, c].
        labels: integers [n], the same for all leading axes (samples, say).
        num_classes: how many classes there are.

    Returns:
        [..., n, h, w, c + num_classes], of the images' dtype.
    """
    images = tf.convert_to_tensor(images)
    shape = tf.concat([tf.shape(images)[:-1], [num_classes]], axis=0)
    planes = tf.broadcast_to(one_hot(labels, num_classes)[:, None, None], shape)
    return tf.concat([images, tf.cast(planes, images.dtype)], axis=-1)


def label_images(images, labels, num_classes, network):
    """What a network is given of images and their labels, in the form that its input's shape asks for.

    Args:
        images: [n, h, w, c].
        labels: integers [n]; -1 stands for a missing one.
        num_classes: how many classes a conditional model has; None for one without labels.
        network: a built Keras network, as `encoder_trunk` makes it.

    Returns:
        Without classes the images. Else, for a network of vectors, the flattened pixels and behind them the one-hot
        label, [n, h w c + num_classes]; for one of images the label's planes behind the channels,
        [n, h, w, c + num_classes].
    """
    if num_classes is None:
        return images
    if len(network.input_shape) > 2:
        return append_label_planes(images, labels, num_classes)
    images = tf.convert_to_tensor(images)
    return append_labels(tf.reshape(images, [-1, math.prod(images.shape[1:])]), labels, num_classes)


@keras.saving.register_keras_serializable(package="unizoo")
class ProjectionDiscriminator(keras.layers.Layer):
    """A discriminator of images given their class: `v' h(x) + e(y)' h(x) + b` (Miyato & Koyama 2018, Eq. 3).

    Args:
        trunk: a built Keras network h from images to features [batch, size].
        num_classes: how many classes there are.
        seed: int seed of the N(0, 0.02) initialisation of v and e.
        spectral: whether v and e are spectrally normalised, as in the paper; the trunk is as it is given.
        **kwargs: the other arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: a pair of images [batch, h, w, c] and one-hot labels [batch, num_classes].

    Returns (of the call):
        Logits [batch, 1].
    """

    def __init__(self, trunk, num_classes, seed=None, spectral=False, **kwargs):
        super().__init__(**kwargs)
        self.trunk = trunk
        self.num_classes = num_classes
        self.seed = seed
        self.spectral = spectral
        seeds = (None, None) if seed is None else (seed, seed + 1)
        self.logit, self.embedding = (
            keras.layers.Dense(
                units, use_bias=bias, kernel_initializer=keras.initializers.RandomNormal(stddev=0.02, seed=one)
            )
            for units, bias, one in zip((1, num_classes), (True, False), seeds, strict=True)
        )
        if spectral:
            self.logit, self.embedding = (
                SpectralNormalization(layer, one)
                for layer, one in zip((self.logit, self.embedding), seeds, strict=True)
            )
        for layer in (self.logit, self.embedding):
            layer.build(trunk.output_shape)
        self.built = True

    def call(self, inputs, training=False):
        """The logit of each pair."""
        images, labels = inputs
        features = self.trunk(images, training=training)
        projected = self.embedding(features)  # e(y)' h(x) of every class y
        labels = keras.ops.cast(labels, projected.dtype)
        return self.logit(features) + keras.ops.sum(projected * labels, axis=-1, keepdims=True)

    def get_config(self):
        """The constructor's arguments, the trunk serialised."""
        return {
            **super().get_config(),
            "trunk": keras.saving.serialize_keras_object(self.trunk),
            "num_classes": self.num_classes,
            "seed": self.seed,
            "spectral": self.spectral,
        }

    @classmethod
    def from_config(cls, config):
        """The layer of a configuration from `get_config`."""
        return cls(**{**config, "trunk": keras.saving.deserialize_keras_object(config["trunk"])})
