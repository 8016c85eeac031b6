"""What is printed is what is trained: every phase of every model, with all that changes a line."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
import unizoo
from unizoo.losses import adversarial, importance
from unizoo.zoo.explain.verification.identity import TOLERANCE
from unizoo.zoo.explain.verification.phases import phase_gradients, printed_lines
from unizoo.zoo.explain.verification.toys import TOYS, double_precision
from unizoo.zoo.theory.expressions import Density, Function, Sum
from unizoo.zoo.theory.transforms import transform, walk

WITH_RATIO = [name for name, loss in adversarial.LOSSES.items() if loss.log_ratio]
LAYER = {"normalization": "layer"}
VARIATIONAL = {
    "vae": ("vae", {}),
    "vae_normal": ("vae", {"likelihood": "normal"}),
    "cvae": ("cvae", {}),
    **{f"iwae_{bound}": ("iwae", {"bound": bound}) for bound in ("elbo", "iwae", "stl", "dreg")},
    "iwae_miwae": ("iwae", {"bound": "miwae", "groups": 5}),
    "iwae_piwae": ("iwae", {"bound": "piwae", "groups": 5}),
    "iwae_ciwae": ("iwae", {"bound": "ciwae", "beta": 0.3}),
    "iwae_vr": ("iwae", {"bound": "vr", "alpha": 0.3}),
    "iwae_two_layers_dreg": ("iwae", {"latent_dim": (3, 2), "bound": "dreg"}),
    "iwae_two_layers_labels": ("iwae", {"latent_dim": (3, 2), "num_classes": 3}),
    "svae": ("svae", {}),
    "aavae": ("aavae", {}),
    "aacvae": ("aacvae", {"temperature": 2.0}),
    "aasvae": ("aasvae", {"temperature": 2.0}),
    "wakesleep": ("wakesleep", {"latent_dim": 3}),
    "wakesleep_labels": ("wakesleep", {"latent_dim": (3, 2), "num_classes": 3}),
    "rws": ("rws", {"latent_dim": 3}),
    "rws_labels": ("rws", {"latent_dim": (3, 2), "num_classes": 3}),
    "aae": ("aae", {}),
    "aae_mixture": ("aae", {"num_classes": 3, "posterior": "normal"}),
    "aae_minimax": ("aae", {"adversarial_loss": "minimax"}),
    "pm": ("pm", {}),
}
ADVERSARIAL = {
    **{f"gan_{loss}": ("gan", {"adversarial_loss": loss, "normalization": "spectral"}) for loss in adversarial.LOSSES},
    "gan_noise_steps": ("gan", {"instance_noise": 0.1, "discriminator_steps": 2, "moving_average": 0.9}),
    "gan_r1": ("gan", {"r1_penalty": 3.0, **LAYER}),
    "gan_both_penalties": (
        "gan",
        {"adversarial_loss": "least_squares", "gradient_penalty": 2.0, "r1_penalty": 1.0, **LAYER},
    ),
    "wgan_gp": ("wgan_gp", {}),
    "sngan": ("sngan", {}),
    "wgan_gp_labels": ("wgan_gp", {"num_classes": 3, "instance_noise": 0.1}),
    "cgan": ("cgan", {}),
    "cgan_kl_r1": ("cgan", {"adversarial_loss": "kl", "r1_penalty": 2.0, **LAYER}),
    **{f"iwgan_{loss}": ("iwgan", {"adversarial_loss": loss}) for loss in WITH_RATIO},
    "iwcgan": ("iwcgan", {}),
    "iwcgan_pearson": ("iwcgan", {"adversarial_loss": "pearson"}),
    "infogan": ("infogan", {}),
    "infogan_even_weights": ("infogan", {"continuous_weight": 1.0}),
    "infogan_category": ("infogan", {"num_continuous": 0, "category_weight": 0.5}),
    "ali": ("ali", {}),
    "ali_deterministic": ("ali", {"posterior": "deterministic"}),
    "vaegan": ("vaegan", {}),
    "vaegan_sum": ("vaegan", {"objective": "sum", "gamma": 1.0}),
    "cyclegan": ("cyclegan", {}),
    "cyclegan_no_cycles": ("cyclegan", {"cycle_weight": 0.0}),
    "ada": ("ada", {}),
    "ada_source_only": ("ada", {"adaptation_weight": 0.0}),
}
CONFIGURATIONS = {**VARIATIONAL, **ADVERSARIAL}
ONE_OF_EACH = (
    *("vae", "iwae_dreg", "svae", "aavae", "aasvae", "wakesleep", "rws", "aae", "pm"),
    *("gan_non_saturating", "wgan_gp", "iwgan_non_saturating", "infogan", "ali", "vaegan", "cyclegan", "ada"),
)
LARGE = 1e-3  # an error that no rounding makes


def _model(configuration):
    name, arguments = CONFIGURATIONS[configuration]
    small = {"image_shape": (4, 4, 1)} if configuration in VARIATIONAL else {"image_shape": (8, 8, 1), "filters": 2}
    return unizoo.zoo.make_model(name, **small, **arguments)


@pytest.fixture
def toy(request):
    model = _model(request.param)
    with double_precision():
        yield TOYS[type(model).__name__](model)


def _error(toy, phase):
    said, trained = phase_gradients(toy, phase)
    assert max(np.abs(one).max() for one in trained) > 0.01  # or there would be little to agree on
    return max(np.abs(np.subtract(*pair)).max() for pair in zip(said, trained, strict=True))


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_line_has_the_gradient_of_its_loss(configuration):
    verdicts = printed_lines(_model(configuration), configuration)
    assert verdicts
    for verdict in verdicts:
        assert verdict.error <= TOLERANCE, verdict.title


def _doubled(phase):
    def loss(batch, noise, training):
        value, terms = phase.loss(batch, noise, training)
        return 2.0 * value, terms

    return replace(phase, loss=loss)


@pytest.mark.parametrize("toy", ONE_OF_EACH, indirect=True)
def test_a_doubled_loss_is_noticed(toy):
    for phase in toy.model.phases:
        assert _error(toy, phase) <= TOLERANCE
        assert _error(toy, _doubled(phase)) > LARGE


@pytest.mark.parametrize("loss", ["non_saturating", "hinge"])
def test_another_models_loss_is_noticed(loss, monkeypatch):
    wrong = adversarial.LOSSES[loss]._replace(generator=adversarial.LOSSES["pearson"].generator)
    monkeypatch.setitem(adversarial.LOSSES, loss, wrong)
    discriminator, generator = printed_lines(_model(f"gan_{loss}"), "gan")
    assert discriminator.holds
    assert not generator.holds


def _moves(term):
    """Whether a term of a sum has a gradient."""
    return any(isinstance(one, (Density, Function)) and one.parameter for one in walk(term))


def _with_a_sign_changed(line):
    """The line with its direction reversed, and with each sign before a term of it."""
    yield replace(line, direction="min" if line.direction == "max" else "max")
    for one in walk(line.objective):
        if isinstance(one, Sum) and _moves(one.terms[-1]):
            turned = Sum((*one.terms[:-1], -one.terms[-1]))
            yield transform(line, lambda node, one=one, turned=turned: turned if node == one else node)


@pytest.mark.parametrize("toy", ONE_OF_EACH, indirect=True)
def test_a_changed_sign_is_noticed(toy):
    for phase in toy.model.phases:
        lines = phase.formula if isinstance(phase.formula, tuple) else (phase.formula,)
        for number, line in enumerate(lines):
            for wrong in _with_a_sign_changed(line):
                formula = (*lines[:number], wrong, *lines[number + 1 :])
                assert _error(toy, replace(phase, formula=formula)) > LARGE


@pytest.mark.parametrize("toy", ["iwgan_non_saturating", "rws"], indirect=True)
def test_weights_that_learn_are_noticed(toy, monkeypatch):
    def learning(log_w, axis=0, pool=None):
        return tf.exp(log_w - tf.reduce_logsumexp(log_w if pool is None else pool, axis=axis, keepdims=True))

    for module in (adversarial, importance):
        monkeypatch.setattr(module, "normalized_weights", learning)
    assert any(_error(toy, phase) > LARGE for phase in toy.model.phases)


def test_every_registered_model_is_among_them():
    assert {name for name, _ in CONFIGURATIONS.values()} >= set(unizoo.list_models())
