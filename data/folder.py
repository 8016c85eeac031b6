"""Folders of images as a source.

photos/*.png                       images without labels; a fixed tenth is the test set
photos/CLASS/*.png                 the sub-folder is the label; numbers in their names sort as numbers
photos/train/...  photos/test/...  either of these in each split; photos/validation/... likewise, or val/
"""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from .decoding import SUFFIXES, picture_files, read_picture
from .images import checked_images
from .sources import PARTS, WHOLE, Examples, Prepare, part_named

FOLDER_LAYOUT = (
    "images in the folder itself, or in one sub-folder a class, or either of these within train/, "
    f"validation/ (or val/) and test/; files {', '.join(SUFFIXES)}"
)
_MOST_NAMED = 10  # files in a message
_DARK = 2**14  # a quarter of what 16 bits hold


class FolderSource:
    """A source that decodes image files when they are asked for; see the module for the layouts.

    Args:
        path: the folder.
        skip_damaged: whether files that cannot be read are left out with a warning, rather than refused.

    Raises:
        ValueError: if it has no images, or if its sub-folders may be read in two ways.
    """

    test_size = 0.1

    def __init__(self, path: Path, skip_damaged: bool = False):
        self.name, self.origin = path.resolve().name, str(path)
        self._path, self._skip_damaged = path, skip_damaged
        folders = _part_folders(path)
        self.parts = tuple(folders)
        found = {part: _classified(folder) for part, folder in folders.items()}
        names = sorted({name for files in found.values() for name, _ in files if name is not None}, key=_by_number)
        self.class_names = tuple(names) or None
        self.num_classes = len(names) or None
        self._files = {part: [file for _, file in files] for part, files in found.items()}
        self._labels = {
            part: None if files[0][0] is None else np.array([names.index(n) for n, _ in files], np.int32)
            for part, files in found.items()
        }

    def size(self, part: str) -> int:
        """Number of image files in `part`, damaged ones counted."""
        return len(self._files[part])

    def read(self, part: str, rows: np.ndarray, prepare: Prepare) -> Examples:
        """Rows of `part` with their prepared images and labels; damaged ones are refused or left out.

        Raises:
            ValueError: if an image cannot be read, or the prepared images differ in shape.
        """
        images, kept, deep, damaged = None, [], [], {}
        for row, pixels, brightest in self._readable(part, rows, damaged):
            image = _prepared(pixels, self._files[part][row], prepare)
            if images is None:
                images = np.empty((len(rows), *image.shape), image.dtype)
            if image.shape != images.shape[1:]:
                raise ValueError(
                    f"The images in {self.origin} differ in shape; pass size=[h, w], with resize='pad' or "
                    f"'bilinear', and channels=1 or 3 to bring them to one. "
                    f"Received: {self._files[part][kept[0]]} {list(images.shape[1:])}, "
                    f"{self._files[part][row]} {list(image.shape)}"
                )
            images[len(kept)] = image
            kept.append(row)
            deep += [] if brightest is None else [brightest]
        if damaged:
            self._tell_left_out(damaged, len(rows))
        images, kept, labels = images[: len(kept)], np.array(kept), self._labels[part]
        self._check_brightness(images, deep)
        return kept, images, None if labels is None else labels[kept]

    def _readable(
        self, part: str, rows: np.ndarray, damaged: dict[Path, str]
    ) -> Iterator[tuple[int, np.ndarray, int | None]]:
        """Each row with what `read_picture` gives; files to be left out are noted in `damaged`, with the reasons."""
        for row in rows:
            file = self._files[part][row]
            try:
                picture = read_picture(file)
            except ValueError as error:
                damaged[file] = str(error)
                if not self._skip_damaged:
                    raise ValueError(self._refusal(damaged)) from error
            else:
                yield row, *picture

    def _refusal(self, damaged: Mapping[Path, str]) -> str:
        """What is said of a damaged file, and of all others in the folder, so that they can be mended at once."""
        everything = [file for files in self._files.values() for file in files]
        damaged = {**damaged, **_damaged(everything)}
        return (
            f"{self.origin}: {len(damaged)} of {len(everything)} files could not be read as images; mend them, move "
            "them away, or leave them out with on_error='skip' (--skip-damaged). "
            f"Received: {self._listed(damaged)}"
        )

    def _tell_left_out(self, damaged: Mapping[Path, str], count: int) -> None:
        """Warn of the files that are left out, or refuse if these are all.

        Raises:
            ValueError: if no image is left.
        """
        said = f"{self.origin}: {len(damaged)} of {count} files could not be read as images"
        if len(damaged) == count:
            raise ValueError(f"{said}, and no other is left. Received: {self._listed(damaged)}")
        warnings.warn(f"{said} and are left out: {self._listed(damaged)}", stacklevel=4)

    def _listed(self, damaged: Mapping[Path, str]) -> str:
        named = [f"{file.relative_to(self._path)} ({why})" for file, why in [*damaged.items()][:_MOST_NAMED]]
        more = len(damaged) - len(named)
        return "; ".join(named) + (f"; and {more} more" if more else "")

    def _check_brightness(self, images: np.ndarray, deep: list[int]) -> None:
        """Look for values that use a part of their range: `deep` has the greatest of each 16-bit image."""
        if not deep:
            checked_images(images, self.origin)
        elif 0 < max(deep) < _DARK:
            bits = max(deep).bit_length()
            warnings.warn(
                f"{self.origin}: the 16-bit images come out all but black, since their greatest value is about "
                f"{max(deep)} of 65535. If they hold {bits}-bit values, save them multiplied by {2 ** (16 - bits)}",
                stacklevel=4,
            )


