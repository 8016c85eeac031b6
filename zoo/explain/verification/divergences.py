"""Which divergences the printed lines of the adversarial losses descend: Lemma 1 and what belongs to it.

A code z is one of a few, equally probable, and an image x one of a few, in an order: p_theta(x|z) = softmax(theta_z),
and p_g is the mean over z. The data are a table. Held fixed, as it is before the update, are the discriminator (and
inference network) and p_theta0 = ( p_g0 + p_data ) / 2; theta alone is differentiated, at theta0. Both sides are the
trees that the models print; that a model's own loss is its line is checked in the toys.
"""

import math

import tensorflow as tf

from ....losses import adversarial
from ....losses.divergences import DIVERGENCES
from ...theory.adversarial_losses import VIEWS
from ...theory.evaluation import Atoms, World, evaluate
from ...theory.expressions import JSD, KL, E, Number, log, p, q, x, y, z
from ...theory.transforms import reverse_label
from .identity import Identity, gradients, jsd, kl, normalized, table

CODES, IMAGES = 4, 6
THETA = table(0, CODES, IMAGES)
DATA = tf.nn.softmax(table(1, IMAGES))
SOURCE = table(4, IMAGES)  # of the other side, where both have parameters: softmax(SOURCE)
CODE_LOGITS = {label: table(2 + label, IMAGES, CODES) for label in (0, 1)}  # of q_eta0(z|x,y)


def _images_of_codes(theta):
    """p_theta(x|z), [codes, images]."""
    return tf.nn.softmax(theta)


def _generated(theta):
    """p_g(x), [images]."""
    return tf.reduce_mean(_images_of_codes(theta), axis=0)


def _optimal():
    """The optimal discriminator's logits, [images]."""
    return tf.math.log(DATA / _generated(THETA))


def _discriminators():
    """Logits [images] of discriminators of every kind: arbitrary, optimal, constant."""
    return table(10, IMAGES), 3.0 * table(11, IMAGES), _optimal(), tf.fill([IMAGES], tf.constant(0.7, tf.float64))


def _labels(logits):
    """q_phi0(y|x) for y = 0 and y = 1, [2, images]."""
    return tf.stack([tf.sigmoid(-logits), tf.sigmoid(logits)])


def _atoms(name, weights):
    """The `Atoms` of a variable that is a number from 0."""
    return lambda values: Atoms(weights, {name: tf.range(len(weights))}, shared=True)


def _world(theta, outputs, real=DATA, code=None):
    """The world of a discriminator with these outputs [images], and of a code z held fixed if there is one."""
    generated = _generated(theta)
    sides = tf.stack([generated, real])  # p_theta(x|y)
    before = tf.stop_gradient((generated + real) / 2)

    def tabulated(densities):
        return lambda values, fixed: tf.math.log(tf.gather(densities, values["x"]))

    def of_label(tables):
        return lambda values, fixed: tf.math.log(tf.gather_nd(tables, tf.stack([values["y"], values["x"]], axis=1)))

    targets = {"q(x|y)": normalized(_labels(outputs) * before)}
    inferred = tf.stack([tf.nn.softmax(CODE_LOGITS[label])[:, code or 0] for label in (0, 1)])
    # The one is reversed, and the code's likelihood in it is not: it is of the label exchanged already.
    targets["q(x|z,y)"] = normalized(inferred[::-1] * _labels(outputs) * before)
    return World(
        atoms={
            "p(y)": _atoms("y", tf.fill([2], tf.constant(0.5, tf.float64))),
            "p_g(x)": _atoms("x", generated),
            "p_data(x)": _atoms("x", real),
            "p_m(x)": _atoms("x", (generated + real) / 2),
            "p_theta(x|y)": lambda values: Atoms(tf.gather(sides, values["y"]), {"x": tf.range(IMAGES)}, shared=True),
            "p(z)": lambda values: Atoms(tf.ones([1], tf.float64), {"z": tf.constant([code or 0])}, shared=True),
        },
        log_densities={
            "p_g(x)": tabulated(generated),
            "p_data(x)": tabulated(real),
            "p_m(x)": tabulated((generated + real) / 2),
            "p_theta(x|y)": of_label(sides),
            "q_phi(y|x)": of_label(_labels(outputs)),
            "q_eta(z|x,y)": of_label(inferred),
            **{name: of_label(target) for name, target in targets.items()},
        },
        functions={"V_phi": lambda x, values: tf.gather(outputs, x)},
        values_of={"x": tf.range(IMAGES)},
    )


