"""`evaluate`, the likelihood and the monitor: figures that agree with what they are made of, and say their counts."""

from types import SimpleNamespace

import numpy as np
import pytest
from unizoo import data, evaluation
from unizoo.evaluation import likelihood
from unizoo.zoo import GAN, IWAE, SVAE, VAE, Classifier


@pytest.fixture(scope="module")
def iwae():
    return IWAE((8, 8, 1), latent_dim=2, hidden=(8,), num_samples=2)


@pytest.fixture(scope="module")
def classifier():
    return Classifier((28, 28, 1), width=4, num_features=8)


def test_nll_is_the_mean_of_log_prob(iwae):
    images = np.random.default_rng(0).integers(0, 2, (130, 8, 8, 1)).astype(np.float32)
    seen = []
    figures = evaluation.negative_log_likelihood(iwae, images, 20, seed=5, progress=lambda *count: seen.append(count))
    values = np.concatenate([iwae.log_prob(images[:100], 20, seed=5), iwae.log_prob(images[100:], 20, seed=105)])
    assert figures["nll"] == pytest.approx(-values.mean(), rel=1e-6)
    assert figures["nll_standard_error"] == pytest.approx(values.std(ddof=1) / np.sqrt(130), rel=1e-5)
    assert figures["bits_per_dimension"] == pytest.approx(figures["nll"] / 64 / np.log(2))
    assert (figures["num_images"], figures["num_importance_samples"]) == (130, 20)
    assert seen == [(100, 130), (130, 130)]


def test_nll_takes_images_as_the_model_does(iwae):
    images = np.random.default_rng(0).integers(0, 2, (5, 8, 8, 1)).astype(bool)
    figures = [
        evaluation.negative_log_likelihood(iwae, kind, 20)
        for kind in (images, images.astype(np.float32), 255 * images.astype(np.uint8))
    ]
    assert figures[0] == figures[1] == figures[2]


def test_nll_of_nothing_is_refused(iwae):
    with pytest.raises(ValueError, match="Received: shape"):
        evaluation.negative_log_likelihood(iwae, np.zeros((0, 8, 8, 1), np.float32))


def test_evaluate_measures_a_binary_draw_and_repeats_itself(iwae):
    words = {"num_importance_samples": 10, "num_images": 40, "seed": 3}
    first, second = (evaluation.evaluate(iwae, "digits", **words) for _ in range(2))
    assert first == second
    assert first["likelihood"]["num_images"] == 40
    assert "Bernoulli draw" in first["likelihood"]["observation"]
    assert "quality" not in first  # there is no classifier of this data set
    assert "resemblance" in first


def test_a_density_is_called_one_and_has_no_bits():
    model = VAE((8, 8, 1), latent_dim=2, hidden=(8,), likelihood="normal")
    figures = evaluation.evaluate(model, "digits", num_importance_samples=10, num_images=20)["likelihood"]
    assert (figures["measure"], figures["bits_per_dimension"]) == ("density", None)
    assert "Bernoulli draw" not in figures["observation"]
    model = VAE((8, 8, 1), latent_dim=2, hidden=(8,), likelihood="discretized_logistic")
    figures = evaluation.evaluate(model, "digits", num_importance_samples=10, num_images=20)["likelihood"]
    assert figures["measure"] == "probability"
    assert figures["bits_per_dimension"] > 0


