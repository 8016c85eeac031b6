"""`load`: a split as a `tf.data.Dataset`, as fast as one gather a batch.

The images stay in memory as one tensor, uint8 where they came so. An epoch is one permutation of the
indices; a step gathers its batch in a single operation, scales it, and draws it where binarisation is
dynamic (Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", 2015: each time an example
is seen, each pixel is a fresh Bernoulli draw with its grey level as the probability).

Everything random is a pure function of (seed, epoch, step): the only state is the number of the epoch,
which a table of the dataset's own counts up whenever it is iterated over again.
"""

import math
import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from .arrays import load_arrays
from .images import Images


def load(
    name_or_path: str | os.PathLike,
    split: str = "train",
    *,
    batch_size: int = 128,
    size: Sequence[int] | None = None,
    resize: str = "pad",
    margin: int = 0,
    channels: int | None = None,
    binarize: str | None = None,
    labels: bool = False,
    labelled: float = 1.0,
    validation: int | float = 0,
    shuffle: bool | None = None,
    on_error: str = "raise",
    seed: int = 0,
    repeat: bool = False,
    drop_remainder: bool | None = None,
    initial_epoch: int = 0,
) -> tf.data.Dataset:
    """One split of a data set as batches.

    Example:
        >>> train = data.load("mnist", binarize="dynamic", validation=10_000, batch_size=100)
        >>> model.fit(train, validation_data=data.load("mnist", "validation", validation=10_000))

    Args:
        name_or_path: a data set's name, a `.npz` or `.npy` file or a folder of images: see `load_arrays`.
        split: "train", "validation" (held out of train, see `validation`) or "test".
        batch_size: examples in a batch; under tf.distribute, in the global batch.
        size: [height, width] in pixels to bring the images to; None leaves them.
        resize: "pad", "bilinear", "bicubic" or "lanczos3".
        margin: width in pixels of a black border within `size`, where images are resized.
        channels: 1 or 3 to convert to grey or colour; None leaves them.
        binarize: None gives grey levels; "dynamic" draws the pixels anew in each epoch for "train", and
            once and for all for the other splits; "fixed" once and for all (see `load_arrays`).
        labels: whether to give (x, y).
        labelled: share of each class's examples that keep their label; the others' y is -1 (see `load_arrays`).
        validation: number, or fraction, of the training examples held out; the choice is fixed.
        shuffle: whether each epoch has an order of its own; by default, for "train" only.
        on_error: "raise" refuses a folder with damaged files, "skip" leaves them out (see `load_arrays`).
        seed: seed of the orders and the draws, 0 or more; it has no part in the choice of splits.
        repeat: whether to go on for ever, epoch after epoch.
        drop_remainder: whether to drop the last, smaller batch; by default, for "train", unless it is the only one.
        initial_epoch: the epoch to begin with, so that a resumed run sees the batches it would have seen.

    Returns:
        A `tf.data.Dataset` of x [batch, h, w, c] float32 in [0, 1], or of (x, y [batch] int32); its length is
        known. The k-th time it is iterated over, it gives epoch `initial_epoch + k`, the same for one `seed`.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: for an unknown name or option, data that are not in the expected layout, or fewer
            examples than a batch.
    """
    train = split == "train"
    redraw = binarize == "dynamic" and train
    images = load_arrays(
        name_or_path,
        split,
        size=size,
        resize=resize,
        margin=margin,
        channels=channels,
        binarize=None if redraw else binarize,
        validation=validation,
        labelled=labelled,
        on_error=on_error,
        seed=seed,
    )
    return as_dataset(
        images,
        batch_size=batch_size,
        binarize="dynamic" if redraw else None,
        labels=labels,
        shuffle=train if shuffle is None else shuffle,
        seed=seed,
        repeat=repeat,
        drop_remainder=train and len(images) >= batch_size if drop_remainder is None else drop_remainder,
        initial_epoch=initial_epoch,
    )


def as_dataset(
    images: Images,
    *,
    batch_size: int = 128,
    binarize: str | None = None,
    labels: bool = False,
    shuffle: bool = False,
    seed: int = 0,
    repeat: bool = False,
    drop_remainder: bool = False,
    initial_epoch: int = 0,
) -> tf.data.Dataset:
    """Images in memory as batches; `load` says what the arguments do.

    Args:
        images: what `load_arrays` gives, n examples.
        batch_size: examples in a batch.
        binarize: None, or "dynamic" to draw the pixels anew in each epoch.
        labels: whether to give (x, y).
        shuffle: whether each epoch has an order of its own.
        seed: seed of the orders and the draws, 0 or more.
        repeat: whether to go on for ever.
        drop_remainder: whether to drop the last, smaller batch.
        initial_epoch: the epoch to begin with.

    Returns:
        A `tf.data.Dataset` of x [batch, h, w, c] float32 in [0, 1], or of (x, y [batch] int32). Its attribute
        `unit_images` says that x is known to be such, which saves a model a look at every batch.

    Raises:
        ValueError: for an unknown option, labels that are not there, or fewer examples than a batch.
    """
    _check(images, batch_size, binarize, labels, drop_remainder, initial_epoch)
    steps = len(images) // batch_size if drop_remainder else -(-len(images) // batch_size)
    epochs = _epochs(initial_epoch)
    steps_of = _steps_of(len(images), steps, batch_size, shuffle, seed)
    batch_of = _batch_of(images, batch_size if drop_remainder else None, binarize == "dynamic", labels, seed)
    dataset = (epochs.repeat() if repeat else epochs).flat_map(steps_of)
    dataset = dataset.map(batch_of, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    length = tf.data.experimental.INFINITE_CARDINALITY if repeat else steps
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(length))
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    dataset = dataset.prefetch(tf.data.AUTOTUNE).with_options(options)
    dataset.unit_images = _are_unit(images.images)
    return dataset


