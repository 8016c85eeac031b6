"""gRPC: TensorFlow Serving's `PredictionService` and `ModelService` over the server's verbs."""

from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from .status import as_serving_error

# Errors travel in HTTP/2 trailers, which clients bound at 8 KB; TensorFlow Serving cuts them at 1,024 too.
_MAX_MESSAGE = 1024


def add_services(server, api):
    """Register both services on a `grpc.Server` that has not started; an `Api` answers."""
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
