"""`Images`: a set of pictures in memory; and the checks that every array passes on its way in.

Pixels are kept as they came, uint8 in 0..255 or float32 in [0, 1]: a quarter of the memory, and the
pipeline scales a batch in no time.
"""

from dataclasses import dataclass

import numpy as np

EXPECTED_IMAGES = "images [n, h, w], [n, h, w, 1] or [n, h, w, 3], integers in 0..255, floats in [0, 1], or bool"
EXPECTED_LABELS = "labels [n] or [n, 1], integers from 0, or -1 where one is missing, or [n, classes] one-hot"


@dataclass(frozen=True, eq=False)
class Images:
    """A set of images, with their labels where they have some.

    Args:
        images: [n, h, w, c], uint8 in 0..255 or float32 in [0, 1]; c is 1 or 3.
        labels: [n] int32 in 0..num_classes-1, -1 where one is missing, or None.
        name: the data set's name, or that of its file or folder.
        num_classes: number of classes, or None without labels.
        class_names: the classes' names in the labels' order, or None where unknown.
        origin: where the images were read from: a path, or a package.
        changes: what was done to bring the images to a size and number of channels, a sentence (see
            `describe_fitting`); None where they are as they came.
    """

    images: np.ndarray
    labels: np.ndarray | None
    name: str
    num_classes: int | None
    class_names: tuple[str, ...] | None
    origin: str
    changes: str | None = None

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(h, w, c)."""
        height, width, channels = self.images.shape[1:]
        return height, width, channels


def checked_images(images: np.ndarray, where: str) -> np.ndarray:
    """Images in the form the rest of the library takes.

    Args:
        images: [n, h, w], [n, h, w, 1] or [n, h, w, 3]; of any integers in 0..255, float in [0, 1], or bool.
        where: what to call the array in an error: its path and key.

    Returns:
        [n, h, w, c], uint8 in 0..255 or float32 in [0, 1].

    Raises:
        ValueError: for another shape, dtype or range, or an empty array.
    """
    shape = images.shape
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or 0 in shape[1:]:
        raise ValueError(f"{where}: wrong shape; expected {EXPECTED_IMAGES}. Received: shape {list(shape)}")
    if not len(images):
        raise ValueError(f"{where}: no images; expected {EXPECTED_IMAGES}. Received: shape {list(shape)}")
    if images.dtype == bool:
        return images.astype(np.uint8) * np.uint8(255)
    integers = np.issubdtype(images.dtype, np.integer)
    if not integers and not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"{where}: wrong dtype; expected {EXPECTED_IMAGES}. Received: {images.dtype}")
    low, high = images.min(), images.max()
    if not (low >= 0 and high <= (255 if integers else 1)):  # also true of NaN
        raise ValueError(
            f"{where}: values out of range; expected {EXPECTED_IMAGES}. "
            f"Received: {images.dtype} from {low:g} to {high:g}"
        )
    if integers and high == 1:
        raise ValueError(
            f"{where}: images of integers run from 0 to 255, and these hold only 0 and 1 (almost black); "
            f"store them as bool, or as float. Received: {images.dtype} with a maximum of 1"
        )
    return images.astype(np.uint8 if integers else np.float32, copy=False)


def checked_labels(labels: np.ndarray, count: int, where: str) -> np.ndarray:
    """Labels [count] int32, from integers of shape [count] or [count, 1], or from one-hot rows [count, classes].

    Raises:
        ValueError: for another shape or dtype, a label below -1, which stands for a missing one, or a row that has
            anything but a single 1 among zeros.
    """
    if _are_rows(labels) and len(labels) == count:
        if labels.dtype.kind not in "biuf" or not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise ValueError(
                f"{where}: rows that are not one-hot; expected {EXPECTED_LABELS}. "
                f"Received: shape {list(labels.shape)}, {labels.dtype}"
            )
        return labels.argmax(axis=1).astype(np.int32)
    if labels.shape not in ((count,), (count, 1)):
        raise ValueError(
            f"{where}: wrong shape; expected {EXPECTED_LABELS}, one for each of the {count} images. "
            f"Received: shape {list(labels.shape)}"
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{where}: wrong dtype; expected {EXPECTED_LABELS}. Received: {labels.dtype}")
    if count and labels.min() < -1:
        raise ValueError(f"{where}: negative label; expected {EXPECTED_LABELS}. Received: {labels.min()}")
    return labels.reshape(count).astype(np.int32)


def count_classes(labels: np.ndarray) -> int | None:
    """The number of classes of labels that `checked_labels` takes: one more than the greatest; None without any."""
    if _are_rows(labels):
        return labels.shape[1]
    if not labels.size or not np.issubdtype(labels.dtype, np.integer) or labels.max() < 0:
        return None
    return int(labels.max()) + 1


def _are_rows(labels: np.ndarray) -> bool:
    return labels.ndim == 2 and labels.shape[1] > 1


def unit_floats(images: np.ndarray) -> np.ndarray:
    """Images, uint8 in 0..255 or float in [0, 1], as floats in [0, 1]."""
    return images.astype(np.float32) / 255.0 if images.dtype == np.uint8 else images
