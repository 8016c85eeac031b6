"""What wake and sleep climb: the lines of Eq. 14, as the models print them, on a Helmholtz machine of tables.

A code h is one of a few, and so is an image x. That the lines are what trains the models, the toys check.
"""

import tensorflow as tf

from ...hub.registry import make_model
from ...theory.evaluation import Atoms, World, evaluate, loss
from ...theory.expressions import KL
from ...wakesleep import JOINT
from .identity import Identity, gradients, table

CODES, IMAGES = 3, 5
THETA, TOP = table(50, CODES, IMAGES), table(51, CODES)  # of p_theta(x|h) and p_theta(h)
LAMBDA = table(52, IMAGES, CODES)  # of q_lambda(h|x)
DATA = tf.nn.softmax(table(53, IMAGES))


def _world(theta, top, recognition):
    """The machine of these logits."""
    joint = tf.nn.log_softmax(theta) + tf.nn.log_softmax(top)[:, None]  # [codes, images]
    posterior = tf.nn.log_softmax(recognition)
    h, x = (tf.reshape(one, [-1]) for one in tf.meshgrid(tf.range(CODES), tf.range(IMAGES), indexing="ij"))
    return World(
        atoms={
            "p_data(x)": lambda values: Atoms(DATA, {"x": tf.range(IMAGES)}, shared=True),
            "q_lambda(h|x)": lambda values: Atoms(
                tf.exp(tf.gather(posterior, values["x"])), {"h": tf.range(CODES)}, shared=True
            ),
            "p_theta(x,h)": lambda values: Atoms(tf.exp(tf.reshape(joint, [-1])), {"x": x, "h": h}, shared=True),
        },
        log_densities={
            "p_data(x)": lambda values, fixed: tf.gather(tf.math.log(DATA), values["x"]),
            "q_lambda(h|x)": lambda values, fixed: tf.gather_nd(posterior, _at(values["x"], values["h"])),
            "p_theta(x,h)": lambda values, fixed: tf.gather_nd(joint, _at(values["h"], values["x"])),
        },
    )


def _at(row, column):
    return tf.stack([row, column], axis=1)


def _model(name, **arguments):
    return make_model(name, image_shape=(2, 2, 1), latent_dim=2, **arguments)


def wake():
    """Over theta: the gradient of the printed divergence, KL( q_lambda(h|x) p_data(x) || p_theta(x,h) )."""
    model = _model("wakesleep")
    line, divergence = model.phases[0].formula, model.formulation.kl
    yield (
        gradients(lambda theta, top: loss(line, _world(theta, top, LAMBDA)), THETA, TOP),
        gradients(lambda theta, top: evaluate(divergence, _world(theta, top, LAMBDA)), THETA, TOP),
    )


def sleep():
    """Over lambda: the gradient of the same divergence with its arguments exchanged."""
    model = _model("wakesleep")
    line, divergence = model.phases[1].formula, model.formulation.kl
    exchanged = KL(JOINT, divergence.left)
    yield (
        gradients(lambda recognition: loss(line, _world(THETA, TOP, recognition)), LAMBDA),
        gradients(lambda recognition: evaluate(exchanged, _world(THETA, TOP, recognition)), LAMBDA),
    )


def rws_at_one_sample():
    """Of theta the wake phase's gradient; lambda's vanishes in expectation."""
    plain = _model("wakesleep").phases[0].formula
    weighted = _model("rws", num_samples=1).phases[0].formula
    ours = gradients(lambda *parameters: loss(weighted, _world(*parameters)), THETA, TOP, LAMBDA)
    theirs = gradients(lambda theta, top: loss(plain, _world(theta, top, LAMBDA)), THETA, TOP)
    yield ours, [*theirs, tf.zeros_like(LAMBDA)]


IDENTITIES = (
    Identity("wake: gradient of KL( q p_data || p(x,h) )", "Hu et al. 2018, Eq. 14", wake, ("WakeSleep",)),
    Identity("sleep: of the same with arguments exchanged", "Hu et al. 2018, Eq. 14", sleep, ("WakeSleep", "RWS")),
    Identity("RWS at k = 1: theta as awake, lambda at rest", "Bornschein & Bengio 2015", rws_at_one_sample, ("RWS",)),
)
