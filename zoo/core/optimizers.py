"""The optimizers of a model's phases behind one facade, so that Keras's callbacks find a `model.optimizer`."""

import keras
import tensorflow as tf


class PhaseOptimizers(tf.Module):
    """One optimizer a phase, in the order of the phases; a `tf.Module`, so that `tf.train.Checkpoint` finds them.

    LearningRateScheduler and ReduceLROnPlateau set each member's learning rate through `optimizers`; BackupAndRestore,
    ModelCheckpoint and the like ask for `iterations`, `built` and `variables`.

    Args:
        by_phase: dict from a phase's name to its built `keras.optimizers.Optimizer`.
    """

    built = True

    def __init__(self, by_phase):
        super().__init__()
        self.by_phase = by_phase

    def __getitem__(self, phase_name):
        return self.by_phase[phase_name]

    @property
    def optimizers(self):
        """The members, a list."""
        return list(self.by_phase.values())

    @property
    def variables(self):
        """All the members' variables."""
        return [variable for optimizer in self.optimizers for variable in optimizer.variables]

    @property
    def iterations(self):
        """The first member's count of updates."""
        return self.optimizers[0].iterations

    @property
    def learning_rate(self):
        """The first member's learning rate; setting it sets all."""
        return self.optimizers[0].learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        for optimizer in self.optimizers:
            optimizer.learning_rate = value


def phase_optimizers(optimizer, defaults, phases, loss_scaling):
    """Build the optimizer of every phase on its trainable weights.

    Args:
        optimizer: "default"; or one optimizer (an instance, or a Keras name), of which each phase gets its own copy; or
            a dict from phase names to optimizers, copied too, where a missing phase takes its default.
        defaults: dict from phase names to the model's own choice.
        phases: the model's phases.
        loss_scaling: whether to wrap each in a `LossScaleOptimizer`, as float16 needs.

    Returns:
        A `PhaseOptimizers`.

    Raises:
        ValueError: for a phase that the model does not have.
    """
    names = [phase.name for phase in phases]
    chosen = dict(defaults)
    if isinstance(optimizer, dict):
        unknown = sorted(set(optimizer) - set(names))
        if unknown:
            raise ValueError(
                f"optimizer names phases this model does not have; its phases: {names}. Received: {unknown}"
            )
        chosen.update({name: _fresh(one) for name, one in optimizer.items()})
    elif optimizer != "default":
        chosen = {name: _fresh(optimizer) for name in names}
    built = {}
    for phase in phases:
        member = chosen[phase.name]
        if loss_scaling and not isinstance(member, keras.optimizers.LossScaleOptimizer):
            member = keras.optimizers.LossScaleOptimizer(member)
        member.build([weight for network in phase.networks for weight in network.trainable_weights])
        built[phase.name] = member
    return PhaseOptimizers(built)


def _fresh(optimizer):
    """An optimizer not built yet, of the same configuration: one instance serves one phase of one model."""
    optimizer = keras.optimizers.get(optimizer)
    return type(optimizer).from_config(optimizer.get_config())
