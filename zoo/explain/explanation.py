"""A model's place in the unified view of Hu et al. 2018, in words: its parts, its phases, the divergence it minimises.

    from unizoo.zoo.explain import explain, explain_table

    print(explain("iwgan"))                     # or a model of your own
    print(explain_table())                      # Table 1 of the paper, with a column for every model of the registry

All that is printed comes from the models' `phases` and `formulation`, so that it says what the code does.
"""

import re
import textwrap
from pathlib import Path

from ..core.base import GenerativeModel
from ..hub import presets
from ..hub.models import MODELS
from ..hub.registry import from_preset, list_models, make_model, model_class, model_name
from ..theory.notation import clauses, escape, inline_math, math_to_latex, prose_to_latex

WIDTH = 100  # columns of a terminal
MODELS_ABREAST = 4  # in a table
NO_BREAK = "\N{NO-BREAK SPACE}"
PREAMBLE = r"% The preamble needs \usepackage{amsmath,amssymb,array}."
SLOTS = {"first": "in its first slot", "second": "in its second slot"}


def explain(name_or_model, *, latex=False):
    """A model's phases and its part in the unified view, in the paper's notation.

    Args:
        name_or_model: a generative model's name in the registry, of which one with default arguments is built; or a
            preset's name or folder, or a model, which is explained as it is configured.
        latex: whether to return a LaTeX fragment (for a document with amsmath, amssymb and array) in place of text.

    Returns:
        Text of at most 100 columns, or LaTeX; it ends with a line break.

    Raises:
        ValueError: for an unknown name (the message has the nearest ones), or a model that generates nothing.
        TypeError: for what is neither a name nor a generative model.
    """
    model = generative_model(name_or_model)
    return (_latex if latex else _text)(model)


def explain_table(names=(), *, latex=False):
    """Table 1 of the paper, which part of a model plays which role, with a column for each model.

    Args:
        names: the models, as for `explain`; none for every registered one.
        latex: whether to return LaTeX (for a document with the same packages) in place of text.

    Returns:
        Text of at most 100 columns, or LaTeX, in tables of up to four models; it ends with a line break.
    """
    models = [generative_model(name) for name in names or list_models()]
    tables = [models[i : i + MODELS_ABREAST] for i in range(0, len(models), MODELS_ABREAST)]
    if latex:
        return "\n".join([PREAMBLE, *(_latex_table(table) for table in tables)])
    return "\n".join(_text_table(table) for table in tables)


def logged_terms(model):
    """What a model's `fit` logs, by phase.

    Args:
        model: a `GenerativeModel`.

    Returns:
        Dict from a phase's name to a dict from "loss" and each of the phase's terms to the name it is logged under.
    """
    names = iter(model.term_names)
    return {phase.name: {term: next(names) for term in ("loss", *phase.terms)} for phase in model.phases}


def generative_model(name_or_model):
    """The model of a name in the registry, of a preset (its name or folder), or the model itself; else an error."""
    if isinstance(name_or_model, GenerativeModel):
        return name_or_model
    if not isinstance(name_or_model, str):
        raise TypeError(f"Expected a model's name or a GenerativeModel. Received: {type(name_or_model).__name__}")
    folder = name_or_model not in MODELS and Path(name_or_model).is_dir()
    preset = folder or name_or_model in presets.preset_names()
    name = presets.read_metadata(name_or_model)["model"] if preset else name_or_model
    if not issubclass(model_class(name), GenerativeModel):
        raise ValueError(
            f"Only generative models have phases and a formulation: {', '.join(list_models())}. "
            f"Received: {name_or_model!r}"
        )
    return from_preset(name_or_model, compile=False) if preset else make_model(name)


def _summary(model):
    """One line on what the model is: the registry's, or the first of its docstring."""
    if entry := _entry(model)[1]:
        return entry.summary
    return (type(model).__doc__ or "a generative model").strip().splitlines()[0].rstrip(".")


