"""Canonical status codes: the one error type of the server, and what REST and gRPC make of it.

TensorFlow, gRPC and TensorFlow Serving share one numbering of errors (``INVALID_ARGUMENT`` is 3 in all of
them). REST answers ``{"error": message}`` under the HTTP status of `Code.http`.
"""

from __future__ import annotations

import enum
import logging

logger = logging.getLogger("unizoo.server")


class Code(enum.IntEnum):
    """A canonical status code, by the number that TensorFlow and gRPC give it."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16

    @property
    def http(self) -> int:
        """The HTTP status under which REST answers with this code."""
        return _HTTP.get(self, 500)


_HTTP = {
    Code.OK: 200,
    Code.CANCELLED: 499,
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}


class ServingError(Exception):
    """A request, or a load, that fails with a canonical code.

    Args:
        code: the canonical code.
        message: what a client reads.
    """

    def __init__(self, code: Code, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> ServingError:
    """An ``INVALID_ARGUMENT`` error, by far the most common one."""
    return ServingError(Code.INVALID_ARGUMENT, message)


def as_serving_error(error: BaseException) -> ServingError:
    """Turn whatever a request raised into a `ServingError`, so that no request can end the server.

    TensorFlow's own errors keep their code. Anything unforeseen becomes ``INTERNAL``, and its traceback is
    logged: the client learns the type and the text, not the stack.
    """
    if isinstance(error, ServingError):
        return error
    code = getattr(error, "error_code", None)  # tf.errors.OpError
    if isinstance(code, int) and code in Code.__members__.values():
        return ServingError(Code(code), getattr(error, "message", str(error)))
    logger.error("unforeseen error in the server", exc_info=error)
    return ServingError(Code.INTERNAL, f"{type(error).__name__}: {error}")
