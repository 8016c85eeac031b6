"""The picture that shows a model: in its card, and from `unizoo sample`."""

import math

import numpy as np

from .. import data
from ..zoo.hub.presets import data_names, reading_options

REACH = 2.0  # of a continuous code in a picture, trained on [-1, 1]: what it sets shows best a little beyond
_CODE_ROWS = 4


def gallery(model, n=64, *, labels=None, seed=None, draw=False, scale=None, padding=2, recipe=None, class_names=None):
    """Samples of a model as one picture; of a model that takes labels with a column for each class (or category).

    A model that makes no images of its own is given test images of its data sets instead: one that translates both
    sets', see `translations`, one that classifies the last one's, see `classified`.

    Args:
        model: a `GenerativeModel`.
        n: how many images; without labels a model that takes them makes as many more as fill the last row.
        labels: int class labels [n], or one for all, for a model that takes them; None for every class in turn.
        seed: int; the same seed gives the same images. None: new ones each time.
        draw: as for `model.sample`.
        scale: as for `data.image_grid`.
        padding: as for `data.image_grid`.
        recipe: the recipe the model was trained by, as a dict, which names the data sets.
        class_names: of the classes, to stand above their columns; None for their numbers.

    Returns:
        uint8 [height, width, c], as `data.image_grid`.

    Raises:
        ValueError: for a model that makes no images of its own, if labels or draws are asked for, or without a recipe.
    """
    if not model.supports("generate"):
        if labels is not None or draw or not recipe:
            raise ValueError(
                f"{type(model).__name__} makes no images of its own: labels and draw must be left out, and a recipe "
                f"name its data sets. Received: {labels=}, {draw=}, {recipe=}"
            )
        show = translations if model.supports("translate") else classified
        return show(model, recipe, n, seed=seed)
    columns = captions = None
    if model.sample_classes is not None and labels is None:
        classes = min(model.sample_classes, n)
        columns, labels = _by_class(n, classes)
        captions = (class_names or [str(number) for number in range(classes)])[:classes]
        n = len(labels)
    images = model.sample(n, labels=labels, seed=seed, draw=draw)
    return data.image_grid(images, columns, padding, scale, captions)