def _title(model):
    """What the literature calls the model: its class's name, or its own where labels (say) make it another one."""
    name, entry = _entry(model)
    return name.upper() if entry and entry.arguments else type(model).__name__


def _entry(model):
    """The model's name and row in the registry; None for each of a class that it has not seen."""
    try:
        name = model_name(model)
    except ValueError:
        return None, None
    return name, MODELS.get(name)


def networks_of(model, phase):
    """The names of the attributes that hold a phase's networks, those that `formulation` speaks of: a list."""
    names = []
    for network in phase.networks:
        holders = [name for name, value in vars(model).items() if value is network]
        names.append(holders[-1] if holders else network.name)  # the first may be the constructor's argument
    return names


# Text -----------------------------------------------------------------------------------------------------------------


def _wrap(text, first, then=None):
    """Lines of the terminal's width, not broken inside "KL( " or "y = 0"."""
    then = " " * len(first) if then is None else then
    bound = re.sub(r"(?<=\() | (?=\))|(?<=\b\w) (?== \d)|(?<=\b\w =) (?=\d)", NO_BREAK, text)
    lines = textwrap.wrap(
        bound, WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(NO_BREAK, " ") for line in lines]


def _text(model):
    view = model.formulation
    title = _wrap(f"{_title(model)}: {_summary(model)}", "", "")
    lines = [*title, "=" * max(len(line) for line in title), *_wrap(f"Hu et al. 2018: {view.equations}", ""), ""]
    lines.append("Parts")
    widest = max(len(symbol) for symbol in view.parts)
    for symbol, role in view.parts.items():
        lines += _wrap(role, f"  {symbol:{widest}}  ")
    lines += ["", "Phases of a training step"]
    for number, phase in enumerate(model.phases, 1):
        lines += _text_phase(model, phase, number)
    lines += ["", "Divergence minimised", *_wrap(view.kl, "  ", "    ")]
    lines += _wrap(f"theta {SLOTS[view.theta_slot]}: {view.behaviour}", "  ")
    if view.notes:
        lines += ["", "Notes"]
        for note in view.notes:
            lines += _wrap(note, "  - ")
    return "\n".join(lines) + "\n"


def _text_phase(model, phase, number):
    lines = [f"  {number}. {phase.name}"]
    for clause in clauses(phase.formula):
        lines += _wrap(clause, "       ", "         ")
    lines += _wrap(", ".join(networks_of(model, phase)), "     updates  ")
    lines += _wrap(_times(phase.repeats), "     repeats  ")
    return lines + _wrap(", ".join(logged_terms(model)[phase.name].values()), "     logs     ")


def _times(repeats):
    return "once a step" if repeats == 1 else f"{repeats} times a step"


# LaTeX ----------------------------------------------------------------------------------------------------------------


def _latex(model):
    view = model.formulation
    lines = [
        PREAMBLE,
        rf"\paragraph{{{escape(_title(model))}: {prose_to_latex(_summary(model))}}}",
        rf"Hu et al.\ 2018: {prose_to_latex(view.equations)}.",
        r"\begin{description}",
        *(rf"\item[{inline_math(symbol)}] {prose_to_latex(role)}" for symbol, role in view.parts.items()),
        r"\end{description}",
        "Phases of a training step:",
        r"\begin{enumerate}",
    ]
    for phase in model.phases:
        lines += _latex_phase(model, phase)
    lines += [
        r"\end{enumerate}",
        "Divergence minimised:",
        rf"\[ {math_to_latex(view.kl)} \]",
        rf"with $\theta$ {SLOTS[view.theta_slot]}: {prose_to_latex(view.behaviour)}.",
    ]
    if view.notes:
        lines += [
            r"\begin{itemize}",
            *(rf"\item {prose_to_latex(note)}" for note in view.notes),
            r"\end{itemize}",
        ]
    return "\n".join(lines) + "\n"


