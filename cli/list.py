"""`unizoo list`: which models and presets there are."""

import re

import click

from ..zoo.hub import registry
from ..zoo.hub.models import MODELS
from .options import echo_json, json_option


@click.command("list")
@click.argument("pattern", default="*")
@json_option
def command(pattern, as_json):
    """List the models and the pretrained presets: all, or those whose name has PATTERN in it.

    A PATTERN with wildcards ("*gan") is matched as a shell's.
    """
    wanted = pattern if re.search(r"[*?[]", pattern) else f"*{pattern}*"
    rows = {name: registry.preset_summary(name) for name in registry.list_presets(wanted)}
    models = {name: MODELS[name].summary for name in registry.list_models(wanted)}
    if as_json:
        echo_json({"models": models, "presets": rows})
        return
    if not rows and not models:
        raise click.ClickException(f"Nothing matches. Received: {pattern!r}")
    for title, table in (("Presets", rows), ("Models", models)):
        if table:
            click.secho(title, bold=True)
            width = max(map(len, table))
            for name, text in table.items():
                click.echo(f"  {name:<{width}}  {text}")
