"""Train: repeat a preset's recipe, train a model from scratch, fine-tune a preset; the result is a preset."""

import dataclasses
import warnings
from pathlib import Path

import tensorflow as tf

from .. import data
from ..training.strategies import worker_number
from ..zoo.classifier import Classifier
from ..zoo.hub.defaults import default_batch_size, default_config, default_training
from ..zoo.hub.models import MODELS
from ..zoo.hub.presets import check_replaceable, nearest, read_metadata
from ..zoo.hub.recipes import RECIPES, Recipe
from ..zoo.hub.registry import from_preset, make_model
from .finish import finish
from .recipe import run_recipe


def train_preset(name, output, *, directory=None, seed=None, early_stopping=None, **options):
    """Repeat a preset's recipe: train (or resume), measure on the test set, save with its card.

    Args:
        name: a preset's name.
        output: folder to write the preset to.
        directory: folder of the run's checkpoints; default `runs/<name>`, of another seed than the recipe's
            `runs/<name>_seed<seed>`.
        seed: another seed than the recipe's; None for the recipe's.
        early_stopping: as in `Recipe`; None for the recipe's.
        **options: as for `train_model`.

    Returns:
        As of `train_model`.

    Raises:
        ValueError: for a name without a recipe, with the nearest ones.
    """
    if name not in RECIPES:
        known = f"{name} is a model: say what to train it on, --data. " if name in MODELS else ""
        raise ValueError(f"{known}There is no recipe of this name. {nearest(name, RECIPES)} Received: {name!r}")
    changes = {"seed": seed, "early_stopping": early_stopping}
    recipe = dataclasses.replace(RECIPES[name], **{key: one for key, one in changes.items() if one is not None})
    check_replaceable(output)
    run = name if recipe.seed == RECIPES[name].seed else f"{name}_seed{recipe.seed}"
    return _run(name, recipe, directory or Path("runs") / run, output, **options)


def train_model(
    model,
    dataset,
    output,
    *,
    epochs,
    second_dataset=None,
    batch_size=None,
    learning_rate=None,
    binarize=None,
    config=None,
    size=None,
    resize=None,
    channels=None,
    labelled=None,
    validation=None,
    on_error=None,
    seed=0,
    early_stopping=None,
    **options,
):
    """Train a model from scratch on a data set, as a recipe of one stage.

    What is not said is as in the recipe of the model's nearest preset, as far as that transfers: constructor arguments,
    optimizers and the schedule of their learning rate, the batch size; see `zoo.hub.defaults`.

    Args:
        model: a model's name.
        dataset: a data set's name, a `.npz` file or a folder of images; see `data.load`.
        output: folder to write the preset to; the checkpoints go to `<output>.run`.
        epochs: passes over the training data.
        second_dataset: the second domain's, for a model of two domains; brought to the size of the first's images.
        batch_size: examples a step; None for the recipe's.
        learning_rate: of every phase's optimizer at the start; None for the recipe's.
        binarize: None, "dynamic" or "fixed"; a Bernoulli VAE wants "dynamic" for likelihoods in the literature's sense.
        config: constructor arguments of the model, a dict; the image shape is the data's. A `seed` among them is the
            run's.
        size: side of the squares, or (height, width), that the images are scaled to; None leaves images of one size as
            they are.
        resize: how they are brought to that size: "pad", "bilinear", "bicubic" (the default) or "lanczos3".
        channels: 1 (grey) or 3 (colour); None leaves them.
        labelled: share of each class's training images that keep their label, for a semi-supervised model; None for
            all that have one.
        validation: number, or share, of the training images to hold out, which choose the epoch where something
            does; None for a twelfth.
        on_error: "skip" leaves damaged files of a folder out; None refuses a folder with any.
        seed: of the initial weights, the training noise, the order of the data.
        early_stopping: epochs without a better one after which the training ends; None trains all epochs.
        **options: `num_images`, `num_importance_samples` and `evaluate`, as for `finish`; `callbacks`, `tensorboard`,
            `verbose`, `report` and `strategy`, as for `run_recipe`; `progress`, for both.

    Returns:
        The metadata, with the figures of the test split (of the validation split where there is none); None in a
        process that is not the chief of several.

    Raises:
        ValueError: for options that contradict one another, or data that the model cannot learn from.
    """
    check_replaceable(output)
    if resize is not None and size is None:
        raise ValueError(f"`resize` says how images are brought to a `size`. Received: {resize=}, {size=}")
    if size is not None:
        size = (size, size) if isinstance(size, int) else tuple(size)
        resize = resize or "bicubic"
    load = _given(size=size, resize=resize, channels=channels, labelled=labelled, on_error=on_error)
    images = data.load_arrays(dataset, "train", **load)
    config = {"image_shape": images.image_shape, **default_config(model, config or {})}
    seed = config.pop("seed", seed)
    made = make_model(model, **config)
    if made.num_classes is not None:
        _check_labels(made, images, dataset)
        config = {"num_classes": images.num_classes, **config}
    output = Path(output)
    recipe = Recipe(
        model=model,
        config=config,
        data=str(dataset),
        binarize=binarize,
        labels=made.num_classes is not None,
        seed=seed,
        early_stopping=early_stopping,
        **_training(model, made, epochs, learning_rate),
        **_sized(model, made, len(images), dataset, second_dataset, batch_size, validation, load),
    )
    return _run(output.name, recipe, _run_folder(output), output, class_names=images.class_names, **options)


