"""Train: repeat a preset's recipe, train a model from scratch, fine-tune a preset; the result is a preset."""

import dataclasses
from pathlib import Path

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from .. import data
from ..evaluation import evaluate
from ..zoo.explain import explain
from ..zoo.presets import check_replaceable, data_names, nearest, preset_names, read_metadata
from ..zoo.recipes import RECIPES, Recipe, Stage
from ..zoo.registry import MODELS, from_preset, make_model, save_to_preset
from .card import SAMPLES, model_card
from .gallery import caption, portrait
from .recipe import run_recipe


def train_preset(name, output, *, directory=None, num_images=None, progress=None, **fit):
    """Repeat a preset's recipe: train (or resume), measure on the test set, save with its card.

    Args:
        name: a preset's name.
        output: folder to write the preset to.
        directory: folder of the run's checkpoints; default `runs/<name>`.
        num_images: how many test images to take the likelihood of; None for all.
        progress: called as `progress(stage, done, total)` while measuring.
        **fit: `callbacks`, `tensorboard` and `verbose`, as for `run_recipe`.

    Returns:
        The metadata, with the figures.

    Raises:
        ValueError: for a name without a recipe, with the nearest ones.
    """
    if name not in RECIPES:
        known = f"{name} is a model: say what to train it on, --data. " if name in MODELS else ""
        raise ValueError(f"{known}There is no recipe of this name. {nearest(name, RECIPES)} Received: {name!r}")
    check_replaceable(output)
    recipe = RECIPES[name]
    model, states = run_recipe(recipe, directory or Path("runs") / name, **fit)
    return finish(name, model, recipe, states, output, num_images=num_images, progress=progress)


def train_model(
    model,
    dataset,
    output,
    *,
    epochs,
    second_dataset=None,
    batch_size=100,
    learning_rate=None,
    binarize=None,
    config=None,
    size=None,
    channels=None,
    labelled=None,
    **fit,
):
    """Train a model from scratch on a data set, as a recipe of one stage with the model's own optimizers.

    Args:
        model: a model's name.
        dataset: a data set's name, a `.npz` file or a folder of images; see `data.load`.
        output: folder to write the preset to; the checkpoints go to `<output>.run`.
        epochs: passes over the training data.
        second_dataset: the second domain's, for a model of two domains; brought to the size of the first's images.
        batch_size: examples a step.
        binarize: None, "dynamic" or "fixed"; a Bernoulli VAE wants "dynamic" for likelihoods in the literature's sense.
        learning_rate: of every phase's optimizer; None for the model's own.
        config: constructor arguments of the model, a dict; the image shape is the data's.
        size: side of the squares that the images are scaled to; None leaves images of one size as they are.
        channels: 1 (grey) or 3 (colour); None leaves them.
        labelled: share of each class's training images that keep their label, for a semi-supervised model; None for
            all that have one.
        **fit: `callbacks`, `tensorboard` and `verbose`, as for `run_recipe`.

    Returns:
        The metadata, with the figures of the test split (of the validation split where there is none).
    """
    check_replaceable(output)
    load = {} if size is None else {"size": (size, size), "resize": "bicubic"}
    load |= {} if channels is None else {"channels": channels}
    load |= {} if labelled is None else {"labelled": labelled}
    images = data.load_arrays(dataset, "train", **load)
    config = {"image_shape": images.image_shape, **(config or {})}
    made = make_model(model, **config)
    if not hasattr(made, "phases"):
        raise ValueError(
            f"What is trained so is a generative model; {type(made).__name__} is none. Received: {model!r}"
        )
    if made.num_classes is not None:
        if images.num_classes is None:
            raise ValueError(
                "A conditional model needs labelled images: a sub-folder for each class, or y_train in a .npz file. "
                f"Received: {dataset!r}, which has no labels"
            )
        if images.labels.min() < 0 and not made.missing_labels:
            raise ValueError(
                f"{type(made).__name__} needs a label of every image; the semi-supervised models, svae and aasvae, do "
                f"not. Received: {dataset!r}, in which labels are missing"
            )
        config = {"num_classes": images.num_classes, **config}
    output = Path(output)
    recipe = Recipe(
        model=model,
        config=config,
        data=str(dataset),
        binarize=binarize,
        labels=made.num_classes is not None,
        optimizers={},
        stages=(Stage(epochs=epochs, learning_rate=learning_rate),),
        **_watched(made),
        **_sized(made, len(images), dataset, second_dataset, batch_size, load),
    )
    trained, states = run_recipe(recipe, output.with_name(output.name + ".run"), **fit)
    return finish(output.name, trained, recipe, states, output, class_names=images.class_names)


