"""Publish versions of a model for TensorFlow Serving, atomically.

The server polls the model's folder every second and loads any sub-folder whose name is an integer, whole or not. So a
version is written, checked and synced under another name, and then renamed to its number.
"""

import errno
from pathlib import Path

from .layout import version_folders
from .saved_model import LOG_PROB_SAMPLES, sync, written_beside


def publish(model, directory, version=None, *, log_prob_samples=LOG_PROB_SAMPLES, warmup=True):
    """Write a model as the next version in its folder, `directory/<version>/`.

    Example:
        >>> unizoo.export.publish(model, "serving/iwae_mnist")
        PosixPath('serving/iwae_mnist/1')

    Args:
        model: a `GenerativeModel`.
        directory: the model's folder; its name is the model's name to the server.
        version: a positive int; None for one more than the largest there is.
        log_prob_samples: importance samples of the `log_prob` signature, fixed in the graph.
        warmup: whether to add warm-up records; see `export_model`.

    Returns:
        The version's folder, a `Path`.

    Raises:
        FileExistsError: if that version exists.
        ValueError: for a version below 1, or if the model's graph holds what a server cannot run.
    """
    directory = Path(directory)
    if version is not None and version < 1:
        raise ValueError(f"A version is a positive int. Received: version={version!r}")
    if version is not None and (directory / str(version)).exists():
        raise FileExistsError(f"Versions are never replaced; publish a new one. Received: {directory / str(version)}")
    with written_beside(model, directory / "version", log_prob_samples, warmup) as temporary:
        while True:
            number = version or max(versions(directory), default=0) + 1
            target = directory / str(number)
            if _renamed(temporary, target):
                break
            if version is not None:
                raise FileExistsError(f"Versions are never replaced; publish a new one. Received: {target}")
        sync(directory)
    return target


def versions(directory):
    """The numbers of the versions in a model's folder, a list of ints in ascending order."""
    return sorted(version_folders(directory)) if Path(directory).is_dir() else []


def _renamed(source, target):
    """Rename a folder unless the target exists (somebody else published meanwhile); whether it was renamed."""
    if target.exists():
        return False
    try:
        source.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True
