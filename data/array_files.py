"""Files of arrays as sources: `.npz` of images and labels under their usual names, and `.npy` of images alone."""

import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .images import EXPECTED_IMAGES, EXPECTED_LABELS, count_classes
from .sources import PART_NAMES, PARTS, WHOLE, ArraySource, Pair

NPZ_LAYOUT = (
    "the images as x (or images, data; or one array alone) or as x_train and x_test (or train_images and the like), "
    f"{EXPECTED_IMAGES}; and, if there are labels, y (or labels, targets) or y_train and y_test likewise, "
    f"{EXPECTED_LABELS}"
)
NPY_LAYOUT = f"one array of {EXPECTED_IMAGES}"
_KINDS = {
    "images": ("x", "images", "image", "imgs", "img", "data"),
    "labels": ("y", "labels", "label", "targets", "target"),
}

Role = tuple[str, str]  # a kind, and a part or WHOLE


def _usual_names() -> dict[str, Role]:
    """What an array of each name is, the name in small letters and without what parts its words."""
    names = {word: (kind, WHOLE) for kind, words in _KINDS.items() for word in words}
    for part, called in PART_NAMES.items():
        for one in called:
            for kind, words in _KINDS.items():
                for word in words:
                    names[word + one] = names[one + word] = kind, part
    return names


_USUAL_NAMES = _usual_names()


def npz_source(path: Path) -> ArraySource:
    """The source in a `.npz` file.

    Raises:
        ValueError: if it is no such file, or what its arrays are cannot be told from their names.
    """
    roles = _roles(path, npz_keys(path))
    parts = [part for part in PARTS if ("images", part) in roles] or [WHOLE]

    def pair(part: str) -> Pair:
        images, labels = (roles.get((kind, part)) for kind in _KINDS)
        return read_npz(path, images), None if labels is None else read_npz(path, labels)

    counts = [count_classes(read_npz(path, roles["labels", part])) for part in parts if ("labels", part) in roles]
    return ArraySource(
        path.stem,
        str(path),
        {part: partial(pair, part) for part in parts},
        num_classes=max((count for count in counts if count is not None), default=None),
    )


def npy_source(path: Path) -> ArraySource:
    """The source in a `.npy` file: one array of images."""
    return ArraySource(path.stem, str(path), {WHOLE: lambda: (_read_npy(path), None)}, num_classes=None)


def _roles(path: Path, keys: Sequence[str]) -> dict[Role, str]:
    """The array that has each role in a file of arrays.

    Raises:
        ValueError: if none can be the images, or several can have one role.
    """
    found: dict[Role, list[str]] = {}
    for key in keys:
        if role := _USUAL_NAMES.get(re.sub("[^a-z0-9]", "", key.lower())):
            found.setdefault(role, []).append(key)
    if not found and len(keys) == 1:
        return {("images", WHOLE): keys[0]}
    if keys == ["arr_0", "arr_1"] and read_npz(path, "arr_1").ndim <= 2:  # np.savez(path, images, labels)
        return {("images", WHOLE): "arr_0", ("labels", WHOLE): "arr_1"}
    received = f"expected {NPZ_LAYOUT}. Received: arrays {list(keys)}"
    parts = {part for kind, part in found if kind == "images"}
    if not parts:
        raise ValueError(f"{path} holds no images that could be told by their name; {received}")
    if len(parts) > 1:
        parts.discard(WHOLE)
    used = {role: names for role, names in found.items() if role[1] in parts}
    if several := [name for names in used.values() if len(names) > 1 for name in names]:
        raise ValueError(f"{path} holds several arrays for one purpose, {', '.join(several)}; {received}")
    labels = [name for (kind, _), names in found.items() if kind == "labels" for name in names]
    if labels and not any(kind == "labels" for kind, _ in used):
        raise ValueError(f"{path} holds labels, {', '.join(labels)}, and the images under other names; {received}")
    return {role: name for role, (name,) in used.items()}


def npz_keys(path: Path) -> list[str]:
    """Names of the arrays in a `.npz` file."""
    return _with_npz(path, lambda file: sorted(file.files))


def read_npz(path: Path, key: str) -> np.ndarray:
    """One array of a `.npz` file; pickled objects are refused."""
    return _with_npz(path, lambda file: file[key])


def _with_npz(path: Path, use: Callable) -> Any:
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


def _read_npy(path: Path) -> np.ndarray:
    try:
        with path.open("rb") as handle:
            return np.lib.format.read_array(handle, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(
            f"{path} could not be read as a .npy of a plain array; expected {NPY_LAYOUT}. Received: {error}"
        ) from error