def _by_class(n, classes):
    """Columns, and int32 labels of whole rows of them for n images at least; few classes have several columns each.

    The grid is as near to a square as that allows.
    """
    columns = classes * max(1, round(math.sqrt(n) / classes))
    return columns, np.arange(-(-n // columns) * columns, dtype=np.int32) % columns * classes // columns


def walks(model, n=8, steps=8, *, labels=None, seed=None, scale=None, padding=2):
    """Walks through the latent space of a model as one picture, a row each.

    Args:
        model: a `GenerativeModel` that generates.
        n: how many walks.
        steps: images a row, both ends among them.
        labels: int class labels [n], or one for all, for a model that takes them; None for the classes in turn.
        seed: int; the same seed gives the same walks. None: new ones each time.
        scale: as for `data.image_grid`.
        padding: as for `data.image_grid`.

    Returns:
        uint8 [height, width, c], as `data.image_grid`.

    Raises:
        NotImplementedError: for a model that makes no images of its own.
    """
    if labels is None and model.sample_classes is not None:
        labels = np.arange(n, dtype=np.int32) % model.sample_classes
    images = np.asarray(model.walk(n, steps=steps, seed=seed, labels=labels))
    return data.image_grid(images.reshape(-1, *images.shape[2:]), steps, padding, scale)


def portrait(model, recipe, seed, class_names=None):
    """The picture on a model's card.

    Args:
        model: a `GenerativeModel`.
        recipe: the recipe it was trained by, as a dict.
        seed: int seed of the samples.
        class_names: as for `gallery`.

    Returns:
        uint8 [height, width, c], as `data.image_grid`.
    """
    scale = max(2, 56 // model.image_shape[1])
    if _has_continuous_codes(model):
        return codes(model, seed=seed, scale=scale)
    n = 64 if model.supports("generate") else 160  # rows of 16 test images, of ten classes
    return gallery(model, n, seed=seed, scale=scale, padding=1, recipe=recipe, class_names=class_names)


def caption(model, recipe, seed):
    """What to say of `portrait`: a sentence."""
    if model.supports("generate"):
        first = f"Not selected: the first samples of seed {seed}"
        if _has_continuous_codes(model):
            return (
                f"{first}, a column for each category; below, each continuous code from {-REACH:g} to {REACH:g}, all "
                "else in a row held fixed."
            )
        return f"{first}{'' if model.sample_classes is None else ', classes from left to right'}."
    if model.supports("translate"):
        return "Not selected: test images, and their translations below them."
    return f"Not selected: test images of {data_names(recipe)[-1]}, a row for each class that the model gives them."


def _has_continuous_codes(model):
    return getattr(model, "num_continuous", 0) > 0


def codes(model, *, seed=0, scale=None, padding=1):
    """What the codes of an `InfoGAN` set, as one picture (the paper's Figure 2).

    Args:
        model: an `InfoGAN` with continuous codes.
        seed: int; the same seed gives the same images.
        scale: as for `data.image_grid`.
        padding: as for `data.image_grid`.

    Returns:
        uint8 [height, width, 3], as `data.labelled_grid`: rows of samples with a column for each category, at most 16;
        then, for each continuous code, rows of one category and one draw of the rest, in which that code grows.
    """
    columns, labels = _by_class(_CODE_ROWS * 8, min(model.num_categories, data.MOST_COLUMNS))
    rows = {"categories": model.sample(len(labels), labels=labels, seed=seed)}
    shown = np.arange(_CODE_ROWS, dtype=np.int32) % model.num_categories
    for code in range(model.num_continuous):
        values = np.zeros((columns, model.num_continuous), np.float32)
        values[:, code] = np.linspace(-REACH, REACH, columns)
        # One seed for all: with other codes the same noise.
        line = [model.sample(_CODE_ROWS, labels=shown, continuous=value, seed=seed) for value in values]
        rows[f"code {code + 1}"] = np.concatenate(np.stack(line, axis=1))
    return data.labelled_grid(rows, columns, padding, scale)


def translations(model, recipe, n=16, *, seed=0):
    """Test images of both domains, and what a model makes of them, as one picture.

    Args:
        model: a model with `translate`.
        recipe: the recipe it was trained by, as a dict, which names the data sets.
        n: how many images of each domain; 16 at most.
        seed: int, or None for 0: which images.

    Returns:
        uint8 [height, width, c], as `data.image_grid`: a row of the first domain, its translations below, and so on.
    """
    names = data_names(recipe)
    options = {"batch_size": min(n, 16), "shuffle": True, "seed": seed or 0, **_reading(model, recipe)}
    batches = data.unpaired(*names, data.evaluation_split(*names), **options)
    ((first, second),) = next(iter(batches))
    rows = {
        names[0]: first,
        f"to {names[1]}": model.translate(first, to="b"),
        names[1]: second,
        f"to {names[0]}": model.translate(second, to="a"),
    }
    return data.labelled_grid(rows, scale=2, padding=1)


def classified(model, recipe, n=64, *, seed=0):
    """Test images by the class that a model gives them, as one picture.

    Args:
        model: a model with `classify`.
        recipe: the recipe it was trained by, as a dict; the images are those of the last data set that it names.
        n: how many images at most, as many of each class.
        seed: int, or None for 0: which images.

    Returns:
        uint8 [height, width, c], as `data.labelled_grid`: a row for each class.
    """
    name = data_names(recipe)[-1]
    test = data.load_arrays(name, data.evaluation_split(name), **_reading(model, recipe))
    order = np.random.default_rng(seed or 0).permutation(len(test))[:2000]
    images = data.unit_floats(test.images[order])
    classes = np.argmax(model.classify(images), axis=1)
    names = test.class_names or [str(number) for number in range(model.num_classes)]
    each = max(1, n // model.num_classes)
    rows = {name: images[classes == number][:each] for number, name in enumerate(names)}
    return data.labelled_grid({name: row for name, row in rows.items() if len(row)}, scale=2, padding=1)


def _reading(model, recipe):
    """Options of `data.load` that bring images to a model's size as those it was trained on."""
    return {
        **data.fitted_to(model.image_shape),
        **reading_options(recipe),
        "validation": recipe.get("validation", 0),
    }
