"""The adversarial autoencoder (Makhzani et al. 2015): in Hu et al.'s (2018) view InfoGAN with x and z swapped.

    max_phi        E_{q_eta(z|y) p(y)} [ log q_phi(y|z) ]
    max_theta,eta  E_{q_eta(z|y) p(y)} [ log p_theta(x|z,y) q^r_phi(y|z) ]

The label y tells codes of images (0) from draws of the prior (1). It is the VAE with the KL term's place taken by an
adversary, which needs draws of the prior and no density. As Makhzani et al. do, the second line is climbed in two
phases, reconstruction and regularisation.
"""

from dataclasses import replace

import keras

from .. import layers
from .core.adversary import Game, check_adversarial_loss
from .core.autoencoder import Autoencoder
from .core.petals import PetalPrior
from .core.phase import Formulation, Phase
from .core.randomness import fold_in, row_draws
from .hub.registry import register
from .theory.adversarial_losses import of_codes
from .theory.expressions import KL, E, Equation, Line, c, log, p, q, x, y, z
from .theory.transforms import reverse_label


@register
class AAE(Autoencoder):
    """An autoencoder whose codes an adversary holds to a prior: N(0, I), or with labels a mixture of one part a class.

    With labels (Makhzani et al. 2015, Sec. 2.3) the prior is a flower of normal distributions in the code's first two
    dimensions, a petal for each class, and N(0, I) in the others. The discriminator is given a code's class, and so
    brings each class to its own petal. Encoder and decoder are not: nothing but `sample` needs a label afterwards.
    Missing labels (-1) are a class of their own to the discriminator, whose prior is the whole mixture.

    Args:
        image_shape: as for `VAE`, as are `hidden`, `activation`, `seed` and the other arguments of `VAE`, `**kwargs`.
        latent_dim: size of the code, at least 2 with labels.
        posterior: q(z|x), "deterministic" or "normal".
        num_classes: how many classes the prior has a part for; None for N(0, I).
        adversarial_loss: "non_saturating" or "minimax"; see `losses.adversarial`.
        adversary_hidden: widths of the discriminator's dense layers.
    """

    missing_labels = True
    conditions = False  # encoder and decoder are those of a model without labels

    _no_discriminator = "its discriminator judges codes, not images"

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=8,
        hidden=(400, 400),
        activation="swish",
        posterior="deterministic",
        num_classes=None,
        adversarial_loss="non_saturating",
        adversary_hidden=(400, 400),
        seed=0,
        **kwargs,
    ):
        if posterior not in ("deterministic", "normal"):
            raise ValueError(f"posterior must be 'deterministic' or 'normal'. Received: posterior={posterior!r}")
        if num_classes is not None and latent_dim < 2:
            raise ValueError(f"With labels latent_dim must be at least 2. Received: latent_dim={latent_dim!r}")
        check_adversarial_loss(adversarial_loss)
        self.posterior = posterior
        self.adversarial_loss = adversarial_loss
        self.adversary_hidden = adversary_hidden
        super().__init__(image_shape, latent_dim, hidden, activation, num_classes=num_classes, seed=seed, **kwargs)
        head = layers.MultivariateNormalDiag if posterior == "normal" else layers.Deterministic
        self.encoder, self.decoder = self.make_encoder(head(self.single_code)), self.make_decoder(latent_dim)
        self.discriminator = layers.mlp_discriminator(self.petals.told, adversary_hidden, seed + 2000)

    def _rows(self, x, labels):
        return [self._images(x)]

    @property
    def game(self):
        """The `Game` that encoder and discriminator play with codes."""
        return Game(self.adversarial_loss)

    @property
    def petals(self):
        """The prior, and its part for each class."""
        return PetalPrior(self.latent_dim, self.num_classes)

    @property
    def prior(self):
        """p(z), a standard normal or, with labels, the mixture of all classes' parts."""
        return self.petals.distribution

    @property
    def phases(self):
        """Reconstruction, the discriminator's move, and the encoder's against it."""
        game, line = self.game, self.game.discriminator_line
        reconstruction = E(q.eta(z | x), p.data(x))[log(p.theta(x | z))]
        return (
            Phase(
                name="autoencoder",
                networks=(self.encoder, self.decoder),
                loss=self._objective,
                noise=self._noise,
                terms=("reconstruction",),
                formula=Line("max", ("theta", "eta"), reconstruction),
            ),
            game.discriminator_phase(
                self.discriminator, self._logits, self._shown, self._adversary_noise, formula=self.given(of_codes(line))
            ),
            Phase(
                name="encoder",
                networks=(self.encoder,),
                loss=self._encoder_objective,
                noise=self._noise,
                terms=(),
                formula=self.given(replace(of_codes(game.view.generator_line), parameters=("eta",))),
            ),
        )

    @property
    def formulation(self):
        """InfoGAN's place, with x and z swapped."""
        labelled = {c: "class label, given to prior and discriminator; a missing one is a class too"}
        return Formulation(
            parts={
                x: "data and generations",
                y: "code of an image (0) or draw of the prior (1)",
                z: "code",
                **({} if self.num_classes is None else labelled),
                p.theta(x | (z, y)): "`decoder` for y = 0, without parameters for y = 1; read as generation of x",
                self.given(q.phi(y | z)): "`discriminator`, of codes",
                self.given(q.eta(z | y)): f"`encoder`, {self.posterior}, of data for y = 0, the prior for y = 1",
            },
            kl=KL(q.eta(z | x) * p.data(x), p.theta(x | z) * q.eta(z)),
            behaviour="covers the data as a VAE's decoder does; the encoder's codes seek the prior",
            equations="Eqs. 9-10 with x and z swapped",
            where=(self.given(Equation(reverse_label(q.phi(y | z)), q.phi((1 - y) | z))),),
            notes=("The divergence is the decoder's.",),
        )

    def default_optimizers(self):
        """Adam: at 1e-3 for the reconstruction, at 2e-4 with beta_1 = 0.5 for the two adversaries."""
        players = {name: keras.optimizers.Adam(2e-4, beta_1=0.5) for name in ("discriminator", "encoder")}
        return {"autoencoder": keras.optimizers.Adam(1e-3), **players}

    def _noise(self, n, seed):
        """Normal noise of the posterior, if it has any."""
        return self._latent_noise((n,), seed) if self.posterior == "normal" else []

    def _adversary_noise(self, n, seed):
        """The posterior's noise, and draws for the prior."""
        return {"posterior": self._noise(n, fold_in(seed, 0)), **self.petals.noise(n, seed)}

    def _codes(self, x, noise, training):
        posterior = self.encoder(x, training=training)
        return posterior.mean() + posterior.stddev() * noise[0] if noise else posterior.mean()

    def _logits(self, codes, labels, training):
        return layers.logits(self.discriminator, self.petals.tell(codes, labels), training)

    def _shown(self, batch, noise, training):
        return self.petals.draws(noise, batch.labels), self._codes(batch.images, noise["posterior"], training)

    def _objective(self, batch, noise, training):
        z = self._codes(batch.images, noise, training)
        reconstruction = self._decode(z, training=training).log_prob(batch.images)
        return -reconstruction, {"reconstruction": reconstruction}

    def _encoder_objective(self, batch, noise, training):
        logits = self._logits(self._codes(batch.images, noise, training), batch.labels, training)
        return self.game.losses.generator(logits), {}

    # Using the model ------------------------------------------------------------------------------------------------

    def generate(self, seeds, labels=None, draw=False):
        """Decode a draw from the prior, or from the label's part of it, for each row's seed."""
        return self._observe(self.petals.moved(row_draws(super().prior, seeds), labels), seeds, labels, draw)

    def supports(self, name):
        """As for every model; a deterministic posterior has no density, and so no `log_prob`."""
        return super().supports(name) and not (name == "log_prob" and self.posterior == "deterministic")

    def log_prob(self, x, num_samples=5000, *, labels=None, seed=0):
        """As for `VAE`, under the whole prior, with the normal posterior as the proposal; labels are ignored."""
        if not self.supports("log_prob"):
            raise self._has_no("log_prob", "its posterior is deterministic; make it with posterior='normal'")
        return super().log_prob(x, num_samples, seed=seed)
