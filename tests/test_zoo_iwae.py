"""IWAE takes the bounds by name: what it climbs, what it logs, what it says, what it refuses."""

import json

import numpy as np
import pytest
import tensorflow as tf
import unizoo
from unizoo.zoo import Batch
from unizoo.zoo.explain import explain

BOUNDS = {
    "iwae": {},
    "stl": {},
    "dreg": {},
    "miwae": {"groups": 2},
    "ciwae": {"beta": 0.05},
    "piwae": {"groups": 2},
    "vr": {"alpha": 0.5},
}
IMAGES = (np.random.default_rng(0).random((6, 4, 4, 1)) > 0.5).astype(np.float32)


def _model(bound="iwae", **arguments):
    return unizoo.zoo.make_model(
        "iwae", image_shape=(4, 4, 1), latent_dim=3, hidden=(6,), num_samples=4, bound=bound, **arguments
    )


def _step(model):
    """The terms, and the gradients of the decoder and of the encoder, with noise that is the same for every model."""
    (phase,) = model.phases
    weights = model.decoder.trainable_weights, model.encoder.trainable_weights
    with tf.GradientTape() as tape:
        loss, terms = phase.loss(Batch(IMAGES), phase.noise(6, tf.constant([0, 1])), True)
    return {"loss": loss, **terms}, *tape.gradient(loss, weights)


def _same(one, other):
    return all(np.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("bound", BOUNDS)
def test_every_bound_is_taken_by_name_with_plain_arguments(bound):
    model = _model(bound, **BOUNDS[bound])
    config = json.loads(json.dumps(model.get_config()))
    assert config["bound"] == bound
    assert type(model).from_config(config).get_config() == model.get_config()


def test_what_is_logged_as_bound_is_the_importance_weighted_one_whatever_is_climbed():
    terms = {bound: _step(_model(bound, **arguments))[0] for bound, arguments in BOUNDS.items()}
    tightest, elbo = terms["iwae"]["bound"].numpy(), terms["iwae"]["elbo"].numpy()
    for bound, logged in terms.items():
        np.testing.assert_allclose(logged["bound"], tightest, rtol=1e-5)
        climbed = -logged["loss"].numpy()
        if bound in ("iwae", "stl", "dreg", "piwae"):
            np.testing.assert_allclose(climbed, tightest, rtol=1e-5)
        else:
            assert ((elbo < climbed) & (climbed < tightest)).all()
    share = -terms["ciwae"]["loss"].numpy()
    np.testing.assert_allclose(share, 0.05 * elbo + 0.95 * tightest, rtol=1e-5)


def test_piwae_trains_the_decoder_by_iwae_and_the_encoder_by_miwae():
    steps = {bound: _step(_model(bound, **BOUNDS[bound]))[1:] for bound in ("iwae", "miwae", "piwae")}
    decoder, encoder = steps["piwae"]
    assert _same(decoder, steps["iwae"][0])
    assert _same(encoder, steps["miwae"][1])
    assert not _same(decoder, steps["miwae"][0])
    assert not _same(encoder, steps["iwae"][1])


@pytest.mark.parametrize(
    ("bound", "arguments", "message"),
    [
        ("miwae", {}, r"needs groups= .*groups=5.*, and that alone. Received: none"),
        ("iwae", {"groups": 2}, r"bound='iwae' takes none. Received: groups=2"),
        ("vr", {"alpha": 0.5, "beta": 0.5}, r"needs alpha= .*Received: beta=0.5, alpha=0.5"),
        ("piwae", {"groups": 3}, r"divides the number of samples. Received: groups=3, k=4"),
        ("ciwae", {"beta": 1.5}, r"beta must lie in \[0, 1\]. Received: beta=1.5"),
        ("vr", {"alpha": float("inf")}, r"alpha must be finite. Received: alpha=inf"),
        ("iwea", {}, r"bound must be one of .*'vr'.*Received: bound='iwea'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(bound, arguments, message):
    with pytest.raises(ValueError, match=message):
        _model(bound, **arguments)


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ("miwae", "w_{m,i} = p_theta(x,z_{m,i}) / q_eta(z_{m,i}|x), k = 4, M = 2, K = 2"),
        ("ciwae", "[ beta 1/k sum_i log w_i + ( 1 - beta ) log ( 1/k sum_i w_i ) ]"),
        ("vr", "alpha = 0.5"),
        ("piwae", "max_eta E_{p_data(x)} [ E_{z_1..z_k ~ q_eta(z|x)} [ 1/M sum_m log ( 1/K sum_i w_{m,i} ) ] ]"),
        ("dreg", "[ sum_i w~_i^2 ( log p_theta(x,z_i) - log q_eta0(z_i|x) ) ]"),
        ("stl", "w_i = p_theta(x,z_i) / q_eta0(z_i|x)"),
    ],
)
def test_the_formulation_names_what_is_climbed(bound, said):
    assert said in " ".join(explain(_model(bound, **BOUNDS[bound])).split())


def test_widths_that_fit_the_codes_need_not_be_given():
    assert unizoo.zoo.make_model("iwae", image_shape=(4, 4, 1)).hidden == (200, 200)
    two = unizoo.zoo.make_model("iwae", image_shape=(4, 4, 1), latent_dim=(5, 3))
    assert two.hidden == ((200, 200), (100, 100))
    assert two.upper_encoder is not None
    with pytest.raises(ValueError, match=r"hidden=\(\(200, 200\), \(100, 100\)\), say"):
        unizoo.zoo.make_model("iwae", image_shape=(4, 4, 1), latent_dim=(5, 3), hidden=(7,))
