"""What a training step must know of data parallelism: which replica it is, and what the others hold."""

import tensorflow as tf


def replica_id():
    """This replica's number as an int32 scalar; 0 without a strategy."""
    return tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int32)


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
