"""Text beside pictures: labels of rows, captions of columns, a title."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

PAPER = 255  # the page
TITLE_SIZE = 20  # pixels
CAPTION_SIZE = 13


def colour(picture: np.ndarray) -> np.ndarray:
    """A picture [h, w, 1] or [h, w, 3] as [h, w, 3]."""
    return picture if picture.shape[-1] == 3 else picture.repeat(3, axis=-1)


def pillow_image(picture: np.ndarray) -> Any:
    """A picture, uint8 [h, w, 1] or [h, w, 3], as Pillow's."""
    from PIL import Image

    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)


def beside_labels(blocks: Mapping[str, np.ndarray], cell_height: int) -> np.ndarray:
    """Blocks [height, width, 3] one below the other, each with its label right-aligned on its left.

    Args:
        blocks: dict from labels to blocks.
        cell_height: of an image in the blocks, in pixels, to which the letters' size is fitted.
    """
    from PIL import Image, ImageDraw

    font_size = min(24, max(13, round(0.3 * cell_height)))
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
        page.paste(pillow_image(block), (margin, top + (height - block.shape[0]) // 2))
        top += height + gap
    return np.asarray(page)


def below_title(picture: np.ndarray, title: str) -> np.ndarray:
    """A picture [height, width, 3] with a title above it, centred; the page widens where the title needs it."""
    from PIL import Image, ImageDraw

    font = _font(TITLE_SIZE)
    box = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox((0, 0), title, font=font)
    width = max(picture.shape[1], math.ceil(box[2]) + TITLE_SIZE)
    head = math.ceil(box[3]) + TITLE_SIZE // 2
    page = Image.new("RGB", (width, head + picture.shape[0]), (PAPER,) * 3)
    ImageDraw.Draw(page).multiline_text((width / 2, 0), title, fill=(0, 0, 0), font=font, anchor="ma", align="center")
    page.paste(pillow_image(picture), ((width - picture.shape[1]) // 2, head))
    return np.asarray(page)


def below_captions(picture: np.ndarray, captions: Sequence[str], centres: Sequence[float], room: int) -> np.ndarray:
    """A picture [height, width, 3] with a caption above each column; turned upwards where not all of them fit.

    Args:
        picture: the picture.
        captions: the captions.
        centres: where each stands, in pixels from the left.
        room: width of a column, in pixels.
    """
    from PIL import Image, ImageDraw

    font = _font(CAPTION_SIZE)
    ruler = ImageDraw.Draw(Image.new("L", (1, 1)))
    width = math.ceil(max(ruler.textlength(caption, font=font) for caption in captions))
    line = sum(font.getmetrics())
    turned = width > room
    head = (width if turned else line) + CAPTION_SIZE // 2
    page = Image.new("RGB", (picture.shape[1], head + picture.shape[0]), (PAPER,) * 3)
    for caption, centre in zip(captions, centres, strict=True):
        strip = Image.new("L", (width, line), PAPER)  # of one size, so that turned captions end at the picture
        at, anchor = (0, "la") if turned else (width / 2, "ma")
        ImageDraw.Draw(strip).text((at, 0), caption, fill=0, font=font, anchor=anchor)
        strip = strip.rotate(90, expand=True) if turned else strip
        page.paste(strip, (round(centre - strip.width / 2), 0))
    page.paste(pillow_image(picture), (0, head))
    return np.asarray(page)


def _font(size: int) -> Any:
    """DejaVu Sans, which has the Greek letters that Pillow's own font lacks; it comes with Matplotlib."""
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)
