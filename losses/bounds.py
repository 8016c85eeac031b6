r"""Lower bounds on log p(x) from importance weights, and estimators of their gradients.

Every function takes `log_w: [k, batch]`, the log importance weights `log p(x, z_i) - log q(z_i | x)` of k samples for
each example, and returns the bound of each example, [batch], in nats, to be *maximised*. The value returned is always
the bound itself; the estimators differ only in the gradient that flows back.

| function | bound | gradient of the inference parameters |
|---|---|---|
| `elbo`, `iwae`, `miwae`, `ciwae`, `vr` | their own | that of the bound, `log_w` differentiated as it stands |
| `stl`, `dreg` | `iwae`'s | by the samples' path only, with weights w~ and w~^2 |
| `piwae` | `iwae`'s | `miwae`'s |

The last three need the two routes of the gradient apart: `log_w` must then carry the generative parameters' gradient
only, and a second argument, zero in value, the inference parameters': `path_derivative` makes both for `stl` and
`dreg`, `total_derivative` for `piwae`.

No bound exceeds `iwae`'s of the same samples, and so each is one on log p(x); `vr` with a negative alpha is the
exception.
"""

import math

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


def miwae(log_w, groups):
    """The mean over M groups of the bound with K = k / M samples (Rainforth et al. 2018).

    Tighter than `elbo`, with an inference gradient whose signal-to-noise ratio falls with K alone. At M = 1 it is
    `iwae`, at M = k `elbo`.

    Args:
        log_w: [k, batch] log importance weights in nats.
        groups: M, an int that divides k; sample i belongs to group i mod M.

    Returns:
        [batch] the bound in nats.

    Raises:
        ValueError: if `groups` does not divide k.
    """
    return tf.reduce_mean(_each_group(iwae, log_w, groups), axis=0)


def ciwae(log_w, beta):
    """The combination `beta elbo + (1 - beta) iwae` (Rainforth et al. 2018).

    Args:
        log_w: [k, batch] log importance weights in nats.
        beta: float in [0, 1], the evidence lower bound's share.

    Returns:
        [batch] the bound in nats.

    Raises:
        ValueError: if `beta` lies outside [0, 1].
    """
    if not 0.0 <= beta <= 1.0:
        raise ValueError(f"beta must lie in [0, 1]. Received: beta={beta!r}")
    return beta * elbo(log_w) + (1.0 - beta) * iwae(log_w)


def piwae(log_w, total, groups):
    """`iwae` for the generative parameters, `miwae` for the inference parameters (Rainforth et al. 2018).

    The tightest bound serves the former, the better signal-to-noise ratio the latter. At M = 1 it is `iwae`.

    Args:
        log_w: [k, batch] log importance weights carrying the generative parameters' gradient.
        total: [k, batch] zeros carrying the inference parameters' gradient, from `total_derivative`.
        groups: M, an int that divides k; sample i belongs to group i mod M.

    Returns:
        [batch] `iwae`'s bound in nats.

    Raises:
        ValueError: if `groups` does not divide k.
    """
    weights = _each_group(normalized_weights, log_w, groups) / groups
    return iwae(log_w) + tf.reduce_sum(weights * _each_group(tf.identity, total, groups), axis=(0, 1))


def vr(log_w, alpha):
    """The variational Renyi bound `log( mean_i w_i^(1 - alpha) ) / (1 - alpha)` (Li & Turner 2016).

    At alpha = 0 it is `iwae`, at alpha = 1, the limit, `elbo`; it falls with alpha, towards the least log weight.
    Negative alphas, which tend to the largest ("VR-max"), give more than `iwae` and no bound.

    Args:
        log_w: [k, batch] log importance weights in nats.
        alpha: finite float, the divergence's order.

    Returns:
        [batch] the bound in nats.

    Raises:
        ValueError: if `alpha` is not finite.
    """
    if not math.isfinite(alpha):
        raise ValueError(f"alpha must be finite. Received: alpha={alpha!r}")
    if alpha == 1.0:
        return elbo(log_w)
    # With respect to the largest power, and without adding small numbers to one: exact as alpha comes near to 1.
    order = 1.0 - alpha
    extreme = tf.stop_gradient((tf.reduce_max if order > 0.0 else tf.reduce_min)(log_w, axis=0))
    return extreme + tf.math.log1p(tf.reduce_mean(tf.math.expm1(order * (log_w - extreme)), axis=0)) / order


def _each_group(function, log_w, groups):
    """`function` of the log weights [K, M, batch] of M groups of K samples each."""
    k = log_w.shape[0]
    if not isinstance(groups, int) or groups < 1 or (k is not None and k % groups):
        raise ValueError(f"groups must be a positive int that divides the number of samples. Received: {groups=}, {k=}")
    return function(tf.reshape(log_w, tf.concat([[-1, groups], tf.shape(log_w)[1:]], axis=0)))


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
    (log_likelihood, log_prior, log_posterior), path = _routes(densities, latents)
    return (log_likelihood, log_prior, tf.stop_gradient(log_posterior)), path


def total_derivative(densities, latents):
    """Split the gradient of log importance weights between the two kinds of parameters, for `piwae`.

    Args:
        densities: as for `path_derivative`.
        latents: as for `path_derivative`.

    Returns:
        A pair. First the three densities, whose gradient reaches the generative parameters only. Then `total`,
        [k, batch] zeros that carry all of the inference parameters' gradient of log w: through the samples, as
        `path_derivative`, and through the density that they were drawn from.
    """
    (log_likelihood, log_prior, log_posterior), path = _routes(densities, latents)
    constant = tf.stop_gradient(log_posterior)
    return (log_likelihood, log_prior, constant), path + (constant - log_posterior)


def _routes(densities, latents):
    """The densities as functions of the parameters alone, and the zeros whose gradient goes through the samples."""
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
    return (log_likelihood, log_prior, log_posterior), path
