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
from .core.adversary import discriminator_phase
from .core.base import GenerativeModel
from .core.interface import in_chunks
from .core.phase import Formulation, Phase
from .core.randomness import NOISE_ALGORITHM, fold_in
from .hub.registry import register
from .theory.adversarial_losses import VIEWS
from .theory.expressions import KL, E, Function, Line, Number, c, f, log, p, q, x, y, z
from .theory.transforms import substitute

LOSS = "non_saturating"
FEATURES = Function("G", "theta", (z,))
DOMAINS = {p.g(x): p.theta(x | y.at(0)), p.data(x): p.theta(x | y.at(1))}  # what generations and data are here


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
        shift: largest random move of a training image, as a share of its height and width, in [0, 1): whole pixels.
        seed: int; initial weights and training noise follow from it.
        **kwargs: `name`, as for `keras.Model`.
    """

    two_domains = True
    _no_discriminator = "its discriminator judges features, not images"
    _no_density = "it is no model of images; it classifies them"

    def __init__(
        self,
        image_shape=(28, 28, 1),
        num_classes=10,
        num_features=64,
        filters=32,
        hidden=(64,),
        adaptation_weight=0.1,
        dropout=0.25,
        shift=0.07,
        seed=0,
        **kwargs,
    ):
        super().__init__(image_shape, seed=seed, **kwargs)
        if adaptation_weight < 0.0:
            raise ValueError(f"adaptation_weight must be 0 or more. Received: {adaptation_weight=}")
        if not (0.0 <= dropout < 1.0 and 0.0 <= shift < 1.0):
            raise ValueError(f"dropout and shift must lie in [0, 1). Received: {dropout=}, {shift=}")
        self.num_classes = num_classes
        self.num_features = num_features
        self.filters = filters
        self.hidden = hidden
        self.adaptation_weight = adaptation_weight
        self.dropout = dropout
        self.shift = shift
        # Batch statistics would mix the domains, or tell them apart.
        self.features = layers.dcgan_discriminator(
            self.image_shape, filters, num_features, normalization="layer", seed=seed, name="features"
        )
        trunk = keras.Sequential([keras.Input((num_features,)), keras.layers.ReLU()], name="classifier_trunk")
        self.classifier = layers.Conditional(trunk, layers.Categorical(num_classes), seed + 100, name="classifier")
        self.discriminator = layers.mlp_discriminator(num_features, hidden, seed + 1000)

    @property
    def phases(self):
        """The discriminator's move, then that of the features and the classifier."""
        view = VIEWS[LOSS]
        supervised = E(p((z, c) | y.at(1)))[log(f.omega(c | FEATURES))]
        # Both domains' lines are summed, where p(y) takes their mean.
        confused = Number(view.times * self.adaptation_weight) * view.generator_line.objective
        return (
            discriminator_phase(
                self.discriminator, self._both_logits, self._noise, LOSS, formula=view.discriminator_line()
            ),
            Phase(
                name="features",
                networks=(self.features, self.classifier),
                loss=self._objective,
                noise=self._noise,
                terms=("classification", "confusion", "source_accuracy"),
                formula=Line(
                    "max", ("theta", "omega"), confused + supervised if self.adaptation_weight else supervised
                ),
            ),
        )

    @property
    def formulation(self):
        """The first column of the paper's Table 1; without adaptation the classifier's likelihood is all."""
        view, adapts = VIEWS[LOSS], self.adaptation_weight > 0.0
        supervised = KL(p(c | (z, y.at(1))), f.omega(c | FEATURES))
        return Formulation(
            parts={
                x: "features",
                y: "domain: source (1) or target (0)",
                z: "images of both domains",
                c: "class label of a source image",
                p.theta(x | y): "`features`, G_theta, of the images of domain y",
                q.phi(y | x): "`discriminator`",
                f.omega(c | x): "`classifier`",
            },
            kl=view.divergence if adapts else supervised,
            theta_slot="" if adapts else "second",
            behaviour="makes the two domains' features alike"
            if adapts
            else "learns the source's classes, and nothing of the target",
            equations="Eqs. 1-3" if adapts else "the supervised line alone, beside Eqs. 1-3",
            where=tuple(substitute(one, DOMAINS) for one in view.where) if adapts else (),
        )

    def default_optimizers(self):
        """Adam with beta_1 = 0.5; a discriminator that is outrun is not confused but lied to, and so is the faster."""
        rates = {"discriminator": 2e-3, "features": 1e-3}
        return {name: keras.optimizers.Adam(rate, beta_1=0.5) for name, rate in rates.items()}

    def _noise(self, n, seed):
        """What the source's images meet, then the target's: moves [n, 2] in pixels, and the dropout's uniform noise."""
        return tuple(
            {
                "moves": self._moves(n, fold_in(seed, domain, 0)),
                "uniform": tf.random.stateless_uniform(
                    [n, self.num_features], fold_in(seed, domain, 1), alg=NOISE_ALGORITHM
                ),
            }
            for domain in range(2)
        )

    @property
    def _margins(self):
        """How many pixels an image moves at most, down and to the right."""
        return [round(self.shift * side) for side in self.image_shape[:2]]

    def _moves(self, n, seed):
        margins = tf.constant(self._margins, tf.float32)
        uniform = tf.random.stateless_uniform([n, 2], seed, alg=NOISE_ALGORITHM)
        return tf.cast(tf.floor(uniform * (2.0 * margins + 1.0)) - margins, tf.int32)

    def _moved(self, images, moves):
        """The images, each moved by its own number of pixels; what comes in from outside is black."""
        down, right = self._margins
        images = tf.pad(images, [[0, 0], [down, down], [right, right], [0, 0]])
        height, width, _ = self.image_shape
        rows = tf.range(height) + down - moves[:, :1]
        columns = tf.range(width) + right - moves[:, 1:]
        images = tf.gather(images, rows, axis=1, batch_dims=1)
        return tf.gather(images, columns, axis=2, batch_dims=1)

    def _both_features(self, batch, noise, training):
        """Features of the source's and of the target's images; in training, of moved images, less those dropped."""
        if not training:
            return tuple(self._features_of(images) for images in batch.images)
        return tuple(
            self._dropped(self._features_of(self._moved(images, given["moves"]), training), given["uniform"])
            for images, given in zip(batch.images, noise, strict=True)
        )

    def _dropped(self, features, uniform):
        return tf.where(uniform < self.dropout, 0.0, features / (1.0 - self.dropout))

    def _features_of(self, images, training=False):
        return layers.full_precision(self.features(images, training=training))

    def _logits(self, features, training):
        return layers.full_precision(self.discriminator(features, training=training))[:, 0]

    def _both_logits(self, batch, noise, training):
        return tuple(self._logits(features, training) for features in self._both_features(batch, noise, training))

    def _objective(self, batch, noise, training):
        source, target = self._both_features(batch, noise, training)
        classes = self.classifier(source, training=training)
        classification = classes.log_prob(batch.labels)
        # The discriminator's own loss with the domains exchanged: q^r in the place of q.
        confusion = adversarial.LOSSES[LOSS].discriminator(
            self._logits(target, training), self._logits(source, training)
        )
        correct = tf.equal(tf.argmax(classes.logits, axis=-1, output_type=tf.int32), batch.labels)
        terms = {
            "classification": classification,
            "confusion": confusion,
            "source_accuracy": layers.full_precision(correct),
        }
        return self.adaptation_weight * confusion - classification, terms

    # Using the model ------------------------------------------------------------------------------------------------

    def call(self, inputs, training=False):
        """The probabilities of the classes: `classify`."""
        return self._probabilities(self._images(inputs), training)

    def classify(self, x):
        """The probabilities of the classes of images x [n, *image_shape] of either domain: [n, num_classes] float32."""
        return in_chunks(self._probabilities, self._images(x))

    def _probabilities(self, x, training=False):
        return tf.nn.softmax(self.classifier(self._features_of(x, training), training=training).logits)
