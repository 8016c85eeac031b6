"""`unpaired`: two data sets side by side, for models of two domains, without pairs."""

import os
from typing import Any

import tensorflow as tf

from .pipeline import load

_APART = 2**30  # between the seeds of the two orders: sets of one size must not keep step


def unpaired(
    a: str | os.PathLike,
    b: str | os.PathLike,
    split: str = "train",
    *,
    batch_size: int = 128,
    labels: bool = False,
    seed: int = 0,
    **options: Any,
) -> tf.data.Dataset:
    """One split of two data sets as batches of both, drawn independently.

    An epoch is one pass over the smaller set; of the larger one it has as many examples, others in each epoch.

    Example:
        >>> train = data.unpaired("mnist", "usps", size=[28, 28], resize="bicubic", batch_size=64)
        >>> model.fit(train)                             # a CycleGAN

    Args:
        a: the first domain's data set, as `load` takes it.
        b: the second domain's.
        split: "train", "validation" or "test", of both.
        batch_size: examples of each domain in a batch.
        labels: whether to give the first domain's labels; the second's are never given.
        seed: seed of the orders and the draws, 0 or more; each domain has its own.
        **options: the further arguments of `load`, the same for both: they must bring the images to one shape.

    Returns:
        A `tf.data.Dataset` of ((x_a, x_b),), or with labels of ((x_a, x_b), y_a): x [batch, h, w, c] float32 in [0, 1],
        as many of both, and y [batch] int32. Its length is known.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: for what `load` refuses, or images of two shapes.
    """
    first = load(a, split, batch_size=batch_size, labels=labels, seed=seed, **options)
    second = load(b, split, batch_size=batch_size, seed=(seed + _APART) % 2**31, **options)
    shapes = [tf.nest.flatten(one.element_spec)[0].shape[1:] for one in (first, second)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "The two domains must have images of one shape; pass size= and channels=. "
            f"Received: {a!r} with {shapes[0]}, {b!r} with {shapes[1]}"
        )

    def pair(one, other):
        x, *y = one if labels else (one,)
        if None in (x.shape[0], other.shape[0]):  # the smaller set's last batch may be a part of one
            n = tf.minimum(tf.shape(x)[0], tf.shape(other)[0])
            x, other, *y = (part[:n] for part in (x, other, *y))
        return ((x, other), *y)

    return tf.data.Dataset.zip(first, second).map(pair).prefetch(tf.data.AUTOTUNE)
