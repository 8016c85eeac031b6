"""What every model with a discriminator is given: the game that is played against it."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from ...losses import adversarial, penalties
from ..theory.adversarial_losses import VIEWS
from .checks import check_at_least_one, check_not_negative
from .phase import Phase
from .randomness import fold_in, normal, uniform


def discriminator_phase(network, outputs, noise, loss, *, formula, name="discriminator", repeats=1, penalised=False):
    """The phase in which a discriminator climbs the likelihood of the label y (Hu et al. 2018, Eq. 6).

    It logs `logits_real` and `logits_generated`, and `penalty` if there is one; behind a name such as "discriminator_a"
    these end in "_a" as well.

    Args:
        network: the discriminator, a Keras layer.
        outputs: `(batch, noise, training) -> (real, generated)`, the discriminator's outputs [batch] of both kinds.
        noise: as for `Phase`.
        loss: a name in `losses.adversarial.LOSSES`.
        formula: as for `Phase`.
        name: the player's name, "discriminator" or with a suffix.
        repeats: as for `Phase`.
        penalised: whether `outputs` returns a third tensor [batch], a weighted penalty, to be added to the loss.

    Returns:
        A `Phase`.
    """
    kinds = ("logits_real", "logits_generated", *(("penalty",) if penalised else ()))
    terms = tuple(kind + name.removeprefix("discriminator") for kind in kinds)

    def objective(batch, noise, training):
        real, generated, *penalty = values = outputs(batch, noise, training)
        value = adversarial.LOSSES[loss].discriminator(real, generated)
        return sum(penalty, start=value), dict(zip(terms, values, strict=True))

    return Phase(name, (network,), objective, noise, terms, formula, repeats)


@dataclass(frozen=True)
class Game:
    """How a generator and a discriminator play: whose loss it is, and what keeps it stable.

    Attributes:
        loss: a name in `losses.adversarial.LOSSES`.
        steps: updates of the discriminator for each of the generator.
        instance_noise: standard deviation of normal noise on all images that the discriminator is shown in training.
        gradient_penalty: weight of `losses.penalties.two_sided` between data and generated images.
        r1_penalty: weight of `losses.penalties.zero_centred` at data.

    Raises:
        ValueError: for an unknown loss, less than one step, or a negative number.
    """

    loss: str = "non_saturating"
    steps: int = 1
    instance_noise: float = 0.0
    gradient_penalty: float = 0.0
    r1_penalty: float = 0.0

    def __post_init__(self):
        check_adversarial_loss(self.loss)
        check_at_least_one(discriminator_steps=self.steps)
        check_not_negative(instance_noise=self.instance_noise)
        if min(self.gradient_penalty, self.r1_penalty) < 0.0:
            raise ValueError(
                "A penalty's weight must be 0 or more. "
                f"Received: gradient_penalty={self.gradient_penalty}, r1_penalty={self.r1_penalty}"
            )

    @property
    def losses(self):
        """The two players' losses, an `AdversarialLoss`."""
        return adversarial.LOSSES[self.loss]

    @property
    def view(self):
        """What the loss says in the paper's notation, an `AdversarialView`."""
        return VIEWS[self.loss]

    @property
    def penalised(self):
        """Whether the discriminator's slope has a price."""
        return self.gradient_penalty > 0.0 or self.r1_penalty > 0.0

    @property
    def discriminator_line(self):
        """The discriminator's `Line`, with the penalties."""
        return self.view.discriminator_line(self.gradient_penalty, self.r1_penalty)

    def noise(self, n, image_shape, seed):
        """What the game draws for n pairs of images: a dict, empty of a game without noise and penalties."""
        noise = {}
        if self.instance_noise:
            for stream, kind in enumerate(("real", "generated"), 1):
                noise[kind] = pixel_noise(self.instance_noise, n, image_shape, fold_in(seed, stream))
        if self.gradient_penalty:
            noise["coefficients"] = uniform([n], fold_in(seed, 3))
        return noise

    def discriminator_phase(self, network, critic, shown, noise, *, formula):
        """The discriminator's move.

        Args:
            network: the discriminator, a Keras layer.
            critic: `(what it is shown, labels, training) -> outputs [batch]`.
            shown: `(batch, noise, training) -> (real, generated)`, what it is shown of both.
            noise: as for `Phase`.
            formula: as for `Phase`.

        Returns:
            A `Phase`.
        """

        def outputs(batch, noise, training):
            def judge(images):
                return critic(images, batch.labels, training)

            real, generated = shown(batch, noise, training)
            both = judge(real), judge(generated)
            return (*both, self._penalty(judge, real, generated, noise)) if self.penalised else both

        return discriminator_phase(
            network, outputs, noise, self.loss, formula=formula, repeats=self.steps, penalised=self.penalised
        )

    def _penalty(self, judge, real, generated, noise):
        """The weighted sum of the penalties, [batch]."""
        weighted = []
        if self.gradient_penalty:
            slope = penalties.two_sided(judge, real, generated, noise["coefficients"])
            weighted.append(self.gradient_penalty * slope)
        if self.r1_penalty:
            weighted.append(self.r1_penalty * penalties.zero_centred(judge, real))
        return tf.add_n(weighted)


def pixel_noise(deviation, n, image_shape, seed):
    """Normal noise for n images, [n, *image_shape]."""
    return deviation * normal([n, *image_shape], seed)


def noise_note(deviation):
    """What instance noise means for the formulas: a tuple of one sentence, or of none where there is no noise."""
    if not deviation:
        return ()
    blurred = f"The discriminator sees x with normal noise of standard deviation {deviation:g} added: "
    return (blurred + "its densities are those of images blurred so.",)


def check_adversarial_loss(name, with_ratio=False):
    """Refuse an unknown loss.

    Args:
        name: of the loss.
        with_ratio: whether it must be one whose discriminator gives a density ratio, to weigh samples by.

    Raises:
        ValueError: naming those that there are.
    """
    known = sorted(one for one, loss in adversarial.LOSSES.items() if loss.log_ratio or not with_ratio)
    if name not in known:
        why = " (its discriminator must give a density ratio)" if with_ratio else ""
        raise ValueError(f"adversarial_loss must be one of {known}{why}. Received: {name!r}")


def check_slope(game, normalization, network=None):
    """Refuse a penalty that batch normalisation spoils, and a critic whose slope nothing bounds.

    Args:
        game: a `Game`.
        normalization: of the model's own discriminator, as in `layers.NetworkOptions`.
        network: a discriminator given by the user in its place, or None.

    Raises:
        ValueError: saying what to take instead.
    """
    batch = normalization == "batch"
    if network is not None:
        batch = any(isinstance(one, keras.layers.BatchNormalization) for one in getattr(network, "layers", ()))
    received = f"gradient_penalty={game.gradient_penalty}"
    if batch and game.penalised:
        raise ValueError(
            "A penalty is on the slope at each image alone, and batch normalisation mixes a batch's images: take "
            'normalization="layer", "spectral" or "none", or a discriminator_network without it. '
            f"Received: {received}, r1_penalty={game.r1_penalty}, {normalization=}, discriminator_network={network}"
        )
    bounded = game.gradient_penalty or normalization == "spectral" or network is not None
    if game.loss == "wasserstein" and not bounded:
        raise ValueError(
            "The Wasserstein loss has no bound unless the discriminator's slope has one: take "
            'gradient_penalty=10.0 with normalization="layer", or normalization="spectral". '
            f"Received: {received}, {normalization=}"
        )
