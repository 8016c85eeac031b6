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
from unizoo.zoo.theory.adversarial_losses import OBJECTIVES, conditioned
from unizoo.zoo.theory.notation import math_to_latex

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


@pytest.mark.parametrize("loss", LOSSES)
def test_the_lines_of_each_loss_are_mathematics(loss):
    objective = OBJECTIVES[loss]
    lines = [objective.discriminator_line(10.0, 4.0), objective.generator_line, objective.kl]
    if objective.ratio:
        lines.append(objective.weighted_line)
    for line in (*lines, *map(conditioned, lines)):
        MathTextParser("path").parse("$" + math_to_latex(line).replace(r"\mathrel{\|}", r"\|") + "$")
    sign = "+" if loss == "least_squares" else "-"
    assert f"{sign} 2 R_1 {sign} 10 R,  R_1 = E_{{p_data(x)}}" in lines[0]


def test_lines_given_a_class():
    line = conditioned(OBJECTIVES["kl"].weighted_line)
    assert line.startswith(
        "max_theta E_{z_1..z_k} [ sum_i w~_i f^*(T_phi(x(z_i)|c)) ],  w_i = exp(V_phi(x(z_i)|c) - 1)"
    )
    line = conditioned(OBJECTIVES["wasserstein"].discriminator_line(10.0, 0.0))
    assert line.startswith("max_phi E_{p_data(x|c) p(c)} [ V_phi(x|c) ] - E_{p_g(x|c) p(c)} [ V_phi(x|c) ] - 10 R,")
    assert "R = E_{x',c} [ (||grad V_phi(x'|c)|| - 1)^2 ]" in line


def test_there_is_a_text_for_every_loss():
    assert sorted(OBJECTIVES) == LOSSES
    for name, objective in OBJECTIVES.items():
        assert (objective.ratio is None) == (adversarial.LOSSES[name].log_ratio is None)


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
