"""Which divergences the adversarial losses descend: Lemma 1 and what belongs to it, on an enumerable generator.

A code z is one of a few, equally probable, and an image x one of a few: p_theta(x|z) = softmax(theta_z), and p_g is the
mean over z. The data are a table. Held fixed, at what it is before the update, are the discriminator (and inference
network) and p_theta0 = ( p_g0 + p_data ) / 2; theta alone is differentiated, at theta0.
"""

import math

import tensorflow as tf

from ....losses import adversarial
from ....losses.divergences import DIVERGENCES
from . import model_losses
from .identity import Identity, gradients, jsd, kl, normalized, table

CODES, IMAGES = 4, 6
THETA = table(0, CODES, IMAGES)
DATA = tf.nn.softmax(table(1, IMAGES))
CODE_LOGITS = {y: table(2 + y, IMAGES, CODES) for y in (0, 1)}  # of q_eta0(z|x,y)


def _images_of_codes(theta):
    """p_theta(x|z), [codes, images]."""
    return tf.nn.softmax(theta)


def _generated(theta):
    """p_g(x), [images]."""
    return tf.reduce_mean(_images_of_codes(theta), axis=0)


def _mixture0():
    """p_theta0(x), [images]."""
    return (_generated(THETA) + DATA) / 2


def _optimal():
    """The optimal discriminator's logits, [images]."""
    return tf.math.log(DATA / _generated(THETA))


def _discriminators():
    """Logits [images] of discriminators of every kind: arbitrary, optimal, constant."""
    return table(10, IMAGES), 3.0 * table(11, IMAGES), _optimal(), tf.fill([IMAGES], tf.constant(0.7, tf.float64))


def _reversed_label(logits):
    """q^r_phi0(y|x) for y = 0 and y = 1, [images] each."""
    return {0: tf.sigmoid(logits), 1: tf.sigmoid(-logits)}


def lemma_1():
    """Of any discriminator."""
    for logits in _discriminators():
        target = {y: normalized(q * _mixture0()) for y, q in _reversed_label(logits).items()}

        def loss(theta, logits=logits):
            return tf.reduce_sum(_generated(theta) * model_losses.gan(logits)) / 2

        def divergences(theta, target=target):
            p_g = _generated(theta)
            return (kl(p_g, target[0]) + kl(DATA, target[1])) / 2 - jsd(p_g, DATA)

        yield gradients(loss, THETA), gradients(divergences, THETA)


def lemma_1_optimal():
    """Of the optimal discriminator, where the target is the data."""

    def loss(theta):
        return tf.reduce_sum(_generated(theta) * model_losses.gan(_optimal())) / 2

    def divergences(theta):
        return kl(_generated(theta), DATA) / 2 - jsd(_generated(theta), DATA)

    yield gradients(loss, THETA), gradients(divergences, THETA)


def minimax_mirror():
    """Lemma 1 with q for q^r and the signs reversed."""
    for logits in _discriminators():
        target = {y: normalized(q * _mixture0()) for y, q in _reversed_label(-logits).items()}

        def loss(theta, logits=logits):
            return tf.reduce_sum(_generated(theta) * model_losses.gan(logits, "minimax")) / 2

        def divergences(theta, target=target):
            p_g = _generated(theta)
            return jsd(p_g, DATA) - (kl(p_g, target[0]) + kl(DATA, target[1])) / 2

        yield gradients(loss, THETA), gradients(divergences, THETA)


def _expected_discriminator_loss(outputs, loss="non_saturating"):
    """Over all pairs of a real and a generated image, of a discriminator with these outputs [images]."""
    pairs = DATA[:, None] * _generated(THETA)[None, :]
    return tf.reduce_sum(pairs * model_losses.discriminator(*tf.meshgrid(outputs, outputs, indexing="ij"), loss))


def optimal_discriminator():
    """The discriminator's expected loss is stationary at the log ratio of the densities, and measures their JSD."""
    yield gradients(_expected_discriminator_loss, _optimal()), [tf.zeros_like(DATA)]
    yield [_expected_discriminator_loss(_optimal())], [2 * math.log(2) - 2 * jsd(DATA, _generated(THETA))]


def _outputs_of_ratio(loss, log_ratio):
    """The discriminator's outputs [images] that stand for these log density ratios, by bisection: they rise with it."""
    low, high = tf.fill([IMAGES], tf.constant(-50.0, tf.float64)), tf.fill([IMAGES], tf.constant(50.0, tf.float64))
    for _ in range(60):
        middle = (low + high) / 2
        below = loss.log_ratio(middle) < log_ratio
        low, high = tf.where(below, middle, low), tf.where(below, high, middle)
    return (low + high) / 2


F_DIVERGENCES = tuple(name for name in DIVERGENCES if name in adversarial.LOSSES)


def f_divergences():
    """Of every f: the discriminator's loss is least at the outputs that stand for p_data / p_g, and is -D_f there."""
    for name in F_DIVERGENCES:
        outputs = _outputs_of_ratio(adversarial.LOSSES[name], _optimal())

        def expected(theta, name=name, outputs=outputs):
            return tf.reduce_sum(_generated(theta) * model_losses.gan(outputs, name))

        def divergence(theta, f=DIVERGENCES[name].generator):
            return tf.reduce_sum(_generated(theta) * f(DATA / _generated(theta)))

        def discriminator(outputs, name=name):
            return _expected_discriminator_loss(outputs, name)

        yield gradients(expected, THETA), gradients(divergence, THETA)
        yield [discriminator(outputs)], [-divergence(THETA)]
        yield gradients(discriminator, outputs), [tf.zeros_like(DATA)]


