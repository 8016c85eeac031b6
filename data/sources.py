"""Where images come from: what every source gives, and arrays in memory as one (`folder`, `array_files`, `named`).

A source has parts of known size and reads the rows of a part that it is asked for, each passed through
`prepare` (channels and size), so that a folder of photographs need never be held at full resolution.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Protocol

import numpy as np

from .images import checked_images, checked_labels

WHOLE = "all"  # the one part of a source that comes without splits
PART_NAMES = {  # what the splits are called in folders and files, in any case
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
}
PARTS = tuple(PART_NAMES)

Prepare = Callable[[np.ndarray], np.ndarray]
Pair = tuple[np.ndarray, np.ndarray | None]
Examples = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def part_named(name: str) -> str | None:
    """The part, one of PARTS, that a folder or file of this name holds; None for another name."""
    return next((part for part, names in PART_NAMES.items() if name.lower() in names), None)


class Source(Protocol):
    """What every reader gives; `parts` is (WHOLE,), or some of PARTS."""

    name: str
    origin: str
    parts: tuple[str, ...]
    test_size: int | float  # how much of WHOLE is the test set: a number, or a fraction
    num_classes: int | None
    class_names: tuple[str, ...] | None

    def size(self, part: str) -> int:
        """Number of examples in `part`."""

    def read(self, part: str, rows: np.ndarray, prepare: Prepare) -> Examples:
        """The rows, of `rows` [n] of `part`, that can be read, [m]; with their prepared images and labels.

        Returns:
            (rows [m], images [m, h, w, c], labels [m] int32 or None).
        """


class ArraySource:
    """A source whose parts are arrays, each read at once and when it is first needed.

    Args:
        name: the data set's name.
        origin: the path, or what else the arrays came from.
        readers: part -> a function of no arguments that gives its (images, labels or None).
        num_classes: number of classes, or None without labels.
        class_names: their names, where known.
        test_size: number or fraction of WHOLE that is the test set.
    """

    def __init__(
        self,
        name: str,
        origin: str,
        readers: Mapping[str, Callable[[], Pair]],
        *,
        num_classes: int | None,
        class_names: tuple[str, ...] | None = None,
        test_size: int | float = 0.1,
    ):
        self.name, self.origin = name, origin
        self.parts = tuple(readers)
        self.num_classes, self.class_names, self.test_size = num_classes, class_names, test_size
        self._readers = readers
        self._read = cache(self._checked)

    def _checked(self, part: str) -> Pair:
        images, labels = self._readers[part]()
        images = checked_images(images, f"{self.origin} ({part})")
        if labels is not None:
            labels = checked_labels(labels, len(images), f"{self.origin} ({part})")
        return images, labels

    def size(self, part: str) -> int:
        """Number of examples in `part`."""
        return len(self._read(part)[0])

    def read(self, part: str, rows: np.ndarray, prepare: Prepare) -> Examples:
        """`rows` [n] of `part`, their prepared images [n, h, w, c], and labels [n] int32 or None."""
        images, labels = self._read(part)
        if len(rows) < len(images):
            images, labels = images[rows], None if labels is None else labels[rows]
        return rows, prepare(images), labels
