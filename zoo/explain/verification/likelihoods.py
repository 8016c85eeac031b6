"""What the variational objectives are: Lemma 2 on a discrete VAE, and the importance weighted family by quadrature.

In Lemma 2 x and z are among a few values each, and the generated and the real part of p_theta0, from which x is drawn,
are held fixed at what they are before the update; so is q^r(y|x). The perfect discriminator knows which part x is from.
The bounds' expectations are taken of one-dimensional normal distributions, by Gauss-Hermite quadrature.
"""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from ....losses import bounds
from ...aavae import AdversaryActivation
from ...core.phase import Batch
from ...theory.importance_bounds import BOUNDS
from . import model_losses
from .identity import Identity, gradients, table

tfd = tfp.distributions

# Lemma 2 --------------------------------------------------------------------------------------------------------------

CODES, IMAGES = 3, 5
THETA, ETA = table(30, CODES, IMAGES), table(31, IMAGES, CODES)  # of p_theta(x|z,y=0) and q_eta(z|x,y=0)
PRIOR, DATA = tf.nn.softmax(table(32, CODES)), tf.nn.softmax(table(33, IMAGES))
IDLE = tf.nn.log_softmax(table(34, IMAGES, CODES))  # log q(z|x,y=1), without parameters


def _log_densities(theta, eta):
    """log p_theta(x|z,y) and log q_eta(z|x,y), [y, images, codes] each."""
    decoder = tf.transpose(tf.nn.log_softmax(theta))
    return (
        tf.stack([decoder, tf.math.log(DATA)[:, None] * tf.ones_like(decoder)]),
        tf.stack([tf.nn.log_softmax(eta), IDLE]),
    )


def _origins():
    """p_theta0(x) by its parts, real and generated, held fixed: [origin, images]; they sum to one."""
    generated = tf.linalg.matvec(tf.nn.softmax(THETA), PRIOR, transpose_a=True)
    return tf.stack([DATA, generated]) / 2


def _expected(reversed_label, per_label):
    """E_{p_theta0(x)} of sum_y q^r(y|x) per_label[y, images] less the entropy's q^r log q^r.

    Args:
        reversed_label: q^r(y|x), [origin, images, y].
        per_label: [y, images].
    """
    mean = tf.einsum("oxy,yx->ox", reversed_label, per_label)
    return tf.reduce_sum(_origins() * (mean - tf.reduce_sum(tf.math.xlogy(reversed_label, reversed_label), axis=-1)))


def _first_line(reversed_label, theta, eta):
    """E log p_theta(x|z,y) - KL( q_eta(z|x,y) q^r(y|x) || p(z|y) p(y) ); p(z|y) = p(z), p(y) = 1/2."""
    log_likelihood, log_q = _log_densities(theta, eta)
    terms = tf.exp(log_q) * (log_likelihood + tf.math.log(PRIOR / 2) - log_q)
    return _expected(reversed_label, tf.reduce_sum(terms, axis=-1))


def _second_line(reversed_label, theta, eta):
    """- KL( q_eta(z|x,y) q^r(y|x) || p_theta(z,y|x) )."""
    log_likelihood, log_q = _log_densities(theta, eta)
    joint = tf.exp(log_likelihood) * PRIOR / 2
    log_posterior = tf.math.log(joint / tf.reduce_sum(joint, axis=(0, 2), keepdims=True))
    return _expected(reversed_label, tf.reduce_sum(tf.exp(log_q) * (log_posterior - log_q), axis=-1))


def _perfect():
    """q_*^r(y|x): y = 0 for real x, y = 1 for generated; [origin, images, y]."""
    return tf.tile(tf.eye(2, dtype=tf.float64)[:, None], [1, IMAGES, 1])


def _elbos(theta, eta):
    """The library's bound of each image, [images], over all codes with their probabilities: one sample a bound."""
    log_likelihood, log_q = (densities[0] for densities in _log_densities(theta, eta))
    log_w = log_likelihood + tf.math.log(PRIOR) - log_q
    return tf.reduce_sum(tf.exp(log_q) * tf.reshape(bounds.elbo(tf.reshape(log_w, [1, -1])), log_w.shape), axis=-1)


def _elbo(theta, eta):
    """The VAE's objective, E_{p_data(x)} of the bound."""
    return tf.reduce_sum(DATA * _elbos(theta, eta))