def least_squares():
    """Of the optimal discriminator, p_data / ( p_data + p_g )."""

    def loss(theta):
        optimal = DATA / (DATA + _generated(THETA))
        return tf.reduce_sum(_generated(theta) * model_losses.gan(optimal, "least_squares"))

    def divergences(theta):
        mixture = (_generated(theta) + DATA) / 2
        return kl(DATA, mixture) - tf.reduce_sum(tf.square(DATA - mixture) / mixture) / 4

    yield gradients(loss, THETA), gradients(divergences, THETA)


SOURCE = table(4, IMAGES)  # of the other side, where both have parameters: softmax(SOURCE)


def lemma_1_both_sides():
    """With parameters in p_theta(x|y) for both y: the loss of ADA's features, and of ALI's generator and encoder."""

    def sides(target, source):
        return _generated(target), tf.nn.softmax(source)

    mixture = tf.add_n(sides(THETA, SOURCE)) / 2
    for logits in _discriminators():
        aims = {y: normalized(q * mixture) for y, q in _reversed_label(logits).items()}
        of_source, of_target = (tf.reshape(one, [-1]) for one in tf.meshgrid(logits, logits, indexing="ij"))

        def divergences(target, source, aims=aims):
            p_0, p_1 = sides(target, source)
            return (kl(p_0, aims[0]) + kl(p_1, aims[1])) / 2 - jsd(p_0, p_1)

        for player in (model_losses.ada, model_losses.ali):
            losses = tf.reshape(player(of_source, of_target), [IMAGES, IMAGES])

            def loss(target, source, losses=losses):
                p_0, p_1 = sides(target, source)
                return tf.einsum("t,s,st->", p_0, p_1, losses) / 2

            yield gradients(loss, THETA, SOURCE), gradients(divergences, THETA, SOURCE)


CODED = (model_losses.infogan, model_losses.aae)  # the second with x and z exchanged


def _log_inferred(code):
    """log q_eta0(z|x,y=0) of codes [...]: [..., images]."""
    return tf.gather(tf.transpose(tf.nn.log_softmax(CODE_LOGITS[0])), code)


def _infogan_target(logits, code):
    """q^r(x|z,y) for y = 0 and y = 1."""
    return {
        y: normalized(tf.nn.softmax(CODE_LOGITS[y])[:, code] * q * _mixture0())
        for y, q in _reversed_label(logits).items()
    }


def lemma_1_infogan():
    """As stated: of a code z held fixed, with x from p_theta(x|y)."""
    for logits in _discriminators():
        for code in range(CODES):
            target = _infogan_target(logits, code)

            def divergences(theta, target=target):
                p_g = _generated(theta)
                return (kl(p_g, target[0]) + kl(DATA, target[1])) / 2 - jsd(p_g, DATA)

            for player in CODED:
                losses = player(logits, _log_inferred(code))
                yield (
                    gradients(lambda theta, losses=losses: tf.reduce_sum(_generated(theta) * losses) / 2, THETA),
                    gradients(divergences, THETA),
                )


def lemma_1_infogan_joint():
    """Of codes drawn together with their images, as in training: the images' information on z is subtracted too."""
    codes = tf.range(CODES)
    for logits in _discriminators():
        targets = tf.stack([_infogan_target(logits, code)[0] for code in range(CODES)])

        def divergences(theta, targets=targets):
            of_codes, p_g = _images_of_codes(theta), _generated(theta)
            information = tf.reduce_mean(kl(of_codes, p_g))
            return (tf.reduce_mean(kl(of_codes, targets)) - information) / 2 - jsd(p_g, DATA)

        for player in CODED:
            losses = player(logits, _log_inferred(codes))

            def loss(theta, losses=losses):
                return tf.reduce_sum(_images_of_codes(theta) * losses) / CODES / 2

            yield gradients(loss, THETA), gradients(divergences, THETA)


_GANS = ("GAN", "IWGAN")
_GAN = {"models": (*_GANS, "VAEGAN"), "losses": ("non_saturating", "minimax")}
_CODED = {"models": ("InfoGAN", "AAE"), "losses": ("non_saturating",)}
IDENTITIES = (
    Identity("GAN's loss: gradient of E KL - JSD", "Hu et al. 2018, Lemma 1", lemma_1, **_GAN),
    Identity(
        "GAN's loss, D optimal: of KL(p_g || p_data) / 2 - JSD", "Hu et al. 2018, Lemma 1", lemma_1_optimal, **_GAN
    ),
    Identity("minimax loss: gradient of JSD - E KL", "mirror image of Lemma 1", minimax_mirror, **_GAN),
    Identity(
        "D optimal: log p_data / p_g, its loss log 4 - 2 JSD", "Goodfellow et al. 2014", optimal_discriminator, **_GAN
    ),
    Identity("InfoGAN, AAE, z fixed: gradient of E KL - JSD", "Hu et al. 2018, Eqs. 9-10", lemma_1_infogan, **_CODED),
    Identity(
        "InfoGAN, AAE, z drawn with x: less I(x;z|y) too",
        "derived, as Lemma 1",
        lemma_1_infogan_joint,
        **_CODED,
    ),
    Identity(
        "ADA, ALI: gradient of E KL - JSD over both sides", "Hu et al. 2018, Eq. 3", lemma_1_both_sides, ("ADA", "ALI")
    ),
    Identity("f-GAN's losses, D optimal: gradient of D_f", "Nowozin et al. 2016", f_divergences, _GANS, F_DIVERGENCES),
    Identity(
        "least squares, D optimal: of KL(p_data || p_m) - chi^2 / 4",
        "derived; Mao et al. 2017",
        least_squares,
        _GANS,
        ("least_squares",),
    ),
)
