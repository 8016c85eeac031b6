"""Images and labels as every model takes them; what is neither is refused in the same words, wherever it comes from.

Arrays and eager tensors are looked at on the spot. A symbolic tensor gets an assertion instead, which `refusals` turns
into the ValueError that the array would have met.
"""

import re
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

FIT_LABELS = (
    "this model is conditional: fit(images, labels), predict((images, labels)), or a data set of pairs: "
    "unizoo.data.load(..., labels=True)"
)
# How TensorFlow gives back what `refuse_unless` says: of an assertion, or of a Python data set's error.
_ASSERTION = re.compile(r"assertion failed: \[(The \w+ .*?)\] \[([^\]]*)\] \[to\] \[([^\]]*)\]")
_RAISED = re.compile(r"ValueError: (The (?:images|labels|batches) .*Received: .*)")


@contextmanager
def refusals():
    """Turn the failure of a batch that was refused within TensorFlow into the ValueError of an array's refusal."""
    try:
        yield
    except (tf.errors.InvalidArgumentError, tf.errors.UnknownError) as error:
        if found := _ASSERTION.search(error.message):
            sentence, least, greatest = found.groups()
            raise ValueError(f"{sentence} {float(least):g} to {float(greatest):g}") from None
        if found := _RAISED.search(error.message):
            raise ValueError(found[1]) from None
        raise


def refuse_unless(right, values, sentence):
    """Values as they are, refused unless they are `right`.

    Args:
        right: bool, or a scalar tensor.
        values: array or tensor; of a symbolic one the graph makes the refusal.
        sentence: what is wrong and expected, and ends "Received: ... from", behind which come the values' extremes.

    Returns:
        The values; a symbolic tensor with the assertion in it.

    Raises:
        ValueError: unless right.
    """
    if tf.is_symbolic_tensor(values):
        said = [sentence, tf.reduce_min(values), "to", tf.reduce_max(values)]
        with tf.control_dependencies([tf.debugging.Assert(right, said)]):
            return tf.identity(values)
    if not right:
        raise ValueError(f"{sentence} {float(np.min(values)):g} to {float(np.max(values)):g}")
    return values


def within(values, least, greatest, sentence):
    """Values as they are, refused where one is not from `least` to `greatest`: see `refuse_unless`."""
    lowest, highest = _extremes(values)
    return refuse_unless((lowest >= least) & (highest <= greatest), values, sentence)  # which is false of NaN


def _extremes(values):
    """The least and the greatest of an array's or tensor's values; NaN where one is NaN, and zeros of no values."""
    if tf.is_tensor(values):  # in a dtype that compares with any number
        return tf.cast(tf.reduce_min(values), tf.float64), tf.cast(tf.reduce_max(values), tf.float64)
    return (values.min(), values.max()) if values.size else (0, 0)


def as_array(values):
    """A tensor as it is, anything else as a NumPy array."""
    return values if tf.is_tensor(values) else np.asarray(values)


def _form(values):
    """The shape and the dtype, for messages."""
    return f"shape={tf.TensorShape(values.shape)}, dtype={tf.as_dtype(values.dtype).name}"


def check_image_form(images, image_shape):
    """Refuse what is no batch of images by its shape or its dtype.

    Args:
        images: array or tensor.
        image_shape: the (height, width, channels) expected.

    Returns:
        What a message says of what is expected and received.

    Raises:
        ValueError: saying what is wrong, expected and received.
    """
    advice = "unizoo.data.load makes such batches"
    dtype, wrong = tf.as_dtype(images.dtype), None
    if not tf.TensorShape(images.shape).is_compatible_with([None, *image_shape]):
        wrong, advice = "the wrong shape", f"{advice}, and resizes"
    elif not (dtype.is_floating or dtype.is_integer or dtype.is_bool):
        wrong = "the wrong dtype"
    else:
        advice = f"{advice}; divide levels by the greatest there can be"
    expected = (
        "expected floats in [0, 1], integers from 0 to 255, or bool, of shape "
        f"[n, {', '.join(map(str, image_shape))}] ({advice}). Received: {_form(images)}"
    )
    if wrong:
        raise ValueError(f"The images have {wrong}: {expected}")
    return expected


