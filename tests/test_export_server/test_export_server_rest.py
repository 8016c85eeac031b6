"""REST over real HTTP: formats, errors, limits, concurrency."""

import concurrent.futures
import http.client
import json
import math
import socket
import time

import pytest


@pytest.fixture
def client(shared, rest):
    return rest(shared)


def test_rows_of_one_input_may_drop_its_name(client):
    named = client.predict({"instances": [{"seed": 3}, {"seed": 4}]})
    bare = client.predict({"instances": [3, 4]})
    assert named == bare
    status, answer = bare
    assert status == 200
    assert [sorted(row) for row in answer["predictions"]] == [["image", "latent_bytes"]] * 2
    assert [row["latent_bytes"] for row in answer["predictions"]] == [{"b64": "Mw=="}, {"b64": "NA=="}]


def test_a_rows_seed_alone_decides_its_image(client):
    _, one = client.predict({"instances": [7]})
    _, many = client.predict({"instances": [5, 7, 6]})
    assert many["predictions"][1]["image"] == pytest.approx(one["predictions"][0]["image"], abs=1e-6)


def test_columns_give_whole_tensors(client):
    status, answer = client.predict({"inputs": {"seed": [3, 4]}})
    assert status == 200
    assert answer["outputs"]["latent_bytes"] == [{"b64": "Mw=="}, {"b64": "NA=="}]
    assert len(answer["outputs"]["image"]) == 2


def test_a_single_output_drops_its_name(client):
    body = {"signature_name": "encode", "instances": [[1, 2, 3.5, 4]]}
    assert client.predict(body) == (200, {"predictions": [[10.5] * 3]})
    body = {"signature_name": "encode", "inputs": [[1, 2, 3.5, 4]]}
    assert client.predict(body) == (200, {"outputs": [[10.5] * 3]})


def test_strings_are_text_or_base64(client):
    body = {"signature_name": "shout", "instances": ["a", {"b64": "YmM="}, {"text": "d"}["text"]]}
    assert client.predict(body) == (200, {"predictions": ["A", "BC", "D"]})


def test_nan_and_infinity_come_and_go_as_tokens(client):
    body = '{"signature_name": "log", "inputs": [[0, 1, -1, NaN]]}'
    status, text = client.raw("POST", "/v1/models/toy:predict", body)
    assert status == 200
    assert "-Infinity" in text
    assert "null" not in text
    log = json.loads(text)["outputs"]["log"][0]
    assert log[:2] == [-math.inf, 0.0]
    assert all(map(math.isnan, log[2:]))


