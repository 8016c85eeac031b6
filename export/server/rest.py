"""REST as TensorFlow Serving routes it, over HTTP.

`POST /v1/models/NAME[/versions/N|/labels/L]:(predict|classify|regress)`, `GET` of the same path for the
status and, with `/metadata`, for the signatures; `GET /monitoring/prometheus/metrics`. Errors are
`{"error": message}`. Whatever else lies under `/v1/` is 400 "Malformed request: METHOD PATH", and outside
of it everything is 404. Requests run in a pool of threads, so that a long one delays no other.

A body larger than the limit is answered 413. (TensorFlow Serving has no limit here, and runs out of memory.)
"""

import asyncio
import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import uvicorn
from google.protobuf import json_format
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, model_pb2

from .api import MAX_CONNECTIONS
from .status import Code, as_serving_error, invalid

_METRICS_PATH = "/monitoring/prometheus/metrics"
_MODEL = r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_POST = re.compile(_MODEL + r":(?P<verb>classify|regress|predict)", re.IGNORECASE)
_GET = re.compile(_MODEL + r"(?P<metadata>/metadata)?", re.IGNORECASE)
_HTTP_STATUS = {  # of the others: 500
    Code.CANCELLED: 499,
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}


def listen(host, port):
    """A listening socket: connections wait in its queue even before the event loop runs.

    Raises:
        OSError: the port is taken.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=MAX_CONNECTIONS)
    except OSError as error:
        raise OSError(
            error.errno, f"REST cannot listen there: {error.strerror}. Received: host={host}, port={port}"
        ) from error
    # Connections inherit it. Without it an answer's body waits 40 ms for the client to acknowledge its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class RestServer:
    """The ASGI application, and uvicorn's event loop for it in a thread of its own.

    Args:
        listener: the socket, from `listen`.
        api: the verbs, an `Api`.
        metrics: what the metrics page shows.
        threads: how many requests run at once.
        max_body_bytes: the largest body accepted.
        grace_seconds: how long `stop` waits for requests under way.
    """

    def __init__(self, listener, api, metrics, threads, max_body_bytes, grace_seconds):
        self._api = api
        self._metrics = metrics
        self._executor = ThreadPoolExecutor(threads, "unizoo-rest")
        self._max_body_bytes = max_body_bytes
        config = uvicorn.Config(
            self._answer_http,
            interface="asgi3",
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=max(1, round(grace_seconds)),
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="unizoo-rest", daemon=True)
        self._thread.start()

    def stop(self):
        """Close the port; connections end with the request they carry."""
        self._server.should_exit = True
        self._thread.join()
        self._executor.shutdown()

    async def _answer_http(self, scope, receive, send):
        try:
            response = await self._respond(Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request):
        path = request.scope["raw_path"].decode("latin-1")
        if path == _METRICS_PATH:
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
            return _error(_HTTP_STATUS.get(failure.code, 500), failure.message)
        return Response(answer, media_type="application/json")

    async def _body(self, request):
        """The body, or None where it is too large.

        As much again is read and thrown away, since most clients read an answer only after they have sent
        everything; beyond that the connection is closed on them.
        """
        pieces = []
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

    def _answer(self, method, path, body):
        if method == "POST" and (match := _POST.fullmatch(path)):
            verb, spec = match["verb"].lower(), _spec(match)
            with self._api.counted(spec.name, verb, "REST"):
                return getattr(self._api, f"{verb}_json")(spec, body)
        if method == "GET" and (match := _GET.fullmatch(path)):
            answer = self._metadata(_spec(match)) if match["metadata"] else self._status(_spec(match))
            return json.dumps(answer, indent=1)
        if method == "GET" and re.fullmatch("/v1/models/?", path, re.IGNORECASE):
            raise invalid("Missing model name in request.")
        raise invalid(f"Malformed request: {method} {path}")

    def _status(self, spec):
        return _plain(self._api.status(get_model_status_pb2.GetModelStatusRequest(model_spec=spec)))

    def _metadata(self, spec):
        fields = ["signature_def"]
        request = get_model_metadata_pb2.GetModelMetadataRequest(model_spec=spec, metadata_field=fields)
        answer = _plain(self._api.metadata(request))
        del answer["metadata"]["signature_def"]["@type"]
        return answer


def _spec(match):
    """The `ModelSpec` that a path names."""
    spec = model_pb2.ModelSpec(name=unquote(match["name"]))
    if match["version"]:
        try:
            spec.version.value = int(match["version"])
        except ValueError:  # no int64, or of more digits than Python reads
            raise invalid(f"Failed to convert version: {match['version'][:64]} to numeric.") from None
    if match["label"]:
        spec.version_label = unquote(match["label"])
    return spec


def _plain(message):
    """A message as the object that TensorFlow Serving prints: unset fields too, 64-bit integers as strings."""
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _error(status, message):
    return Response(json.dumps({"error": message}), status, media_type="application/json")
