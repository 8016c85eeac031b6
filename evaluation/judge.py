"""`resemblance`: how alike generated and real images are, by a judge that needs no labels.

The judge is a convolutional network with random weights, the same for everyone, whose channels are brought to the
scale of the real images. Random filters see strokes, edges and textures, though not what is meant by them. Measured on
MNIST, against the distances in the features of a trained classifier, they rank the presets nearly as those do (Spearman
0.76 over 21), in a second, where a network trained on the spot to tell rotations ranks them worse (0.38) and an
autoencoder no better (0.78), in ten times the time.

Figures compare with those of the same real images, in equal numbers, only; what real images of the training split
measure against them stands beside each.
"""

import numpy as np

from .. import data
from .distances import frechet_distance, kernel_distance, precision_recall

JUDGE = "random convolutional features"
LARGEST = 64  # pixels of a side: larger images are shrunk before they are judged
_WIDTHS = (32, 64, 128)  # channels of the layers, each of which halves the grid
_KERNEL = 5  # pixels
_BATCH = 500  # images


class RandomFeatures:
    """Features of images by a convolutional network with random, fixed weights.

    Three convolutions of stride 2 with rectifiers, each channel standardised over the real images, then a random
    projection of the last grid, standardised too.

    Args:
        images: real images [n, h, w, c] in [0, 1], whose scale the features take.
        num_features: how many.
    """

    def __init__(self, images, num_features=32):
        self.num_features = num_features
        random = np.random.default_rng(0)
        values = _shrunk(images[: 2 * _BATCH])
        self._layers = []
        for width in _WIDTHS:
            kernel = random.normal(size=(_KERNEL, _KERNEL, values.shape[-1], width)).astype(np.float32)
            values = _convolved(values, kernel)
            self._layers.append((kernel, *_scale(values, (0, 1, 2))))
            values = _rectified(values, *self._layers[-1][1:])
        flat = values.reshape(len(values), -1)
        self._projection = random.normal(size=(flat.shape[1], num_features)).astype(np.float32)
        self._output_scale = _scale(flat @ self._projection, 0)

    def __call__(self, images, progress=None):
        """The features of images.

        Args:
            images: [n, h, w, c] in [0, 1], of the shape of those that the network was scaled by.
            progress: called after each batch with the number of images done.

        Returns:
            [n, num_features] float32.
        """
        features = []
        for start in range(0, len(images), _BATCH):
            values = _shrunk(images[start : start + _BATCH])
            for kernel, mean, deviation in self._layers:
                values = _rectified(_convolved(values, kernel), mean, deviation)
            mean, deviation = self._output_scale
            features.append((values.reshape(len(values), -1) @ self._projection - mean) / deviation)
            if progress:
                progress(min(start + _BATCH, len(images)))
        return np.concatenate(features)


def least_images(num_features=32):
    """The fewest images of each kind that `resemblance` takes: a covariance of so many features needs one more."""
    return num_features + 1


def resemblance(images, reference_images, train_images=None, *, splits=10, neighbours=3, progress=None):
    """Distances between generated and real images in random convolutional features.

    Args:
        images: generated, [n, h, w, c] in [0, 1], in random order.
        reference_images: real, [m, h, w, c] in [0, 1], in random order.
        train_images: other real images, as many as there are generated ones, to compare with: the figures that a
            perfect model would have; None for none.
        splits: blocks for the deviation of the kernel distance, as far as there are two images for each.
        neighbours: k of precision and recall.
        progress: called after each batch with the images done and the images in all.

    Returns:
        Plain JSON: `judge`, `num_features`, `num_samples`, `num_reference`, `frechet_distance`, `kernel_distance` and
        `kernel_distance_sd`, `neighbours`, `precision` and `recall`; and of the training images `num_train` and, with
        `reference_` before them, the same figures.

    Raises:
        ValueError: for images of different shapes, or fewer than `least_images()` of a kind.
    """
    sets = [np.asarray(one, np.float32) for one in (reference_images, images, train_images) if one is not None]
    if len({one.shape[1:] for one in sets}) > 1 or min(map(len, sets)) < least_images():
        raise ValueError(
            f"Images of one shape are compared, of each kind {least_images()} at least. "
            f"Received: shapes {', '.join(str(one.shape) for one in sets)}"
        )
    total, done = sum(map(len, sets)), np.cumsum([0, *map(len, sets)])
    judge = RandomFeatures(sets[0])
    reference, *others = (
        judge(one, progress and (lambda count, before=before: progress(int(before) + count, total)))
        for one, before in zip(sets, done[:-1], strict=True)
    )
    figures = [_figures(features, reference, splits, neighbours) for features in others]
    return {
        "judge": JUDGE,
        "num_features": judge.num_features,
        "num_samples": len(images),
        "num_reference": len(reference_images),
        "neighbours": neighbours,
        **figures[0],
        **({} if train_images is None else {"num_train": len(train_images)}),
        **{f"reference_{name}": value for name, value in (figures[1] if len(figures) > 1 else {}).items()},
    }


def _figures(features, reference, splits, neighbours):
    blocks = min(splits, min(len(features), len(reference)) // 2)
    distance, deviation = kernel_distance(features, reference, blocks)
    precision, recall = precision_recall(features, reference, neighbours)
    return {
        "frechet_distance": frechet_distance(features, reference),
        "kernel_distance": distance,
        "kernel_distance_sd": deviation,
        "precision": precision,
        "recall": recall,
    }


def _shrunk(images):
    """Images whose longer side is `LARGEST` pixels at most."""
    height, width = images.shape[1:3]
    share = LARGEST / max(height, width)
    if share >= 1:
        return images
    return data.resize_images(images, [max(1, round(share * height)), max(1, round(share * width))], "bilinear")


def _convolved(values, kernel):
    import tensorflow as tf

    return tf.nn.conv2d(values, kernel, strides=2, padding="SAME").numpy()


def _scale(values, axes):
    """Mean and standard deviation over axes; what never varies counts for nothing."""
    deviation = values.std(axes)
    return values.mean(axes), np.where(deviation > 1e-6, deviation, np.inf).astype(np.float32)


def _rectified(values, mean, deviation):
    return np.maximum((values - mean) / deviation, 0.0)
