"""The importance weighted autoencoder (Burda, Grosse & Salakhutdinov 2015), with one or two stochastic layers.

    max_{theta,eta}  E_{p_data(x)} E_{z_1..z_k ~ q_eta(z|x)} [ log ( 1/k sum_i p_theta(x,z_i) / q_eta(z_i|x) ) ]

The VAE with k posterior samples inside the logarithm: a tighter bound. Hu et al. 2018 carry its weighting over to GANs
(Eqs. 15-16); see `iwgan`. The bound's other estimators and its relatives, in `losses.bounds`, are taken by name.
"""

from dataclasses import replace

import numpy as np

from .. import layers
from .core.chain import Chain, layered_noise
from .core.checks import check_at_least_one
from .core.likelihood import WEIGHTED_TERMS, log_density, weighed
from .core.randomness import normal
from .hub.registry import register
from .theory.expressions import p, q, x, y, z
from .theory.importance_bounds import BOUNDS, checked_argument
from .vae import VAE


@register
class IWAE(VAE):
    """An importance weighted autoencoder.

    With two stochastic layers the posterior is the chain q(h1|x) q(h2|h1) and the model p(h2) p(h1|h2) p(x|h1), all
    normal but the last (Burda et al. 2015, Sec. 5).

    Whatever is climbed, and logged with its sign reversed as `loss`, the term `bound` is the importance weighted bound
    of all k samples: a bound on log p(x) in expectation, by which runs with different objectives compare.

    Args:
        image_shape: (height, width, channels).
        latent_dim: size of the code; a pair (of h1, of h2) for two stochastic layers.
        hidden: widths of the dense layers between x and the code; for two stochastic layers a pair of such sequences,
            (between x and h1, between h1 and h2). None for Burda et al.'s (2015): (200, 200), for two stochastic layers
            ((200, 200), (100, 100)).
        num_samples: k, the importance samples of the training objective.
        bound: the function of `losses.bounds` that is climbed: "iwae"; another estimator of its gradient, "stl" or
            "dreg"; or another bound, "elbo" (the VAE's), "miwae", "ciwae", "piwae" or "vr".
        groups: M of "miwae" and "piwae": how many groups of K = k / M samples; None for others.
        beta: of "ciwae", the evidence lower bound's share, in [0, 1]; None for others.
        alpha: of "vr", the order; None for others.
        **kwargs: the other arguments of `VAE`.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=50,
        hidden=None,
        num_samples=50,
        bound="iwae",
        groups=None,
        beta=None,
        alpha=None,
        **kwargs,
    ):
        check_at_least_one(num_samples=num_samples)
        self.bound_argument = checked_argument(bound, num_samples, groups=groups, beta=beta, alpha=alpha)
        self.num_samples = num_samples
        self.bound = bound
        self.groups = groups
        self.beta = beta
        self.alpha = alpha
        if hidden is None:
            hidden = ((200, 200), (100, 100)) if np.size(latent_dim) == 2 else (200, 200)
        super().__init__(image_shape, latent_dim=latent_dim, hidden=hidden, **kwargs)

    def build_networks(self):
        """Make the networks of both layers, or of the one."""
        sizes = self.latent_dims
        widths = (self.hidden,) if len(sizes) == 1 else tuple(self.hidden)
        if len(sizes) > 2 or len(widths) != len(sizes) or isinstance(widths[-1], int):
            raise ValueError(
                "latent_dim is an int with hidden a sequence of ints, or a pair with hidden a pair of sequences: "
                "latent_dim=(100, 50) with hidden=((200, 200), (100, 100)), say. "
                f"Received: latent_dim={self.latent_dim!r}, hidden={self.hidden!r}"
            )
        self.encoder = self.make_encoder(layers.MultivariateNormalDiag(sizes[0]), widths[0])
        self.decoder = self.make_decoder(sizes[0], widths[0])
        self.upper_encoder = self.upper_decoder = None
        if len(sizes) == 2:
            self.upper_encoder = layers.normal_units(
                *sizes, widths[1], self.activation, seed=self.seed + 2000, name="upper_encoder"
            )
            self.upper_decoder = layers.normal_units(
                *sizes[::-1], widths[1][::-1], self.activation, seed=self.seed + 3000, name="upper_decoder"
            )

    @property
    def phases(self):
        """One phase: all networks climb the importance weighted bound."""
        (single,) = super().phases
        networks = (*single.networks, *self.chain.encoders, *self.chain.decoders)
        formula = tuple(map(self.given, BOUNDS[self.bound].lines(self.num_samples, self.bound_argument)))
        return (replace(single, networks=networks, terms=WEIGHTED_TERMS, formula=formula),)

    @property
    def formulation(self):
        """The VAE's place, with k codes in that of one."""
        single, bound = super().formulation, BOUNDS[self.bound]
        parts = dict(single.parts)
        if self.upper_encoder is not None:
            parts[z] = "two codes, z = (h1, h2)"
            parts[self.given(p.theta(x | (z, y)))] += "; p_theta(z) = p(h2) p_theta(h1|h2) has `upper_decoder`"
            inferred = self.given(q.eta(z | (x, y)))
            parts[inferred] = "`encoder` for h1, `upper_encoder` for h2 given h1; read as inference of z"
        return replace(
            single,
            parts=parts,
            kl=self.given(bound.divergence),
            theta_slot="",
            equations=f"the VAE's, Eqs. 11-13, with the bound of {bound.source}",
            where=(),
            notes=(bound.note,) if bound.note else (),
        )

    def _noise(self, n, seed):
        return self._latent_noise((self.num_samples, n), seed)

    def _objective(self, batch, noise, training):
        images, labels = batch
        latents, posteriors = self._infer(images, labels, noise, training)

        def densities(z, posteriors):
            return (*self._log_joint(images, labels, z, training), log_density(posteriors, z))

        bound, route = BOUNDS[self.bound], ()
        if bound.split is None:
            values = densities(latents, posteriors)
        else:
            # With two layers h1 also sets q(h2|h1), which is therefore made anew of the latents given.
            values, *route = bound.split(
                lambda z: densities(z, self.chain.posteriors(posteriors[0], z, training)), latents
            )
        log_w, terms = weighed(*values)
        return -bound.train_by(self.bound, log_w, route, self.bound_argument), terms

    # Two stochastic layers ------------------------------------------------------------------------------------------

    def _latent_noise(self, shape, seed):
        return layered_noise(normal, shape, self.latent_dims, seed)

    @property
    def chain(self):
        """The upper layer, if there is one."""
        return Chain() if self.upper_encoder is None else Chain([self.upper_encoder], [self.upper_decoder])
