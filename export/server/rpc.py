"""gRPC: TensorFlow Serving's ``PredictionService`` and ``ModelService`` over the server's verbs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import grpc
from tensorflow_serving.apis import (
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)

from .api import Api
from .status import Code, as_serving_error

# Errors travel in HTTP/2 trailers, which clients bound at 8 KB; TensorFlow Serving cuts them at 1,024 too.
_MAX_MESSAGE = 1024
_STATUS = {code.value[0]: code for code in grpc.StatusCode}

Response = TypeVar("Response")


def add_services(server: grpc.Server, api: Api) -> None:
    """Register both services on a server that has not started."""
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(_PredictionService(api), server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(_ModelService(api), server)


class _PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Names are the protocol's."""

    def __init__(self, api: Api):
        self._api = api

    def Predict(self, request, context):
        return self._counted(context, "Predict", request.model_spec.name, self._api.predict, request)

    def Classify(self, request, context):
        return self._counted(context, "Classify", request.model_spec.name, self._api.classify, request)

    def Regress(self, request, context):
        return self._counted(context, "Regress", request.model_spec.name, self._api.regress, request)

    def MultiInference(self, request, context):
        name = request.tasks[0].model_spec.name if request.tasks else ""
        return self._counted(context, "MultiInference", name, self._api.multi_inference, request)

    def GetModelMetadata(self, request, context):
        return _guarded(context, lambda: self._api.metadata(request))

    def _counted(self, context, method: str, name: str, verb: Callable, request):
        def run():
            with self._api.counted(name, method, "GRPC"):
                return verb(request)

        return _guarded(context, run)


class _ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """Names are the protocol's."""

    def __init__(self, api: Api):
        self._api = api

    def GetModelStatus(self, request, context):
        return _guarded(context, lambda: self._api.status(request))

    def HandleReloadConfigRequest(self, request, context):
        return _guarded(context, lambda: self._api.reload(request))


def _guarded(context: grpc.ServicerContext, run: Callable[[], Response]) -> Response:
    """Run a verb; whatever it raises ends this call, under its code, and nothing else."""
    try:
        return run()
    except Exception as error:
        failure = as_serving_error(error)
    code = failure.code if failure.code is not Code.OK else Code.UNKNOWN
    context.abort(_STATUS[int(code)], failure.message[:_MAX_MESSAGE])
