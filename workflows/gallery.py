"""The grid of samples that shows a model: in its card, and from `unizoo sample`."""

import numpy as np

from .. import data


def gallery(model, n=64, *, labels=None, seed=None, draw=False, scale=None, padding=2, recipe=None):
    """Samples of a model as one picture; of a model that takes labels with a column for each class (or category).

    A model that translates is given test images of both its data sets instead: see `translations`.

    Args:
        model: a `GenerativeModel`.
        n: how many images; without labels a model that takes them makes as many more as fill the last row.
        labels: int class labels [n], or one for all, for a model that takes them; None for every class in turn.
        seed: int; the same seed gives the same images. None: new ones each time.
        draw: as for `model.sample`.
        scale: as for `data.image_grid`.
        padding: as for `data.image_grid`.
        recipe: the recipe the model was trained by, as a dict, which names a translator's data sets.

    Returns:
        uint8 [height, width, c], as `data.image_grid`.

    Raises:
        ValueError: for a model that generates no images.
    """
    known = hasattr(model, "supports")
    if known and recipe and model.supports("translate") and not model.supports("generate"):
        return translations(model, recipe, min(n, 16), seed=seed)
    if not (known and model.supports("generate")):
        raise ValueError(f"The model generates no images; see its card. Received: {type(model).__name__}")
    columns = None
    if model.sample_classes is not None and labels is None:
        classes = min(model.sample_classes, n)
        columns = classes * max(1, min(8, n) // classes)  # few classes have several columns each
        n = -(-n // columns) * columns
        labels = np.arange(n, dtype=np.int32) % columns * classes // columns
    images = model.sample(n, labels=labels, seed=seed, draw=draw)
    return data.image_grid(images, columns, padding, scale)


def portrait(model, recipe, seed):
    """The picture on a model's card.

    Args:
        model: a `GenerativeModel`.
        recipe: the recipe it was trained by, as a dict; of a model of two domains, its test images are translated.
        seed: int seed of the samples.

    Returns:
        uint8 [height, width, c], as `data.image_grid`; None if the model makes no images.
    """
    if caption(model, seed) is None:
        return None
    return gallery(model, seed=seed, scale=max(2, 56 // model.image_shape[1]), padding=1, recipe=recipe)


def caption(model, seed):
    """What to say of `portrait`: a sentence, or None."""
    if model.supports("generate"):
        return f"Not selected: the first samples of seed {seed}."
    return "Not selected: test images, and their translations below them." if model.supports("translate") else None


def translations(model, recipe, n=16, *, seed=0):
    """Test images of both domains, and what a model makes of them, as one picture.

    Args:
        model: a model with `translate`.
        recipe: the recipe it was trained by, as a dict, which names the data sets.
        n: how many images of each domain, at most.
        seed: int, or None for 0: which images.

    Returns:
        uint8 [height, width, c], as `data.image_grid`: a row of the first domain, its translations below, and so on.
    """
    names = (recipe["data"], recipe["second_data"])
    batches = data.unpaired(*names, "test", batch_size=n, shuffle=True, seed=seed or 0, **recipe["load"])
    ((first, second),) = next(iter(batches))
    rows = {
        names[0]: first,
        f"to {names[1]}": model.translate(first, to="b"),
        names[1]: second,
        f"to {names[0]}": model.translate(second, to="a"),
    }
    return data.labelled_grid(rows, scale=2, padding=1)
