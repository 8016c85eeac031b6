"""What a model is trained by on data of one's own, where nobody says: its nearest preset's recipe, if it transfers.

Importing this module needs no TensorFlow.
"""

import numbers

from .recipes import RECIPES, Stage

# The preset whose recipe a model's defaults come from: the first in `RECIPES` that is of this model.
DEFAULTS = {recipe.model: name for name, recipe in reversed(RECIPES.items())}
_OF_THE_DATA = ("image_shape", "num_classes")


def default_config(model, given):
    """Constructor arguments of a model: those given and, for the others, its nearest preset's.

    What belongs to the preset's data is left out; so are the widths of its layers, if the code given has another number
    of stochastic layers.

    Args:
        model: a model's name.
        given: dict of arguments.

    Returns:
        A dict.
    """
    if model not in DEFAULTS:
        return dict(given)
    config = {key: one for key, one in _recipe(model).config.items() if key not in _OF_THE_DATA}
    if "latent_dim" in given and _is_number(given["latent_dim"]) != _is_number(config.get("latent_dim")):
        config.pop("hidden", None)
    return {**config, **given}


def default_training(name, model, epochs, learning_rate=None):
    """How a model is trained: arguments of a `Recipe`, `optimizers` and `stages`, and `monitor` and `mode` if known.

    The optimizers are those of its nearest preset, and so is the schedule of the learning rate: from the recipe's first
    to its last one along a half cosine. They are the model's own where there is no preset, or it has other phases, and
    under a normal likelihood, whose slopes grow without bound as its scales shrink: for it the rates are too high.
    What chose the preset's best epoch chooses here, unless that was a classifier of its data.

    Args:
        name: the model's name.
        model: the model.
        epochs: passes over the training data.
        learning_rate: to start from in the place of the recipe's, and to fall by as much as that.

    Returns:
        A dict.
    """
    recipe = _recipe(name)
    phases = {phase.name for phase in getattr(model, "phases", ())}  # a classifier has none
    if recipe is None or set(recipe.optimizers) != phases or getattr(model, "likelihood", None) == "normal":
        return {"optimizers": {}, "stages": (Stage(epochs, learning_rate),)}
    stage = Stage(epochs, learning_rate)
    if recipe.optimizers:
        first, last = recipe.stages[0].learning_rate, recipe.stages[-1].final_learning_rate
        rate = first if learning_rate is None else learning_rate
        stage = Stage(epochs, rate, rate * last / first)
    watched = {} if recipe.monitor == "frechet_distance" else {"monitor": recipe.monitor, "mode": recipe.mode}
    return {"optimizers": recipe.optimizers, "stages": (stage,), **watched}


def default_batch_size(model):
    """Examples a step, as for a model's nearest preset; 100 where there is none."""
    return _recipe(model).batch_size if model in DEFAULTS else 100


def _recipe(model):
    return RECIPES.get(DEFAULTS.get(model))


def _is_number(value):
    return isinstance(value, numbers.Integral)
