"""The methods of `keras.Model` that are given data: each has a look at it first, wherever it comes from."""

from collections.abc import Iterator

import keras
import tensorflow as tf

from .batches import Inputs, PredictInputs
from .inputs import check_image_form, class_numbers, refusals, unit_floats
from .phase import Batch
from .progress import with_progress


class KerasMethods:
    """A mixin before `keras.Model`, for a model with `image_shape` and what `Interface` says of labels and domains."""

    _validating = None  # the identities of the images and labels that `fit` validates with, and has looked at

    def _inputs(self, kind=Inputs, **options):
        return kind(self.image_shape, self.num_classes, self.missing_labels, self.two_domains, **options)

    def fit(self, x=None, y=None, *args, validation_data=None, sample_weight=None, class_weight=None, **kwargs):
        """`keras.Model.fit` of data that have been looked at."""
        if validation_data is not None:
            validation_data = self._inputs().feed(*keras.utils.unpack_x_y_sample_weight(validation_data))
            self._validating = tuple(id(part) for part in validation_data[:2])
        x, y, sample_weight = self._inputs(class_weight=class_weight).feed(x, y, sample_weight)
        endless = isinstance(x, keras.utils.PyDataset) and x.num_batches is None
        if endless or isinstance(x, (tf.data.Dataset, Iterator)):
            kwargs["shuffle"] = False  # they have an order of their own; Keras would warn that it cannot shuffle them
        try:
            with refusals():
                return super().fit(x, y, *args, validation_data=validation_data, sample_weight=sample_weight, **kwargs)
        finally:
            self._validating = None

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, *args, **kwargs):
        """The mean of every term: `keras.Model.evaluate`, which see, of data that have been looked at."""
        if (id(x), id(y)) != self._validating:  # Keras's `fit` comes here too
            x, y, sample_weight = self._inputs().feed(x, y, sample_weight)
        if not args and not isinstance(kwargs.get("callbacks"), keras.callbacks.CallbackList):
            kwargs["callbacks"] = with_progress(kwargs.get("callbacks"), verbose)
        with refusals():
            return super().evaluate(x, y, batch_size, verbose, sample_weight, *args, **kwargs)

    def predict(self, x, *args, **kwargs):
        """What calling the model gives: `keras.Model.predict`, which see, of data that have been looked at.

        Args:
            x: images [n, *image_shape]; of a conditional model a pair (images, labels); or a data set, a
                `keras.utils.PyDataset` or a generator of such batches.
            *args: the further arguments of `keras.Model.predict`.
            **kwargs: the same.

        Returns:
            An array [n, ...].
        """
        with refusals():
            return super().predict(self._to_predict(x), *args, **kwargs)

    def predict_on_batch(self, x):
        """`predict` of one batch."""
        return super().predict_on_batch(self._to_predict(x))

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One step of training on a batch: `keras.Model.train_on_batch`, which see."""
        x, y, sample_weight = self._inputs(class_weight=class_weight).feed(x, y, sample_weight)
        return super().train_on_batch(x, y, sample_weight, return_dict=return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """The terms of a batch: `keras.Model.test_on_batch`, which see."""
        x, y, sample_weight = self._inputs().feed(x, y, sample_weight)
        return super().test_on_batch(x, y, sample_weight, return_dict=return_dict)

    def predict_step(self, data):
        """`call` on a batch of images; of a conditional model on a pair (images, labels)."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if isinstance(images, tuple):  # predict((images, labels)), which Keras takes for two inputs
            images, labels = images
        images = unit_floats(images)
        if labels is None or self.num_classes is None or self.two_domains:
            return self(images)
        return self(images, labels=labels)

    def _to_predict(self, x):
        images, labels, _ = self._inputs(PredictInputs).feed(x)
        return images if labels is None else (images, labels)

    def _unpack(self, data):
        """A `Batch` of float32 images and int32 labels, and the examples' weights, of what a step is given."""
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        domains = self._inputs().domains(images)
        for domain in domains:
            check_image_form(domain, self.image_shape)
        domains = tuple(unit_floats(domain) for domain in domains)
        if self.num_classes is None:
            labels = None
        else:
            labels = tf.cast(class_numbers(labels, self.num_classes, self.missing_labels)[0], tf.int32)
        return Batch(domains if self.two_domains else domains[0], labels), weights
