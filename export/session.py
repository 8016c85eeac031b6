"""A TensorFlow 1 session over a SavedModel: what TensorFlow Serving's own loader sees, and with XLA off as there."""

import contextlib
import os

import tensorflow as tf


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
