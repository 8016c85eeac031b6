"""The grid of samples that shows a model: in its card, and from `unizoo sample`."""

import numpy as np

from .. import data


def gallery(model, n=64, *, labels=None, seed=None, draw=False, scale=None, padding=2):
    """Samples of a model as one picture; of a model that takes labels with a column for each class (or category).

    Args:
        model: a `GenerativeModel`.
        n: how many images; without labels a model that takes them makes as many more as fill the last row.
        labels: int class labels [n], or one for all, for a model that takes them; None for every class in turn.
        seed: int; the same seed gives the same images. None: new ones each time.
        draw: as for `model.sample`.
        scale: as for `data.image_grid`.
        padding: as for `data.image_grid`.

    Returns:
        uint8 [height, width, c], as `data.image_grid`.
    """
    columns = None
    if model.sample_classes is not None and labels is None:
        columns = min(model.sample_classes, n)
        n = -(-n // columns) * columns
        labels = np.arange(n, dtype=np.int32) % columns
    images = model.sample(n, labels=labels, seed=seed, draw=draw)
    return data.image_grid(images, columns, padding, scale)
