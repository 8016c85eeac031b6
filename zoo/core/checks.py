"""What looks at the arrays that a model is given, and refuses what are not images, labels, or pairs of them."""

import numbers
import re
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

# What `within` says of a batch, as TensorFlow's error has it: the sentence, the least value, the greatest.
_REFUSED_BATCH = re.compile(r"assertion failed: \[(The \w+ of a batch [^\]]*)\] \[([^\]]*)\] \[to\] \[([^\]]*)\]")


def check_images(images, image_shape):
    """Refuse what is not a batch of images in [0, 1]; tensors and data sets are checked by what is known statically.

    Args:
        images: array, tensor, data set or None (which passes).
        image_shape: the (height, width, channels) expected.

    Raises:
        ValueError: saying what is wrong, expected and received.
    """
    if isinstance(images, tf.data.Dataset) or not hasattr(images, "dtype") or not hasattr(images, "shape"):
        return
    wrong = None
    if not tf.TensorShape(images.shape).is_compatible_with([None, *image_shape]):
        wrong = "the wrong shape"
    elif not tf.as_dtype(images.dtype).is_floating:
        wrong = "the wrong dtype"
    elif isinstance(images, np.ndarray) and images.size and not (images.min() >= 0.0 and images.max() <= 1.0):
        finite = images[np.isfinite(images)]
        span = f" (from {finite.min()} to {finite.max()})" if finite.size else ""
        missing = images.size - finite.size
        wrong = f"{missing:,} values that are not finite numbers" if missing else f"values outside [0, 1]{span}"
    if wrong:
        raise ValueError(
            f"The images have {wrong}: expected floats in [0, 1] of shape [n, {', '.join(map(str, image_shape))}] "
            "(unizoo.data.load makes such batches; divide 8-bit images by 255, resize others). "
            f"Received: shape={tuple(images.shape)}, dtype={tf.as_dtype(images.dtype).name}"
        )


FIT_LABELS = (
    "this model is conditional: fit(images, labels), predict((images, labels)), or a data set of pairs: "
    "unizoo.data.load(..., labels=True)"
)


def check_labels(labels, num_classes, missing=False, use=FIT_LABELS):
    """Refuse what is not a batch of class labels; tensors are checked by what is known statically.

    Args:
        labels: array or tensor.
        num_classes: labels are integers from 0 to one less than this.
        missing: whether -1 may stand for a missing label.
        use: what a user does with labels, for the message.

    Raises:
        ValueError: saying what is wrong, expected and received.
    """
    lowest = -1 if missing else 0
    wrong = None
    if labels is None:
        wrong = "are missing"
    elif not tf.TensorShape(labels.shape).is_compatible_with([None]):
        wrong = "have the wrong shape"
    elif not tf.as_dtype(labels.dtype).is_integer:
        wrong = "have the wrong dtype"
    elif isinstance(labels, np.ndarray) and labels.size and not lowest <= labels.min() <= labels.max() < num_classes:
        wrong = f"lie between {labels.min()} and {labels.max()}"
    if wrong:
        what = "None" if labels is None else f"shape={tuple(labels.shape)}, dtype={tf.as_dtype(labels.dtype).name}"
        raise ValueError(
            f"The labels {wrong}: expected integers [n] from {lowest} to {num_classes - 1} ({use}). Received: {what}"
        )


def within(values, least, most, must):
    """A tensor, which a graph refuses where a value is not from `least` to `most`, in the words of `must`."""
    lowest, highest = tf.reduce_min(values), tf.reduce_max(values)
    inside = tf.logical_and(lowest >= least, highest <= most)  # which is false of NaN
    said = [f"{must}. Received: values from", lowest, "to", highest]
    with tf.control_dependencies([tf.debugging.Assert(inside, said)]):
        return tf.identity(values)


def checked_batches(batches, num_classes, missing=False):
    """A data set whose batches are looked at as they come, since nothing is known of their values before.

    Args:
        batches: `tf.data.Dataset` of what `fit` takes; anything else is returned as it is.
        num_classes: as for `check_labels`; None leaves labels alone.
        missing: as for `check_labels`.

    Returns:
        The same batches; one with images outside [0, 1] or unknown labels fails, see `bad_batches_refused`.

    Raises:
        ValueError: if the elements are dicts.
    """
    if not isinstance(batches, tf.data.Dataset):
        return batches
    if isinstance(batches.element_spec, dict):
        raise ValueError(
            "The elements of a data set are images, or tuples of images, labels and weights of the examples, as far as "
            f"there are any. Received: dicts with {sorted(batches.element_spec)}"
        )
    least_label = -1 if missing else 0

    def check(*batch):
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(batch)
        must = "The images of a batch must be floats from 0 to 1 (divide 8-bit images by 255)"
        images = tf.nest.map_structure(  # those of another dtype are refused when the step is traced
            lambda domain: within(domain, 0.0, 1.0, must) if domain.dtype.is_floating else domain, images
        )
        if num_classes is not None and tf.is_tensor(labels) and labels.dtype.is_integer:
            must = f"The labels of a batch must be integers from {least_label} to {num_classes - 1}"
            labels = within(labels, least_label, num_classes - 1, must)
        return (images, labels, weights)[: len(batch)]

    whole = check if isinstance(batches.element_spec, tuple) else lambda images: check(images)[0]
    return batches.map(whole).prefetch(tf.data.AUTOTUNE)  # while the model is at the batch before


