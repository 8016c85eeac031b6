"""Writes REST's JSON: arrays as the row format's `predictions` or the column format's `outputs`.

orjson writes the digits: fast, and a float32 in as few as tell it apart (0.2, not 0.20000000298023224). It
turns NaN into null, however, so arrays that are not finite have their nulls replaced, in order, by the tokens
NaN, Infinity and -Infinity that TensorFlow Serving writes.
"""

import base64
import json

import numpy as np
import orjson

from .decoding import ROW
from .status import invalid


def encode(format_, outputs):
    """Write the answer to a predict request.

    Args:
        format_: the request's format, `decoding.ROW` or `decoding.COLUMN`.
        outputs: alias to array. A single one is written without its name. Strings (arrays of bytes objects)
            become `{"b64": ...}` where the alias ends in `_bytes`, text otherwise.

    Returns:
        UTF-8 text.

    Raises:
        ServingError: `INVALID_ARGUMENT` for what JSON, or rows, cannot carry.
    """
    if format_ == ROW:
        return _dump({"predictions": _rows(outputs)})
    columns = {alias: _value(alias, array) for alias, array in outputs.items()}
    return _dump({"outputs": columns if len(columns) > 1 else next(iter(columns.values()))})


def encode_classifications(rows):
    """Write the answer to a classify request, from its `Classifications` messages: their (label, score) pairs."""
    results = [[[one.label, _value("score", np.float32(one.score))] for one in row.classes] for row in rows]
    return _dump({"results": results})


def encode_regressions(rows):
    """Write the answer to a regress request, from its `Regression` messages: their numbers."""
    return _dump({"results": _value("results", np.array([row.value for row in rows], np.float32))})


def _dump(value):
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def _rows(outputs):
    batch = None
    for alias, array in outputs.items():
        if array.ndim == 0:
            raise invalid(f"Tensor name: {alias} has no shape information ")
        batch = len(array) if batch is None else batch
        if len(array) != batch:
            raise invalid(f"Tensor name: {alias} has inconsistent batch size: {len(array)} expecting: {batch}")
    if len(outputs) == 1:
        return _value(*next(iter(outputs.items())))
    columns = {alias: [_value(alias, row) for row in array] for alias, array in outputs.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _value(alias, array):
    """One tensor, or one row of it, as something that orjson writes."""
    if isinstance(array, bytes):  # a row of a vector of strings
        return _strings(alias, array)
    array = np.asarray(array)
    if array.dtype == object:
        return _strings(alias, array.tolist())
    if array.dtype.kind not in "biuf" or array.dtype == np.float16:
        raise invalid(f"Failed to write JSON value for tensor type: {array.dtype} of {alias}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return orjson.Fragment(_with_tokens(array))
    return array[()]  # of rank 0, orjson writes the scalar alone


def _with_tokens(array):
    tokens = [json.dumps(x).encode() for x in array[~np.isfinite(array)].tolist()]
    # Numbers alone are in the text, so every null in it stands for one of these, in the same order.
    pieces = _dump(array[()]).split(b"null")
    return b"".join(piece + token for piece, token in zip(pieces, [*tokens, b""], strict=True))


def _strings(alias, value):
    if isinstance(value, list):
        return [_strings(alias, item) for item in value]
    if alias.endswith("_bytes"):
        return {"b64": base64.b64encode(value).decode("ascii")}
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid(
            f"Failed to write JSON value for {alias}: it is no UTF-8 text. An output of binary strings must "
            "have a name that ends in _bytes"
        ) from None
