"""Heads: densities, moments, draws, dtypes, errors, configurations; every head once through what all must do."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from unizoo import layers

tfd = tfp.distributions
IMAGE = (4, 3, 1)
HEADS = {
    "bernoulli": lambda **kwargs: layers.IndependentBernoulli(IMAGE, **kwargs),
    "normal": lambda **kwargs: layers.IndependentNormal(IMAGE, min_scale=0.01, **kwargs),
    "multivariate_normal": lambda **kwargs: layers.MultivariateNormalDiag(5, **kwargs),
    "discretized_logistic": lambda **kwargs: layers.DiscretizedLogistic(IMAGE, levels=16, **kwargs),
    "categorical": lambda **kwargs: layers.Categorical(7, **kwargs),
}
every_head = pytest.mark.parametrize("name", list(HEADS))
# What a raw scale must be for a scale of two, the floor left aside: softplus(raw + log(e - 1)) = 2.
RAW_TWO = math.log(math.expm1(2.0)) - math.log(math.expm1(1.0))


def _features(head, *leading, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=(*leading, head.params_size)).astype(dtype)


@pytest.fixture
def policy(request):
    """The global dtype policy of the test's parameter, and the old one afterwards."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


mixed = pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"], indirect=True)


# Every head ---------------------------------------------------------------------------------------------------------


@every_head
@pytest.mark.parametrize("leading", [(), (6,), (2, 6)])
def test_leading_axes_are_the_batch_shape(name, leading):
    head = HEADS[name]()
    distribution = head(_features(head, *leading))
    assert distribution.batch_shape == leading
    draws = distribution.sample(3, seed=1)
    assert draws.shape == (3, *leading, *distribution.event_shape)
    log_prob = distribution.log_prob(draws)
    assert log_prob.shape == (3, *leading)
    assert np.isfinite(log_prob).all()


@every_head
def test_same_seed_gives_the_same_draws_and_another_seed_others(name):
    head = HEADS[name]()
    distribution = head(_features(head, 50))
    first, again, other = (distribution.sample(seed=seed).numpy() for seed in ((1, 2), (1, 2), (1, 3)))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@every_head
@mixed
def test_computes_in_float32_under_mixed_precision(name, policy):
    head = HEADS[name]()
    features = _features(head, 6)
    distribution = head(tf.cast(features, policy.removeprefix("mixed_")))
    draws = distribution.sample(seed=1)
    assert distribution.log_prob(draws).dtype == tf.float32
    assert draws.dtype == (tf.int32 if name == "categorical" else tf.float32)
    assert head(features).log_prob(draws).dtype == tf.float32


@every_head
def test_computes_in_float64_where_asked_to(name):
    head = HEADS[name](dtype="float64")
    distribution = head(_features(head, 6, dtype=np.float64))
    assert distribution.log_prob(distribution.sample(seed=1)).dtype == tf.float64


@every_head
def test_wrong_number_of_features_is_refused_at_every_call(name):
    head = HEADS[name]()
    for _ in range(2):
        with pytest.raises(
            ValueError, match=rf"reads {head.params_size} features.*Received: features of shape \(2, 3\)"
        ):
            head(np.zeros((2, 3), np.float32))
        head(_features(head, 2))


@every_head
def test_configuration_makes_an_equal_head(name):
    head = HEADS[name](name="observation")
    config = keras.saving.serialize_keras_object(head)
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is type(head)
    assert copy.get_config() == head.get_config()
    assert copy.name == "observation"
    assert copy.compute_dtype == "float32"
    features = _features(head, 6)
    draws = head(features).sample(seed=1)
    np.testing.assert_array_equal(head(features).log_prob(draws), copy(features).log_prob(draws))


@every_head
@pytest.mark.parametrize("jit", [False, True])
def test_compiled_density_and_gradient_are_the_eager_ones(name, jit):
    head = HEADS[name]()
    features = tf.constant(_features(head, 2, 6))
    draws = head(features).sample(seed=1)

    def density_and_slope(features):
        with tf.GradientTape() as tape:
            tape.watch(features)
            log_prob = head(features).log_prob(draws)
        return log_prob, tape.gradient(log_prob, features)

    compiled = tf.function(density_and_slope, jit_compile=jit)(features)
    for actual, expected in zip(compiled, density_and_slope(features), strict=True):
        # Sums of float32 in another order, and XLA's own exponentials.
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


