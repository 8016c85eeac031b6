"""A TensorFlow 1 session over a SavedModel: what TensorFlow Serving's own loader sees, and with XLA off as there."""

import contextlib
import os

import tensorflow as tf

_PYTHON_OPERATIONS = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}


def open_session(path):
    """Load a SavedModel into a new session.

    Args:
        path: the SavedModel's folder.

    Returns:
        The session, to be closed by the caller, and the `MetaGraphDef` tagged "serve".

    Raises:
        OSError, RuntimeError, ValueError: as TensorFlow's loader raises them, where a file is missing or wrong.
    """
    config = tf.compat.v1.ConfigProto(allow_soft_placement=True)
    config.graph_options.optimizer_options.global_jit_level = tf.compat.v1.OptimizerOptions.OFF
    config.gpu_options.allow_growth = True
    graph = tf.Graph()
    session = tf.compat.v1.Session(graph=graph, config=config)
    try:
        with graph.as_default(), _without_advice():
            return session, tf.compat.v1.saved_model.loader.load(session, [tf.saved_model.SERVING], os.fspath(path))
    except BaseException:
        session.close()
        raise


def unservable(graph_def):
    """What Python's TensorFlow runs and TensorFlow Serving, which links neither Python nor XLA, does not.

    Args:
        graph_def: a `GraphDef`.

    Yields:
        Pairs: the operation that calls back into Python, or None where XLA is asked for; the name of the
        node or function.
    """
    functions = graph_def.library.function
    for node in (*graph_def.node, *(node for function in functions for node in function.node_def)):
        if node.op in _PYTHON_OPERATIONS:
            yield node.op, node.name
        # Looking a key up in a protobuf map would insert it, hence the membership test first.
        if "_XlaMustCompile" in node.attr and node.attr["_XlaMustCompile"].b:
            yield None, node.name
    for function in functions:
        if "_XlaMustCompile" in function.attr and function.attr["_XlaMustCompile"].b:
            yield None, function.signature.name


@contextlib.contextmanager
def _without_advice():
    """Drop the loader's advice to use `tf.saved_model.load`, which is the very thing to avoid here."""

    def is_no_advice(record):
        return "deprecated" not in str(record.msg)

    tf.get_logger().addFilter(is_no_advice)
    try:
        yield
    finally:
        tf.get_logger().removeFilter(is_no_advice)
