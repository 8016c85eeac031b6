"""Whether a divergence seeks or covers modes: its exact minimum where one normal distribution is to be two.

The data are two normal distributions of standard deviation one, side by side; the model is one normal distribution of
any mean and standard deviation. Both are tables over a fine grid, on which the printed divergence is computed for every
candidate. Where the least is at one of the two, the divergence seeks modes; where it lies between them, it covers.
"""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ...theory.adversarial_losses import HALF, VIEWS
from ...theory.evaluation import Atoms, World, evaluate_rows
from ...theory.expressions import JSD, KL, p, x

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


def at_optimum(name):
    """What a loss minimises with the optimal discriminator, plain and importance weighted (None if it cannot be).

    The divergences of the losses of the label hold with any discriminator, whose target is held fixed: with the optimal
    one they come to these (Hu et al. 2018, Lemma 1; `divergences.lemma_1_optimal` and `minimax_mirror` check it).
    """
    view, jsd = VIEWS[name], JSD(p.g(x), p.data(x))
    plain = {"non_saturating": HALF * KL(p.g(x), p.data(x)) - jsd, "minimax": jsd}
    return plain.get(name, view.divergence), {"non_saturating": jsd}.get(name, view.weighted_divergence)


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
    """p_g of every candidate, p_data and their mean."""
    ends = _log_normal([-distance / 2, distance / 2], [1.0, 1.0])
    log_data = tf.reduce_logsumexp(ends, axis=0) - math.log(2.0)
    log_mean = tf.reduce_logsumexp(tf.stack([tf.broadcast_to(log_data, log_generated.shape), log_generated]), axis=0)
    tables = {
        "p_data(x)": tf.broadcast_to(log_data, log_generated.shape),
        "p_g(x)": log_generated,
        "p_m(x)": log_mean - math.log(2.0),
    }

    def atoms(table):
        return lambda values: Atoms(
            tf.exp(tf.gather(table, values["candidate"])), {"x": tf.range(len(GRID))}, shared=True
        )

    def log_density(table):
        return lambda values, fixed: tf.gather_nd(table, tf.stack([values["candidate"], values["x"]], axis=1))

    return World(
        atoms={symbol: atoms(table) for symbol, table in tables.items()},
        log_densities={symbol: log_density(table) for symbol, table in tables.items()},
    )


def table_of_losses():
    """For every adversarial loss, plain and importance weighted: from which distance its minimum is a single mode.

    Returns:
        Dict from a loss's name to a pair of distances, None where the minimum never is one, or there is no such loss.
        The Wasserstein distance, no sum over one value at a time, is left out.
    """
    found = {}
    for name in VIEWS:
        if name != "wasserstein":
            plain, weighted = at_optimum(name)
            found[name] = (seeks_from(plain), None if weighted is None else seeks_from(weighted))
    return found
