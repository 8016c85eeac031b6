"""What training does to images and features at random. The noise is given, so that a step can be repeated."""

import tensorflow as tf


class RandomShift:
    """Moves each image by its own number of whole pixels; what comes in from outside is black.

    Args:
        image_shape: (height, width, channels).
        share: largest move, as a share of height and width, in [0, 1).
    """

    def __init__(self, image_shape, share):
        self.image_shape = image_shape
        self.margins = [round(share * side) for side in image_shape[:2]]

    def moves(self, uniform):
        """Moves [n, 2], int32 pixels down and to the right, all as probable, of uniform noise [n, 2] in [0, 1)."""
        margins = tf.constant(self.margins, tf.float32)
        return tf.cast(tf.floor(uniform * (2.0 * margins + 1.0)) - margins, tf.int32)

    def __call__(self, images, moves):
        """Images [n, *image_shape], each moved by its row of `moves`."""
        down, right = self.margins
        images = tf.pad(images, [[0, 0], [down, down], [right, right], [0, 0]])
        height, width, _ = self.image_shape
        rows = tf.range(height) + down - moves[:, :1]
        columns = tf.range(width) + right - moves[:, 1:]
        images = tf.gather(images, rows, axis=1, batch_dims=1)
        return tf.gather(images, columns, axis=2, batch_dims=1)


def drop_values(values, uniform, share):
    """Dropout (Srivastava et al. 2014) by noise that is given.

    Args:
        values: of any shape.
        uniform: uniform noise in [0, 1) of the same shape; where it is below `share` a value is dropped.
        share: how many are dropped, in [0, 1); the others are scaled up, so that the mean stays.

    Returns:
        What is left, zero where a value was dropped.
    """
    return tf.where(uniform < share, 0.0, values / (1.0 - share))
