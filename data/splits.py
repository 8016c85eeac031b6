"""Which examples belong to which split.

Whatever has to be held out is chosen once and for all: the examples are put in one fixed order, drawn
from a constant seed, and the end of it is held out. The choice depends on the number of examples alone,
never on a run's seed, so no run can train on what another one validates with.
"""

import numbers

import numpy as np

from .sources import PARTS, WHOLE, Source

_ORDER_SEED = 1312


def held_out(count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices (kept [count - size], held out [size]), each ascending: a fixed choice for each `count`.

    For one `count`, a larger `size` holds out a superset of what a smaller one does.
    """
    # RandomState and not Generator: NumPy promises that its stream never changes.
    order = np.random.RandomState(_ORDER_SEED).permutation(count)
    return np.sort(order[: count - size]), np.sort(order[count - size :])


def select(source: Source, split: str, validation: int | float) -> tuple[str, np.ndarray]:
    """The part of `source` in which `split` lies, and the rows of it that belong to the split.

    A validation part of the source's own takes precedence over `validation`.

    Args:
        source: what is to be split.
        split: "train", "validation" or "test".
        validation: number, or fraction, of the training examples to hold out.

    Returns:
        (part, rows [n] ascending).

    Raises:
        ValueError: for an unknown or missing split, or if nothing would be left.
    """
    if split not in PARTS:
        raise ValueError(f"Unknown split; expected one of {', '.join(PARTS)}. Received: split={split!r}")
    if WHOLE in source.parts:
        count = source.size(WHOLE)
        train, test = held_out(count, _number(source.test_size, count, "test_size", source.origin))
        part, rows = WHOLE, test if split == "test" else train
    else:
        part = split if split != "validation" or split in source.parts else "train"
        if part not in source.parts:
            raise ValueError(
                f"{source.origin} has no {part} split, only {', '.join(source.parts)}. Received: split={split!r}"
            )
        rows = np.arange(source.size(part))
    if split == "test" or "validation" in source.parts:
        return part, rows
    kept, held = held_out(len(rows), _number(validation, len(rows), "validation", source.origin))
    if split == "train":
        return part, rows[kept]
    if not len(held):
        raise ValueError(
            f"Nothing is held out of {source.origin} for validation; pass validation=, a number of examples "
            f"or a fraction of the {len(rows)}. Received: split='validation', validation={validation!r}"
        )
    return part, rows[held]


def keep_labels(labels: np.ndarray | None, share: float, origin: str) -> np.ndarray:
    """Labels [n] of which each class keeps a share, at least one of each, and the others are -1 for missing.

    The choice is fixed, and a larger share keeps a superset of what a smaller one does.

    Args:
        labels: int32 [n] in 0..num_classes-1.
        share: above 0, up to 1.
        origin: where the labels are from, for errors.

    Raises:
        ValueError: for another share, or where there are no labels.
    """
    if labels is None:
        raise ValueError(f"{origin} has no labels for this split. Received: labelled={share!r}")
    if not isinstance(share, numbers.Real) or not 0 < share <= 1:
        raise ValueError(f"`labelled` is a share, above 0 and up to 1. Received: labelled={share!r}")
    kept = np.full_like(labels, -1)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        order = np.random.RandomState(_ORDER_SEED).permutation(len(rows))
        chosen = rows[order[: max(1, round(share * len(rows)))]]
        kept[chosen] = label
    return kept


def _number(amount: int | float, count: int, name: str, origin: str) -> int:
    """How many of `count` a number or a fraction asks for; some must be left."""
    number = -1
    if isinstance(amount, numbers.Integral) and not isinstance(amount, bool):
        number = int(amount)
    elif isinstance(amount, numbers.Real) and 0 <= amount < 1:
        number = max(1, round(amount * count)) if amount else 0
    if number == 1 == count and not isinstance(amount, numbers.Integral):
        raise ValueError(f"{origin} has too few images to hold some out. Received: 1 image, {name}={amount!r}")
    if not 0 <= number < count:
        raise ValueError(
            f"`{name}` is a number of examples, 0 or more and fewer than the {count} of {origin}, or a "
            f"fraction below 1. Received: {name}={amount!r}"
        )
    return number
