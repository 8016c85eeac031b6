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
from .core.adversary import check_adversarial_loss
from .core.replicas import global_concat
from .gan import GAN
from .hub.registry import register
from .theory.adversarial_losses import BOTH_MODES

WEIGHTED = (
    "Weighting turns the slope of the generator's loss, as a function of the discriminator's output, into that of "
    "another loss, whose divergence is given: the gradient is that loss's, over the sum of the weights."
)


@register
class IWGAN(GAN):
    """A GAN whose generator's loss is importance weighted over the (global) batch.

    Arguments as `GAN`; `adversarial_loss` must be one whose discriminator gives a density ratio.
    """

    def __init__(
        self, image_shape=(28, 28, 1), latent_dim=100, filters=32, adversarial_loss="non_saturating", **kwargs
    ):
        check_adversarial_loss(adversarial_loss, with_ratio=True)
        super().__init__(image_shape, latent_dim, filters, adversarial_loss, **kwargs)

    @property
    def phases(self):
        """The GAN's, the generator's samples weighted."""
        discriminator, generator = super().phases
        line = self.game.view.weighted_line(conditional=self.num_classes is not None)
        return discriminator, replace(generator, terms=("effective_sample_size",), formula=line)

    @property
    def formulation(self):
        """The GAN's place, with the divergence of the weighted loss."""
        plain, view = super().formulation, self.game.view
        equations = "Eqs. 4-8 for the discriminator, Eqs. 15-16 for the generator"
        return replace(
            plain,
            kl=self.given(view.weighted_divergence),
            theta_slot=view.weighted_slot,
            behaviour=BOTH_MODES,
            equations=equations + (f" with the loss of {view.source}" if view.source else ""),
            where=tuple(map(self.given, view.known_weighted)),
            notes=(*plain.notes, WEIGHTED),
        )

    def _generator_objective(self, batch, noise, training):
        outputs = self._logits(self._shown_generated(batch, noise, training), batch.labels, training)
        loss, log_ratios = self.game.losses.generator(outputs), self.game.losses.log_ratio(outputs)
        pool = global_concat(log_ratios)  # of all replicas
        size = importance.effective_sample_size(pool)
        weighted = adversarial.importance_weighted(loss, log_ratios, pool)
        return weighted, {"effective_sample_size": tf.fill(tf.shape(loss), size)}
