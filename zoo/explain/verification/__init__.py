"""The theory, checked by machine: the identities of Hu et al. 2018, in float64, of the losses that train the models.

    from unizoo.zoo.verification import report, verify

    print(report(verify("gan")))                # or verify() for all

Distributions are tables over a few values, or normal ones integrated by quadrature, so that expectations are sums and
both sides of an identity agree to rounding. What is checked are `unizoo.losses` and the models' own code, against the
right-hand sides, which are written out here.
"""

import json
import math

from ..explanation import generative_model
from . import divergences, helmholtz, likelihoods, weights
from .identity import Identity, Verdict

__all__ = ["IDENTITIES", "Identity", "Verdict", "report", "verify", "verify_family"]

IDENTITIES = (*divergences.IDENTITIES, *likelihoods.IDENTITIES, *helmholtz.IDENTITIES, *weights.IDENTITIES)


def verify(model=None):
    """Check identities numerically.

    Args:
        model: a generative model's name in the registry, a preset's, or a model: the identities that are about it, as
            it is configured. None for all.

    Returns:
        A list of `Verdict`, in the paper's order.

    Raises:
        ValueError: for an unknown name, or a model that no identity is about.
    """
    if model is None:
        return [identity.check() for identity in IDENTITIES]
    made = generative_model(model)
    about = [identity for identity in IDENTITIES if identity.is_about(made)]
    if not about:
        covered = ", ".join(sorted({name for identity in IDENTITIES for name in identity.models}))
        raise ValueError(f"No identity is about this model, but about {covered}. Received: {model!r}")
    return [identity.check() for identity in about]


def verify_family(models):
    """Check all identities, those about some models first.

    Args:
        models: names, as for `verify`; of some no identity may be about.

    Returns:
        Two lists of `Verdict`: of those about the models, and of the others.

    Raises:
        ValueError: for an unknown name.
    """
    made = [generative_model(model) for model in models]
    about = [identity for identity in IDENTITIES if any(identity.is_about(model) for model in made)]
    others = [identity for identity in IDENTITIES if identity not in about]
    return [identity.check() for identity in about], [identity.check() for identity in others]


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