def _of_theta(formula, outputs, sign=1.0):
    """A formula's value as a function of theta."""
    return lambda theta: sign * evaluate(formula, _world(theta, outputs))


def _descended(line, outputs):
    """What the gradient descent of a line's player descends, but for `times`."""
    return _of_theta(line.objective, outputs, -1.0 if line.direction == "max" else 1.0)


def _outputs_of_ratio(loss, log_ratio):
    """The discriminator's outputs [images] that stand for these log density ratios, by bisection: they rise with it."""
    low, high = tf.fill([IMAGES], tf.constant(-50.0, tf.float64)), tf.fill([IMAGES], tf.constant(50.0, tf.float64))
    for _ in range(60):
        middle = (low + high) / 2
        below = loss.log_ratio(middle) < log_ratio
        low, high = tf.where(below, middle, low), tf.where(below, high, middle)
    return (low + high) / 2


def optimal_outputs(name):
    """The optimal discriminator's outputs [images] by a loss's name."""
    if name == "hinge":
        return tf.sign(DATA - _generated(THETA))
    if name == "wasserstein":  # its slope is one, towards where the data are more
        slope = tf.sign(tf.cumsum(_generated(THETA) - DATA))[:-1]
        return tf.concat([tf.zeros([1], tf.float64), tf.cumsum(slope)], axis=0)
    return _outputs_of_ratio(adversarial.LOSSES[name], _optimal())


def _lemma_1(name):
    """Of any discriminator."""
    view = VIEWS[name]
    for logits in _discriminators():
        yield (
            gradients(_descended(view.generator_line, logits), THETA),
            gradients(_of_theta(view.divergence, logits), THETA),
        )


def lemma_1():
    """Of any discriminator."""
    return _lemma_1("non_saturating")


def minimax_mirror():
    """Lemma 1 with q for q^r and the signs reversed."""
    return _lemma_1("minimax")


def lemma_1_optimal():
    """Of the optimal discriminator: the target is the data, and what is left is one divergence, of the mean."""
    line, logits, half = VIEWS["non_saturating"].generator_line, _optimal(), Number(1) / Number(2)
    for divergence in (half * KL(p.g(x), p.data(x)) - JSD(p.g(x), p.data(x)), KL(p.m(x), p.data(x))):
        yield gradients(_descended(line, logits), THETA), gradients(_of_theta(divergence, logits), THETA)


def optimal_discriminator():
    """The discriminator's line is stationary at the log ratio of the densities, and measures their JSD."""
    line = VIEWS["non_saturating"].discriminator_line()

    def climbed(logits):
        return line.times * evaluate(line.objective, _world(THETA, logits))

    yield gradients(climbed, _optimal()), [tf.zeros_like(DATA)]
    yield [climbed(_optimal())], [2 * jsd(DATA, _generated(THETA)) - 2 * math.log(2)]


F_DIVERGENCES = tuple(name for name in DIVERGENCES if name in adversarial.LOSSES)


def f_divergences():
    """Of every f: the discriminator's line is highest at the outputs that stand for p_data / p_g, and is D_f there."""
    for name in F_DIVERGENCES:
        view, optimal = VIEWS[name], optimal_outputs(name)

        def climbed(outputs, view=view):
            return evaluate(view.discriminator, _world(THETA, outputs))

        yield [climbed(optimal)], [evaluate(view.divergence, _world(THETA, optimal))]
        yield gradients(climbed, optimal), [tf.zeros_like(DATA)]


def printed_divergences():
    """Of every loss: with the optimal discriminator the generator's line descends the divergence that is printed."""
    for name, view in VIEWS.items():
        outputs = optimal_outputs(name)
        yield (
            gradients(_descended(view.generator_line, outputs), THETA),
            gradients(_of_theta(view.divergence, outputs), THETA),
        )


def weighted_divergences():
    """Of every loss that gives a density ratio: the same of what it comes to when samples are weighted by it."""
    for name, view in VIEWS.items():
        if view.weighted is not None:
            for outputs in _discriminators() if name == "non_saturating" else (optimal_outputs(name),):
                yield (
                    gradients(_of_theta(E(p.g(x))[view.weighted], outputs), THETA),
                    gradients(_of_theta(view.weighted_divergence, outputs), THETA),
                )


