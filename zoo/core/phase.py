"""What a model declares of its training: phases, one player's move each, and its place in the unified view."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..theory.expressions import Expression, Line
from ..theory.transforms import slot_of


class Batch(NamedTuple):
    """What a phase sees of the data: `images` [batch, h, w, c] in [0, 1] and `labels` [batch], or None.

    For a model of two domains `images` is a pair of such tensors, and the labels are the first domain's.
    """

    images: Any
    labels: Any = None


@dataclass(frozen=True)
class Phase:
    """One player's move: which networks climb which expected log-likelihood.

    A phase knows nothing of optimizers or replicas; `GenerativeModel` runs it.

    Attributes:
        name: the player, "discriminator" say; its loss is logged as `<name>_loss` (as `loss` if it is the only phase).
        networks: the Keras layers whose trainable weights the phase updates, and no others.
        loss: `(batch, noise, training) -> (loss, terms)`: the loss of each example [batch], to be minimised, and a
            dict of the same length-[batch] terms, by name, to be logged.
        noise: `(n, seed) -> noise`: the random numbers one call of `loss` takes for n examples, from a stateless seed
            (an int32 pair); any structure of tensors, as `normal`, `uniform` and `categories` draw them. In training n
            is `Rows`, whose `count` is the number. It is separate from `loss` so that tests can inject it.
        terms: the names of all that `loss` logs, in order; metrics must exist before the step is traced.
        formula: the objective in the paper's notation: a `theory.expressions.Line`; several where the networks climb
            different ones; or plain text, which is printed as it is and not evaluated.
        repeats: how often the phase runs in a step (unrolled).
    """

    name: str
    networks: tuple
    loss: Callable
    noise: Callable
    terms: tuple[str, ...]
    formula: Line | tuple[Line, ...] | str
    repeats: int = 1


@dataclass(frozen=True)
class Formulation:
    """A model's place in the unified view of Hu et al. 2018: Table 1, as `unizoo explain` prints it.

    Attributes:
        parts: which of the model's parts plays which role; keys are the paper's symbols (expressions, or plain text),
            in Table 1's order.
        kl: the divergence that the generative player minimises: an expression, or plain text.
        behaviour: what follows from it, in a phrase.
        equations: the paper's equation numbers.
        theta_slot: "first", "second" or "both" arguments of that divergence in which the generator stands, "neither" of
            a symmetric one. Found in the expression; to be given with plain text.
        where: equations that must be known to read the formulas.
        notes: what else must be known, a sentence each; a tuple of texts and expressions where it has formulas.
    """

    parts: Mapping[Expression | str, str]
    kl: Expression | str
    behaviour: str
    equations: str
    theta_slot: str = ""
    where: tuple[Expression, ...] = ()
    notes: tuple[str | tuple, ...] = ()

    def __post_init__(self):
        if not self.theta_slot:
            object.__setattr__(self, "theta_slot", slot_of(self.kl))
