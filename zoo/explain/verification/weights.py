"""What the importance weighted GAN climbs: Eqs. 15-16, of five samples whose outputs are known functions of theta."""

import tensorflow as tf

from ....losses import adversarial
from . import model_losses
from .identity import Identity, gradients, normalized, table

SLOPES = table(20, 5, 3)  # of five samples' discriminator outputs in three generative parameters


def _outputs(theta, at):
    """Outputs [samples] of the discriminator that are `at` where theta is zero."""
    return at + tf.linalg.matvec(SLOPES, theta)


def iwgan_equal_weights():
    """Of every loss that can be weighted."""
    theta, at = tf.zeros([3], tf.float64), tf.fill([5], tf.constant(0.4, tf.float64))
    for name, loss in adversarial.LOSSES.items():
        if loss.log_ratio is None:
            continue

        def weighted(theta, name=name):
            return tf.reduce_mean(model_losses.iwgan(_outputs(theta, at), name))

        def plain(theta, name=name):
            return tf.reduce_mean(model_losses.gan(_outputs(theta, at), name))

        yield gradients(weighted, theta), gradients(plain, theta)


def iwgan_weights():
    """Of the GAN's own loss, with weights D / (1 - D)."""
    theta, at = tf.zeros([3], tf.float64), table(21, 5)
    real = tf.sigmoid(at)

    def weighted(theta):
        return tf.reduce_mean(model_losses.iwgan(_outputs(theta, at)))

    def bound(theta):
        return tf.reduce_sum(normalized(real / (1 - real)) * tf.math.log(tf.sigmoid(_outputs(theta, at))))

    yield gradients(weighted, theta), [-gradient for gradient in gradients(bound, theta)]


IDENTITIES = (
    Identity("IWGAN with equal weights = GAN", "Hu et al. 2018, Eqs. 15-16", iwgan_equal_weights, ("IWGAN",)),
    Identity("IWGAN: weights D / (1 - D)", "Hu et al. 2018, Eq. 16", iwgan_weights, ("IWGAN",), ("non_saturating",)),
)