def test_as_many_importance_samples_are_taken_as_end_within_the_time(iwae, monkeypatch):
    images = np.zeros((100, 8, 8, 1), np.float32)
    clock = iter(range(1000))
    # In this module alone: event loops of other threads read the clock too, and would sleep by it.
    monkeypatch.setattr(likelihood, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    # 500 samples of 10 images take a second: 100 images take as many seconds as they have times 50 samples.
    for seconds, samples in ((0, 50), (1, 50), (2.5, 100), (40, 2000), (99, 2000), (1e9, 5000)):
        assert evaluation.affordable_samples(iwae, images, seconds) == samples, seconds


def test_a_time_bounds_the_importance_samples_and_what_is_asked_for_too(iwae):
    words = {"num_importance_samples": 60, "num_images": 20}
    assert evaluation.evaluate(iwae, "digits", seconds=0, **words)["likelihood"]["num_importance_samples"] == 50
    assert evaluation.evaluate(iwae, "digits", seconds=1e6, **words)["likelihood"]["num_importance_samples"] == 60


def test_what_is_left_of_each_stage_is_told(iwae):
    seen = []
    evaluation.evaluate(iwae, "digits", num_importance_samples=5, progress=lambda *words: seen.append(words))
    assert [words for words in seen if words[0] == "likelihood"] == [
        ("likelihood", done, 297) for done in (0, 100, 200, 297)
    ]
    assert seen[-1] == ("resemblance", 3 * 297, 3 * 297)


def test_a_likelihood_is_that_of_images_scaled_to_the_models_size():
    """Not padded: fine-tuning scales them, and so must what measures it."""
    model = IWAE((10, 10, 1), latent_dim=2, hidden=(8,), num_samples=2)
    figures = evaluation.evaluate(model, "digits", num_importance_samples=10, seed=3)
    scaled = data.load_arrays("digits", "test", size=[10, 10], resize="bicubic", binarize="dynamic", seed=3).images
    order = np.random.default_rng(3).permutation(len(scaled))
    expected = evaluation.negative_log_likelihood(model, (scaled[order] > 0).astype(np.float32), 10, 3)
    assert figures["likelihood"]["nll"] == pytest.approx(expected["nll"], rel=1e-6)


def test_evaluate_brings_images_to_the_models_size(classifier):
    model = GAN((28, 28, 1), latent_dim=3, filters=2)
    figures = evaluation.evaluate(model, "digits", num_samples=60, classifier=classifier)
    assert "likelihood" not in figures
    quality = figures["quality"]
    assert (quality["num_samples"], quality["num_reference"]) == (60, 297)
    assert sum(quality["class_shares"]) == pytest.approx(1.0)
    with pytest.raises(ValueError, match=r"needs \d+ samples at least. Received: num_samples=4"):
        evaluation.evaluate(model, "digits", num_samples=4, classifier=classifier)


def test_evaluate_gives_a_classifiers_accuracy(classifier):
    figures = evaluation.evaluate(classifier, "digits", "test")
    images = data.load_arrays("digits", "test", size=[28, 28], resize="bicubic")
    scale = 255.0 if images.images.dtype == np.uint8 else 1.0
    guesses = np.argmax(classifier.classify(images.images.astype(np.float32) / scale), axis=1)
    assert figures["accuracy"] == pytest.approx(np.mean(guesses == images.labels))
    assert figures["num_images"] == 297


def test_evaluate_gives_a_semi_supervised_models_accuracy_and_marginal_likelihood():
    model = SVAE((8, 8, 1), num_classes=10, latent_dim=2, hidden=(8,))
    figures = evaluation.evaluate(model, "digits", num_importance_samples=20, num_images=30, seed=2)
    grey, binary = (data.load_arrays("digits", "test", binarize=kind, seed=2) for kind in (None, "dynamic"))
    chosen = np.random.default_rng(2).permutation(297)[:30]
    observed = (binary.images > 0).astype(np.float32)
    guesses = np.argmax(model.classify(observed), axis=1)
    assert figures["accuracy"] == pytest.approx(np.mean(guesses == grey.labels))
    assert figures["num_images"] == 297  # of the likelihood, which costs more, only those asked for
    values = model.log_prob(observed[chosen], 20, seed=2)
    assert figures["likelihood"]["nll"] == pytest.approx(-np.mean(values), rel=1e-5)


def test_shipped_classifier_is_as_accurate_as_it_says():
    from unizoo.data.named import keras_cache
    from unizoo.zoo.hub.presets import read_metadata

    if not (keras_cache() / "mnist.npz").exists():
        pytest.skip("MNIST is not in Keras's cache")
    import unizoo

    figures = evaluation.evaluate(unizoo.from_preset("classifier_mnist", compile=False), "mnist")
    assert figures["accuracy"] >= 0.99
    assert figures["accuracy"] == pytest.approx(read_metadata("classifier_mnist")["metrics"]["accuracy"], abs=1e-4)


def test_monitor_adds_figures_to_the_logs_that_later_callbacks_see(classifier):
    images = (np.random.default_rng(0).random((40, 28, 28, 1)) * 255).astype(np.uint8)
    model = GAN((28, 28, 1), latent_dim=3, filters=2)
    model.compile()
    monitor = evaluation.QualityMonitor(classifier, images)
    history = model.fit(images[:20].astype(np.float32) / 255, epochs=2, verbose=0, callbacks=[monitor]).history
    assert len(history["frechet_distance"]) == 2
    assert all(distance > 0 for distance in history["frechet_distance"])
    assert all(1 <= score <= 10 for score in history["inception_score"])
