"""gRPC: TensorFlow Serving's `PredictionService` and `ModelService` over the server's verbs."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from .api import MAX_CONNECTIONS
from .status import as_serving_error

# Errors travel in HTTP/2 trailers, which clients bound at 8 KB; TensorFlow Serving cuts them at 1,024 too.
_MAX_MESSAGE = 1024


def start(api, host, port, threads, max_bytes):
    """Start a gRPC server.

    Args:
        api: the `Api` that answers.
        host: the address to listen on.
        port: the port; 0 picks a free one.
        threads: how many requests run at once.
        max_bytes: the largest message accepted.

    Returns:
        The `grpc.Server`, and its port.

    Raises:
        OSError: the port is taken.
    """
    server = grpc.server(
        ThreadPoolExecutor(threads, "unizoo-grpc"),
        maximum_concurrent_rpcs=MAX_CONNECTIONS,
        options=[
            ("grpc.max_receive_message_length", max_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),  # else a taken port is shared without a word
        ],
    )
    _add_services(server, api)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        bound = server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"gRPC cannot listen there. Received: host={host}, grpc_port={port}") from error
    server.start()
    return server, bound


def _add_services(server, api):
    prediction = prediction_service_pb2_grpc.PredictionServiceServicer()
    prediction.Predict = _handler(_counted(api, "Predict", api.predict))
    prediction.Classify = _handler(_counted(api, "Classify", api.classify))
    prediction.Regress = _handler(_counted(api, "Regress", api.regress))
    prediction.MultiInference = _handler(_counted(api, "MultiInference", api.multi_inference))
    prediction.GetModelMetadata = _handler(api.metadata)
    models = model_service_pb2_grpc.ModelServiceServicer()
    models.GetModelStatus = _handler(api.status)
    models.HandleReloadConfigRequest = _handler(api.reload)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(prediction, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(models, server)


def _handler(verb):
    """What gRPC calls; whatever the verb raises ends this call, under its code, and nothing else."""

    def handle(request, context):
        try:
            return verb(request)
        except Exception as error:
            failure = as_serving_error(error)
        context.abort(failure.code, failure.message[:_MAX_MESSAGE])

    return handle


def _counted(api, method, verb):
    def run(request):
        asked = request.tasks if method == "MultiInference" else [request]
        with api.counted(asked[0].model_spec.name if asked else "", method, "GRPC"):
            return verb(request)

    return run