def lemma_1_both_sides():
    """With parameters in p_theta(x|y) for both y: the line of ADA's features, and of ALI's generator and encoder."""
    view = VIEWS["non_saturating"]
    for logits in _discriminators():

        def both(formula, sign, logits=logits):
            def value(theta, source):
                return sign * evaluate(formula, _world(theta, logits, tf.nn.softmax(source)))

            return gradients(value, THETA, SOURCE)

        yield both(view.generator_line.objective, -1.0), both(view.divergence, 1.0)


_CODED = log(q.eta(z | (x, y)) * reverse_label(q.phi(y | x)))
_CODED_TARGET = reverse_label(q(x | (z, y)), "")


def lemma_1_infogan():
    """As stated: of a code z held fixed, with x from p_theta(x|y)."""
    line = E(p.theta(x | y), p(y), p(z))[_CODED]
    divergences = E(p(y), p(z))[KL(p.theta(x | y), _CODED_TARGET)] - JSD(p.theta(x | y.at(0)), p.theta(x | y.at(1)))
    for logits in _discriminators():
        for code in range(CODES):

            def value(theta, formula=line, logits=logits, code=code):
                return evaluate(formula, _world(theta, logits, code=code))

            yield (
                gradients(lambda theta, value=value: -value(theta), THETA),
                gradients(lambda theta, value=value: value(theta, divergences), THETA),
            )


def lemma_1_infogan_joint():
    """Of codes drawn together with their images, as in training: the images' information on z is subtracted too."""
    log_inferred = tf.transpose(tf.nn.log_softmax(CODE_LOGITS[0]))  # [codes, images]
    for logits in _discriminators():
        before = (_generated(THETA) + DATA) / 2
        targets = normalized(tf.exp(log_inferred) * tf.sigmoid(logits) * before)

        def line(theta, logits=logits):
            climbed = log_inferred + tf.math.log_sigmoid(logits)
            return -tf.reduce_sum(_images_of_codes(theta) * climbed) / CODES / 2

        def divergences(theta, targets=targets):
            of_codes, p_g = _images_of_codes(theta), _generated(theta)
            information = tf.reduce_mean(kl(of_codes, p_g))
            return (tf.reduce_mean(kl(of_codes, targets)) - information) / 2 - jsd(p_g, DATA)

        yield gradients(line, THETA), gradients(divergences, THETA)


_GANS = ("GAN", "IWGAN")
_GAN = {"models": (*_GANS, "VAEGAN"), "losses": ("non_saturating", "minimax")}
_INFERRED = {"models": ("InfoGAN", "AAE"), "losses": ("non_saturating",)}
IDENTITIES = (
    Identity("GAN's line: gradient of E KL - JSD", "Hu et al. 2018, Lemma 1", lemma_1, **_GAN),
    Identity("GAN's line, D optimal: of KL(p_m || p_data)", "Hu et al. 2018, Lemma 1", lemma_1_optimal, **_GAN),
    Identity("minimax line: gradient of JSD - E KL", "mirror image of Lemma 1", minimax_mirror, **_GAN),
    Identity(
        "D optimal: log p_data / p_g, its line JSD - log 2", "Goodfellow et al. 2014", optimal_discriminator, **_GAN
    ),
    Identity(
        "InfoGAN, AAE, z fixed: gradient of E KL - JSD", "Hu et al. 2018, Eqs. 9-10", lemma_1_infogan, **_INFERRED
    ),
    Identity("InfoGAN, AAE, z drawn with x: less I(x;z|y) too", "as Lemma 1", lemma_1_infogan_joint, **_INFERRED),
    Identity(
        "ADA, ALI: gradient of E KL - JSD over both sides", "Hu et al. 2018, Eq. 3", lemma_1_both_sides, ("ADA", "ALI")
    ),
    Identity("every loss, D optimal: the divergence printed", "each loss's paper", printed_divergences, _GANS),
    Identity("f-GAN's discriminators: D_f at the optimum", "Nowozin et al. 2016", f_divergences, _GANS, F_DIVERGENCES),
    Identity("weighted by p_data / p_g: the divergence printed", "f'' becomes r f''", weighted_divergences, ("IWGAN",)),
)
