"""Formulas computed in small worlds: against sums written out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf
from unizoo.zoo.theory.evaluation import Atoms, World, evaluate, loss, symbol
from unizoo.zoo.theory.expressions import (
    JSD,
    KL,
    Apply,
    Divergence,
    E,
    Function,
    Line,
    Number,
    Samples,
    Scalar,
    Slope,
    held,
    log,
    mean,
    p,
    q,
    total,
    x,
    y,
    z,
)
from unizoo.zoo.theory.transforms import hold, reverse_label

P, Q = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.25, 0.25])
VALUES = tf.constant([0.0, 1.0, 2.0], tf.float64)
V = Function("V", "phi", (x,))


def _tables(theta=None):
    """p_g and p_data over three values, p_g of logits; and a discriminator V(x) = x^2."""
    generated = tf.constant(P) if theta is None else tf.nn.softmax(theta)
    tables = {"p_g(x)": generated, "p_data(x)": tf.constant(Q)}

    def log_table(table):
        return lambda values, fixed: tf.math.log(tf.gather(table, tf.cast(values["x"], tf.int32)))

    def atoms(table):
        return lambda values: Atoms(table, {"x": VALUES}, shared=True)

    return World(
        atoms={
            **{name: atoms(table) for name, table in tables.items()},
            "p(y)": lambda values: Atoms(tf.constant([0.5, 0.5], tf.float64), {"y": tf.constant([0, 1])}, shared=True),
        },
        log_densities={
            **{name: log_table(table) for name, table in tables.items()},
            "q_phi(y|x)": lambda values, fixed: tf.math.log_sigmoid(
                tf.where(values["y"] == 1, values["x"], -values["x"])
            ),
        },
        functions={"V_phi": lambda x, values: tf.square(x)},
    )


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (E(p.g(x))[V], P @ [0, 1, 4]),
        (2 * E(p.g(x))[1 - V / 2] - 1, 2 * (1 - P @ [0, 1, 4] / 2) - 1),
        (KL(p.g(x), p.data(x)), P @ np.log(P / Q)),
        (JSD(p.g(x), p.data(x)), (P @ np.log(2 * P / (P + Q)) + Q @ np.log(2 * Q / (P + Q))) / 2),
        (Divergence("chi^2", p.g(x), p.data(x)), ((P - Q) ** 2 / Q).sum()),
        (Divergence("TV", p.g(x), p.data(x)), np.abs(P - Q).sum() / 2),
        (Divergence("H^2", p.g(x), p.data(x)), ((P**0.5 - Q**0.5) ** 2).sum()),
        (E(p.g(x))[Apply("min", (Number(0), V - 2))], P @ np.minimum(0, np.array([0, 1, 4]) - 2)),
        (E(p.g(x), p(y))[log(q.phi(y | x))], P @ -np.log1p(np.exp([0, 1, 2])) + P @ [0, 1, 2] / 2),
        (E(p.g(x))[Apply("norm", (Slope(V, x),)) ** 2], P @ [0, 4, 16]),
    ],
)
def test_a_tree_has_the_value_of_its_sum(tree, expected):
    np.testing.assert_allclose(evaluate(tree, _tables()), expected, rtol=1e-14)


def test_draws_of_several_are_all_combinations():
    k = Scalar("k", 2)
    tree = E(Samples(p.g(x), k))[log(mean("i", k, Function("V", "phi", (x["i"],)) + 1))]
    v = np.array([1, 2, 5])
    expected = sum(P[a] * P[b] * math.log((v[a] + v[b]) / 2) for a in range(3) for b in range(3))
    np.testing.assert_allclose(evaluate(tree, _tables()), expected, rtol=1e-14)


def test_a_reversed_discriminator_is_that_of_the_other_label():
    tree = E(p.g(x))[log(q.phi(y.at(0) | x))]
    np.testing.assert_allclose(evaluate(reverse_label(tree), _tables()), P @ -np.log1p(np.exp([0, -1, -2])), rtol=1e-14)


def _gradient(tree, theta):
    with tf.GradientTape() as tape:
        tape.watch(theta)
        value = evaluate(tree, _tables(theta))
    return tape.gradient(value, theta, unconnected_gradients="zero")


def test_no_gradient_passes_what_is_held():
    theta = tf.constant([0.1, -0.4, 0.7], tf.float64)
    plain = _gradient(E(p.g(x))[log(p.g(x))], theta)
    score = _gradient(E(hold(p.g(x), "g"))[log(p.g(x))], theta)
    rest = _gradient(E(p.g(x))[held(log(p.g(x)))], theta)
    np.testing.assert_allclose(score, np.zeros(3), atol=1e-15)  # the mean score is zero
    np.testing.assert_allclose(rest, plain, atol=1e-15)
    assert np.abs(plain).max() > 0.01


def test_a_line_is_descended_with_its_sign_and_factor():
    tree = E(p.g(x))[V]
    value = evaluate(tree, _tables())
    assert loss(Line("max", ("theta",), tree), _tables()) == -value
    assert loss(Line("min", ("theta",), tree, times=2.0), _tables()) == 2.0 * value


def test_a_sum_over_a_variable_goes_through_its_values():
    world = _tables()
    world = World(world.atoms, world.log_densities, world.functions, values_of={"y": tf.constant([0, 1])})
    np.testing.assert_allclose(evaluate(E(p.g(x))[total(y, q.phi(y | x))], world), 1.0, rtol=1e-14)


def test_symbols_have_their_conditions():
    assert symbol(q.phi(y.at(0) | (x, z))) == "q_phi(y|x,z)"
    with pytest.raises(KeyError, match="p_theta"):
        evaluate(E(p.theta(x))[V], _tables())
