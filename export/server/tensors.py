"""`TensorProto` to arrays and back, checked and bounded: what gRPC carries.

A few bytes of `TensorProto` can ask for any amount of memory (a shape, and one value to fill it with), so
the size is checked before anything is allocated.
"""

import math

import numpy as np
import tensorflow as tf

from .status import invalid

# The field of TensorProto that holds values of each type, as Tensor::AsProtoField fills it. Clients in other
# languages read these fields directly, so `tensor_content`, though faster, is no substitute.
_FIELDS = {
    **dict.fromkeys((tf.int32, tf.int16, tf.int8, tf.uint16, tf.uint8), "int_val"),
    **dict.fromkeys((tf.float16, tf.bfloat16), "half_val"),
    tf.float32: "float_val",
    tf.float64: "double_val",
    tf.int64: "int64_val",
    tf.uint32: "uint32_val",
    tf.uint64: "uint64_val",
    tf.bool: "bool_val",
    tf.string: "string_val",
}


def to_array(alias, proto, spec, max_bytes):
    """Read a `TensorProto` sent for one input.

    Args:
        alias: the input's name, for messages.
        proto: the `TensorProto`.
        spec: what the signature expects; the dtype must be equal.
        max_bytes: the largest array to allocate, in bytes.

    Returns:
        The array, of the proto's shape and the spec's dtype.

    Raises:
        ServingError: `INVALID_ARGUMENT`.
    """
    if proto.dtype != spec.dtype.as_datatype_enum:
        received = next((known.name for known in _FIELDS if known.as_datatype_enum == proto.dtype), proto.dtype)
        raise invalid(f"Expects {alias} to be {spec.dtype.name} but {received} is provided")
    sizes = [dim.size for dim in proto.tensor_shape.dim]
    if proto.tensor_shape.unknown_rank or len(sizes) > 32 or any(size < 0 for size in sizes):
        raise invalid(f"tensor parsing error: {alias}: its shape is not fully defined. Received: {sizes}")
    itemsize = np.dtype(spec.dtype.as_numpy_dtype).itemsize
    if math.prod(sizes) * itemsize > max_bytes:
        raise invalid(f"tensor parsing error: {alias}: at most {max_bytes} bytes are accepted. Received: shape {sizes}")
    try:
        return tf.make_ndarray(proto)
    except (TypeError, ValueError) as error:
        raise invalid(f"tensor parsing error: {alias}: {error}") from error


def fill_proto(proto, value, dtype):
    """Write an array into an empty `TensorProto`, one value per element, as TensorFlow Serving does.

    Args:
        proto: the `TensorProto` to fill.
        value: any shape.
        dtype: the signature's dtype of that output.
    """
    if dtype not in _FIELDS:  # complex and quantised types: rare enough for the generic writer
        proto.CopyFrom(tf.make_tensor_proto(value, dtype=dtype))
        return
    proto.dtype = dtype.as_datatype_enum
    for size in value.shape:
        proto.tensor_shape.dim.add(size=size)
    flat = value.ravel()
    if dtype in (tf.float16, tf.bfloat16):
        flat = flat.view(np.uint16)
    getattr(proto, _FIELDS[dtype]).extend(flat.tolist())
