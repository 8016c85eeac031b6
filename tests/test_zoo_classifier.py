"""The evaluation classifier: shapes, determinism, config, training and saving."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo.classifier import Classifier


def _tiny(**changes):
    arguments = {"image_shape": (8, 8, 1), "num_classes": 2, "width": 4, "num_features": 5}
    return Classifier(**{**arguments, **changes})


def _half_images(n=64, seed=0):
    """Images [n, 8, 8, 1] bright in the left or the right half, and which one: [n]."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, n)
    images = 0.2 * random.random((n, 8, 8, 1), dtype=np.float32)
    images[labels == 0, :, :4] += 0.8
    images[labels == 1, :, 4:] += 0.8
    return images, labels


@pytest.mark.parametrize("image_shape", [(28, 28, 1), (32, 32, 3)])
def test_shapes_and_dtypes(image_shape):
    model = Classifier(image_shape, width=8)
    images = np.random.default_rng(0).random((3, *image_shape), dtype=np.float32)
    features, probabilities = model.features_and_probabilities(images)
    assert tuple(model(images).shape) == (3, 10)
    assert tuple(features.shape) == (3, 64)
    np.testing.assert_allclose(np.sum(probabilities, axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(probabilities, keras.ops.softmax(model(images)), rtol=1e-5)
    np.testing.assert_array_equal(features, model.features(images))
    np.testing.assert_array_equal(probabilities, model.classify(images))


def test_all_weights_exist_after_construction_and_half_precision_fits_in_a_megabyte():
    model = Classifier()
    count = len(model.weights)
    model(np.zeros((1, 28, 28, 1), np.float32))
    assert len(model.weights) == count
    assert 2 * model.count_params() < 1e6


def test_what_it_cannot_do_is_refused_as_by_every_model():
    model, (images, _) = _tiny(), _half_images(4)
    assert model.supports("classify")
    assert not model.supports("generate")
    with pytest.raises(NotImplementedError, match=r"has no sample: .*use classify. Received: classifier"):
        model.sample(2)
    with pytest.raises(NotImplementedError, match="it classifies them"):
        model.log_prob(images)
    with pytest.raises(ValueError, match="integers outside"):
        model.classify(np.int32(4095 * images))


def test_fit_takes_images_of_every_kind_alike_and_refuses_others():
    images, labels = _half_images(16)
    images = np.round(255 * images / images.max()).astype(np.uint8)
    floats, results = images.astype(np.float32) / 255, []
    for kind in (images, floats, tf.data.Dataset.from_tensor_slices((images, labels)).batch(16)):
        model = _tiny(dropout=0.0, shift=0.0)
        model.compile(run_eagerly=True)
        data = (kind,) if isinstance(kind, tf.data.Dataset) else (kind, labels)
        model.fit(*data, batch_size=None if len(data) == 1 else 16, shuffle=False, verbose=0)
        results.append(np.concatenate([weight.ravel() for weight in model.get_weights()]))
        assert model.evaluate(*data, verbose=0, return_dict=True)["accuracy"] >= 0
        np.testing.assert_allclose(model.predict(data[0], verbose=0), model(images), rtol=1e-5)
    np.testing.assert_allclose(results[0], results[1], atol=1e-6)
    np.testing.assert_allclose(results[0], results[2], atol=1e-6)
    for wrong in (255 * floats, tf.constant(255 * floats), floats[..., 0]):
        for method in (model.fit, model.evaluate, model.train_on_batch):
            with pytest.raises(ValueError, match=r"The images have .* Received"):
                method(wrong, labels)


def test_seed_decides_the_initial_weights():
    a, same, other = _tiny(seed=3), _tiny(seed=3), _tiny(seed=4)
    for x, y in zip(a.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(x, y)
    assert not np.allclose(a.head.get_weights()[0], other.head.get_weights()[0])


def test_inference_is_deterministic_and_training_is_not():
    model, (images, _) = _tiny(), _half_images()
    np.testing.assert_array_equal(model(images), model(images))
    assert not np.allclose(model(images, training=True), model(images, training=True))


def test_config_is_the_constructors_arguments_in_plain_json():
    arguments = {
        "image_shape": [16, 8, 3],
        "num_classes": 4,
        "width": 6,
        "num_features": 7,
        "shift": 0.1,
        "dropout": 0.2,
        "seed": 9,
    }
    config = Classifier(**arguments).get_config()
    assert {key: config[key] for key in arguments} == arguments
    clone = Classifier.from_config(json.loads(json.dumps(config)))
    assert clone.get_config() == config
    assert keras.saving.get_registered_name(Classifier) == "unizoo>Classifier"


def test_compile_without_arguments_trains():
    model, (images, labels) = _tiny(), _half_images()
    model.compile()
    data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(16)
    model.fit(data, epochs=20, verbose=0, shuffle=False)
    assert model.evaluate(data, return_dict=True, verbose=0)["accuracy"] > 0.95


def test_compile_takes_other_choices():
    model = _tiny()
    model.compile("sgd", metrics=None)
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert isinstance(model.loss, keras.losses.SparseCategoricalCrossentropy)


def test_weights_and_whole_model_reload(tmp_path):
    model, (images, labels) = _tiny(), _half_images()
    model.compile()
    model.fit(images, labels, verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    model.save(tmp_path / "model.keras")
    fresh = _tiny(seed=5)
    fresh.load_weights(tmp_path / "model.weights.h5")
    whole = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(fresh.features(images), model.features(images))
    np.testing.assert_array_equal(whole(images), model(images))
    assert int(whole.optimizer.iterations) == int(model.optimizer.iterations)
    for x, y in zip(whole.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(x, y)
    whole.fit(images, labels, verbose=0)


def test_features_and_logits_stay_float32_under_mixed_precision():
    model, (images, _) = _tiny(dtype="mixed_bfloat16"), _half_images()
    assert all(layer.compute_dtype == "bfloat16" for layer in model.backbone.get_layer("stage_1").layers)
    assert model.features(images).dtype == tf.float32
    assert model(images).dtype == tf.float32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_shape": (28, 28)}, r"image_shape.*Received: image_shape=\(28, 28\)"),
        ({"image_shape": (4, 8, 1)}, "at least 8.*Received"),
        ({"num_classes": 1}, "Received: num_classes=1"),
        ({"dropout": 1.0}, "Received: shift=0.07, dropout=1.0"),
    ],
)
def test_bad_arguments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        _tiny(**changes)
