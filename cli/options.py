"""What the verbs' options have in common: kinds of values, and how they are refused."""

import json

import click

from ..zoo.hub import presets

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Show no progress and no notes.")


def echo_json(value):
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=1))


class Preset(click.ParamType):
    """A preset's name, folder or hf:// address; what is none on this machine is refused before TensorFlow starts."""

    name = "preset"

    def convert(self, value, param, context):
        """The text itself."""
        if not value.startswith("hf://"):
            presets.preset_folder(value)
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


class ImageSize(click.ParamType):
    """The size of images in pixels: HEIGHTxWIDTH, or one number for both."""

    name = "hxw"
    least = 4

    def convert(self, value, param, context):
        """The pair (height, width)."""
        parts = value.lower().split("x") if isinstance(value, str) else value
        sides = [int(part) for part in parts if str(part).isdecimal()]
        if len(sides) != len(parts) or len(sides) not in (1, 2) or min(sides) < self.least:
            self.fail(
                f"A size is N or HxW (height, width), in pixels, {self.least} at least. Received: {value!r}",
                param,
                context,
            )
        return (sides[0], sides[-1])


class NumberOrShare(click.ParamType):
    """A number of examples, 1 or more, or a share of them, between 0 and 1."""

    name = "number"

    def convert(self, value, param, context):
        """An int, or a float below 1."""
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not (0 < number < 1 or (number >= 1 and number.is_integer())):
            self.fail(
                f"This is a number of images, 1 or more, or a share of them, between 0 and 1. Received: {value!r}",
                param,
                context,
            )
        return number if number < 1 else int(number)


class Setting(click.ParamType):
    """KEY=VALUE, the value as JSON or else text."""

    name = "key=value"

    def convert(self, value, param, context):
        """The pair (key, value)."""
        if isinstance(value, tuple):
            return value
        key, equals, text = value.partition("=")
        if not equals:
            self.fail(f"--set takes KEY=VALUE. Received: {value!r}", param, context)
        try:
            return key, json.loads(text)
        except json.JSONDecodeError:
            return key, text


def class_number(text, names):
    """A class's number, given that or, where the classes have names, its name."""
    if text in (names or ()):
        return names.index(text)
    if text.isdecimal():
        return int(text)
    known = f"or one of the names {', '.join(names)}" if names else "for the classes have no names"
    raise click.UsageError(f"--label is a class's number, {known}. Received: {text!r}")


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
