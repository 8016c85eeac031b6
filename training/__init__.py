"""Training the zoo's models with Keras's `fit`: strategies of tf.distribute, and callbacks."""

from .checkpoint import RunCheckpoint
from .progress import FitProgress
from .strategies import strategy
from .tensorboard import TensorBoard

__all__ = ["FitProgress", "RunCheckpoint", "TensorBoard", "strategy"]