def fine_tune(
    preset,
    dataset,
    output,
    *,
    epochs,
    second_dataset=None,
    batch_size=None,
    learning_rate=None,
    resize=None,
    validation=None,
    on_error=None,
    seed=0,
    early_stopping=None,
    **options,
):
    """Train a preset's model on, on another data set, brought to the size of the model's images.

    Args:
        preset: a preset's name, folder or `hf://owner/name`.
        dataset: a data set's name, a `.npz` file or a folder of images.
        output: folder to write the new preset to; the checkpoints go to `<output>.run`.
        epochs: passes over the training data.
        second_dataset: the second domain's, for a model of two domains.
        batch_size: as for `train_model`.
        learning_rate: as for `train_model`.
        resize: as for `train_model`.
        validation: as for `train_model`.
        on_error: as for `train_model`.
        seed: of the training noise and the order of the data.
        early_stopping: as for `train_model`.
        **options: as for `train_model`.

    Returns:
        As of `train_model`.

    Raises:
        ValueError: for data that the model cannot learn from.
    """
    check_replaceable(output)
    model = from_preset(preset, compile=False)
    metadata = read_metadata(preset)
    output = Path(output)
    load = {**data.fitted_to(model.image_shape), **_given(resize=resize, on_error=on_error)}
    images = data.load_arrays(dataset, "train", **load)
    if model.num_classes is not None and images.num_classes != model.num_classes:
        raise ValueError(
            f"The model knows {model.num_classes} classes, and needs images labelled with as many. "
            f"Received: {dataset!r} with {images.num_classes}"
        )
    recipe = Recipe(
        model=metadata["model"],
        config={key: one for key, one in model.get_config().items() if key not in ("seed", "name") and one is not None},
        data=str(dataset),
        binarize=metadata.get("recipe", {}).get("binarize"),
        labels=model.num_classes is not None,
        seed=seed,
        early_stopping=early_stopping,
        **_training(metadata["model"], model, epochs, learning_rate),
        **_sized(metadata["model"], model, len(images), dataset, second_dataset, batch_size, validation, load),
    )
    return _run(
        output.name, recipe, _run_folder(output), output, start=preset, class_names=images.class_names, **options
    )


def _run(
    name,
    recipe,
    directory,
    output,
    *,
    start=None,
    class_names=None,
    num_images=None,
    num_importance_samples=None,
    evaluate=True,
    progress=None,
    strategy=None,
    **fit,
):
    """Run a recipe, and make a preset of what comes out; the metadata."""
    strategy = strategy or tf.distribute.get_strategy()
    trained, states = run_recipe(recipe, directory, start=start, progress=progress, strategy=strategy, **fit)
    if worker_number(strategy):
        return None
    return finish(
        name,
        trained,
        recipe,
        states,
        output,
        fine_tuned_from=None if start is None else str(start),
        class_names=class_names,
        num_images=num_images,
        num_importance_samples=num_importance_samples,
        evaluate=evaluate,
        progress=progress,
    )


def _run_folder(output):
    return output.with_name(output.name + ".run")


def _given(**options):
    """The options that are not None."""
    return {key: one for key, one in options.items() if one is not None}


def _check_labels(model, images, dataset):
    """Refuse data whose labels are not what a model needs; warn of classes without an image."""
    if images.num_classes is None:
        raise ValueError(
            f"{type(model).__name__} needs labelled images: a sub-folder for each class, or y_train in a .npz file. "
            f"Received: {dataset!r}, which has no labels"
        )
    if images.labels.min() < 0 and not model.missing_labels:
        raise ValueError(
            f"{type(model).__name__} needs a label of every image; the semi-supervised models, svae and aasvae, do "
            f"not. Received: {dataset!r}, in which labels are missing"
        )
    if unseen := sorted(set(range(images.num_classes)) - set(images.labels.tolist())):
        warnings.warn(
            f"No training image is of the classes {', '.join(map(str, unseen))}, of which the model will know "
            f"nothing; labels count from 0. Received: {dataset!r}, with {images.num_classes} classes",
            stacklevel=3,
        )


def _training(name, model, epochs, learning_rate):
    """The optimizers, the one stage, and what chooses the best epoch: arguments of `Recipe`."""
    return {**_watched(model), **default_training(name, model, epochs, learning_rate)}


def _sized(name, model, number, dataset, second_dataset, batch_size, validation, load):
    """What depends on how many images there are, and of how many domains: arguments of `Recipe`."""
    if model.two_domains != (second_dataset is not None):
        wanted = "two data sets, one for each domain" if model.two_domains else "one data set, without a second"
        raise ValueError(f"{type(model).__name__} is trained on {wanted}. Received: {dataset=}, {second_dataset=}")
    if second_dataset is not None:
        load = {**data.fitted_to(model.image_shape), **load}
        number = min(number, len(data.load_arrays(second_dataset, "train", **load)))
    held_out = max(1, number // 12) if validation is None else validation
    left = number - (held_out if isinstance(held_out, int) else round(held_out * number))
    return {
        "second_data": None if second_dataset is None else str(second_dataset),
        "batch_size": max(1, min(batch_size or default_batch_size(name), left)),
        "validation": held_out,
        "load": load,
    }


def _watched(model):
    """What chooses the best epoch where no recipe says: arguments of `Recipe`.

    A generator's loss is lowest against the weakest discriminator, and says nothing of the images: a model of several
    players without a bound keeps its last epoch.
    """
    if isinstance(model, Classifier):
        return {"monitor": "val_accuracy", "mode": "max"}
    if "bound" in model.term_names:
        return {"monitor": "val_bound", "mode": "max"}
    return {"monitor": "val_loss" if len(model.phases) == 1 else None, "mode": "min"}
