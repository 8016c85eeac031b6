"""Bounds from importance weights: values, and the gradients that each estimator sends where."""

import math

import numpy as np
import pytest
import tensorflow as tf
from unizoo.losses import bounds, importance


def _log_w(k=4, batch=3):
    return tf.constant(np.random.default_rng(0).normal(-90.0, 2.0, size=(k, batch)))


def test_values_of_known_weights():
    log_w = np.log([[1.0, 2.0], [3.0, 2.0]])
    np.testing.assert_allclose(bounds.elbo(log_w), [math.log(3) / 2, math.log(2)], rtol=1e-12)
    np.testing.assert_allclose(bounds.iwae(log_w), [math.log(2), math.log(2)], rtol=1e-12)


def test_at_one_sample_the_importance_weighted_bound_is_the_elbo():
    log_w = _log_w(k=1)
    np.testing.assert_allclose(bounds.iwae(log_w), bounds.elbo(log_w), rtol=1e-14)


def test_the_importance_weighted_bound_lies_between_the_elbo_and_the_largest_weight():
    log_w = _log_w(k=50, batch=100)
    bound = bounds.iwae(log_w).numpy()
    assert (bound > bounds.elbo(log_w).numpy()).all()
    assert (bound < tf.reduce_max(log_w, 0).numpy()).all()


@pytest.mark.parametrize("estimator", [bounds.stl, bounds.dreg])
def test_every_estimator_reports_the_bound_and_not_the_weighted_sum(estimator):
    log_w = _log_w()
    weighted_sum = tf.reduce_sum(importance.normalized_weights(log_w) * log_w, 0)
    value = estimator(log_w, tf.zeros_like(log_w))
    np.testing.assert_allclose(value, bounds.iwae(log_w), rtol=1e-14)
    assert np.abs(value - weighted_sum).min() > 0.1


@pytest.mark.parametrize(("estimator", "power"), [(bounds.stl, 1), (bounds.dreg, 2)])
def test_gradient_of_each_route(estimator, power):
    log_w, path = _log_w(), tf.zeros_like(_log_w())
    with tf.GradientTape() as tape:
        tape.watch([log_w, path])
        bound = estimator(log_w, path)
    weights = tf.nn.softmax(log_w, 0)
    generative, inference = tape.gradient(bound, [log_w, path])
    np.testing.assert_allclose(generative, weights, rtol=1e-12)
    np.testing.assert_allclose(inference, weights**power, rtol=1e-12)


def test_gradient_of_the_importance_weighted_bound_is_the_weights():
    log_w = _log_w()
    with tf.GradientTape() as tape:
        tape.watch(log_w)
        bound = bounds.iwae(log_w)
    np.testing.assert_allclose(tape.gradient(bound, log_w), tf.nn.softmax(log_w, 0), rtol=1e-12)


# Groups, combinations and powers --------------------------------------------------------------------------------------

FOUR = np.log([[1.0], [3.0], [5.0], [9.0]])  # groups of two: (1, 5) and (3, 9)


def test_values_of_the_relatives_of_known_weights():
    np.testing.assert_allclose(bounds.miwae(FOUR, 2), [(math.log(3) + math.log(6)) / 2], rtol=1e-12)
    mean_log, log_mean = math.log(135) / 4, math.log(4.5)
    np.testing.assert_allclose(bounds.ciwae(FOUR, 0.25), [0.25 * mean_log + 0.75 * log_mean], rtol=1e-12)
    np.testing.assert_allclose(bounds.piwae(FOUR, np.zeros_like(FOUR), 2), [log_mean], rtol=1e-12)
    mean_root = (1 + math.sqrt(3) + math.sqrt(5) + 3) / 4
    np.testing.assert_allclose(bounds.vr(FOUR, 0.5), [2 * math.log(mean_root)], rtol=1e-12)
    np.testing.assert_allclose(bounds.vr(FOUR, 2), [-math.log((1 + 1 / 3 + 1 / 5 + 1 / 9) / 4)], rtol=1e-12)
    np.testing.assert_allclose(bounds.vr(FOUR, -1), [math.log((1 + 9 + 25 + 81) / 4) / 2], rtol=1e-12)


