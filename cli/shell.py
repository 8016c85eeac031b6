"""What every verb stands on: verbs found by name, errors in one line, a quiet start of TensorFlow."""

import importlib
import os
import sys
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from ..zoo.hub.presets import nearest

VERBS = ("list", "card", "sample", "train", "evaluate", "export", "serve", "explain", "demo")
USAGE_ERRORS = (ValueError, TypeError, OSError, NotImplementedError, ImportError, ArithmeticError)


class Verbs(click.Group):
    """The group of the verbs, each the `command` of the file of its name."""

    def list_commands(self, context):
        """The verbs, in the order of work."""
        return list(VERBS)

    def get_command(self, context, name):
        """A verb's command; its file is imported now."""
        if name not in VERBS:
            raise click.UsageError(f"There is no such verb. {nearest(name, VERBS)} Received: {name!r}", context)
        return importlib.import_module(f".{name}", __package__).command

    def make_context(self, *arguments, **options):
        """The context; here the group's own `--help` is printed."""
        with ends_in_a_line():
            return super().make_context(*arguments, **options)

    def invoke(self, context):
        """Run the verb."""
        with ends_in_a_line():
            return super().invoke(context)


class Interrupted(click.ClickException):
    """Control-C: a sentence, and the exit code that shells give it."""

    exit_code = 130

    def show(self, file=None):
        """Print the sentence."""
        click.echo(f"\n{self.message}", err=True)


@contextmanager
def ends_in_a_line():
    """Let the library's errors and Control-C end in one line; a reader that has seen enough is no error."""
    try:
        yield
    except BrokenPipeError:
        with suppress(OSError):  # what is still to be flushed goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(0) from None
    except KeyboardInterrupt:
        raise Interrupted("Interrupted.") from None
    except USAGE_ERRORS as error:
        if os.environ.get("UNIZOO_TRACEBACK"):
            raise
        raise click.ClickException(str(error)) from error


class WithTensorFlow(click.Command):
    """A command that starts TensorFlow, once its arguments are found good, without the log lines of the start."""

    def invoke(self, context):
        """Start TensorFlow, import the user's modules, run the command."""
        if os.environ.get("UNIZOO_TRACEBACK"):
            return self._invoke(context)
        _start_tensorflow()
        with _plain_warnings():
            return self._invoke(context)

    def _invoke(self, context):
        for module in context.find_root().params["modules"]:
            _import_module(module)
        return super().invoke(context)


@contextmanager
def _plain_warnings():
    """Write warnings as a line, each text once, without the place in the code."""
    former, said = warnings.showwarning, set()

    def show(message, *place, **options):
        if str(message) not in said:
            said.add(str(message))
            print(f"Warning: {message}", file=sys.stderr)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = former


def _import_module(name):
    """Import a module by its name, or from a .py file."""
    if not name.endswith(".py"):
        importlib.import_module(name)
        return
    if not Path(name).is_file():
        raise click.UsageError(f"--import: there is no such file. Received: {name!r}")
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(Path(name).stem, name)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)


def _start_tensorflow():
    """Import TensorFlow and let it look for devices; what it logs is shown only if that fails.

    It writes to the file descriptor itself, before any setting of its log level counts. Afterwards only its errors are
    logged, and with TF_CPP_MIN_LOG_LEVEL=3 not even these.
    """
    import tempfile

    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3" if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "3" else "2"
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()  # the logical ones would settle how hosts talk to one another
        except Exception:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
