"""What is printed is what is trained: the gradient of every phase's line, and of the model's own loss, in a toy."""

import numpy as np
import tensorflow as tf

from ...theory import evaluation
from .identity import TOLERANCE, Verdict
from .toys import TOYS, double_precision


def printed_lines(model, name):
    """Hold every phase's printed line against the loss that trains it: a list of `Verdict`.

    Args:
        model: a model; a toy of its class, with its configuration, is what is computed.
        name: what to call it.

    Returns:
        One verdict for each phase; none for a model of one's own class, which has no toy.
    """
    if type(model).__name__ not in TOYS:
        return []
    verdicts = []
    with double_precision():
        toy = TOYS[type(model).__name__](model)
        for phase in toy.model.phases:
            pairs = zip(*phase_gradients(toy, phase), strict=True)
            error = max(float(np.abs(np.subtract(said, trained)).max()) for said, trained in pairs)
            title = f"{name}, {phase.name}: gradient of the printed line"
            verdicts.append(Verdict(f"printed_{name}_{phase.name}", title, "its own formulation", error, TOLERANCE))
    return verdicts


def phase_gradients(toy, phase):
    """Both gradients of a phase, at the trainable weights of its networks.

    Args:
        toy: a `Toy`.
        phase: one of its model's phases.

    Returns:
        Two lists of tensors, one for each weight: of the printed lines, and of the model's own loss.
    """
    lines = phase.formula if isinstance(phase.formula, tuple) else (phase.formula,)
    weights = [weight for network in phase.networks for weight in network.trainable_weights]
    values = [weight.value for weight in weights]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(values)
        trained = toy.loss(phase)
        printed = [evaluation.loss(line, toy.world) for line in lines]
    zero = tf.UnconnectedGradients.ZERO
    ours = [tape.gradient(one, values, unconnected_gradients=zero) for one in printed]
    said = []
    for index, weight in enumerate(weights):
        said.append(tf.add_n([ours[number][index] for number in _lines_of(weight, lines, toy)]))
    return said, tape.gradient(trained, values, unconnected_gradients=zero)


def _lines_of(weight, lines, toy):
    """The numbers of the lines that a weight climbs: of several, those whose parameters it is of."""
    if len(lines) == 1:
        return [0]
    return [
        number
        for number, line in enumerate(lines)
        if any(weight is one for name in line.parameters for network in toy.players[name] for one in network.weights)
    ]
