"""Quotes JSON values in error messages: short, whatever was sent."""

from __future__ import annotations

import itertools
import json
from typing import Any

from .status import ServingError, invalid


def type_error(leaf: Any, wanted: str) -> ServingError:
    """The error for a JSON value of the wrong type; `wanted` names the right one."""
    kind = {dict: "Object", str: "String", bool: str(leaf), type(None): "Null"}.get(type(leaf), "Number")
    return invalid(f"JSON Value: {shorten(leaf)} Type: {kind} is not of expected type: {wanted}")


def shorten(value: Any) -> str:
    """A JSON value for a message, cut at 256 characters; NaN and the like as their tokens."""
    text = json.dumps(_pruned(value, 4))
    return text if len(text) <= 256 else text[:253] + "..."


def _pruned(value: Any, depth: int) -> Any:
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
