"""What sets the adversarial autoencoder apart: an adversary in the KL term's place, and a prior that knows classes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import unizoo
from unizoo import layers
from unizoo.export.signatures import signatures
from unizoo.layers import petals
from unizoo.zoo.theory.rendering import short


@pytest.fixture(scope="module")
def row(rows):
    return next(row for row in rows if row.name == "aae")


@pytest.fixture(scope="module")
def mixture(rows):
    return next(row for row in rows if row.name == "aae_mixture")


# The prior -----------------------------------------------------------------------------------------------------------


def test_petals_lie_on_a_circle_apart_and_point_to_its_centre():
    loc, scale = petals(10, 3)
    assert loc.shape == (10, 3)
    np.testing.assert_allclose(np.linalg.norm(loc, axis=1), 4.0, rtol=1e-6)
    covariance = scale @ scale.transpose(0, 2, 1)
    radial = loc / 4.0
    tangent = np.stack([-radial[:, 1], radial[:, 0], radial[:, 2]], axis=1)
    deviations = [np.sqrt(np.einsum("ki,kij,kj->k", axis, covariance, axis)) for axis in (radial, tangent)]
    np.testing.assert_allclose(deviations[0], 1.0, rtol=1e-5)
    assert 3.0 * deviations[1].max() < np.linalg.norm(loc[0] - loc[1]) / 2 * 1.05
    np.testing.assert_allclose(covariance[:, 2, 2], 1.0)


def test_draws_of_the_prior_follow_the_label(mixture):
    model = mixture.make()
    labels = np.repeat([0, 1, 2], 500)
    normals = tf.random.stateless_normal([1500, 3], [0, 1])
    codes = model.petals.moved(normals, labels).numpy().reshape(3, 500, 3)
    loc, scale = petals(3, 3)
    for one, mean, factor in zip(codes, loc, scale, strict=True):
        np.testing.assert_allclose(one.mean(axis=0), mean, atol=0.2)
        np.testing.assert_allclose(np.cov(one.T), factor @ factor.T, atol=0.2)
    # All together they are the whole prior's.
    whole = model.prior.sample(3000, seed=(0, 1)).numpy()
    np.testing.assert_allclose(codes.reshape(-1, 3).std(axis=0), whole.std(axis=0), rtol=0.1)


def test_a_class_needs_two_dimensions():
    with pytest.raises(ValueError, match=r"at least 2. Received: latent_dim=1"):
        unizoo.zoo.AAE(latent_dim=1, num_classes=3)


# Labels --------------------------------------------------------------------------------------------------------------


def test_a_missing_label_is_a_class_of_its_own_to_the_discriminator(mixture):
    model = mixture.make_lively()
    codes = tf.ones([4, 3])
    logits = model._logits(codes, tf.constant([-1, 0, 1, 2]), False).numpy()
    assert len(np.unique(logits)) == 4


def test_the_prior_of_a_missing_label_is_a_part_at_random(mixture):
    model = mixture.make_lively()
    phase = model.phases[1]
    noise = phase.noise(4, tf.constant([0, 1]))
    noise["class"] = tf.constant([0, 1, 2, 1])
    batch = unizoo.zoo.Batch(mixture.images(4), tf.constant([-1, -1, 0, 2]))
    codes = model.petals.moved(noise["prior"], tf.constant([0, 1, 0, 2]))
    expected = model._logits(codes, batch.labels, False)
    np.testing.assert_allclose(phase.loss(batch, noise, False)[1]["logits_real"], expected, atol=1e-5)


def test_it_trains_with_labels_missing(mixture):
    model = mixture.make()
    model.compile(run_eagerly=True)
    history = model.fit(mixture.images(8), np.array([-1, 0, 1, 2] * 2), batch_size=4, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    with pytest.raises(ValueError, match=r"labels are none of the classes.* from -2 to 0"):
        model.fit(mixture.images(2), np.array([-2, 0]), verbose=0)


def test_only_sampling_needs_a_label(mixture):
    model, images = mixture.make_lively(), mixture.images(3)
    np.testing.assert_array_equal(model.encode(images).mean(), model.encode(images, labels=[0, 1, 2]).mean())
    np.testing.assert_array_equal(model.reconstruct(images), model.reconstruct(images, labels=[0, 1, 2]))
    assert model.log_prob(images, 10).shape == (3,)


# The posterior -------------------------------------------------------------------------------------------------------


def test_a_deterministic_posterior(row):
    model, images = row.make_lively(posterior="deterministic"), row.images(4)
    posterior = model.encode(images)
    np.testing.assert_array_equal(posterior.sample(seed=(0, 1)), posterior.mean())
    np.testing.assert_array_equal(posterior.stddev(), np.zeros((4, 3)))
    np.testing.assert_array_equal(model.reconstruct(images, seed=1), model.reconstruct(images))
    model.compile(run_eagerly=True)
    assert np.isfinite(list(model.fit(images, batch_size=4, verbose=0).history.values())).all()
    assert model.get_config()["posterior"] == "deterministic"


def test_a_deterministic_posterior_has_no_likelihood(row):
    model = row.make(posterior="deterministic", name="mine")
    assert not model.supports("log_prob")
    assert "log_prob" not in {signature.name for signature in signatures(model, 5)}
    with pytest.raises(NotImplementedError, match=r"posterior is deterministic; .*Received: mine.log_prob"):
        model.log_prob(row.images(2))


def test_unknown_choices_are_refused():
    with pytest.raises(ValueError, match=r"posterior must be .*Received: posterior='cauchy'"):
        unizoo.zoo.AAE(posterior="cauchy")
    with pytest.raises(ValueError, match=r"adversarial_loss must be one of"):
        unizoo.zoo.AAE(adversarial_loss="cauchy")


# The game ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("loss", "move"), [("non_saturating", "max_eta"), ("minimax", "min_eta")])
def test_the_encoder_moves_against_the_discriminator(row, loss, move):
    model = row.make_lively(adversarial_loss=loss)
    phase, batch = model.phases[2], row.batch(4)
    assert short(phase.formula).startswith(move)
    noise = phase.noise(4, tf.constant([0, 1]))
    posterior = model.encode(batch.images)
    logits = model._logits(posterior.mean() + posterior.stddev() * noise[0], None, False)
    expected = tf.nn.softplus(-logits) if loss == "non_saturating" else -tf.nn.softplus(logits)
    np.testing.assert_allclose(phase.loss(batch, noise, False)[0], expected, atol=1e-5)


def test_the_adversary_brings_codes_to_the_prior(row):
    model = row.make(posterior="deterministic", latent_dim=1, adversary_hidden=(32, 32))
    images = np.random.default_rng(0).random((512, 4, 4, 1), dtype=np.float32)
    model.encoder.projection.bias.assign([3.0])
    assert np.mean(model.encode(images).mean()) > 2.0
    rates = {"autoencoder": 0.0, "discriminator": 5e-3, "encoder": 5e-3}
    model.compile({name: keras.optimizers.Adam(rate, beta_1=0.5) for name, rate in rates.items()})
    codes = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: codes.append(model.encode(images).mean().numpy())
    )
    model.fit(images, batch_size=128, epochs=100, verbose=0, callbacks=[watch])
    late = np.concatenate(codes[50:])  # together, for the players circle around the equilibrium
    assert abs(late.mean()) < 0.5
    assert 0.5 < late.std() < 1.6


def test_a_deterministic_head_is_serialisable():
    head = layers.Deterministic.from_config(layers.Deterministic(3).get_config())
    np.testing.assert_array_equal(head(tf.constant([[1.0, 2.0, 3.0]])).mean(), [[1.0, 2.0, 3.0]])