def _same_as_bound(line):
    yield gradients(lambda theta, eta: 2 * line(_perfect(), theta, eta), THETA, ETA), gradients(_elbo, THETA, ETA)


def lemma_2():
    """The first line is half the VAE's bound, up to constants."""
    return _same_as_bound(_first_line)


def lemma_2_divergence():
    """So is the second, which is the first less log p_theta(x): that is stationary at theta0."""
    return _same_as_bound(_second_line)


class _Tables:
    """A VAE of tables, as far as its adversary asks for it: an example is a number, its origin's and its image's.

    Attributes:
        parameters: theta and eta.
        logits: the discriminator's, [2 * images]: of real images, then of generated ones.
    """

    temperature = 1.0

    def __init__(self, logits, *parameters):
        self.logits = logits
        self.parameters = parameters

    def _objective(self, batch, noise, training):
        return -tf.gather(_elbos(*self.parameters), batch.images % IMAGES), {}


class _Injected:
    """Generated examples that are given as noise."""

    def draw(self, labels, noise):
        return Batch(noise)


class _ActivatedTables(AdversaryActivation, _Tables):
    """The library's activation of that VAE; the generated examples are injected."""

    __init__ = _Tables.__init__
    generations = _Injected()

    def _logits(self, images, labels, training):
        return tf.gather(self.logits, images)


def _activated(logits):
    """The AAVAE's objective as a function of theta and eta: over all pairs of a real and a generated example."""
    real, generated = (tf.reshape(one, [-1]) for one in tf.meshgrid(tf.range(IMAGES), tf.range(IMAGES), indexing="ij"))
    pairs = tf.reshape(4 * _origins()[0][:, None] * _origins()[1][None, :], [-1])

    def objective(*parameters):
        noise = {"generation": IMAGES + generated, "real": None, "generated": None}
        return -tf.reduce_sum(pairs * _ActivatedTables(logits, *parameters)._objective(Batch(real), noise, True)[0])

    return objective


def aavae():
    """Of any discriminator, whose judgement is held fixed; it is the same of both origins."""
    for logits in (table(35, IMAGES), tf.zeros_like(DATA)):
        reversed_label = tf.stack(2 * [tf.stack([tf.sigmoid(logits), tf.sigmoid(-logits)], axis=-1)])
        line = gradients(lambda theta, eta, q=reversed_label: _first_line(q, theta, eta), THETA, ETA)
        yield gradients(_activated(tf.concat(2 * [logits], axis=0)), THETA, ETA), line


def aavae_perfect():
    """Of the discriminator with D = 1 on real and D = 0 on generated images: half the VAE's objective."""
    perfect = tf.repeat(tf.constant([1e3, -1e3], tf.float64), IMAGES)
    activated = _activated(perfect)
    yield gradients(lambda *parameters: 2 * activated(*parameters), THETA, ETA), gradients(_elbo, THETA, ETA)


# Bounds on normal distributions ---------------------------------------------------------------------------------------

X = tf.constant(1.5, tf.float64)
GENERATIVE = (tf.constant(0.8, tf.float64), tf.constant(-0.3, tf.float64))  # a, b of p(x|z) = N(a z + b, 1)
INFERENCE = (tf.constant(0.4, tf.float64), tf.constant(-0.1, tf.float64))  # m, log s of q(z|x) = N(m, s)
NODES = 64  # along each sample's axis, for two samples: the error is then that of rounding


def _quadrature(k, nodes=NODES):
    """Noise [k, nodes^k] of k samples and the weights [nodes^k] of its standard normal distribution."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    grids = [np.meshgrid(*[values] * k, indexing="ij") for values in (points, weights / weights.sum())]
    return tf.constant(np.reshape(grids[0], [k, -1])), tf.constant(np.prod(grids[1], axis=0).ravel())


def _normals(a, b, m, log_s):
    """Prior, posterior and likelihood of a code [..., 1], in float64."""
    zero, one = tf.zeros([1], tf.float64), tf.ones([1], tf.float64)
    prior, posterior = (tfd.MultivariateNormalDiag(*parts) for parts in ((zero, one), (m[None], tf.exp(log_s)[None])))
    return prior, posterior, lambda z: tfd.Normal(a * z[..., 0] + b, tf.ones_like(m))


def _bound(name, noise, *parameters, **arguments):
    """What the IWAE climbs by a bound's name, for each column of noise [k, batch]."""
    return -model_losses.iwae(X, noise[..., None], *_normals(*parameters), name, **arguments)


