"""Predict, Classify, Regress and MultiInference on one loaded version, request message in, answer out.

These are TensorFlow Serving's four verbs without its transports: gRPC, REST and the replay of warm-up records
all come through here, so each rule (which error for an unknown signature, when a default stands in for an
input) is written once.
"""

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import classification_pb2, inference_pb2, predict_pb2, regression_pb2

from . import tensors
from .servable import DEFAULT_SIGNATURE
from .status import Code, ServingError, invalid

PREDICT = tf.saved_model.PREDICT_METHOD_NAME
CLASSIFY = tf.saved_model.CLASSIFY_METHOD_NAME
REGRESS = tf.saved_model.REGRESS_METHOD_NAME


def predict(servable, request, max_bytes):
    """Run a `PredictRequest`.

    Args:
        servable: the version to run.
        request: its `model_spec.signature_name` chooses the signature, its `output_filter` the outputs.
        max_bytes: the largest input array, in bytes.

    Returns:
        The response, without a model spec.

    Raises:
        ServingError: `FAILED_PRECONDITION` for an unknown signature, `INVALID_ARGUMENT` for bad inputs.
    """
    name = request.model_spec.signature_name or DEFAULT_SIGNATURE
    signature = servable.signature(name)
    if signature is None:
        raise ServingError(Code.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
    check_predictable(signature)
    inputs = _request_inputs(signature, request.inputs, max_bytes)
    outputs = servable.run(signature, inputs, _filtered(signature, request.output_filter))
    response = predict_pb2.PredictResponse()
    for alias, value in outputs.items():
        tensors.fill_proto(response.outputs[alias], value, signature.outputs[alias].dtype)
    return response


def check_predictable(signature):
    """Refuse signatures that no verb may run, as a SavedModel's own `__saved_model_init_op`.

    Raises:
        ServingError: `INTERNAL`, TensorFlow Serving's code for it.
    """
    if signature.method_name not in (PREDICT, CLASSIFY, REGRESS):
        raise ServingError(
            Code.INTERNAL,
            f"Expected prediction signature method_name to be one of {{{PREDICT}, {CLASSIFY}, {REGRESS}}}. "
            f"Was: {signature.method_name}",
        )


def _request_inputs(signature, protos, max_bytes):
    """The arrays of a request; inputs left out take the signature's defaults, where it has them."""
    wanted, sent = set(signature.inputs), set(protos)
    missing = wanted - sent - set(signature.defaults)
    if missing or sent - wanted:
        raise invalid(
            f"input size does not match signature: {len(sent)}!={len(wanted)} "
            f"len({{{','.join(sorted(sent))}}}) != len({{{','.join(sorted(wanted))}}}). "
            f"Sent extra: {{{','.join(sorted(sent - wanted))}}}. "
            f"Missing but required: {{{','.join(sorted(missing))}}}."
        )
    return {
        alias: tensors.to_array(alias, protos[alias], spec, max_bytes) if alias in sent else signature.defaults[alias]
        for alias, spec in signature.inputs.items()
    }


def _filtered(signature, output_filter):
    """The aliases that a request asks for; None where it asks for all."""
    for alias in output_filter:
        if alias not in signature.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {alias} Outputs expected to be in the set "
                f"{{{','.join(signature.outputs)}}}."
            )
    if len(set(output_filter)) < len(output_filter):
        raise invalid(f"duplicate output tensor alias. Received: {list(output_filter)}")
    return list(output_filter) or None


def classify(servable, signature_name, examples):
    """Classify `tf.Example`s; the signature's input is their serialised strings.

    Raises:
        ServingError: `INVALID_ARGUMENT` where the signature is no classification.
    """
    signature = _example_signature(servable, signature_name, CLASSIFY, "classification")
    wanted = [alias for alias in ("classes", "scores") if alias in signature.outputs]
    if not wanted:
        raise ServingError(
            Code.FAILED_PRECONDITION,
            'Expected classification signature outputs to contain at least one of "classes" or "scores". '
            f"Received: {list(signature.outputs)}",
        )
    outputs = _run_on_examples(servable, signature, examples, wanted)
    shapes = {value.shape for value in outputs.values()}
    if len(shapes) > 1 or len(next(iter(shapes))) != 2:
        raise invalid(f"Expected Tensor shape: [batch_size num_classes]. Received: {sorted(shapes)}")
    [shape] = shapes
    classes = outputs.get("classes", np.full(shape, b"", object))
    scores = outputs.get("scores", np.zeros(shape))
    result = classification_pb2.ClassificationResult()
    for row in zip(classes.tolist(), scores.tolist(), strict=True):
        entry = result.classifications.add()
        for label, score in zip(*row, strict=True):
            entry.classes.add(label=label.decode("utf-8", "replace"), score=score)
    return result


