"""What a model's `compile` makes for its training steps."""

import keras
import tensorflow as tf

from .optimizers import trained_by


def by_xla(whether, function):
    """What a function of no arguments returns, run as it is, or compiled by XLA; what it reads may be tensors."""
    return tf.function(function, jit_compile=True)() if whether else function()


class Compiled:
    """The metrics and the weights of the phases, out of sight of Keras's tracking.

    Keras would save them, and ask a replica to create them.

    Attributes:
        means: a `keras.metrics.Mean` for each term, by its name.
        batches: int64 scalar variable, the number of batches that the means are of.
        weights: by phase, those that its optimizer was built on.

    Args:
        names: of the terms.
        phases: the model's phases.
    """

    def __init__(self, names, phases):
        self.means = {name: keras.metrics.Mean(name=name) for name in names}
        self.batches = tf.Variable(  # on each replica its own, which all count alike
            tf.zeros([], tf.int64),
            trainable=False,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
        self.weights = {phase.name: trained_by(phase) for phase in phases}
        self._traced = None

    def results(self):
        """The running mean of every term, by its name."""
        return {name: mean.result() for name, mean in self.means.items()}

    def changed(self, phases):
        """Whether other weights are trainable now than at the last call, so that a training step is to be traced anew.

        Args:
            phases: the model's phases.

        Raises:
            ValueError: for a weight that no optimizer was built on.
        """
        traced, self._traced = self._traced, {phase.name: [id(one) for one in trained_by(phase)] for phase in phases}
        for phase in phases:
            known = {id(weight) for weight in self.weights[phase.name]}
            if thawed := [weight.path for weight in trained_by(phase) if id(weight) not in known]:
                raise ValueError(
                    f"Since `compile`, weights of the phase {phase.name} have become trainable that its optimizer does "
                    f"not know: compile the model again. Received: trainable {', '.join(thawed)}"
                )
        return traced != self._traced