def fine_tune(preset, dataset, output, *, epochs, second_dataset=None, batch_size=100, learning_rate=None, **fit):
    """Train a preset's model on, on another data set, brought to the size of the model's images.

    Args:
        preset: a preset's name, folder or `hf://owner/name`.
        dataset: a data set's name, a `.npz` file or a folder of images.
        output: folder to write the new preset to; the checkpoints go to `<output>.run`.
        epochs: passes over the training data.
        second_dataset: the second domain's, for a model of two domains.
        batch_size: examples a step.
        learning_rate: of every phase's optimizer; None for the model's own.
        **fit: `callbacks`, `tensorboard` and `verbose`, as for `run_recipe`.

    Returns:
        The metadata, with the figures of the test split (of the validation split where there is none).
    """
    check_replaceable(output)
    model = from_preset(preset, compile=False)
    metadata = read_metadata(preset)
    output = Path(output)
    load = data.fitted_to(model.image_shape)
    images = data.load_arrays(dataset, "train", **load)
    if model.num_classes is not None and images.num_classes != model.num_classes:
        raise ValueError(
            f"The model knows {model.num_classes} classes, and needs images labelled with as many. "
            f"Received: {dataset!r} with {images.num_classes}"
        )
    recipe = Recipe(
        model=metadata["model"],
        config={key: value for key, value in model.get_config().items() if key != "seed"},
        data=str(dataset),
        binarize=metadata.get("recipe", {}).get("binarize"),
        labels=model.num_classes is not None,
        optimizers={},
        stages=(Stage(epochs=epochs, learning_rate=learning_rate),),
        **_watched(model),
        **_sized(model, len(images), dataset, second_dataset, batch_size, load),
    )
    trained, states = run_recipe(recipe, output.with_name(output.name + ".run"), start=preset, **fit)
    return finish(
        output.name, trained, recipe, states, output, fine_tuned_from=str(preset), class_names=images.class_names
    )


def _sized(model, number, dataset, second_dataset, batch_size, load):
    """What depends on how many images there are, and of how many domains: arguments of `Recipe`."""
    if model.two_domains != (second_dataset is not None):
        wanted = "two data sets, one for each domain" if model.two_domains else "one data set, without a second"
        raise ValueError(f"{type(model).__name__} is trained on {wanted}. Received: {dataset=}, {second_dataset=}")
    if second_dataset is not None:
        load = {**data.fitted_to(model.image_shape), **load}
        number = min(number, len(data.load_arrays(second_dataset, "train", **load)))
    held_out = max(1, number // 12)
    return {
        "second_data": None if second_dataset is None else str(second_dataset),
        "batch_size": min(batch_size, number - held_out),
        "validation": held_out,
        "load": load,
    }


def _watched(model):
    """What chooses the best epoch where no recipe says: arguments of `Recipe`.

    A generator's loss is lowest against the weakest discriminator, and says nothing of the images: a model of several
    players without a bound keeps its last epoch.
    """
    if "bound" in model.term_names:
        return {"monitor": "val_bound", "mode": "max"}
    return {"monitor": "val_loss" if len(model.phases) == 1 else None, "mode": "min"}


def finish(
    name, model, recipe, states, output, *, fine_tuned_from=None, class_names=None, num_images=None, progress=None
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
    return measure(output, num_images=num_images, progress=progress)


def measure(folder, *, num_images=None, progress=None):
    """Measure a preset as it loads from disk, and write the figures into its metadata and card.

    It is measured on the test split, or on the validation split where the data have no test split.

    Args:
        folder: the preset's folder, written by `finish`.
        num_images: how many test images to take the likelihood of; None for all.
        progress: called as `progress(stage, done, total)`.

    Returns:
        The metadata.
    """
    model, metadata = from_preset(folder, compile=False), read_metadata(folder)
    recipe = metadata["recipe"]
    metrics = evaluate(
        model,
        recipe["data"],
        data.evaluation_split(*data_names(recipe)),
        num_images=num_images,
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
