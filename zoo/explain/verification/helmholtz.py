"""What wake and sleep climb: Eq. 14 on a Helmholtz machine of tables, by the library's own phases.

A code h is one of a few, and so is an image x. Expectations are sums over all pairs, weighed by their probabilities,
which are held fixed at what they are before the update.
"""

import tensorflow as tf
import tensorflow_probability as tfp

from ...core.phase import Batch
from ...rws import RWS
from ...wakesleep import WakeSleep
from .identity import Identity, gradients, table

tfd = tfp.distributions

CODES, IMAGES = 3, 5
THETA, TOP = table(50, CODES, IMAGES), table(51, CODES)  # of p_theta(x|h) and p_theta(h)
LAMBDA = table(52, IMAGES, CODES)  # of q_lambda(h|x)
DATA = tf.nn.softmax(table(53, IMAGES))
X, H = (tf.reshape(one, [-1]) for one in tf.meshgrid(tf.range(IMAGES), tf.range(CODES), indexing="ij"))  # all pairs


class _Pixels:
    """What a draw of the library's makes images of: noise that is below one half where a pixel is to be one."""

    @staticmethod
    def mean():
        return 0.5


class _Tables:
    """A Helmholtz machine of tables, as far as its phases ask for it; codes and images are injected as noise.

    Attributes:
        theta, top, recognition: the parameters.
    """

    def __init__(self, theta, top, recognition):
        self.theta, self.top, self.recognition = theta, top, recognition

    def _posteriors(self, images, labels, latents, training):
        return [tfd.Categorical(logits=tf.cast(images, tf.float64) @ self.recognition)]

    def _infer(self, images, labels, noise, training):
        return noise, self._posteriors(images, labels, noise, training)

    def _log_joint(self, images, labels, latents, training):
        log_likelihood = tf.gather(tf.nn.log_softmax(self.theta), latents[0])
        log_likelihood = tf.reduce_sum(log_likelihood * tf.cast(images, tf.float64), axis=-1)
        return log_likelihood, tf.gather(tf.nn.log_softmax(self.top), latents[0])

    def _dream(self, noise, training):
        return noise

    def _decode(self, code, labels, training):
        return _Pixels


def _log_joint(theta, top):
    """log p_theta(x,h), [pairs]."""
    return tf.gather_nd(tf.nn.log_softmax(theta), tf.stack([H, X], axis=1)) + tf.gather(tf.nn.log_softmax(top), H)


def _log_inferred(recognition):
    """log q_lambda(h|x) p_data(x), [pairs]."""
    log_q = tf.gather_nd(tf.nn.log_softmax(recognition), tf.stack([X, H], axis=1))
    return log_q + tf.math.log(tf.gather(DATA, X))


def _kl(log_p, log_q):
    return tf.reduce_sum(tf.exp(log_p) * (log_p - log_q))


def _wake(machine, *parameters):
    """The wake phase's loss, of one code of each image."""
    images = tf.one_hot(X, IMAGES)
    codes = H if machine is WakeSleep else H[None]  # [k, batch] where k is more than one
    loss, _ = machine._wake_objective(_Tables(*parameters), Batch(images), [codes], True)
    return tf.reduce_sum(tf.exp(_log_inferred(LAMBDA)) * loss)


def wake():
    """Over theta: the gradient of KL( q_lambda(h|x) p_data(x) || p_theta(x,h) )."""
    yield (
        gradients(lambda theta, top: _wake(WakeSleep, theta, top, LAMBDA), THETA, TOP),
        gradients(lambda theta, top: _kl(_log_inferred(LAMBDA), _log_joint(theta, top)), THETA, TOP),
    )


def sleep():
    """Over lambda: the gradient of the same divergence with its arguments exchanged."""

    def loss(recognition):
        noise = {"latents": [H], "image": 1.0 - tf.one_hot(X, IMAGES)}
        machine = _Tables(THETA, TOP, recognition)
        per_pair, _ = WakeSleep._sleep_objective(machine, Batch(None), noise, True)
        return tf.reduce_sum(tf.exp(_log_joint(THETA, TOP)) * per_pair)

    yield (
        gradients(loss, LAMBDA),
        gradients(lambda recognition: _kl(_log_joint(THETA, TOP), _log_inferred(recognition)), LAMBDA),
    )


def rws_at_one_sample():
    """Of theta the wake phase's gradient; lambda's vanishes in expectation."""
    ours = gradients(lambda *parameters: _wake(RWS, *parameters), THETA, TOP, LAMBDA)
    plain = gradients(lambda theta, top: _wake(WakeSleep, theta, top, LAMBDA), THETA, TOP)
    yield ours, [*plain, tf.zeros_like(LAMBDA)]


IDENTITIES = (
    Identity("wake: gradient of KL( q p_data || p(x,h) )", "Hu et al. 2018, Eq. 14", wake, ("WakeSleep",)),
    Identity("sleep: of the same with arguments exchanged", "Hu et al. 2018, Eq. 14", sleep, ("WakeSleep", "RWS")),
    Identity("RWS at k = 1: theta as awake, lambda at rest", "Bornschein & Bengio 2015", rws_at_one_sample, ("RWS",)),
)
