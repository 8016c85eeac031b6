"""Measures of models of two domains."""

import numpy as np
import pytest
from unizoo.evaluation import evaluate, target_accuracy, translation_quality
from unizoo.zoo import ADA, GAN, Classifier, CycleGAN

SHAPE = (8, 8, 1)


class _Brightness:
    """Takes an image for the class that its brightness says."""

    def __init__(self, wrong=0):
        self.wrong = wrong

    def classify(self, images):
        classes = np.rint(np.asarray(images)[:, 0, 0, 0] * 2).astype(int)
        classes[: self.wrong] = (classes[: self.wrong] + 1) % 3
        return np.eye(3, dtype=np.float32)[classes]


@pytest.fixture
def labelled_file(tmp_path):
    labels = np.arange(30) % 3
    images = np.broadcast_to((labels / 2)[:, None, None], (30, 8, 8)).astype(np.float32)
    np.savez(tmp_path / "grey.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    return tmp_path / "grey.npz"


def test_target_accuracy_beside_the_baselines(labelled_file):
    figures = target_accuracy(_Brightness(wrong=3), labelled_file, baseline=_Brightness(wrong=15))
    assert figures["accuracy"] == pytest.approx(0.9)
    assert figures["source_only_accuracy"] == pytest.approx(0.5)
    assert figures["num_images"] == 30
    assert "source_only_accuracy" not in target_accuracy(_Brightness(), labelled_file)


@pytest.fixture
def bare_file(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (2, 20, 8, 8), np.uint8)
    np.savez(tmp_path / "bare.npz", x_train=images[0], x_test=images[1])
    return tmp_path / "bare.npz"


def test_an_accuracy_on_images_without_labels_is_refused(bare_file):
    with pytest.raises(ValueError, match=r"labelled images. Received: .*bare.npz.* without labels"):
        target_accuracy(_Brightness(), bare_file)


def test_evaluate_measures_the_second_domain_where_it_is_labelled(labelled_file, bare_file):
    model, baseline = (ADA(SHAPE, num_classes=3, num_features=4, filters=2, hidden=(4,), seed=seed) for seed in (0, 1))
    figures = evaluate(model, labelled_file, second_dataset=labelled_file, baseline=baseline)
    assert figures["target"] == target_accuracy(model, labelled_file, baseline=baseline)
    assert "target" not in evaluate(model, labelled_file, second_dataset=bare_file)


def test_evaluate_measures_translations_with_and_without_labels(labelled_file, bare_file):
    model = CycleGAN(SHAPE, filters=2, blocks=1)
    options = {"classifier": Classifier(SHAPE, num_classes=3, width=2, num_features=4)}
    labelled, bare = (
        evaluate(model, labelled_file, second_dataset=second, **options)["quality"]
        for second in (labelled_file, bare_file)
    )
    assert labelled["num_samples"] == 30
    assert bare["num_samples"] == 20
    assert "label_accuracy" in labelled
    assert "label_accuracy" not in bare


def test_a_second_domain_of_a_model_of_one_is_refused(labelled_file):
    with pytest.raises(ValueError, match=r"one domain.*Received: second_dataset=.*grey.npz"):
        evaluate(GAN(SHAPE, latent_dim=2, filters=2), labelled_file, second_dataset=labelled_file)


def test_the_model_of_the_zoo_is_measured(labelled_file):
    model = ADA(SHAPE, num_classes=3, num_features=4, filters=2, hidden=(4,))
    assert 0.0 <= target_accuracy(model, labelled_file)["accuracy"] <= 1.0


def test_translations_are_judged_against_the_other_domain_with_their_labels(labelled_file):
    model = CycleGAN(SHAPE, filters=2, blocks=1)
    classifier = Classifier(SHAPE, num_classes=3, width=2, num_features=4)
    figures = translation_quality(model, labelled_file, labelled_file, classifier=classifier, splits=2, neighbours=1)
    assert figures["num_samples"] == figures["num_reference"] == 30
    guesses = np.argmax(classifier.classify(model.translate(_images(labelled_file), to="a")), axis=1)
    assert figures["label_accuracy"] == pytest.approx(np.mean(guesses == np.arange(30) % 3))


def _images(path):
    with np.load(path) as file:
        return file["x_test"][..., None]
