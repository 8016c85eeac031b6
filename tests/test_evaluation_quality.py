"""Measures of generated images against constants worked out by hand."""

import json
import subprocess
import sys

import numpy as np
import pytest
from unizoo.evaluation import distances, quality


def _features(n=400, d=6, seed=0, shift=0.0):
    return np.random.default_rng(seed).normal(size=(n, d)) + shift


def test_import_needs_no_tensorflow():
    code = "import sys, unizoo.evaluation.quality; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_class_histogram_counts_most_probable_classes():
    probabilities = [[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.1, 0.2, 0.7], [0.9, 0.1, 0.0]]
    np.testing.assert_allclose(quality.class_histogram(probabilities), [0.75, 0.0, 0.25])


@pytest.mark.parametrize("splits", [1, 5])
def test_inception_score_of_uniform_one_hot_is_number_of_classes(splits):
    mean, deviation = quality.inception_score(np.tile(np.eye(10), (20, 1)), splits)
    assert mean == pytest.approx(10.0)
    assert deviation == pytest.approx(0.0, abs=1e-9)


def test_inception_score_of_constant_probabilities_is_one():
    assert quality.inception_score(np.tile([0.2, 0.5, 0.3], (50, 1))) == pytest.approx((1.0, 0.0))


def test_inception_score_of_two_rows_by_hand():
    # p(y) = (1/2, 1/2); KL((3/4, 1/4) || p(y)) = 3/4 log(3/2) + 1/4 log(1/2) for either row.
    expected = 1.5**0.75 * 0.5**0.25
    assert quality.inception_score([[0.75, 0.25], [0.25, 0.75]], splits=1)[0] == pytest.approx(expected)


def test_inception_score_splits_give_mean_and_deviation_of_the_parts():
    # The first part has one class only (score 1), the second has both (score 2).
    rows = [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    assert quality.inception_score(rows, splits=2) == pytest.approx((1.5, 0.5))


def test_inception_score_of_one_split_ignores_order():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), size=100)
    shuffled = np.random.default_rng(1).permutation(probabilities)
    assert quality.inception_score(probabilities, 1)[0] == pytest.approx(quality.inception_score(shuffled, 1)[0])


@pytest.mark.parametrize(
    ("probabilities", "splits", "message"),
    [
        ([[2.0, -1.0]], 1, "softmax.*Received"),
        ([[0.3, 0.3]], 1, "sum to 1.*Received"),
        ([[np.nan, 1.0]], 1, "finite.*Received: 1 of 1 rows"),
        ([0.5, 0.5], 1, r"matrix.*Received: shape \(2,\)"),
        ([[0.5, 0.5]], 2, "at most 1. Received: splits=2"),
    ],
)
def test_inception_score_refuses(probabilities, splits, message):
    with pytest.raises(ValueError, match=message):
        quality.inception_score(probabilities, splits)


def test_frechet_distance_of_diagonal_gaussians_by_hand():
    # |m|^2 = 9 + 16, and sum (s_a - s_b)^2 = (1 - 2)^2 + (3 - 1)^2 = 5.
    a = distances.Moments(np.zeros(2), np.diag([1.0, 9.0]))
    b = distances.Moments(np.array([3.0, 4.0]), np.diag([4.0, 1.0]))
    assert distances.frechet_distance_from_moments(a, b) == pytest.approx(30.0)


def test_frechet_distance_of_covariances_that_do_not_commute():
    # For 2x2 matrices tr (AB)^(1/2) = (tr AB + 2 (det AB)^(1/2))^(1/2).
    a, b = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[5.0, 0.0], [0.0, 1.0]])
    expected = np.trace(a + b) - 2 * np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))
    zero = np.zeros(2)
    actual = distances.frechet_distance_from_moments(distances.Moments(zero, a), distances.Moments(zero, b))
    assert actual == pytest.approx(expected)


