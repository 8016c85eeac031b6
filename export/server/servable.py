"""One loaded version of a model: a TensorFlow 1 session over a SavedModel, as TensorFlow Serving runs it.

``tf.saved_model.load`` would also read the folder, but it builds Python objects around it and thereby hides
models whose variables TensorFlow Serving's C++ loader cannot find. A session over the MetaGraph sees exactly
what that loader sees. XLA stays off, and models that need it, or that call back into Python, are refused: the
real server links neither.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from ..session import open_session
from .status import Code, ServingError, invalid

DEFAULT_SIGNATURE = "serving_default"
_PYTHON_OPS = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})


@dataclasses.dataclass(frozen=True)
class TensorSpec:
    """An input or output of a signature.

    Args:
        name: the tensor's name in the graph, as ``serving_default_seed:0``.
        dtype: a `tf.DType`.
        shape: sizes, -1 where unknown; None where even the rank is unknown.
    """

    name: str
    dtype: tf.DType
    shape: tuple[int, ...] | None

    @classmethod
    def from_proto(cls, info) -> TensorSpec:
        """Read a ``TensorInfo``."""
        shape = None if info.tensor_shape.unknown_rank else tuple(d.size for d in info.tensor_shape.dim)
        return cls(info.name, tf.dtypes.as_dtype(info.dtype), shape)

    def check(self, alias: str, value: np.ndarray) -> None:
        """Refuse an array whose rank or fixed dimensions differ from the signature's.

        Raises:
            ServingError: ``INVALID_ARGUMENT``.
        """
        if self.shape is None:
            return
        fits = len(self.shape) == value.ndim and all(
            want in (-1, got) for want, got in zip(self.shape, value.shape, strict=True)
        )
        if not fits:
            raise invalid(
                f'Input "{alias}" has the wrong shape. Expected: {list(self.shape)} (-1: any size). '
                f"Received: {list(value.shape)}"
            )


@dataclasses.dataclass(frozen=True)
class Signature:
    """A named function of the model: aliases to `TensorSpec`, and the defaults of its optional inputs."""

    name: str
    method_name: str
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    defaults: Mapping[str, np.ndarray]

    @classmethod
    def from_proto(cls, name: str, proto) -> Signature:
        """Read a ``SignatureDef``; aliases are kept in alphabetical order."""
        return cls(
            name=name,
            method_name=proto.method_name,
            inputs=_specs(proto.inputs),
            outputs=_specs(proto.outputs),
            defaults={k: tf.make_ndarray(proto.defaults[k]) for k in sorted(proto.defaults)},
        )


def _specs(infos) -> dict[str, TensorSpec]:
    """The tensors of a signature; an entry without a dtype is an operation, as the initialiser's."""
    return {alias: TensorSpec.from_proto(infos[alias]) for alias in sorted(infos) if infos[alias].dtype}


class Servable:
    """A loaded version: runs its signatures from any number of threads until closed.

    Args:
        path: the version's folder, holding ``saved_model.pb``.
        version: the version's number.
        on_run: told of every run: the verb that the signature is for ("Predict"), and its microseconds.

    Raises:
        ServingError: the folder holds no SavedModel, or one that TensorFlow Serving could not run.
        tf.errors.OpError: TensorFlow cannot load it.
    """

    def __init__(self, path: Path, version: int, on_run: Callable[[str, float], None]):
        self.path = path
        self.version = version
        self._on_run = on_run
        if not any((path / name).is_file() for name in ("saved_model.pb", "saved_model.pbtxt")):
            raise ServingError(
                Code.NOT_FOUND,
                f"Could not find SavedModel .pb or .pbtxt at supplied export directory path: {path}",
            )
        self._session, self.meta_graph, self.signatures = _load(path)

    def signature(self, name: str) -> Signature | None:
        """The signature of that name; an empty name asks for ``serving_default``."""
        return self.signatures.get(name or DEFAULT_SIGNATURE)

    def run(
        self, signature: Signature, inputs: Mapping[str, np.ndarray], outputs: Iterable[str] | None = None
    ) -> dict[str, np.ndarray]:
        """Run a signature.

        Args:
            signature: one of `signatures`.
            inputs: alias to array, for every input, in the signature's dtypes.
            outputs: the aliases wanted; all where None.

        Returns:
            Alias to array, in alphabetical order; strings are object arrays of bytes.

        Raises:
            ServingError: ``INVALID_ARGUMENT`` for a wrong shape.
            tf.errors.OpError: the graph itself failed.
        """
        for alias, value in inputs.items():
            signature.inputs[alias].check(alias, value)
        # One order per set of outputs: a session keeps an executor for every order it ever saw.
        aliases = sorted(signature.outputs if outputs is None else outputs)
        feeds = {signature.inputs[alias].name: value for alias, value in inputs.items()}
        started = time.perf_counter()
        try:
            values = self._session.run([signature.outputs[alias].name for alias in aliases], feeds)
        except (TypeError, ValueError) as error:  # the session's own checks of feeds and fetches
            raise invalid(str(error)) from error
        verb = signature.method_name.rpartition("/")[2].capitalize()
        self._on_run(verb, 1e6 * (time.perf_counter() - started))
        # A string of rank 0 comes as bytes, which numpy would turn into its own fixed-width type.
        arrays = [np.array(v, object) if isinstance(v, bytes) else np.asarray(v) for v in values]
        return dict(zip(aliases, arrays, strict=True))

    def close(self) -> None:
        """Free the session; runs under way must have ended."""
        self._session.close()


def _load(path: Path):
    """A session with the graph tagged ``serve``, initialised; its ``MetaGraphDef``; its signatures."""
    session = None
    try:
        session, meta_graph = open_session(path)
        _refuse_unservable(meta_graph.graph_def)
        signatures = {name: Signature.from_proto(name, proto) for name, proto in meta_graph.signature_def.items()}
    except BaseException as error:
        if session:
            session.close()
        if isinstance(error, (OSError, RuntimeError, ValueError)):  # what the loader raises where a file is wrong
            raise ServingError(Code.FAILED_PRECONDITION, f"Cannot load the SavedModel at {path}: {error}") from error
        raise
    return session, meta_graph, signatures


def _refuse_unservable(graph_def) -> None:
    """Refuse what Python's TensorFlow runs and TensorFlow Serving cannot: Python callbacks and XLA."""
    for node in _nodes(graph_def):
        if node.op in _PYTHON_OPS:
            raise ServingError(
                Code.NOT_FOUND,
                f"Op type not registered '{node.op}' in TensorFlow Serving: the model calls back into Python "
                f"(py_function, numpy_function) at node {node.name}",
            )
        _refuse_xla(node.name, node.attr)
    for function in graph_def.library.function:
        _refuse_xla(function.signature.name, function.attr)


def _refuse_xla(name: str, attributes) -> None:
    # Looking a key up in a protobuf map would insert it, hence the membership test first.
    if "_XlaMustCompile" in attributes and attributes["_XlaMustCompile"].b:
        raise ServingError(
            Code.UNIMPLEMENTED,
            f"XLA is off in TensorFlow Serving, and the model was exported with jit_compile=True at {name}",
        )


def _nodes(graph_def) -> Iterator:
    yield from graph_def.node
    for function in graph_def.library.function:
        yield from function.node_def
