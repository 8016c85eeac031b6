"""Progress on standard error: a bar at a terminal, plain lines where there is none, or nothing.

What is yielded is called as the library calls `progress`, with a stage of the work, how much of it is done and how
much there is; its `note` takes a line of text, as `report` does.
"""

import sys
import time
from contextlib import contextmanager, suppress

import click

EVERY = 20.0  # seconds between plain lines on one stage


@contextmanager
def shown_progress(quiet=False):
    """Show the progress of what is done in the `with` block."""
    if quiet:
        yield Silence()
    elif sys.stderr.isatty():
        with Bar() as bar:
            yield bar
    else:
        yield Lines()


class Silence:
    """Shows nothing."""

    def __call__(self, stage, done, total):
        """Show nothing."""

    def note(self, text):
        """Show nothing."""


class Lines:
    """A line when a stage begins, one now and then while it goes on, and the notes."""

    def __init__(self):
        self._stage = None

    def __call__(self, stage, done, total):
        """Say how far a stage is, if that was not said just now."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._begun, self._first, self._said = stage, now, done, now
            self.note(f"{stage}: {done:,} of {total:,}")
        elif now - self._said >= EVERY and done > self._first:
            self._said = now
            left = (now - self._begun) / (done - self._first) * (total - done)
            self.note(f"{stage}: {done:,} of {total:,}, {left:,.0f} s left")

    def note(self, text):
        """Write a line; where nobody reads it, the work goes on all the same."""
        with suppress(BrokenPipeError):
            click.echo(text, err=True)


class Bar:
    """A bar of the stage under way, with the time that is left; notes stay above it."""

    def __init__(self):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=Console(stderr=True), transient=True)
        self._stage = self._task = None

    def __enter__(self):
        self._bars.start()
        return self

    def __exit__(self, *exception):
        self._bars.stop()

    def __call__(self, stage, done, total):
        """Move the bar."""
        if stage != self._stage:
            if self._task is not None:
                self._bars.remove_task(self._task)
            self._stage, self._task = stage, self._bars.add_task(stage, total=total, completed=done)
        self._bars.update(self._task, completed=done, total=total)

    def note(self, text):
        """Write a line above the bar."""
        self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)
