"""What the importance weighted GAN climbs: Eqs. 15-16, of five samples whose outputs are known functions of theta."""

import tensorflow as tf

from ...losses import adversarial
from .identity import Identity, gradients, normalized, table

SLOPES = table(20, 5, 3)  # of five samples' discriminator outputs in three generative parameters


def _outputs(theta, at):
    """Outputs [samples] of the discriminator that are `at` where theta is zero."""
    return at + tf.linalg.matvec(SLOPES, theta)


def _weighted_mean(loss, outputs):
    """The importance weighted GAN's objective of samples with these outputs of the discriminator."""
    return tf.reduce_mean(adversarial.importance_weighted(loss.generator(outputs), loss.log_ratio(outputs)))


def iwgan_equal_weights():
    """Of every loss that can be weighted."""
    theta, at = tf.zeros([3], tf.float64), tf.fill([5], tf.constant(0.4, tf.float64))
    for loss in adversarial.LOSSES.values():
        if loss.log_ratio is None:
            continue

        def weighted(theta, loss=loss):
            return _weighted_mean(loss, _outputs(theta, at))

        def plain(theta, loss=loss):
            return tf.reduce_mean(loss.generator(_outputs(theta, at)))

        yield gradients(weighted, theta), gradients(plain, theta)


def iwgan_weights():
    """Of the GAN's own loss, with weights D / (1 - D)."""
    theta, at = tf.zeros([3], tf.float64), table(21, 5)
    real = tf.sigmoid(at)

    def weighted(theta):
        logits = _outputs(theta, at)
        return _weighted_mean(adversarial.LOSSES["non_saturating"], logits)

    def bound(theta):
        return tf.reduce_sum(normalized(real / (1 - real)) * tf.math.log(tf.sigmoid(_outputs(theta, at))))

    yield gradients(weighted, theta), [-gradient for gradient in gradients(bound, theta)]


IDENTITIES = (
    Identity("IWGAN with equal weights = GAN", "Hu et al. 2018, Eqs. 15-16", iwgan_equal_weights, ("IWGAN",)),
    Identity("IWGAN: weights D / (1 - D)", "Hu et al. 2018, Eq. 16", iwgan_weights, ("IWGAN",), ("non_saturating",)),
)