@every_head
def test_gradient_of_the_density_is_the_finite_difference(name):
    head = HEADS[name](dtype="float64")
    features = tf.constant(_features(head, 1, dtype=np.float64))
    draws = head(features).sample(seed=1)
    direction = np.random.default_rng(1).normal(size=features.shape)
    with tf.GradientTape() as tape:
        tape.watch(features)
        log_prob = head(features).log_prob(draws)
    slope = tf.reduce_sum(tape.gradient(log_prob, features) * direction)
    step = 1e-6
    up, down = (head(features + move * direction).log_prob(draws)[0] for move in (step, -step))
    np.testing.assert_allclose(slope, (up - down) / (2 * step), rtol=1e-6)


@every_head
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_extreme_features_give_finite_densities_and_gradients(name, size):
    head = HEADS[name]()
    features = tf.fill([1, head.params_size], size)
    draws = head(_features(head, 1)).sample(seed=1)
    with tf.GradientTape() as tape:
        tape.watch(features)
        log_prob = head(features).log_prob(draws)
    assert np.isfinite(log_prob).all()
    assert np.isfinite(tape.gradient(log_prob, features)).all()


@every_head
def test_unknown_batch_size_keeps_the_event_shape(name):
    head = HEADS[name]()

    @tf.function(input_signature=[tf.TensorSpec([None, None, head.params_size])])
    def draw(features):
        distribution = head(features)
        assert distribution.event_shape == (() if name == "categorical" else head.event_shape)
        return distribution.sample(seed=(1, 2))

    features = _features(head, 2, 3)
    assert draw(features).shape == head(features).sample(seed=(1, 2)).shape


@every_head
def test_a_distribution_can_be_sliced(name):
    head = HEADS[name]()
    distribution = head(_features(head, 6))
    draws = distribution.sample(seed=1)
    np.testing.assert_allclose(distribution[2].log_prob(draws[2]), distribution.log_prob(draws)[2], rtol=1e-5)


@pytest.mark.parametrize("event_shape", [(), 0, (4, 0), (4, -1), (2.5,), 2.5, None, "ab"])
def test_event_shapes_that_are_not_positive_ints_are_refused(event_shape):
    with pytest.raises(ValueError, match=r"one or more positive ints. Received: event_shape="):
        layers.IndependentBernoulli(event_shape)


def test_event_shape_may_be_an_int_of_numpy():
    assert layers.IndependentBernoulli(np.int64(3)).event_shape == (3,)
    assert layers.IndependentBernoulli(np.array([4, 3])).event_shape == (4, 3)


# Bernoulli ----------------------------------------------------------------------------------------------------------


def _bernoulli_event(n=20):
    return np.random.default_rng(2).integers(0, 2, (n, *IMAGE)).astype(np.float32)


@pytest.mark.parametrize("event_shape", [(1,), (7,), (16,), (5, 17), (4, 8, 3)])
def test_bernoulli_density_of_any_size_is_the_sum_of_its_values(event_shape):
    head = layers.IndependentBernoulli(event_shape, dtype="float64")
    logits = tf.constant(10 * _features(head, 2, 6, dtype=np.float64))
    event = np.random.default_rng(2).random((6, *event_shape))  # a cross-entropy; without the leading axis
    with tf.GradientTape() as tape:
        tape.watch(logits)
        log_prob = head(logits).log_prob(event)
    flat = event.reshape(6, -1)
    np.testing.assert_allclose(log_prob, np.sum(flat * logits - np.logaddexp(0, logits), axis=-1), rtol=1e-12)
    np.testing.assert_allclose(tape.gradient(log_prob, logits), flat - 1 / (1 + np.exp(-logits)), atol=1e-12)


def test_bernoulli_density_is_that_of_tensorflow_probability():
    head = layers.IndependentBernoulli(IMAGE)
    logits, event = 5 * _features(head, 20), _bernoulli_event()
    reference = tfd.Independent(tfd.Bernoulli(logits=logits.reshape(-1, *IMAGE)), 3)
    np.testing.assert_allclose(head(logits).log_prob(event), reference.log_prob(event), rtol=1e-5)


def test_bernoulli_density_at_extreme_logits():
    head = layers.IndependentBernoulli(2)
    log_prob = head(tf.constant([[1e4, -1e4], [-1e4, 1e4], [0.0, 1e4]])).log_prob(tf.constant([1.0, 0.0]))
    np.testing.assert_allclose(log_prob, [0.0, -2e4, -math.log(2) - 1e4], rtol=1e-6)


def test_bernoulli_density_of_a_grey_value_is_the_cross_entropy():
    # Probability 3/4, value 1/4: 1/4 log 3/4 + 3/4 log 1/4.
    log_prob = layers.IndependentBernoulli(1)(tf.constant([[math.log(3)]])).log_prob([[0.25]])
    np.testing.assert_allclose(log_prob, [0.25 * math.log(0.75) + 0.75 * math.log(0.25)], rtol=1e-6)


