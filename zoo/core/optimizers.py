"""The optimizers of a model's phases behind one facade, so that Keras's callbacks find a `model.optimizer`."""

import keras
import tensorflow as tf

LEGACY_FORMAT = (
    "Keras's legacy format, .h5, holds one optimizer, and the models here have one for each phase: save to a name that "
    "ends in .keras (the model with its optimizers) or .weights.h5 (weights), or with save_to_preset."
)


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

    def get_config(self):
        """Refused: Keras asks for it when it writes its legacy format, which holds one optimizer."""
        raise NotImplementedError(LEGACY_FORMAT)

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
        member.build(trained_by(phase))
        built[phase.name] = member
    return PhaseOptimizers(built)


def _fresh(optimizer):
    """An optimizer not built yet, of the same configuration: one instance serves one phase of one model."""
    optimizer = keras.optimizers.get(optimizer)
    return type(optimizer).from_config(optimizer.get_config())


def trained_by(phase):
    """The weights that a phase updates: a list, in the order in which its optimizer is built on them."""
    return [weight for network in phase.networks for weight in network.trainable_weights]


def applications(optimizer):
    """How often an optimizer was applied: a variable, of which `iterations` is a part under gradient accumulation."""
    return getattr(optimizer, "inner_optimizer", optimizer).variables[0]


def applied_now(optimizer):
    """1.0 if the last application changed weights, 0.0 if it only accumulated gradients: a float or scalar tensor."""
    steps = getattr(optimizer, "inner_optimizer", optimizer).gradient_accumulation_steps
    return tf.cast(applications(optimizer).value % steps == 0, tf.float32) if steps else 1.0


class FinalValues(keras.callbacks.Callback):
    """Lets each phase's optimizer put its final values, such as averages, in place, as Keras does with a model's one.

    It comes before the callbacks that shall find them there when training ends.

    Args:
        weights: dict from phase names to the weights that the phase's optimizer was built on.
    """

    def __init__(self, weights):
        super().__init__()
        self.weights = weights

    def on_train_end(self, logs=None):
        """Put them in place."""
        for name, optimizer in self.model.optimizer.by_phase.items():
            if self.params["epochs"] > 0 and applications(optimizer).numpy() > 0:
                optimizer.finalize_variable_values(self.weights[name])
