"""Features of images that training disturbs: the images are moved, and some features dropped."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from ... import layers
from .randomness import fold_in, uniform


@dataclass(frozen=True)
class Features:
    """A network's features of images.

    Attributes:
        network: a Keras network from images to features [batch, size].
        shift: a `layers.RandomShift` of the images in training.
        dropout: share of the features dropped in training, in [0, 1).
    """

    network: keras.Layer
    shift: layers.RandomShift
    dropout: float

    def noise(self, n, seed):
        """What n images meet in training: moves [n, 2] in pixels, and the dropout's uniform noise [n, size]."""
        sizes = 2, self.network.output_shape[-1]
        moves, thresholds = (uniform([n, size], fold_in(seed, stream)) for stream, size in enumerate(sizes))
        return {"moves": self.shift.moves(moves), "uniform": thresholds}

    def plain(self, images, training=False):
        """Features of images as they are, [batch, size]."""
        return layers.full_precision(self.network(images, training=training))

    def __call__(self, images, noise, training):
        """Features of images; in training of moved ones, less those dropped."""
        if not training:
            return self.plain(images)
        features = self.plain(self.shift(images, noise["moves"]), training)
        return layers.drop_values(features, noise["uniform"], self.dropout)

    def noise_of_both(self, n, seed):
        """What n images of each of two domains meet in training: a pair, a `noise` for each domain."""
        return tuple(self.noise(n, fold_in(seed, domain)) for domain in range(2))

    def of_both(self, batch, noise, training):
        """Features of a batch of images of two domains: a pair."""
        return tuple(self(*given, training) for given in zip(batch.images, noise, strict=True))

    def probabilities(self, classifier, images, training=False):
        """The probabilities of the classes [batch, num_classes] that a classifier reads off images as they are."""
        return tf.nn.softmax(classifier(self.plain(images, training), training=training).logits)
