"""The `unizoo` command: a file a verb, which is imported when it is called; every verb is one call of the library."""

import click

from .. import __version__
from .shell import Verbs


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="unizoo")
@click.option(
    "--import",
    "modules",
    multiple=True,
    metavar="MODULE",
    help="Import a module, or a .py file, that defines a model of your own.",
)
def main(modules):
    """A zoo of deep generative models in which GANs and VAEs are one family.

    Start with `unizoo demo` (the main job, end to end, no network) or `unizoo list`.
    Set UNIZOO_TRACEBACK=1 to see where an error came from, and what TensorFlow logs.
    """
    del modules  # WithTensorFlow imports them, once TensorFlow has started
