"""REST as TensorFlow Serving routes it, as an ASGI application.

``POST /v1/models/NAME[/versions/N|/labels/L]:(predict|classify|regress)``, ``GET`` of the same path for the
status and, with ``/metadata``, for the signatures; ``GET /monitoring/prometheus/metrics``. Errors are
``{"error": message}``. Whatever else lies under ``/v1/`` is 400 "Malformed request: METHOD PATH", and outside
of it everything is 404. Requests run in a pool of threads, so that a long one delays no other.

A body larger than the limit is answered 413. (TensorFlow Serving has no limit here, and runs out of memory.)
"""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import Executor
from urllib.parse import unquote

from google.protobuf import json_format
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, model_pb2

from .api import Api
from .metrics import Metrics
from .status import as_serving_error, invalid

METRICS_PATH = "/monitoring/prometheus/metrics"
_MODEL = r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_POST = re.compile(_MODEL + r":(?P<verb>classify|regress|predict)", re.IGNORECASE)
_GET = re.compile(_MODEL + r"(?P<metadata>/metadata)?", re.IGNORECASE)


class RestApp:
    """The ASGI application.

    Args:
        api: the verbs.
        metrics: what the metrics page shows.
        executor: where requests run.
        max_body_bytes: the largest body accepted.
    """

    def __init__(self, api: Api, metrics: Metrics, executor: Executor, max_body_bytes: int):
        self._api = api
        self._metrics = metrics
        self._executor = executor
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope, receive, send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            response = await self._respond(Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("latin-1")
        if path == METRICS_PATH:
            return Response(self._metrics.text(), media_type="text/plain")
        if not path.lower().startswith("/v1/"):
            return _error(404, f"Not Found: {request.method} {path}")
        body = await self._body(request)
        if body is None:
            response = _error(413, f"The body is too large. Expected: at most {self._max_body_bytes} bytes")
            response.headers["connection"] = "close"  # what is still being sent is not read
            return response
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(self._executor, self._answer, request.method, path, body)
        except Exception as error:
            failure = as_serving_error(error)
            return _error(failure.code.http, failure.message)
        return Response(answer, media_type="application/json")

    async def _body(self, request: Request) -> bytes | None:
        """The body, or None where it is too large.

        As much again is read and thrown away, since most clients read an answer only after they have sent
        everything; beyond that the connection is closed on them.
        """
        pieces: list[bytes] = []
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size <= self._max_body_bytes:
                pieces.append(piece)
            else:
                pieces.clear()
            if size > 2 * self._max_body_bytes:
                return None
        return b"".join(pieces) if size <= self._max_body_bytes else None

    def _answer(self, method: str, path: str, body: bytes) -> bytes:
        if method == "POST" and (match := _POST.fullmatch(path)):
            verb, spec = match["verb"].lower(), _spec(match)
            with self._api.counted(spec.name, verb, "REST"):
                return getattr(self._api, f"{verb}_json")(spec, body)
        if method == "GET" and (match := _GET.fullmatch(path)):
            return self._metadata(_spec(match)) if match["metadata"] else self._status(_spec(match))
        if method == "GET" and re.fullmatch("/v1/models/?", path, re.IGNORECASE):
            raise invalid("Missing model name in request.")
        raise invalid(f"Malformed request: {method} {path}")

    def _status(self, spec: model_pb2.ModelSpec) -> bytes:
        return _json(self._api.status(get_model_status_pb2.GetModelStatusRequest(model_spec=spec)))

    def _metadata(self, spec: model_pb2.ModelSpec) -> bytes:
        request = get_model_metadata_pb2.GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
        response = self._api.metadata(request)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        response.metadata["signature_def"].Unpack(signatures)
        return b'{"model_spec":%b,"metadata":{"signature_def":%b}}' % (
            _json(response.model_spec),
            _json(signatures),
        )


def _spec(match: re.Match) -> model_pb2.ModelSpec:
    """The ``ModelSpec`` that a path names."""
    spec = model_pb2.ModelSpec(name=unquote(match["name"]))
    if match["version"]:
        version = int(match["version"]) if len(match["version"]) < 20 else 2**63
        if version >= 2**63:
            raise invalid(f"Failed to convert version: {match['version'][:64]} to numeric.")
        spec.version.value = version
    if match["label"]:
        spec.version_label = unquote(match["label"])
    return spec


def _json(message) -> bytes:
    """A message as TensorFlow Serving prints it: unset fields too, 64-bit integers as strings."""
    text = json_format.MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=1
    )
    return text.encode("utf-8")


def _error(status: int, message: str) -> Response:
    return Response(json.dumps({"error": message}), status, media_type="application/json")
