r"""The f-divergences of f-GAN (Nowozin, Cseke & Tomioka 2016) as one table.

For a convex f with f(1) = 0 (but for a constant, in the original GAN's case) the divergence of q from p and its
variational bound are

    D_f(p || q) = E_q[ f(p/q) ]  >=  E_p[ T ] - E_q[ f*(T) ],

with equality at T = f'(p/q). A network's output v in R is brought into the domain of the conjugate f* by the output
activation, T = g_f(v) (their Sec. 2.3), which increases with v. The optimal T gives the density ratio back:
p/q = (f')^-1(T), the weight that importance weighting needs.

Composed with g_f both the conjugate and the log density ratio have short closed forms, which neither overflow nor
cancel where the single steps would: those are the columns that the losses use.

An exponential of an output continues as its tangent beyond an exponent of `LARGEST_EXPONENT`, 20: a bound stays
concave in the output, and it and its gradient (at most e^20) finite. Up to there nothing is changed, and so nothing is
where the density ratio that the output stands for lies between e^-20 and e^20.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

LARGEST_RATIO = 100.0  # bounds weights from outputs that may stand for no ratio; its inverse is the smallest
LARGEST_EXPONENT = 20.0  # beyond which an exponential continues as its tangent


class Divergence(NamedTuple):
    """A row of the table; all are elementwise functions of a float tensor.

    Attributes:
        generator: f, of a density ratio u > 0.
        derivative: f'(u).
        conjugate: f*(t), t in the range of `activation`.
        activation: g_f(v), of a network's output v.
        conjugate_of_output: f*(g_f(v)).
        log_ratio: log (f')^-1(g_f(v)), the log density ratio that an output v stands for.
    """

    generator: Callable
    derivative: Callable
    conjugate: Callable
    activation: Callable
    conjugate_of_output: Callable
    log_ratio: Callable


def _xlogx(u):
    return tf.math.xlogy(u, u)


def _log_plus_one(u):
    return (u + 1.0) * tf.math.log1p(u)


def _log_two(u):
    return tf.math.log(tf.constant(2.0, u.dtype))


def _with_tangent(exponential, v):
    """`exp` or `expm1` of v up to `LARGEST_EXPONENT`, and beyond it their tangent at this point."""
    beyond = tf.nn.relu(v - LARGEST_EXPONENT)  # whose slope at zero is zero, so that the two slopes never add up
    return exponential(tf.minimum(v, LARGEST_EXPONENT)) + math.exp(LARGEST_EXPONENT) * beyond


def _exp(v):
    return _with_tangent(tf.exp, v)


def _expm1(v):
    return _with_tangent(tf.math.expm1, v)


DIVERGENCES = {
    "kl": Divergence(
        generator=_xlogx,
        derivative=lambda u: 1.0 + tf.math.log(u),
        conjugate=lambda t: tf.exp(t - 1.0),
        activation=tf.identity,
        conjugate_of_output=lambda v: _exp(v - 1.0),
        log_ratio=lambda v: v - 1.0,
    ),
    "reverse_kl": Divergence(
        generator=lambda u: -tf.math.log(u),
        derivative=lambda u: -1.0 / u,
        conjugate=lambda t: -1.0 - tf.math.log(-t),
        activation=lambda v: -_exp(-v),
        conjugate_of_output=lambda v: v - 1.0,
        log_ratio=tf.identity,
    ),
    # Its T may be any number, but a ratio is positive: below T = -2 there is none, and the smallest is taken.
    "pearson": Divergence(
        generator=lambda u: tf.square(u - 1.0),
        derivative=lambda u: 2.0 * (u - 1.0),
        conjugate=lambda t: t * (0.25 * t + 1.0),
        activation=tf.identity,
        conjugate_of_output=lambda v: v * (0.25 * v + 1.0),
        log_ratio=lambda v: tf.math.log(tf.maximum(1.0 + 0.5 * v, 1.0 / LARGEST_RATIO)),
    ),
    "squared_hellinger": Divergence(
        generator=lambda u: tf.square(tf.sqrt(u) - 1.0),
        derivative=lambda u: 1.0 - tf.math.rsqrt(u),
        conjugate=lambda t: t / (1.0 - t),
        activation=lambda v: 1.0 - _exp(-v),
        conjugate_of_output=_expm1,
        log_ratio=lambda v: 2.0 * v,
    ),
    # Twice the Jensen-Shannon divergence, as in the paper.
    "jensen_shannon": Divergence(
        generator=lambda u: _xlogx(u) - _log_plus_one(u) + (u + 1.0) * _log_two(u),
        derivative=lambda u: _log_two(u) + tf.math.log(u) - tf.math.log1p(u),
        conjugate=lambda t: -tf.math.log(2.0 - tf.exp(t)),
        activation=lambda v: _log_two(v) - tf.nn.softplus(-v),
        conjugate_of_output=lambda v: tf.nn.softplus(v) - _log_two(v),
        log_ratio=tf.identity,
    ),
    # The original GAN's value function: the same less log 4, with T = log D and v the logit.
    "gan": Divergence(
        generator=lambda u: _xlogx(u) - _log_plus_one(u),
        derivative=lambda u: tf.math.log(u) - tf.math.log1p(u),
        conjugate=lambda t: -tf.math.log(-tf.math.expm1(t)),
        activation=lambda v: -tf.nn.softplus(-v),
        conjugate_of_output=tf.nn.softplus,
        log_ratio=tf.identity,
    ),
}


def exact(name, p, q):
    """The divergence `sum_x q(x) f(p(x) / q(x))` of two discrete distributions.

    Args:
        name: a key of `DIVERGENCES`.
        p: [..., states] probabilities.
        q: [..., states] positive probabilities.

    Returns:
        [...] the divergence D_f(p || q).
    """
    return tf.reduce_sum(q * DIVERGENCES[name].generator(p / q), axis=-1)
