"""Losses of the two players of a GAN, on the discriminator's logits, per example.

With `D(x) = q(y=1|x) = sigmoid(logit)` both players climb an expected log-likelihood of the label y, the generator
with the label reversed (Hu et al. 2018, Eqs. 4-8). An adversarial loss is a pair of functions; `NON_SATURATING` and
`MINIMAX` name the two of Goodfellow et al. 2014. The paper's factor 1/2 for the uniform p(y) is left out, as usual.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from .importance import normalized_weights


class AdversarialLoss(NamedTuple):
    """Two losses: `discriminator(real_logits, generated_logits)` and `generator(generated_logits)`, each [batch]."""

    discriminator: Callable
    generator: Callable


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


def minimax_generator_loss(generated_logits):
    """The zero-sum game's loss, `log(1 - D(G(z)))` (Goodfellow et al. 2014, Eq. 1); flat where D is sure.

    Args:
        generated_logits: [batch] logits of generated examples.

    Returns:
        [batch] the loss in nats (never positive), to be minimised.
    """
    return -tf.nn.softplus(generated_logits)


def importance_weighted(loss, generated_logits, pool=None):
    """A generator's loss with each example weighted by `w~ = softmax(logits)` (Hu et al. 2018, Eqs. 15-16).

    The mean of the result over the batch is `sum_i w~_i loss_i`; with equal logits that is the plain mean, so the
    gradient is the unweighted loss's.

    Args:
        loss: [batch] the generator's loss of each example.
        generated_logits: [batch] the same examples' logits, the log importance weights.
        pool: [global batch] the logits of all replicas' examples; default: `generated_logits`.

    Returns:
        [batch] the weighted loss, `n w~_i loss_i`, n the size of the pool.

    Raises:
        ValueError: if the loss and the logits differ in shape.
    """
    _require_equal_shapes(loss=loss, generated_logits=generated_logits)
    pool = generated_logits if pool is None else pool
    n = tf.cast(tf.size(pool), loss.dtype)
    return n * normalized_weights(generated_logits, pool=pool) * loss


NON_SATURATING = AdversarialLoss(discriminator_loss, non_saturating_generator_loss)
MINIMAX = AdversarialLoss(discriminator_loss, minimax_generator_loss)
LOSSES = {"non_saturating": NON_SATURATING, "minimax": MINIMAX}
