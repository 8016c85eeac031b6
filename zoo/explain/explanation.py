"""A model's place in the unified view of Hu et al. 2018: its parts, its phases, the divergence it minimises.

All that is printed comes from the models' `phases` and `formulation`, so that it says what the code does.
"""

from pathlib import Path

from ..core.base import GenerativeModel
from ..hub import presets
from ..hub.models import MODELS
from ..hub.registry import from_preset, list_models, make_model, model_class, model_name
from ..theory.expressions import Density, Line, StopGradient
from ..theory.rendering import short
from ..theory.transforms import walk

SLOTS = {
    "first": "in its first slot",
    "second": "in its second slot",
    "both": "in both slots",
    "neither": "in either slot alike, for it is symmetric",
}


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
    from . import as_latex, as_text

    model = generative_model(name_or_model)
    return as_latex.explanation_latex(model) if latex else as_text.explanation_text(model)


def explain_table(names=(), *, latex=False):
    """Table 1 of the paper, which part of a model plays which role, with a column for each model.

    Args:
        names: the models, as for `explain`; none for every registered one.
        latex: whether to return LaTeX (for a document with the same packages) in place of text.

    Returns:
        Text of at most 100 columns, or LaTeX, in tables of up to four models; it ends with a line break.
    """
    from . import as_latex, as_text

    return (as_latex if latex else as_text).table([generative_model(name) for name in names or list_models()])


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


def summary(model):
    """One line on what the model is: the registry's, or the first of its docstring."""
    if entry := _entry(model)[1]:
        return entry.summary
    return (type(model).__doc__ or "a generative model").strip().splitlines()[0].rstrip(".")


def title(model):
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


def lines_of(phase):
    """The lines of a phase's formula that are expressions, a tuple; empty of one in plain text."""
    lines = phase.formula if isinstance(phase.formula, tuple) else (phase.formula,)
    return tuple(line for line in lines if isinstance(line, Line))


def loss_of(phase):
    """How a phase's loss follows from its line, in words, where it is not minus the line; "" otherwise."""
    times = {line.times * (-1 if line.direction == "max" else 1) for line in lines_of(phase) if line.times != 1}
    return f"{times.pop():g} times the line" if times else ""


def conventions(model):
    """What the model's lines use of the notation that is not the paper's: a list of sentences.

    Args:
        model: a `GenerativeModel`.
    """
    nodes = [node for phase in model.phases for line in lines_of(phase) for node in walk(line)]
    said = []
    if any(isinstance(node, StopGradient) for node in nodes):
        said.append("sg(...) is held constant: no gradient passes.")
    if fixed := sorted({short(node) for node in nodes if isinstance(node, Density) and node.fixed}):
        said.append(f"Parameters with a 0 are held at what they are before the update: {', '.join(fixed)}.")
    return said