@pytest.mark.parametrize(
    ("relative", "limit"),
    [
        (lambda log_w: bounds.miwae(log_w, 1), bounds.iwae),
        (lambda log_w: bounds.miwae(log_w, 6), bounds.elbo),
        (lambda log_w: bounds.ciwae(log_w, 0.0), bounds.iwae),
        (lambda log_w: bounds.ciwae(log_w, 1.0), bounds.elbo),
        (lambda log_w: bounds.vr(log_w, 0.0), bounds.iwae),
        (lambda log_w: bounds.vr(log_w, 1.0), bounds.elbo),
        (lambda log_w: bounds.vr(log_w, 1.0 - 1e-9), bounds.elbo),
        (lambda log_w: bounds.vr(log_w, 1.0 + 1e-9), bounds.elbo),
    ],
)
def test_value_and_gradient_of_a_relatives_limit(relative, limit):
    (value, gradient), (expected, expected_gradient) = (_value_and_gradient(one) for one in (relative, limit))
    np.testing.assert_allclose(value, expected, rtol=1e-9)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-7)


def _value_and_gradient(bound):
    log_w = _log_w(k=6)
    with tf.GradientTape() as tape:
        tape.watch(log_w)
        value = bound(log_w)
    return value, tape.gradient(value, log_w)


def test_gradients_of_the_relatives():
    log_w = _log_w(k=6)
    grouped = tf.nn.softmax(tf.reshape(log_w, [3, 2, 3]), axis=0) / 2
    _, gradient = _value_and_gradient(lambda log_w: bounds.miwae(log_w, 2))
    np.testing.assert_allclose(gradient, tf.reshape(grouped, [6, 3]), rtol=1e-12)
    _, gradient = _value_and_gradient(lambda log_w: bounds.ciwae(log_w, 0.05))
    np.testing.assert_allclose(gradient, 0.05 / 6 + 0.95 * tf.nn.softmax(log_w, axis=0), rtol=1e-12)
    for alpha in (-0.5, 0.5, 3.0):
        _, gradient = _value_and_gradient(lambda log_w, alpha=alpha: bounds.vr(log_w, alpha))
        np.testing.assert_allclose(gradient, tf.nn.softmax((1 - alpha) * log_w, axis=0), rtol=1e-12)


def test_piwae_sends_each_kind_of_parameters_its_own_gradient():
    log_w, total = _log_w(k=6), tf.zeros_like(_log_w(k=6))
    with tf.GradientTape() as tape:
        tape.watch([log_w, total])
        bound = bounds.piwae(log_w, total, 2)
    generative, inference = tape.gradient(bound, [log_w, total])
    np.testing.assert_allclose(generative, _value_and_gradient(bounds.iwae)[1], rtol=1e-12)
    np.testing.assert_allclose(inference, _value_and_gradient(lambda log_w: bounds.miwae(log_w, 2))[1], rtol=1e-12)


def test_no_relative_exceeds_the_importance_weighted_bound_but_for_negative_orders():
    log_w = _log_w(k=6, batch=100)
    tightest = bounds.iwae(log_w).numpy()
    for bound in (bounds.miwae(log_w, 3), bounds.ciwae(log_w, 0.5), bounds.vr(log_w, 0.5), bounds.vr(log_w, 4.0)):
        assert (bound.numpy() < tightest).all()
    assert (bounds.vr(log_w, -1.0).numpy() > tightest).all()


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0 - 1e-6, 1.0 + 1e-6, 2.0])
def test_the_renyi_bound_in_float32_is_that_in_float64(alpha):
    spread = np.random.default_rng(0).normal(-90.0, 20.0, size=(8, 50))
    exact = bounds.vr(tf.constant(spread), alpha)
    actual = bounds.vr(tf.constant(spread, tf.float32), alpha)
    assert actual.dtype == "float32"
    np.testing.assert_allclose(actual, exact, rtol=1e-5)


