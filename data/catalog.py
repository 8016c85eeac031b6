"""The data sets that have a name, one line each. Standard library only, so that listing them is instant."""

import difflib

DATASETS = {
    "digits": "1,797 handwritten digits, 8x8x1, 10 classes (1,500 train, 297 test); needs no network",
    "mnist": "70,000 handwritten digits, 28x28x1, 10 classes (60,000 train, 10,000 test)",
    "fashion_mnist": "70,000 pictures of clothes, 28x28x1, 10 classes (60,000 train, 10,000 test)",
    "usps": "9,298 handwritten digits from envelopes, 16x16x1, 10 classes (7,291 train, 2,007 test); needs a file",
    "cifar10": "60,000 photographs, 32x32x3, 10 classes (50,000 train, 10,000 test)",
}
ORIGINS = {  # who made each, and its licence
    "digits": "Alpaydin & Kaynak 1998, UCI; CC BY 4.0",
    "mnist": "LeCun, Cortes & Burges 1998; CC BY-SA 3.0",
    "fashion_mnist": "Xiao, Rasul & Vollgraf 2017, Zalando; MIT",
    "usps": "Hull 1994; no licence is stated",
    "cifar10": "Krizhevsky 2009; no licence is stated, a citation is asked for",
}


def list_datasets() -> dict[str, str]:
    """The named data sets and what each holds.

    Returns:
        A dict: name, as `load` takes it, to one line of summary.
    """
    return dict(DATASETS)


def unknown_name(name: str) -> ValueError:
    """The error for a name that is neither a data set nor a path, with the nearest matches."""
    nearest = difflib.get_close_matches(name.lower(), DATASETS, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(map(repr, nearest))}? " if nearest else ""
    return ValueError(
        f"No data set of that name, and no file or folder at that path. {hint}Expected one of "
        f"{', '.join(DATASETS)}, the path of a .npz or .npy file or of a folder of images. Received: {name!r}"
    )