def test_rows_with_nan_keep_it_in_its_row(client):
    body = '{"signature_name": "log", "instances": [[1, 1, 1, 1], [Infinity, 1, 1, 1]]}'
    _, answer = client.predict(body)
    assert answer["predictions"] == [
        {"log": [0.0] * 4, "total": 4.0},
        {"log": [math.inf, 0.0, 0.0, 0.0], "total": math.inf},
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "The document is empty"),
        ("[1, 2", "JSON Parse error"),
        (b"\xff\xfe\x00garbage", "JSON Parse error: not UTF-8"),
        ('"text"', "Is not object"),
        ("[" * 200_000, "nested too deeply"),
        ('{"inputs": ' + "[" * 900 + "]" * 900 + "}", "Encountered list at unexpected level"),
        ("{}", "Missing 'inputs' or 'instances' key"),
        ('{"instances": []}', "No values in 'instances' array"),
        ('{"instances": 3}', "to be an list/array"),
        ('{"instances": [1], "inputs": [1]}', "expecting only one of"),
        ('{"instances": [1.0]}', "Type: Number is not of expected type: int64"),
        ('{"instances": [1, "x"]}', "Failed to process element: 1 key: seed"),
        ('{"instances": [true]}', "is not of expected type: int64"),
        ('{"instances": [9223372036854775808]}', "is not of expected type: int64"),
        ('{"instances": [{"sed": 1}]}', "keys must be equal to: seed"),
        ('{"instances": [{"seed": 1}, 2]}', "Expecting object but got list at item 1"),
        ('{"instances": [1, {"seed": 2}]}', "Expecting value/list but got object at item 1"),
        ('{"instances": [[1]]}', 'Input "seed" has the wrong shape. Expected: [-1]'),
        ('{"inputs": {"sed": [1]}}', "Missing named input: seed"),
        ('{"inputs": 3}', "wrong shape"),
        ('{"signature_name": 3, "instances": [1]}', "'signature_name' key must be a string value."),
        (
            '{"signature_name": "x", "instances": [1]}',
            'Serving signature name: "x" not found in signature def',
        ),
        ('{"signature_name": "encode", "instances": [[1, 2, 3]]}', "Received: [1, 3]"),
        (
            '{"signature_name": "encode", "instances": [[1, 2, 3, 4], [1, 2]]}',
            "shape [4] but got: [2]",
        ),
        (
            '{"signature_name": "encode", "instances": [[1, 2, 3, [4]]]}',
            "Encountered list at unexpected level",
        ),
        ('{"signature_name": "encode", "instances": [[1, 2, 3, true]]}', "not of expected type: float32"),
        (
            '{"signature_name": "encode", "instances": [[1, 2, 3, null]]}',
            "Type: Null is not of expected type",
        ),
        ('{"signature_name": "encode", "instances": [[1, 2, 3, 16777217]]}', "without loss of precision"),
        ('{"signature_name": "encode", "instances": [[1, 2, 3, 1e39]]}', "without loss of precision"),
        ('{"signature_name": "scaled", "instances": [1, 2]}', "expecting list of objects"),
        ('{"signature_name": "scaled", "inputs": {"x": [1]}}', "Missing named input: factor"),
        ('{"signature_name": "shout", "instances": [{"b64": "!"}]}', "Unable to base64 decode"),
        ('{"signature_name": "shout", "instances": [{"b64": 3}]}', "keys must be equal to: text"),
        ('{"signature_name": "shout", "instances": [3]}', "not of expected type: string"),
        ('{"signature_name": "shout", "instances": ["\\ud800"]}', "is not valid Unicode"),
        ('{"signature_name": "total", "instances": [[1, 2, 3, 4]]}', "has no shape information"),
        ('{"signature_name": "__saved_model_init_op", "inputs": {}}', "Failed to get input map"),
    ],
)
def test_bad_requests_are_400_with_a_reason(client, body, words):
    status, answer = client.predict(body)
    assert status == 400
    assert words in answer["error"]


def test_the_server_survives_every_bad_request(client):
    for body in ("[" * 10_000, b"\x00" * 1000, '{"inputs": {"seed": [' + "1," * 10_000 + "]}}"):
        assert client.predict(body)[0] == 400
    assert client.predict({"instances": [1]})[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("POST", "/v1/models/other:predict", 404, "Servable not found for request: Latest(other)"),
        (
            "POST",
            "/v1/models/toy/versions/9:predict",
            404,
            "not found for request: Specific(toy, 9)",
        ),
        ("POST", "/v1/models/toy/labels/stable:predict", 400, "Unrecognized servable version label: stable"),
        ("POST", "/v1/models/toy/versions/99999999999999999999:predict", 400, "Failed to convert version"),
        ("POST", "/v1/models/toy:train", 400, "Malformed request: POST /v1/models/toy:train"),
        ("GET", "/v1/models/toy:predict", 400, "Malformed request: GET /v1/models/toy:predict"),
        ("PUT", "/v1/models/toy", 400, "Malformed request: PUT /v1/models/toy"),
        ("GET", "/v1/models/toy/versions/9", 404, "Could not find version 9 of model toy"),
        ("GET", "/v1/models/other", 404, "Could not find any versions of model other"),
        ("GET", "/v1/models/other/metadata", 404, "Servable not found for request: Latest(other)"),
        ("GET", "/v1/models", 400, "Missing model name in request."),
        ("GET", "/elsewhere", 404, "Not Found"),
    ],
)
def test_paths_and_their_errors(client, method, path, status, words):
    got, text = client.raw(method, path, '{"instances": [1]}' if method == "POST" else None)
    assert got == status
    assert words in json.loads(text)["error"]