def _part_folders(path: Path) -> dict[str, Path]:
    """The folder of each split, or of the whole where there are no splits."""
    found, others = {}, []
    for folder in _visible_folders(path):
        part = part_named(folder.name)
        if part is None:
            others += [folder.name + "/"] if picture_files(folder, "**/*") else []
        elif part in found:
            raise ValueError(
                f"{path} has two folders for its {part} split; keep one. "
                f"Received: {found[part].name}/ and {folder.name}/"
            )
        else:
            found[part] = folder
    if not found:
        return {WHOLE: path}
    if others and len(found) == 1:
        (split,) = found.values()
        raise ValueError(
            f"{path} has one folder named like a split, beside others with images: either is meant, splits or classes; "
            f"move the classes into a split's folder, or rename it. Received: {split.name}/ beside {_some(others)}"
        )
    if others := others + [file.name for file in picture_files(path)]:
        splits = ", ".join(folder.name + "/" for folder in found.values())
        warnings.warn(f"{path}: only {splits} are read, as its splits, and not {_some(others)}", stacklevel=5)
    return {part: found[part] for part in PARTS if part in found}


def _classified(folder: Path) -> list[tuple[str | None, Path]]:
    """(class or None, file) of every image in a folder, in the order of the classes and of their paths."""
    direct = [(None, file) for file in picture_files(folder)]
    classes = sorted(_visible_folders(folder), key=lambda one: _by_number(one.name))
    nested = [(c.name, file) for c in classes for file in picture_files(c, "**/*")]
    if direct and nested:
        raise ValueError(
            f"{folder} has images both in itself and in sub-folders; expected {FOLDER_LAYOUT}. "
            f"Received: {direct[0][1].name} beside {nested[0][0]}/"
        )
    if not direct and not nested:
        raise ValueError(
            f"{folder} has no images; expected {FOLDER_LAYOUT}. "
            f"Received: {sum(1 for _ in folder.iterdir())} files and folders, none of them an image"
        )
    return direct or nested


def _visible_folders(path: Path) -> list[Path]:
    return sorted(one for one in path.iterdir() if one.is_dir() and not one.name.startswith("."))


def _by_number(name: str) -> tuple[list[str | int], str]:
    """A key to sort names by: the numbers in them as numbers, 9 before 10."""
    return [int(part) if at % 2 else part for at, part in enumerate(re.split(r"(\d+)", name))], name


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _damaged(files: Iterable[Path]) -> dict[Path, str]:
    """Those of some files that cannot be read, with the reasons."""
    reasons = {}
    for file in files:
        try:
            read_picture(file)
        except ValueError as error:
            reasons[file] = str(error)
    return reasons


def _prepared(pixels: np.ndarray, file: Path, prepare: Prepare) -> np.ndarray:
    """One image [h, w, c] after `prepare`; errors name the file."""
    try:
        return prepare(pixels[np.newaxis])[0]
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