def test_bernoulli_mean_mode_and_draws_are_images():
    head = layers.IndependentBernoulli(IMAGE)
    logits = 4 * _features(head, 20)
    distribution = head(logits)
    np.testing.assert_allclose(distribution.mean(), 1 / (1 + np.exp(-logits.reshape(-1, *IMAGE))), rtol=1e-5)
    np.testing.assert_array_equal(distribution.mode(), logits.reshape(-1, *IMAGE) > 0)
    draws = distribution.sample(2000, seed=1)
    assert distribution.mode().dtype == draws.dtype == tf.float32
    assert set(np.unique(draws)) == {0.0, 1.0}
    # The standard deviation of the mean of 2,000 binary draws is at most 0.5 / sqrt(2000) = 0.011.
    np.testing.assert_allclose(tf.reduce_mean(draws, 0), distribution.mean(), atol=5 * 0.0112)


# Normals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [layers.IndependentNormal, layers.MultivariateNormalDiag])
def test_normal_of_known_location_and_scale(make):
    head = make(2, min_scale=1e-6)
    distribution = head(tf.constant([[0.5, -1.0, 0.0, RAW_TWO]]))
    np.testing.assert_allclose(distribution.mean(), [[0.5, -1.0]])
    np.testing.assert_allclose(distribution.stddev(), [[1.0, 2.0]], rtol=1e-5)
    # Standardised residuals 1 and 2.
    expected = -math.log(2 * math.pi) - math.log(2.0) - 0.5 * (1 + 4)
    np.testing.assert_allclose(distribution.log_prob([[1.5, 3.0]]), [expected], rtol=1e-5)


def test_divergence_from_a_standard_normal():
    distribution = layers.MultivariateNormalDiag(2, min_scale=1e-6)(tf.constant([[0.5, -1.0, 0.0, RAW_TWO]]))
    # Sum of (m^2 + s^2 - 1 - log s^2) / 2.
    expected = 0.5 * 0.25 + 0.5 * (1.0 + 4.0 - 1.0 - math.log(4.0))
    divergence = distribution.kl_divergence(tfd.MultivariateNormalDiag(tf.zeros(2)))
    np.testing.assert_allclose(divergence, [expected], rtol=1e-5)


@pytest.mark.parametrize("make", [layers.IndependentNormal, layers.MultivariateNormalDiag])
def test_scale_never_falls_below_its_floor(make):
    distribution = make(1, min_scale=0.05)(tf.constant([[0.0, -1e4], [0.0, 0.0]]))
    np.testing.assert_allclose(distribution.stddev(), [[0.05], [1.0]], rtol=1e-6)


def test_draws_of_a_normal_carry_the_gradient():
    head = layers.MultivariateNormalDiag(3)
    features = tf.constant(_features(head, 4))
    with tf.GradientTape() as tape:
        tape.watch(features)
        draws = head(features).sample(seed=1)
    gradient = tape.gradient(draws, features)
    np.testing.assert_allclose(gradient[:, :3], np.ones((4, 3)))
    assert (np.abs(gradient[:, 3:]) > 0).all()


def test_only_vectors_have_a_multivariate_normal():
    with pytest.raises(ValueError, match=r"over vectors. Received: event_shape=\(4, 3\)"):
        layers.MultivariateNormalDiag((4, 3))


@pytest.mark.parametrize("min_scale", [0.0, -1.0, 1.0])
@pytest.mark.parametrize("make", [layers.IndependentNormal, layers.MultivariateNormalDiag, layers.DiscretizedLogistic])
def test_a_floor_outside_the_unit_interval_is_refused(make, min_scale):
    with pytest.raises(ValueError, match=f"between 0 and 1. Received: min_scale={min_scale}"):
        make(3, min_scale=min_scale)


# Categorical --------------------------------------------------------------------------------------------------------


def test_categorical_of_known_probabilities():
    distribution = layers.Categorical(3)(tf.math.log([[1.0, 2.0, 5.0]]))
    np.testing.assert_allclose(tf.exp(distribution.log_prob([[0], [1], [2]])[:, 0]), [0.125, 0.25, 0.625], rtol=1e-6)
    assert distribution.mode().numpy() == [2]


@pytest.mark.parametrize("num_classes", [1, 0, -3])
def test_fewer_than_two_classes_are_refused(num_classes):
    with pytest.raises(ValueError, match=f"at least 2. Received: num_classes={num_classes}"):
        layers.Categorical(num_classes)
