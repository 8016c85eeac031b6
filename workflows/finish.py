"""Finish: what is trained becomes a preset, measured as it loads from disk, with its picture and its card."""

import dataclasses
from pathlib import Path

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from .. import data, evaluation
from ..zoo.explain import explain
from ..zoo.hub.models import MODELS
from ..zoo.hub.presets import data_names, preset_names, read_metadata
from ..zoo.hub.recipes import RECIPES
from ..zoo.hub.registry import from_preset, save_to_preset
from .card import SAMPLES, model_card
from .gallery import caption, portrait
from .recipe import labels_used


def finish(
    name,
    model,
    recipe,
    states,
    output,
    *,
    fine_tuned_from=None,
    class_names=None,
    num_images=None,
    num_importance_samples=None,
    evaluate=True,
    progress=None,
):
    """Save a trained model as a preset, and measure what was saved.

    Args:
        name: the preset's name.
        model: the trained model.
        recipe: its `Recipe`.
        states: the stages' states, as `run_recipe` returns them.
        output: folder to write the preset to.
        fine_tuned_from: the preset it started from, if any.
        class_names: of the data set's classes, in the order of their labels, if they have names.
        num_images: as for `measure`.
        num_importance_samples: as for `measure`.
        evaluate: whether to measure it at all.
        progress: as for `measure`.

    Returns:
        The metadata.
    """
    entry = MODELS.get(recipe.model)
    metadata = {
        "name": name,
        "recipe": dataclasses.asdict(recipe),
        "fine_tuned_from": fine_tuned_from,
        **({"class_names": list(class_names)} if class_names and recipe.labels else {}),
        **({"labels": labels_used(recipe)} if recipe.labels and model.missing_labels else {}),
        "seed": recipe.seed,
        "training": [{key: state.get(key) for key in ("epoch", "best_epoch", "best", "seconds")} for state in states],
        "metrics": {},
        "licence": "Apache-2.0" if name in RECIPES else None,
        "paper": entry.paper if entry else None,
        "versions": {
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "tensorflow-probability": tfp.__version__,
        },
    }
    _save(model, output, metadata)
    if not evaluate:
        return read_metadata(output)
    return measure(output, num_images=num_images, num_importance_samples=num_importance_samples, progress=progress)


def measure(folder, *, num_images=None, num_importance_samples=None, progress=None):
    """Measure a preset as it loads from disk, and write the figures into its metadata and card.

    It is measured on the test split, or on the validation split where the data have no test split.

    Args:
        folder: the preset's folder, written by `finish`.
        num_images: how many test images to take the likelihood of; None for all.
        num_importance_samples: for each image's likelihood; None for 5,000.
        progress: called as `progress(stage, done, total)`.

    Returns:
        The metadata.
    """
    model, metadata = from_preset(folder, compile=False), read_metadata(folder)
    recipe = metadata["recipe"]
    metrics = evaluation.evaluate(
        model,
        recipe["data"],
        data.evaluation_split(*data_names(recipe)),
        num_images=num_images,
        num_importance_samples=num_importance_samples or 5000,
        second_dataset=recipe.get("second_data"),
        baseline=baseline_of(metadata["name"]),
        validation=recipe["validation"],
        seed=recipe["seed"],
        progress=progress,
    )
    _save(model, folder, {**metadata, "metrics": metrics})
    return read_metadata(folder)


def baseline_of(name):
    """The preset that was trained like the one of this name, but on the first domain alone; None if there is none."""
    source_only = f"{name}_source_only"
    return from_preset(source_only, compile=False) if source_only in preset_names() else None


def _save(model, folder, metadata):
    """Write a preset with its picture and a card that shows it; one that comes with the package in half precision."""
    name = metadata["name"]
    picture = portrait(model, metadata["recipe"], metadata["seed"], metadata.get("class_names"))
    source = name if name in RECIPES else Path(folder).as_posix()
    save_to_preset(
        model,
        folder,
        metadata,
        card=lambda complete: card_of(model, complete, source),
        half=name in RECIPES,
        extra={SAMPLES: data.encode_png(picture)},
    )


def card_of(model, metadata, source):
    """The text of a preset's card.

    Args:
        model: the preset's model.
        metadata: its metadata.
        source: what `from_preset` takes for it.

    Returns:
        Markdown.
    """
    return model_card(
        metadata["name"],
        metadata,
        explain(model) if hasattr(model, "phases") else None,
        caption(model, metadata["recipe"], metadata["seed"]),
        source,
    )
