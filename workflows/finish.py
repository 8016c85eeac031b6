"""Finish: what is trained becomes a preset, measured as it is saved, with its picture and its card."""

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from .. import data, evaluation
from ..zoo.classifier import Classifier
from ..zoo.explain import explain
from ..zoo.hub.defaults import DEFAULTS
from ..zoo.hub.models import MODELS
from ..zoo.hub.presets import BUILT_IN, data_names, preset_names, read_metadata, reading_options
from ..zoo.hub.recipes import is_recipe_of
from ..zoo.hub.registry import from_preset, save_to_preset
from .card import SAMPLES, model_card
from .gallery import caption, portrait
from .recipe import labels_used

OWN_IMAGES = 1000  # of one's own data, for a likelihood and beside samples
OWN_SECONDS = 60.0  # for a likelihood of one's own data, where training took no longer


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
    """Measure a trained model, and save it as a preset with its figures, its picture and its card.

    It is measured on the test split, or on the validation split where the data have no test split. A preset that a
    built-in recipe made is measured in full; what was trained on data of one's own, on 1,000 images, with as many
    importance samples as end within the time that the training took, or a minute if that is longer.

    Args:
        name: the preset's name.
        model: the trained model. Of a built-in recipe its weights are rounded to half precision, as they are saved.
        recipe: its `Recipe`.
        states: the stages' states, as `run_recipe` returns them.
        output: folder to write the preset to.
        fine_tuned_from: the preset it started from, if any.
        class_names: of the data set's classes, in the order of their labels, if they have names.
        num_images: how many test images to take the likelihood of, and to compare samples with; None as above.
        num_importance_samples: for each image's likelihood; None as above.
        evaluate: whether to measure it at all.
        progress: called as `progress(stage, done, total)` while measuring.

    Returns:
        The metadata.
    """
    entry = MODELS.get(recipe.model)
    plain = json.loads(json.dumps(dataclasses.asdict(recipe)))
    repeated = is_recipe_of(name, plain)
    metadata = {
        "name": name,
        "recipe": plain,
        "fine_tuned_from": fine_tuned_from,
        **({} if repeated else {"defaults_from": DEFAULTS.get(recipe.model)}),
        **({"class_names": list(class_names)} if class_names and recipe.labels else {}),
        **({"labels": labels_used(recipe)} if recipe.labels and model.missing_labels else {}),
        "seed": recipe.seed,
        "training": [{key: state.get(key) for key in ("epoch", "best_epoch", "best", "seconds")} for state in states],
        "metrics": {},
        "licence": "Apache-2.0" if repeated else None,
        "paper": entry.paper if entry else None,
        "versions": {
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "tensorflow-probability": tfp.__version__,
        },
    }
    if repeated:
        _round_to_half(model)
    if evaluate:
        metadata["metrics"] = evaluation.evaluate(
            model,
            recipe.data,
            data.evaluation_split(*data_names(plain)),
            second_dataset=recipe.second_data,
            baseline=baseline_of(name) if repeated else None,
            validation=recipe.validation,
            load=reading_options(plain),
            seed=recipe.seed,
            progress=progress,
            **_bounds(model, states, repeated, num_images, num_importance_samples),
        )
    _save(model, Path(output), metadata, half=repeated)
    return read_metadata(output)


def _bounds(model, states, repeated, num_images, num_importance_samples):
    """How much is measured: arguments of `evaluate`. A classifier's accuracy costs little, and needs no bound."""
    bounds = {"num_images": num_images, "num_importance_samples": num_importance_samples or 5000}
    if not repeated and num_importance_samples is None:
        bounds["seconds"] = max(OWN_SECONDS, sum(state.get("seconds") or 0.0 for state in states))
    if not repeated and num_images is None and not isinstance(model, Classifier):
        bounds["num_images"] = OWN_IMAGES
    return bounds


def _round_to_half(model):
    """Round a model's float32 weights to half precision, in which a built-in preset's are stored."""
    model.set_weights(
        [one.astype(np.float16).astype(np.float32) if one.dtype == np.float32 else one for one in model.get_weights()]
    )


def baseline_of(name):
    """The preset that was trained like the one of this name, but on the first domain alone; None if there is none."""
    source_only = f"{name}_source_only"
    return from_preset(source_only, compile=False) if source_only in preset_names() else None


def _save(model, folder, metadata, half):
    name = metadata["name"]
    source = name if folder.resolve() == (BUILT_IN / name).resolve() else folder.as_posix()
    picture = portrait(model, metadata["recipe"], metadata["seed"], metadata.get("class_names"))
    save_to_preset(
        model,
        folder,
        metadata,
        card=lambda complete: card_of(model, complete, source),
        half=half,
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
