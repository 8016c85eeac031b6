"""Folders of images as a source.

photos/*.png                       images without labels; a fixed tenth is the test set
photos/CLASS/*.png                 the sub-folder is the label
photos/train/...  photos/test/...  either of these in each split; photos/validation/... likewise
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from .images import checked_images
from .sources import PARTS, WHOLE, Pair, Prepare

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
FOLDER_LAYOUT = (
    "images in the folder itself, or in one sub-folder a class, or either of these within train/, "
    f"validation/ and test/; files {', '.join(SUFFIXES)}"
)


class FolderSource:
    """A source that decodes image files when they are asked for; see the module for the layouts.

    Args:
        path: the folder.

    Raises:
        ValueError: if it has no images, or has them both within and beside class sub-folders.
    """

    test_size = 0.1

    def __init__(self, path: Path):
        self.name, self.origin = path.resolve().name, str(path)
        folders = {part: path / part for part in PARTS if (path / part).is_dir()} or {WHOLE: path}
        self.parts = tuple(folders)
        found = {part: _classified(folder) for part, folder in folders.items()}
        names = sorted({name for files in found.values() for name, _ in files if name is not None})
        self.class_names = tuple(names) or None
        self.num_classes = len(names) or None
        self._files = {part: [file for _, file in files] for part, files in found.items()}
        self._labels = {
            part: None if files[0][0] is None else np.array([names.index(n) for n, _ in files], np.int32)
            for part, files in found.items()
        }

    def size(self, part: str) -> int:
        """Number of image files in `part`."""
        return len(self._files[part])

    def read(self, part: str, rows: np.ndarray, prepare: Prepare) -> Pair:
        """Prepared images [n, h, w, c], and labels [n] int32 or None, of `rows` [n] of `part`.

        Raises:
            ValueError: if an image cannot be read, or the prepared images differ in shape.
        """
        labels = self._labels[part]
        files = [self._files[part][row] for row in rows]
        first = _prepared(files[0], prepare)
        out = np.empty((len(files), *first.shape), first.dtype)
        for i, file in enumerate(files):
            image = _prepared(file, prepare) if i else first
            if image.shape != first.shape:
                raise ValueError(
                    f"The images in {self.origin} differ in shape; pass size=[h, w], with resize='pad' or "
                    f"'bilinear', and channels=1 or 3 to bring them to one. "
                    f"Received: {files[0]} {list(first.shape)}, {file} {list(image.shape)}"
                )
            out[i] = image
        return out, None if labels is None else labels[rows]


def _classified(folder: Path) -> list[tuple[str | None, Path]]:
    """(class or None, file) of every image in a folder, in the order of their paths."""
    direct = [(None, file) for file in _image_files(folder.iterdir())]
    classes = sorted(f for f in folder.iterdir() if f.is_dir() and not f.name.startswith("."))
    nested = [(c.name, file) for c in classes for file in _image_files(c.rglob("*"))]
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


def _image_files(paths: Iterable[Path]) -> list[Path]:
    return sorted(p for p in paths if p.suffix.lower() in SUFFIXES and not p.name.startswith(".") and p.is_file())


def _prepared(file: Path, prepare: Prepare) -> np.ndarray:
    """The image [h, w, c] in a file, after `prepare`; errors name the file."""
    try:
        with Image.open(file) as image:
            pixels = _pixels(image)[np.newaxis]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file} could not be read as an image; mend it or move it away. Received: {error}") from error
    pixels = checked_images(pixels, str(file))
    try:
        return prepare(pixels)[0]
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _pixels(image: Image.Image) -> np.ndarray:
    """Grey images as [h, w, 1], all others as [h, w, 3], uint8; upright, and transparency on white."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):  # Pillow's own conversion clips these to 255
        return (np.asarray(image) >> 8).astype(np.uint8)[..., np.newaxis]
    if image.mode in ("I", "F"):
        raise ValueError(f"more than 16 bits a pixel (mode {image.mode})")
    grey = image.mode in ("1", "L", "LA")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    pixels = np.asarray(image.convert("L" if grey else "RGB"))
    return pixels[..., np.newaxis] if grey else pixels
