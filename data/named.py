"""The named data sets: scikit-learn's digits, and Keras's own through its cache.

MNIST: LeCun et al. (1998). USPS: Hull (1994). Fashion-MNIST: Xiao et al. (2017). CIFAR-10: Krizhevsky (2009). The fixed
binarisation of MNIST: Larochelle and Murray (2011), of Salakhutdinov and Murray (2008).
"""

import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from .array_files import npz_source, read_npz
from .sources import WHOLE, ArraySource, Pair

DIGITS = tuple("0123456789")
CLOTHES = (
    *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BINARIZED_LAYOUT = "arrays train [n, 784], valid [n, 784] and test [n, 784], uint8, each value 0 or 1"


def keras_cache() -> Path:
    """The folder in which Keras keeps data sets."""
    return Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser()) / "datasets"


def digits() -> ArraySource:
    """scikit-learn's digits: 8x8 counts of 0..16, scaled to float32 in [0, 1]; 297 are the test set."""

    def read() -> Pair:
        from sklearn.datasets import load_digits

        bunch = load_digits()
        return (bunch.images / 16).astype(np.float32), bunch.target

    return ArraySource(
        "digits",
        "sklearn.datasets.load_digits",
        {WHOLE: read},
        num_classes=10,
        class_names=DIGITS,
        test_size=297,
    )


def mnist() -> ArraySource:
    """MNIST, from Keras's cache."""
    return _of_keras("mnist", "mnist.npz", DIGITS)


def fashion_mnist() -> ArraySource:
    """Fashion-MNIST, from Keras's cache."""
    return _of_keras("fashion_mnist", "fashion-mnist", CLOTHES)


def cifar10() -> ArraySource:
    """CIFAR-10, from `cifar10.npz` in Keras's cache if there is one, else as Keras itself keeps it."""
    file = keras_cache() / "cifar10.npz"
    if not file.is_file():
        return _of_keras("cifar10", "cifar-10-batches-py-target", OBJECTS)
    source = npz_source(file)
    source.num_classes, source.class_names = 10, OBJECTS
    return source


def usps() -> ArraySource:
    """USPS, from `usps.npz` in Keras's cache.

    Raises:
        FileNotFoundError: if it is not there.
        ValueError: if it has another layout.
    """
    path = keras_cache() / "usps.npz"
    if not path.is_file():
        raise FileNotFoundError(
            f"usps is read from {path}, a .npz with x_train [7291, 16, 16], y_train, x_test [2007, 16, 16] and y_test: "
            "images float32 in [0, 1], labels integers 0 to 9. It is not downloaded. "
            "Received: 'usps', and no such file"
        )
    source = npz_source(path)
    source.num_classes, source.class_names = 10, DIGITS
    return source


def binarized_mnist() -> ArraySource:
    """MNIST binarised once and for all, with its own validation part and no labels; 0 and 255.

    Raises:
        FileNotFoundError: if `binarized_mnist.npz` is not in Keras's cache.
        ValueError: if it has another layout.
    """
    path = keras_cache() / "binarized_mnist.npz"
    if not path.is_file():
        raise FileNotFoundError(
            f"The fixed binarisation of mnist is read from {path}, a .npz with {BINARIZED_LAYOUT}; or use "
            "binarize='dynamic'. Received: binarize='fixed', and no such file"
        )

    def read(key: str) -> Pair:
        rows = read_npz(path, key)
        if rows.dtype != np.uint8 or rows.shape[1:] != (784,) or not len(rows) or rows.max() > 1:
            raise ValueError(
                f"{path}: expected {BINARIZED_LAYOUT}. Received: {key} {list(rows.shape)}, {rows.dtype}"
                + (f" from {rows.min()} to {rows.max()}" if rows.size else "")
            )
        return rows.reshape(-1, 28, 28) * np.uint8(255), None

    keys = {"train": "train", "validation": "valid", "test": "test"}
    return ArraySource("mnist", str(path), {part: partial(read, key) for part, key in keys.items()}, num_classes=None)


def _of_keras(name: str, entry: str, class_names: tuple[str, ...]) -> ArraySource:
    """A source over `keras.datasets.<name>.load_data()`, which downloads what its cache lacks."""
    path = keras_cache() / entry

    @cache
    def both() -> tuple[Pair, Pair]:
        import keras

        try:
            return getattr(keras.datasets, name).load_data()
        except Exception as error:  # Keras raises a bare Exception when it cannot download
            raise FileNotFoundError(
                f"{name} could not be read from {path}, nor downloaded to it: run "
                f"`keras.datasets.{name}.load_data()` once with network, or copy the files from where "
                f"they are. (The data set 'digits' needs no network.) Received: {error}"
            ) from error

    readers = {"train": lambda: both()[0], "test": lambda: both()[1]}
    return ArraySource(name, str(path), readers, num_classes=len(class_names), class_names=class_names)


SOURCES: dict[str, Callable[[], ArraySource]] = {
    "digits": digits,
    "mnist": mnist,
    "fashion_mnist": fashion_mnist,
    "usps": usps,
    "cifar10": cifar10,
}
