"""Table 1 of the paper, which part of a model plays which role, as columns and rows to be printed."""

from ..theory.expressions import Density, Variable, p, q, x, y, z
from .explanation import title

MODELS_ABREAST = 4  # in a table
_THETA, _PHI, _ETA = p.theta(x | y), q.phi(y | x), q.eta(z | (x, y))
ROLES = {"theta": _THETA, "phi": _PHI, "*": _PHI, "eta": _ETA, "lambda": _ETA}  # by a density's parameters
CLOSING_ROWS = ("KL minimised", "slot of theta", "so that it", "equations")


def in_tables(models):
    """The models in groups that fit side by side, a list of lists."""
    return [models[i : i + MODELS_ABREAST] for i in range(0, len(models), MODELS_ABREAST)]


def _role(symbol):
    """The row of Table 1 in which a part stands: by its parameters, for models condition on different variables."""
    return ROLES.get(symbol.parameter, symbol) if isinstance(symbol, Density) else symbol


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
        columns[title(model)] = cells
    return columns


def table_rows(columns):
    """The rows: the paper's, those that only some models have, and what closes the table."""
    named = list(dict.fromkeys([x, y, z, *ROLES.values(), *(row for cells in columns.values() for row in cells)]))
    used = [row for row in named if any(row in cells for cells in columns.values())]
    variables = [row for row in used if isinstance(row, Variable)]
    others = [row for row in used if row not in (*CLOSING_ROWS, *variables)]
    return [*variables, *others, *CLOSING_ROWS]