@pytest.mark.parametrize("groups", [0, -2, 3, 8, 2.0])
def test_groups_that_do_not_divide_the_samples_are_refused(groups):
    with pytest.raises(ValueError, match=rf"divides the number of samples. Received: groups={groups}, k=4"):
        bounds.miwae(_log_w(k=4), groups)
    with pytest.raises(ValueError, match=rf"divides the number of samples. Received: groups={groups}, k=4"):
        bounds.piwae(_log_w(k=4), _log_w(k=4), groups)


def test_parameters_out_of_range_are_refused():
    for beta in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match=rf"beta must lie in \[0, 1\]. Received: beta={beta}"):
            bounds.ciwae(_log_w(), beta)
    for alpha in (math.inf, math.nan):
        with pytest.raises(ValueError, match=f"alpha must be finite. Received: alpha={alpha}"):
            bounds.vr(_log_w(), alpha)


BOUNDS = (bounds.iwae, lambda log_w: bounds.miwae(log_w, 1), lambda log_w: bounds.vr(log_w, 0.0))


@pytest.mark.parametrize("bound", BOUNDS, ids=["iwae", "miwae", "vr"])
@pytest.mark.parametrize("jit", [False, True])
def test_far_apart_weights_stay_finite_in_float32(jit, bound):
    log_w = tf.constant([[-1e4], [1e4], [-2e4]])

    @tf.function(jit_compile=jit)
    def value_and_gradient(log_w):
        with tf.GradientTape() as tape:
            tape.watch(log_w)
            value = bound(log_w)
        return value, tape.gradient(value, log_w)

    value, gradient = value_and_gradient(log_w)
    np.testing.assert_allclose(value, [1e4 - math.log(3)], rtol=1e-6)
    np.testing.assert_allclose(gradient, [[0.0], [1.0], [0.0]], rtol=1e-6)


# A chain of two latents: q is h1 ~ N(m, s), h2 | h1 ~ N(a h1 + b, t), s and t standard deviations; the model is
# p(h2) = N(0, 1), p(h1|h2) = N(c h2, 1), p(x|h1) = N(h1, 1).
INFERENCE = {"m": 0.3, "log_s": -0.4, "a": 0.7, "b": -0.2, "log_t": 0.1}
NOISE = np.random.default_rng(1).normal(size=(2, 5, 3, 1))  # [layer, k, batch, dim]
X = np.array([-1.0, 0.5, 2.0])[:, None]


def _normal(value, loc, log_scale):
    z = (value - loc) * tf.exp(-log_scale)
    return tf.reduce_sum(-0.5 * tf.square(z) - log_scale - 0.5 * math.log(2 * math.pi), axis=-1)


def _draw(q):
    h1 = q["m"] + tf.exp(q["log_s"]) * NOISE[0]
    return [h1, q["a"] * h1 + q["b"] + tf.exp(q["log_t"]) * NOISE[1]]


def _densities(latents, q, c):
    h1, h2 = latents
    zero = tf.constant(0.0, tf.float64)
    log_prior = _normal(h2, zero, zero) + _normal(h1, c * h2, zero)
    log_posterior = _normal(h1, q["m"], q["log_s"]) + _normal(h2, q["a"] * h1 + q["b"], q["log_t"])
    return _normal(X, h1, zero), log_prior, log_posterior


def _log_weights(samples_of, densities_of, c):
    """log w of samples drawn with one set of inference parameters, under the densities of another, [k, batch]."""
    log_likelihood, log_prior, log_posterior = _densities(_draw(samples_of), densities_of, c)
    return log_likelihood + log_prior - log_posterior


def _constants(**changes):
    return {name: tf.constant(value, tf.float64) for name, value in {**INFERENCE, **changes}.items()}


