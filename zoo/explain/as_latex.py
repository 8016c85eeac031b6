"""Explanations and tables as LaTeX, for a document with amsmath, amssymb and array."""

from ..theory.rendering import latex_clauses, short_latex
from . import explanation
from .as_text import times
from .overview import CLOSING_ROWS, in_tables, table_columns, table_rows

PREAMBLE = r"% The preamble needs \usepackage{amsmath,amssymb,array}."
_ESCAPES = {
    **{character: rf"\{character}" for character in "{}%&#$_"},
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def escaped(text):
    """Text with the characters that LaTeX reads as commands made harmless."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def prose(text):
    """A sentence: what is between backquotes is code."""
    parts = text.split("`")
    return "".join(rf"\texttt{{{escaped(part)}}}" if index % 2 else escaped(part) for index, part in enumerate(parts))


def inline(symbol):
    """A symbol of the formulation, or a text."""
    return prose(symbol) if isinstance(symbol, str) else f"${short_latex(symbol)}$"


def _note(note):
    return prose(note) if isinstance(note, str) else "".join(map(inline, note))


def _display(formula):
    return rf"\text{{{prose(formula)}}}" if isinstance(formula, str) else short_latex(formula)


def explanation_latex(model):
    """A model's explanation."""
    view = model.formulation
    lines = [
        PREAMBLE,
        rf"\paragraph{{{escaped(explanation.title(model))}: {prose(explanation.summary(model))}}}",
        rf"Hu et al.\ 2018: {prose(view.equations)}.",
        r"\begin{description}",
        *(rf"\item[{inline(symbol)}] {prose(role)}" for symbol, role in view.parts.items()),
        r"\end{description}",
        "Phases of a training step:",
        r"\begin{enumerate}",
    ]
    for phase in model.phases:
        lines += _phase(model, phase)
    lines += [
        r"\end{enumerate}",
        "Divergence minimised:",
        rf"\[ {_display(view.kl)} \]",
        rf"with $\theta$ {explanation.SLOTS[view.theta_slot]}: {prose(view.behaviour)}.",
        *(rf"\[ {_display(equation)} \]" for equation in view.where),
    ]
    if notes := [*view.notes, *explanation.conventions(model)]:
        lines += [r"\begin{itemize}", *(rf"\item {_note(note)}" for note in notes), r"\end{itemize}"]
    return "\n".join(lines) + "\n"


def _phase(model, phase):
    text = isinstance(phase.formula, str)
    clauses = [_display(phase.formula)] if text else latex_clauses(phase.formula)
    formula = ", \\\\\n".join(f"& {clause}" for clause in clauses)
    networks = ", ".join(rf"\texttt{{{escaped(name)}}}" for name in explanation.networks_of(model, phase))
    logged = explanation.logged_terms(model)[phase.name].values()
    terms = ", ".join(rf"\texttt{{{escaped(name)}}}" for name in logged)
    loss = explanation.loss_of(phase)
    return [
        rf"\item \emph{{{escaped(phase.name)}}}, {times(phase.repeats)}, updates {networks}:",
        r"\begin{align*}",
        formula,
        r"\end{align*}",
        f"It logs {terms}." + (f" The loss is {loss}." if loss else ""),
    ]


def table(models):
    """The paper's Table 1 with a column for each model, four abreast."""
    return "\n".join([PREAMBLE, *map(_table, in_tables(models))])


def _table(models):
    columns = table_columns(models)
    share = 0.7 / len(columns)
    lines = [
        r"\begingroup\small\noindent",
        r"\begin{tabular}{@{}l*{"
        + str(len(columns))
        + rf"}}{{>{{\raggedright\arraybackslash}}p{{{share:.3f}\textwidth}}}}@{{}}}}",
        r"\hline",
        " & ".join(["", *(escaped(name) for name in columns)]) + r" \\",
        r"\hline",
    ]
    for row in table_rows(columns):
        name = row if row in CLOSING_ROWS else inline(row)
        cells = ["; ".join(_cell(*part) for part in cells.get(row, [("", "--")])) for cells in columns.values()]
        lines.append(" & ".join([name, *cells]) + r" \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}", r"\par\endgroup", ""])


def _cell(symbol, text):
    return ": ".join(inline(part) for part in (symbol, text) if part != "")
