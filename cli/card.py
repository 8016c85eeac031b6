"""`unizoo card`: what a preset is, and what it measures."""

import click

from ..zoo.hub import registry
from .options import echo_json


@click.command("card")
@click.argument("preset")
@click.option("--json", "as_json", is_flag=True, help="Print the metadata as JSON.")
def command(preset, as_json):
    """Print the model card of a PRESET (a name, a folder or hf://owner/name)."""
    if as_json:
        echo_json(registry.presets.read_metadata(preset))
    else:
        click.echo(registry.card(preset))
