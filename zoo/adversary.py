"""The adversary's move, which all models with a discriminator share."""

from ..losses import adversarial
from .phase import Phase


def discriminator_phase(network, logits, noise, loss, *, formula, name="discriminator", repeats=1):
    """The phase in which a discriminator climbs the likelihood of the label y (Hu et al. 2018, Eq. 6).

    It logs `logits_real` and `logits_generated`; behind a name such as "discriminator_a" these end in "_a" as well.

    Args:
        network: the discriminator, a Keras layer.
        logits: `(batch, noise, training) -> (real, generated)`, the discriminator's logits [batch] of both kinds.
        noise: as for `Phase`.
        loss: a name in `losses.adversarial.LOSSES`.
        formula: as for `Phase`.
        name: the player's name, "discriminator" or with a suffix.
        repeats: as for `Phase`.

    Returns:
        A `Phase`.
    """
    terms = tuple(f"logits_{kind}{name.removeprefix('discriminator')}" for kind in ("real", "generated"))

    def objective(batch, noise, training):
        values = logits(batch, noise, training)
        return adversarial.LOSSES[loss].discriminator(*values), dict(zip(terms, values, strict=True))

    return Phase(name, (network,), objective, noise, terms, formula, repeats)


def check_adversarial_loss(name):
    """Refuse an unknown loss.

    Raises:
        ValueError: naming those that there are.
    """
    if name not in adversarial.LOSSES:
        raise ValueError(f"adversarial_loss must be one of {sorted(adversarial.LOSSES)}. Received: {name!r}")
