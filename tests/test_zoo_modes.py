"""What a loss's divergence does where one normal distribution is to be two, computed from the printed tree."""

import pytest
from unizoo.zoo.explain.verification.modes import at_optimum, best_fits, seeks_from
from unizoo.zoo.theory.adversarial_losses import BOTH_MODES, ONE_MODE, VIEWS
from unizoo.zoo.theory.expressions import KL, p, x

APART = 6.0  # standard deviations, of which the views speak


def _single(divergence):
    return next(fit for fit in best_fits(divergence, (APART,))).single


@pytest.mark.parametrize("name", [name for name in VIEWS if name != "wasserstein"])
def test_the_behaviour_of_a_loss_is_what_its_divergence_does(name):
    plain, weighted = at_optimum(name)
    assert VIEWS[name].behaviour == (ONE_MODE if _single(plain) else BOTH_MODES)
    assert weighted is None or not _single(weighted)  # of the weighted losses it is always BOTH_MODES


def test_the_first_slot_seeks_and_the_second_covers():
    assert seeks_from(KL(p.g(x), p.data(x))) is not None
    assert seeks_from(KL(p.data(x), p.g(x))) is None


def test_the_best_normal_for_maximum_likelihood_has_the_moments_of_the_data():
    (fit,) = best_fits(KL(p.data(x), p.g(x)), (4.0,))
    assert fit.mean == 0.0
    assert fit.deviation == pytest.approx((1.0 + 4.0) ** 0.5, abs=0.1)  # the grid's step is 0.2
