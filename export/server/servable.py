"""One loaded version of a model: a TensorFlow 1 session over a SavedModel, as TensorFlow Serving runs it.

`tf.saved_model.load` would also read the folder, but it builds Python objects around it and thereby hides
models whose variables TensorFlow Serving's C++ loader cannot find. A session over the MetaGraph sees exactly
what that loader sees. XLA stays off, and models that need it, or that call back into Python, are refused: the
real server links neither.
"""

import dataclasses
import time
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ..session import open_session, unservable
from .status import Code, ServingError, invalid

DEFAULT_SIGNATURE = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY


@dataclasses.dataclass(frozen=True)
class Signature:
    """A named function of the model, read from its `SignatureDef`.

    Args:
        name: the name.
        method_name: the verb it is made for, as "tensorflow/serving/predict".
        inputs: alias to `tf.TensorSpec`, in alphabetical order; its name is the tensor's in the graph.
        outputs: the same of the outputs.
        defaults: alias to array, of the inputs that may be left out.
    """

    name: str
    method_name: str
    inputs: Mapping[str, tf.TensorSpec]
    outputs: Mapping[str, tf.TensorSpec]
    defaults: Mapping[str, np.ndarray]

    @classmethod
    def from_proto(cls, name, proto):
        """Read a `SignatureDef`."""
        defaults = {alias: tf.make_ndarray(value) for alias, value in proto.defaults.items()}
        return cls(name, proto.method_name, _specs(proto.inputs), _specs(proto.outputs), defaults)


def _specs(infos):
    """The tensors of a signature; an entry without a dtype is an operation, as the initialiser's."""
    tensors = {alias: infos[alias] for alias in sorted(infos) if infos[alias].dtype}
    return {alias: tf.TensorSpec(info.tensor_shape, info.dtype, info.name) for alias, info in tensors.items()}


class Servable:
    """A loaded version: runs its signatures from any number of threads until closed.

    Args:
        path: the version's folder, holding `saved_model.pb`.
        version: the version's number.
        on_run: told of every run: the verb that the signature is for ("Predict"), and its microseconds.

    Raises:
        ServingError: the folder holds no SavedModel, or one that TensorFlow Serving could not run.
        tf.errors.OpError: TensorFlow cannot load it.
    """

    def __init__(self, path, version, on_run):
        self.path = path
        self.version = version
        self._on_run = on_run
        if not tf.saved_model.contains_saved_model(path):
            raise ServingError(
                Code.NOT_FOUND, f"Could not find SavedModel .pb or .pbtxt at supplied export directory path: {path}"
            )
        try:
            self._session, self.meta_graph = open_session(path)
            try:
                _refuse_unservable(self.meta_graph.graph_def)
                definitions = self.meta_graph.signature_def.items()
                self.signatures = {name: Signature.from_proto(name, proto) for name, proto in definitions}
            except BaseException:
                self.close()
                raise
        except (OSError, RuntimeError, ValueError) as error:  # what the loader raises where a file is wrong
            raise ServingError(Code.FAILED_PRECONDITION, f"Cannot load the SavedModel at {path}: {error}") from error

    def signature(self, name):
        """The signature of that name, or None; an empty name asks for `serving_default`."""
        return self.signatures.get(name or DEFAULT_SIGNATURE)

    def run(self, signature, inputs, outputs=None):
        """Run a signature.

        Args:
            signature: one of `signatures`.
            inputs: alias to array, for every input, in the signature's dtypes.
            outputs: the aliases wanted; all where None.

        Returns:
            Alias to array, in alphabetical order; strings are object arrays of bytes.

        Raises:
            ServingError: `INVALID_ARGUMENT` for a shape that the graph does not take.
            tf.errors.OpError: the graph itself failed.
        """
        # One order per set of outputs: a session keeps an executor for every order it ever saw.
        aliases = sorted(signature.outputs if outputs is None else outputs)
        feeds = {signature.inputs[alias].name: value for alias, value in inputs.items()}
        started = time.perf_counter()
        try:
            values = self._session.run([signature.outputs[alias].name for alias in aliases], feeds)
        except (TypeError, ValueError) as error:  # the session's own checks of feeds and fetches
            for alias, value in inputs.items():
                _check_shape(alias, value.shape, signature.inputs[alias].shape)
            raise invalid(str(error)) from error
        verb = signature.method_name.rpartition("/")[2].capitalize()
        self._on_run(verb, 1e6 * (time.perf_counter() - started))
        # A string of rank 0 comes as bytes, which numpy would turn into its own fixed-width type.
        arrays = [np.array(v, object) if isinstance(v, bytes) else np.asarray(v) for v in values]
        return dict(zip(aliases, arrays, strict=True))

    def close(self):
        """Free the session; runs under way must have ended."""
        self._session.close()


def _check_shape(alias, received, wanted):
    """Refuse an array whose rank or fixed dimensions differ from the signature's."""
    if not wanted.is_compatible_with(received):
        sizes = [-1 if size is None else size for size in wanted]
        raise invalid(
            f'Input "{alias}" has the wrong shape. Expected: {sizes} (-1: any size). Received: {list(received)}'
        )


def _refuse_unservable(graph_def):
    """Refuse what Python's TensorFlow runs and TensorFlow Serving cannot: Python callbacks and XLA."""
    for operation, place in unservable(graph_def):
        if operation:
            raise ServingError(
                Code.NOT_FOUND,
                f"Op type not registered '{operation}' in TensorFlow Serving: the model calls back into Python "
                f"(py_function, numpy_function) at node {place}",
            )
        raise ServingError(
            Code.UNIMPLEMENTED,
            f"XLA is off in TensorFlow Serving, and the model was exported with jit_compile=True at {place}",
        )
