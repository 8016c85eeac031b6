"""Starting and stopping, and what is said where it cannot start."""

import concurrent.futures
import socket
import subprocess
import sys

import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from unizoo.export.server import serve


def refuses(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_stop_lets_requests_end_and_frees_both_ports(publish, rest, prediction, until, gate, transport):
    server = serve(publish("one", 1), port=0, grpc_port=0)
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "toy", "gated"
    request.inputs["path"].CopyFrom(tf.make_tensor_proto([str(gate.path)]))
    ask = {
        "rest": lambda: rest(server).predict(gate.body)[1]["predictions"],
        "grpc": lambda: [prediction(server).Predict(request).outputs["path"].string_val[0].decode()],
    }[transport]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answer = pool.submit(ask)
        try:
            gate.wait_for_a_request()
            stopped = pool.submit(server.stop)
            until(lambda: refuses(server.rest_port) and refuses(server.grpc_port))
            assert not answer.done()
            assert not stopped.done()
            assert not server.wait(0)
        finally:
            gate.path.touch()
        assert answer.result() == [str(gate.path)]
        stopped.result()
    assert server.wait(0)
    server.stop()
    for port in (server.rest_port, server.grpc_port):
        socket.create_server(("127.0.0.1", port)).close()


def test_starting_where_it_cannot_work_says_why(publish, tmp_path, shared):
    folder = publish("one", 1)
    with pytest.raises(ValueError, match="Received: directory="):
        serve(tmp_path / "none")
    with pytest.raises(ValueError, match="Received: threads=0"):
        serve(folder, threads=0)
    with pytest.raises(OSError, match=f"Received: host=127.0.0.1, port={shared.rest_port}"):
        serve(folder, port=shared.rest_port, grpc_port=0)
    with pytest.raises(OSError, match=f"Received: host=127.0.0.1, grpc_port={shared.grpc_port}"):
        serve(folder, port=0, grpc_port=shared.grpc_port)
    (folder / "1" / "saved_model.pb").write_bytes(b"no SavedModel")
    with pytest.raises(RuntimeError, match="No model could be loaded"):
        serve(folder, port=0, grpc_port=0)


@pytest.mark.parametrize("module", ["uvicorn", "starlette", "orjson", "grpc", "tensorflow_serving.apis"])
def test_a_missing_package_names_the_extra(monkeypatch, tmp_path, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"pip install unizoo\[serve\]"):
        serve(tmp_path)


def test_importing_the_server_imports_no_tensorflow():
    code = "import sys, unizoo.export.server; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
