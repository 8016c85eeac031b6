"""Reads REST's JSON: the row format (`instances`) and the column format (`inputs`), into arrays.

Rows: a list with one entry per example, each an object of the inputs by name, or the bare value where there
is one input; every input so gains dimension 0. Columns: an object of whole tensors, or the bare tensor.
Binary strings are `{"b64": "..."}`. The tokens NaN, Infinity and -Infinity are numbers, though JSON knows
none of them. Nesting is checked a whole level at a time, so that a batch of images costs milliseconds.
"""

import base64
import binascii
import itertools
import json

import numpy as np
import orjson
import tensorflow as tf

from .quoting import shorten, type_error, utf8
from .status import Code, ServingError, invalid

ROW = "row"
COLUMN = "column"
_MAX_RANK = 32  # numpy 1 allows no more
_FLOATS = (tf.float32, tf.float64)
_INTEGERS = (tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint32, tf.uint64)


def parse(body):
    """Read a request's body.

    Raises:
        ServingError: `INVALID_ARGUMENT` where it is no JSON object.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = _parse_with_nan(body)
    if not isinstance(document, dict):
        raise invalid(f"JSON Value: {shorten(document)} Is not object")
    return document


def _parse_with_nan(body):
    """The standard library's parser: slower, but it knows NaN and Infinity, and says where an error is."""
    try:
        return json.loads(body.decode("utf-8"))
    except json.JSONDecodeError as error:
        raise invalid(f"JSON Parse error: {error.msg} at offset: {error.pos}") from None
    except UnicodeDecodeError as error:
        raise invalid(f"JSON Parse error: not UTF-8 at offset: {error.start}") from None
    except RecursionError:
        raise invalid("JSON Parse error: nested too deeply") from None
    except ValueError as error:  # an integer of thousands of digits
        raise invalid(f"JSON Parse error: {error}") from None


def signature_name(document):
    """The request's `signature_name`; empty where it has none.

    Raises:
        ServingError: `INVALID_ARGUMENT` where it is no string.
    """
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {shorten(document)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return name


def decode(document, signature):
    """Read the inputs of a predict request.

    Args:
        document: what `parse` returned.
        signature: the signature that it calls.

    Returns:
        `ROW` or `COLUMN`, and alias to array, in the signature's dtypes.

    Raises:
        ServingError: `INVALID_ARGUMENT`; `UNIMPLEMENTED` for a dtype that JSON does not carry.
    """
    if not signature.inputs:
        raise invalid(f"Failed to get input map for signature: {signature.name}")
    if "instances" in document and "inputs" in document:
        raise invalid(
            f"JSON Value: {shorten(document)} Not formatted correctly expecting only one of 'inputs' or "
            "'instances' keys to exist"
        )
    if "instances" in document:
        return ROW, _decode_rows(document["instances"], signature)
    if "inputs" in document:
        return COLUMN, _decode_columns(document["inputs"], signature)
    raise invalid("Missing 'inputs' or 'instances' key")


def _decode_rows(rows, signature):
    if not isinstance(rows, list):
        raise invalid(f"JSON Value: {shorten(rows)} Excepting 'instances' to be an list/array")
    if not rows:
        raise invalid("No values in 'instances' array")
    named = _is_object(rows[0])
    if not named and len(signature.inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors required "
            "as per tensorinfo_map"
        )
    for position, row in enumerate(rows):
        if _is_object(row) != named:
            mixed = "object but got list" if named else "value/list but got object"
            raise invalid(f"Expecting {mixed} at item {position} of input list")
        if named and row.keys() != signature.inputs.keys():
            raise invalid(
                f"Failed to process element: {position} of 'instances' list. JSON object: {shorten(row)} "
                f"keys must be equal to: {','.join(signature.inputs)}"
            )
    return {
        alias: _decode_batch([row[alias] for row in rows] if named else rows, alias, spec)
        for alias, spec in signature.inputs.items()
    }


def _decode_batch(rows, alias, spec):
    """One input of all rows; on an error, the rows are read one by one to say which of them is wrong."""
    try:
        return to_array(rows, spec.dtype)
    except ServingError as failure:
        first = None
        for position, row in enumerate(rows):
            where = f"Failed to process element: {position} key: {alias} of 'instances' list. Error: "
            try:
                shape = to_array(row, spec.dtype).shape
            except ServingError as error:
                raise ServingError(error.code, f"{where}{error.code.name}: {error.message}") from None
            first = shape if first is None else first
            if shape != first:
                raise invalid(f"{where}Expecting shape {list(first)} but got: {list(shape)}") from None
        raise failure


def _decode_columns(inputs, signature):
    if not _is_object(inputs):
        if len(signature.inputs) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as "
                "per tensorinfo_map"
            )
        inputs = dict.fromkeys(signature.inputs, inputs)
    for alias in signature.inputs:
        if alias not in inputs:
            raise invalid(f"Missing named input: {alias} in 'inputs' object.")
    return {alias: to_array(inputs[alias], spec.dtype) for alias, spec in signature.inputs.items()}


