"""What a version runs before it takes requests: its warm-up records, then one call of each other signature.

TensorFlow Serving replays `assets.extra/tf_serving_warmup_requests` (a TFRecord of `PredictionLog`, at
most 1,000) inside the load, and a record that fails fails the load. So does this. A signature's first call
costs 100 ms and more, so signatures that no record covers are then called once, on one row of zeros. Zeros
may well be invalid there (an empty string is no picture), so only one outcome of that second part fails the
load: `FAILED_PRECONDITION`, which means that the graph's own state is missing, as in a Keras model that
`tf.saved_model.save` wrote: it loads, and then finds no variable.
"""

import logging

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from ..layout import WARMUP_RECORDS
from . import inference
from .servable import DEFAULT_SIGNATURE
from .status import Code, ServingError, as_serving_error, invalid

MAX_RECORDS = 1000

logger = logging.getLogger("unizoo.server")


def warm_up(servable, max_bytes):
    """Warm a freshly loaded version up.

    Args:
        servable: the version, a `Servable`.
        max_bytes: the largest input array of a record, in bytes.

    Raises:
        ServingError: a record failed, or the version's state is missing.
    """
    covered = {_replay(servable, record, max_bytes) for record in _records(servable.path / WARMUP_RECORDS)}
    for name, signature in servable.signatures.items():
        if name not in covered and signature.method_name == inference.PREDICT:
            _call_once(servable, signature)


def _records(path):
    if not path.is_file():
        return
    dataset = tf.data.TFRecordDataset(path.as_posix())
    try:
        for number, record in enumerate(dataset.as_numpy_iterator()):
            if number == MAX_RECORDS:
                raise invalid(f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {path}")
            try:
                yield prediction_log_pb2.PredictionLog.FromString(record)
            except ValueError as error:  # protobuf's DecodeError
                raise invalid(f"Failed to parse warmup record {number} from {path}: {error}") from error
    except tf.errors.DataLossError as error:
        raise ServingError(
            Code.DATA_LOSS, f"{error.message}. Please verify your warmup data is in TFRecord format."
        ) from error


def _replay(servable, record, max_bytes):
    """Run one record; returns the signature it ran."""
    kind = record.WhichOneof("log_type")
    if kind == "predict_log":
        request = record.predict_log.request
        inference.predict(servable, request, max_bytes)
    elif kind == "classify_log":
        request = record.classify_log.request
        inference.classify(servable, request.model_spec.signature_name, request.input)
    elif kind == "regress_log":
        request = record.regress_log.request
        inference.regress(servable, request.model_spec.signature_name, request.input)
    elif kind == "multi_inference_log":
        inference.multi_inference(servable, record.multi_inference_log.request)
        return ""
    else:
        raise ServingError(Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {kind}")
    return request.model_spec.signature_name or DEFAULT_SIGNATURE


def _call_once(servable, signature):
    """Call a signature on one row of zeros, or of its defaults."""
    if any(spec.shape.rank is None for spec in signature.inputs.values()):
        return
    inputs = {alias: _zeros(spec) for alias, spec in signature.inputs.items()}
    try:
        servable.run(signature, inputs | signature.defaults)
    except Exception as error:
        failure = as_serving_error(error)
        if failure.code is Code.FAILED_PRECONDITION:
            raise failure from error
        logger.info("signature %s was not warmed up: %s", signature.name, failure.message)


def _zeros(spec):
    shape = [size or 1 for size in spec.shape]
    return np.full(shape, b"" if spec.dtype == tf.string else 0, spec.dtype.as_numpy_dtype)
