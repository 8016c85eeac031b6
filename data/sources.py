"""Where images come from: arrays in memory and Keras-style `.npz` files (folders are in `folder`).

A source has parts of known size and reads the rows of a part that it is asked for, each passed through
`prepare` (channels and size), so that a folder of photographs need never be held at full resolution.
"""

import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Protocol

import numpy as np

from .images import EXPECTED_IMAGES, EXPECTED_LABELS, checked_images, checked_labels

WHOLE = "all"  # the one part of a source that comes without splits
PARTS = ("train", "validation", "test")
NPZ_LAYOUT = (
    f"Keras's layout: x_train and x_test, or x alone, {EXPECTED_IMAGES}; and, if there are labels, "
    f"y_train and y_test, or y, {EXPECTED_LABELS}"
)

Prepare = Callable[[np.ndarray], np.ndarray]
Pair = tuple[np.ndarray, np.ndarray | None]


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

    def read(self, part: str, rows: np.ndarray, prepare: Prepare) -> Pair:
        """Prepared images [n, h, w, c], and labels [n] int32 or None, of `rows` [n] of `part`."""


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

    def read(self, part: str, rows: np.ndarray, prepare: Prepare) -> Pair:
        """Prepared images [n, h, w, c], and labels [n] int32 or None, of `rows` [n] of `part`."""
        images, labels = self._read(part)
        if len(rows) < len(images):
            images, labels = images[rows], None if labels is None else labels[rows]
        return prepare(images), labels


def npz_source(path: Path) -> ArraySource:
    """The source in a `.npz` file.

    Raises:
        ValueError: if it is no such file, or holds none of the arrays expected.
    """
    keys = npz_keys(path)
    suffixes = {part: "_" + part for part in PARTS if "x_" + part in keys}
    if not suffixes and "x" in keys:
        suffixes = {WHOLE: ""}
    if not suffixes:
        raise ValueError(f"{path} holds no images; expected {NPZ_LAYOUT}. Received: arrays {keys}")

    def pair(suffix: str) -> Pair:
        labels = read_npz(path, "y" + suffix) if "y" + suffix in keys else None
        return read_npz(path, "x" + suffix), labels

    labels = [read_npz(path, "y" + s) for s in suffixes.values() if "y" + s in keys]
    numbers = [int(y.max()) for y in labels if y.size and np.issubdtype(y.dtype, np.integer)]
    return ArraySource(
        path.stem,
        str(path),
        {part: partial(pair, suffix) for part, suffix in suffixes.items()},
        num_classes=max(numbers) + 1 if numbers and max(numbers) >= 0 else None,
    )


def npz_keys(path: Path) -> list[str]:
    """Names of the arrays in a `.npz` file."""
    return _with_npz(path, lambda file: sorted(file.files))


def read_npz(path: Path, key: str) -> np.ndarray:
    """One array of a `.npz` file; pickled objects are refused."""
    return _with_npz(path, lambda file: file[key])


def _with_npz(path: Path, use: Callable) -> object:
    try:
        with path.open("rb") as handle:  # opened here because np.load leaks its own handle on a bad archive
            if not zipfile.is_zipfile(handle):
                raise ValueError("a file that is no .npz archive")
            handle.seek(0)
            return use(np.load(handle, allow_pickle=False))
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path} could not be read as a .npz of plain arrays; expected {NPZ_LAYOUT}. Received: {error}"
        ) from error
