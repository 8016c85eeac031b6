"""CycleGAN (Zhu et al. 2017): translation between two domains of images without pairs, in the view of Hu et al. 2018.

    max_phi        E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ],  E_{q_eta(z|y) p(y)} [ log q_phi(y|z) ]
    max_theta,eta  E_{p_theta(x|y) p(y)} [ log q_eta(z|x,y) q^r_phi(y|x) ]
                   + E_{q_eta(z|y) p(y)} [ log p_theta(x|z,y) q^r_phi(y|z) ]

x and z are two domains of data. From z to x it is InfoGAN (Eqs. 9-10), from x to z the same with x and z exchanged; the
terms with which InfoGAN recovers its code are here the cycle consistencies, Laplace likelihoods of the image that was
set out from.
"""

import math
from functools import partial

import keras

from .. import layers
from .core.adversary import noise_note
from .core.base import GenerativeModel
from .core.checks import check_not_negative
from .core.domains import Domain, checked_domain, domain_noise
from .core.interface import in_chunks
from .core.phase import Formulation, Phase
from .hub.registry import register
from .theory.adversarial_losses import VIEWS, of_codes
from .theory.expressions import KL, E, Line, log, p, proportional, q, x, y, z
from .theory.transforms import reverse_label

LOSS = "non_saturating"


@register
class CycleGAN(GenerativeModel):
    """Two translators and two discriminators; `fit` takes pairs of images (a, b), of which none belong together.

    Args:
        image_shape: of both domains' images, as for `GAN`; so are `seed` and `**kwargs`.
        filters: channels of the widest-grid convolutions.
        blocks: residual blocks of each translator.
        cycle_weight: weight of the cycle consistencies, the mean absolute errors of the pixels: the likelihoods are
            Laplace, of a scale that is the number of values in an image divided by this.
        instance_noise: as for `GAN`, on all that both discriminators see in training.
    """

    two_domains = True

    def __init__(
        self, image_shape=(28, 28, 1), filters=32, blocks=2, cycle_weight=10.0, instance_noise=0.1, seed=0, **kwargs
    ):
        super().__init__(image_shape, seed=seed, **kwargs)
        check_not_negative(cycle_weight=cycle_weight, instance_noise=instance_noise)
        self.filters = filters
        self.blocks = blocks
        self.cycle_weight = cycle_weight
        self.instance_noise = instance_noise
        discriminator = partial(layers.dcgan_discriminator, self.image_shape, filters, normalization="layer")
        translator = partial(layers.residual_translator, self.image_shape, filters, blocks)
        self.discriminator_a = discriminator(seed=seed, name="discriminator_a")
        self.discriminator_b = discriminator(seed=seed + 1000, name="discriminator_b")
        self.translator_a_to_b = translator(seed=seed + 2000, name="translator_a_to_b")
        self.translator_b_to_a = translator(seed=seed + 3000, name="translator_b_to_a")

    @property
    def domains(self):
        """Each domain's networks, by its name."""
        return {
            "a": Domain("a", self.translator_b_to_a, self.discriminator_a),
            "b": Domain("b", self.translator_a_to_b, self.discriminator_b),
        }

    @property
    def phases(self):
        """Both discriminators' moves, then that of the translators together."""
        view = VIEWS[LOSS]
        in_a, in_b = self.domains.values()
        to_a = E(p.theta((x, z) | y), p(y))[log(q.eta(z | (x, y)) * reverse_label(q.phi(y | x)))]
        to_b = E(q.eta((z, x) | y), p(y))[log(p.theta(x | (z, y)) * reverse_label(q.phi(y | z)))]
        return (
            in_a.discriminator_phase(LOSS, self._noise, view.discriminator_line()),
            in_b.discriminator_phase(LOSS, self._noise, of_codes(view.discriminator_line())),
            Phase(
                name="translators",
                networks=(self.translator_a_to_b, self.translator_b_to_a),
                loss=self._objective,
                noise=self._noise,
                terms=("deception_a", "deception_b", "cycle_a", "cycle_b"),
                formula=Line("max", ("theta", "eta"), to_a + to_b, view.times),
            ),
        )

    @property
    def restarted(self):
        """Both discriminators."""
        return (self.discriminator_a, self.discriminator_b)

    @property
    def formulation(self):
        """InfoGAN's column of the paper's Table 1, in both directions."""
        to_a, to_b = (reverse_label(one, "") for one in (q(x | (z, y)), q(z | (x, y))))
        size, weight = math.prod(self.image_shape), self.cycle_weight
        laplace = f"Laplace of scale {size / weight:g}, about" if weight else "constant, whatever"
        return Formulation(
            parts={
                x: "images of domain `a`, and translations to it",
                y: "real (1) or translated (0), in either domain",
                z: "images of domain `b`, and translations to it",
                p.theta(x | y): "`translator_b_to_a` for y = 0, the data of `a` for y = 1",
                p.theta(x | (z, y)): f"{laplace} the translation of z by `translator_b_to_a`",
                q.phi(y | x): "`discriminator_a`",
                q.phi(y | z): "`discriminator_b`",
                q.eta(z | y): "`translator_a_to_b` for y = 0, the data of `b` for y = 1",
                q.eta(z | (x, y)): f"{laplace} the translation of x by `translator_a_to_b`",
            },
            kl=KL(p.theta(x | y), to_a) + KL(q.eta(z | y), to_b),
            behaviour="of images from which those set out from can be recovered",
            equations="Eqs. 9-10 from `b` to `a`, and with x and z exchanged from `a` to `b`",
            where=(
                proportional(to_a, q.eta0(z | (x, y)) * reverse_label(q.phi0(y | x), "phi0") * p.theta0(x)),
                proportional(to_b, p.theta0(x | (z, y)) * reverse_label(q.phi0(y | z), "phi0") * q.eta0(z)),
            ),
            notes=noise_note(self.instance_noise),
        )

    def default_optimizers(self):
        """Adam at 2e-4 with beta_1 = 0.5, as Zhu et al. 2017."""
        return {phase.name: keras.optimizers.Adam(2e-4, beta_1=0.5) for phase in self.phases}

    def _noise(self, n, seed):
        return domain_noise(self.instance_noise, n, self.image_shape, seed)

    def _objective(self, batch, noise, training):
        (a, b), (in_a, in_b) = batch.images, self.domains.values()
        to_a, to_b = in_a.translate(b, training), in_b.translate(a, training)
        terms = {
            "deception_a": in_a.deception(LOSS, to_a, noise, training),
            "deception_b": in_b.deception(LOSS, to_b, noise, training),
            "cycle_a": in_a.recovery_error(to_b, a, training),
            "cycle_b": in_b.recovery_error(to_a, b, training),
        }
        cycles = terms["cycle_a"] + terms["cycle_b"]
        return terms["deception_a"] + terms["deception_b"] + self.cycle_weight * cycles, terms

    # Using the model ------------------------------------------------------------------------------------------------

    def call(self, inputs, training=False):
        """The logits of the discriminator of domain a: `discriminate`."""
        return self.domains["a"].logits(self._images(inputs), training)

    def translate(self, x, to="b"):
        """Images x [n, *image_shape] of one domain as images of the domain `to`: [n, *image_shape] in [0, 1]."""
        return in_chunks(self.domains[checked_domain("to", to)].translate, self._images(x))

    def discriminate(self, x, labels=None, domain="a"):
        """The logits of a domain's discriminator for images x [n, *image_shape]: [n] float32; above zero: real."""
        return in_chunks(self.domains[checked_domain("domain", domain)].logits, self._images(x))
