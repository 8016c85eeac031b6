"""Exponential moving averages of a network's weights, kept in a network of their own."""

import tensorflow as tf


def move_average(network, average, decay, iteration):
    """Move the weights of `average` towards those of `network`: average += (1 - decay) (network - average).

    Every weight moves, statistics of batch normalisations included. Called in a replica's context, once on each.

    Args:
        network: a built Keras network.
        average: another of the same architecture.
        decay: float in (0, 1). The first steps, which are not worth remembering, use a smaller one.
        iteration: integer scalar tensor, the number of steps done.
    """
    iteration = tf.cast(iteration, tf.float32)
    decay = tf.minimum(decay, (1.0 + iteration) / (10.0 + iteration))
    targets = [variable.value for variable in average.weights]
    sources = [variable.value for variable in network.weights]

    def move(strategy, targets, sources):
        for target, source in zip(targets, sources, strict=True):
            change = 1.0 - tf.cast(decay, target.dtype)

            def assign(variable, new, change=change):
                return variable.assign_add(change * (tf.cast(new, variable.dtype) - variable))

            strategy.extended.update(target, assign, args=(source,))

    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        move(tf.distribute.get_strategy(), targets, sources)
    else:
        context.merge_call(move, args=(targets, sources))
