"""gRPC over a real channel: Predict, metadata, status, the example verbs, and what they refuse."""

import grpc
import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    regression_pb2,
)


def request_of(signature="", model="toy", version=None, output_filter=(), **inputs):
    request = predict_pb2.PredictRequest(output_filter=output_filter)
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    for alias, value in inputs.items():
        proto = tf.make_tensor_proto(value) if isinstance(value, np.ndarray) else value
        request.inputs[alias].CopyFrom(proto)
    return request


@pytest.fixture
def stub(shared, prediction):
    return prediction(shared)


def test_predict_says_which_version_answered(stub):
    response = stub.Predict(request_of(seed=np.array([3, 4])))
    assert (response.model_spec.name, response.model_spec.version.value) == ("toy", 1)
    assert response.model_spec.signature_name == "serving_default"
    assert tf.make_ndarray(response.outputs["image"]).shape == (2, 3)
    assert list(response.outputs["latent_bytes"].string_val) == [b"3", b"4"]


def test_values_lie_in_the_typed_fields_that_other_languages_read(stub):
    response = stub.Predict(request_of("encode", x=np.ones([1, 4], np.float32)))
    assert list(response.outputs["z"].float_val) == [4.0] * 3
    assert response.outputs["z"].tensor_content == b""


def test_grpc_and_rest_agree(stub, shared, rest):
    _, answer = rest(shared).predict({"inputs": [11, 12]})
    response = stub.Predict(request_of(seed=np.array([11, 12])))
    np.testing.assert_array_equal(
        tf.make_ndarray(response.outputs["image"]), np.array(answer["outputs"]["image"], np.float32)
    )


def test_output_filter_chooses_outputs(stub):
    response = stub.Predict(request_of(seed=np.array([1]), output_filter=["latent_bytes"]))
    assert list(response.outputs) == ["latent_bytes"]


def test_defaults_stand_in_for_omitted_inputs(stub):
    x = np.array([1, 2], np.float32)
    doubled = stub.Predict(request_of("scaled", x=x)).outputs["y"]
    tripled = stub.Predict(request_of("scaled", x=x, factor=np.array([3], np.float32))).outputs["y"]
    assert (list(doubled.float_val), list(tripled.float_val)) == ([2.0, 4.0], [3.0, 6.0])


def proto_of(dtype, *sizes, **fields):
    proto = tf.make_tensor_proto(0.0)
    proto.Clear()
    proto.dtype = dtype
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    for name, value in fields.items():
        getattr(proto, name).extend(value)
    return proto


INT64, FLOAT = tf.int64.as_datatype_enum, tf.float32.as_datatype_enum


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        (request_of("x", seed=np.array([1])), "FAILED_PRECONDITION", 'Serving signature key "x" not found.'),
        (request_of(model="other"), "NOT_FOUND", "Servable not found for request: Latest(other)"),
        (request_of(version=9), "NOT_FOUND", "Servable not found for request: Specific(toy, 9)"),
        (request_of(model=""), "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (request_of(), "INVALID_ARGUMENT", "Missing but required: {seed}"),
        (request_of(sed=np.array([1])), "INVALID_ARGUMENT", "Sent extra: {sed}"),
        (request_of("scaled", factor=np.ones(1, np.float32)), "INVALID_ARGUMENT", "required: {x}"),
        (request_of(seed=np.ones(1, np.float32)), "INVALID_ARGUMENT", "Expects seed to be int64"),
        (request_of(seed=np.ones([1, 1], np.int64)), "INVALID_ARGUMENT", "wrong shape"),
        (request_of(seed=proto_of(9999, 1)), "INVALID_ARGUMENT", "but 9999 is provided"),
        (request_of(seed=proto_of(INT64, -1)), "INVALID_ARGUMENT", "not fully defined"),
        (
            request_of(seed=proto_of(INT64, 2, int64_val=[1, 2, 3])),
            "INVALID_ARGUMENT",
            "tensor parsing error",
        ),
        (request_of("encode", x=proto_of(FLOAT, 2**40, 4)), "INVALID_ARGUMENT", "at most 8388608 bytes"),
        (request_of(seed=np.array([1]), output_filter=["y"]), "INVALID_ARGUMENT", "alias not found"),
        (
            request_of(seed=np.array([1]), output_filter=["image", "image"]),
            "INVALID_ARGUMENT",
            "duplicate output tensor alias",
        ),
        (request_of("__saved_model_init_op"), "INTERNAL", "Expected prediction signature method_name"),
    ],
)
def test_bad_requests_get_their_code_and_a_reason(stub, request_, code, words):
    with pytest.raises(grpc.RpcError) as failure:
        stub.Predict(request_)
    assert failure.value.code().name == code
    assert words in failure.value.details()
    assert stub.Predict(request_of(seed=np.array([1]))).outputs


