"""A small convolutional classifier: the eyes with which generated images are judged.

Inception score and Fréchet distance need class probabilities and features of images. Inception-v3 sees digits
badly and weighs 90 MB; a network trained on the data set itself sees them well and weighs one. Figures made
with it compare models judged by the *same* classifier and cannot be set beside published Inception-v3 ones.

Two stages of two 3x3 convolutions (the second of stride 2), a dense layer to the features, a linear read-out.
Every hidden layer is batch-normalised (Ioffe and Szegedy 2015), so each feature has about unit scale and none
is dead: distances in feature space weigh all of them. In training only, images are moved by up to `shift` of
their size and features are dropped out (Srivastava et al. 2014); inference is deterministic.
"""

import keras

from .. import layers
from .core.batches import Inputs
from .core.config import config_of
from .core.inputs import unit_floats
from .core.interface import Interface, in_chunks
from .core.keras_methods import KerasMethods
from .hub.registry import register


@register
class Classifier(Interface, KerasMethods, keras.Model):
    """An image classifier that also gives its penultimate features, for evaluating generative models.

    All weights exist after construction. `compile()` without arguments gives the training set-up of the
    shipped weights, so that `compile(); fit(dataset of (images, labels))` is all that training takes.

    Example:
        classifier = Classifier()
        classifier.compile()
        classifier.fit(train, epochs=6)                  # train: batches of 100 ([n, 28, 28, 1], [n])
        features = classifier.features(images)           # [n, 64]

    Args:
        image_shape: (height, width, channels) of the images; height and width at least 8.
        num_classes: number of classes, at least 2.
        width: channels of the first stage; the second has twice as many.
        num_features: number of features. A Fréchet distance needs more images than this.
        shift: largest random move of a training image, as a share of its height and width, in [0, 1).
        dropout: share of features dropped in training, in [0, 1).
        seed: seed of the initial weights, of the moves and of dropout.
        **kwargs: `name` and `dtype`, as every Keras model takes them.
    """

    _no_density = "it is no model of images; it classifies them"

    def __init__(
        self,
        image_shape=(28, 28, 1),
        num_classes=10,
        width=32,
        num_features=64,
        shift=0.07,
        dropout=0.3,
        seed=0,
        **kwargs,
    ):
        if len(image_shape) != 3 or min(image_shape[:2]) < 8 or image_shape[2] < 1:
            raise ValueError(
                "`image_shape` must be (height, width, channels) with height and width at least 8. "
                f"Received: image_shape={image_shape}"
            )
        if num_classes < 2 or width < 1 or num_features < 1:
            raise ValueError(
                "`num_classes` must be at least 2, `width` and `num_features` at least 1. "
                f"Received: num_classes={num_classes}, width={width}, num_features={num_features}"
            )
        if not (0 <= shift < 1 and 0 <= dropout < 1):
            raise ValueError(f"`shift` and `dropout` must lie in [0, 1). Received: shift={shift}, dropout={dropout}")
        super().__init__(**kwargs)
        self.image_shape = tuple(int(size) for size in image_shape)
        self.num_classes = num_classes
        self.width = width
        self.num_features = num_features
        self.shift = shift
        self.dropout = dropout
        self.seed = seed

        policy = self.dtype_policy
        constant = {"fill_mode": "constant", "data_format": "channels_last"}
        self.augmentation = keras.layers.RandomTranslation(
            shift, shift, **constant, seed=seed, dtype=policy, name="augmentation"
        )
        self.backbone = layers.normalized_backbone(self.image_shape, width, num_features, seed + 1, policy)
        # Features and logits stay in float32 under mixed precision.
        self.dropper = keras.layers.Dropout(dropout, seed=seed + 6, dtype="float32", name="dropper")
        initializer = keras.initializers.GlorotUniform(seed=seed + 7)
        self.head = keras.layers.Dense(num_classes, kernel_initializer=initializer, dtype="float32", name="head")
        self.head.build((None, num_features))
        self.built = True

    predict_step = keras.Model.predict_step  # no class is told to it

    def _inputs(self, kind=Inputs, **options):
        """Images are looked at; labels are as the loss takes them."""
        return kind(self.image_shape, None, False, False, **options)

    def call(self, images, training=False):
        """The logits, float32 [n, num_classes], of images [n, h, w, c]: floats in [0, 1], 8-bit levels, or bool."""
        images = unit_floats(images)
        if training:
            images = self.augmentation(images, training=True)
        features = self.backbone(images, training=training)
        return self.head(self.dropper(features, training=training))

    def features(self, images):
        """The penultimate activations, float32 [n, num_features], at least 0, of images [n, h, w, c] in [0, 1]."""
        return self.backbone(images, training=False)

    def classify(self, x):
        """The class probabilities, float32 [n, num_classes], of images [n, h, w, c], floats in [0, 1]."""
        return in_chunks(lambda images: self.features_and_probabilities(images)[1], self._images(x))

    def features_and_probabilities(self, images):
        """`(features(images), classify(images))` from one pass of images [n, h, w, c] in [0, 1] through the network."""
        features = self.features(images)
        return features, keras.ops.softmax(self.head(features))

    def compile(self, optimizer=None, loss=None, metrics=("accuracy",), **kwargs):
        """Configure training; what is not given is set as for the shipped weights.

        Args:
            optimizer: by default Adam at 2e-3, its learning rate multiplied by 0.55 every 550 steps (an epoch
                of 55,000 images at batch 100).
            loss: by default the cross-entropy of integer labels [n] with the logits, in nats.
            metrics: by default the accuracy.
            **kwargs: what `keras.Model.compile` takes besides.
        """
        if optimizer is None:
            schedule = keras.optimizers.schedules.ExponentialDecay(2e-3, decay_steps=550, decay_rate=0.55)
            optimizer = keras.optimizers.Adam(schedule)
        if loss is None:
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        metrics = list(metrics) if isinstance(metrics, tuple) else metrics
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, **kwargs)

    def compile_from_config(self, config):
        """Compile as `get_compile_config` says; Keras asks this of a model with its own `compile`."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def get_config(self):
        """The constructor's arguments as plain JSON."""
        return {**super().get_config(), **config_of(self, Classifier)}
