"""What all tests share: the machine's set-up, and the rows of the conformance suite, one a model.

A test that takes the argument `row` runs on every row. A new model adds one row here and gets every conformance test.
"""

import gc
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import unizoo
from unizoo import training
from unizoo.zoo import Batch

# Logical devices must be declared before TensorFlow starts: two, so that tests can run two replicas on any machine.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
tf.config.threading.set_intra_op_parallelism_threads(1)


@dataclass(frozen=True)
class Row:
    """A generative model of the registry, made tiny.

    Attributes:
        name: the row's name, which is that of its tests.
        model: the model's name in the registry.
        arguments: the constructor's arguments.
        methods: the methods of the interface that it answers.
        idle: pattern of the paths of weights that may have no gradient: an output's bias, under a loss of differences.
    """

    name: str
    model: str
    arguments: dict[str, Any]
    methods: frozenset[str]
    idle: str | None = None

    def make(self, **changes):
        """A new model, not compiled."""
        return unizoo.zoo.make_model(self.model, **{**self.arguments, **changes})

    def make_lively(self, **changes):
        """A new model with large weights: a tiny network's initial ones leave its logits all but constant."""
        model, random = self.make(**changes), np.random.default_rng(1)
        for weight in model.trainable_weights:
            weight.assign_add(random.normal(0.0, 0.3, weight.shape))
        for network, average, _ in model.moving_averages:
            average.set_weights(network.get_weights())
        return model

    @property
    def image_shape(self):
        """(height, width, channels)."""
        return tuple(self.arguments["image_shape"])

    def images(self, n, seed=0):
        """Binary images [n, *image_shape], float32."""
        return (np.random.default_rng(seed).random((n, *self.image_shape)) > 0.5).astype(np.float32)

    def labels(self, n):
        """Class labels [n], int32, of a conditional model; None for others."""
        num_classes = self.arguments.get("num_classes")
        return None if num_classes is None else np.arange(n, dtype=np.int32) % num_classes

    def inputs(self, n, seed=0):
        """What a model learns from, the argument `x` of `fit`: images, or of two domains a pair of them."""
        images = self.images(n, seed)
        return (images, self.images(n, seed + 100)) if self.two_domains else images

    @property
    def two_domains(self):
        """Whether the model learns from two domains."""
        return unizoo.zoo.model_class(self.model).two_domains

    def batch(self, n, seed=0):
        """A `Batch` of n examples."""
        return Batch(self.inputs(n, seed), self.labels(n))

    def data(self, n, seed=0):
        """What `fit` and `evaluate` take of n examples: (images,), or (images, labels)."""
        return tuple(part for part in self.batch(n, seed) if part is not None)

    def labelled(self, n):
        """The argument `labels` of a conditional model's methods, in a dict; empty for others."""
        labels = self.labels(n)
        return {} if labels is None else {"labels": labels}

    def noise(self, model, n, seed=0):
        """Noise for `model.update` on n examples: by phase, a list of one structure of tensors for each repeat."""
        return {
            phase.name: [
                phase.noise(n, tf.constant([seed, 10 * index + repeat], tf.int32)) for repeat in range(phase.repeats)
            ]
            for index, phase in enumerate(model.phases)
        }

    def sgd(self, model, learning_rate=0.1):
        """A plain optimizer for each phase, under which an error of scale in the gradients shows."""
        return {phase.name: keras.optimizers.SGD(learning_rate) for phase in model.phases}


_DENSE = {"image_shape": (4, 4, 1), "latent_dim": 3, "hidden": (6,)}
_AUTOENCODER = frozenset(("generate", "encode", "decode", "reconstruct", "interpolate", "log_prob"))
_ADVERSARIAL = frozenset(("generate", "discriminate"))
_TRANSLATOR = frozenset(("translate", "discriminate"))

# 10 x 10 halves twice, to 5 and 3, which is the least that gives the discriminator a batch normalisation.
_DCGAN = {"image_shape": (10, 10, 1), "latent_dim": 3, "filters": 2}

