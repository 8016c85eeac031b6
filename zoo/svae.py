"""The semi-supervised VAE (Kingma et al. 2014, Semi-Supervised Learning with Deep Generative Models, "M2").

The class c is a second latent variable, which some examples' labels give:

    L(x,c) = E_{q_eta(z|x,c)} log p_theta(x|z,c) - KL( q_eta(z|x,c) || p(z) ) + log p(c)      with a label
    U(x)   = sum_c q_eta(c|x) [ L(x,c) - log q_eta(c|x) ]                                       without one

Both are lower bounds, on log p(x,c) and on log p(x); the sum over the classes is exact, p(c) uniform. A labelled
example's bound does not train the classifier q_eta(c|x), so alpha log q_eta(c|x) is added to it.
"""

import math
from dataclasses import replace

import tensorflow as tf

from .. import layers
from .core.checks import check_not_negative
from .core.inputs import checked_labels
from .core.interface import in_chunks
from .core.likelihood import bound_terms
from .core.phase import Batch
from .hub.registry import register
from .theory.expressions import KL, E, Event, Line, Named, Scalar, c, log, p, q, total, x, y, z
from .theory.transforms import condition, reverse_label
from .vae import BOUND, VAE

LABELLED = Named("L", condition(BOUND) + log(p(c)), (x, c))
UNLABELLED = Named("L", total(c, q.eta(c | x) * (LABELLED - log(q.eta(c | x)))), (x,))
SHARE = Scalar("s")


