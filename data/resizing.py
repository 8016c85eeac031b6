"""Bringing images to a size and to a number of channels, a block at a time to bound the memory."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

METHODS = ("bilinear", "bicubic", "lanczos3")
RESIZINGS = ("pad", *METHODS)  # the ways of `load`
BLOCK = 2048  # images
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def fitted_to(image_shape: Sequence[int]) -> dict[str, Any]:
    """The arguments of `load` that bring images to a model's `image_shape`, (height, width, channels)."""
    height, width, channels = image_shape
    return {"size": [height, width], "resize": "bicubic", "channels": channels}


def describe_fitting(
    shapes: Iterable[Sequence[int]], image_shape: Sequence[int], resize: str = "bicubic"
) -> str | None:
    """What becomes of images that are brought to `image_shape`, by default as `fitted_to` does it, in one sentence.

    Example:
        >>> data.describe_fitting([(64, 48, 3)], (28, 28, 1))
        'colour images are made grey; 64x48 is scaled to 28x28, which changes the proportions'

    Args:
        shapes: those that the images have, (height, width, channels) each, in pixels.
        image_shape: that to which they are brought.
        resize: how: "pad", "bilinear", "bicubic" or "lanczos3".

    Returns:
        The sentence, without a full stop; None if nothing is changed.
    """
    height, width, channels = image_shape
    shapes, said = {tuple(shape) for shape in shapes}, []
    if any(shape[2] != channels for shape in shapes):
        said.append(
            "colour images are made grey" if channels == 1 else "grey images are made colour, of three equal channels"
        )
    if sizes := sorted({shape[:2] for shape in shapes} - {(height, width)}):
        least, most = _times(*sizes[0]), _times(*sizes[-1])
        what = f"{least} is" if len(sizes) == 1 else f"images of {len(sizes)} sizes, {least} to {most}, are"
        way = "padded with black" if resize == "pad" else "scaled"
        said.append(f"{what} {way} to {_times(height, width)}")
        if resize != "pad" and any(h * width != w * height for h, w in sizes):
            said[-1] += ", which changes the proportions"
    return "; ".join(said) or None


def _times(height: int, width: int) -> str:
    return f"{height}x{width}"


def resize_images(images: np.ndarray, size: Sequence[int], method: str = "bicubic", *, margin: int = 0) -> np.ndarray:
    """Resize images, with antialiasing where they shrink; the aspect ratio follows `size`.

    `bicubic`, the default, draws enlarged digits with even strokes where `bilinear` blurs them, and rings
    less than `lanczos3`; its overshoot at edges is clipped. Digits that fill their image, as scikit-learn's
    do, look like mnist's at `size=[28, 28], margin=3`.

    Args:
        images: [n, h, w, c], uint8 in 0..255 or float32 in [0, 1].
        size: [height, width] in pixels.
        method: "bilinear", "bicubic" or "lanczos3".
        margin: width in pixels of a black border within `size`; the image's own edges blend into it.

    Returns:
        [n, height, width, c] of the same dtype and range.

    Raises:
        ValueError: for an unknown method, a size that is not two positive integers, or a margin that
            leaves nothing of it.
    """
    import tensorflow as tf

    if method not in METHODS:
        raise ValueError(f"`method` is one of {', '.join(METHODS)}. Received: method={method!r}")
    height, width = checked_size(size)
    top = 255 if images.dtype == np.uint8 else 1
    inner = _within(margin, height), _within(margin, width)
    # The border is added before resizing, or the strokes would end in hard edges; whole multiples of the
    # image's own size, cropped afterwards, keep the scale exact and the image centred.
    times = [-(-margin // side) for side in inner]
    border = [(k * side, k * side) for k, side in zip(times, images.shape[1:3], strict=True)]
    scaled = [(2 * k + 1) * side for k, side in zip(times, inner, strict=True)]
    down, right = (k * side - margin for k, side in zip(times, inner, strict=True))

    def resized(block: np.ndarray) -> np.ndarray:
        block = np.pad(block, [(0, 0), *border, (0, 0)])
        with tf.device("CPU:0"):
            out = tf.image.resize(block, scaled, method=method, antialias=True).numpy()
        out = np.clip(out[:, down : down + height, right : right + width], 0, top)
        return np.rint(out) if top == 255 else out

    return _by_blocks(resized, images, (height, width, images.shape[-1]))


def pad_images(images: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Centre images [n, h, w, c] on a black ground of `size` [height, width], which must not be smaller.

    Raises:
        ValueError: if the images are larger than `size`.
    """
    height, width = checked_size(size)
    extra = height - images.shape[1], width - images.shape[2]
    if min(extra) < 0:
        raise ValueError(
            f"Padding cannot shrink images of {list(images.shape[1:3])}; pass resize='bilinear' or a larger "
            f"size. Received: size={[height, width]}"
        )
    around = [(e // 2, e - e // 2) for e in extra]
    return np.pad(images, [(0, 0), *around, (0, 0)])


def convert_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """Images [n, h, w, 1 or 3] with `channels` channels: grey is repeated, colour becomes its luminance."""
    if images.shape[-1] == channels:
        return images
    if channels == 3:
        return np.repeat(images, 3, axis=-1)

    def grey(block: np.ndarray) -> np.ndarray:
        out = block.astype(np.float32) @ LUMINANCE[:, np.newaxis]
        return np.rint(out) if images.dtype == np.uint8 else np.minimum(out, 1)

    return _by_blocks(grey, images, (*images.shape[1:3], 1))


def _within(margin: int, side: int) -> int:
    """What a margin at either end leaves of a side."""
    if not isinstance(margin, (int, np.integer)) or not 0 <= 2 * margin < side:
        raise ValueError(f"`margin` is less than half of a side of {side} pixels. Received: margin={margin!r}")
    return side - 2 * margin


def checked_size(size: Sequence[int]) -> tuple[int, int]:
    """(height, width) from a pair of positive integers.

    Raises:
        ValueError: if it is anything else.
    """
    pair = tuple(size) if isinstance(size, Sequence) else ()
    if len(pair) != 2 or not all(isinstance(side, (int, np.integer)) and side > 0 for side in pair):
        raise ValueError(f"`size` is [height, width] in pixels, two positive integers. Received: {size!r}")
    return int(pair[0]), int(pair[1])


def _by_blocks(convert: Callable, images: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """`convert` applied to blocks of `images`, gathered in an array [n, *shape] of their dtype."""
    out = np.empty((len(images), *shape), images.dtype)
    for start in range(0, len(images), BLOCK):
        out[start : start + BLOCK] = convert(images[start : start + BLOCK])
    return out
