"""What an identity is, and the little mathematics that all share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

TOLERANCE = 1e-9  # of gradients of order one in float64


@dataclass(frozen=True)
class Verdict:
    """What came of checking an identity.

    Attributes:
        name: the identity's.
        title: the identity's.
        stated: where it is stated.
        error: the largest absolute difference between its two sides, over all cases and coordinates.
        tolerance: the largest error allowed.
    """

    name: str
    title: str
    stated: str
    error: float
    tolerance: float

    @property
    def holds(self):
        """Whether the error is a number within the tolerance."""
        return self.error <= self.tolerance


@dataclass(frozen=True)
class Identity:
    """An equation that can be checked.

    Attributes:
        title: what it says, in a phrase.
        stated: where it is stated.
        differences: `() -> pairs`: the two sides of each case, lists of tensors.
        models: names of the classes it is about; a subclass may train by something else, and so is not meant.
        losses: the adversarial losses it is about; empty for whatever the model has. A model without a choice has the
            non-saturating one.
        tolerance: the largest absolute difference allowed.
    """

    title: str
    stated: str
    differences: Callable
    models: tuple[str, ...]
    losses: tuple[str, ...] = ()
    tolerance: float = TOLERANCE

    @property
    def name(self):
        """A name for programs: the checking function's."""
        return self.differences.__name__

    def is_about(self, model):
        """Whether the identity is about a model, as it is configured."""
        if type(model).__name__ not in self.models:
            return False
        return not self.losses or getattr(model, "adversarial_loss", "non_saturating") in self.losses

    def check(self):
        """Compare the two sides: a `Verdict`."""
        errors = [
            np.abs(np.subtract(one, other)).max()
            for left, right in self.differences()
            for one, other in zip(left, right, strict=True)
        ]
        return Verdict(self.name, self.title, self.stated, float(np.max(errors)), self.tolerance)


def gradients(function, *parameters):
    """The gradients of a scalar function of tensors at those tensors, a list; zeros where it does not depend on one.

    What the function takes of the same tensors by another way than its arguments is held fixed.
    """
    parameters = [tf.identity(parameter) for parameter in parameters]
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        value = function(*parameters)
    found = tape.gradient(value, parameters, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return [tf.convert_to_tensor(one) for one in found]  # of a gather the gradient comes in slices


def table(seed, *shape):
    """Standard normal numbers in float64, always the same ones for a seed."""
    return tf.constant(np.random.default_rng(seed).normal(size=shape))


def kl(p, q):
    """KL( p || q ) in nats, of positive tables over the last axis."""
    return tf.reduce_sum(p * tf.math.log(p / q), axis=-1)


def jsd(p, q):
    """The Jensen-Shannon divergence in nats, of positive tables over the last axis."""
    mixture = (p + q) / 2
    return (kl(p, mixture) + kl(q, mixture)) / 2


def normalized(weights):
    """Positive weights divided by their sum over the last axis."""
    return weights / tf.reduce_sum(weights, axis=-1, keepdims=True)
