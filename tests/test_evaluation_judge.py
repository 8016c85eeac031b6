"""The judge that needs no labels: it ranks good images before bad ones, the same way every time."""

import json

import numpy as np
import pytest
from unizoo import data
from unizoo.evaluation import RandomFeatures, evaluate, resemblance
from unizoo.evaluation.judge import least_images
from unizoo.zoo import GAN, CycleGAN


@pytest.fixture(scope="module")
def digits():
    """Three sets of 400 images of scikit-learn's digits, with the labels of the first."""
    arrays = data.load_arrays("digits", "train")
    order = np.random.default_rng(0).permutation(len(arrays))
    images = data.unit_floats(arrays.images)[order]
    return images[:400], images[400:800], images[800:1200], arrays.labels[order[:400]]


def _distances(images, reference):
    figures = resemblance(images, reference)
    return figures["frechet_distance"], figures["kernel_distance"]


def test_worse_images_are_farther_away(digits):
    real, reference, _, labels = digits
    noise = np.random.default_rng(0).normal(size=real.shape)
    blurred = (real + np.roll(real, 1, 1) + np.roll(real, 1, 2) + np.roll(real, (1, 1), (1, 2))) / 4
    few_classes = np.resize(real[labels < 3], real.shape)
    best = _distances(real, reference)
    for worse in (
        blurred,
        np.clip(real + 0.3 * noise, 0, 1),
        few_classes,
        np.roll(real, 3, 2),
        np.repeat(real[:4], 100, axis=0),
    ):
        found = _distances(worse, reference)
        assert found[0] > 1.5 * best[0]
        assert found[1] > best[1] + 0.02
    more = _distances(np.clip(real + 0.8 * noise, 0, 1), reference)
    assert more > _distances(np.clip(real + 0.3 * noise, 0, 1), reference)


def test_every_figure_stands_beside_that_of_other_real_images(digits):
    real, reference, others, _ = digits
    noise = np.random.default_rng(1).random(real.shape)
    seen = []
    figures = resemblance(noise, reference, others, progress=lambda *count: seen.append(count))
    assert json.loads(json.dumps(figures)) == figures
    assert figures == resemblance(noise, reference, others)
    assert figures["judge"] == "random convolutional features"
    assert (figures["num_samples"], figures["num_reference"], figures["num_train"]) == (400, 400, 400)
    alone = resemblance(others, reference)
    for name in ("frechet_distance", "kernel_distance", "kernel_distance_sd", "precision", "recall"):
        assert figures[f"reference_{name}"] == pytest.approx(alone[name])
    assert figures["recall"] < figures["reference_recall"]
    assert seen[0][0] > 0
    assert seen[-1] == (1200, 1200)
    assert seen == sorted(seen)


@pytest.mark.parametrize("shape", [(8, 8, 3), (70, 96, 1), (256, 8, 3)])
def test_images_of_any_size_are_judged(shape):
    random = np.random.default_rng(0)
    images, reference = random.random((2, 40, *shape), dtype=np.float32)
    flat = np.full_like(images, 0.5)
    assert _distances(flat, reference)[0] > _distances(images, reference)[0]
    assert np.isfinite(list(_distances(images, flat))).all()  # the scale of images that do not vary


def test_features_are_standardised_over_the_real_images(digits):
    features = RandomFeatures(digits[0])(digits[0])
    np.testing.assert_allclose(features.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(features.std(0), 1, atol=1e-3)


def test_images_of_two_shapes_or_too_few_are_refused(digits):
    real, reference, _, _ = digits
    with pytest.raises(ValueError, match=r"33 at least. Received: shapes \(400, 8, 8, 1\), \(32, 8, 8, 1\)"):
        resemblance(real[: least_images() - 1], reference)
    with pytest.raises(ValueError, match=r"one shape.*Received: shapes \(400, 8, 8, 1\), \(400, 8, 8, 3\)"):
        resemblance(np.repeat(real, 3, axis=3), reference)


def test_samples_of_data_without_a_classifier_are_judged_so():
    model = GAN((8, 8, 1), latent_dim=2, filters=2)
    figures = evaluate(model, "digits", num_images=60)
    found = figures["resemblance"]
    assert (found["num_samples"], found["num_reference"], found["num_train"]) == (60, 60, 60)
    assert found["frechet_distance"] > found["reference_frechet_distance"]
    assert figures == evaluate(model, "digits", num_images=60)
    assert evaluate(model, "digits", num_samples=40)["resemblance"]["num_samples"] == 40
    assert "resemblance" not in evaluate(model, "digits", num_images=20)  # too few
    assert "reference_precision" not in evaluate(model, "digits", "train", num_images=40)["resemblance"]


def test_so_are_translations(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (4, 50, 8, 8), np.uint8)
    for name, (train, test) in (("a", images[:2]), ("b", images[2:])):
        np.savez(tmp_path / f"{name}.npz", x_train=train, x_test=test[: 50 if name == "a" else 40])
    model = CycleGAN((8, 8, 1), filters=2, blocks=1)
    found = evaluate(model, tmp_path / "a.npz", second_dataset=tmp_path / "b.npz")["resemblance"]
    assert found["translated_from"] == str(tmp_path / "b.npz")
    assert found["num_samples"] == found["num_train"] == found["num_reference"] == 40
