"""Callbacks for training the zoo's models with Keras's `fit`."""

from .checkpoint import RunCheckpoint

__all__ = ["RunCheckpoint"]
