"""A model of one's own: the beta-VAE (Higgins et al. 2017), whose KL term weighs more than one.

python beta_vae.py      trains it on scikit-learn's digits, writes samples, a preset and a version to be served
"""

import keras
import unizoo
from unizoo import layers
from unizoo.zoo import Autoencoder, Formulation, Phase, register
from unizoo.zoo.explain import explain
from unizoo.zoo.theory.expressions import KL, E, Line, Scalar, log, p, q, x, y, z


@register
class BetaVAE(Autoencoder):
    """Bernoulli images, a normal posterior, and `beta` nats of loss for every nat of KL."""

    def __init__(self, image_shape=(8, 8, 1), latent_dim=8, hidden=(128, 128), activation="swish", beta=2.0, **kwargs):
        super().__init__(image_shape, latent_dim, hidden, activation, **kwargs)
        self.beta = beta  # every argument under its own name: this makes the config
        self.encoder = self.make_encoder(layers.MultivariateNormalDiag(latent_dim))
        self.decoder = self.make_decoder(latent_dim)

    @property
    def phases(self):
        """One player, which moves both networks."""
        weighted = Scalar("beta", self.beta) * KL(q.eta(z | x), p(z))
        return (
            Phase(
                name="autoencoder",
                networks=(self.encoder, self.decoder),
                noise=self._noise,
                loss=self._loss,
                terms=("reconstruction", "kl"),
                formula=Line("max", ("theta", "eta"), E(p.data(x))[E(q.eta(z | x))[log(p.theta(x | z))] - weighted]),
            ),
        )

    def _loss(self, batch, noise, training):
        (code,), (posterior,) = self._infer(batch.images, None, noise, training)
        reconstruction = self.decoder(code, training=training).log_prob(batch.images)
        kl = posterior.kl_divergence(self.prior)
        return self.beta * kl - reconstruction, {"reconstruction": reconstruction, "kl": kl}  # of each example

    @property
    def formulation(self):
        """Its place in the unified view: what `unizoo explain` prints."""
        return Formulation(
            parts={
                x: "data and generations",
                z: "code",
                p.theta(x | (z, y)): "`decoder` for y = 0, the data for y = 1; read as generation of x",
                q.eta(z | (x, y)): "`encoder`; read as inference of z",
            },
            kl=KL(q.eta(z | (x, y)) * q.perfect(y | x), p.theta((z, y) | x)),
            behaviour="covers all modes, with fewer of the code's dimensions in use",
            equations="Eqs. 11-13 at beta = 1",
        )

    def default_optimizers(self):
        """By phase; `compile` takes others."""
        return {"autoencoder": keras.optimizers.Adam(3e-3)}


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
