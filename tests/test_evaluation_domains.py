"""Measures of models of two domains."""

import numpy as np
import pytest
from unizoo.evaluation import target_accuracy, translation_quality
from unizoo.zoo import ADA, Classifier, CycleGAN

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


def test_images_without_labels_are_refused(tmp_path):
    np.savez(tmp_path / "bare.npz", x_train=np.zeros((4, 8, 8), np.uint8), x_test=np.zeros((4, 8, 8), np.uint8))
    with pytest.raises(ValueError, match=r"labelled images. Received: .*bare.npz.* without labels"):
        target_accuracy(_Brightness(), tmp_path / "bare.npz")


def test_the_model_of_the_zoo_is_measured(labelled_file):
    model = ADA(SHAPE, num_classes=3, num_features=4, filters=2, hidden=(4,))
    assert 0.0 <= target_accuracy(model, labelled_file)["accuracy"] <= 1.0


def test_translations_are_judged_against_the_other_domain_with_their_labels(labelled_file):
    model = CycleGAN(SHAPE, filters=2, blocks=1)
    classifier = Classifier(SHAPE, num_classes=3, width=2, num_features=4)
    figures = translation_quality(model, labelled_file, labelled_file, classifier=classifier, splits=2, neighbours=1)
    assert figures["num_samples"] == figures["num_reference"] == 30
    guesses = np.argmax(classifier.probabilities(model.translate(_images(labelled_file), to="a")), axis=1)
    assert figures["label_accuracy"] == pytest.approx(np.mean(guesses == np.arange(30) % 3))


def _images(path):
    with np.load(path) as file:
        return file["x_test"][..., None]