def _are_unit(images: np.ndarray) -> bool:
    """Whether a batch of these, once scaled, is of floats in [0, 1]."""
    return images.dtype == np.uint8 or bool(images.min() >= 0 and images.max() <= 1)


def _epochs(initial_epoch: int) -> tf.data.Dataset:
    """A dataset of one element, the number of the epoch: one more each time it is iterated over.

    A table keeps the count because it stays one plain resource under every tf.distribute strategy, and
    `Dataset.random` will not do because its stream depends on TensorFlow's global seed too.
    """
    with tf.device("CPU:0"):
        count = tf.lookup.experimental.MutableHashTable(
            tf.int64, tf.int64, default_value=initial_epoch, experimental_is_anonymous=True
        )

    def advance(key: tf.Tensor) -> tf.Tensor:
        epoch = count.lookup(key)
        count.insert(key, epoch + 1)
        return epoch

    return tf.data.Dataset.range(1).map(advance)


def _steps_of(count: int, steps: int, batch_size: int, shuffle: bool, seed: int):
    """The function of an epoch that gives the dataset of its steps: (indices [batch], number of the step)."""
    whole = min(steps, count // batch_size)  # batches; one smaller may follow

    def steps_of(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.range(count)
        if shuffle:  # -1 - epoch keeps these seeds apart from those of the draws
            order = tf.random.experimental.stateless_shuffle(order, [seed, -1 - epoch])
        # Rows of one matrix are cheaper to give out than slices that are computed one by one.
        indices = tf.reshape(order[: whole * batch_size], [whole, batch_size])
        dataset = tf.data.Dataset.from_tensor_slices((indices, epoch * steps + tf.range(whole, dtype=tf.int64)))
        if steps > whole:
            rest = tf.data.Dataset.from_tensors((order[whole * batch_size :], epoch * steps + whole))
            dataset = dataset.concatenate(rest)
        return dataset

    return steps_of


def _batch_of(images: Images, batch_size: int | None, redraw: bool, labels: bool, seed: int):
    """The function of a step that gives its batch; with a `batch_size`, of static shape."""
    with tf.device("CPU:0"):
        table_x = tf.constant(images.images)
        table_y = tf.constant(images.labels) if labels else None

    def batch_of(indices: tf.Tensor, step: tf.Tensor):
        indices = tf.ensure_shape(indices, [batch_size])
        x = tf.gather(table_x, indices)
        if redraw:
            x = _drawn(x, seed, step)
        elif x.dtype == tf.uint8:
            x = tf.cast(x, tf.float32) / 255.0
        return (x, tf.gather(table_y, indices)) if labels else x

    return batch_of


def _drawn(x: tf.Tensor, seed: int, step: tf.Tensor) -> tf.Tensor:
    """Bernoulli draws, float32, of pixels [batch, h, w, c], uint8 or float; white is always one, and black never.

    Random numbers are what draws cost, so that a pixel has a byte of them. It is one where that is below its level,
    which is from 0 to 256, rounded by one more byte that all of a step share: its probability is its level to within
    2^-16.
    """
    known = x.shape.is_fully_defined()  # each operation that this saves costs as much as the draws of a thousand pixels
    shape = x.shape if known else tf.shape(x)
    size = math.prod(shape) if known else tf.reduce_prod(shape)
    count = [(size + 3) // 4 + 1]
    numbers = tf.random.stateless_uniform(count, [seed, step], minval=None, maxval=None, dtype=tf.int32, alg="philox")
    drawn = tf.reshape(tf.bitcast(numbers, tf.uint8), [-1])
    shared, drawn = drawn[-1], tf.reshape(drawn[:size], shape)
    if x.dtype == tf.uint8:
        ones = (drawn < x) | ((drawn == x) & (x >= tf.maximum(shared, 1)))
    else:
        ones = tf.cast(drawn, tf.float32) + (1.0 - tf.cast(shared, tf.float32) / 256.0) <= 256.0 * x
    return tf.ensure_shape(tf.cast(ones, tf.float32), x.shape)


def _check(
    images: Images,
    batch_size: int,
    binarize: str | None,
    labels: bool,
    drop_remainder: bool,
    initial_epoch: int,
) -> None:
    if binarize not in (None, "dynamic"):
        raise ValueError(f"`binarize` is None or 'dynamic' here. Received: binarize={binarize!r}")
    for name, value, least in (("batch_size", batch_size, 1), ("initial_epoch", initial_epoch, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"`{name}` is an integer of at least {least}. Received: {name}={value!r}")
    if labels and images.labels is None:
        raise ValueError(f"{images.origin} has no labels for this split. Received: labels=True")
    if drop_remainder and len(images) < batch_size:
        raise ValueError(
            f"{images.origin} has fewer examples than a batch, and drop_remainder drops them all; pass a "
            f"smaller batch_size. Received: {len(images)} examples, batch_size={batch_size}"
        )
