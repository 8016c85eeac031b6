"""Serving speed: latency of `generate` through the embedded server's REST and gRPC, and of the SavedModel in process.

An untrained model (the weights do not matter to the time) is published into a temporary folder and served on this
machine. One client calls over connections it keeps open, one request at a time; a latency runs from the array of seeds
to the array of images.
"""

import http.client
import json
import tempfile
from pathlib import Path

import common

ROWS = (1, 64)  # of a request


def callers(name, server, folder, client):
    """By name, functions from seeds int64 [n] to images [n, h, w, c]."""
    import numpy as np
    import tensorflow as tf

    signature = tf.saved_model.load(folder).signatures["generate"]
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port)

    def rest(seeds):
        body = {"signature_name": "generate", "inputs": {"seed": seeds.tolist()}}
        connection.request("POST", f"/v1/models/{name}:predict", json.dumps(body))
        response = connection.getresponse()
        answer = json.loads(response.read())
        if response.status != 200:
            raise RuntimeError(f"The server refused the request. Received: {response.status} {answer}")
        return np.array(answer["outputs"], np.float32)

    return {
        "in process": lambda seeds: signature(seed=tf.constant(seeds))["image"].numpy(),
        "gRPC": lambda seeds: client.predict_grpc("generate", seed=seeds)[1]["image"],
        "REST": rest,
    }


def rows_of(model_name, timings, count):
    """The table's rows of one model and one size of request."""
    for name, turns in timings.items():
        milliseconds = [1000.0 * turn.wall_seconds for turn in turns]
        yield {
            "model": model_name,
            "rows": count,
            "call": name,
            "calls": len(turns),
            "p50_ms": common.significant(common.percentile(milliseconds, 0.50), 3),
            "p95_ms": common.significant(common.percentile(milliseconds, 0.95), 3),
        }


def measure(model_name, options):
    """The rows of one model."""
    import numpy as np
    from unizoo import export, zoo
    from unizoo.workflows.client import Client

    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        # `log_prob` is not called here; one sample makes its warm-up short.
        folder = export.publish(zoo.model_class(model_name)(), Path(temporary) / model_name, log_prob_samples=1)
        with (
            export.serve(folder.parent, port=0, grpc_port=0) as server,
            Client(model_name, server.rest_port, server.grpc_port) as client,
        ):
            calls = callers(model_name, server, folder, client)
            for count in ROWS:
                seeds = np.arange(count, dtype=np.int64)
                images = {name: call(seeds) for name, call in calls.items()}
                for name, answer in images.items():
                    np.testing.assert_allclose(answer, images["in process"], atol=1e-5, err_msg=name)
                cases = {
                    name: lambda call=call, seeds=seeds: common.timed(lambda: call(seeds), len(seeds))
                    for name, call in calls.items()
                }
                rows += rows_of(model_name, common.interleave(cases, options.repeats, warmups=5), count)
    return rows


def main(argv=None):
    parser = common.arguments(__doc__, "serving_speed", repeats=300, quick_repeats=20)
    parser.add_argument("--models", nargs="+", default=["iwae", "gan"], help="models' names, as `unizoo list` has them")
    options = common.parse(parser, argv)
    if options.quick:
        options.models = options.models[:1]
    common.limit_threads(0)
    rows = [row for name in options.models for row in measure(name, options)]
    common.report(rows, common.environment("grpcio", "starlette", "uvicorn", "orjson"), options.output)


if __name__ == "__main__":
    main()
