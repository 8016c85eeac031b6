"""`unizoo demo`: the main job, end to end."""

import click

from .shell import WithTensorFlow


@click.command("demo", cls=WithTensorFlow)
@click.option("-o", "--output", default="demo", show_default=True, type=click.Path(file_okay=False))
def command(output):
    """Run the main job end to end, with no network.

    Load, sample, fine-tune, publish, serve, call: under two minutes.
    """
    from ..workflows.demo import demo

    demo(output, report=click.echo)
