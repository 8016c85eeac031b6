"""The identities hold, and a wrong loss makes each of them fail."""

import json
import math
from dataclasses import replace

import pytest
import tensorflow as tf
from click.testing import CliRunner
from unizoo import cli
from unizoo.losses import adversarial, bounds
from unizoo.zoo import GAN, IWAE, IWGAN, VAE, rws
from unizoo.zoo.aavae import AdversaryActivation
from unizoo.zoo.explain.verification import IDENTITIES, Verdict, divergences, helmholtz, report, verify
from unizoo.zoo.explain.verification.identity import gradients, jsd
from unizoo.zoo.hub.registry import list_models, make_model
from unizoo.zoo.theory import evaluation
from unizoo.zoo.theory.adversarial_losses import VIEWS
from unizoo.zoo.theory.expressions import Density
from unizoo.zoo.theory.transforms import transform

BY_NAME = {identity.name: identity for identity in IDENTITIES}


@pytest.mark.parametrize("name", BY_NAME)
def test_the_identity_holds(name):
    verdict = BY_NAME[name].check()
    assert verdict.holds
    assert verdict.error <= verdict.tolerance


def _said(name, **wrong):
    """What an adversarial loss says, with a part of it wrong."""
    return VIEWS, name, replace(VIEWS[name], **wrong)


def _weights_of_stl(log_w, path, **_):
    return bounds.iwae(log_w) + tf.reduce_sum(tf.nn.softmax(tf.stop_gradient(log_w), axis=0) * path, axis=0)


def _scaled_elbo(log_w):
    return 1.001 * tf.reduce_mean(log_w, axis=0)


def _vr_without_its_factor(log_w, alpha):
    return tf.reduce_logsumexp((1.0 - alpha) * log_w, axis=0)


def _doubled(objective):
    """A model's objective of twice the loss, and so with twice the gradient."""

    def wrong(self, batch, noise, training):
        loss, terms = objective(self, batch, noise, training)
        return 2.0 * loss, terms

    return wrong


def _weighted_sum(loss, log_ratios, pool=None):
    return tf.nn.softmax(log_ratios) * loss


def _doubled_line(line, world):
    return 2.0 * evaluation.loss(line, world)


def _unweighted_line(num_samples, line=rws.wake_line):
    """The wake phase's line without the stop-gradient of its codes."""
    return transform(line(num_samples), lambda node: replace(node, fixed=False) if isinstance(node, Density) else node)


# Of each identity: the holder and the name of what is replaced, and the replacement, which is wrong.
WRONG = {
    "lemma_1": _said("non_saturating", generator=VIEWS["minimax"].generator),
    "lemma_1_optimal": _said("non_saturating", generator=VIEWS["minimax"].generator),
    "minimax_mirror": _said("minimax", generator=VIEWS["non_saturating"].generator),
    "optimal_discriminator": _said("non_saturating", discriminator=VIEWS["hinge"].discriminator),
    "printed_divergences": _said("hinge", divergence=VIEWS["wasserstein"].divergence),
    "f_divergences": _said("pearson", discriminator=VIEWS["kl"].discriminator),
    "weighted_divergences": _said("kl", weighted_divergence=VIEWS["reverse_kl"].weighted_divergence),
    "lemma_1_infogan": (divergences, "_CODED_TARGET", VIEWS["non_saturating"].where[1].left),
    "lemma_1_infogan_joint": (divergences, "kl", jsd),
    "lemma_1_both_sides": _said("non_saturating", generator=VIEWS["minimax"].generator),
    "weighting": (adversarial, "importance_weighted", _weighted_sum),
    "vae_bound": (VAE, "_objective", _doubled(VAE._objective)),
    "lemma_2": (bounds, "elbo", _scaled_elbo),
    "lemma_2_divergence": (bounds, "elbo", _scaled_elbo),
    "aavae": (bounds, "elbo", _scaled_elbo),
    "aavae_perfect": (AdversaryActivation, "_objective", _doubled(AdversaryActivation._objective)),
    "iwae_at_one_sample": (bounds, "vr", _vr_without_its_factor),
    "dreg_unbiased": (bounds, "dreg", _weights_of_stl),
    "piwae_gradients": (bounds, "piwae", _weights_of_stl),
    "wake": (helmholtz, "loss", _doubled_line),
    "sleep": (helmholtz, "loss", _doubled_line),
    "rws_at_one_sample": (rws, "wake_line", _unweighted_line),
}


def test_every_identity_has_its_wrong_loss():
    assert WRONG.keys() == BY_NAME.keys()


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_loss_makes_the_identity_fail(name, monkeypatch):
    holder, key, replacement = WRONG[name]
    (monkeypatch.setitem if isinstance(holder, dict) else monkeypatch.setattr)(holder, key, replacement)
    verdict = BY_NAME[name].check()
    assert not verdict.holds
    assert verdict.error > 1e-6


@pytest.mark.parametrize(
    ("model", "objective", "name"),
    [
        (IWGAN, "_generator_objective", "weighting"),
        (VAE, "_objective", "iwae_at_one_sample"),
        (IWAE, "_objective", "iwae_at_one_sample"),
    ],
)
def test_the_models_own_objectives_are_what_is_checked(model, objective, name, monkeypatch):
    monkeypatch.setattr(model, objective, _doubled(getattr(model, objective)))
    assert not BY_NAME[name].check().holds


