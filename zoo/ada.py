"""Adversarial domain adaptation (Ganin & Lempitsky 2015) in the form of Hu et al. 2018, Eqs. 1-3.

    max_phi    E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ]
    max_theta  E_{p_theta(x|y) p(y)} [ log q^r_phi(y|x) ],      q^r_phi(y|x) = q_phi(1-y|x)

x are features of images z, y their domain: 1 for the source, whose images have labels, and 0 for the target. The
features are trained to hide the domain, and to tell the source's classes apart; what classifies the source then
classifies the target as well.
"""

import keras
import tensorflow as tf

from .. import layers
from ..losses import adversarial
from .adversary import discriminator_phase
from .base import GenerativeModel
from .interface import in_chunks
from .phase import Formulation, Phase
from .randomness import NOISE_ALGORITHM, pair
from .registry import register


@register
class ADA(GenerativeModel):
    """A classifier of source images that adapts to a target domain without labels.

    `fit` takes pairs of images, (source, target), and the source's labels.

    Args:
        image_shape: (height, width, channels) of both domains' images; DCGAN's network takes 1 or 3 channels and at
            least 8 by 8 pixels.
        num_classes: how many classes there are, at least 2.
        num_features: size of the features x.
        filters: channels of the widest-grid convolutions.
        hidden: widths of the discriminator's dense layers.
        adaptation_weight: weight of the adversarial term in the features' phase; 0 for the source-only baseline.
        dropout: share of the features dropped in training, in [0, 1), before both classifier and discriminator.
        seed: int; initial weights and training noise follow from it.
        **kwargs: `name`, as for `keras.Model`.
    """

    two_domains = True

    def __init__(
        self,
        image_shape=(28, 28, 1),
        num_classes=10,
        num_features=64,
        filters=32,
        hidden=(64,),
        adaptation_weight=0.1,
        dropout=0.25,
        seed=0,
        **kwargs,
    ):
        super().__init__(image_shape, seed=seed, **kwargs)
        if adaptation_weight < 0.0:
            raise ValueError(f"adaptation_weight must be 0 or more. Received: {adaptation_weight=}")
        if not 0.0 <= dropout < 1.0:
            raise ValueError(f"dropout must lie in [0, 1). Received: {dropout=}")
        self.num_classes = num_classes
        self.num_features = num_features
        self.filters = filters
        self.hidden = hidden
        self.adaptation_weight = adaptation_weight
        self.dropout = dropout
        # Batch statistics would mix the domains, or tell them apart.
        self.features = layers.dcgan_discriminator(
            self.image_shape, filters, num_features, normalization="layer", seed=seed, name="features"
        )
        trunk = keras.Sequential([keras.Input((num_features,)), keras.layers.ReLU()], name="classifier_trunk")
        self.classifier = layers.Conditional(trunk, layers.Categorical(num_classes), seed + 100, name="classifier")
        self.discriminator = layers.mlp((num_features,), hidden, "leaky_relu", seed + 1000, name="discriminator")
        self.discriminator.add(
            keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(seed=seed + 2000))
        )
        self.finish()

    @property
    def phases(self):
        """The discriminator's move, then that of the features and the classifier."""
        reversed_line = "E_{p_theta(x|y) p(y)} [ log q^r_phi(y|x) ]"
        return (
            discriminator_phase(
                self.discriminator,
                self._both_logits,
                self._noise,
                "non_saturating",
                formula="max_phi E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ]",
            ),
            Phase(
                name="features",
                networks=(self.features, self.classifier),
                loss=self._objective,
                noise=self._noise,
                terms=("classification", "confusion", "source_accuracy"),
                formula=f"max_{{theta,omega}} {self.adaptation_weight:g} {reversed_line} "
                "+ E_{p(z,c|y=1)} [ log f_omega(c|G_theta(z)) ]",
            ),
        )

    @property
    def formulation(self):
        """The first column of the paper's Table 1."""
        return Formulation(
            parts={
                "x": "features",
                "y": "domain: source (1) or target (0)",
                "z": "images of both domains",
                "c": "class label of a source image",
                "p_theta(x|y)": "`features`, G_theta, of the images of domain y",
                "q_phi(y|x)": "`discriminator`",
                "f_omega(c|x)": "`classifier`",
            },
            kl="KL( p_theta(x|y) || q^r(x|y) )",
            theta_slot="first",
            behaviour="makes the two domains' features alike, so that a classifier of the one serves the other",
            equations="Eqs. 1-3",
            notes=(
                "q^r_phi(y|x) = q_phi(1-y|x), the discriminator with the label reversed; theta is active for both y, "
                "where a GAN's is for y = 0 alone.",
                "The line of f_omega is the usual supervised one; with weight 0 for the other, the source-only "
                "baseline, it is all that there is.",
            ),
        )

    def default_optimizers(self):
        """Adam with beta_1 = 0.5; a discriminator that is outrun is not confused but lied to, and so is the faster."""
        rates = {"discriminator": 2e-3, "features": 1e-3}
        return {name: keras.optimizers.Adam(rate, beta_1=0.5) for name, rate in rates.items()}

    def _noise(self, n, seed):
        """Uniform noise of the dropout, for the source's features and for the target's."""
        return tuple(
            tf.random.stateless_uniform([n, self.num_features], pair(seed, domain), alg=NOISE_ALGORITHM)
            for domain in range(2)
        )

    def _both_features(self, batch, noise, training):
        """Features of the source's and of the target's images, less those dropped."""
        return tuple(
            tf.where(uniform < self.dropout, 0.0, self._features_of(images, training) / (1.0 - self.dropout))
            for images, uniform in zip(batch.images, noise, strict=True)
        )

    def _features_of(self, images, training=False):
        return tf.cast(self.features(images, training=training), tf.float32)

    def _logits(self, features, training):
        return tf.cast(self.discriminator(features, training=training), tf.float32)[:, 0]

    def _both_logits(self, batch, noise, training):
        return tuple(self._logits(features, training) for features in self._both_features(batch, noise, training))

    def _objective(self, batch, noise, training):
        source, target = self._both_features(batch, noise, training)
        classes = self.classifier(source, training=training)
        classification = classes.log_prob(batch.labels)
        # The discriminator's own loss with the domains exchanged: q^r in the place of q.
        confusion = adversarial.discriminator_loss(self._logits(target, training), self._logits(source, training))
        correct = tf.equal(tf.argmax(classes.logits, axis=-1, output_type=tf.int32), batch.labels)
        terms = {
            "classification": classification,
            "confusion": confusion,
            "source_accuracy": tf.cast(correct, tf.float32),
        }
        return self.adaptation_weight * confusion - classification, terms

    # Using the model ------------------------------------------------------------------------------------------------

    def call(self, inputs, training=False):
        """The probabilities of the classes: `classify`."""
        return self._probabilities(inputs, training)

    def classify(self, x):
        """The probabilities of the classes of images x [n, *image_shape] of either domain: [n, num_classes] float32."""
        return in_chunks(self._probabilities, self._images(x))

    def _probabilities(self, x, training=False):
        return tf.nn.softmax(self.classifier(self._features_of(x, training), training=training).logits)
