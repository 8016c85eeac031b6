"""REST's `tf.Example`s: the `examples` and `context` of classify and regress requests."""

import tensorflow as tf

from . import decoding
from .quoting import shorten, utf8
from .status import invalid


def fill_request(request, body):
    """Read a REST body into a classify or regress request.

    Args:
        request: the message that gRPC would carry, its `model_spec` naming the model.
        body: a JSON object: `examples`, a list of objects of features; perhaps `context`, an object of
            features that all of them share; perhaps `signature_name`. A feature is a value or a list of
            values of one kind: strings (text or `{"b64": ...}`), floats, or integers (true and false are 1
            and 0).

    Raises:
        ServingError: `INVALID_ARGUMENT`.
    """
    document = decoding.parse(body)
    request.model_spec.signature_name = utf8(decoding.signature_name(document), "signature_name").decode()
    rows = document.get("examples")
    if not isinstance(rows, list) or not rows:
        raise invalid(
            "When method is classify or regress, key 'examples' is expected to be a list that is not empty. "
            f"Received: {shorten(rows)}"
        )
    if "context" in document:
        message = request.input.example_list_with_context
        message.context.CopyFrom(_example(document["context"]))
    else:
        message = request.input.example_list
    message.examples.extend(map(_example, rows))


def _example(value):
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {shorten(value)}")
    example = tf.train.Example()
    for name, content in value.items():
        utf8(name, "Feature")
        _fill(example.features.feature[name], name, content if isinstance(content, list) else [content])
    return example


def _fill(feature, name, values):
    types = set(map(type, values))
    if types <= {str, dict}:
        feature.bytes_list.value.extend(decoding.to_array(values, tf.string).tolist())
    elif types == {float}:
        feature.float_list.value.extend(decoding.to_array(values, tf.float32).tolist())
    elif types <= {int, bool}:
        feature.int64_list.value.extend(decoding.to_array(list(map(int, values)), tf.int64).tolist())
    else:
        raise invalid(
            f"Unexpected element type in feature: {name}. All its values must be strings, or floats, or "
            f"integers. Received: {shorten(values)}"
        )
