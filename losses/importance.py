"""Self-normalised importance weights: one function for IWAE, its estimators and IWGAN.

IWAE weighs k posterior samples by `w_i = p(x, z_i) / q(z_i | x)` (Burda et al. 2015); IWGAN weighs generated samples
by `w_i = q^r(y|x_i) / q(y|x_i) = D / (1 - D)`, whose logarithm is the discriminator's logit (Hu et al. 2018, Eq. 16).
Both use the weights normalised to sum to one, and both hold them constant.
"""

import tensorflow as tf


def normalized_weights(log_w, axis=0, pool=None):
    """Importance weights normalised over `axis`, held constant: `w_i / sum_j w_j`.

    Args:
        log_w: float tensor, log importance weights in nats, any shape, for instance [k, batch].
        axis: the axis along which the weights sum to one.
        pool: the log weights to normalise against, if those are more than `log_w`: under data parallelism the logits
            of all replicas. Same rank as `log_w`; its size may differ along `axis` only.

    Returns:
        A tensor shaped as `log_w`, in [0, 1], through which no gradient flows.
    """
    pool = log_w if pool is None else pool
    largest = tf.reduce_max(pool, axis=axis, keepdims=True)
    total = tf.reduce_sum(tf.exp(pool - largest), axis=axis, keepdims=True)
    return tf.stop_gradient(tf.exp(log_w - largest) / total)


def effective_sample_size(log_w, axis=0):
    """Kish's effective sample size `(sum w)^2 / sum w^2` of importance weights, held constant.

    Args:
        log_w: float tensor of log importance weights, for instance [k, batch].
        axis: the axis of the samples.

    Returns:
        A tensor without `axis`, between 1 (one sample has all the weight) and the number of samples (equal weights).
    """
    return 1.0 / tf.reduce_sum(tf.square(normalized_weights(log_w, axis)), axis=axis)
