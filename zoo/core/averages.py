"""Exponential moving averages of a network's weights, kept in a frozen network of their own.

Weights are averaged; the statistics of batch normalisations are not: they describe the activations under the weights
with which they were taken. The average takes its own (Brock et al. 2019 call them standing statistics), or its first
layers would hand on values of another scale than the next ones expect.
"""

import contextlib

import keras
import tensorflow as tf


def average_of(network):
    """A frozen network that starts as a copy of `network`, to be kept by the functions below."""
    average = keras.models.clone_model(network)
    average.set_weights(network.get_weights())
    average.trainable = False
    return average


def checked_decay(decay):
    """The decay of an average, between 0 and 1, or None for none; anything else is refused."""
    if decay is not None and not 0.0 < decay < 1.0:
        raise ValueError(f"moving_average must lie between 0 and 1, or be None. Received: moving_average={decay}")
    return decay


def with_statistics(loss, network, average, inputs):
    """A phase's loss, in whose training the average of a network takes statistics of its own.

    Args:
        loss: as for `Phase`.
        network: the network that is trained.
        average: its `average_of`; None for none, and the loss as it is.
        inputs: `(batch, noise) -> inputs`, what the network is given.

    Returns:
        A function as for `Phase`.
    """
    if average is None:
        return loss

    def both(batch, noise, training):
        if training:
            take_statistics(network, average, inputs(batch, noise))
        return loss(batch, noise, training)

    return both


def take_statistics(network, average, inputs):
    """Run the average in training mode, in which its batch normalisations take statistics, unless `network` is frozen.

    Args:
        network: the network that is trained.
        average: its `average_of`.
        inputs: a training batch of the network's.
    """
    if network.trainable_weights:
        with _thawed(average):
            average(inputs, training=True)


def move_average(network, average, decay, iteration, share=1.0):
    """Move the weights of `average` towards those of `network`: average += share (1 - decay) (network - average).

    Called in a replica's context, once on each.

    Args:
        network: a built Keras network.
        average: its `average_of`.
        decay: float in (0, 1). The first steps, which are not worth remembering, use a smaller one.
        iteration: integer scalar tensor, the number of steps done.
        share: scalar, 0 in a step that has left the network as it was (gradient accumulation), else 1.
    """
    iteration = tf.cast(iteration, tf.float32)
    decay = tf.minimum(decay, (1.0 + iteration) / (10.0 + iteration))
    with _thawed(average):  # in which a weight can be told from a statistic
        pairs = [(own, new) for own, new in zip(average.weights, network.weights, strict=True) if own.trainable]
    targets, sources = ([variable.value for variable in variables] for variables in zip(*pairs, strict=True))

    def move(strategy, targets, sources):
        for target, source in zip(targets, sources, strict=True):
            change = tf.cast(share * (1.0 - decay), target.dtype)

            def assign(variable, new, change=change):
                return variable.assign_add(change * (tf.cast(new, variable.dtype) - variable))

            strategy.extended.update(target, assign, args=(source,))

    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        move(tf.distribute.get_strategy(), targets, sources)
    else:
        context.merge_call(move, args=(targets, sources))


@contextlib.contextmanager
def _thawed(average):
    average.trainable = True
    try:
        yield
    finally:
        average.trainable = False
