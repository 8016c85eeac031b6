"""The registry: which models and presets there are, and how to get one.

Listing needs neither TensorFlow nor Keras: the names stand in a static table, and a test holds the table equal to the
classes that `register` has seen.
"""

import fnmatch
import importlib

from . import presets
from .models import MODELS

_REGISTERED = {}


def register(cls):
    """Class decorator: enter a model under its class's name in lower case, and make it loadable by Keras."""
    import keras

    _REGISTERED[cls.__name__.lower()] = cls
    return keras.saving.register_keras_serializable(package="unizoo")(cls)


def list_models(pattern="*"):
    """Names of the generative models that match a shell pattern, such as `*gan`, sorted; needs no TensorFlow."""
    names = {name for name, entry in MODELS.items() if entry.generative}
    return fnmatch.filter(sorted(names | {n for n in _REGISTERED if n not in MODELS}), pattern)


def list_presets(pattern="*"):
    """Names of the pretrained models that match a shell pattern, such as `*mnist*`, sorted; needs no TensorFlow."""
    return fnmatch.filter(presets.preset_names(), pattern)


def preset_summary(preset):
    """One line on a preset: its model, data and main figures with their sample counts; needs no TensorFlow."""
    metadata = presets.read_metadata(preset)
    metrics, parts = metadata.get("metrics", {}), []
    for kind, one in (("", metrics), ("target ", metrics.get("target")), ("cluster ", metrics.get("clusters"))):
        if one and "accuracy" in one:
            parts.append(f"{kind}accuracy {one['accuracy']:.2%} ({one['num_images']:,} images)")
    if "likelihood" in metrics:
        one = metrics["likelihood"]
        given = " given the class" if one.get("given_class") else ""
        counts = f"{one['num_images']:,} images, {one['num_importance_samples']:,} weights each"
        kind = "negative log-density" if one.get("measure") == "density" else "NLL"
        parts.append(f"{kind}{given} {one['nll']:.2f} nats ({counts})")
    if "quality" in metrics:
        one = metrics["quality"]
        kept = f", class kept {one['label_accuracy']:.2%}" if "label_accuracy" in one else ""
        parts.append(
            f"IS {one['inception_score']:.2f}, FD {one['frechet_distance']:.2f}{kept} "
            f"({one['num_samples']:,} {presets.judged_images(one)})"
        )
    if "resemblance" in metrics:
        one = metrics["resemblance"]
        counts = f"{one['num_samples']:,} {presets.judged_images(one)}"
        parts.append(f"FD (random conv features) {one['frechet_distance']:.3f} ({counts})")
    figures = "; ".join(parts) or "not measured"
    names = " and ".join(presets.data_names(metadata.get("recipe", {})))
    return f"{metadata['model']} on {names or 'unknown data'}: {figures}"


def card(preset):
    """The model card of a preset (a name, a folder or `hf://owner/name`): Markdown text; needs no TensorFlow."""
    return presets.read_card(preset)


def from_preset(preset, compile=True):
    """Load a pretrained model.

    Example:
        >>> model = unizoo.from_preset("iwae_mnist_k50")
        >>> model.fit(unizoo.data.load("mnist", binarize="dynamic"), epochs=1, shuffle=False)

    Args:
        preset: a preset's name (`list_presets()`), the path of a folder that `save_to_preset` wrote, or
            `hf://owner/name`.
        compile: whether to compile the model with its default optimizers, so that it can be `fit` at once.

    Returns:
        The model, a `keras.Model`.

    Raises:
        ValueError: for an unknown name (the message has the nearest ones) or damaged weights.
        FileNotFoundError: for a folder that is not a preset.
    """
    config, weights = presets.read_preset(preset)
    model = model_class(config["model"]).from_config(config["config"])
    model.load_weights(weights)
    if compile:
        model.compile()
    return model


def save_to_preset(model, folder, metadata=None, **options):
    """Write a model as a preset that `from_preset` loads.

    Args:
        model: a model whose class `register` has seen.
        folder: path of the folder to write; it must not exist, or be a preset, which is replaced.
        metadata: dict for `metadata.json`; see `presets.write_preset`.
        **options: `card`, `half` and `extra`, as for `presets.write_preset`.

    Returns:
        The folder's `Path`.

    Raises:
        FileExistsError: if the folder exists and is not a preset.
        ValueError: if a weight is not a finite number, or the class is not registered.
    """
    return presets.write_preset(model, model_name(model), folder, metadata, **options)


def model_class(name):
    """The class of a model.

    Args:
        name: a name of the table, or of a class of your own that `register` has seen.

    Raises:
        ValueError: for an unknown name, with the nearest ones.
    """
    if name in MODELS:
        entry = MODELS[name]
        return getattr(importlib.import_module(f"...zoo.{entry.module}", __package__), entry.class_name)
    if name in _REGISTERED:
        return _REGISTERED[name]
    if name in presets.preset_names():
        raise ValueError(
            f"This is a preset, not a model: unizoo.from_preset({name!r}) loads it, unizoo train --from {name} trains "
            f"it on. Received: {name!r}"
        )
    known = [*MODELS, *_REGISTERED]
    raise ValueError(
        f"There is no model of this name. {presets.nearest(str(name), known)} A model of your own is known once the "
        f"module that defines it is imported. Received: {name!r}"
    )


def make_model(name, /, **config):
    """A new model, not compiled.

    Args:
        name: as for `model_class`.
        **config: constructor arguments; those that the table gives for the name need not be repeated.
    """
    return model_class(name)(**{**(MODELS[name].arguments if name in MODELS else {}), **config})


def model_name(model):
    """The name in the registry of what a model is: "cvae" for a `VAE` with labels.

    Raises:
        ValueError: if `register` has not seen the model's class.
    """
    fits = {
        name: len(entry.arguments)
        for name, entry in MODELS.items()
        if entry.class_name == type(model).__name__ and _has(model, entry.arguments)
    }
    for name, registered in _REGISTERED.items():
        if registered is type(model):
            return max(fits, key=fits.get) if fits else name
    raise ValueError(
        f"The class is not registered; decorate it with unizoo.zoo.register. Received: {type(model).__name__}"
    )


def _has(model, arguments):
    """Whether a model was made with these arguments; numbers (of classes, of steps, a weight) may be other ones."""
    return all(
        bool(getattr(model, key)) if type(value) in (int, float) else getattr(model, key) == value
        for key, value in arguments.items()
    )
