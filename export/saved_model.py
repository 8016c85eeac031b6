"""Write a model as a SavedModel that TensorFlow's C++ loader, the one inside TensorFlow Serving, can run.

`keras.export.ExportArchive` writes it (`tf.saved_model.save` of a Keras 3 model saves something that only Python can
load), each weight once. What is written is then read back as the server reads it, through a session without XLA, and
every signature is called before the folder gets its name.
"""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import keras
import tensorflow as tf

from .session import open_session, unservable
from .signatures import example_inputs, signatures
from .warmup import write_warmup

LOG_PROB_SAMPLES = 500
_DTYPES = {tf.float32, tf.int32, tf.int64, tf.bool, tf.string}


def export_model(model, path, *, log_prob_samples=LOG_PROB_SAMPLES, warmup=True, overwrite=False):
    """Export a model into one folder: `saved_model.pb`, `variables/`, and warm-up records in `assets.extra/`.

    Args:
        model: a `GenerativeModel`, or a `Classifier`.
        path: the folder to write; it appears whole or not at all.
        log_prob_samples: importance samples of the `log_prob` signature, fixed in the graph.
        warmup: whether to add warm-up records, with which a server answers its first request as fast as the next
            (needs `pip install unizoo[serve]`; left out with a warning where that is missing).
        overwrite: whether to replace a SavedModel that is there already.

    Returns:
        The folder's `Path`.

    Raises:
        TypeError: for something that is not a `GenerativeModel`.
        FileExistsError: if the folder exists and `overwrite` is not set, or it does not hold a SavedModel.
        ValueError: if the model's graph holds what a server cannot run, or a weight is not a finite number.
    """
    path = Path(path)
    if path.exists() and not (overwrite and (path / "saved_model.pb").exists()):
        raise FileExistsError(
            "The folder exists; give overwrite=True to replace a SavedModel, or publish() to add a version. "
            f"Received: {os.fspath(path)!r}"
        )
    with written_beside(model, path, log_prob_samples, warmup) as temporary:
        if path.exists():
            shutil.rmtree(path)
        temporary.rename(path)
        sync(path.parent)
    return path


@contextmanager
def written_beside(model, path, log_prob_samples, warmup):
    """Write, check and sync a SavedModel in a temporary folder beside `path`, for the caller to rename.

    The temporary name is not a number, so that a server that polls the parent does not take it for a version.
    """
    from ..zoo.core.interface import Interface
    from ..zoo.hub.presets import check_weights

    if not isinstance(model, Interface):
        raise TypeError(f"Only the zoo's models have signatures to export. Received: {type(model).__name__}")
    if log_prob_samples < 1:
        raise ValueError(f"log_prob_samples must be at least 1. Received: {log_prob_samples=}")
    check_weights(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        temporary.chmod(0o755)
        offered = signatures(model, log_prob_samples)
        _write(offered, temporary)
        _refuse_unservable(temporary)
        _try_every_signature(offered, temporary)
        if warmup:
            write_warmup(offered, temporary, path.name)
        for file in temporary.rglob("*"):
            sync(file)
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(offered, folder):
    archive = keras.export.ExportArchive()
    for signature in offered:
        archive.add_endpoint(signature.name, signature.function, list(signature.inputs))
    archive.write_out(os.fspath(folder), verbose=False)


def _refuse_unservable(folder):
    """Raise ValueError if the graph holds an operation or a type that the server cannot run."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    saved_model = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    for meta_graph in saved_model.meta_graphs:
        for operation, place in unservable(meta_graph.graph_def):
            if operation:
                raise ValueError(f"The graph calls back into Python, which a server has not. Received: {operation}")
            raise ValueError(
                f"The graph asks for XLA (jit_compile=True), which TensorFlow Serving runs without. Received: {place}"
            )
        for name, signature in meta_graph.signature_def.items():
            for output, info in signature.outputs.items():
                if not name.startswith("__") and tf.as_dtype(info.dtype) not in _DTYPES:
                    raise ValueError(
                        f"Output {output} of {name} must be one of {sorted(d.name for d in _DTYPES)}, which REST can "
                        f"carry. Received: {tf.as_dtype(info.dtype).name}"
                    )


def _try_every_signature(offered, folder):
    """Load as the server does, through a session, and call each signature with one row."""
    session, meta_graph = open_session(folder)
    with session:
        for signature in offered:
            definition = meta_graph.signature_def[signature.name]
            feed = {definition.inputs[name].name: value for name, value in example_inputs(signature, 1).items()}
            session.run({name: info.name for name, info in definition.outputs.items()}, feed)


def sync(path):
    """Make a file or folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