def test_two_sided_gradients_hold_fixed_what_is_not_an_argument():
    x = tf.constant(3.0, tf.float64)
    (gradient,) = gradients(lambda y: x * y, x)
    assert float(gradient) == 3.0


@pytest.mark.parametrize(
    ("model", "checked", "left_out"),
    [
        ("vae", {"vae_bound", "lemma_2"}, {"lemma_1", "dreg_unbiased"}),
        ("iwae", {"lemma_2", "iwae_at_one_sample", "dreg_unbiased"}, {"lemma_1"}),
        ("cgan", {"lemma_1", "minimax_mirror"}, {"lemma_2", "weighting", "f_divergences"}),
        ("iwgan", {"lemma_1", "weighting", "weighted_divergences"}, {"lemma_1_infogan"}),
        ("aacvae", {"lemma_2", "aavae", "aavae_perfect"}, {"iwae_at_one_sample"}),
        ("infogan", {"lemma_1_infogan", "lemma_1_infogan_joint"}, {"lemma_1", "weighting"}),
        ("aae", {"lemma_1_infogan", "lemma_1_infogan_joint"}, {"lemma_1"}),
        ("ada", {"lemma_1_both_sides"}, {"lemma_1"}),
        ("ali", {"lemma_1_both_sides"}, {"lemma_1"}),
        ("wakesleep", {"wake", "sleep"}, {"rws_at_one_sample"}),
        ("rws", {"sleep", "rws_at_one_sample"}, {"wake"}),
        ("vaegan", {"lemma_1", "optimal_discriminator"}, {"f_divergences"}),
    ],
)
def test_a_models_identities_are_those_about_it(model, checked, left_out):
    names = {verdict.name for verdict in verify(model)}
    assert checked <= names
    assert not left_out & names


def test_what_is_said_of_a_loss_is_checked_of_models_that_have_it():
    names = [verdict.name for verdict in verify(GAN((12, 12, 1), 3, 2, adversarial_loss="reverse_kl"))]
    assert names[-1] == "f_divergences"
    assert {"lemma_1", "minimax_mirror"}.isdisjoint(names)


def test_what_nothing_is_known_of_is_an_error():
    class Mine(VAE):
        """A model of one's own, which may train by something else than the VAE."""

    with pytest.raises(ValueError, match=r"Nothing is known to check of this model, but of .*VAE.*Received: <Mine"):
        verify(Mine((4, 4, 1), 2, (3,)))
    with pytest.raises(ValueError, match=r"Only generative models .*Received: 'classifier'"):
        verify("classifier")
    with pytest.raises(ValueError, match=r"Nearest: .*iwgan.*Received: 'iwgann'"):
        verify("iwgann")


def _verdict(error):
    return Verdict("sum", "one and one are two", "here", error, 1e-9)


def test_an_error_that_is_no_number_does_not_hold():
    assert not _verdict(math.nan).holds
    assert json.loads(report([_verdict(math.nan)], as_json=True))[0]["error"] is None


def test_the_report_is_a_table():
    assert report([_verdict(1e-12), _verdict(0.5)]) == (
        "identity             stated in  error    tolerance  verdict\n"
        "-----------------------------------------------------------\n"
        "one and one are two  here       1.0e-12  1e-09      holds\n"
        "one and one are two  here       5.0e-01  1e-09      FAILS"
    )


# The command ----------------------------------------------------------------------------------------------------------


def _run(*words, code=0):
    result = CliRunner().invoke(cli.main, ["explain", *words])
    assert result.exit_code == code, result.output
    return result.output


def test_the_command_prints_a_table_or_json():
    about, _, others = _run("iwae", "--verify").partition("Of the rest of the family:")
    assert "DReG is unbiased" in about
    assert "JSD" not in about
    assert "JSD" in others
    records = json.loads(_run("vae", "--verify", "--json"))
    first = ["printed_vae_autoencoder", "vae_bound", "lemma_2", "lemma_2_divergence"]
    assert [record["name"] for record in records[:4]] == first
    assert {record["name"] for record in records} == {first[0], *BY_NAME}
    assert all(record["holds"] and record["error"] <= record["tolerance"] for record in records)


def test_the_command_without_a_model_checks_every_phase_of_every_model_and_every_identity():
    lines = {f"printed_{name}_{phase.name}" for name in list_models() for phase in make_model(name).phases}
    assert {record["name"] for record in json.loads(_run("--verify", "--json"))} == {*lines, *BY_NAME}


def test_the_command_fails_where_an_identity_does(monkeypatch):
    monkeypatch.setattr(bounds, "dreg", _weights_of_stl)
    assert "FAILS" in _run("iwae", "--verify", code=1)


@pytest.mark.parametrize(
    "words", [("gan", "--json"), ("--verify", "--latex"), ("--verify", "--table"), ("--json",)], ids=" ".join
)
def test_options_that_do_not_go_together_are_refused(words):
    assert "Usage" in _run(*words, code=2)
