"""The variational autoencoder (Kingma & Welling 2014; Rezende et al. 2014) in the form of Hu et al. 2018, Eqs. 11-13.

    max_{theta,eta}  E_{p_data(x)} [ E_{q_eta(z|x)} log p_theta(x|z) - KL( q_eta(z|x) || p(z) ) ]

In the unified view the discriminator is the degenerate, perfect one: it blocks generated samples, so that only data
reach the objective, and the generator stands in the second slot of the divergence that is minimised.
"""

import keras

from .. import layers
from .core.autoencoder import Autoencoder
from .core.likelihood import BOUND_TERMS, bound_terms
from .core.phase import Formulation, Phase
from .hub.registry import register
from .theory.expressions import KL, E, Equation, Line, c, log, p, q, x, y, z
from .theory.transforms import reverse_label

BOUND = E(q.eta(z | x))[log(p.theta(x | z))] - KL(q.eta(z | x), p(z))
DIVERGENCE = KL(q.eta(z | (x, y)) * reverse_label(q.perfect(y | x), "*"), p.theta((z, y) | x))


@register
class VAE(Autoencoder):
    """A variational autoencoder with one stochastic layer; the KL term is in closed form.

    Args:
        image_shape: (height, width, channels).
        latent_dim: size of the code z, whose prior is N(0, I).
        hidden: widths of the encoder's dense layers; the decoder's are the same in reverse.
        activation: of the dense layers, a Keras activation's name.
        likelihood: p(x|z), "bernoulli" (images are binary, or are read as probabilities of being so), "normal" or
            "discretized_logistic" (8-bit images).
        num_classes: how many classes a conditional model (Sohn et al. 2015) knows, whose encoder and decoder are given
            the label; None for a model without labels.
        network: of what encoder and decoder are made, a name in `layers.NETWORKS`: "mlp" (dense layers) or "dcgan"
            (convolutions).
        filters: of "dcgan", channels of the widest-grid convolutions.
        encoder_network: a built Keras network from images to features [batch, size], in place of the named one; of a
            conditional model from the flattened pixels with the label's one-hot vector behind, or from images with the
            label's planes behind the channels.
        decoder_network: a built Keras network from codes to features [batch, size], or to a feature map of the images'
            size, in place of the named one; of a conditional model from codes with the label's one-hot vector behind.
        seed: int; initial weights and training noise follow from it.
        **kwargs: `name`, as for `keras.Model`.
    """

    def __init__(self, image_shape=(28, 28, 1), latent_dim=50, hidden=(200, 200), activation="tanh", **kwargs):
        super().__init__(image_shape, latent_dim, hidden, activation, **kwargs)
        self.build_networks()

    def build_networks(self):
        """Make the networks."""
        self.encoder = self.make_encoder(layers.MultivariateNormalDiag(self.single_code))
        self.decoder = self.make_decoder(self.latent_dim)

    @property
    def phases(self):
        """One phase: both networks climb the evidence lower bound."""
        return (
            Phase(
                name="autoencoder",
                networks=(self.encoder, self.decoder),
                loss=self._objective,
                noise=self._noise,
                terms=BOUND_TERMS,
                formula=self.given(Line("max", ("theta", "eta"), E(p.data(x))[BOUND])),
            ),
        )

    @property
    def formulation(self):
        """The VAE's column of the paper's Table 1."""
        return Formulation(
            parts={
                x: "data and generations",
                y: "real or generated (degenerate: only data reach the objective)",
                z: "code",
                **({} if self.num_classes is None else {c: "class label, given"}),
                self.given(p.theta(x | (z, y))): "`decoder` for y = 0, the data for y = 1; read as generation of x",
                q.perfect(y | x): "the perfect discriminator, without parameters; read as inference of y",
                self.given(q.eta(z | (x, y))): "`encoder`; read as inference of z",
            },
            kl=self.given(DIVERGENCE),
            behaviour="covers all modes: the generator is pulled to wherever the data are, at the price of blur",
            equations="Eqs. 11-13, Lemma 2",
            where=(Equation(reverse_label(q.perfect(y | x), "*"), q.perfect((1 - y) | x)),),
        )

    def default_optimizers(self):
        """Adam at 1e-3 with epsilon 1e-4, as Burda et al. 2015."""
        return {"autoencoder": keras.optimizers.Adam(1e-3, epsilon=1e-4)}

    def _objective(self, batch, noise, training):
        posterior = self._encode(batch.images, batch.labels, training)
        code = posterior.mean() + posterior.stddev() * noise[0]
        reconstruction = self._decode(code, batch.labels, training).log_prob(batch.images)
        kl = posterior.kl_divergence(self.prior)
        terms = bound_terms(reconstruction, kl)
        return -terms["bound"], terms
