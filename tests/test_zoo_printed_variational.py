"""What is printed is what is trained: the variational models, and those with binary codes."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
import unizoo
from unizoo.zoo.explain.verification.identity import TOLERANCE
from unizoo.zoo.explain.verification.phases import phase_gradients, printed_lines
from unizoo.zoo.explain.verification.toys import TOYS, double_precision
from unizoo.zoo.theory.expressions import Density, Sum
from unizoo.zoo.theory.transforms import transform, walk

# The models with their default arguments and with all that changes a line.
CONFIGURATIONS = {
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
ONE_OF_EACH = ("vae", "iwae_dreg", "svae", "aavae", "aasvae", "wakesleep", "rws", "aae", "pm")
LARGE = 1e-3  # an error that no rounding makes


def _model(configuration):
    name, arguments = CONFIGURATIONS[configuration]
    return unizoo.zoo.make_model(name, **{"image_shape": (4, 4, 1), **arguments})


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


def _sums(line):
    """The sums whose last term has a gradient: not log p(c), of a uniform prior."""
    for node in walk(line):
        if isinstance(node, Sum) and any(isinstance(one, Density) and one.parameter for one in walk(node.terms[-1])):
            yield node


@pytest.mark.parametrize("toy", ONE_OF_EACH, indirect=True)
def test_a_changed_sign_is_noticed(toy):
    for phase in toy.model.phases:
        lines = phase.formula if isinstance(phase.formula, tuple) else (phase.formula,)
        for number, line in enumerate(lines):
            wrong = [replace(line, direction="min" if line.direction == "max" else "max")]
            for one in _sums(line.objective):
                turned = Sum((*one.terms[:-1], -one.terms[-1]))
                wrong.append(transform(line, lambda node, one=one, turned=turned: turned if node == one else node))
            for other in wrong:
                formula = (*lines[:number], other, *lines[number + 1 :])
                assert _error(toy, replace(phase, formula=formula)) > LARGE


@pytest.mark.parametrize("toy", ["rws"], indirect=True)
def test_a_lost_stop_gradient_is_noticed(toy, monkeypatch):
    from unizoo.losses import importance

    monkeypatch.setattr(importance, "normalized_weights", lambda log_w, axis=0: tf.nn.softmax(log_w, axis=axis))
    assert _error(toy, toy.model.phases[0]) > LARGE