def test_frechet_distance_of_samples_uses_unbiased_moments():
    # One feature: variances 1/2 and 2 (n - 1 = 1), means 1/2 and 5.
    expected = 4.5**2 + (np.sqrt(2) - np.sqrt(0.5)) ** 2
    assert distances.frechet_distance([[0.0], [1.0]], [[4.0], [6.0]]) == pytest.approx(expected)


def test_frechet_distance_is_zero_to_itself_symmetric_and_ignores_order():
    a, b = _features(), _features(seed=1, shift=0.5)
    assert distances.frechet_distance(a, a) == pytest.approx(0.0, abs=1e-10)
    expected = distances.frechet_distance(a, b)
    assert distances.frechet_distance(b, a) == pytest.approx(expected)
    assert distances.frechet_distance(a[::-1], b) == pytest.approx(expected)


def test_frechet_distance_bears_dead_and_repeated_features():
    a, b = _features(), _features(seed=1)
    expected = distances.frechet_distance(a, b)
    dead = np.zeros((len(a), 1))
    assert distances.frechet_distance(np.hstack([a, dead]), np.hstack([b, dead])) == pytest.approx(expected)
    assert distances.frechet_distance(np.hstack([a, a]), np.hstack([b, b])) == pytest.approx(2 * expected)


def test_frechet_distance_refuses_too_few_samples_and_bad_values():
    with pytest.raises(ValueError, match=r"6 features needs at least 7 samples. Received: 6"):
        distances.frechet_distance(_features(6), _features())
    bad = _features()
    bad[3, 2] = np.inf
    with pytest.raises(ValueError, match=r"finite. Received: 1 of 400 rows"):
        distances.frechet_distance(_features(), bad)
    with pytest.raises(ValueError, match=r"equally many features. Received: 6 and 5"):
        distances.frechet_distance(_features(), _features(d=5))


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        ([[1.0, 0.5], [0.0, 1.0]], "symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], "positive semi-definite. Received: eigenvalue -1"),
        (np.eye(3), "Received: covariance"),
    ],
)
def test_frechet_distance_refuses_what_is_no_covariance(covariance, message):
    good = distances.Moments(np.zeros(2), np.eye(2))
    with pytest.raises(ValueError, match=message):
        distances.frechet_distance_from_moments(good, distances.Moments(np.zeros(2), covariance))


def test_kernel_distance_by_hand():
    # d = 1: k(0, 1) = 1, k(1, 2) = 27, k(0, 0) left out; across k(0, 1) + k(0, 2) + k(1, 1) + k(1, 2) = 37.
    mean, deviation = distances.kernel_distance([[0.0], [1.0]], [[1.0], [2.0]], blocks=1)
    assert mean == pytest.approx(1 + 27 - 2 * 37 / 4)
    assert deviation == 0.0


def test_kernel_distance_is_unbiased_where_distributions_agree():
    mean, deviation = distances.kernel_distance(_features(4000), _features(4000, seed=1), blocks=20)
    assert abs(mean) < 4 * deviation / np.sqrt(20)
    shifted, _ = distances.kernel_distance(_features(4000), _features(4000, seed=1, shift=0.5), blocks=20)
    assert shifted > 20 * abs(mean)


def test_kernel_distance_blocks_give_mean_and_deviation():
    a, b = _features(), _features(seed=1)
    parts = [distances.kernel_distance(a[i : i + 100], b[i : i + 100], 1)[0] for i in range(0, 400, 100)]
    assert distances.kernel_distance(a, b, 4) == pytest.approx((np.mean(parts), np.std(parts)))
    with pytest.raises(ValueError, match=r"at most 200. Received: blocks=201"):
        distances.kernel_distance(a, b, 201)


def test_precision_recall_by_hand():
    # k = 1. Real radii: 0 -> 1, 1 -> 1, 10 -> 9; generated radii: 0.5 -> 0.1, 0.6 -> 0.1, 50 -> 49.4.
    reference, samples = [[0.0], [1.0], [10.0]], [[0.5], [0.6], [50.0]]
    # 0.5 and 0.6 lie within [0, 2], 50 beyond 19. Of the reference all lie within 49.4 of 50 but 0.
    assert distances.precision_recall(samples, reference, 1) == pytest.approx((2 / 3, 2 / 3))