def test_messages_over_the_limit_are_refused(stub):
    with pytest.raises(grpc.RpcError) as failure:
        stub.Predict(request_of(seed=np.zeros(200_000, np.int64)))
    assert failure.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_bytes_that_are_no_message_do_no_harm(shared, channel, stub):
    predict = channel(shared).unary_unary("/tensorflow.serving.PredictionService/Predict")
    with pytest.raises(grpc.RpcError):
        predict(b"\xff\xff\xff garbage")
    assert stub.Predict(request_of(seed=np.array([1]))).outputs


def test_long_errors_are_cut_to_fit_a_trailer(stub):
    with pytest.raises(grpc.RpcError) as failure:
        stub.Predict(request_of("x" * 100_000))
    assert failure.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert len(failure.value.details()) == 1024


def test_metadata_packs_the_signatures(stub):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "toy"
    response = stub.GetModelMetadata(request)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert response.model_spec.version.value == 1
    assert set(signatures.signature_def["serving_default"].outputs) == {"image", "latent_bytes"}
    for fields in ([], ["signature_def", "weights"]):
        with pytest.raises(grpc.RpcError) as failure:
            stub.GetModelMetadata(
                get_model_metadata_pb2.GetModelMetadataRequest(model_spec=request.model_spec, metadata_field=fields)
            )
        assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_status_lists_versions(shared, channel):
    models = model_service_pb2_grpc.ModelServiceStub(channel(shared))
    request = get_model_status_pb2.GetModelStatusRequest()
    with pytest.raises(grpc.RpcError) as failure:
        models.GetModelStatus(request)
    assert failure.value.details() == "Missing ModelSpec"
    request.model_spec.name = "toy"
    [status] = models.GetModelStatus(request).model_version_status
    assert (status.version, status.state) == (1, get_model_status_pb2.ModelVersionStatus.AVAILABLE)


def examples(*values):
    message = classification_pb2.ClassificationRequest().input
    for value in values:
        feature = tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
        message.example_list.examples.add().features.feature["x"].CopyFrom(feature)
    return message


def test_example_verbs_refuse_a_predict_signature(stub):
    spec = request_of().model_spec
    task = inference_pb2.InferenceTask(model_spec=spec, method_name="tensorflow/serving/classify")
    calls = [
        (stub.Classify, classification_pb2.ClassificationRequest(model_spec=spec, input=examples(1.0))),
        (stub.Regress, regression_pb2.RegressionRequest(model_spec=spec, input=examples(1.0))),
        (stub.MultiInference, inference_pb2.MultiInferenceRequest(tasks=[task], input=examples(1.0))),
    ]
    for call, request in calls:
        with pytest.raises(grpc.RpcError) as failure:
            call(request)
        assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "signature method_name to be" in failure.value.details()