def regress(servable, signature_name, examples):
    """Regress on `tf.Example`s: one float for each.

    Raises:
        ServingError: `INVALID_ARGUMENT` where the signature is no regression.
    """
    signature = _example_signature(servable, signature_name, REGRESS, "regression")
    if list(signature.outputs) != ["outputs"]:
        raise ServingError(
            Code.FAILED_PRECONDITION,
            f"No regression outputs found in SignatureDef. Received: {list(signature.outputs)}",
        )
    value = _run_on_examples(servable, signature, examples, ["outputs"])["outputs"]
    if value.size != len(value):
        raise invalid(
            f"Expected output Tensor shape to be either [batch_size] or [batch_size, 1]. Received: {list(value.shape)}"
        )
    return regression_pb2.RegressionResult(regressions=[{"value": number} for number in value.ravel().tolist()])


def multi_inference(servable, request):
    """Run several classifications and regressions on the same examples.

    Raises:
        ServingError: `INVALID_ARGUMENT` for repeated signatures, `UNIMPLEMENTED` for another verb.
    """
    names = [task.model_spec.signature_name or DEFAULT_SIGNATURE for task in request.tasks]
    if len(set(names)) < len(names):
        raise invalid(f"Duplicate evaluation of signature. Received: {names}")
    results = []
    for name, task in zip(names, request.tasks, strict=True):
        if task.method_name == CLASSIFY:
            answer = {"classification_result": classify(servable, name, request.input)}
        elif task.method_name == REGRESS:
            answer = {"regression_result": regress(servable, name, request.input)}
        else:
            raise ServingError(Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}")
        results.append(inference_pb2.InferenceResult(**answer))
    return results


def _example_signature(servable, name, method, kind):
    signature = servable.signature(name)
    if signature is None:
        raise invalid(f"No signature was found with the name: {name or DEFAULT_SIGNATURE}")
    takes_examples = list(signature.inputs) == ["inputs"]
    # What TensorFlow 2 writes is named for predict, whatever it is for: inputs and outputs decide.
    if signature.method_name != method and not (signature.method_name == PREDICT and takes_examples):
        raise invalid(f"Expected {kind} signature method_name to be {method}. Was: {signature.method_name}")
    if not takes_examples:
        raise ServingError(
            Code.FAILED_PRECONDITION, f"No {kind} inputs found in SignatureDef. Received: {list(signature.inputs)}"
        )
    return signature


def _run_on_examples(servable, signature, examples, outputs):
    """The outputs named, each of the type that its name asks for, and with a row for each example."""
    rows = _serialised(examples)
    values = servable.run(signature, {"inputs": rows}, outputs)
    for alias, value in values.items():
        expected = tf.string if alias == "classes" else tf.float32
        received = signature.outputs[alias].dtype
        if received != expected:
            raise invalid(f"Expected {alias} Tensor of {expected.name}. Received: {received.name}")
        if value.ndim == 0 or len(value) != len(rows):
            raise invalid(f"Expected {alias} output batch size of {len(rows)}. Received: shape {list(value.shape)}")
    return values


def _serialised(examples):
    """The examples as strings [batch]; a context is merged in by concatenation, protobuf's own rule."""
    kind = examples.WhichOneof("kind")
    rows = [] if kind is None else [row.SerializeToString() for row in getattr(examples, kind).examples]
    if not rows:
        raise invalid("Input is empty.")
    if kind == "example_list_with_context":
        context = examples.example_list_with_context.context.SerializeToString()
        rows = [context + row for row in rows]
    return np.array(rows, dtype=object)
