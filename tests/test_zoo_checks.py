"""What `fit` and `evaluate` look at in data sets, whose values nobody knows before they come, and other refusals."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo import data
from unizoo.export import publish
from unizoo.zoo import make_model
from unizoo.zoo.core.batches import Inputs

IMAGES = np.random.default_rng(0).random((12, 8, 8, 1), np.float32)
LEVELS = np.uint8(255 * IMAGES)
LABELS = np.arange(12) % 3
SMALL = {"image_shape": (8, 8, 1), "latent_dim": 2, "hidden": (4,)}


def dataset(*parts):
    parts = parts if len(parts) > 1 else parts[0]
    return tf.data.Dataset.from_tensor_slices(parts).batch(4)


def spoilt(value, of=IMAGES):
    of = of.copy()
    of[-1] = value
    return of


class Batches(keras.utils.PyDataset):
    """Three batches of four, of which Keras looks at two beforehand."""

    def __init__(self, images):
        super().__init__()
        self.images = images

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return self.images[4 * index : 4 * index + 4]


@pytest.mark.parametrize(
    ("value", "received", "eagerly"),
    [
        (255.0, ".* to 255", False),
        (255.0, ".* to 255", True),
        (-0.5, "-0.5 to .*", True),
        (np.nan, "nan to nan", True),
        (np.inf, ".* to inf", True),
    ],
)
def test_images_out_of_range_in_a_dataset_are_refused(value, received, eagerly):
    model = make_model("vae", **SMALL)
    model.compile(run_eagerly=eagerly)
    message = f"The images have values outside .*Received: shape=.*, dtype=float32, from {received}$"
    for bad in (dataset(spoilt(value)), dataset(spoilt(value), LABELS), Batches(spoilt(value))):
        with pytest.raises(ValueError, match=message):
            model.fit(bad, verbose=0)
        with pytest.raises(ValueError, match=message):
            model.fit(IMAGES, validation_data=bad, verbose=0)
        with pytest.raises(ValueError, match=message):
            model.evaluate(bad, verbose=0)
    with pytest.raises(ValueError, match=message):
        model.fit(iter(Batches(spoilt(value))), verbose=0)


def test_a_step_that_xla_compiles_takes_8_bit_images_and_answers():
    results = []
    for images in (LEVELS, np.float32(LEVELS) / 255):
        model = make_model("vae", **SMALL)
        model.compile(jit_compile=True)
        model.fit(images, batch_size=4, shuffle=False, verbose=0)
        results.append([*model.get_weights(), model.predict(images, verbose=0)])
        with pytest.raises(ValueError, match="values outside"):
            model.predict(tf.constant(255 * IMAGES), verbose=0)
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_replicas_take_what_one_device_takes(two_replicas):
    with two_replicas.scope():
        model = make_model("vae", **SMALL)
        model.compile()
    initial, results = model.get_weights(), []
    for images in (np.float32(LEVELS) / 255, tf.constant(LEVELS), Batches(LEVELS)):
        with two_replicas.scope():
            model.set_weights(initial)
            model.compile()
        sizes = {} if isinstance(images, Batches) else {"batch_size": 4}
        model.fit(images, shuffle=False, verbose=0, **sizes)
        results.append(model.get_weights())
    for result in results[1:]:
        for a, b in zip(result, results[0], strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)
    for bad in (tf.constant(255 * IMAGES), Batches(spoilt(255.0))):
        with pytest.raises(ValueError, match="values outside"):
            model.fit(bad, verbose=0)


@pytest.mark.parametrize(
    ("model", "lowest", "value"), [("cvae", 0, 3), ("cvae", 0, -1), ("svae", -1, 3), ("svae", -1, -2)]
)
def test_unknown_labels_in_a_dataset_are_refused(model, lowest, value):
    model = make_model(model, **SMALL, num_classes=3)
    model.compile(run_eagerly=True)
    message = f"labels are none of the classes: expected integers .* from {lowest} to 2.*Received: .* from .*{value}"
    bad = dataset(IMAGES, spoilt(value, LABELS))
    with pytest.raises(ValueError, match=message):
        model.fit(bad, verbose=0)
    with pytest.raises(ValueError, match=message):
        model.evaluate(bad, verbose=0)


def test_both_domains_of_a_dataset_are_looked_at():
    model = make_model("cyclegan", image_shape=(8, 8, 1), filters=2, blocks=1)
    model.compile(run_eagerly=True)
    with pytest.raises(ValueError, match=r"images have values outside .*Received: .* to 9$"):
        model.fit(dataset(((IMAGES, spoilt(9.0)),)), verbose=0)


def test_arrays_of_two_domains_are_as_many():
    model = make_model("cyclegan", image_shape=(8, 8, 1), filters=2, blocks=1)
    model.compile(run_eagerly=True)
    with pytest.raises(ValueError, match=r"data\.unpaired .*Received: 12 and 5"):
        model.fit((IMAGES, IMAGES[:5]), verbose=0)


def test_weights_that_are_not_finite_are_neither_saved_nor_published(tmp_path):
    model = make_model("vae", **SMALL)
    weight = model.decoder.trainable_weights[-1]
    weight.assign(weight * np.nan)
    message = "VAE has weights that are not finite numbers: its training diverged. Received: .*bias"
    with pytest.raises(ValueError, match=message):
        model.save_to_preset(tmp_path / "preset")
    with pytest.raises(ValueError, match=message):
        publish(model, tmp_path / "served")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_preset_is_no_model():
    with pytest.raises(ValueError, match=r"from_preset\('gan_mnist'\)"):
        make_model("gan_mnist")


def test_a_seed_is_an_integer():
    with pytest.raises(ValueError, match=r"Received: seed=1\.5"):
        make_model("vae", **SMALL).sample(2, seed=1.5)


def test_a_dataset_of_dicts_is_refused():
    model = make_model("vae", **SMALL)
    model.compile()
    with pytest.raises(ValueError, match=r"images, or tuples.*Received: a dict of \['image'\]"):
        model.fit(dataset({"image": IMAGES}), verbose=0)


def test_another_failure_of_a_dataset_passes_through():
    def fail(images):
        with tf.control_dependencies([tf.debugging.Assert(False, ["the file is gone"])]):
            return tf.identity(images)

    model = make_model("vae", **SMALL)
    model.compile()
    with pytest.raises(tf.errors.InvalidArgumentError, match="the file is gone"):
        model.fit(dataset(IMAGES).map(fail), verbose=0)


@pytest.mark.parametrize("weights", [np.zeros(12), np.arange(12) / 11])
def test_weights_of_images_without_labels_count(weights):
    results = []
    for labels in (None, LABELS):
        model = make_model("vae", **SMALL)
        model.compile(run_eagerly=True)
        loss = model.evaluate(IMAGES, labels, sample_weight=weights, batch_size=4, verbose=0)
        model.fit(IMAGES, labels, sample_weight=weights, batch_size=4, shuffle=False, verbose=0)
        results.append((loss, model.get_weights()))
    for without, with_labels in zip(*map(tf.nest.flatten, results), strict=True):
        np.testing.assert_array_equal(without, with_labels)
    if not weights.any():
        assert not np.any(results[0][0])


def test_data_sets_that_have_been_looked_at_are_not_again_but_what_is_made_of_them_is(monkeypatch):
    looks = []
    monkeypatch.setattr(Inputs, "batch", lambda self, element: looks.append(element) or (element,))
    model = make_model("vae", **SMALL)
    model.compile(run_eagerly=True)
    known = data.load("digits", batch_size=1500)
    assert known.unit_images
    model.fit(known, verbose=0)
    assert not looks
    model.fit(known.map(lambda images: 2.0 * images), verbose=0)
    assert len(looks) == 1


def test_images_that_data_has_not_looked_at_are_looked_at():
    images = data.Images(255 * IMAGES, None, "mine", None, None, "memory")
    model = make_model("vae", **SMALL)
    model.compile(run_eagerly=True)
    with pytest.raises(ValueError, match="values outside"):
        model.evaluate(data.as_dataset(images, batch_size=4), verbose=0)