def _gradients(name, noise, weights, **arguments):
    """Of a bound's weighted sum over the noise, at the generative and at the inference parameters."""

    def expectation(*parameters):
        return tf.reduce_sum(weights * _bound(name, noise, *parameters, **arguments))

    return gradients(expectation, *GENERATIVE, *INFERENCE)


def _vae(*parameters):
    """The expectation of what the VAE climbs."""
    noise, weights = _quadrature(1)
    return -tf.reduce_sum(weights * model_losses.vae(X, noise[0][:, None], *_normals(*parameters)))


def _closed_form(a, b, m, log_s):
    """The bound: E_q log p(x|z), here in closed form too, less KL( q(z|x) || p(z) )."""
    reconstruction = tfd.Normal(a * m + b, tf.ones_like(m)).log_prob(X) - tf.square(a * tf.exp(log_s)) / 2
    return reconstruction - tfd.Normal(m, tf.exp(log_s)).kl_divergence(tfd.Normal(tf.zeros_like(m), tf.ones_like(m)))


AT_ONE_SAMPLE = {"miwae": {"groups": 1}, "piwae": {"groups": 1}, "ciwae": {"beta": 0.3}, "vr": {"alpha": 0.5}}


def vae_bound():
    """The VAE's loss is minus the bound, in value and gradient."""
    parameters = (*GENERATIVE, *INFERENCE)
    yield gradients(_vae, *parameters), gradients(_closed_form, *parameters)
    yield [_vae(*parameters)], [_closed_form(*parameters)]


def iwae_at_one_sample():
    """Of every bound: the expectation of its gradient is that of the VAE's, and so is its value's."""
    noise, weights = _quadrature(1)
    parameters = (*GENERATIVE, *INFERENCE)
    for name in BOUNDS:
        arguments = AT_ONE_SAMPLE.get(name, {})
        yield _gradients(name, noise, weights, **arguments), gradients(_vae, *parameters)
        value = tf.reduce_sum(weights * _bound(name, noise, *parameters, **arguments))
        yield [value], [_vae(*parameters)]


def dreg_unbiased():
    """Of two samples, exactly: the same expectation as IWAE's gradient, at all parameters."""
    noise, weights = _quadrature(2)
    yield _gradients("dreg", noise, weights), _gradients("iwae", noise, weights)


def piwae_gradients():
    """Of any draw of six samples in two groups: theta by IWAE's gradient, eta by MIWAE's."""
    noise, ones = table(40, 6, 8), tf.ones([8], tf.float64)
    two = len(GENERATIVE)
    ours = _gradients("piwae", noise, ones, groups=2)
    yield ours[:two], _gradients("iwae", noise, ones)[:two]
    yield ours[two:], _gradients("miwae", noise, ones, groups=2)[two:]


_VAES = ("VAE", "IWAE", "AAVAE")
IDENTITIES = (
    Identity("VAE's loss: minus its bound", "Kingma & Welling 2014", vae_bound, ("VAE", "AAVAE")),
    Identity("VAE's bound: half of it is Lemma 2's first line", "Hu et al. 2018, Lemma 2", lemma_2, _VAES),
    Identity("VAE's bound: half of it is minus Lemma 2's KL", "Hu et al. 2018, Lemma 2", lemma_2_divergence, _VAES),
    Identity("AAVAE: Lemma 2's line with a learned D", "Hu et al. 2018, Eq. 17", aavae, ("AAVAE", "AASVAE")),
    Identity("AAVAE, D perfect = VAE", "Hu et al. 2018, Eq. 17", aavae_perfect, ("AAVAE", "AASVAE")),
    Identity("IWAE at k = 1 = VAE, every estimator", "Burda et al. 2015", iwae_at_one_sample, ("IWAE",)),
    Identity("DReG is unbiased", "Tucker et al. 2018, Eq. 8", dreg_unbiased, ("IWAE",)),
    Identity("PIWAE: theta by IWAE, eta by MIWAE", "Rainforth et al. 2018", piwae_gradients, ("IWAE",)),
)
