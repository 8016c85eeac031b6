"""Named data sets, `.npz` and `.npy` files and folders of images as `tf.data` pipelines.

    from unizoo import data

    data.list_datasets()                                     # {"mnist": "70,000 handwritten digits ...", ...}
    train = data.load("mnist", binarize="dynamic", validation=10_000, seed=1)
    test = data.load("mnist", "test", binarize="dynamic")
    arrays = data.load_arrays("photos/", "train", size=[32, 32], resize="bilinear")

Importing this room imports neither TensorFlow nor NumPy: each name is fetched when it is first used.
"""

from .._lazy import lazy_names

_HOMES = {
    "Images": "images",
    "MOST_COLUMNS": "pictures",
    "RESIZINGS": "resizing",
    "as_dataset": "pipeline",
    "describe_fitting": "resizing",
    "encode_png": "pictures",
    "evaluation_split": "arrays",
    "fitted_to": "resizing",
    "image_grid": "pictures",
    "labelled_grid": "pictures",
    "labelled_rows": "pictures",
    "list_datasets": "catalog",
    "load": "pipeline",
    "load_arrays": "arrays",
    "resize_images": "resizing",
    "save_grid": "pictures",
    "save_picture": "pictures",
    "unit_floats": "images",
    "unpaired": "pairs",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
