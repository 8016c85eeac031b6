"""Warm-up records: requests that a server runs while it loads a version, so that the first caller does not wait."""

import warnings

import tensorflow as tf

from .layout import WARMUP_RECORDS
from .signatures import example_inputs

BATCH_SIZES = (1, 16)


def write_warmup(offered, folder, model_name):
    """Write a `PredictionLog` for every signature and a few batch sizes, as TensorFlow Serving reads them.

    Args:
        offered: list of `Signature`, each already tried.
        folder: the SavedModel's folder.
        model_name: the name in the records (servers ignore it).
    """
    try:
        from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
    except ImportError:
        warnings.warn(
            "The export has no warm-up records: they need the extra `serve` (pip install unizoo[serve]).", stacklevel=2
        )
        return
    path = folder / WARMUP_RECORDS
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature in offered:
            for rows in BATCH_SIZES:
                request = predict_pb2.PredictRequest()
                request.model_spec.name = model_name
                request.model_spec.signature_name = signature.name
                for name, value in example_inputs(signature, rows).items():
                    request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
                log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
                writer.write(log.SerializeToString())
