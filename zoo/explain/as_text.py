"""Explanations and tables as plain text of at most 100 columns."""

import textwrap

from ..theory.rendering import short, text_clauses
from . import explanation
from .overview import in_tables, table_columns, table_rows

WIDTH = 100  # columns of a terminal
NO_BREAK = "\N{NO-BREAK SPACE}"
# What belongs together at the end of a line: brackets and what is within them, both sides of "=".
BOUND = (("( ", "("), (" )", ")"), (" =", "="), ("= ", "="))


def plain(symbol):
    """A symbol of the formulation, or a text, in plain text."""
    return symbol if isinstance(symbol, str) else short(symbol)


def said(note):
    """A note, whose formulas are expressions, in plain text."""
    return note if isinstance(note, str) else "".join(map(plain, note))


def wrapped(text, first, then=None):
    """Lines of the terminal's width, not broken inside "KL( " or "y = 0"."""
    then = " " * len(first) if then is None else then
    for pair, mark in BOUND:
        text = text.replace(pair, pair.replace(" ", NO_BREAK) if mark in pair else pair)
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(NO_BREAK, " ") for line in lines]


def explanation_text(model):
    """A model's explanation."""
    view = model.formulation
    title = wrapped(f"{explanation.title(model)}: {explanation.summary(model)}", "", "")
    lines = [*title, "=" * max(len(line) for line in title), *wrapped(f"Hu et al. 2018: {view.equations}", ""), ""]
    lines.append("Parts")
    parts = {plain(symbol): role for symbol, role in view.parts.items()}
    widest = max(map(len, parts))
    for symbol, role in parts.items():
        lines += wrapped(role, f"  {symbol:{widest}}  ")
    lines += ["", "Phases of a training step"]
    for number, phase in enumerate(model.phases, 1):
        lines += _phase(model, phase, number)
    lines += ["", "Divergence minimised", *wrapped(plain(view.kl), "  ", "    ")]
    lines += wrapped(f"theta {explanation.SLOTS[view.theta_slot]}: {view.behaviour}", "  ")
    for equation in view.where:
        lines += wrapped(plain(equation), "  where ", "    ")
    if notes := [*map(said, view.notes), *explanation.conventions(model)]:
        lines += ["", "Notes"]
        for note in notes:
            lines += wrapped(note, "  - ")
    return "\n".join(lines) + "\n"


def _phase(model, phase, number):
    lines, clauses = [f"  {number}. {phase.name}"], text_clauses(phase.formula)
    for clause in clauses:
        lines += wrapped(clause + "," * (clause is not clauses[-1]), "       ", "         ")
    if loss := explanation.loss_of(phase):
        lines += wrapped(loss, "     loss     ")
    lines += wrapped(", ".join(explanation.networks_of(model, phase)), "     updates  ")
    lines += wrapped(times(phase.repeats), "     repeats  ")
    return lines + wrapped(", ".join(explanation.logged_terms(model)[phase.name].values()), "     logs     ")


def times(repeats):
    """How often a phase runs, in words."""
    return "once a step" if repeats == 1 else f"{repeats} times a step"


def table(models):
    """The paper's Table 1 with a column for each model, four abreast."""
    return "\n".join(map(_table, in_tables(models)))


def _table(models):
    columns = table_columns(models)
    rows = table_rows(columns)
    margin = max(len(plain(row)) for row in rows) + 2
    width = (WIDTH - margin) // len(columns) - 2
    head = " " * margin + "  ".join(f"{name:{width}}" for name in columns)
    lines = [head.rstrip(), "-" * WIDTH]
    for row in rows:
        cells = [
            textwrap.wrap(
                "; ".join(_cell(*part) for part in cells.get(row, [("", "-")])), width, break_on_hyphens=False
            )
            for cells in columns.values()
        ]
        for index in range(max(len(cell) for cell in cells)):
            left = plain(row) if index == 0 else ""
            texts = (cell[index] if index < len(cell) else "" for cell in cells)
            lines.append((f"{left:{margin}}" + "  ".join(f"{text:{width}}" for text in texts)).rstrip())
        lines.append("")
    return "\n".join(lines)


def _cell(symbol, text):
    return ": ".join(plain(part) for part in (symbol, text) if part != "")
