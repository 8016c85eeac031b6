"""A real SavedModel of a small dense network, written by Keras, and servers over copies of it."""

import http.client
import json
import shutil
import time

import grpc
import keras
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_service_pb2_grpc
from unizoo.export.server import serve

NAME = "toy"
SCALES = {"one": 1.0, "two": 2.0}


def float_spec(name):
    return tf.TensorSpec([None, 4], tf.float32, name=name)


def write_model(path, scale):
    """A dense network 4 -> 3 whose weights are all `scale`, with seven signatures."""
    network = keras.Sequential(
        [keras.Input([4]), keras.layers.Dense(3, kernel_initializer=keras.initializers.Constant(scale))]
    )

    def generate(seed):
        latent = tf.map_fn(
            lambda s: tf.random.stateless_normal([4], tf.stack([s, tf.zeros_like(s)])),
            seed,
            fn_output_signature=tf.float32,
        )
        return {"image": network(latent), "latent_bytes": tf.strings.as_string(seed)}

    def encode(x):
        return {"z": network(x)}

    def shout(text):
        return {"text": tf.strings.upper(text)}

    def log(x):
        return {"log": tf.math.log(x), "total": tf.reduce_sum(x, axis=1)}

    def total(x):
        return {"total": tf.reduce_sum(x)}

    def gated(path):
        # Writes PATH.begun, and runs until there is a file PATH: a request as long as a test wants it.
        def is_shut(_):
            return tf.size(tf.io.matching_files(path[0])) == 0

        def wait():
            with tf.control_dependencies([tf.io.write_file(path[0] + ".begun", "")]):
                return tf.while_loop(is_shut, lambda path: (path,), (tf.identity(path),))[0]

        return {"path": tf.cond(path[0] == "", lambda: path, wait)}

    def scaled(x, factor=tf.constant([2.0])):  # noqa: B008 - a constant is how a default is exported
        return {"y": x * factor}

    archive = keras.export.ExportArchive()
    archive.add_endpoint("serving_default", generate, [tf.TensorSpec([None], tf.int64, name="seed")])
    archive.add_endpoint("encode", encode, [float_spec("x")])
    archive.add_endpoint("shout", shout, [tf.TensorSpec([None], tf.string, name="text")])
    archive.add_endpoint("log", log, [float_spec("x")])
    archive.add_endpoint("total", total, [float_spec("x")])
    archive.add_endpoint("gated", gated, [tf.TensorSpec([None], tf.string, name="path")])
    vectors = [tf.TensorSpec([None], tf.float32, name=name) for name in ("x", "factor")]
    archive.add_endpoint("scaled", scaled, vectors)
    archive.write_out(path.as_posix(), verbose=False)


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """Folder of SavedModels by name: "one" and "two" differ in their weights."""
    folder = tmp_path_factory.mktemp("exported")
    for name, scale in SCALES.items():
        write_model(folder / name, scale)
    return folder


@pytest.fixture
def publish(exported, tmp_path):
    """Publish a SavedModel as a version, by renaming it into place."""

    def publish_(name, version, folder=tmp_path / NAME, prepare=lambda path: None):
        folder.mkdir(parents=True, exist_ok=True)
        staged = folder / f"staged_{version}"
        shutil.copytree(exported / name, staged)
        prepare(staged)
        staged.rename(folder / str(version))
        return folder

    return publish_


@pytest.fixture(scope="session")
def shared(exported, tmp_path_factory):
    """One server for all tests that leave it as it was; bodies of at most 1 MiB."""
    folder = tmp_path_factory.mktemp("shared") / NAME
    shutil.copytree(exported / "one", folder / "1")
    with serve(folder, port=0, grpc_port=0, max_body_bytes=2**20) as server:
        yield server


@pytest.fixture
def start():
    """Start servers that end with the test; they poll 50 times a second."""
    servers = []

    def start_(folder, **options):
        servers.append(serve(folder, port=0, grpc_port=0, poll_seconds=0.02, **options))
        return servers[-1]

    yield start_
    for server in servers:
        server.stop()


class Rest:
    """A client of one server; answers are (status, JSON)."""

    def __init__(self, server):
        self.port = server.rest_port

    def raw(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def get(self, path):
        status, text = self.raw("GET", path)
        return status, json.loads(text)

    def post(self, path, body):
        status, text = self.raw("POST", path, body if isinstance(body, bytes | str) else json.dumps(body))
        return status, json.loads(text)

    def predict(self, body, model=NAME, verb="predict"):
        return self.post(f"/v1/models/{model}:{verb}", body)

    def states(self, model=NAME):
        """State by version."""
        _, answer = self.get(f"/v1/models/{model}")
        return {int(s["version"]): s["state"] for s in answer.get("model_version_status", [])}


@pytest.fixture
def rest():
    return Rest


@pytest.fixture
def channel():
    """Open a gRPC channel to a server, closed with the test."""
    channels = []

    def open_(server):
        channels.append(grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}"))
        return channels[-1]

    yield open_
    for opened in channels:
        opened.close()


@pytest.fixture
def prediction(channel):
    return lambda server: prediction_service_pb2_grpc.PredictionServiceStub(channel(server))


@pytest.fixture
def gate(tmp_path, until):
    """The file that ends requests to the signature "gated", the request's body, and a wait for its start."""

    class Gate:
        path = tmp_path / "gate"
        body = {"signature_name": "gated", "instances": [str(path)]}  # noqa: RUF012

        def wait_for_a_request(self):
            until((tmp_path / "gate.begun").exists)

    gate_ = Gate()
    yield gate_
    gate_.path.touch()


@pytest.fixture
def until():
    """Wait for a condition, at most 20 seconds."""

    def until_(condition):
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true"
            time.sleep(0.01)

    return until_
