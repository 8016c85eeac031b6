"""Features of images that training disturbs: the images are moved, and some features dropped."""

from dataclasses import dataclass

import keras

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