def test_precision_recall_tells_collapse_from_noise():
    reference = _features(1200)
    collapsed = distances.precision_recall(0.1 * _features(1200, seed=1), reference)
    assert collapsed[0] > 0.99
    assert collapsed[1] < 0.05
    noisy = distances.precision_recall(4 * _features(1200, seed=1), reference)
    assert noisy[0] < 0.1
    assert noisy[1] > 0.9
    assert distances.precision_recall(reference, reference) == (1.0, 1.0)


def test_precision_recall_agrees_with_the_whole_distance_matrix():
    samples, reference = _features(1100, seed=1, shift=0.7), _features(900)
    full = np.linalg.norm(samples[:, None] - reference, axis=-1)
    radii = [np.sort(np.linalg.norm(side[:, None] - side, axis=-1), axis=1)[:, 3] for side in (reference, samples)]
    expected = (full <= radii[0]).any(axis=1).mean(), (full <= radii[1][:, None]).any(axis=0).mean()
    assert distances.precision_recall(samples, reference, 3) == pytest.approx(expected)
    with pytest.raises(ValueError, match=r"at most 899. Received: neighbours=900"):
        distances.precision_recall(samples, reference, 900)


@pytest.fixture(scope="module")
def classifier():
    from unizoo.zoo.classifier import Classifier

    return Classifier((8, 8, 1), num_classes=3, width=4, num_features=5)


def _images(n, seed):
    return np.random.default_rng(seed).random((n, 8, 8, 1), dtype=np.float32)


def test_sample_quality_reports_every_measure_with_its_counts(classifier):
    calls = []
    images, reference = _images(50, 0), _images(70, 1)
    result = quality.sample_quality(
        images,
        reference,
        classifier,
        batch_size=32,
        splits=2,
        classifier_name="tiny",
        classifier_accuracy=0.5,
        progress=lambda done, total: calls.append((done, total)),
    )
    assert calls == [(32, 120), (50, 120), (82, 120), (114, 120), (120, 120)]
    assert json.loads(json.dumps(result)) == result
    assert (result["num_samples"], result["num_reference"]) == (50, 70)
    assert (result["classifier"], result["classifier_accuracy"]) == ("tiny", 0.5)
    features, reference_features = np.asarray(classifier.features(images)), classifier.features(reference)
    assert result["frechet_distance"] == pytest.approx(
        distances.frechet_distance(features, reference_features), rel=1e-4
    )
    probabilities = classifier.classify(images)
    assert result["class_shares"] == pytest.approx(list(quality.class_histogram(probabilities)))
    assert result["inception_score"] == pytest.approx(quality.inception_score(probabilities, 2)[0], rel=1e-5)


def test_sample_quality_of_the_reference_itself_is_perfect(classifier):
    images = _images(60, 0)
    result = quality.sample_quality(images, images, classifier)
    assert result["classifier"] == classifier.name
    assert result["frechet_distance"] == pytest.approx(0.0, abs=1e-6)
    assert (result["precision"], result["recall"]) == (1.0, 1.0)
    assert result["inception_score"] == result["reference_inception_score"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x: x * 255, r"in \[0, 1\]. Received: from"),
        (lambda x: np.where(x > 0.99, np.nan, x), "finite.*Received: from nan"),
        (lambda x: (x * 255).astype(np.uint8), "floating point.*Received: uint8"),
        (lambda x: x[:, :4], "same height"),
        (lambda x: x[:0], "n at least 1"),
        (lambda x: x[:5], "at least 6 samples. Received: 5"),
    ],
)
def test_sample_quality_refuses_bad_images(classifier, spoil, message):
    with pytest.raises(ValueError, match=message):
        quality.sample_quality(spoil(_images(40, 0)), _images(40, 1), classifier, splits=2)
