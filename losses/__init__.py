"""Objectives as pure functions: tensors in, per-example values out, never reduced over the batch.

`bounds` holds the variational family, `adversarial` the losses of two players, and `importance` the one weighting
that both share: the importance weighted autoencoder's over its posterior samples, and the importance weighted GAN's
over its generated ones.
"""

from . import adversarial, bounds, importance

__all__ = ["adversarial", "bounds", "importance"]
