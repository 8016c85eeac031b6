"""Every way into every kind of model: what the array of images may be, all may be, and nothing else."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo import make_model

LEVELS = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 1)).astype(np.uint8)
IMAGES = np.float32(LEVELS) / np.float32(255.0)
LABELS = np.arange(9) % 3
DENSE = {"image_shape": (8, 8, 1), "latent_dim": 2, "hidden": (4,)}
MODELS = {
    "vae": DENSE,
    "cvae": {**DENSE, "num_classes": 3},
    "svae": {**DENSE, "num_classes": 3},
    "cgan": {"image_shape": (8, 8, 1), "latent_dim": 2, "filters": 2, "num_classes": 3},
    "cyclegan": {"image_shape": (8, 8, 1), "filters": 1, "blocks": 1},
}


class Batches(keras.utils.PyDataset):
    """Three batches of three, of which Keras looks at two beforehand: (images,) or (images, labels)."""

    def __init__(self, parts, **workers):
        super().__init__(**workers)
        self.parts = parts

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return tf.nest.map_structure(lambda part: part[3 * index : 3 * index + 3], self.parts)


def generator(parts):
    return (Batches(parts)[index % 3] for index in itertools.count())


# What `fit` and the like are given in the place of (images,) or (images, labels), and how many batches that has.
CONTAINERS = {
    "arrays": lambda parts: (parts, {"batch_size": 3}),
    "tensors": lambda parts: (tf.nest.map_structure(tf.constant, parts), {"batch_size": 3}),
    "dataset": lambda parts: ((tf.data.Dataset.from_tensor_slices(parts).batch(3),), {}),
    "PyDataset": lambda parts: ((Batches(parts),), {}),
    "PyDataset of two workers": lambda parts: ((Batches(parts, workers=2),), {}),
    "generator": lambda parts: ((generator(parts),), {"steps": 3}),
}


class Kind:
    """A kind of model, made tiny, and what it is trained with and asked.

    Attributes:
        model: the model, compiled; its updates only note what they are given.
        batches: the batches given to `update`, lists of arrays.
    """

    def __init__(self, name):
        self.model = make_model(name, **MODELS[name])
        self.model.compile(run_eagerly=True)
        self.batches = []
        self.model.update = self._note

    def _note(self, batch, weights=None):
        self.batches.append([part.numpy() for part in tf.nest.flatten([*batch, weights]) if part is not None])
        return self.model.get_metrics_result()

    def learnt(self, given, steps=None, **options):
        """What `fit` trains on."""
        self.batches.clear()
        options |= {} if steps is None else {"steps_per_epoch": steps}
        self.model.fit(*given, shuffle=False, verbose=0, **options)
        return list(self.batches)

    def parts(self, images, labels=LABELS):
        """(images,), (images, labels), or of two domains ((images, images),)."""
        if self.model.two_domains:
            return ((IMAGES[::-1], images),)
        return (images,) if self.model.num_classes is None else (images, labels)

    def question(self, images):
        """What `predict` takes, of one domain."""
        return (images,) if self.model.num_classes is None else (images, LABELS)


@pytest.fixture(scope="module", params=MODELS)
def kind(request):
    return Kind(request.param)


def single(given):
    return given[0] if len(given) == 1 else given


def assert_equal(one, other):
    for a, b in zip(*(tf.nest.flatten(each) for each in (one, other)), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype


def test_images_are_their_floats_in_every_container(kind):
    expected = kind.learnt(kind.parts(IMAGES), batch_size=3)
    assert len(expected) == 3
    measured = kind.model.evaluate(*kind.parts(IMAGES), batch_size=3, verbose=0)
    predicted = kind.model.predict(single(kind.question(IMAGES)), batch_size=3, verbose=0)
    for contain in CONTAINERS.values():
        given, options = contain(kind.parts(LEVELS))
        assert_equal(kind.learnt(given, **options), expected)
        given, options = contain(kind.parts(LEVELS))
        assert kind.model.evaluate(*given, verbose=0, **options) == measured
        given, options = contain(kind.question(LEVELS))
        assert_equal(kind.model.predict(single(given), verbose=0, **options), predicted)


@pytest.mark.parametrize("container", CONTAINERS)
def test_images_of_other_dtypes_are_their_floats(container):
    kind = Kind("vae")
    for images, floats in (
        (LEVELS > 127, LEVELS > 127),
        (np.float64(IMAGES), IMAGES),
        (LEVELS.astype(np.int64), IMAGES),
    ):
        given, options = CONTAINERS[container]((images,))
        assert_equal(kind.learnt(given, **options), kind.learnt((np.float32(floats),), batch_size=3))


def test_images_are_their_floats_in_single_batches(kind):
    results = []
    for images in (IMAGES, LEVELS, tf.constant(IMAGES), tf.constant(LEVELS)):
        kind.batches.clear()
        kind.model.train_on_batch(*kind.parts(images))
        loss = kind.model.test_on_batch(*kind.parts(images))
        results.append([kind.batches[0], np.float32(loss), kind.model.predict_on_batch(single(kind.question(images)))])
    for result in results[1:]:
        assert_equal(result, results[0])


LAST = np.arange(9)[:, None, None, None] == 8
BAD = {
    "255": (np.where(LAST, 255 * IMAGES, IMAGES), "values outside", r"from 0.* to 25\d.*"),
    "NaN": (np.where(LAST, np.float32(np.nan), IMAGES), "not finite", "from nan to nan"),
    "12 bits": (16 * LEVELS.astype(np.int32), "integers outside", "from 0 to 4080"),
    "text": (LEVELS.astype(str), "wrong dtype", "string"),
    "shape": (IMAGES[:, :-1], "wrong shape", "float32"),
    "0 and 1 of 255": (LEVELS // 128, "all but black", "from 0 to 1"),
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize(
    ("kind", "bad"), [(kind, bad) for kind in MODELS for bad in BAD if kind == "vae" or bad == "255"], indirect=["kind"]
)
def test_what_are_no_images_is_refused_in_every_container(kind, container, bad):
    images, message, received = BAD[bad]
    refused = pytest.raises(
        ValueError, match=rf"^The images have .*{message}.*\[n, 8, 8, 1\].*Received: shape=.*{received}$"
    )
    given, options = CONTAINERS[container](kind.parts(images))
    with refused:
        kind.learnt(given, **options)
    given, options = CONTAINERS[container](kind.parts(images))
    with refused:
        kind.model.evaluate(*given, verbose=0, **options)
    given, options = CONTAINERS[container](kind.parts(images))
    with refused:
        kind.learnt(kind.parts(IMAGES), batch_size=9, validation_data=given if "batch_size" in options else given[0])
    given, options = CONTAINERS[container](kind.question(images))
    with refused:
        kind.model.predict(single(given), verbose=0, **options)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("of", [np.asarray, tf.constant], ids=["array", "tensor"])
def test_what_are_no_images_is_refused_in_single_batches_and_by_every_method(kind, of, bad):
    images, message, received = BAD[bad]
    images, model = of(images), kind.model
    labels = {} if model.num_classes is None else {"labels": LABELS}
    asked = {
        "train_on_batch": lambda: model.train_on_batch(*kind.parts(images)),
        "test_on_batch": lambda: model.test_on_batch(*kind.parts(images)),
        "predict_on_batch": lambda: model.predict_on_batch(single(kind.question(images))),
        "call": lambda: model(images, **labels),
        "encode": lambda: model.encode(images, **labels),
        "reconstruct": lambda: model.reconstruct(images, **labels),
        "interpolate": lambda: model.interpolate(images, images, **labels),
        "log_prob": lambda: model.log_prob(images, 2, **labels),
        "discriminate": lambda: model.discriminate(images, **labels),
        "classify": lambda: model.classify(images),
        "translate": lambda: model.translate(images),
    }
    for method, ask in asked.items():
        if hasattr(keras.Model, method) or model.supports(method):
            with pytest.raises(ValueError, match=rf"The images have .*{message}.*Received: shape=.*{received}"):
                ask()


def test_methods_take_what_fit_takes(kind):
    model, labels = kind.model, {} if kind.model.num_classes is None else {"labels": LABELS}
    asked = {
        "encode": lambda images: model.encode(images, **labels).mean(),
        "reconstruct": lambda images: model.reconstruct(images, **labels),
        "interpolate": lambda images: model.interpolate(images, images[::-1], **labels),
        "log_prob": lambda images: model.log_prob(images, 2, seed=0, **labels),
        "discriminate": lambda images: model.discriminate(images, **labels),
        "classify": model.classify,
        "translate": model.translate,
    }
    for method, ask in asked.items():
        if model.supports(method):
            expected = ask(IMAGES)
            for images in (LEVELS, tf.constant(LEVELS), tf.constant(IMAGES), tf.constant(np.float64(IMAGES))):
                assert_equal(ask(images), expected)
            assert_equal(ask(tf.constant(LEVELS > 127)), ask(np.float32(LEVELS > 127)))


def test_a_graph_refuses_images_when_it_runs(kind):
    model, labels = kind.model, {} if kind.model.num_classes is None else {"labels": LABELS}
    method = next(one for one in ("reconstruct", "discriminate") if model.supports(one))
    ask = tf.function(lambda images: getattr(model, method)(images, **labels))
    ask(tf.constant(IMAGES))
    with pytest.raises(tf.errors.InvalidArgumentError, match="The images have values outside"):
        ask(tf.constant(255 * IMAGES))
