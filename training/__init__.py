"""Callbacks for training the zoo's models with Keras's `fit`."""

from .checkpoint import RunCheckpoint
from .tensorboard import TensorBoard

__all__ = ["RunCheckpoint", "TensorBoard"]
