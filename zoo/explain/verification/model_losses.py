"""The models' own objectives, which the identities are about, where what their networks say is given as tables.

Each function calls a model's method on a stand-in for the model, which has its networks' answers and nothing else.
"""

from types import SimpleNamespace

import tensorflow as tf

from ...aae import AAE
from ...ada import ADA
from ...ali import ALI
from ...core.adversary import discriminator_phase
from ...core.autoencoder import Autoencoder
from ...core.chain import Chain
from ...core.phase import Batch
from ...gan import GAN
from ...infogan import InfoGAN
from ...iwae import IWAE
from ...iwgan import IWGAN
from ...vae import VAE

NOTHING = Batch(None)


def _ignore(*_):
    return None


def discriminator(real, generated, loss="non_saturating"):
    """The discriminator's loss of pairs of outputs, as every model's phase has it."""
    phase = discriminator_phase(None, lambda *_: (real, generated), None, loss, formula="")
    return phase.loss(NOTHING, None, True)[0]


def gan(outputs, loss="non_saturating"):
    """The GAN's generator's loss of samples with these outputs of the discriminator."""
    model = SimpleNamespace(adversarial_loss=loss, _generator_logits=lambda *_: outputs)
    return GAN._generator_objective(model, NOTHING, None, True)[0]


def iwgan(outputs, loss="non_saturating"):
    """The importance weighted GAN's, whose samples are weighed within all that are given."""
    model = SimpleNamespace(adversarial_loss=loss, _generator_logits=lambda *_: outputs)
    return IWGAN._generator_objective(model, NOTHING, None, True)[0]


def infogan(logits, log_q):
    """InfoGAN's generator's loss, log_q the log-likelihood of the code."""
    model = SimpleNamespace(
        adversarial_loss="non_saturating",
        _take_statistics=_ignore,
        _judge=lambda *_: (logits, {"category": log_q}),
        _weighted=lambda terms: InfoGAN._weighted(SimpleNamespace(_weights={"category": 1.0}), terms),
    )
    return InfoGAN._generator_objective(model, NOTHING, None, True)[0]


def aae(logits, log_likelihood):
    """The sum of AAE's losses of encoder and decoder, log_likelihood that of the image, logits those of its code."""
    model = SimpleNamespace(
        adversarial_loss="non_saturating",
        _codes=_ignore,
        _decode=lambda *_, **__: SimpleNamespace(log_prob=lambda _: log_likelihood),
        _logits=lambda *_: logits,
    )
    reconstruction, _ = AAE._objective(model, NOTHING, None, True)
    return reconstruction + AAE._encoder_objective(model, NOTHING, None, True)[0]


def ada(source, target):
    """The loss of ADA's features by these logits of the source's and the target's, the classifier being sure."""
    classes = SimpleNamespace(log_prob=lambda _: tf.zeros_like(source), logits=tf.zeros([len(source), 2]))
    model = SimpleNamespace(
        adaptation_weight=1.0,
        _both_features=lambda *_: (source, target),
        _logits=lambda features, _: features,
        classifier=lambda *_, **__: classes,
    )
    return ADA._objective(model, Batch(None, tf.zeros([len(source)], tf.int32)), None, True)[0]


def ali(real, generated):
    """The loss of ALI's generator and encoder by the logits of pairs of both kinds."""
    model = SimpleNamespace(
        adversarial_loss="non_saturating", _take_statistics=_ignore, _both_logits=lambda *_: (real, generated)
    )
    return ALI._generator_objective(model, NOTHING, None, True)[0]


def vae(x, noise, prior, posterior, likelihood):
    """The VAE's loss of an observation x, of reparameterised codes.

    Args:
        x: the observation.
        noise: standard normal draws [batch, 1].
        prior: the distribution of codes.
        posterior: that of codes given x.
        likelihood: a function from codes to the distribution of x.
    """
    return VAE._objective(_autoencoder(prior, posterior, likelihood), Batch(x), [noise], True)[0]


def iwae(x, noise, prior, posterior, likelihood, bound, **arguments):
    """IWAE's loss by a bound's name, as `vae`'s, of noise [k, batch, 1]; the bound may take an argument."""
    model = _autoencoder(prior, posterior, likelihood)
    value = next(iter(arguments.values()), None)
    vars(model).update(bound=bound, chain=Chain(), bound_argument=value)
    model._infer = lambda *given: Autoencoder._infer(model, *given)
    model._log_joint = lambda *given: Autoencoder._log_joint(model, *given)
    return IWAE._objective(model, Batch(x), [noise], True)[0]


def _autoencoder(prior, posterior, likelihood):
    return SimpleNamespace(prior=prior, _encode=lambda *_: posterior, _decode=lambda z, *_: likelihood(z))
