"""Whether a divergence seeks or covers modes: its exact minimum where one normal distribution is to be two.

The data are two normal distributions of standard deviation one, side by side; the model is one normal distribution of
any mean and standard deviation. Both are tables over a fine grid, on which the printed divergence is computed for every
candidate. Where the least is at one of the two, the divergence seeks modes; where it lies between them, it covers.
"""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ...theory.adversarial_losses import VIEWS
from ...theory.evaluation import Atoms, World, evaluate_rows

GRID = np.linspace(-16.0, 16.0, 161)
MEANS = np.linspace(0.0, 6.0, 31)
DEVIATIONS = np.linspace(0.6, 6.0, 28)
DISTANCES = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)  # between the two means, in standard deviations


class Fit(NamedTuple):
    """The best normal distribution for two that are `distance` standard deviations apart.

    Attributes:
        distance: between the means of the two.
        mean: of the best one, from the middle between them.
        deviation: its standard deviation.
    """

    distance: float
    mean: float
    deviation: float

    @property
    def single(self):
        """Whether it stands at one of the two and leaves out the other."""
        return self.mean > self.distance / 4.0 and self.deviation < 1.5


def best_fits(divergence, distances=DISTANCES):
    """The exact minima of a divergence of p_g and p_data, a list of `Fit`, one for each distance."""
    return [_best_fit(divergence, distance) for distance in distances]


def seeks_from(divergence):
    """The least of `DISTANCES` from which on the minimum is a single mode; None if it never is."""
    single = [fit.distance for fit in best_fits(divergence) if fit.single]
    return min(single) if single else None


def _best_fit(divergence, distance):
    means, deviations = (one.ravel() for one in np.meshgrid(MEANS, DEVIATIONS, indexing="ij"))
    world = _world(distance, _log_normal(means, deviations))
    costs = evaluate_rows(divergence, world, {"candidate": tf.range(len(means))}).numpy()
    best = int(np.argmin(costs))
    return Fit(distance, float(means[best]), float(deviations[best]))


def _log_normal(mean, deviation):
    """log of normal distributions' tables over the grid, [n, grid], which sum to one."""
    mean, deviation = (tf.convert_to_tensor(one, tf.float64)[:, None] for one in (mean, deviation))
    return tf.nn.log_softmax(-0.5 * tf.square((GRID - mean) / deviation), axis=-1)


def _world(distance, log_generated):
    """p_g of every candidate, p_data and their mean; the discriminator is the optimal one."""
    ends = _log_normal([-distance / 2, distance / 2], [1.0, 1.0])
    log_data = tf.reduce_logsumexp(ends, axis=0) - math.log(2.0)
    log_mean = tf.reduce_logsumexp(tf.stack([tf.broadcast_to(log_data, log_generated.shape), log_generated]), axis=0)
    tables = {"p_g(x)": log_generated, "p_m(x)": log_mean - math.log(2.0)}

    def table_of(symbol, values, at):
        """The rows' candidates' tables, as `at` reads them: of the label's kind where the density is given one."""
        candidate, data = values["candidate"], at(tf.broadcast_to(log_data, log_generated.shape), values["candidate"])
        if symbol == "p_data(x)":
            return data
        own = at(tables.get(symbol, log_generated), candidate)
        if "|y" not in symbol:
            return own
        # q(x|y) of the optimal discriminator, too, is the density of the images of that label.
        generated = values["y"] == 0
        return tf.where(generated[:, None] if own.shape.rank == 2 else generated, own, data)

    def atoms(symbol):
        def drawn(values):
            weights = tf.exp(table_of(symbol, values, tf.gather))
            return Atoms(weights, {"x": tf.range(len(GRID))}, shared=True)

        return drawn

    def log_density(symbol):
        def read(values, fixed):
            def at(table, candidate):
                return tf.gather_nd(table, tf.stack([candidate, values["x"]], axis=1))

            return table_of(symbol, values, at)

        return read

    symbols = ("p_data(x)", "p_g(x)", "p_m(x)", "p_theta(x|y)", "q(x|y)")
    return World(
        atoms={
            **{symbol: atoms(symbol) for symbol in symbols},
            "p(y)": lambda values: Atoms(tf.constant([0.5, 0.5], tf.float64), {"y": tf.constant([0, 1])}, shared=True),
        },
        log_densities={symbol: log_density(symbol) for symbol in symbols},
    )


def table_of_losses():
    """For every adversarial loss, plain and importance weighted: from which distance its minimum is a single mode.

    Returns:
        Dict from a loss's name to a pair of distances, None where the minimum never is one, or there is no such loss.
        The Wasserstein distance is left out: on one line its minimum is known to cover.
    """
    found = {}
    for name, view in VIEWS.items():
        if name != "wasserstein":
            weighted = view.weighted_divergence
            found[name] = (seeks_from(view.divergence), seeks_from(weighted) if weighted is not None else None)
    return found
