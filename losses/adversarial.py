"""Losses of the two players of a GAN, on the discriminator's outputs, per example.

With `D(x) = q(y=1|x) = sigmoid(output)` both players climb an expected log-likelihood of the label y, the generator
with the label reversed (Hu et al. 2018, Eqs. 4-8). An adversarial loss is a pair of functions; `NON_SATURATING` and
`MINIMAX` name the two of Goodfellow et al. 2014. The paper's factor 1/2 for the uniform p(y) is left out, as usual.

Beside them stand the f-divergences of Nowozin et al. 2016 (`losses.divergences`; the minimax loss is one), the hinge
loss (Lim & Ye 2017, Miyato et al. 2018), least squares (Mao et al. 2017) and the Wasserstein distance (Arjovsky et al.
2017). Where the optimal discriminator gives away the density ratio p_data / p_g, the loss has a `log_ratio`, and its
generator can be importance weighted; for the original GAN it is the logit.

All are finite, and so are their gradients, for outputs of any size that single precision can square. Only the
exponentials of f-GAN's losses are changed for that, and only where an output stands for a density ratio beyond e^20:
see `losses.divergences`.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from .divergences import DIVERGENCES, LARGEST_RATIO
from .importance import normalized_weights


class AdversarialLoss(NamedTuple):
    """The losses of two players, per example, to be minimised, and what the discriminator says of the densities.

    Attributes:
        discriminator: `(real, generated) -> loss`, outputs of the discriminator [batch] each to the loss [batch].
        generator: `generated -> loss`, both [batch].
        log_ratio: from outputs [batch] to log p_data(x) / p_g(x), in nats, exact where the discriminator is optimal;
            None where its optimum does not determine the ratio.
    """

    discriminator: Callable
    generator: Callable
    log_ratio: Callable | None = None


def _require_equal_shapes(**tensors):
    """Refuse tensors that would broadcast, [batch] against [batch, 1] say, to a loss of the wrong shape."""
    shapes = {name: tf.TensorShape(tf.convert_to_tensor(tensor).shape) for name, tensor in tensors.items()}
    first, *others = shapes.values()
    if not all(first.is_compatible_with(other) for other in others):
        raise ValueError(
            f"{' and '.join(shapes)} must have the same shape, [batch]. "
            f"Received: {', '.join(f'{name} of shape {shape}' for name, shape in shapes.items())}"
        )


def discriminator_loss(real_logits, generated_logits):
    """Cross-entropy of the labels: `-log D(x) - log(1 - D(G(z)))` (Hu et al. 2018, Eq. 6).

    Args:
        real_logits: [batch] logits of data examples.
        generated_logits: [batch] logits of as many generated ones.

    Returns:
        [batch] the loss in nats, to be minimised.

    Raises:
        ValueError: if the two differ in shape.
    """
    _require_equal_shapes(real_logits=real_logits, generated_logits=generated_logits)
    return tf.nn.softplus(-real_logits) + tf.nn.softplus(generated_logits)


def non_saturating_generator_loss(generated_logits):
    """The reversed label's cross-entropy, `-log D(G(z))` (Hu et al. 2018, Eq. 7).

    Args:
        generated_logits: [batch] logits of generated examples.

    Returns:
        [batch] the loss in nats, to be minimised.
    """
    return tf.nn.softplus(-generated_logits)


def _separable(real_loss, generated_loss, generator_loss, log_ratio=None):
    """An adversarial loss whose discriminator's part is a sum over the two kinds of examples."""

    def discriminator(real, generated):
        _require_equal_shapes(real=real, generated=generated)
        return real_loss(real) + generated_loss(generated)

    return AdversarialLoss(discriminator, generator_loss, log_ratio)


def _variational(divergence):
    """f-GAN's game over the bound `E_p[ g_f(v) ] - E_q[ f*(g_f(v)) ]` (Nowozin et al. 2016, Sec. 2.3)."""
    return _separable(
        real_loss=lambda v: -divergence.activation(v),
        generated_loss=divergence.conjugate_of_output,
        generator_loss=lambda v: -divergence.conjugate_of_output(v),
        log_ratio=divergence.log_ratio,
    )


def _least_squares_log_ratio(outputs):
    """The optimum for the codes 0 and 1 is `D = p / (p + q)`, so that `p / q = D / (1 - D)` for D in (0, 1).

    A linear output also takes values that no two densities explain; it is read as the nearest that they do, with the
    ratio held within its bounds.
    """
    share = tf.clip_by_value(outputs, 1.0 / (1.0 + LARGEST_RATIO), LARGEST_RATIO / (1.0 + LARGEST_RATIO))
    return tf.math.log(share) - tf.math.log1p(-share)


NON_SATURATING = AdversarialLoss(discriminator_loss, non_saturating_generator_loss, tf.identity)

# `log(1 - D(G(z)))` for the generator, the zero-sum game (Goodfellow et al. 2014, Eq. 1); flat where D is sure.
MINIMAX = _variational(DIVERGENCES["gan"])

# Lim & Ye 2017; Miyato et al. 2018, Eqs. 16-17. The optimum is sign(p - q): it does not determine p / q.
HINGE = _separable(lambda v: tf.nn.relu(1.0 - v), lambda v: tf.nn.relu(1.0 + v), tf.negative)

# Mao et al. 2017, Eq. 9: the codes 0 of generated and 1 of real examples.
LEAST_SQUARES = _separable(
    lambda v: 0.5 * tf.square(v - 1.0),
    lambda v: 0.5 * tf.square(v),
    lambda v: 0.5 * tf.square(v - 1.0),
    _least_squares_log_ratio,
)

# Arjovsky et al. 2017, for a critic that something keeps Lipschitz. Its slope, not its value, tells p from q.
WASSERSTEIN = _separable(tf.negative, tf.identity, tf.negative)

LOSSES = {
    "non_saturating": NON_SATURATING,
    "minimax": MINIMAX,
    "hinge": HINGE,
    "least_squares": LEAST_SQUARES,
    "wasserstein": WASSERSTEIN,
    **{name: _variational(divergence) for name, divergence in DIVERGENCES.items() if name != "gan"},
}


def importance_weighted(loss, log_ratios, pool=None):
    """A generator's loss with each example weighted by `w~ = softmax(log r)` (Hu et al. 2018, Eqs. 15-16).

    The mean of the result over the batch is `sum_i w~_i loss_i`; with equal ratios that is the plain mean, so the
    gradient is the unweighted loss's.

    Args:
        loss: [batch] the generator's loss of each example.
        log_ratios: [batch] the same examples' log density ratios, the log importance weights in nats: an
            `AdversarialLoss.log_ratio` of the discriminator's outputs.
        pool: [global batch] the log ratios of all replicas' examples; default: `log_ratios`.

    Returns:
        [batch] the weighted loss, `n w~_i loss_i`, n the size of the pool.

    Raises:
        ValueError: if the loss and the log ratios differ in shape.
    """
    _require_equal_shapes(loss=loss, log_ratios=log_ratios)
    pool = log_ratios if pool is None else pool
    n = tf.cast(tf.size(pool), loss.dtype)
    return n * normalized_weights(log_ratios, pool=pool) * loss
