"""`unizoo serve`: the embedded server, until it is interrupted."""

import click

from .shell import WithTensorFlow


@click.command("serve", cls=WithTensorFlow)
@click.argument("directory", type=click.Path(exists=True, file_okay=False))
@click.option("--port", default=8501, show_default=True, type=click.IntRange(0, 65535), help="REST; 0 for a free one.")
@click.option("--grpc-port", default=8500, show_default=True, type=click.IntRange(0, 65535), help="0 for a free one.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--name", help="The model's name.  [default: the folder's]")
def command(directory, port, grpc_port, host, name):
    """Serve the newest version in DIRECTORY, until interrupted.

    It speaks TensorFlow Serving's REST and gRPC, and takes up new versions as they are published.
    """
    import signal

    from ..export import serve

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what stops a container stops it as Control-C does
    with serve(directory, port=port, grpc_port=grpc_port, host=host, name=name) as server:
        click.echo(f"REST http://{host}:{server.rest_port}/v1/models/..., gRPC {host}:{server.grpc_port}", err=True)
        try:
            server.wait()
        except KeyboardInterrupt:
            click.echo("stopping: finishing the requests under way", err=True)