@pytest.fixture(scope="module")
def chain():
    """Values and gradients of `path_derivative` on the chain."""
    q, c = _constants(), tf.constant(0.6, tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([*q.values(), c])
        densities, path = bounds.path_derivative(lambda latents: _densities(latents, q, c), _draw(q))
        log_w = densities[0] + densities[1] - densities[2]
    return {
        "densities": densities,
        "path": path,
        "generative": tape.gradient(log_w, c),
        "generative_by_path": tape.gradient(path, c),
        "inference": tape.gradient(path, q),
        "inference_by_densities": tape.gradient(log_w, q),
    }


def test_path_is_zero_and_densities_are_those_of_the_samples(chain):
    q, c = _constants(), tf.constant(0.6, tf.float64)
    np.testing.assert_array_equal(chain["path"], np.zeros((5, 3)))
    for actual, expected in zip(chain["densities"], _densities(_draw(q), q, c), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-14)


@pytest.mark.parametrize("name", list(INFERENCE))
def test_path_gradient_of_two_dependent_latents_is_the_finite_difference(chain, name):
    # With common random numbers: the samples move with the parameter, the densities' own parameters stay.
    q, c, step = _constants(), tf.constant(0.6, tf.float64), 1e-6
    up, down = (
        tf.reduce_sum(_log_weights(_constants(**{name: INFERENCE[name] + move}), q, c)) for move in (step, -step)
    )
    # Central differences: the error is of the order of step^2 + 1e-16 / step.
    np.testing.assert_allclose(chain["inference"][name], (up - down) / (2 * step), rtol=1e-7, atol=1e-7)
    assert abs(chain["inference"][name]) > 0.01


def test_generative_gradient_goes_by_the_densities_alone(chain):
    q, step = _constants(), 1e-6
    up, down = (tf.reduce_sum(_log_weights(q, q, tf.constant(0.6 + move, tf.float64))) for move in (step, -step))
    np.testing.assert_allclose(chain["generative"], (up - down) / (2 * step), rtol=1e-7)
    assert chain["generative_by_path"] is None
    assert all(gradient is None for gradient in chain["inference_by_densities"].values())


def test_path_and_score_together_are_the_total_derivative(chain):
    q, c = _constants(), tf.constant(0.6, tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(q)
        total = _log_weights(q, q, c)
        score = -_densities([tf.stop_gradient(z) for z in _draw(q)], q, c)[2]
    for name in INFERENCE:
        both = chain["inference"][name] + tape.gradient(score, q)[name]
        np.testing.assert_allclose(both, tape.gradient(total, q)[name], rtol=1e-10, atol=1e-10)


def test_the_total_derivative_is_that_of_the_inference_parameters_alone():
    q, c = _constants(), tf.constant(0.6, tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([*q.values(), c])
        densities, total = bounds.total_derivative(lambda latents: _densities(latents, q, c), _draw(q))
        log_w, plain = densities[0] + densities[1] - densities[2], _log_weights(q, q, c)
    np.testing.assert_array_equal(total, np.zeros((5, 3)))
    np.testing.assert_allclose(log_w, plain, rtol=1e-14)
    for name in INFERENCE:
        np.testing.assert_allclose(tape.gradient(total, q[name]), tape.gradient(plain, q[name]), rtol=1e-10, atol=1e-10)
    assert all(gradient is None for gradient in tape.gradient(log_w, q).values())
    np.testing.assert_allclose(tape.gradient(log_w, c), tape.gradient(plain, c), rtol=1e-12)
    assert tape.gradient(total, c) is None


def test_a_latent_that_the_densities_ignore_has_a_path_of_zero():
    z = tf.constant(NOISE[0])

    def densities(latents):
        return tuple(_normal(latents[0], tf.constant(0.0, tf.float64), tf.constant(0.0, tf.float64)) for _ in range(3))

    with tf.GradientTape() as tape:
        tape.watch(z)
        _, path = bounds.path_derivative(densities, [tf.stop_gradient(z), 2.0 * z])
    np.testing.assert_array_equal(tape.gradient(path, z), np.zeros_like(NOISE[0]))
