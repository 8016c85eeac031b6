"""The importance weighted GAN (Hu et al. 2018, Eqs. 15-16): IWAE's weighting carried over to the generator.

    grad_theta L_k = E_{z_1..z_k} [ sum_i w~_i grad_theta log q^r_phi(y|x(z_i)) ],   w_i = q^r_phi(y|x_i) / q_phi(y|x_i)

for y = 0 alone, so that a generated sample weighs D / (1 - D), the exponential of its logit: samples that fool the
discriminator more teach the generator more. The k samples are the minibatch; the discriminator's phase is the GAN's.

D / (1 - D) is the density ratio p_data / p_g as the discriminator sees it. Every loss that gives such a ratio, as that
of any f-divergence does, can be weighted so; the hinge and Wasserstein losses give none and are refused.
"""

from dataclasses import replace

import tensorflow as tf

from ..losses import adversarial, importance
from .core.replicas import global_concat
from .gan import GAN
from .hub.registry import register


@register
class IWGAN(GAN):
    """A GAN whose generator's loss is importance weighted over the (global) batch.

    Arguments as `GAN`; `adversarial_loss` must be one whose discriminator gives a density ratio.
    """

    _generator_terms = ("effective_sample_size",)
    _weighs_samples = True

    @property
    def _generator_formula(self):
        return self._conditioned(self._view.weighted_line)

    @property
    def formulation(self):
        """The GAN's place, with the generator's samples weighted."""
        plain = super().formulation
        by_label = "D / (1 - D), D = q_phi(y=1|x)"
        by_output = "as much as its output says that p_data is denser there than p_g"
        notes = (
            "k is the number of generated samples in a batch, over all replicas, and x(z) the generator: a sample "
            f"weighs {by_label if 'q_phi' in self._view.ratio else by_output}. At k = 1, or with equal weights, the "
            "line is the GAN's.",
            "The weights take the discriminator for the optimal one and their own gradient is dropped, so the bound "
            "is not strictly a tighter one; the divergence given is the GAN's, the case k = 1.",
        )
        equations = "Eqs. 4-8 for the discriminator, Eqs. 15-16 for the generator"
        if self._view.source:
            equations += f" with the loss of {self._view.source}"
        return replace(plain, equations=equations, notes=plain.notes + notes)

    def _generator_objective(self, batch, noise, training):
        logits = self._generator_logits(batch, noise, training)
        adversary = adversarial.LOSSES[self.adversarial_loss]
        log_ratios = adversary.log_ratio(logits)
        pool = global_concat(log_ratios)
        loss = adversary.generator(logits)
        weighted = adversarial.importance_weighted(loss, log_ratios, pool)
        size = importance.effective_sample_size(pool)
        return weighted, {"effective_sample_size": tf.fill(tf.shape(loss), size)}
