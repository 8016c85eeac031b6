"""`load_arrays`: any source of images, split, brought to one size and number of channels, in memory."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .array_files import NPZ_LAYOUT, npy_source, npz_source
from .catalog import unknown_name
from .folder import FOLDER_LAYOUT, FolderSource
from .images import Images
from .named import SOURCES, binarized_mnist
from .resizing import RESIZINGS, convert_channels, describe_fitting, pad_images, resize_images
from .sources import PARTS, WHOLE, Source
from .splits import keep_labels, select

BINARIZATIONS = (None, "dynamic", "fixed")
ON_ERROR = ("raise", "skip")
_DRAW_BLOCK = 64  # examples


def load_arrays(
    name_or_path: str | os.PathLike,
    split: str = "train",
    *,
    size: Sequence[int] | None = None,
    resize: str = "pad",
    margin: int = 0,
    channels: int | None = None,
    binarize: str | None = None,
    validation: int | float = 0,
    labelled: float = 1.0,
    on_error: str = "raise",
    seed: int = 0,
) -> Images:
    """One split of a data set, in memory.

    What is held out is a fixed choice, the same for every `seed`: "validation" comes from the end of a fixed
    order of the training set, and so does "test" where a source has no test set of its own. A source with a
    validation set of its own (a folder with validation/, the fixed binarisation of mnist) keeps that one.

    Args:
        name_or_path: a name of `list_datasets()`; a `.npz` file with x_train, y_train, x_test, y_test, or x
            and y (images and labels, and other usual names, will do), or a `.npy` file of images; or a folder
            of images, its class sub-folders the labels, its train/, validation/ (or val/) and test/ the
            splits where it has them.
        split: "train", "validation" or "test".
        size: [height, width] in pixels to bring the images to; None leaves them.
        resize: how: "pad" centres them on black, "bilinear", "bicubic" or "lanczos3" resize them.
        margin: width in pixels of a black border within `size`, where images are resized.
        channels: 1 or 3 to convert to grey or colour; None leaves them.
        binarize: None leaves the grey levels; "fixed" gives binary images drawn once and for all: mnist's
            published ones (its order is by class in places, and it has no labels), for any other data set
            one Bernoulli draw of each pixel; "dynamic" gives such a draw for mnist too.
        validation: number, or fraction, of the training examples held out.
        labelled: share of each class's examples that keep their label, above 0 and up to 1, at least one of each
            class; the others get -1, for a semi-supervised model. Which ones is a fixed choice as well.
        on_error: what a folder's damaged files lead to: "raise" refuses them all by name, "skip" leaves them
            out with a warning. Which split another file belongs to does not change by it. Other data have
            no such files.
        seed: seed of the Bernoulli draw, 0 or more.

    Returns:
        `Images`: [n, h, w, c], uint8 in 0..255 or float32 in [0, 1], with labels where there are some.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: for an unknown name or option, or data that are damaged or not in the expected layout.
    """
    _check(resize, channels, binarize, on_error, seed)
    if margin and (size is None or resize == "pad"):
        raise ValueError(
            f"`margin` goes with a `size` and a way of resizing other than 'pad'. "
            f"Received: margin={margin!r}, size={size!r}, resize={resize!r}"
        )
    published = binarize == "fixed" and name_or_path == "mnist"
    if published and size is not None and resize != "pad":
        raise ValueError(f"Binary images cannot be resized, only padded: resize='pad'. Received: resize={resize!r}")
    source = binarized_mnist() if published else find_source(name_or_path, on_error)
    found = set()  # shapes

    def prepare(block: np.ndarray) -> np.ndarray:
        found.add(block.shape[1:])
        return _prepared(block, size, resize, margin, channels)

    part, rows = select(source, split, validation)
    rows, images, labels = source.read(part, rows, prepare)
    if binarize and not published:
        images = _bernoulli(images, rows, [seed, (*PARTS, WHOLE).index(part)])
    if labelled != 1.0:
        labels = keep_labels(labels, labelled, source.origin)
    return Images(
        images=images,
        labels=labels,
        name=source.name,
        num_classes=None if labels is None else source.num_classes,
        class_names=None if labels is None else source.class_names,
        origin=source.origin,
        changes=describe_fitting(found, images.shape[1:], resize),
    )


def evaluation_split(*names_or_paths: str | os.PathLike | None) -> str:
    """The split to measure a model on: "test" where every data set has one, else "validation".

    Args:
        *names_or_paths: as for `load_arrays`; None is passed over.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: for an unknown name, or data that are not in the expected layout.
    """
    parts = [find_source(one).parts for one in names_or_paths if one is not None]
    return "test" if all({WHOLE, "test"} & set(one) for one in parts) else "validation"


def find_source(name_or_path: str | os.PathLike, on_error: str = "raise") -> Source:
    """The source behind a data set's name or a path; `on_error` as for `load_arrays`.

    Raises:
        FileNotFoundError: for a path at which there is nothing.
        ValueError: for an unknown name, or a file of another kind.
    """
    if name_or_path in SOURCES:
        return SOURCES[name_or_path]()
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return FolderSource(path, skip_damaged=on_error == "skip")
    if path.is_file():
        if reader := {".npz": npz_source, ".npy": npy_source}.get(path.suffix.lower()):
            return reader(path)
        raise ValueError(
            f"{path} is neither a .npz or .npy file nor a folder of images. Received: {str(name_or_path)!r}"
        )
    if isinstance(name_or_path, str) and len(path.parts) == 1 and not path.suffix:
        raise unknown_name(name_or_path)
    raise FileNotFoundError(
        f"There is nothing at {path}; expected a .npz file of {NPZ_LAYOUT}; or a .npy file of the images; or a "
        f"folder with {FOLDER_LAYOUT}. Received: {str(name_or_path)!r}"
    )


def _check(resize: str, channels: int | None, binarize: str | None, on_error: str, seed: int) -> None:
    for name, value, expected in (
        ("resize", resize, RESIZINGS),
        ("on_error", on_error, ON_ERROR),
        ("channels", channels, (None, 1, 3)),
        ("binarize", binarize, BINARIZATIONS),
    ):
        if value not in expected:
            raise ValueError(f"`{name}` is one of {', '.join(map(repr, expected))}. Received: {name}={value!r}")
    if not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**31:
        raise ValueError(f"`seed` is an integer from 0 to 2**31 - 1. Received: seed={seed!r}")


def _prepared(
    images: np.ndarray, size: Sequence[int] | None, resize: str, margin: int, channels: int | None
) -> np.ndarray:
    if channels is not None:
        images = convert_channels(images, channels)
    if size is None:
        return images
    return pad_images(images, size) if resize == "pad" else resize_images(images, size, resize, margin=margin)


def _bernoulli(images: np.ndarray, rows: np.ndarray, seed: Sequence[int]) -> np.ndarray:
    """Binary images (uint8, 0 and 255), one draw of each pixel with its grey level as the probability.

    An example's draw depends on `seed` and its row in the source alone, not on what else is loaded.
    """
    top = 255 if images.dtype == np.uint8 else 1
    out = np.empty(images.shape, np.uint8)
    blocks = rows // _DRAW_BLOCK
    for block in np.unique(blocks):
        here = blocks == block
        # RandomState: NumPy promises that its stream never changes.
        uniform = np.random.RandomState([*seed, block]).random_sample((_DRAW_BLOCK, *images.shape[1:]))
        out[here] = 255 * (uniform[rows[here] % _DRAW_BLOCK] * top < images[here])
    return out
