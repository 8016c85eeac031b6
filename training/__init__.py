"""Callbacks for training the zoo's models with Keras's `fit`."""

from .checkpoint import RunCheckpoint
from .progress import FitProgress
from .tensorboard import TensorBoard

__all__ = ["FitProgress", "RunCheckpoint", "TensorBoard"]
