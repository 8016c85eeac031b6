"""A client of TensorFlow Serving, the real one or unizoo's own, as the demonstration needs it: REST and gRPC."""

import json
import time
import urllib.request

import numpy as np
import tensorflow as tf

TIMEOUT = 60.0  # seconds, of one call
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a server on this machine is behind no proxy


class Client:
    """A client of one model of a server on this machine; use it in a `with` block. gRPC needs `unizoo[serve]`.

    Args:
        name: the model's name to the server.
        rest_port: the port of REST.
        grpc_port: the port of gRPC.

    Attributes:
        url: the model's address over REST.
    """

    def __init__(self, name, rest_port, grpc_port):
        import grpc
        from tensorflow_serving.apis import prediction_service_pb2_grpc

        self.name = name
        self.url = f"http://127.0.0.1:{rest_port}/v1/models/{name}"
        options = [("grpc.max_receive_message_length", -1), ("grpc.enable_http_proxy", 0)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port}", options)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._channel.close()

    def states(self):
        """The state of every version the server knows, over REST: a dict from version to "AVAILABLE", "END", ..."""
        return {int(one["version"]): one["state"] for one in _json(self.url)["model_version_status"]}

    def wait_for(self, version, seconds=TIMEOUT):
        """Wait until `version` is the one that is available.

        Raises:
            TimeoutError: if it is not so within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while [one for one, state in self.states().items() if state == "AVAILABLE"] != [version]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Version {version} did not come up in {seconds} s. Received: {self.states()}")
            time.sleep(0.05)

    def signatures(self):
        """The names of the model's signatures, over REST, sorted."""
        metadata = _json(f"{self.url}/metadata")["metadata"]
        return sorted(name for name in metadata["signature_def"]["signature_def"] if not name.startswith("__"))

    def predict(self, signature, **inputs):
        """Predict over REST, row by row.

        Args:
            signature: the signature's name.
            **inputs: arrays by the names of the signature's inputs, of one length n.

        Returns:
            Array of n rows: the signature's only output.
        """
        columns = {name: np.asarray(values).tolist() for name, values in inputs.items()}
        instances = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        answer = _json(f"{self.url}:predict", {"signature_name": signature, "instances": instances})
        return np.array(answer["predictions"], np.float32)

    def predict_grpc(self, signature, **inputs):
        """Predict over gRPC.

        Args:
            signature: the signature's name.
            **inputs: arrays by the names of the signature's inputs, in its dtypes.

        Returns:
            The version that answered, and a dict of arrays by the names of the outputs.
        """
        from tensorflow_serving.apis import predict_pb2

        request = predict_pb2.PredictRequest()
        request.model_spec.name = self.name
        request.model_spec.signature_name = signature
        for name, values in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
        response = self._stub.Predict(request, timeout=TIMEOUT)
        outputs = {name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()}
        return response.model_spec.version.value, outputs


def _json(url, body=None):
    """GET, or POST where there is a body; the answer's JSON."""
    content = None if body is None else json.dumps(body).encode()
    with _DIRECT.open(urllib.request.Request(url, content), timeout=TIMEOUT) as response:
        return json.load(response)
