"""Quotes JSON values in error messages: short, whatever was sent."""

import itertools
import json

from .status import invalid


def type_error(leaf, wanted):
    """The error for a JSON value of the wrong type; `wanted` names the right one."""
    kind = {dict: "Object", str: "String", bool: str(leaf), type(None): "Null"}.get(type(leaf), "Number")
    return invalid(f"JSON Value: {shorten(leaf)} Type: {kind} is not of expected type: {wanted}")


def utf8(text, what):
    """The bytes of a JSON string, which may hold half a surrogate pair; `what` it is, for the error."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise invalid(f"{what}: {shorten(text)} is not valid Unicode") from None


def shorten(value):
    """A JSON value for a message, cut at 256 characters; NaN and the like as their tokens."""
    text = json.dumps(_pruned(value, 4))
    return text if len(text) <= 256 else text[:253] + "..."


def _pruned(value, depth):
    """The outer part of a value, so that quoting a request of megabytes costs nothing."""
    if isinstance(value, str):
        return value[:256]
    if isinstance(value, int) and abs(value) > 2**64:
        return float("inf")
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return "..."
    if isinstance(value, list):
        return [_pruned(item, depth - 1) for item in value[:32]]
    return {key[:256]: _pruned(item, depth - 1) for key, item in itertools.islice(value.items(), 32)}