@pytest.mark.parametrize(("verb", "kind"), [("classify", "classification"), ("regress", "regression")])
def test_verbs_that_the_signature_is_not_for(client, verb, kind):
    status, answer = client.predict({"examples": [{"x": 1.0}]}, verb=verb)
    assert status == 400
    assert f"Expected {kind} signature method_name to be tensorflow/serving/{verb}" in answer["error"]
    status, answer = client.predict({"examples": []}, verb=verb)
    assert (status, "Received: []" in answer["error"]) == (400, True)
    status, answer = client.predict({"signature_name": "\ud800", "examples": [{"x": 1.0}]}, verb=verb)
    assert (status, answer["error"]) == (400, 'signature_name: "\\ud800" is not valid Unicode')


def test_versions_are_chosen_by_path_and_names_are_unquoted(client):
    for path in ("/v1/models/toy/versions/1:predict", "/V1/Models/t%6Fy:predict"):
        assert client.post(path, {"instances": [1]})[0] == 200


def test_status_gives_numbers_as_strings(client):
    expected = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    for path in ("/v1/models/toy", "/v1/models/toy/versions/1"):
        assert client.get(path) == (200, {"model_version_status": [expected]})


def test_metadata_describes_every_signature(client):
    status, answer = client.get("/v1/models/toy/metadata")
    assert status == 200
    assert answer["model_spec"] == {"name": "toy", "signature_name": "", "version": "1"}
    signature = answer["metadata"]["signature_def"]["signature_def"]["encode"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert [dim["size"] for dim in signature["inputs"]["x"]["tensor_shape"]["dim"]] == ["-1", "4"]


def test_a_body_over_the_limit_is_413_and_one_under_it_is_not(client):
    body = json.dumps({"signature_name": "shout", "instances": ["a" * (2**20 + 1)]})
    status, answer = client.predict(body)
    assert status == 413
    assert "at most 1048576 bytes" in answer["error"]
    assert client.predict({"signature_name": "shout", "instances": ["a" * 2**19]})[0] == 200


def test_an_endless_chunked_body_is_cut_off(client):
    head = b"POST /v1/models/toy:predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", client.port), timeout=30) as connection:
        connection.sendall(head)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):  # the server hangs up
            connection.sendall(chunk * 10_000)
    assert client.predict({"instances": [1]})[0] == 200


def test_bytes_that_are_no_http_do_no_harm(client):
    with socket.create_connection(("127.0.0.1", client.port), timeout=30) as connection:
        connection.sendall(b"\x16\x03\x01\x00garbage\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    assert client.predict({"instances": [1]})[0] == 200


def test_concurrent_requests_get_their_own_answers(client):
    def ask(seed):
        status, answer = client.predict({"signature_name": "encode", "instances": [[seed] * 4]})
        return status, answer["predictions"][0][0]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(64))) == [(200, 4.0 * seed) for seed in range(64)]


def test_small_answers_do_not_wait_for_an_acknowledgement(client):
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=30)
    times = []
    for _ in range(20):
        started = time.perf_counter()
        connection.request("POST", "/v1/models/toy:predict", '{"instances": [1]}')
        assert connection.getresponse().read()
        times.append(time.perf_counter() - started)
    connection.close()
    assert min(times) < 0.035  # TCP's delayed acknowledgement takes 0.04 s, every time


def test_metrics_count_requests_under_tensorflow_servings_names(publish, start, rest):
    client = rest(start(publish("one", 1)))
    client.predict({"instances": [1]})
    client.predict({"instances": ["x"]})
    client.predict({"instances": [1]}, model="made-up")
    status, text = client.raw("GET", "/monitoring/prometheus/metrics")
    lines = text.splitlines()
    assert status == 200
    assert ':tensorflow:serving:request_count{model_name="toy",status="OK"} 1' in lines
    assert ':tensorflow:serving:request_count{model_name="toy",status="INVALID_ARGUMENT"} 1' in lines
    assert "# TYPE :tensorflow:serving:request_latency histogram" in lines
    labels = 'model_name="toy",API="predict",entrypoint="REST"'
    assert f":tensorflow:serving:request_latency_count{{{labels}}} 1" in lines
    assert f':tensorflow:serving:request_latency_bucket{{{labels},le="+Inf"}} 1' in lines
    assert "made-up" not in text
