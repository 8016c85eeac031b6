"""Reweighted wake-sleep (Bornschein & Bengio 2015): the Helmholtz machine with IWAE's weights.

    wake   max_{theta,lambda}  E_{p_data(x)} E_{h_1..h_k ~ q_lambda(h|x)}
                               [ sum_i w~_i ( log p_theta(x,h_i) + log q_lambda(h_i|x) ) ]
    sleep  max_lambda          E_{p_theta(x,h)} [ log q_lambda(h|x) ]

with w_i = p_theta(x,h_i) / q_lambda(h_i|x). The weighted samples stand for the posterior itself, so that the wake phase
follows the gradient of log p_theta(x) (up to a bias that falls with k) and teaches the recognition network on data too.
"""

from dataclasses import replace

import tensorflow as tf

from ..losses import importance
from .core.checks import check_at_least_one
from .core.likelihood import WEIGHTED_TERMS, log_density, weighed
from .core.phase import Phase
from .hub.registry import register
from .theory.expressions import KL, E, Event, Line, Named, Samples, Scalar, h, held, log, p, q_lambda, total, x
from .theory.transforms import hold
from .wakesleep import WakeSleep


def wake_line(num_samples):
    """The wake phase's line, of k codes."""

    def joint(index):
        return p.theta(Event((x, h[index])))

    def weight(index):
        return Named("w", joint(index) / q_lambda(h[index] | x), index=(index,))

    normalized = Named("w~", held(weight("i") / total("j", weight("j"))), index=("i",))
    climbed = total("i", normalized * (log(joint("i")) + log(q_lambda(h["i"] | x))))
    codes = Samples(hold(q_lambda(h | x), "lambda"), Scalar("k", num_samples))
    return Line("max", ("theta", "lambda"), E(p.data(x))[E(codes)[climbed]])


@register
class RWS(WakeSleep):
    """A Helmholtz machine trained by reweighted wake-sleep.

    Args:
        image_shape: (height, width, channels).
        latent_dim: as for `WakeSleep`.
        num_samples: k, the posterior samples of the wake phase.
        **kwargs: the other arguments of `WakeSleep`.
    """

    def __init__(self, image_shape=(28, 28, 1), latent_dim=(200, 200), num_samples=5, **kwargs):
        check_at_least_one(num_samples=num_samples)
        self.num_samples = num_samples
        super().__init__(image_shape, latent_dim=latent_dim, **kwargs)

    @property
    def phases(self):
        """Wake, for both networks, then sleep."""
        wake = Phase(
            name="wake",
            networks=(*self._generative, *self._recognition),
            loss=self._wake_objective,
            noise=self._noise,
            terms=WEIGHTED_TERMS,
            formula=self.given(wake_line(self.num_samples)),
        )
        return (wake, self._sleep_phase)

    @property
    def formulation(self):
        """The Helmholtz machine's place, with k weighted codes in that of one."""
        return replace(
            super().formulation,
            kl=self.given(KL(p.data(x), p.theta(x))),
            theta_slot="",
            equations="Eq. 14, with the weights of Bornschein & Bengio 2015",
            notes=("The weighted codes stand for p_theta(h|x), with a bias that falls with k.",),
        )

    _taught = "learned awake and asleep"

    def _noise(self, n, seed):
        return self._latent_noise((self.num_samples, n), seed)

    def _wake_objective(self, batch, noise, training):
        latents, posteriors = self._infer(batch.images, batch.labels, noise, training)
        log_likelihood, log_prior = self._log_joint(batch.images, batch.labels, latents, training)
        log_q = log_density(posteriors, latents)
        log_w, terms = weighed(log_likelihood, log_prior, log_q)
        weights = importance.normalized_weights(log_w)
        return -tf.reduce_sum(weights * (log_likelihood + log_prior + log_q), axis=0), terms