def write_example_model(path):
    """A TensorFlow 1 model of tf.Examples with a feature "x": scores [x, -x], and regression to 2 x."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        serialised = v1.placeholder(tf.string, [None], name="examples")
        x = v1.parse_example(serialised, {"x": tf.io.FixedLenFeature([], tf.float32)})["x"]
        scores = tf.stack([x, -x], axis=1)
        labels = tf.tile(tf.constant([["plus", "minus"]]), [tf.shape(x)[0], 1])
        info = v1.saved_model.build_tensor_info
        build = v1.saved_model.build_signature_def
        inputs = {"inputs": info(serialised)}
        signatures = {
            "serving_default": build(
                inputs, {"classes": info(labels), "scores": info(scores)}, "tensorflow/serving/classify"
            ),
            "double": build(inputs, {"outputs": info(2.0 * x)}, "tensorflow/serving/regress"),
        }
        builder = v1.saved_model.Builder(path.as_posix())
        builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map=signatures)
        builder.save()


def test_example_verbs_run_signatures_made_for_them(tmp_path, start, prediction, rest):
    (tmp_path / "signs").mkdir()
    write_example_model(tmp_path / "signs" / "1")
    server = start(tmp_path / "signs")
    stub, spec = prediction(server), request_of(model="signs").model_spec
    classified = stub.Classify(classification_pb2.ClassificationRequest(model_spec=spec, input=examples(1.5, -2.0)))
    rows = [[(c.label, c.score) for c in row.classes] for row in classified.result.classifications]
    assert rows == [[("plus", 1.5), ("minus", -1.5)], [("plus", -2.0), ("minus", 2.0)]]
    double = request_of("double", model="signs").model_spec
    regressed = stub.Regress(regression_pb2.RegressionRequest(model_spec=double, input=examples(1.5)))
    assert [row.value for row in regressed.result.regressions] == [3.0]
    both = inference_pb2.MultiInferenceRequest(input=examples(1.5))
    both.tasks.add(model_spec=spec, method_name="tensorflow/serving/classify")
    both.tasks.add(model_spec=double, method_name="tensorflow/serving/regress")
    first, second = stub.MultiInference(both).results
    assert first.classification_result.classifications[0].classes[0].score == 1.5
    assert second.regression_result.regressions[0].value == 3.0
    body = {"examples": [{"x": 0.5}]}
    answer = {"results": [[["plus", 0.5], ["minus", -0.5]]]}
    assert rest(server).predict(body, model="signs", verb="classify") == (200, answer)
    body = {"signature_name": "double", "context": {"x": 0.5}, "examples": [{}, {"x": [2.0]}]}
    assert rest(server).predict(body, model="signs", verb="regress") == (200, {"results": [1.0, 4.0]})


def test_example_verbs_run_what_tensorflow_2_names_for_predict(tmp_path, start, rest):
    def halves(inputs):
        x = tf.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([], tf.float32)})["x"]
        return {"scores": tf.stack([x, x / 2.0], axis=1)}

    archive = keras.export.ExportArchive()
    archive.track(tf.Module())
    archive.add_endpoint("serving_default", halves, [tf.TensorSpec([None], tf.string, name="inputs")])
    archive.write_out((tmp_path / "halves" / "1").as_posix(), verbose=False)
    client = rest(start(tmp_path / "halves"))
    answer = {"results": [[["", 3.0], ["", 1.5]]]}
    assert client.predict({"examples": [{"x": 3.0}]}, model="halves", verb="classify") == (200, answer)
    status, answer = client.predict({"examples": [{"x": 3.0}]}, model="halves", verb="regress")
    assert (status, "No regression outputs found" in answer["error"]) == (400, True)


def test_the_graph_decides_which_shapes_it_takes(tmp_path, start, prediction):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, None)
        inputs = {"x": v1.saved_model.build_tensor_info(x)}
        inputs["x"].tensor_shape.CopyFrom(tf.TensorShape([None, 1]).as_proto())
        outputs = {"y": v1.saved_model.build_tensor_info(2.0 * x)}
        signature = v1.saved_model.build_signature_def(inputs, outputs, "tensorflow/serving/predict")
        builder = v1.saved_model.Builder((tmp_path / "loose" / "1").as_posix())
        builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map={"serving_default": signature})
        builder.save()
    stub = prediction(start(tmp_path / "loose"))
    for x in (np.array([3], np.float32), np.ones([2, 3], np.float32)):
        response = stub.Predict(request_of(model="loose", x=x))
        np.testing.assert_array_equal(tf.make_ndarray(response.outputs["y"]), 2 * x)
