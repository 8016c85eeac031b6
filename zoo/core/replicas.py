"""What a training step must know of data parallelism: where its examples stand, and what the other replicas hold."""

from dataclasses import replace

import tensorflow as tf

from .randomness import Rows


def in_global_batch(batch, weights):
    """Where a replica's examples stand in the batch of all replicas, whose order is that of their numbers.

    A batch of fewer examples than replicas leaves some without, and a convolution on a CPU fails on none: there an
    example of zeros takes their place, which weighs nothing.

    Args:
        batch: a `Batch` of this replica.
        weights: [batch] weights of its examples, or None for ones.

    Returns:
        `Rows`; the batch; the weights.
    """
    context, example = tf.distribute.get_replica_context(), tf.nest.flatten(batch.images)[0]
    count = tf.shape(example)[0]
    if context.num_replicas_in_sync == 1:
        return Rows(count, tf.zeros([], tf.int64), tf.cast(count, tf.int64)), batch, weights
    number = tf.cast(context.replica_id_in_sync_group, tf.int32)
    mine = tf.one_hot(number, context.num_replicas_in_sync) * tf.cast(count, tf.float32)
    counts = tf.cast(context.all_reduce(tf.distribute.ReduceOp.SUM, mine), tf.int64)
    rows = Rows(count, tf.reduce_sum(counts[:number]), tf.reduce_sum(counts))
    if example.shape[0]:
        return rows, batch, weights
    missing = tf.cast(count == 0, tf.int32)

    def fill(part):
        return None if part is None else tf.concat([part, tf.zeros([missing, *part.shape[1:]], part.dtype)], axis=0)

    weights = fill(tf.ones([count]) if weights is None else weights)
    return replace(rows, count=count + missing), tf.nest.map_structure(fill, batch), weights


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