ROWS = (
    Row("vae", "vae", _DENSE, _AUTOENCODER),
    Row("iwae", "iwae", {**_DENSE, "num_samples": 4}, _AUTOENCODER),
    Row(
        "iwae_two_layers",
        "iwae",
        {**_DENSE, "latent_dim": (3, 2), "hidden": ((6,), (5,)), "num_samples": 4},
        _AUTOENCODER,
    ),
    Row("iwae_dreg", "iwae", {**_DENSE, "num_samples": 4, "bound": "dreg"}, _AUTOENCODER),
    Row("iwae_piwae", "iwae", {**_DENSE, "num_samples": 4, "bound": "piwae", "groups": 2}, _AUTOENCODER),
    Row("iwae_vr", "iwae", {**_DENSE, "num_samples": 3, "bound": "vr", "alpha": 0.5}, _AUTOENCODER),
    Row("gan", "gan", _DCGAN, _ADVERSARIAL),
    Row(
        "gan_moving_average",
        "gan",
        {**_DCGAN, "image_shape": (12, 12, 1), "moving_average": 0.9, "discriminator_steps": 2, "instance_noise": 0.1},
        _ADVERSARIAL,
    ),
    Row("cvae", "cvae", {**_DENSE, "num_classes": 3}, _AUTOENCODER),
    Row("cgan", "cgan", {**_DCGAN, "num_classes": 3, "moving_average": 0.9}, _ADVERSARIAL),
    Row("iwcgan", "iwcgan", {**_DCGAN, "num_classes": 2}, _ADVERSARIAL),
    Row("iwgan", "iwgan", {**_DCGAN, "image_shape": (10, 12, 3)}, _ADVERSARIAL),
    # A weak penalty: the tests' large weights have slopes of hundreds.
    Row(
        "wgan_gp",
        "wgan_gp",
        {**_DCGAN, "gradient_penalty": 0.1, "discriminator_steps": 1},
        _ADVERSARIAL,
        idle="discriminator/*dense*/bias",
    ),
    Row("sngan", "sngan", _DCGAN, _ADVERSARIAL, idle="discriminator/*dense*/bias"),
    Row(
        "iwcgan_spectral_r1",
        "iwcgan",
        {**_DCGAN, "num_classes": 2, "adversarial_loss": "reverse_kl", "normalization": "spectral", "r1_penalty": 1.0},
        _ADVERSARIAL,
    ),
    Row("aavae", "aavae", {**_DENSE, "temperature": 2.0}, _AUTOENCODER | {"discriminate"}),
    Row("aacvae", "aacvae", {**_DENSE, "num_classes": 3}, _AUTOENCODER | {"discriminate"}),
    Row("svae", "svae", {**_DENSE, "num_classes": 3}, _AUTOENCODER | {"classify"}),
    Row("aasvae", "aasvae", {**_DENSE, "num_classes": 3}, _AUTOENCODER | {"classify", "discriminate"}),
    Row("vaegan", "vaegan", _DCGAN, _ADVERSARIAL | {"encode", "reconstruct", "interpolate"}),
    Row(
        "vaegan_sum",
        "vaegan",
        {**_DCGAN, "objective": "sum", "gamma": 1.0, "moving_average": 0.9, "instance_noise": 0.1},
        _ADVERSARIAL | _AUTOENCODER,
    ),
    Row("wakesleep", "wakesleep", {"image_shape": (4, 4, 1), "latent_dim": 3}, _AUTOENCODER),
    Row(
        "rws",
        "rws",
        {"image_shape": (4, 4, 1), "latent_dim": (3, 2, 6), "hidden": (7,), "num_samples": 5, "num_classes": 3},
        _AUTOENCODER,
    ),
    Row(
        "infogan",
        "infogan",
        {
            **_DCGAN,
            "num_categories": 3,
            "num_continuous": 1,
            "trunk_units": 6,
            "moving_average": 0.9,
            "instance_noise": 0.1,
        },
        _ADVERSARIAL | {"encode"},
    ),
    Row("aae", "aae", {**_DENSE, "posterior": "normal", "adversary_hidden": (5,)}, _AUTOENCODER),
    Row(
        "aae_mixture",
        "aae",
        {**_DENSE, "posterior": "normal", "adversary_hidden": (5,), "num_classes": 3},
        _AUTOENCODER,
    ),
    Row(
        "ali",
        "ali",
        {**_DCGAN, "moving_average": 0.9, "code_units": (4,), "pair_units": (5,)},
        _ADVERSARIAL | {"encode", "reconstruct", "interpolate"},
    ),
    Row(
        "ada",
        "ada",
        {"image_shape": (10, 10, 1), "num_classes": 3, "num_features": 6, "filters": 2, "hidden": (7,)},
        frozenset(("classify",)),
    ),
    Row("cyclegan", "cyclegan", {"image_shape": (10, 10, 1), "filters": 3, "blocks": 1}, _TRANSLATOR),
    Row("pm", "pm", {**_DENSE, "predictor_units": 4}, _AUTOENCODER),
)


@pytest.fixture(scope="module", autouse=True)
def free_memory():
    """Graphs of models that are gone wait in reference cycles, some gigabytes of them by the end of all tests.

    What TensorFlow keeps for good need not be gone through again.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", params=ROWS, ids=[row.name for row in ROWS])
def row(request):
    """Each row in turn."""
    return request.param


@pytest.fixture(scope="session")
def rows():
    """All rows."""
    return ROWS


@pytest.fixture(scope="session")
def two_replicas():
    """A `MirroredStrategy` on two logical CPUs: the only one, since two in a process mix up their collectives."""
    return training.strategy("mirrored")


@pytest.fixture
def dtype_policy():
    """A function that sets Keras's global dtype policy, which is restored afterwards."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


@pytest.fixture
def untrained(monkeypatch):
    """Lets runs of recipes end at once, with the first weights; they say that they took 90 seconds."""
    from unizoo.workflows import train

    def run(recipe, directory, **options):
        model = unizoo.zoo.make_model(recipe.model, **{**recipe.config, "seed": recipe.seed})
        return model, [{"epoch": 1, "best_epoch": 1, "best": None, "seconds": 90.0}]

    monkeypatch.setattr(train, "run_recipe", run)
