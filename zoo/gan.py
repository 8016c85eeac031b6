"""The generative adversarial network (Goodfellow et al. 2014) in the form of Hu et al. 2018, Eqs. 4-8.

    max_phi    E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ]
    max_theta  E_{p_theta(x|y) p(y)} [ log q^r_phi(y|x) ],      q^r_phi(y|x) = q_phi(1-y|x)

Both players climb the likelihood of the label y, real or generated; the generator's label is reversed. Networks and
hyper-parameters are DCGAN's (Radford et al. 2016) by default. Other losses, penalties on the discriminator's slope and
normalisations are arguments: they make WGAN-GP (Gulrajani et al. 2017) and SNGAN (Miyato et al. 2018).
"""

import keras

from .core.adversary import noise_note
from .core.generator import GeneratorModel
from .core.phase import Formulation, Phase
from .hub.registry import register
from .theory.expressions import c, p, q, x, y, z


@register
class GAN(GeneratorModel):
    """A generative adversarial network.

    Args:
        image_shape: (height, width, channels); DCGAN's networks take 1 or 3 channels and at least 8 by 8 pixels.
        latent_dim: size of the code z, whose prior is N(0, I).
        filters: of "dcgan", channels of the widest-grid convolutions; they double with every halving of the grid.
        adversarial_loss: "non_saturating", "minimax", "hinge", "least_squares", "wasserstein", or an f-divergence:
            "kl", "reverse_kl", "pearson", "squared_hellinger", "jensen_shannon"; see `losses.adversarial`.
        discriminator_steps: updates of the discriminator for each of the generator.
        instance_noise: standard deviation, in pixels of [0, 1], of normal noise on all that the discriminator sees in
            training (Soenderby et al. 2017). It hides what tells real pixels from generated ones at a glance, such as
            exact zeros, so that the discriminator keeps to shapes, and does not win.
        moving_average: decay of an exponential moving average of the generator's weights, which then makes the samples;
            None for none.
        num_classes: how many classes a conditional model (Mirza & Osindero 2014) knows, whose generator and
            discriminator are given the label; None for a model without labels.
        gradient_penalty: weight, usually 10, of `(||slope|| - 1)^2` of the discriminator on lines between data and
            generated images (Gulrajani et al. 2017); 0 for none.
        r1_penalty: weight gamma, usually 10, of `1/2 ||slope||^2` at data (Mescheder et al. 2018); 0 for none.
        normalization: of the discriminator: "batch", "layer", "spectral" or "none". A penalty needs one of the last
            three, and the Wasserstein loss a gradient penalty or "spectral".
        network: of what both networks are made, a name in `layers.NETWORKS`: "dcgan" (convolutions) or "mlp".
        hidden: of "mlp", widths of the discriminator's dense layers; the generator's are the same in reverse.
        generator_network: a built Keras network from codes [batch, latent_dim] to images in [0, 1], in place of the
            named one; of a conditional model from codes with the label's one-hot vector behind.
        discriminator_network: a built Keras network from images to logits [batch, 1], in place of the named one; of a
            conditional model from the pair of images and one-hot labels.
        seed: int; initial weights and training noise follow from it.
        **kwargs: `name`, as for `keras.Model`.
    """

    @property
    def phases(self):
        """The discriminator's move, then the generator's."""
        game = self.game
        return (
            game.discriminator_phase(
                self.discriminator, self._logits, self._shown, self._noise, formula=self.given(game.discriminator_line)
            ),
            Phase(
                name="generator",
                networks=(self.generator,),
                loss=self.averaging(self._generator_objective),
                noise=self._noise,
                terms=(),
                formula=self.given(game.view.generator_line),
            ),
        )

    @property
    def restarted(self):
        """The discriminator, unless its slope has a price: for such a one, what came of tries was mixed."""
        return () if self.game.penalised else (self.discriminator,)

    @property
    def formulation(self):
        """The GAN's column of the paper's Table 1, for its loss."""
        view = self.game.view
        return Formulation(
            parts={
                x: "data and generations",
                y: "real (1) or generated (0)",
                z: "code",
                **({} if self.num_classes is None else {c: "class label, given"}),
                self.given(p.theta(x | y)): "`generator` for y = 0, the data for y = 1; read as inference of x",
                self.given(q.phi(y | x)): view.role,
            },
            kl=self.given(view.divergence),
            behaviour=view.behaviour,
            equations=view.equations,
            where=tuple(map(self.given, view.known)),
            notes=noise_note(self.instance_noise),
        )

    def default_optimizers(self):
        """Adam at 2e-4 with beta_1 = 0.5 for both, as Radford et al. 2016."""
        return {name: keras.optimizers.Adam(2e-4, beta_1=0.5) for name in ("discriminator", "generator")}

    def _generator_objective(self, batch, noise, training):
        logits = self._logits(self._shown_generated(batch, noise, training), batch.labels, training)
        return self.game.losses.generator(logits), {}
