"""Objectives as pure functions: tensors in, per-example values out, never reduced over the batch.

`bounds` holds the variational family, `adversarial` the losses of two players, `divergences` the f-divergences among
them, `penalties` what keeps a discriminator's slope in bounds, and `importance` the one weighting that both families
share: the importance weighted autoencoder's over its posterior samples, and the importance weighted GAN's over its
generated ones.
"""

from . import adversarial, bounds, divergences, importance, penalties

__all__ = ["adversarial", "bounds", "divergences", "importance", "penalties"]
