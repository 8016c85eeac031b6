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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .images import checked_images

PAPER = 255
LINE = 218
WIDTH = 700  # pixels, about: what a grid is enlarged to where no scale is given
MOST_COLUMNS = 16
TITLE_SIZE = 20  # pixels


def image_grid(images: Any, columns: int | None = None, padding: int = 2, scale: int | None = 1) -> np.ndarray:
    """Lay images out in a grid, row by row.

    Args:
        images: [n, h, w], [n, h, w, 1] or [n, h, w, 3]; uint8 in 0..255, float in [0, 1], or bool.
        columns: images a row; None for the grid nearest to a square.
        padding: width of the lines between and around the images, in pixels.
        scale: how many pixels of the picture, across and down, show one of an image; None for as many as make the
            picture about 700 pixels wide.

    Returns:
        uint8 [height, width, c] in 0..255; c as the images'. Cells without an image are white.

    Raises:
        ValueError: for images of another shape, dtype or range, or an argument out of range.
    """
    images = _uint8(images, "images")
    if columns is None:
        columns = min(len(images), max(1, round(math.sqrt(len(images) * images.shape[1] / images.shape[2]))))
    _require("columns", columns, 1)
    return _grid(images, columns, padding, _scale(scale, columns, images.shape[2]))


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
    blocks = {label: _colour(_grid(images, columns, padding, scale)) for label, images in sets.items()}
    return _beside_labels(blocks, font_size=_font_size(height * scale))


def encode_png(picture: np.ndarray) -> bytes:
    """The PNG file of a picture, uint8 [h, w, 1] or [h, w, 3] in 0..255, as `image_grid` returns it."""
    file = io.BytesIO()
    _pillow(picture).save(file, format="PNG", optimize=True)
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
        picture = _below_title(_colour(picture), title)
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


def _colour(picture: np.ndarray) -> np.ndarray:
    return picture if picture.shape[-1] == 3 else picture.repeat(3, axis=-1)


# Text -----------------------------------------------------------------------------------------------------------------


def _font(size: int) -> Any:
    """DejaVu Sans, which has the Greek letters that Pillow's own font lacks; it comes with Matplotlib."""
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def _font_size(cell_height: int) -> int:
    return min(24, max(13, round(0.3 * cell_height)))


def _beside_labels(blocks: Mapping[str, np.ndarray], font_size: int) -> np.ndarray:
    """Blocks [height, width, 3] one below the other, each with its label right-aligned on its left."""
    from PIL import Image, ImageDraw

    font = _font(font_size)
    gap = font_size // 2
    ruler = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    boxes = [ruler.multiline_textbbox((0, 0), label, font=font) for label in blocks]
    margin = math.ceil(max(box[2] for box in boxes)) + 2 * gap
    heights = [max(block.shape[0], math.ceil(box[3]) + gap) for block, box in zip(blocks.values(), boxes, strict=True)]
    width = margin + max(block.shape[1] for block in blocks.values())
    page = Image.new("RGB", (width, sum(heights) + gap * (len(heights) - 1)), (PAPER,) * 3)
    draw = ImageDraw.Draw(page)
    top = 0
    for (label, block), height in zip(blocks.items(), heights, strict=True):
        middle = top + height / 2
        draw.multiline_text((margin - gap, middle), label, fill=(0, 0, 0), font=font, anchor="rm", align="right")
        page.paste(_pillow(block), (margin, top + (height - block.shape[0]) // 2))
        top += height + gap
    return np.asarray(page)


def _below_title(picture: np.ndarray, title: str) -> np.ndarray:
    """A picture [height, width, 3] with a title above it, centred; the page widens where the title needs it."""
    from PIL import Image, ImageDraw

    font = _font(TITLE_SIZE)
    box = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox((0, 0), title, font=font)
    width = max(picture.shape[1], math.ceil(box[2]) + TITLE_SIZE)
    head = math.ceil(box[3]) + TITLE_SIZE // 2
    page = Image.new("RGB", (width, head + picture.shape[0]), (PAPER,) * 3)
    ImageDraw.Draw(page).multiline_text((width / 2, 0), title, fill=(0, 0, 0), font=font, anchor="ma", align="center")
    page.paste(_pillow(picture), ((width - picture.shape[1]) // 2, head))
    return np.asarray(page)


def _pillow(picture: np.ndarray) -> Any:
    from PIL import Image

    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
