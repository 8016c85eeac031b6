"""Train: repeat a preset's recipe, train a model from scratch, fine-tune a preset; the result is a preset."""

import warnings
from pathlib import Path

from .. import data
from ..zoo.classifier import Classifier
from ..zoo.hub.models import MODELS
from ..zoo.hub.presets import check_replaceable, nearest, read_metadata
from ..zoo.hub.recipes import RECIPES, Recipe, Stage
from ..zoo.hub.registry import from_preset, make_model
from .finish import finish
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
    if made.num_classes is not None:
        if images.num_classes is None:
            raise ValueError(
                f"{type(made).__name__} needs labelled images: a sub-folder for each class, or y_train in a .npz file. "
                f"Received: {dataset!r}, which has no labels"
            )
        if images.labels.min() < 0 and not made.missing_labels:
            raise ValueError(
                f"{type(made).__name__} needs a label of every image; the semi-supervised models, svae and aasvae, do "
                f"not. Received: {dataset!r}, in which labels are missing"
            )
        if unseen := sorted(set(range(images.num_classes)) - set(images.labels.tolist())):
            warnings.warn(
                f"No training image is of the classes {', '.join(map(str, unseen))}, of which the model will know "
                f"nothing; labels count from 0. Received: {dataset!r}, with {images.num_classes} classes",
                stacklevel=2,
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
        config={key: one for key, one in model.get_config().items() if key not in ("seed", "name") and one is not None},
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
    if isinstance(model, Classifier):
        return {"monitor": "val_accuracy", "mode": "max"}
    if "bound" in model.term_names:
        return {"monitor": "val_bound", "mode": "max"}
    return {"monitor": "val_loss" if len(model.phases) == 1 else None, "mode": "min"}