def _latex_phase(model, phase):
    formula = " \\\\\n".join(f"& {math_to_latex(clause)}" for clause in clauses(phase.formula))
    networks = ", ".join(rf"\texttt{{{escape(name)}}}" for name in networks_of(model, phase))
    terms = ", ".join(rf"\texttt{{{escape(name)}}}" for name in logged_terms(model)[phase.name].values())
    return [
        rf"\item \emph{{{escape(phase.name)}}}, {_times(phase.repeats)}, updates {networks}:",
        r"\begin{align*}",
        formula,
        r"\end{align*}",
        f"It logs {terms}.",
    ]


# Tables ---------------------------------------------------------------------------------------------------------------

ROLES = {
    "theta": "p_theta(x|y)",
    "phi": "q_phi(y|x)",
    "*": "q_phi(y|x)",
    **dict.fromkeys(("eta", "lambda"), "q_eta(z|x,y)"),
}
CLOSING_ROWS = ("KL minimised", "slot of theta", "so that it", "equations")


def _role(symbol):
    """The row of Table 1 in which a part stands: by its parameters, for models condition on different variables."""
    match = re.match(r"[pq](?:\^r)?_(\w+|\*)", symbol)
    return ROLES.get(match[1], symbol) if match else symbol


def table_columns(models):
    """The table's cells: a dict by model, of dicts by row, of lists of pairs (symbol or "", text)."""
    columns = {}
    for model in models:
        view, cells = model.formulation, {}
        for symbol, role in view.parts.items():
            row = _role(symbol)
            cells.setdefault(row, []).append(("" if symbol == row else symbol, role))
        closing = ((view.kl, ""), ("", view.theta_slot), ("", view.behaviour), ("", view.equations))
        cells.update((row, [cell]) for row, cell in zip(CLOSING_ROWS, closing, strict=True))
        columns[_title(model)] = cells
    return columns


def table_rows(columns):
    """The rows' names: the paper's, those that only some models have, and what closes the table."""
    named = list(dict.fromkeys(["x", "y", "z", *ROLES.values(), *(row for cells in columns.values() for row in cells)]))
    used = [row for row in named if any(row in cells for cells in columns.values())]
    return [*(row for row in used if row not in CLOSING_ROWS), *CLOSING_ROWS]


def _text_table(models):
    columns = table_columns(models)
    margin = max(len(row) for row in table_rows(columns)) + 2
    width = (WIDTH - margin) // len(columns) - 2
    head = " " * margin + "  ".join(f"{name:{width}}" for name in columns)
    lines = [head.rstrip(), "-" * WIDTH]
    for row in table_rows(columns):
        cells = [
            textwrap.wrap(
                "; ".join(_plain(*part) for part in cells.get(row, [("", "-")])), width, break_on_hyphens=False
            )
            for cells in columns.values()
        ]
        for index in range(max(len(cell) for cell in cells)):
            left = row if index == 0 else ""
            texts = (cell[index] if index < len(cell) else "" for cell in cells)
            lines.append((f"{left:{margin}}" + "  ".join(f"{text:{width}}" for text in texts)).rstrip())
        lines.append("")
    return "\n".join(lines)


def _plain(symbol, text):
    return ": ".join(part for part in (symbol, text) if part)


def _latex_table(models):
    columns = table_columns(models)
    share = 0.7 / len(columns)
    lines = [
        r"\begingroup\small\noindent",
        r"\begin{tabular}{@{}l*{"
        + str(len(columns))
        + rf"}}{{>{{\raggedright\arraybackslash}}p{{{share:.3f}\textwidth}}}}@{{}}}}",
        r"\hline",
        " & ".join(["", *(escape(name) for name in columns)]) + r" \\",
        r"\hline",
    ]
    for row in table_rows(columns):
        name = row if row in CLOSING_ROWS else inline_math(row)
        cells = ["; ".join(_typeset(*part) for part in cells.get(row, [("", "--")])) for cells in columns.values()]
        lines.append(" & ".join([name, *cells]) + r" \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}", r"\par\endgroup", ""])


def _typeset(symbol, text):
    parts = (inline_math(symbol) if symbol else "", prose_to_latex(text) if text else "")
    return ": ".join(part for part in parts if part)
