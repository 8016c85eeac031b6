r"""Lower bounds on log p(x) from importance weights, and estimators of their gradients.

Every function takes `log_w: [k, batch]`, the log importance weights `log p(x, z_i) - log q(z_i | x)` of k samples for
each example, and returns the bound of each example, [batch], in nats, to be *maximised*. The value returned is always
the bound itself; the estimators differ only in the gradient that flows back.

With `log_w` differentiated as it stands, `iwae` gives Burda et al.'s gradient. The path-derivative estimators need the
two routes of the gradient apart: `log_w` must then carry the generative parameters' gradient only, and `path`
(made by `path_derivative`), zero in value, carries the inference parameters' gradient through the samples.
"""

import tensorflow as tf

from .importance import normalized_weights


def elbo(log_w):
    """The evidence lower bound, `mean_i log w_i` (Kingma & Welling 2014).

    Args:
        log_w: [k, batch] log importance weights in nats.

    Returns:
        [batch] the bound in nats.
    """
    return tf.reduce_mean(log_w, axis=0)


def iwae(log_w):
    """The importance weighted bound, `log mean_i w_i` (Burda et al. 2015, Eq. 8); at k = 1 it is `elbo`.

    Args:
        log_w: [k, batch] log importance weights in nats.

    Returns:
        [batch] the bound in nats; its gradient is `sum_i w~_i grad log w_i`, `w~` the normalised weights.
    """
    k = tf.cast(tf.shape(log_w)[0], log_w.dtype)
    return tf.reduce_logsumexp(log_w, axis=0) - tf.math.log(k)


def stl(log_w, path):
    """The importance weighted bound with the "sticking the landing" gradient (Roeder et al. 2017, Sec. 5).

    The inference parameters get `sum_i w~_i d log w_i / dz_i dz_i`: no score function term, so the variance vanishes
    where q is the posterior. Biased for k > 1; unbiased at k = 1.

    Args:
        log_w: [k, batch] log importance weights carrying the generative parameters' gradient.
        path: [k, batch] zeros carrying the inference parameters' gradient, from `path_derivative`.

    Returns:
        [batch] the bound in nats.
    """
    return iwae(log_w) + tf.reduce_sum(normalized_weights(log_w) * path, axis=0)


def dreg(log_w, path):
    """The importance weighted bound with the doubly reparameterised gradient (Tucker et al. 2018, Eq. 8).

    The inference parameters get `sum_i w~_i^2 d log w_i / dz_i dz_i`: IWAE's gradient in expectation, with a
    signal-to-noise ratio that grows with k instead of falling. The generative parameters get IWAE's.

    Args:
        log_w: [k, batch] log importance weights carrying the generative parameters' gradient.
        path: [k, batch] zeros carrying the inference parameters' gradient, from `path_derivative`.

    Returns:
        [batch] the bound in nats.
    """
    return iwae(log_w) + tf.reduce_sum(tf.square(normalized_weights(log_w)) * path, axis=0)


def path_derivative(densities, latents):
    """Split the gradient of log importance weights into its two routes, for `stl` and `dreg`.

    Args:
        densities: function from a list of latents to three tensors [k, batch]: log p(x | z), log p(z) and
            log q(z | x), as functions of those latents and of the parameters.
        latents: list of reparameterised samples, each [k, batch, dim], in the order in which they were drawn; a
            sample may depend on earlier ones.

    Returns:
        A pair. First the three densities, whose gradient reaches the generative parameters only: their log weights are
        the `log_w` of `stl` and `dreg`. Then `path`, [k, batch] zeros whose gradient is that of the samples times
        d log w / dz, held constant.
    """
    leaves = [tf.stop_gradient(z) for z in latents]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(leaves)
        log_likelihood, log_prior, log_posterior = densities(leaves)
        log_w = log_likelihood + log_prior - log_posterior
    slopes = tape.gradient(log_w, leaves, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    path = tf.add_n(
        [
            tf.reduce_sum(tf.stop_gradient(slope) * (z - leaf), axis=-1)
            for slope, z, leaf in zip(slopes, latents, leaves, strict=True)
        ]
    )
    return (log_likelihood, log_prior, tf.stop_gradient(log_posterior)), path
