"""The server's verbs behind both transports: pick the version, run it, count it, shape the answer."""

import contextlib
import time

from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    regression_pb2,
)

from . import decoding, encoding, examples, inference
from .servable import DEFAULT_SIGNATURE
from .status import as_serving_error, invalid

MAX_CONNECTIONS = 256  # at once, on each port
_SIGNATURE_DEF = "signature_def"


class Api:
    """What a client can ask for: gRPC's messages in and out and, where it differs, REST's JSON.

    Args:
        manager: the `ModelManager`.
        metrics: the `Metrics` where requests are counted.
    """

    def __init__(self, manager, metrics):
        self._manager = manager
        self._metrics = metrics

    @contextlib.contextmanager
    def counted(self, model_name, method, entrypoint):
        """Count a request and time it; every error leaves as a `ServingError`.

        Args:
            model_name: the model, as the client named it.
            method: the label `API`, as "Predict".
            entrypoint: "GRPC" or "REST".
        """
        started = time.perf_counter()
        # Only names of the server's own become labels: a client could make up new ones for ever.
        label = model_name if model_name in self._manager.models else "unknown"
        try:
            yield
        except Exception as error:
            failure = as_serving_error(error)
            self._metrics.request_count.add(label, failure.code.name)
            raise failure from error
        self._metrics.request_count.add(label, "OK")
        elapsed = 1e6 * (time.perf_counter() - started)
        self._metrics.request_latency.add(label, method, entrypoint, amount=elapsed)

    def predict(self, request):
        """`PredictionService.Predict`."""
        with self._manager.use(request.model_spec) as servable:
            response = inference.predict(servable, request, self._manager.max_tensor_bytes)
            _fill_spec(response.model_spec, request.model_spec, servable)
        return response

    def predict_json(self, spec, body):
        """REST's `:predict`: body in, body out."""
        document = decoding.parse(body)
        name = decoding.signature_name(document)
        with self._manager.use(spec) as servable:
            signature = servable.signature(name)
            if signature is None:
                raise invalid(f'Serving signature name: "{name or DEFAULT_SIGNATURE}" not found in signature def')
            format_, inputs = decoding.decode(document, signature)
            inference.check_predictable(signature)
            outputs = servable.run(signature, inputs)
        return encoding.encode(format_, outputs)

    def classify(self, request):
        """`PredictionService.Classify`."""
        return self._infer(request, inference.classify, classification_pb2.ClassificationResponse())

    def classify_json(self, spec, body):
        """REST's `:classify`: for each example, its [label, score] pairs."""
        request = classification_pb2.ClassificationRequest(model_spec=spec)
        examples.fill_request(request, body)
        return encoding.encode_classifications(self.classify(request).result.classifications)

    def regress(self, request):
        """`PredictionService.Regress`."""
        return self._infer(request, inference.regress, regression_pb2.RegressionResponse())

    def regress_json(self, spec, body):
        """REST's `:regress`: one number for each example."""
        request = regression_pb2.RegressionRequest(model_spec=spec)
        examples.fill_request(request, body)
        return encoding.encode_regressions(self.regress(request).result.regressions)

    def multi_inference(self, request):
        """`PredictionService.MultiInference`; all tasks must name one model."""
        specs = [task.model_spec for task in request.tasks]
        if not specs:
            raise invalid("MultiInferenceRequest must have at least one task")
        if len({spec.name for spec in specs}) > 1:
            raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
        with self._manager.use(specs[0]) as servable:
            response = inference_pb2.MultiInferenceResponse(results=inference.multi_inference(servable, request))
            for spec, result in zip(specs, response.results, strict=True):
                _fill_spec(result.model_spec, spec, servable)
        return response

    def metadata(self, request):
        """`PredictionService.GetModelMetadata`: the signatures, as the SavedModel states them, in an `Any`."""
        fields = list(request.metadata_field)
        if not fields:
            raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
        if set(fields) != {_SIGNATURE_DEF}:
            raise invalid(f"Metadata field is not supported. Expected: {_SIGNATURE_DEF}. Received: {fields}")
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        with self._manager.use(request.model_spec) as servable:
            response.model_spec.name = request.model_spec.name
            response.model_spec.version.value = servable.version
            signatures = get_model_metadata_pb2.SignatureDefMap(signature_def=servable.meta_graph.signature_def)
        response.metadata[_SIGNATURE_DEF].Pack(signatures)
        return response

    def status(self, request):
        """`ModelService.GetModelStatus`."""
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        response = get_model_status_pb2.GetModelStatusResponse()
        for version, known in self._manager.statuses(request.model_spec).items():
            status = {"error_code": known.code.value[0], "error_message": known.message}
            response.model_version_status.add(version=version, state=known.state, status=status)
        return response

    def reload(self, request):
        """`ModelService.HandleReloadConfigRequest`: see `ModelManager.reload`."""
        if request.config.WhichOneof("config") != "model_config_list":
            raise invalid(
                "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                "Only ModelConfigList is currently supported"
            )
        self._manager.reload(list(request.config.model_config_list.config))
        return model_management_pb2.ReloadConfigResponse()

    def _infer(self, request, run, response):
        """Fill a response with what `run` makes of the request's examples, and with which version answered."""
        spec = request.model_spec
        with self._manager.use(spec) as servable:
            response.result.CopyFrom(run(servable, spec.signature_name, request.input))
            _fill_spec(response.model_spec, spec, servable)
        return response


def _fill_spec(answer, asked, servable):
    """Say which version and signature answered."""
    answer.name = asked.name
    answer.version.value = servable.version
    answer.signature_name = asked.signature_name or DEFAULT_SIGNATURE
