"""Named data sets, `.npz` files and folders of images as `tf.data` pipelines.

    from unizoo import data

    data.list_datasets()                                     # {"mnist": "70,000 handwritten digits ...", ...}
    train = data.load("mnist", binarize="dynamic", validation=10_000, seed=1)
    test = data.load("mnist", "test", binarize="dynamic")
    arrays = data.load_arrays("photos/", "train", size=[32, 32], resize="bilinear")

Importing this room imports neither TensorFlow nor NumPy: each name is fetched when it is first used.
"""

from typing import Any

_HOMES = {
    "Images": "images",
    "as_dataset": "pipeline",
    "encode_png": "pictures",
    "image_grid": "pictures",
    "labelled_grid": "pictures",
    "labelled_rows": "pictures",
    "list_datasets": "catalog",
    "load": "pipeline",
    "load_arrays": "arrays",
    "resize_images": "resizing",
    "save_grid": "pictures",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module("." + _HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
