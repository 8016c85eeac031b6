"""An embedded server that speaks TensorFlow Serving's protocols.

It serves the folders that TensorFlow Serving serves (`<model>/<version>/saved_model.pb`), over the same
REST paths and the same gRPC services, so that a client written against it works with the real server
unchanged::

    from unizoo.export.server import serve

    with serve("serving/iwae_mnist", port=8501, grpc_port=8500) as server:
        server.wait()

It needs the extra `unizoo[serve]`. TensorFlow is imported when `serve` is called.
"""

from .lifecycle import Server, serve

__all__ = ["Server", "serve"]
