"""The GAN's arguments: losses, penalties, normalisations, and importance weighting with each loss that allows it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import unizoo
from matplotlib.mathtext import MathTextParser
from unizoo.losses import adversarial, importance, penalties
from unizoo.zoo import Batch
from unizoo.zoo.hub.registry import model_name
from unizoo.zoo.theory import evaluation
from unizoo.zoo.theory.adversarial_losses import BOTH_MODES, ONE_MODE, VIEWS
from unizoo.zoo.theory.expressions import JSD, KL, p, x
from unizoo.zoo.theory.rendering import latex_clauses, text
from unizoo.zoo.theory.transforms import give

TINY = {"image_shape": (10, 10, 1), "latent_dim": 3, "filters": 2}
LOSSES = sorted(adversarial.LOSSES)
WITH_RATIO = [name for name in LOSSES if adversarial.LOSSES[name].log_ratio]
IMAGES = (np.random.default_rng(0).random((6, 10, 10, 1)) > 0.5).astype(np.float32)


def _make(name="gan", **arguments):
    """A tiny model with weights large enough for its discriminator to tell images apart."""
    model = unizoo.zoo.make_model(name, **TINY, **arguments)
    random = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign_add(random.normal(0.0, 0.2, weight.shape))
    return model


def _losses(model):
    """By phase: the loss and the terms of a batch, with the same noise for every model of the same arguments."""
    return {phase.name: phase.loss(Batch(IMAGES), phase.noise(6, tf.constant([1, 2])), False) for phase in model.phases}


@pytest.fixture(scope="module")
def gan():
    """A GAN whose loss a test may change: phases follow the attribute."""
    return _make(normalization="none")


@pytest.fixture(scope="module")
def iwgan():
    """The same, importance weighted."""
    return _make("iwgan", normalization="none")


@pytest.mark.parametrize("loss", LOSSES)
def test_each_player_has_its_part_of_the_loss(gan, loss):
    gan.adversarial_loss = loss
    losses = _losses(gan)
    real, generated = (losses["discriminator"][1][f"logits_{kind}"] for kind in ("real", "generated"))
    expected = adversarial.LOSSES[loss].discriminator(real, generated)
    np.testing.assert_allclose(losses["discriminator"][0], expected, rtol=1e-5)
    np.testing.assert_allclose(losses["generator"][0], adversarial.LOSSES[loss].generator(generated), rtol=1e-5)


MATHTEXT = {r"\,\|\,": r"\|", r"\lVert ": r"\|", r"\rVert": r"\|"}  # what Matplotlib has for LaTeX's


@pytest.mark.parametrize("loss", LOSSES)
def test_the_lines_of_each_loss_are_mathematics(loss):
    view = VIEWS[loss]
    lines = [view.discriminator_line(10.0, 4.0), view.generator_line, view.divergence]
    if view.ratio is not None:
        lines += [view.weighted_line(), view.weighted_line(conditional=True), view.weighted_divergence]
    for line in (*lines, *map(give, lines)):
        for clause in latex_clauses(line):
            for ours, theirs in MATHTEXT.items():
                clause = clause.replace(ours, theirs)
            MathTextParser("path").parse(f"${clause}$")
    share, sign = 2.0 / view.times, "+" if loss == "least_squares" else "-"
    times = f"{share:g} " if share != 1.0 else ""
    assert f"{sign} {times}E_{{p_data(x)}} [ ||grad_x V_phi(x)||^2 ]" in text(lines[0])
    assert f"{sign} {5 * share:g} E_{{p(x')}} [ ( ||grad_x' V_phi(x')|| - 1 )^2 ]" in text(lines[0])


def test_lines_given_a_class():
    assert text(VIEWS["kl"].weighted_line(conditional=True)).startswith(
        "max_theta E_{z_1..z_k ~ p(z) c_1..c_k ~ p(c)} [ sum_i w~_i exp( T_phi(x(z_i|c_i),c_i) - 1 ) ]"
    )
    line = text(give(VIEWS["wasserstein"].discriminator_line(10.0, 0.0)))
    assert line.startswith(
        "max_phi E_{p_data(x|c) p(c)} [ V_phi(x|c) ] - E_{p_g(x|c) p(c)} [ V_phi(x|c) ] - 10 E_{p(x')"
    )


def test_there_is_a_view_of_every_loss():
    assert sorted(VIEWS) == LOSSES
    for name, view in VIEWS.items():
        ratios = {part is None for part in (view.ratio, view.weighted, view.weighted_divergence)}
        assert ratios == {adversarial.LOSSES[name].log_ratio is None}


GRID = np.linspace(-24.0, 24.0, 1601)


def _normal(mean, deviation):
    density = np.exp(-np.square((GRID - mean) / deviation) / 2.0) / deviation
    return density / density.sum()


def _divergence(tree, generated):
    """A divergence of a table of p_g and two normals, six standard deviations apart, on a grid."""
    real = (_normal(-3.0, 1.0) + _normal(3.0, 1.0)) / 2.0
    tables = {"p_g(x)": generated, "p_data(x)": real, "p_m(x)": (generated + real) / 2.0}
    tables = {name: tf.constant(one + 1e-300) for name, one in tables.items()}
    points = tf.range(len(GRID))
    world = evaluation.World(
        atoms={
            name: lambda values, one=one: evaluation.Atoms(one, {"x": points}, shared=True)
            for name, one in tables.items()
        },
        log_densities={
            name: lambda values, fixed, one=one: tf.math.log(tf.gather(one, values["x"]))
            for name, one in tables.items()
        },
    )
    return float(evaluation.evaluate(tree, world))


# Those of any discriminator are these, with the optimal one.
OPTIMAL = {"non_saturating": KL(p.m(x), p.data(x)), "minimax": JSD(p.g(x), p.data(x))}
WEIGHTED = {"non_saturating": OPTIMAL["minimax"]}


def _behaviour(tree):
    """Whether one normal of the best deviation is nearer to two if it takes one of them, or if it spans both."""
    one = min(_divergence(tree, _normal(3.0, deviation)) for deviation in np.arange(0.9, 1.3, 0.05))
    both = min(_divergence(tree, _normal(0.0, deviation)) for deviation in np.arange(2.2, 3.6, 0.1))
    return ONE_MODE if one < both else BOTH_MODES


@pytest.mark.parametrize("loss", [name for name in LOSSES if name != "wasserstein"])  # whose table would be walked
def test_the_behaviour_said_of_each_loss_is_that_of_an_example(loss):
    view = VIEWS[loss]
    assert _behaviour(OPTIMAL.get(loss, view.divergence)) == view.behaviour
    if view.weighted is not None:
        assert _behaviour(WEIGHTED.get(loss, view.weighted_divergence)) == BOTH_MODES


@pytest.mark.parametrize("loss", WITH_RATIO)
def test_importance_weights_are_the_density_ratios_of_each_loss(iwgan, loss):
    iwgan.adversarial_loss = loss
    losses = _losses(iwgan)
    outputs = losses["discriminator"][1]["logits_generated"]
    weighted, terms = losses["generator"]
    log_ratios = adversarial.LOSSES[loss].log_ratio(outputs)
    expected = 6.0 * tf.nn.softmax(log_ratios) * adversarial.LOSSES[loss].generator(outputs)
    np.testing.assert_allclose(weighted, expected, rtol=1e-4)
    size = importance.effective_sample_size(log_ratios)
    np.testing.assert_allclose(terms["effective_sample_size"], np.full(6, size), rtol=1e-4)


@pytest.mark.parametrize("loss", ["hinge", "wasserstein"])
def test_importance_weighting_without_a_ratio_is_refused(loss):
    with pytest.raises(ValueError, match=rf"one of \['jensen_shannon', .*density ratio\). Received: '{loss}'"):
        unizoo.zoo.IWGAN(**TINY, adversarial_loss=loss, normalization="spectral")


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match=r"'hinge', .*Received: 'hinged'"):
        unizoo.zoo.GAN(**TINY, adversarial_loss="hinged")


@pytest.mark.parametrize("loss", LOSSES)
def test_discriminate_gives_the_log_ratio_or_the_output(gan, loss):
    gan.adversarial_loss = loss
    outputs = gan.discriminator(IMAGES)[:, 0]
    log_ratio = adversarial.LOSSES[loss].log_ratio or tf.identity
    np.testing.assert_allclose(gan.discriminate(IMAGES), log_ratio(outputs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "num_classes"), [({"gradient_penalty": 10.0}, None), ({"r1_penalty": 3.0}, 3)], ids=["wgan_gp", "r1"]
)
def test_the_penalty_is_added_to_the_discriminators_loss_and_logged(arguments, num_classes):
    plain = _make(normalization="layer", num_classes=num_classes)
    model = _make(normalization="layer", num_classes=num_classes, **arguments)
    batch = Batch(IMAGES, None if num_classes is None else np.arange(6, dtype=np.int32) % 3)
    noise = model.phases[0].noise(6, tf.constant([1, 2]))
    loss, terms = model.phases[0].loss(batch, noise, True)
    without, _ = plain.phases[0].loss(batch, noise, True)
    assert (terms["penalty"].numpy() > 0.0).all()
    np.testing.assert_allclose(loss - without, terms["penalty"], rtol=1e-4, atol=1e-5)
    if "r1_penalty" in arguments:
        exact = 3.0 * penalties.zero_centred(lambda x: model(x, batch.labels), IMAGES)
        np.testing.assert_allclose(terms["penalty"], exact, rtol=1e-4)
    names = [phase.name for phase in model.phases if "penalty" in phase.terms]
    assert names == ["discriminator"]


def _sequential(*layers):
    flat = [keras.Input((10, 10, 1)), keras.layers.Flatten(), *layers, keras.layers.Dense(1)]
    return keras.Sequential(flat)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gradient_penalty": 10.0}, r"batch normalisation mixes.*Received: gradient_penalty=10.0, .*='batch'"),
        ({"r1_penalty": 1.0}, "batch normalisation mixes.*r1_penalty=1.0"),
        ({"gradient_penalty": -1.0}, "0 or more. Received: gradient_penalty=-1.0"),
        ({"adversarial_loss": "wasserstein"}, r"no bound unless.*gradient_penalty=10.0.*Received: gradient_penalty=0"),
        ({"adversarial_loss": "wasserstein", "normalization": "layer"}, "no bound unless"),
        ({"normalization": "instance"}, "normalization must be one of.*Received: 'instance'"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        unizoo.zoo.GAN(**TINY, **arguments)


def test_a_penalty_on_a_network_of_ones_own_needs_one_without_batch_norm():
    arguments = {**TINY, "adversarial_loss": "wasserstein", "gradient_penalty": 10.0}
    unizoo.zoo.GAN(**arguments, discriminator_network=_sequential())
    with pytest.raises(ValueError, match="discriminator_network without it"):
        unizoo.zoo.GAN(**arguments, discriminator_network=_sequential(keras.layers.BatchNormalization()))


def test_the_registrys_names_of_losses_and_normalisations():
    for name in ("wgan_gp", "sngan"):
        assert model_name(unizoo.zoo.make_model(name, **TINY)) == name
    weaker = unizoo.zoo.make_model("wgan_gp", **TINY, gradient_penalty=1.0, discriminator_steps=2)
    assert model_name(weaker) == "wgan_gp"
    assert model_name(unizoo.zoo.GAN(**TINY, adversarial_loss="hinge")) == "gan"
    assert model_name(unizoo.zoo.GAN(**TINY, adversarial_loss="wasserstein", normalization="spectral")) == "gan"
    assert unizoo.zoo.make_model("wgan_gp", **TINY).phases[0].repeats == 5


def test_by_default_nothing_is_normalised_or_penalised_but_as_dcgan_does():
    model = unizoo.zoo.GAN(**TINY)
    kinds = [type(layer).__name__ for layer in model.discriminator.layers]
    assert kinds == [
        "Rescaling",
        "Conv2D",
        "LeakyReLU",
        "Conv2D",
        "BatchNormalization",
        "LeakyReLU",
        "Flatten",
        "Dense",
    ]
    assert model.term_names == ["discriminator_loss", "logits_real", "logits_generated", "generator_loss"]
    assert set(model.phases[0].noise(2, tf.constant([0, 0]))) == {"codes"}
