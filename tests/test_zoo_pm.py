"""What sets predictability minimisation apart: predictors that do not see their unit, and a prior that is measured."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
import unizoo
from unizoo import layers


@pytest.fixture(scope="module")
def row(rows):
    return next(row for row in rows if row.name == "pm")


# The predictors ------------------------------------------------------------------------------------------------------


def test_no_predictor_sees_its_own_unit():
    predictors = layers.LeaveOneOutPredictors(5, 7, seed=0)
    codes = tf.constant(np.random.default_rng(0).random((3, 5)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(codes)
        predicted = predictors(codes)
    slopes = np.abs(tape.batch_jacobian(predicted, codes).numpy()).max(axis=0)
    np.testing.assert_array_equal(np.diag(slopes), np.zeros(5))
    assert (slopes + np.eye(5) > 1e-4).all()  # and every predictor sees all the others


def test_predictors_find_what_units_share_and_nothing_else():
    predictors = layers.LeaveOneOutPredictors(3, 16, seed=0)
    bits = np.random.default_rng(0).integers(0, 2, (256, 2)).astype(np.float32)
    codes = tf.constant(np.stack([bits[:, 0], bits[:, 1], 1.0 - bits[:, 0]], axis=1))  # the last denies the first
    optimizer = keras.optimizers.Adam(0.02)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            errors = tf.reduce_mean(tf.square(codes - predictors(codes)), axis=0)
            loss = tf.reduce_sum(errors)
        optimizer.apply(tape.gradient(loss, predictors.trainable_variables), predictors.trainable_variables)
        return errors

    optimizer.build(predictors.trainable_variables)
    errors = [step() for _ in range(150)][-1]
    np.testing.assert_allclose(errors, [0.0, np.var(bits[:, 1]), 0.0], atol=0.02)


def test_predictors_are_serialisable():
    layer = layers.LeaveOneOutPredictors(4, 3, seed=5)
    clone = layers.LeaveOneOutPredictors.from_config(layer.get_config())
    codes = tf.ones([2, 4])
    np.testing.assert_allclose(clone(codes), layer(codes))
    with pytest.raises(ValueError, match=r"at least 2. Received: units=1"):
        layers.LeaveOneOutPredictors(1)


# The prior -----------------------------------------------------------------------------------------------------------


def test_the_units_means_follow_the_data(row):
    model, batch = row.make_lively(momentum=0.75), row.batch(6)
    model.compile(row.sgd(model, 0.0), run_eagerly=True)
    expected = 0.75 * 0.5 + 0.25 * np.mean(model.encoder(batch.images, training=True).mean(), axis=0)
    model.update(batch)
    np.testing.assert_allclose(model.unit_means.mean, expected, atol=1e-6)
    model.evaluate(batch.images, verbose=0)
    np.testing.assert_allclose(model.unit_means.mean, expected, atol=1e-6)


def test_samples_are_decoded_from_independent_units_with_these_means(row):
    model = row.make_lively()
    model.unit_means.mean.assign([0.0, 0.25, 1.0])
    draws = model.prior.sample(4000, seed=(0, 1)).numpy()
    np.testing.assert_allclose(draws.mean(axis=0), [0.001, 0.25, 0.999], atol=0.03)
    decoded = {code: model.decode(np.array([code], np.float32)).mean()[0].numpy() for code in ((0, 0, 1), (0, 1, 1))}
    shares = dict.fromkeys(decoded, 0)
    for sample in model.sample(400, seed=0).numpy():
        for code, image in decoded.items():
            shares[code] += np.allclose(sample, image, atol=1e-5) / 400
    assert shares[0, 0, 1] == pytest.approx(0.75, abs=0.08)
    assert shares[0, 1, 1] == pytest.approx(0.25, abs=0.08)


def test_log_prob_nears_the_sum_over_all_codes(row):
    model, images = row.make_lively(), row.images(3)
    model.unit_means.mean.assign([0.2, 0.5, 0.9])
    codes = np.array(list(itertools.product((0.0, 1.0), repeat=3)), np.float32)
    log_joint = [model.prior.log_prob(code) + model.decode(np.tile(code, (3, 1))).log_prob(images) for code in codes]
    exact = tf.reduce_logsumexp(tf.stack(log_joint), axis=0)
    np.testing.assert_allclose(model.log_prob(images, 4000, seed=0), exact, atol=0.1)


def test_a_common_direction_of_the_features_does_not_reach_the_units(row):
    """The encoder's features are normalised, so that what all images share cannot saturate a unit."""
    model, images = row.make(), row.images(6)
    shifted = model.encoder.network.layers[-2]
    before = model.encoder(images, training=True).mean().numpy()
    shifted.activation = lambda values: keras.activations.get(model.activation)(values) + 3.0
    np.testing.assert_allclose(model.encoder(images, training=True).mean(), before, atol=1e-3)


# The game ------------------------------------------------------------------------------------------------------------


def test_one_player_s_loss_is_the_others_gain(row):
    model, batch = row.make_lively(independence_weight=3.0), row.batch(5)
    noise = row.noise(model, 5)["autoencoder"][0]
    (predictors, _), (autoencoder, terms) = (phase.loss(batch, noise, False) for phase in model.phases)
    np.testing.assert_allclose(predictors, terms["unpredictability"])
    np.testing.assert_allclose(autoencoder, -terms["reconstruction"] - 3.0 * predictors, rtol=1e-5)
    probabilities = model.encode(batch.images).mean()
    uniform = noise[0]
    draws = 1.0 / (1.0 + np.exp(-(np.log(probabilities / (1 - probabilities)) + np.log(uniform / (1 - uniform))) / 0.5))
    expected = np.sum(np.square(probabilities - model.predictors(draws)), axis=1)
    np.testing.assert_allclose(predictors, expected, rtol=1e-3)


def test_the_game_makes_units_binary_and_independent():
    """Two correlated bits: an encoder that plays uses its units for what the others do not say."""
    random = np.random.default_rng(0)
    bits = random.integers(0, 2, (512, 2))
    images = np.repeat(bits.reshape(-1, 2, 1, 1), 2, axis=2).astype(np.float32)
    model = unizoo.zoo.PM((2, 2, 1), 2, (16,), predictor_units=8, independence_weight=4.0)
    model.compile({phase.name: keras.optimizers.Adam(1e-2) for phase in model.phases})
    model.fit(images, batch_size=128, epochs=80, verbose=0)
    units = model.encode(images).mean().numpy()
    assert np.minimum(units, 1.0 - units).mean() < 0.05
    assert abs(np.corrcoef(units.T)[0, 1]) < 0.2
    np.testing.assert_allclose(model.reconstruct(images), images, atol=0.2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_classes": 3}, "num_classes=None only. Received: num_classes=3"),
        ({"temperature": 0.0}, "must be positive. Received: temperature=0.0"),
        ({"independence_weight": -1.0}, "Received: independence_weight=-1.0"),
        ({"predictor_steps": 0}, "Received: .*predictor_steps=0"),
    ],
)
def test_what_it_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        unizoo.zoo.PM((4, 4, 1), 3, (6,), **arguments)
