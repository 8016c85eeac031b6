"""Progress on standard error: lines, a bar, or nothing."""

from types import SimpleNamespace

import pytest
from unizoo.cli import progress
from unizoo.cli.progress import Bar, Lines, Silence, shown_progress


def work(report):
    """Three images of work, then a note."""
    for done in range(4):
        report("likelihood", done, 3)
    report.note("saved [here]")


def test_lines_say_when_a_stage_begins_and_how_much_time_is_left(capsys, monkeypatch):
    clock = iter([0.0, progress.EVERY / 2, progress.EVERY, progress.EVERY + 1])
    # In this module alone: event loops of other threads read the clock too, and would sleep by it.
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    work(Lines())
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["likelihood: 0 of 3", "likelihood: 2 of 3, 10 s left", "saved [here]"]


def test_nothing_is_shown_where_nothing_is_wanted(capsys):
    with shown_progress(quiet=True) as report:
        work(report)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("terminal", "kind"), [(True, Bar), (False, Lines)])
def test_a_terminal_has_a_bar(terminal, kind, capsys, monkeypatch):
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: terminal)
    with shown_progress() as report:
        assert type(report) is kind
        work(report)
    out, err = capsys.readouterr()
    assert out == ""
    assert "saved [here]" in err


def test_work_goes_on_where_nobody_reads_the_notes(monkeypatch):
    def closed(*arguments, **options):
        raise BrokenPipeError

    monkeypatch.setattr(progress.click, "echo", closed)
    work(Lines())
    assert Silence().note("") is None
