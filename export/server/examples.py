"""REST's ``tf.Example``s: the ``examples`` and ``context`` of classify and regress requests."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow_serving.apis import input_pb2

from .decoding import to_array
from .quoting import shorten
from .status import invalid


def to_input(document: dict[str, Any]) -> input_pb2.Input:
    """Read the examples of a request.

    Args:
        document: the request's JSON object: ``examples``, a list of objects of features, and perhaps
            ``context``, an object of features that all of them share. A feature is a value or a list of
            values of one kind: strings (text or ``{"b64": ...}``), floats, or integers (true and false are 1
            and 0).

    Returns:
        The message that gRPC would carry.

    Raises:
        ServingError: ``INVALID_ARGUMENT``.
    """
    rows = document.get("examples")
    if not isinstance(rows, list) or not rows:
        raise invalid(
            "When method is classify or regress, key 'examples' is expected to be a list that is not empty. "
            f"Received: {shorten(rows)}"
        )
    message = input_pb2.Input()
    if "context" in document:
        with_context = message.example_list_with_context
        with_context.context.CopyFrom(_example(document["context"]))
        with_context.examples.extend(map(_example, rows))
    else:
        message.example_list.examples.extend(map(_example, rows))
    return message


def _example(value: Any) -> tf.train.Example:
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {shorten(value)}")
    example = tf.train.Example()
    for name, content in value.items():
        try:
            name.encode("utf-8")
        except UnicodeEncodeError:
            raise invalid(f"Feature: {shorten(name)} is not valid Unicode") from None
        _fill(example.features.feature[name], name, content if isinstance(content, list) else [content])
    return example


def _fill(feature: tf.train.Feature, name: str, values: list) -> None:
    types = set(map(type, values))
    if types <= {str, dict}:
        feature.bytes_list.value.extend(to_array(values, tf.string).tolist())
    elif types == {float}:
        feature.float_list.value.extend(to_array(values, tf.float32).tolist())
    elif types <= {int, bool}:
        feature.int64_list.value.extend(to_array(list(map(int, values)), tf.int64).tolist())
    else:
        raise invalid(
            f"Unexpected element type in feature: {name}. All its values must be strings, or floats, or "
            f"integers. Received: {shorten(values)}"
        )
