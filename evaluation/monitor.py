"""`QualityMonitor`: a callback that logs the quality of samples after each epoch."""

import keras
import numpy as np

from .. import data
from .distances import frechet_distance
from .quality import inception_score


class QualityMonitor(keras.callbacks.Callback):
    """Adds `frechet_distance` and `inception_score` of fresh samples to each epoch's logs.

    Put it before the callbacks that read them (a checkpoint, early stopping).

    Args:
        classifier: has `features_and_probabilities(images)`, as `zoo.Classifier`.
        images: real images to compare with, [n, h, w, c] uint8 or float in [0, 1]; of a validation split, if the
            figures are to choose anything.
        seed: int seed of the samples, the same for every epoch.
    """

    def __init__(self, classifier, images, seed=0):
        super().__init__()
        self.classifier = classifier
        self.seed = seed
        self.num_samples = len(images)
        self.reference, _ = self._judge(data.unit_floats(images))

    def _judge(self, images):
        parts = [images[i : i + 500] for i in range(0, len(images), 500)]
        judged = [self.classifier.features_and_probabilities(part) for part in parts]
        return tuple(np.concatenate([np.asarray(pair[i]) for pair in judged]) for i in (0, 1))

    def on_epoch_end(self, epoch, logs=None):
        """Sample as many images as there are real ones, and log both figures."""
        if logs is None:
            return
        features, probabilities = self._judge(np.asarray(self.model.sample(self.num_samples, seed=self.seed)))
        logs["frechet_distance"] = float(frechet_distance(features, self.reference))
        logs["inception_score"] = float(inception_score(probabilities, splits=1)[0])
