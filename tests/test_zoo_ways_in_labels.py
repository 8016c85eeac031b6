"""Labels, and the weights that they give examples, by every way into a conditional or semi-supervised model."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo import make_model
from unizoo.zoo.core.batches import Inputs

IMAGES = np.random.default_rng(0).random((9, 8, 8, 1), np.float32)
LABELS = np.array([0, 1, 2, 1, 1, 0, 2, 0, 1])
PARTLY = np.where(np.arange(9) % 2, LABELS, -1)
ONE_HOT = np.eye(3)[LABELS]
SMALL = {"image_shape": (8, 8, 1), "latent_dim": 2, "hidden": (4,)}


class Batches(keras.utils.PyDataset):
    """Three batches of three of each part."""

    def __init__(self, *parts, **workers):
        super().__init__(**workers)
        self.parts = parts

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return tuple(part[3 * index : 3 * index + 3] for part in self.parts)


def generator(*parts):
    return (Batches(*parts)[index % 3] for index in itertools.count())


# Arguments of `fit` that give parts of nine examples in batches of three.
CONTAINERS = {
    "arrays": lambda *parts: dict(zip(("x", "y", "sample_weight"), parts, strict=False), batch_size=3),
    "tensors": lambda *parts: CONTAINERS["arrays"](*map(tf.constant, parts)),
    "dataset": lambda *parts: {"x": tf.data.Dataset.from_tensor_slices(parts).batch(3)},
    "PyDataset": lambda *parts: {"x": Batches(*parts)},
    "generator": lambda *parts: {"x": generator(*parts), "steps_per_epoch": 3},
}


def make(name, **changes):
    model = make_model(name, **{**SMALL, **({} if name == "vae" else {"num_classes": 3}), **changes})
    model.compile(run_eagerly=True)
    return model


def weights_after(model, **given):
    """The weights after an epoch of `fit`."""
    model.fit(**given, shuffle=False, verbose=0)
    return model.get_weights()


def assert_equal(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


FORMS = {
    "integers": LABELS.astype(np.uint8),
    "column": LABELS[:, None],
    "one-hot floats": ONE_HOT,
    "one-hot integers": ONE_HOT.astype(np.int64),
    "one-hot bools": ONE_HOT > 0,
}


@pytest.fixture(scope="module")
def expected():
    """The weights of a conditional VAE after an epoch with integer labels."""
    return weights_after(make("cvae"), x=IMAGES, y=LABELS, batch_size=3)


@pytest.mark.parametrize("labels", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("container", CONTAINERS)
def test_every_form_of_labels_is_the_integers(container, labels, expected):
    assert_equal(weights_after(make("cvae"), **CONTAINERS[container](IMAGES, labels)), expected)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_column_of_labels_may_lack_some(container):
    expected = weights_after(make("svae"), x=IMAGES, y=PARTLY, batch_size=3)
    assert_equal(weights_after(make("svae"), **CONTAINERS[container](IMAGES, PARTLY[:, None])), expected)


@pytest.mark.parametrize("model", ["cvae", "svae"])
def test_the_methods_take_every_form_of_labels(model):
    model = make(model)

    def answers(labels):
        return [
            model.encode(IMAGES, labels).mean(),
            model.reconstruct(IMAGES, labels=labels),
            model.log_prob(IMAGES, 2, labels=labels),
            model.sample(9, labels=labels, seed=0),
        ]

    expected, predicted = answers(LABELS), model.predict((IMAGES, LABELS), verbose=0)
    for labels in FORMS.values():
        for given in (labels, tf.constant(labels), labels.tolist()):
            assert_equal(answers(given), expected)
        assert_equal([model.predict((IMAGES, labels), verbose=0)], [predicted])


def spoilt(labels, value):
    labels = labels.copy()
    labels[-1] = value
    return labels


BAD = {
    "from 1": (LABELS + 1, r"are none of the classes: expected integers \[n\] from 0 to 2.* from 1 to 3"),
    "a column from 1": (LABELS[:, None] + 1, "are none of the classes.* from 1 to 3"),
    "-1": (spoilt(LABELS, -1), "are none of the classes.* from -1 to 2"),
    "no one": (spoilt(ONE_HOT, 0.0), "are rows that are not one-hot.* from 0 to 1"),
    "two ones": (spoilt(ONE_HOT, [1.0, 0.0, 1.0]), "are rows that are not one-hot.* from 0 to 1"),
    "probabilities": (spoilt(ONE_HOT, [0.5, 0.5, 0.0]), "are rows that are not one-hot.* from 0 to 1"),
    "of four classes": (np.eye(4)[LABELS], "have the wrong shape"),
    "floats": (LABELS.astype(np.float32), "have the wrong dtype"),
}


@pytest.mark.parametrize(("labels", "message"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("container", CONTAINERS)
def test_what_are_no_labels_is_refused_in_every_container(container, labels, message):
    model = make("cvae")
    with pytest.raises(ValueError, match=f"^The labels {message}"):
        weights_after(model, **CONTAINERS[container](IMAGES, labels))
    given = CONTAINERS[container](IMAGES, labels)
    whole = container in ("arrays", "tensors")
    validation = {"validation_data": (given["x"], given["y"]) if whole else given["x"]}
    with pytest.raises(ValueError, match=f"^The labels {message}"):
        weights_after(
            model, x=IMAGES, y=LABELS, **validation, **({"validation_steps": 3} if container == "generator" else {})
        )
    for of in (np.asarray, tf.constant):
        for method in ("train_on_batch", "test_on_batch", "encode", "discriminate"):
            if hasattr(model, method) and (hasattr(keras.Model, method) or model.supports(method)):
                with pytest.raises(ValueError, match=f"^The labels {message}"):
                    getattr(model, method)(IMAGES, of(labels))


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize(("model", "labels"), [("cvae", ONE_HOT), ("svae", PARTLY), ("vae", LABELS)])
def test_class_weight_is_the_sample_weight_of_each_label(container, model, labels):
    by_class = {0: 0.25, 2: 3.0}
    numbers = LABELS if labels is ONE_HOT else labels
    weights = np.select([numbers == label for label in by_class], by_class.values(), 1.0).astype(np.float32)
    expected = weights_after(make(model), **CONTAINERS["arrays"](IMAGES, labels, weights))
    given = CONTAINERS[container](IMAGES, labels)
    assert_equal(weights_after(make(model), **given, class_weight=by_class), expected)


def test_class_weight_is_taken_by_single_batches():
    results = []
    for options in ({"class_weight": {1: 4.0}}, {"sample_weight": np.where(LABELS == 1, 4.0, 1.0)}):
        model = make("cvae")
        model.train_on_batch(IMAGES, LABELS, **options)
        results.append(model.get_weights())
    assert_equal(*results)
    model = make("cvae")
    model.train_on_batch(IMAGES, LABELS)
    assert any(np.any(a != b) for a, b in zip(results[0], model.get_weights(), strict=True))


@pytest.mark.parametrize("container", CONTAINERS)
def test_class_weight_needs_labels_and_no_other_weights(container):
    model, message = make("vae"), "class_weight gives .*fit\\(images, labels, class_weight=...\\). Received: "
    with pytest.raises(ValueError, match=f"{message}no labels"):
        model.fit(**CONTAINERS[container](IMAGES), class_weight={0: 2.0})
    with pytest.raises(ValueError, match=f"{message}sample_weight too"):
        model.fit(**CONTAINERS[container](IMAGES, LABELS, np.ones(9)), class_weight={0: 2.0})


def test_images_and_labels_may_come_in_a_list(expected):
    assert_equal(weights_after(make("cvae"), x=[IMAGES, LABELS], batch_size=3), expected)
    model = make("vae")
    without = weights_after(make("vae"), x=IMAGES, batch_size=3)
    for x in ([IMAGES, LABELS], list(IMAGES)):
        model = make("vae")
        assert_equal(weights_after(model, x=x, batch_size=3), without)
    assert_equal(weights_after(make("vae"), x=list(IMAGES[:2])), weights_after(make("vae"), x=IMAGES[:2]))
    with pytest.raises(ValueError, match=r"several shapes.*Received: a list of 3"):
        model.fit([IMAGES, LABELS, LABELS])


def test_a_generator_of_bare_images_gives_images():
    expected = weights_after(make("vae"), x=IMAGES, batch_size=3)
    bare = (batch for (batch,) in generator(IMAGES))
    assert_equal(weights_after(make("vae"), x=bare, steps_per_epoch=3), expected)


@pytest.mark.parametrize(
    ("batch", "received"),
    [({"image": IMAGES}, r"a dict of \['image'\]"), ((IMAGES,) * 4, "a tuple of 4"), ((), "a tuple of 0")],
)
def test_what_a_generator_may_not_yield_is_said_in_short(batch, received):
    with pytest.raises(ValueError, match=rf"^The batches are images, or tuples .*Received: {received}$"):
        make("vae").fit(iter([batch]))


def test_weights_without_labels_count_in_generators_and_datasets():
    weights = np.arange(9, dtype=np.float32) / 8
    expected = weights_after(make("vae"), x=IMAGES, sample_weight=weights, batch_size=3)
    weighted = ((images, None, given) for images, given in generator(IMAGES, weights))
    assert_equal(weights_after(make("vae"), x=weighted, steps_per_epoch=3), expected)
    dataset = tf.data.Dataset.from_tensor_slices((IMAGES, weights)).batch(3).map(lambda x, w: (x, None, w))
    assert_equal(weights_after(make("vae"), x=dataset), expected)
    tensors = {"x": tf.constant(IMAGES), "sample_weight": tf.constant(weights), "batch_size": 3}
    assert_equal(weights_after(make("vae"), **tensors), expected)


class Endless(keras.utils.PyDataset):
    """Batches without an end, which count the epochs."""

    num_batches = None
    begun = ended = 0

    def __getitem__(self, index):
        return (IMAGES[index % 3 :: 3],)

    def on_epoch_begin(self):
        self.begun += 1

    def on_epoch_end(self):
        self.ended += 1


@pytest.mark.parametrize("workers", [{}, {"workers": 2}])
def test_an_endless_pydataset_trains_and_hears_of_the_epochs(workers):
    batches, model = Endless(**workers), make("vae")
    model.fit(batches, steps_per_epoch=3, epochs=2, verbose=0)
    assert batches.begun == 2
    assert batches.ended >= 2
    assert int(model.optimizer.iterations) == 6


def test_the_length_of_a_pydataset_is_kept():
    history = make("vae").fit(Batches(IMAGES), verbose=0)
    assert history.params["steps"] == 3


def test_validation_data_are_looked_at_once(monkeypatch):
    fed, feed = [], Inputs.feed
    monkeypatch.setattr(Inputs, "feed", lambda self, x, *others: fed.append(x) or feed(self, x, *others))
    validation = tf.data.Dataset.from_tensor_slices(IMAGES).batch(3)
    model = make("vae")
    model.fit(IMAGES, validation_data=validation, epochs=3, verbose=0)
    assert len(fed) == 2
    model.evaluate(validation, verbose=0)
    assert len(fed) == 3


def test_predict_needs_the_labels_that_the_model_needs():
    with pytest.raises(ValueError, match="The labels are missing"):
        make("cvae").predict(IMAGES, verbose=0)
    model = make("svae")
    np.testing.assert_allclose(model.predict(IMAGES, verbose=0), model.reconstruct(IMAGES), atol=1e-6)
