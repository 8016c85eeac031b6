"""The theory, checked by machine: what is printed of every phase is what trains it; the identities of Hu et al. 2018.

    from unizoo.zoo.verification import report, verify

    print(report(verify("gan")))                # or verify() for all

Of every phase, the gradient of its printed line is held against that of the model's own loss, in a toy (`toys`). Of
the identities, distributions are tables over a few values, or normal ones integrated by quadrature, so that
expectations are sums and both sides agree to rounding.
"""

import json
import math

from ...hub.models import MODELS
from ...hub.registry import list_models, make_model
from ..explanation import generative_model
from . import divergences, helmholtz, likelihoods, weights
from .identity import Identity, Verdict
from .phases import printed_lines
from .toys import TOYS

__all__ = ["IDENTITIES", "Identity", "Verdict", "report", "verify", "verify_family"]

IDENTITIES = (*divergences.IDENTITIES, *likelihoods.IDENTITIES, *helmholtz.IDENTITIES, *weights.IDENTITIES)


def verify(model=None):
    """Check in numbers what is printed of a model, and the identities about it.

    Args:
        model: a generative model's name in the registry, a preset's, or a model, which is taken as it is configured.
            None for all registered ones, with their default arguments.

    Returns:
        A list of `Verdict`: of every phase's line, then of the identities, in the paper's order.

    Raises:
        ValueError: for an unknown name, or a model of which nothing can be checked.
    """
    if model is None:
        return [*_lines_of_all(), *(identity.check() for identity in IDENTITIES)]
    verdicts = _of_model(model)
    if not verdicts:
        covered = ", ".join(sorted(TOYS))
        raise ValueError(f"Nothing is known to check of this model, but of {covered}. Received: {model!r}")
    return verdicts


def verify_family(models):
    """Check all that is about some models, then the rest.

    Args:
        models: names, as for `verify`.

    Returns:
        Two lists of `Verdict`: of the models' lines and the identities about them, and of the others.

    Raises:
        ValueError: for an unknown name.
    """
    about = {one.name: one for model in models for one in _of_model(model)}
    others = [*(_lines_of_all() if not models else ()), *(one.check() for one in IDENTITIES if one.name not in about)]
    return list(about.values()), others


def _of_model(model):
    """The verdicts about one model."""
    made = generative_model(model)
    name = model if isinstance(model, str) else made.name
    return [*printed_lines(made, name), *(one.check() for one in IDENTITIES if one.is_about(made))]


def _lines_of_all():
    """The verdicts on the lines of every registered model."""
    return [one for name in list_models() if name in MODELS for one in printed_lines(make_model(name), name)]


def report(verdicts, *, as_json=False):
    """Verdicts as a table.

    Args:
        verdicts: list of `Verdict`.
        as_json: whether to return JSON in place of text: a list of objects; an error that is no number is null.

    Returns:
        The text.
    """
    if as_json:
        return json.dumps([_record(verdict) for verdict in verdicts], indent=1)
    head = ("identity", "stated in", "error", "tolerance", "verdict")
    rows = [
        (one.title, one.stated, f"{one.error:.1e}", f"{one.tolerance:.0e}", "holds" if one.holds else "FAILS")
        for one in verdicts
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join(line.rstrip() for line in (lines[0], "-" * len(lines[0]), *lines[1:]))


def _record(verdict):
    return {
        "name": verdict.name,
        "title": verdict.title,
        "stated": verdict.stated,
        "error": verdict.error if math.isfinite(verdict.error) else None,
        "tolerance": verdict.tolerance,
        "holds": verdict.holds,
    }
