"""Canonical status codes and the one error type of the server, which REST and gRPC answer with.

TensorFlow, gRPC and TensorFlow Serving share one numbering of errors: `INVALID_ARGUMENT` is 3 in all of them.
"""

import logging

import tensorflow as tf
from grpc import StatusCode as Code

_CODES = {code.value[0]: code for code in Code}

logger = logging.getLogger("unizoo.server")


class ServingError(Exception):
    """A request, or a load, that fails with a canonical code.

    Args:
        code: the canonical code, a `Code`.
        message: what a client reads.
    """

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message):
    """An `INVALID_ARGUMENT` error, by far the most common one."""
    return ServingError(Code.INVALID_ARGUMENT, message)


def as_serving_error(error):
    """Turn whatever a request raised into a `ServingError`, so that no request can end the server.

    TensorFlow's own errors keep their code. Anything unforeseen becomes `INTERNAL`, and its traceback is
    logged: the client learns the type and the text, not the stack.
    """
    if isinstance(error, ServingError):
        return error
    if isinstance(error, tf.errors.OpError) and error.error_code in _CODES:
        return ServingError(_CODES[error.error_code], error.message)
    logger.error("unforeseen error in the server", exc_info=error)
    return ServingError(Code.INTERNAL, f"{type(error).__name__}: {error}")
