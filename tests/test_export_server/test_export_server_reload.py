"""Versions come, fail and go under a running server."""

import concurrent.futures
import shutil
import threading

import grpc
import keras
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_log_pb2,
)
from unizoo.export.server import serve

ENCODE = {"signature_name": "encode", "instances": [[1, 1, 1, 1]]}


def scale_of(client, model="toy", path=""):
    """The weights' scale of the version that answers, 1 or 2; the status where it is an error."""
    status, answer = client.predict(ENCODE, model=model + path)
    return answer["predictions"][0][0] / 4 if status == 200 else status


def warm_up_records(*requests):
    """A function that writes warm-up records into an export."""

    def prepare(path):
        (path / "assets.extra").mkdir()
        with tf.io.TFRecordWriter((path / "assets.extra" / "tf_serving_warmup_requests").as_posix()) as writer:
            for request in requests:
                log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
                writer.write(log.SerializeToString())

    return prepare


def predict_request(signature, **inputs):
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = signature
    for alias, value in inputs.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    return request


def test_a_new_version_takes_over_and_the_old_one_is_unloaded(publish, start, rest, until):
    client = rest(start(publish("one", 1)))
    assert scale_of(client) == 1.0
    publish("two", 2)
    until(lambda: client.states() == {1: "END", 2: "AVAILABLE"})
    assert scale_of(client) == 2.0
    assert scale_of(client, path="/versions/1") == 404


def test_no_request_fails_while_versions_change(publish, start, rest, until):
    client = rest(start(publish("one", 1)))
    done = threading.Event()

    def ask():
        answers = []
        while not done.is_set():
            answers.append(scale_of(client))
        return answers

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            for version, name in ((2, "two"), (3, "one"), (4, "two")):
                publish(name, version)
                until(lambda version=version: client.states().get(version) == "AVAILABLE")
        finally:
            done.set()
    for answers in (future.result() for future in asking):
        assert answers[0] == 1.0
        assert set(answers) <= {1.0, 2.0}
    assert scale_of(client) == 2.0


def test_a_running_request_keeps_its_version_and_holds_nobody_up(publish, start, rest, prediction, until, gate):
    server = start(publish("one", 1), threads=2)
    client, stub = rest(server), prediction(server)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.predict, gate.body)
        try:
            gate.wait_for_a_request()
            publish("two", 2)
            until(lambda: client.states() == {1: "UNLOADING", 2: "AVAILABLE"})
            assert scale_of(client) == 2.0
            request = predict_request("encode", x=[[1.0, 1.0, 1.0, 1.0]])
            request.model_spec.name = "toy"
            assert list(stub.Predict(request).outputs["z"].float_val) == [8.0] * 3
            assert not answer.done()
        finally:
            gate.path.touch()
        assert answer.result() == (200, {"predictions": [str(gate.path)]})
    until(lambda: client.states() == {1: "END", 2: "AVAILABLE"})


def break_variables(path):
    shutil.rmtree(path / "variables")


def break_graph(path):
    (path / "saved_model.pb").write_bytes(b"no SavedModel")


def break_warm_up(path):
    warm_up_records(predict_request("encode", x=[[1.0, 2.0]]))(path)


def break_records(path):
    warm_up_records()(path)
    (path / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"no TFRecord at all, sorry")


@pytest.mark.parametrize(
    ("breakage", "code", "words"),
    [
        (break_variables, "FAILED_PRECONDITION", "not a valid checkpoint"),
        (break_graph, "FAILED_PRECONDITION", "Cannot parse file"),
        (break_warm_up, "INVALID_ARGUMENT", "wrong shape"),
        (break_records, "DATA_LOSS", "Please verify your warmup data is in TFRecord format"),
        (lambda path: (path / "saved_model.pb").unlink(), "NOT_FOUND", "Could not find SavedModel"),
    ],
)
def test_a_broken_version_is_reported_and_the_old_one_stays(publish, start, rest, until, breakage, code, words):
    client = rest(start(publish("one", 1)))
    publish("two", 2, prepare=breakage)
    until(lambda: client.states() == {1: "AVAILABLE", 2: "END"})
    _, answer = client.get("/v1/models/toy/versions/2")
    status = answer["model_version_status"][0]["status"]
    assert status["error_code"] == code
    assert words in status["error_message"]
    assert scale_of(client) == 1.0


def test_a_broken_version_is_retried_once_its_files_have_changed(publish, start, rest, until, exported):
    folder = publish("one", 1)
    client = rest(start(folder))
    publish("two", 2, prepare=break_variables)
    until(lambda: client.states().get(2) == "END")
    shutil.copytree(exported / "two" / "variables", folder / "2" / "variables")
    until(lambda: client.states() == {1: "END", 2: "AVAILABLE"})
    assert scale_of(client) == 2.0


def test_a_version_that_stays_broken_is_not_retried_for_ever(publish, start, rest, until):
    folder = publish("one", 1)
    client = rest(start(folder))
    publish("two", 2, prepare=break_graph)
    attempts = f':load_attempt_count{{model_path="{folder / "2"}",status="fail"}} '

    def count():
        _, text = client.raw("GET", "/monitoring/prometheus/metrics")
        return next((int(line.rsplit(" ", 1)[1]) for line in text.splitlines() if attempts in line), 0)

    for expected in range(1, 7):
        until(lambda expected=expected: count() == expected)
        (folder / "2" / "saved_model.pb").write_bytes(b"broken" * expected)
    publish("two", 3)  # loaded by a later poll than any that would have retried version 2
    until(lambda: client.states().get(3) == "AVAILABLE")
    assert count() == 6
    shutil.rmtree(folder / "2")


