"""The registry: which models and presets there are, and how to get one.

Listing needs neither TensorFlow nor Keras: the names stand in a static table, and a test holds the table equal to the
classes that `register` has seen.
"""

import fnmatch
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import presets


@dataclass(frozen=True)
class ModelEntry:
    """A row of the table of models.

    Attributes:
        module: where the class is, in `unizoo.zoo`.
        class_name: the class.
        summary: one line on what the model is.
        paper: the paper it is from.
        arguments: constructor arguments that make the class this model: labels make a VAE a conditional one.
        generative: whether it generates images.
    """

    module: str
    class_name: str
    summary: str
    paper: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    generative: bool = True


_HU = "Hu, Yang, Salakhutdinov & Xing 2018, On Unifying Deep Generative Models, arXiv 1706.00550"

_LABELS = {"num_classes": 10}

MODELS = {
    "vae": ModelEntry(
        "vae",
        "VAE",
        "variational autoencoder, KL term in closed form",
        "Kingma & Welling 2014, Auto-Encoding Variational Bayes, arXiv 1312.6114",
    ),
    "iwae": ModelEntry(
        "iwae",
        "IWAE",
        "importance weighted autoencoder, one or two stochastic layers",
        "Burda, Grosse & Salakhutdinov 2015, Importance Weighted Autoencoders, arXiv 1509.00519",
    ),
    "gan": ModelEntry(
        "gan",
        "GAN",
        "generative adversarial network, DCGAN's networks",
        "Goodfellow et al. 2014, Generative Adversarial Networks, arXiv 1406.2661",
    ),
    "wgan_gp": ModelEntry(
        "gan",
        "GAN",
        "Wasserstein GAN with a gradient penalty",
        "Gulrajani et al. 2017, Improved Training of Wasserstein GANs, arXiv 1704.00028",
        {
            "adversarial_loss": "wasserstein",
            "gradient_penalty": 10.0,
            "normalization": "layer",
            "discriminator_steps": 5,
        },
    ),
    "sngan": ModelEntry(
        "gan",
        "GAN",
        "GAN with the hinge loss and a spectrally normalised discriminator",
        "Miyato, Kataoka, Koyama & Yoshida 2018, Spectral Normalization for GANs, arXiv 1802.05957",
        {"adversarial_loss": "hinge", "normalization": "spectral"},
    ),
    "iwgan": ModelEntry("iwgan", "IWGAN", "importance weighted GAN: generated samples weigh D / (1 - D)", _HU),
    "cvae": ModelEntry(
        "vae",
        "VAE",
        "conditional variational autoencoder, labels in encoder and decoder",
        "Sohn, Lee & Yan 2015, Learning Structured Output Representation using Deep Conditional Generative Models",
        _LABELS,
    ),
    "cgan": ModelEntry(
        "gan",
        "GAN",
        "conditional GAN, labels in generator and (by projection) discriminator",
        "Mirza & Osindero 2014, Conditional Generative Adversarial Nets, arXiv 1411.1784",
        _LABELS,
    ),
    "iwcgan": ModelEntry("iwgan", "IWGAN", "importance weighted conditional GAN", _HU, _LABELS),
    "wakesleep": ModelEntry(
        "wakesleep",
        "WakeSleep",
        "Helmholtz machine, binary codes, trained by wake and sleep",
        "Hinton, Dayan, Frey & Neal 1995, The Wake-Sleep Algorithm for Unsupervised Neural Networks",
    ),
    "rws": ModelEntry(
        "rws",
        "RWS",
        "Helmholtz machine trained by reweighted wake-sleep",
        "Bornschein & Bengio 2015, Reweighted Wake-Sleep, arXiv 1406.2751",
    ),
    "aavae": ModelEntry(
        "aavae", "AAVAE", "adversary-activated VAE: a discriminator lets generated samples that pass count as data", _HU
    ),
    "aacvae": ModelEntry("aavae", "AAVAE", "adversary-activated conditional VAE", _HU, _LABELS),
    "infogan": ModelEntry(
        "infogan",
        "InfoGAN",
        "GAN with a category and continuous codes, which are recovered from its images",
        "Chen et al. 2016, InfoGAN: Interpretable Representation Learning, arXiv 1606.03657",
    ),
    "aae": ModelEntry(
        "aae",
        "AAE",
        "adversarial autoencoder, whose codes are held to a prior, normal or a mixture by class",
        "Makhzani et al. 2015, Adversarial Autoencoders, arXiv 1511.05644",
    ),
    "ali": ModelEntry(
        "ali",
        "ALI",
        "adversarially learned inference (bidirectional GAN), a GAN of pairs of image and code",
        "Dumoulin et al. 2017, Adversarially Learned Inference, arXiv 1606.00704; Donahue et al. 2017, Adversarial "
        "Feature Learning, arXiv 1605.09782",
    ),
    "pm": ModelEntry(
        "pm",
        "PM",
        "predictability minimisation, a binary code whose units cannot be predicted from one another",
        "Schmidhuber 1992, Learning Factorial Codes by Predictability Minimization, Neural Computation 4(6)",
    ),
    "svae": ModelEntry(
        "svae",
        "SVAE",
        "semi-supervised VAE, whose code has the class in it where the label is missing",
        "Kingma, Rezende, Mohamed & Welling 2014, Semi-Supervised Learning with Deep Generative Models, "
        "arXiv 1406.5298",
        _LABELS,
    ),
    "aasvae": ModelEntry("aasvae", "AASVAE", "adversary-activated semi-supervised VAE", _HU, _LABELS),
    "cyclegan": ModelEntry(
        "cyclegan",
        "CycleGAN",
        "translation between two domains of images without pairs",
        "Zhu, Park, Isola & Efros 2017, Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial "
        "Networks, arXiv 1703.10593",
    ),
    "vaegan": ModelEntry(
        "vaegan",
        "VAEGAN",
        "VAE whose decoder is a GAN's generator, with the discriminator's features or the pixels as likelihood",
        "Larsen, Soenderby, Larochelle & Winther 2016, Autoencoding beyond Pixels Using a Learned Similarity Metric, "
        "arXiv 1512.09300",
    ),
    "ada": ModelEntry(
        "ada",
        "ADA",
        "adversarial domain adaptation: a classifier that serves a second domain without labels",
        "Ganin & Lempitsky 2015, Unsupervised Domain Adaptation by Backpropagation, arXiv 1409.7495",
    ),
    "classifier": ModelEntry(
        "classifier",
        "Classifier",
        "small classifier, by which samples are judged",
        "its use: Salimans et al. 2016, Improved Techniques for Training GANs, arXiv 1606.03498",
        generative=False,
    ),
}
_REGISTERED = {}


def register(cls):
    """Class decorator: enter a model under its class's name in lower case, and make it loadable by Keras."""
    import keras

    _REGISTERED[cls.__name__.lower()] = cls
    return keras.saving.register_keras_serializable(package="unizoo")(cls)


def list_models(pattern="*"):
    """Names of the generative models that match a shell pattern, such as "*gan", sorted; needs no TensorFlow."""
    names = {name for name, entry in MODELS.items() if entry.generative}
    return fnmatch.filter(sorted(names | {n for n in _REGISTERED if n not in MODELS}), pattern)


def list_presets(pattern="*"):
    """Names of the pretrained models that match a shell pattern, such as "*mnist*", sorted; needs no TensorFlow."""
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
        parts.append(f"NLL{given} {one['nll']:.2f} nats ({counts})")
    if "quality" in metrics:
        one = metrics["quality"]
        kept = f", class kept {one['label_accuracy']:.2%}" if "label_accuracy" in one else ""
        parts.append(
            f"IS {one['inception_score']:.2f}, FD {one['frechet_distance']:.2f}{kept} "
            f"({one['num_samples']:,} {presets.judged_images(one)})"
        )
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
        return getattr(importlib.import_module("." + entry.module, __package__), entry.class_name)
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
