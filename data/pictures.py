"""Pictures of images: grids, and rows with labels beside them, as arrays and as PNG files.

    from unizoo import data

    data.save_grid(model.sample(64, seed=0), "samples.png")
    data.labelled_rows({"original": images, "reconstruction": model.reconstruct(images)}, "reconstructions.png")

Pixels are repeated a whole number of times, never interpolated, so that what is seen is what the model made. Thin grey
lines part the images on a white page, so that dark and light images both end where they end.
"""

import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .captions import PAPER, below_captions, below_title, beside_labels, colour, pillow_image
from .images import checked_images

LINE = 218
WIDTH = 700  # pixels, about: what a grid is enlarged to where no scale is given
MOST_COLUMNS = 16


def image_grid(
    images: Any,
    columns: int | None = None,
    padding: int = 2,
    scale: int | None = 1,
    captions: Sequence[str] | None = None,
) -> np.ndarray:
    """Lay images out in a grid, row by row.

    Args:
        images: [n, h, w], [n, h, w, 1] or [n, h, w, 3]; uint8 in 0..255, float in [0, 1], or bool.
        columns: images a row; None for the grid nearest to a square.
        padding: width of the lines between and around the images, in pixels.
        scale: how many pixels of the picture, across and down, show one of an image; None for as many as make the
            picture about 700 pixels wide.
        captions: what stands above the columns, one for each or, of neighbours that share theirs, for each such group
            of equally many; None for nothing.

    Returns:
        uint8 [height, width, c] in 0..255; c as the images', or with captions 3. Cells without an image are white.

    Raises:
        ValueError: for images of another shape, dtype or range, or an argument out of range.
    """
    images = _uint8(images, "images")
    if columns is None:
        columns = min(len(images), max(1, round(math.sqrt(len(images) * images.shape[1] / images.shape[2]))))
    _require("columns", columns, 1)
    scale = _scale(scale, columns, images.shape[2])
    grid = _grid(images, columns, padding, scale)
    if captions is None:
        return grid
    if not captions or columns % len(captions):
        raise ValueError(
            f"`captions` must be one for each column, or for as many neighbours each. "
            f"Received: {len(captions)} for {columns} columns"
        )
    room = columns // len(captions) * (images.shape[2] * scale + padding)
    return below_captions(colour(grid), captions, [padding / 2 + (n + 0.5) * room for n in range(len(captions))], room)


def labelled_grid(
    rows: Mapping[str, Any], columns: int | None = None, padding: int = 2, scale: int | None = None
) -> np.ndarray:
    """Lay sets of images out one below the other, each with its label on its left.

    Args:
        rows: dict from labels to images as `image_grid` takes them; the sets may differ in number and in channels, not
            in height and width. A line break in a label is kept.
        columns: images a line; None for all of the largest set, or 16 where it has more. A set with more images takes
            several lines.
        padding: width of the lines between and around the images, in pixels.
        scale: as for `image_grid`; the labels do not count towards the 700 pixels.

    Returns:
        uint8 [height, width, 3] in 0..255.

    Raises:
        ValueError: for no rows, an empty label, or what `image_grid` refuses.
    """
    if not isinstance(rows, Mapping) or not rows or not all(isinstance(label, str) and label for label in rows):
        raise ValueError(
            "`rows` must be a dict from labels (strings, not empty) to images, with one entry at least. "
            f"Received: {list(rows) if isinstance(rows, Mapping) else type(rows).__name__}"
        )
    sets = {label: _uint8(images, f"rows[{label!r}]") for label, images in rows.items()}
    sizes = {label: images.shape[1:3] for label, images in sets.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"All images must have one height and width. Received: {sizes}")
    if columns is None:
        columns = min(MOST_COLUMNS, max(len(images) for images in sets.values()))
    _require("columns", columns, 1)
    height, width = next(iter(sizes.values()))
    scale = _scale(scale, columns, width)
    blocks = {label: colour(_grid(images, columns, padding, scale)) for label, images in sets.items()}
    return beside_labels(blocks, height * scale)


def encode_png(picture: np.ndarray) -> bytes:
    """The PNG file of a picture, uint8 [h, w, 1] or [h, w, 3] in 0..255, as `image_grid` returns it."""
    file = io.BytesIO()
    pillow_image(picture).save(file, format="PNG", optimize=True)
    return file.getvalue()


def save_picture(picture: np.ndarray, path: str | os.PathLike, title: str | None = None) -> Path:
    """Write a picture as a PNG file; it appears whole or not at all.

    Args:
        picture: uint8 [h, w, 1] or [h, w, 3], as `image_grid` and `labelled_grid` return it.
        path: of the file, ending in `.png`; missing folders are made.
        title: a line of text above the picture, or None.

    Returns:
        The file's `Path`.

    Raises:
        ValueError: for another ending of the path.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"Pictures are written as PNG; the path must end in .png. Received: path={os.fspath(path)!r}")
    if title is not None:
        picture = below_title(colour(picture), title)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}-{os.getpid()}.partial")
    try:
        partial.write_bytes(encode_png(picture))
        partial.replace(path)
    except OSError as error:
        raise OSError(
            f"The picture cannot be written there: {error.strerror or error}. Received: {os.fspath(path)!r}"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return path


def save_grid(images: Any, path: str | os.PathLike, title: str | None = None, **layout: int | None) -> Path:
    """Write a grid of images as a PNG file; it appears whole or not at all.

    Args:
        images: as for `image_grid`.
        path: of the file, ending in `.png`; missing folders are made.
        title: a line of text above the grid, or None.
        **layout: the further arguments of `image_grid`; the scale is None unless it is given.

    Returns:
        The file's `Path`.

    Raises:
        ValueError: for what `image_grid` refuses, or another ending of the path.
    """
    return save_picture(image_grid(images, **{"scale": None, **layout}), path, title)


def labelled_rows(
    rows: Mapping[str, Any], path: str | os.PathLike, title: str | None = None, **layout: int | None
) -> Path:
    """Write rows of images with labels as a PNG file: before and after, originals and reconstructions.

    Args:
        rows: as for `labelled_grid`.
        path: of the file, ending in `.png`; missing folders are made.
        title: a line of text above the rows, or None.
        **layout: the further arguments of `labelled_grid`.

    Returns:
        The file's `Path`.

    Raises:
        ValueError: for what `labelled_grid` refuses, or another ending of the path.
    """
    return save_picture(labelled_grid(rows, **layout), path, title)


# Pixels ---------------------------------------------------------------------------------------------------------------


def _uint8(images: Any, where: str) -> np.ndarray:
    images = checked_images(np.asarray(images), where)
    return images if images.dtype == np.uint8 else np.rint(images * 255.0).astype(np.uint8)


def _require(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"`{name}` must be an integer, {least} or more. Received: {name}={value!r}")


def _scale(scale: int | None, columns: int, width: int) -> int:
    if scale is None:
        return max(1, round(WIDTH / (columns * width)))
    _require("scale", scale, 1)
    return scale


def _grid(images: np.ndarray, columns: int, padding: int, scale: int) -> np.ndarray:
    _require("padding", padding, 0)
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    shape = (rows * (height + padding) + padding, columns * (width + padding) + padding, channels)
    grid = np.full(shape, PAPER, np.uint8)
    corners = [(index // columns * (height + padding), index % columns * (width + padding)) for index in range(count)]
    for top, left in corners:
        grid[top : top + height + 2 * padding, left : left + width + 2 * padding] = LINE
    for image, (top, left) in zip(images, corners, strict=True):
        grid[top + padding : top + padding + height, left + padding : left + padding + width] = image
    return grid
