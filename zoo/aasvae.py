"""The adversary-activated semi-supervised VAE: Eq. 17 of Hu et al. 2018 on the semi-supervised VAE.

As `aavae`, with the semi-supervised objective in the place of L. Since the class of a data example is seldom known the
discriminator judges images alone. A generated sample, of a class drawn from p(c), counts as one without a label: its
code is (z, c), and the classifier learns from it what it learns from data without labels.
"""

import tensorflow as tf

from .aavae import AdversaryActivation
from .core.phase import Batch
from .core.randomness import categories, fold_in
from .hub.registry import register
from .svae import SVAE, UNLABELLED


@register
class AASVAE(AdversaryActivation, SVAE):
    """A semi-supervised VAE activated by an adversary.

    Args:
        image_shape: (height, width, channels).
        temperature: T in D(x) = sigmoid(logit / T); above 1 it encourages the use of generated samples.
        discriminator_network: a built Keras network from images to logits [batch, 1], in place of a dense one with the
            encoder's widths.
        **kwargs: the other arguments of `SVAE`.
    """

    judged_classes = None  # the discriminator is given none

    def judged(self, tree):
        """The discriminator's formulas are given none either."""
        return tree

    def expected_bound(self, weighted):
        """The semi-supervised objective on data."""
        return SVAE.expected_bound(self, weighted)

    @property
    def generated_bound(self):
        """A generated example counts as one without a label."""
        return UNLABELLED

    def _generation_noise(self, n, seed):
        classes = categories(n, self.num_classes, fold_in(seed, 2))
        return {**super()._generation_noise(n, seed), "classes": classes}

    def _generated(self, labels, noise):
        drawn = super()._generated(noise["classes"], noise)
        return Batch(drawn.images, -tf.ones_like(noise["classes"]))