def to_array(value, dtype):
    """Turn a JSON value, nested lists or a scalar, into an array.

    Args:
        value: the value; lists of one level must have one length.
        dtype: what to read it as. Floats accept integers, as far as they represent them exactly;
            integers accept no float, not even 1.0.

    Returns:
        The array, of the shape of the nesting.

    Raises:
        ServingError: `INVALID_ARGUMENT`, or `UNIMPLEMENTED` for another dtype.
    """
    shape = []
    leaves = [value]
    while leaves and type(leaves[0]) is list:
        if len(shape) == _MAX_RANK:
            raise invalid(f"Encountered list at unexpected level: {_MAX_RANK} expected < {_MAX_RANK}")
        _check_level(leaves, len(shape))
        shape.append(len(leaves[0]))
        leaves = list(itertools.chain.from_iterable(leaves))
    if list in set(map(type, leaves)):
        raise invalid(f"Encountered list at unexpected level: {len(shape)} expected < {len(shape)}")
    return _leaves(leaves, dtype).reshape(shape)


def _check_level(lists, level):
    """All of one level must be lists, and as long as the first."""
    if set(map(type, lists)) != {list}:
        stray = next(item for item in lists if type(item) is not list)
        raise invalid(f"JSON Value: {shorten(stray)} found at incorrect level: {level + 1} in the JSON DOM")
    if len(set(map(len, lists))) > 1:
        size = next(len(item) for item in lists if len(item) != len(lists[0]))
        raise invalid(f"Encountered list at unexpected size: {size} at level: {level} expected size: {len(lists[0])}")


def _leaves(leaves, dtype):
    if dtype in _FLOATS:
        return _floats(leaves, dtype)
    if dtype in _INTEGERS:
        _require(leaves, {int}, dtype)
        for extreme in (min(leaves, default=0), max(leaves, default=0)):
            if not dtype.min <= extreme <= dtype.max:
                raise type_error(extreme, dtype.name)
        return np.array(leaves, dtype.as_numpy_dtype)
    if dtype == tf.bool:
        _require(leaves, {bool}, dtype)
        return np.array(leaves, bool)
    if dtype == tf.string:
        return np.fromiter(map(_bytes, leaves), object, len(leaves))
    raise ServingError(Code.UNIMPLEMENTED, f"Conversion of JSON Value: {shorten(leaves)} to type: {dtype.name}")


def _floats(leaves, dtype):
    _require(leaves, {int, float}, dtype)
    finfo = np.finfo(dtype.as_numpy_dtype)
    largest = {int: 2 ** (finfo.nmant + 1) - 1, float: float(finfo.max)}
    try:
        with np.errstate(over="ignore"):
            array = np.array(leaves, dtype.as_numpy_dtype)
        exact = np.all(np.abs(array) <= largest[int])
    except OverflowError:
        exact = False
    if not exact:  # one is large, infinite or NaN: slower, each is looked at
        for leaf in leaves:
            if largest[type(leaf)] < abs(leaf) < np.inf:
                raise invalid(f"Cannot convert JSON value: {shorten(leaf)} to {dtype.name} without loss of precision.")
    return array


def _require(leaves, types, dtype):
    if not set(map(type, leaves)) <= types:
        raise type_error(next(leaf for leaf in leaves if type(leaf) not in types), dtype.name)


def _bytes(leaf):
    if isinstance(leaf, str):
        return utf8(leaf, "JSON Value")
    if not isinstance(leaf, dict):
        raise type_error(leaf, tf.string.name)
    if not _is_b64(leaf):
        raise invalid(f"JSON Value: {shorten(leaf)} not formatted correctly for base64 data")
    text = "".join(leaf["b64"].split())
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise invalid("Unable to base64 decode") from None


def _is_b64(value):
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def _is_object(value):
    return isinstance(value, dict) and not _is_b64(value)