@register
class SVAE(VAE):
    """A semi-supervised VAE: a class-conditional one with a classifier, trained with labels of which some are missing.

    Without labels (or where they are -1) `encode`, `reconstruct` and `interpolate` take the classifier's most probable
    class, and `log_prob` is of p(x), the class summed out; with them, of p(x|c).

    Args:
        image_shape: (height, width, channels).
        num_classes: how many classes there are, at least 2.
        alpha: weight of a labelled example's classification in its loss. Kingma et al. take 0.1 N / N_l, with N
            examples of which N_l are labelled, so that few labels weigh as much as many: 10, the default, at 1 %.
        classifier_network: a built Keras network from images to features [batch, size], in place of a dense one with
            the encoder's widths.
        **kwargs: the other arguments of `VAE`.
    """

    missing_labels = True

    def __init__(self, image_shape=(28, 28, 1), *, num_classes, alpha=10.0, classifier_network=None, **kwargs):
        if num_classes is None or num_classes < 2:
            raise ValueError(f"num_classes must be at least 2. Received: {num_classes=}")
        check_not_negative(alpha=alpha)
        self.alpha = alpha
        self.classifier_network = classifier_network
        super().__init__(image_shape, num_classes=num_classes, **kwargs)

    def build_networks(self):
        """Make the VAE's networks and the classifier."""
        super().build_networks()
        network, head = self.classifier_network or self.network, layers.Categorical(self.num_classes)
        self.classifier = layers.encoder(
            network, self.image_shape, head, self.options(), seed=self.seed + 2000, name="classifier"
        )

    @property
    def phases(self):
        """One phase: the VAE's, of which the classifier is part."""
        (autoencoder,) = super().phases
        return (
            replace(
                autoencoder,
                networks=(*autoencoder.networks, self.classifier),
                terms=(*autoencoder.terms, "classification"),
                formula=Line("max", ("theta", "eta"), self.expected_bound(lambda one: one)),
            ),
        )

    def expected_bound(self, weighted):
        """The objective on data, of which a share s is labelled; `weighted` is a function of an example's bound."""
        labelled = LABELLED + Scalar("alpha", self.alpha) * log(q.eta(c | x))
        without, given = E(p.data(x))[weighted(UNLABELLED)], E(p.data(Event((x, c))))[weighted(labelled)]
        return (1 - SHARE) * without + SHARE * given

    @property
    def formulation(self):
        """The VAE's place, with the class as a part of the code where it is not given."""
        plain = super().formulation
        parts = {**plain.parts, z: "code, to which the class c belongs where no label gives it"}
        parts[c] = "class label, given for a share s of the examples"
        parts[q.eta(c | (x, y))] = "`classifier`; read as inference of c"
        perfect = reverse_label(q.perfect(y | x), "*")
        return replace(
            plain,
            parts=parts,
            kl=KL(q.eta(Event((z, c), (x, y))) * perfect, p.theta((z, c, y) | x)),
            equations="the VAE's, Eqs. 11-13, with the bounds of Kingma et al. 2014",
        )

    def _objective(self, batch, noise, training):
        images, labels = batch
        # The class is enumerated with the same noise, so that what differs between the classes is not the noise.
        repeated = tf.tile(images, [self.num_classes, 1, 1, 1])
        classes = tf.repeat(tf.range(self.num_classes), tf.shape(images)[0])
        noise = [tf.tile(one, [self.num_classes, 1]) for one in noise]
        _, terms = super()._objective(Batch(repeated, classes), noise, training)

        log_q = tf.nn.log_softmax(self.classifier(images, training=training).logits)
        given = layers.one_hot(labels, self.num_classes)  # all zeros where the label is missing
        known = tf.reduce_sum(given, axis=1)
        weights = given + (1.0 - known)[:, None] * tf.exp(log_q)  # of the classes, [n, num_classes]
        reconstruction, kl = (
            tf.reduce_sum(weights * tf.transpose(tf.reshape(terms[name], [self.num_classes, -1])), axis=1)
            for name in ("reconstruction", "kl")
        )
        negative_entropy = (1.0 - known) * tf.reduce_sum(tf.exp(log_q) * log_q, axis=1)
        kl += math.log(self.num_classes) + negative_entropy  # of the class from p(c)
        classification = tf.reduce_sum(given * log_q, axis=1)
        terms = {**bound_terms(reconstruction, kl), "classification": classification}
        return -(terms["bound"] + self.alpha * classification), terms

    # Using the model ------------------------------------------------------------------------------------------------

    def classify(self, x):
        """The probabilities q(c|x) of the classes of images x [n, *image_shape]: [n, num_classes] float32."""
        return in_chunks(lambda x: tf.nn.softmax(self.classifier(x).logits), self._images(x))

    def _completed(self, x, labels):
        """Labels [n] in which the most probable classes stand for those that are missing."""
        guesses = tf.argmax(self.classify(x), axis=-1, output_type=tf.int32)
        if labels is None:
            return guesses
        labels = tf.cast(checked_labels(labels, self.num_classes, missing=True), tf.int32)
        return tf.where(labels < 0, guesses, labels)

    def encode(self, x, labels=None):
        """q(z|x,c), a multivariate normal of batch shape [n]."""
        return super().encode(x, self._completed(x, labels))

    def reconstruct(self, x, *, labels=None, seed=None):
        """The mean of p(x|z,c) at the posterior's mean, or at a draw from it where `seed` is given."""
        return super().reconstruct(x, labels=self._completed(x, labels), seed=seed)

    def interpolate(self, a, b, steps=8, *, labels=None):
        """Decode the line between the mean codes of images a and b: [n, steps, *image_shape].

        All of it, b's end too, has one class: that of the label, or else of a.
        """
        return super().interpolate(a, b, steps, labels=self._completed(a, labels))

    def importance_log_prob(self, x, seeds, num_samples, labels=None):
        """The bound on log p(x|c) of `VAE`, or without labels on log p(x) = log sum_c p(c) p(x|c).

        For the sum the samples are shared out to the classes evenly, at least one each.
        """
        given_class = super().importance_log_prob
        if labels is not None:
            return given_class(x, seeds, num_samples, labels)
        each = max(1, num_samples // self.num_classes)
        bounds = tf.map_fn(
            lambda c: given_class(x, seeds, each, tf.fill(tf.shape(seeds), c)),
            tf.range(self.num_classes),
            fn_output_signature=tf.float32,
        )
        return tf.reduce_logsumexp(bounds, axis=0) - math.log(self.num_classes)