def checked_images(images, image_shape):
    """Images as they are, refused unless they are a batch of a model's images.

    Args:
        images: array or tensor [n, *image_shape], or what NumPy makes such an array of: floats in [0, 1]; integers from
            0 to 255, 8-bit levels; or bool.
        image_shape: the (height, width, channels) expected.

    Returns:
        The array or tensor, of its own dtype: see `unit_floats`.

    Raises:
        ValueError: saying what is wrong, expected and received.
    """
    try:
        images = as_array(images)
    except ValueError:  # NumPy's, of lists
        raise ValueError(
            f"The images are of several shapes: expected an array [n, {', '.join(map(str, image_shape))}]. "
            f"Received: a {type(images).__name__} of {len(images)}"
        ) from None
    expected = check_image_form(images, image_shape)
    dtype = tf.as_dtype(images.dtype)
    if dtype.is_bool:
        return images
    if dtype.is_floating:
        return within(images, 0, 1, f"The images have values outside [0, 1], or not finite: {expected}, from")
    least, greatest = _extremes(images)
    levels = (least >= 0) & (greatest <= 255) & (greatest != 1)
    wrong = "integers outside [0, 255], or 0 and 1 alone, all but black (images of two levels are bool, or floats)"
    return refuse_unless(levels, images, f"The images have {wrong}: {expected}, from")


def unit_floats(images):
    """Images, as `checked_images` takes them, as a float32 tensor in [0, 1]: 8-bit levels divided by 255."""
    floats = tf.cast(images, tf.float32)
    return floats / 255.0 if tf.as_dtype(images.dtype).is_integer else floats


def class_numbers(labels, num_classes, missing=False, use=FIT_LABELS):
    """Labels of any form as integers [n], which may yet be none of the classes.

    Args:
        labels: array, tensor or list: integers [n] or [n, 1], or one-hot rows [n, num_classes] of any dtype.
        num_classes: how many classes there are.
        missing: whether -1 may stand for a missing label.
        use: what a user does with labels, for the message.

    Returns:
        The integers, and what a message says of what is expected and received.

    Raises:
        ValueError: saying what is wrong, expected and received.
    """
    expected = (
        f"expected integers [n] from {-1 if missing else 0} to {num_classes - 1}, or one-hot rows "
        f"[n, {num_classes}] ({use}). Received: "
    )
    if labels is None:
        raise ValueError(f"The labels are missing: {expected}None")
    labels = as_array(labels)
    expected += _form(labels)
    shape, dtype = tf.TensorShape(labels.shape), tf.as_dtype(labels.dtype)
    if shape.rank == 2 and shape[1] == 1 and dtype.is_integer:
        labels, shape = labels[:, 0], shape[:1]
    if shape.rank == 2 and shape[1] == num_classes and (dtype.is_integer or dtype.is_floating or dtype.is_bool):
        return _from_one_hot(labels, expected), expected
    if not shape.is_compatible_with([None]):
        raise ValueError(f"The labels have the wrong shape: {expected}")
    if not dtype.is_integer:
        raise ValueError(f"The labels have the wrong dtype: {expected}")
    return (tf.cast(labels, tf.int64) if tf.is_tensor(labels) else labels.astype(np.int64)), expected


def _from_one_hot(rows, expected):
    """The place of each row's one, [n]; rows that are not one-hot are refused."""
    ops = tf.experimental.numpy if tf.is_tensor(rows) else np
    rows = ops.asarray(rows, np.float32)
    one_each = ops.all((rows == 0) | (rows == 1)) & ops.all(ops.sum(rows, axis=1) == 1)
    rows = refuse_unless(one_each, rows, f"The labels are rows that are not one-hot: {expected}, from")
    return ops.argmax(rows, axis=1)


def checked_labels(labels, num_classes, missing=False, use=FIT_LABELS):
    """Labels as integers [n], refused unless they are of the classes; arguments and errors as of `class_numbers`."""
    numbers, expected = class_numbers(labels, num_classes, missing, use)
    return within(
        numbers, -1 if missing else 0, num_classes - 1, f"The labels are none of the classes: {expected}, from"
    )


def class_weights(labels, by_class):
    """The weight of each example by its class.

    Args:
        labels: integers [n], array or tensor.
        by_class: dict from classes to weights; a class that it lacks, and a missing label, weigh 1.

    Returns:
        float32 [n].
    """
    ops = tf.experimental.numpy if tf.is_tensor(labels) else np
    weights = ops.ones_like(labels, np.float32)
    for label, weight in by_class.items():
        weights = ops.where(labels == label, np.float32(weight), weights)
    return weights
