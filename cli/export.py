"""`unizoo export`: publish a preset for a server."""

import click

from .options import Preset
from .shell import WithTensorFlow


@click.command("export", cls=WithTensorFlow)
@click.argument("preset", type=Preset())
@click.argument("directory", type=click.Path(file_okay=False))
@click.option("--version", type=click.IntRange(1), help="The version's number.  [default: the next]")
@click.option("--log-prob-samples", default=500, show_default=True, type=click.IntRange(1))
def command(preset, directory, version, log_prob_samples):
    """Publish a PRESET as the next version in DIRECTORY.

    `unizoo serve` and TensorFlow Serving take it from there.
    """
    from .. import from_preset
    from ..export import publish

    click.echo(publish(from_preset(preset, compile=False), directory, version, log_prob_samples=log_prob_samples))
