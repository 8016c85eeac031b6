"""A model of one's own: the beta-VAE (Higgins et al. 2017), whose KL term weighs more than one.

python beta_vae.py      trains it on scikit-learn's digits, writes samples, a preset and a version to be served
"""

import keras
import tensorflow as tf
import tensorflow_probability as tfp
import unizoo
from unizoo import layers
from unizoo.zoo import Formulation, GenerativeModel, Phase, register, row_draws
from unizoo.zoo.explain import explain

tfd = tfp.distributions


@register
class BetaVAE(GenerativeModel):
    """Bernoulli images, a normal posterior, and `beta` nats of loss for every nat of KL."""

    def __init__(self, image_shape=(8, 8, 1), latent_dim=8, beta=2.0, seed=0, **kwargs):
        super().__init__(image_shape, seed=seed, **kwargs)
        self.latent_dim, self.beta = latent_dim, beta  # every argument under its own name: this makes the config
        self.encoder = layers.Conditional(
            layers.mlp(self.image_shape, (128, 128), "swish", seed), layers.MultivariateNormalDiag(latent_dim), seed
        )
        self.decoder = layers.Conditional(
            layers.mlp((latent_dim,), (128, 128), "swish", seed), layers.IndependentBernoulli(self.image_shape), seed
        )

    @property
    def prior(self):
        """p(z)."""
        return tfd.MultivariateNormalDiag(tf.zeros(self.latent_dim))

    @property
    def phases(self):
        """One player, which moves both networks."""
        return (
            Phase(
                name="autoencoder",
                networks=(self.encoder, self.decoder),
                noise=lambda n, seed: tf.random.stateless_normal([n, self.latent_dim], seed),
                loss=self._loss,
                terms=("reconstruction", "kl"),
                formula="max_{theta,eta} E_{p_data(x)} [ E_{q_eta(z|x)} log p_theta(x|z) "
                "- beta KL( q_eta(z|x) || p(z) ) ]",
            ),
        )

    def _loss(self, batch, noise, training):
        posterior = self.encoder(batch.images, training=training)
        z = posterior.mean() + posterior.stddev() * noise
        reconstruction = self.decoder(z, training=training).log_prob(batch.images)
        kl = posterior.kl_divergence(self.prior)
        return self.beta * kl - reconstruction, {"reconstruction": reconstruction, "kl": kl}  # of each example

    @property
    def formulation(self):
        """Its place in the unified view: what `unizoo explain` prints."""
        return Formulation(
            parts={
                "x": "data and generations",
                "z": "code",
                "p_theta(x|z,y)": "`decoder` for y = 0, the data for y = 1; read as generation of x",
                "q_*(y|x)": "the perfect discriminator, without parameters; read as inference of y",
                "q_eta(z|x,y)": "`encoder`; read as inference of z",
            },
            kl="KL( q_eta(z|x,y) q_*^r(y|x) || p_theta(z,y|x) )",
            theta_slot="second",
            behaviour="covers all modes, with fewer of the code's dimensions in use",
            equations="Eqs. 11-13 at beta = 1",
            notes=(f"The divergence is that of beta = 1; here the KL term to the prior weighs beta = {self.beta:g}.",),
        )

    def default_optimizers(self):
        """By phase; `compile` takes others."""
        return {"autoencoder": keras.optimizers.Adam(3e-3)}

    def generate(self, seeds, labels=None, draw=False):
        """One image for each row's own seed: with this the model samples, publishes and serves."""
        if draw:
            raise NotImplementedError("BetaVAE shows the means of p(x|z) only. Received: draw=True")
        return self.decoder(row_draws(self.prior, seeds)).mean()

    def reconstruct(self, x, *, labels=None, seed=None):
        """What comes back from the mean code."""
        return self.decoder(self.encoder(x).mean()).mean()


def main(epochs=60):
    """Train, look, keep, publish."""
    model = BetaVAE(beta=1.2)
    model.compile()
    options = {"batch_size": 50, "binarize": "dynamic", "validation": 200}
    model.fit(
        unizoo.data.load("digits", "train", **options),
        validation_data=unizoo.data.load("digits", "validation", **options),
        epochs=epochs,
        verbose=2,
    )
    print(explain(model))
    unizoo.data.save_grid(model.sample(64, seed=0), "beta_vae.png")
    model.save_to_preset("beta_vae_digits")  # unizoo.from_preset("beta_vae_digits") loads it
    print(unizoo.export.publish(model, "serving/beta_vae"))


if __name__ == "__main__":
    main()
