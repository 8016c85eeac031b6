"""The importance weighted GAN (Hu et al. 2018, Eqs. 15-16): IWAE's weighting carried over to the generator.

    grad_theta L_k = E_{z_1..z_k} [ sum_i w~_i grad_theta log q^r_phi(y|x(z_i)) ],   w_i = q^r_phi(y|x_i) / q_phi(y|x_i)

so that a generated sample weighs D / (1 - D), the exponential of its logit: samples that fool the discriminator more
teach the generator more. The k samples are the minibatch; the discriminator's phase is the GAN's.
"""

import tensorflow as tf

from ..losses import adversarial, importance
from .gan import GAN
from .registry import register
from .replicas import global_concat


@register
class IWGAN(GAN):
    """A GAN whose generator's loss is importance weighted over the (global) batch; arguments as `GAN`."""

    _generator_terms = ("effective_sample_size",)

    @property
    def _generator_formula(self):
        return (
            "max_theta E_{z_1..z_k} [ sum_i w~_i log q^r_phi(y|x(z_i)) ],  "
            "w_i = q^r_phi(y|x_i) / q_phi(y|x_i), w~ normalised and held constant"
        )

    def _generator_objective(self, batch, z, training):
        logits = self._logits(self._generated(z, training), training)
        pool = global_concat(logits)
        loss = adversarial.LOSSES[self.adversarial_loss].generator(logits)
        weighted = adversarial.importance_weighted(loss, logits, pool)
        size = importance.effective_sample_size(pool)
        return weighted, {"effective_sample_size": tf.fill(tf.shape(loss), size)}
