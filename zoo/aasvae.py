"""The adversary-activated semi-supervised VAE: Eq. 17 of Hu et al. 2018 on the semi-supervised VAE.

As `aavae`, with the semi-supervised objective in the place of L. Since the class of a data example is seldom known the
discriminator judges images alone. A generated sample, of a class drawn from p(c), counts as one without a label: its
code is (z, c), and the classifier learns from it what it learns from data without labels.
"""

from dataclasses import replace

from .aavae import AdversaryActivation
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

    judges_classes = False
    generated_bound = UNLABELLED  # a generated example counts as one without a label

    @property
    def generations(self):
        """What makes the generated samples, of classes drawn from p(c)."""
        return replace(super().generations, classes=self.num_classes)
