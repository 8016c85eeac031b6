"""The adversary's move, which all models with a discriminator share."""

import keras
import tensorflow as tf

from ...losses import adversarial, penalties
from .phase import Phase


def discriminator_phase(network, logits, noise, loss, *, formula, name="discriminator", repeats=1, penalised=False):
    """The phase in which a discriminator climbs the likelihood of the label y (Hu et al. 2018, Eq. 6).

    It logs `logits_real` and `logits_generated`, and `penalty` if there is one; behind a name such as "discriminator_a"
    these end in "_a" as well.

    Args:
        network: the discriminator, a Keras layer.
        logits: `(batch, noise, training) -> (real, generated)`, the discriminator's outputs [batch] of both kinds.
        noise: as for `Phase`.
        loss: a name in `losses.adversarial.LOSSES`.
        formula: as for `Phase`.
        name: the player's name, "discriminator" or with a suffix.
        repeats: as for `Phase`.
        penalised: whether `logits` returns a third tensor [batch], to be added to the loss: `losses.penalties` of what
            the discriminator was shown, weighted.

    Returns:
        A `Phase`.
    """
    kinds = ("logits_real", "logits_generated", *(("penalty",) if penalised else ()))
    terms = tuple(kind + name.removeprefix("discriminator") for kind in kinds)

    def objective(batch, noise, training):
        real, generated, *penalty = values = logits(batch, noise, training)
        value = adversarial.LOSSES[loss].discriminator(real, generated)
        return sum(penalty, start=value), dict(zip(terms, values, strict=True))

    return Phase(name, (network,), objective, noise, terms, formula, repeats)


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


def slope_penalty(critic, real, generated, coefficients, gradient_penalty, r1_penalty):
    """The weighted sum of the penalties on a discriminator's slope, for `discriminator_phase`.

    Args:
        critic: from what the discriminator is shown to its outputs [batch], float32.
        real: what it is shown of data: float32 [batch, ...], or a structure of such tensors.
        generated: the same of the model.
        coefficients: [batch] in [0, 1], where between the two the gradient penalty is taken; None if there is none.
        gradient_penalty: weight of `losses.penalties.two_sided`.
        r1_penalty: weight of `losses.penalties.zero_centred`.

    Returns:
        [batch] float32.
    """
    weighted = []
    if gradient_penalty:
        weighted.append(gradient_penalty * penalties.two_sided(critic, real, generated, coefficients))
    if r1_penalty:
        weighted.append(r1_penalty * penalties.zero_centred(critic, real))
    return tf.add_n(weighted)


def check_slope(adversarial_loss, gradient_penalty, r1_penalty, normalization, network=None):
    """Refuse a penalty that batch normalisation spoils, and a critic whose slope nothing bounds.

    Args:
        adversarial_loss: a name in `losses.adversarial.LOSSES`.
        gradient_penalty: weight of the two-sided penalty.
        r1_penalty: weight of the zero-centred one.
        normalization: of the model's own discriminator, as in `layers.NetworkOptions`.
        network: a discriminator given by the user in its place, or None.

    Raises:
        ValueError: saying what to take instead.
    """
    if min(gradient_penalty, r1_penalty) < 0.0:
        raise ValueError(f"A penalty's weight must be 0 or more. Received: {gradient_penalty=}, {r1_penalty=}")
    batch = normalization == "batch"
    if network is not None:
        batch = any(isinstance(one, keras.layers.BatchNormalization) for one in getattr(network, "layers", ()))
    if batch and (gradient_penalty or r1_penalty):
        raise ValueError(
            "A penalty is on the slope at each image alone, and batch normalisation mixes a batch's images: take "
            'normalization="layer", "spectral" or "none", or a discriminator_network without it. '
            f"Received: {gradient_penalty=}, {r1_penalty=}, {normalization=}, discriminator_network={network}"
        )
    bounded = gradient_penalty or normalization == "spectral" or network is not None
    if adversarial_loss == "wasserstein" and not bounded:
        raise ValueError(
            "The Wasserstein loss has no bound unless the discriminator's slope has one: take "
            'gradient_penalty=10.0 with normalization="layer", or normalization="spectral". '
            f"Received: {gradient_penalty=}, {normalization=}"
        )
