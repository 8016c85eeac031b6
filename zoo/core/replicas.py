"""What a training step must know of data parallelism: where its examples stand, and what the other replicas hold."""

import tensorflow as tf

from .randomness import Rows


def global_rows(count):
    """The place of this replica's examples among those of all replicas, whose order is that of their numbers.

    Args:
        count: how many examples this replica has, an int32 scalar.

    Returns:
        `Rows`.
    """
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return Rows(count)
    number = tf.cast(context.replica_id_in_sync_group, tf.int32)
    mine = tf.one_hot(number, context.num_replicas_in_sync) * tf.cast(count, tf.float32)
    counts = tf.cast(context.all_reduce(tf.distribute.ReduceOp.SUM, mine), tf.int64)
    return Rows(count, tf.reduce_sum(counts[:number]))


def global_size(per_example):
    """The number of examples that all replicas hold together.

    Args:
        per_example: [batch] tensor of this replica.

    Returns:
        Scalar of the tensor's dtype.
    """
    local = tf.cast(tf.shape(per_example)[0], per_example.dtype)
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return local
    return context.all_reduce(tf.distribute.ReduceOp.SUM, local)


def global_concat(per_example):
    """The values of all replicas' examples, in the replicas' order.

    Args:
        per_example: [batch] tensor of this replica.

    Returns:
        [global batch] tensor, the same on every replica.
    """
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return per_example
    return context.all_gather(per_example, axis=0)


def reducible(logs):
    """A step's scalars in the form in which Keras's `fit` can take their mean over replicas.

    Over several processes Keras takes it along the first axis, which scalars have not: there they have one of length 1.
    """
    strategy = tf.distribute.get_strategy()
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return logs
    alone = strategy.num_replicas_in_sync == len(strategy.extended.worker_devices)
    return logs if alone else {name: tf.reshape(value, [1]) for name, value in logs.items()}


class BuiltBeforehand:
    """A mixin before `keras.Model`, for models all of whose weights exist once they are made.

    Under a strategy Keras would build them on the first batch, averaged over the replicas, labels and uneven batches
    included; and so take the first epoch of data that count their epochs.
    """

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Nothing is left to build."""
