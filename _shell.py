"""What the commands share: errors in one line, a quiet start of TensorFlow, presets and settings, progress, JSON."""

import importlib.util
import json
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import click

from .zoo.hub import registry

USAGE_ERRORS = (ValueError, TypeError, OSError, NotImplementedError, ImportError, ArithmeticError)


class ErrorsInALine(click.Group):
    """A group whose library errors are shown as one line, with exit code 1, not as a traceback."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except USAGE_ERRORS as error:
            if os.environ.get("UNIZOO_TRACEBACK"):
                raise
            raise click.ClickException(str(error)) from error


class WithTensorFlow(click.Command):
    """A command that starts TensorFlow, once its arguments are found good, without the log lines of the start."""

    def invoke(self, context):
        _start_tensorflow()
        for module in context.find_root().params["modules"]:
            _import_module(module)
        return super().invoke(context)


def _import_module(name):
    """Import a module by its name, or from a .py file."""
    if not name.endswith(".py"):
        importlib.import_module(name)
        return
    if not Path(name).is_file():
        raise click.UsageError(f"--import: there is no such file. Received: {name!r}")
    spec = importlib.util.spec_from_file_location(Path(name).stem, name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)


def _start_tensorflow():
    """Import TensorFlow and let it look for devices; what it logs is shown only if that fails, or if asked for.

    It writes to the file descriptor itself, before any setting of its log level counts.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_logical_devices()
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


class Preset(click.ParamType):
    """A preset's name, folder or hf:// address; what is none on this machine is refused before TensorFlow starts."""

    name = "preset"

    def convert(self, value, param, context):
        """The text itself."""
        if not value.startswith("hf://"):
            registry.presets.preset_folder(value)
        return value


class PngFile(click.Path):
    """A file to write a picture to; another ending than .png is refused before TensorFlow starts."""

    def __init__(self):
        super().__init__(dir_okay=False)

    def convert(self, value, param, context):
        """The path's text."""
        if not str(value).lower().endswith(".png"):
            self.fail(f"Pictures are written as PNG; the path must end in .png. Received: {value!r}", param, context)
        return super().convert(value, param, context)


def class_number(text, names):
    """A class's number, given that or, where the classes have names, its name."""
    if text in (names or ()):
        return names.index(text)
    if text.isdecimal():
        return int(text)
    known = f"or one of the names {', '.join(names)}" if names else "for the classes have no names"
    raise click.UsageError(f"--label is a class's number, {known}. Received: {text!r}")


def echo_json(value):
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=1))


@contextmanager
def progress_bars():
    """A progress bar for stages of work: yields `report(stage, done, total)`."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def report(stage, done, total):
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


def refuse_idle_options(context, what, idle):
    """Refuse options given on the command line that what is done would ignore.

    Args:
        context: the command's `click.Context`.
        what: what is done, for the message.
        idle: names of the parameters that have no say in it.
    """
    given = {
        option.name: option.opts[0]
        for option in context.command.params
        if context.get_parameter_source(option.name) is click.core.ParameterSource.COMMANDLINE
    }
    flags = [flag for name, flag in given.items() if name in idle]
    if flags:
        raise click.UsageError(f"With {what} these options have no effect. Received: {', '.join(flags)}")


def setting(text):
    """The key and the value, JSON or else text, of KEY=VALUE."""
    key, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set takes KEY=VALUE. Received: {text!r}")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
