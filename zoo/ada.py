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
from .core.checks import check_not_negative, check_shares
from .core.features import Features
from .core.interface import in_chunks
from .core.phase import Formulation, Phase
from .core.randomness import fold_in
from .hub.registry import register
from .theory.adversarial_losses import VIEWS
from .theory.expressions import KL, E, Function, Line, Number, c, f, log, p, q, x, y, z
from .theory.transforms import substitute

LOSS = "non_saturating"
ADAPTED = "makes the two domains' features alike"
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
        check_not_negative(adaptation_weight=adaptation_weight)
        check_shares(dropout=dropout, shift=shift)
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
        view, line = VIEWS[LOSS], VIEWS[LOSS].discriminator_line()
        supervised = E(p((z, c) | y.at(1)))[log(f.omega(c | FEATURES))]
        # Both domains' lines are summed, where p(y) takes their mean.
        confused = Number(view.times * self.adaptation_weight) * view.generator_line.objective
        climbed = confused + supervised if self.adaptation_weight else supervised
        return (
            discriminator_phase(self.discriminator, self._both_logits, self._noise, LOSS, formula=line),
            Phase(
                name="features",
                networks=(self.features, self.classifier),
                loss=self._objective,
                noise=self._noise,
                terms=("classification", "confusion", "source_accuracy"),
                formula=Line("max", ("theta", "omega"), climbed),
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
            behaviour=ADAPTED if adapts else "learns the source's classes, and nothing of the target",
            equations="Eqs. 1-3" if adapts else "the supervised line alone, beside Eqs. 1-3",
            where=tuple(substitute(one, DOMAINS) for one in view.where) if adapts else (),
        )

    def default_optimizers(self):
        """Adam with beta_1 = 0.5; a discriminator that is outrun is not confused but lied to, and so is the faster."""
        rates = {"discriminator": 2e-3, "features": 1e-3}
        return {name: keras.optimizers.Adam(rate, beta_1=0.5) for name, rate in rates.items()}

    @property
    def _features(self):
        return Features(self.features, layers.RandomShift(self.image_shape, self.shift), self.dropout)

    def _noise(self, n, seed):
        """What the source's images and features meet, then the target's."""
        return tuple(self._features.noise(n, fold_in(seed, domain)) for domain in range(2))

    def _both_features(self, batch, noise, training):
        """Features of the source's and of the target's images; in training, of moved images, less those dropped."""
        both = zip(batch.images, noise, strict=True)
        return tuple(self._features(images, given, training) for images, given in both)

    def _logits(self, features, training):
        return layers.logits(self.discriminator, features, training)

    def _both_logits(self, batch, noise, training):
        return tuple(self._logits(features, training) for features in self._both_features(batch, noise, training))

    def _objective(self, batch, noise, training):
        source, target = self._both_features(batch, noise, training)
        classes = self.classifier(source, training=training)
        classification = classes.log_prob(batch.labels)
        # The discriminator's own loss with the domains exchanged: q^r in the place of q.
        exchanged = self._logits(target, training), self._logits(source, training)
        confusion = adversarial.LOSSES[LOSS].discriminator(*exchanged)
        correct = tf.equal(tf.argmax(classes.logits, axis=-1, output_type=tf.int32), batch.labels)
        terms = {"classification": classification, "confusion": confusion}
        terms["source_accuracy"] = layers.full_precision(correct)
        return self.adaptation_weight * confusion - classification, terms

    # Using the model ------------------------------------------------------------------------------------------------

    def call(self, inputs, training=False):
        """The probabilities of the classes: `classify`."""
        return self._probabilities(self._images(inputs), training)

    def classify(self, x):
        """The probabilities of the classes of images x [n, *image_shape] of either domain: [n, num_classes] float32."""
        return in_chunks(self._probabilities, self._images(x))

    def _probabilities(self, x, training=False):
        return tf.nn.softmax(self.classifier(self._features.plain(x, training), training=training).logits)
