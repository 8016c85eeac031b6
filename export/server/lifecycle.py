"""Starting and stopping the server: both ports over one set of models."""

import importlib
import logging
import threading
from pathlib import Path

_MODULES = ("tensorflow_serving.apis", "grpc", "starlette", "uvicorn", "orjson")

logger = logging.getLogger("unizoo.server")


def serve(
    directory,
    *,
    port=8501,
    grpc_port=8500,
    host="127.0.0.1",
    name=None,
    max_body_bytes=32 * 2**20,
    poll_seconds=1.0,
    threads=8,
    grace_seconds=30.0,
):
    """Serve SavedModels over TensorFlow Serving's REST and gRPC.

    Returns when the models are loaded and warmed up and both ports answer. The folder is polled from then on:
    a version renamed into place is loaded, takes over, and the older one is unloaded once its last request
    has ended.

    There is neither authentication nor encryption, as in TensorFlow Serving: on a `host` other than this
    machine's own, put both ports behind something that has them.

    Args:
        directory: a model's folder (`<version>/saved_model.pb`), or one of several models' folders. A
            folder that is still empty is waited for.
        port: REST's port; 0 picks a free one.
        grpc_port: gRPC's port; 0 picks a free one.
        host: the address to listen on.
        name: the model's name, by default the folder's; only for a folder of one model.
        max_body_bytes: the largest REST body (beyond it: 413) and gRPC message (`RESOURCE_EXHAUSTED`). A
            tensor may take eight times as much once decoded. A gRPC *client* accepts answers of at most 4 MB
            unless its channel has the option `grpc.max_receive_message_length`.
        poll_seconds: how often the folder is looked at.
        threads: how many requests run at once, on each port. More wait their turn; beyond 256 they are
            refused (REST 503, gRPC `RESOURCE_EXHAUSTED`).
        grace_seconds: how long `Server.stop` waits for requests under way.

    Returns:
        The running server, also a context manager that stops it.

    Raises:
        ImportError: a package of the extra `unizoo[serve]` is missing.
        ValueError: an argument is wrong.
        RuntimeError: there are versions, and none of them loads.
        OSError: a port is taken.

    Example:
        with serve("serving/iwae_mnist_k50", port=0, grpc_port=0) as server:
            print(f"http://127.0.0.1:{server.rest_port}/v1/models/iwae_mnist_k50")
            server.wait()
    """
    _require_extra()
    folder = Path(directory).expanduser().resolve()
    if not folder.is_dir():
        raise ValueError(f"directory must be an existing folder. Received: directory={directory}")
    for argument, value in (("max_body_bytes", max_body_bytes), ("poll_seconds", poll_seconds), ("threads", threads)):
        if value <= 0:
            raise ValueError(f"{argument} must be positive. Received: {argument}={value}")

    from .manager import ModelManager
    from .metrics import Metrics

    metrics = Metrics()
    manager = ModelManager(folder, name, metrics, 8 * max_body_bytes)
    try:
        manager.poll()
        _refuse_useless(manager, folder)
        server = Server(manager, metrics, host, port, grpc_port, max_body_bytes, threads, grace_seconds)
    except BaseException:
        manager.close()
        raise
    manager.start(poll_seconds)
    logger.info("serving %s: REST on %s:%d, gRPC on %s:%d", folder, host, server.rest_port, host, server.grpc_port)
    return server


class Server:
    """A running server; `serve` makes one. Leaving its `with` block stops it.

    Attributes:
        rest_port: the port that REST answers on.
        grpc_port: the port that gRPC answers on.
    """

    def __init__(self, manager, metrics, host, port, grpc_port, max_body_bytes, threads, grace_seconds):
        from . import rest, rpc
        from .api import Api

        self._manager = manager
        self._grace = grace_seconds
        self._stopping = threading.Lock()
        self._stopped = threading.Event()
        api = Api(manager, metrics)
        listener = rest.listen(host, port)
        try:
            self._grpc, self.grpc_port = rpc.start(api, host, grpc_port, threads, max_body_bytes)
        except BaseException:
            listener.close()
            raise
        self.rest_port = listener.getsockname()[1]
        self._rest = rest.RestServer(listener, api, metrics, threads, max_body_bytes, grace_seconds)

    @property
    def models(self):
        """The names of the models, in alphabetical order."""
        return self._manager.models

    def wait(self, timeout=None):
        """Block until `stop` is called from another thread; False if `timeout` seconds pass first."""
        return self._stopped.wait(timeout)

    def stop(self):
        """Take no more requests, let those under way end, free the ports and the models. May be repeated."""
        with self._stopping:
            if self._stopped.is_set():
                return
            ended = self._grpc.stop(self._grace)  # refuses new calls at once, and returns
            self._rest.stop()
            ended.wait()
            self._manager.close()
            self._stopped.set()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()


def _refuse_useless(manager, folder):
    """Refuse to start where there are versions and none loads, with the error of the newest."""
    failures = manager.failures()
    if failures and len(failures) == len(manager.models):
        reasons = "; ".join(f"{name}: {reason}" for name, reason in failures.items())
        raise RuntimeError(f"No model could be loaded ({reasons}). Received: directory={folder}")
    if not manager.models:
        logger.warning("no versions found yet in %s: waiting for a folder named by an integer", folder)


def _require_extra():
    for module in _MODULES:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ImportError(
                f"The server needs a package that is not installed. Expected: pip install unizoo[serve]. "
                f"Received: {error}",
                name=error.name,
            ) from error