def test_deleting_the_newest_version_brings_the_one_before_back(publish, start, rest, until):
    publish("one", 1)
    folder = publish("two", 2)
    client = rest(start(folder))
    assert scale_of(client) == 2.0
    shutil.rmtree(folder / "2")
    until(lambda: client.states() == {1: "AVAILABLE", 2: "END"})
    assert scale_of(client) == 1.0


def test_deleting_every_version_unloads_but_losing_the_folder_does_not(publish, start, rest, until):
    folder = publish("one", 1)
    client = rest(start(folder))
    folder.rename(folder.with_name("gone"))
    publish("two", 2, folder=folder.with_name("elsewhere"))  # time for a poll is what this takes, at least
    assert scale_of(client) == 1.0
    folder.with_name("gone").rename(folder)
    shutil.rmtree(folder / "1")
    until(lambda: client.states() == {1: "END"})
    assert scale_of(client) == 404


def test_warm_up_records_run_before_a_version_is_available(publish, start, rest):
    request = predict_request("encode", x=[[1.0, 2.0, 3.0, 4.0]])
    client = rest(start(publish("one", 1, prepare=warm_up_records(request, request))))
    _, text = client.raw("GET", "/monitoring/prometheus/metrics")
    # Two records, and one call of each of the six signatures that no record covers.
    labels = 'model_name="toy",API="Predict",runtime="TF1"'
    assert f":tensorflow:serving:runtime_latency_count{{{labels}}} 8" in text


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (tf.function(lambda x: {"y": x + 1.0}, jit_compile=True), "XLA is off"),
        (lambda x: {"y": tf.ensure_shape(tf.numpy_function(abs, [x], tf.float32), [None])}, "Op type not"),
    ],
)
def test_models_that_the_real_server_could_not_run_are_refused(tmp_path, endpoint, words):
    archive = keras.export.ExportArchive()
    network = keras.Sequential([keras.Input([1]), keras.layers.Dense(1)])
    spec = [tf.TensorSpec([None], tf.float32, name="x")]
    archive.add_endpoint("serving_default", lambda x: {"z": network(x[:, None])}, spec)
    archive.add_endpoint("other", endpoint, spec)
    archive.write_out((tmp_path / "1").as_posix(), verbose=False)
    with pytest.raises(RuntimeError, match=words):
        serve(tmp_path, port=0, grpc_port=0)


def test_a_model_whose_variables_the_real_server_would_not_find_is_refused(tmp_path):
    network = keras.Sequential([keras.Input([1]), keras.layers.Dense(1)])
    tf.saved_model.save(network, (tmp_path / "1").as_posix())  # not Keras's own way of exporting
    with pytest.raises(RuntimeError, match="Could not find variable"):
        serve(tmp_path, port=0, grpc_port=0)


def test_a_folder_of_models_serves_them_all_and_finds_new_ones(publish, start, rest, tmp_path, until):
    for name, model in (("one", "a"), ("two", "b")):
        publish(name, 1, folder=tmp_path / "models" / model)
    server = start(tmp_path / "models")
    client = rest(server)
    assert server.models == ["a", "b"]
    assert [scale_of(client, model) for model in server.models] == [1.0, 2.0]
    publish("two", 5, folder=tmp_path / "models" / "c")
    until(lambda: scale_of(client, "c") == 2.0)


def test_an_empty_folder_is_waited_for_and_a_name_overrides_the_folders(publish, start, rest, until, tmp_path):
    (tmp_path / "toy").mkdir()
    client = rest(start(tmp_path / "toy", name="other"))
    assert scale_of(client, "other") == 404
    publish("one", 1)
    until(lambda: scale_of(client, "other") == 1.0)
    assert scale_of(client, "toy") == 404


def reload_request(**models):
    request = model_management_pb2.ReloadConfigRequest()
    for name, path in models.items():
        request.config.model_config_list.config.add(name=name, base_path=str(path), model_platform="tensorflow")
    return request


def test_a_reloaded_config_sets_models_policies_and_labels(publish, start, rest, channel, tmp_path):
    publish("one", 1)
    folder = publish("two", 2)
    server = start(folder)
    client, models = rest(server), model_service_pb2_grpc.ModelServiceStub(channel(server))
    request = reload_request(renamed=folder)
    config = request.config.model_config_list.config[0]
    config.model_version_policy.specific.versions.extend([1, 2])
    config.version_labels["stable"] = 1
    models.HandleReloadConfigRequest(request)
    assert server.models == ["renamed"]
    assert scale_of(client, "renamed") == 2.0
    assert scale_of(client, "renamed", "/labels/stable") == 1.0
    assert scale_of(client, "toy") == 404
    config.version_labels["stable"] = 7
    bad = [
        (request, "FAILED_PRECONDITION"),
        (reload_request(x=tmp_path), "INVALID_ARGUMENT"),
        (reload_request(x=folder / "none"), "INVALID_ARGUMENT"),
        (model_management_pb2.ReloadConfigRequest(), "INVALID_ARGUMENT"),
    ]
    for wrong, code in bad:
        with pytest.raises(grpc.RpcError) as failure:
            models.HandleReloadConfigRequest(wrong)
        assert failure.value.code().name == code
    assert scale_of(client, "renamed") == 2.0
    assert scale_of(client, "renamed", "/labels/stable") == 1.0