@contextmanager
def bad_batches_refused():
    """Turn the failure of a batch of `checked_batches` into a ValueError that says what was expected and received."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        if (found := _REFUSED_BATCH.search(error.message)) is None:
            raise
        must, least, most = found.groups()
        raise ValueError(f"{must} {least} to {most}") from None


def checked_image_shape(image_shape):
    """(height, width, channels) as a tuple of integers; anything else is refused."""
    sizes = tuple(image_shape) if np.iterable(image_shape) else ()
    if len(sizes) != 3 or not all(isinstance(size, numbers.Integral) and size > 0 for size in sizes):
        raise ValueError(f"image_shape must be (height, width, channels). Received: image_shape={image_shape!r}")
    return tuple(int(size) for size in sizes)


def checked_latent_dim(latent_dim):
    """The size of a code, or a sequence of the sizes of several layers of it, refused unless positive integers."""
    sizes = latent_dim if isinstance(latent_dim, (tuple, list)) else (latent_dim,)
    if not all(isinstance(size, int) and size > 0 for size in sizes):
        raise ValueError(f"latent_dim must be a positive integer, or several. Received: {latent_dim=}")
    return latent_dim


def checked_num_classes(num_classes):
    """How many classes there are, an integer above 0, or None for a model that takes no labels."""
    if num_classes is not None and not (isinstance(num_classes, int) and num_classes > 0):
        raise ValueError(f"num_classes must be a positive integer, or None. Received: {num_classes=}")
    return num_classes


def check_fixed(model, given, **fixed):
    """Refuse arguments of a base class that a model derived from it cannot have otherwise.

    Args:
        model: the model, to be named.
        given: a dict of the arguments given.
        **fixed: what they must be, where they are given.

    Raises:
        ValueError: naming the argument.
    """
    for name, value in fixed.items():
        if given.get(name, value) != value:
            raise ValueError(f"{type(model).__name__} knows {name}={value!r} only. Received: {name}={given[name]!r}")


def check_domains(images, image_shape, two_domains):
    """Refuse what is not a batch of images (see `check_images`), or a pair of them for a model of two domains.

    Args:
        images: array, tensor, data set or None (which pass), or a pair of them.
        image_shape: the (height, width, channels) expected.
        two_domains: whether a pair is expected.

    Returns:
        The images of each domain, a tuple of one or two.

    Raises:
        ValueError: saying what is wrong, expected and received.
    """
    pair = two_domains and not (images is None or isinstance(images, tf.data.Dataset))
    if pair and not (isinstance(images, (tuple, list)) and len(images) == 2):
        shape = getattr(images, "shape", None)
        raise ValueError(
            "The images must be those of two domains: expected a pair, fit((a, b)), or a data set of ((a, b),) or "
            "((a, b), labels), as unizoo.data.unpaired makes. "
            f"Received: {type(images).__name__}" + ("" if shape is None else f" of shape {tuple(shape)}")
        )
    domains = tuple(images) if pair else (images,)
    for domain in domains:
        check_images(domain, image_shape)
    return domains


def checked_inputs(model, x, y, weights=None):
    """The images and labels that a model's `fit` and `evaluate` pass on, once they are known to be such.

    Args:
        model: the model.
        x: images, a pair of them for a model of two domains; or a pair of such images and labels; or a data set, of
            which no more is known before its batches come: it is returned with a check in it.
        y: labels, or None.
        weights: weights of the examples, or None.

    Returns:
        Images (or a data set) and labels.

    Raises:
        ValueError: if there are no images, or they or the labels are of the wrong kind.
    """
    x, y = _images_and_labels(x, y, model.two_domains)
    check_arrays(model, x, y)
    if y is None and weights is not None and not isinstance(x, tf.data.Dataset):
        y = np.zeros(len(weights), np.int32)  # without labels Keras would drop the weights
    return checked_batches(x, model.num_classes, model.missing_labels), y


def check_arrays(model, images, labels=None):
    """Refuse images, or labels of them, that a model cannot train on, before Keras meets them."""
    first, *second = check_domains(images, model.image_shape, model.two_domains)
    if second and len(first) != len(second[0]):
        raise ValueError(
            "Arrays of two domains must have as many images each; unizoo.data.unpaired makes a data set of both, "
            f"whatever their sizes. Received: {len(first)} and {len(second[0])}"
        )
    if model.num_classes is not None and isinstance(first, (np.ndarray, tf.Tensor)):
        check_labels(labels, model.num_classes, model.missing_labels)


def _images_and_labels(x, y, two_domains):
    """The images and the labels of `fit`'s arguments, given apart or, `fit((images, labels))`, as one pair."""
    if x is None or (hasattr(x, "__len__") and not isinstance(x, tf.data.Dataset) and len(x) == 0):
        received = f"an empty {type(x).__name__}" if x is not None else "None"
        raise ValueError(f"There are no images: give an array of them or a data set. Received: {received}")
    paired = y is None and isinstance(x, tuple) and len(x) == 2
    images, labels = x if paired and isinstance(x[0], (tuple, list)) == two_domains else (x, y)
    return images, np.asarray(labels) if isinstance(labels, (tuple, list)) else labels
