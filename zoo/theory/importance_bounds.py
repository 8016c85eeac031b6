"""How each of `losses.bounds` trains an IWAE, and what it says in the notation of Hu et al. 2018."""

from collections.abc import Callable
from typing import NamedTuple

from ...losses import bounds


class Bound(NamedTuple):
    """How one of `losses.bounds` trains the model.

    Attributes:
        formulas: by whom it is climbed, what is climbed inside the expectation; `w_i` is the i-th importance weight.
        source: the paper that it is from.
        note: what else must be known of it; "" for nothing.
        argument: the constructor's argument that it takes; "" for none.
        split: what parts the routes of the gradient; None where the log weights are differentiated as they stand.
        kl: the divergence that is minimised, as in `Formulation`.
    """

    formulas: dict[str, str]
    source: str
    note: str = ""
    argument: str = ""
    split: Callable | None = None
    kl: str = "KL( q_eta(z_1..z_k|x) || p_theta(x,z_1..z_k) )"


_ALL, _IWAE, _MIWAE = "{theta,eta}", "log ( 1/k sum_i w_i )", "1/M sum_m log ( 1/K sum_i w_{m,i} )"
_ESTIMATOR = "The gradient is the estimator `{}` of unizoo.losses.bounds."
_OBJECTIVE = "What is climbed is `{}` of unizoo.losses.bounds, minus `loss`; `bound` is always that of all k samples."
_RAINFORTH = "Rainforth et al. 2018"
BOUNDS = {
    "elbo": Bound(
        {_ALL: "1/k sum_i log w_i"}, "Kingma & Welling 2014", _OBJECTIVE, kl="KL( q_eta(z|x) || p_theta(x,z) )"
    ),
    "iwae": Bound({_ALL: _IWAE}, "Burda et al. 2015"),
    "stl": Bound(
        {_ALL: _IWAE},
        "Burda et al. 2015, by the estimator of Roeder et al. 2017",
        f"{_ESTIMATOR} Its expectation is the bound's gradient at k = 1 alone: beyond it is biased.",
        split=bounds.path_derivative,
    ),
    "dreg": Bound(
        {_ALL: _IWAE},
        "Burda et al. 2015, by the estimator of Tucker et al. 2018",
        _ESTIMATOR,
        split=bounds.path_derivative,
    ),
    "miwae": Bound(
        {_ALL: _MIWAE}, _RAINFORTH, _OBJECTIVE, "groups", kl="KL( q_eta(z_1..z_K|x) || p_theta(x,z_1..z_K) )"
    ),
    "ciwae": Bound(
        {_ALL: f"beta 1/k sum_i log w_i + (1 - beta) {_IWAE}"},
        _RAINFORTH,
        _OBJECTIVE,
        "beta",
        kl="beta KL( q_eta(z|x) || p_theta(x,z) ) + (1 - beta) KL( q_eta(z_1..z_k|x) || p_theta(x,z_1..z_k) )",
    ),
    "piwae": Bound(
        {"theta": _IWAE, "eta": _MIWAE},
        _RAINFORTH,
        f"{_ESTIMATOR} The divergence is theta's; eta's has K codes in the place of k.",
        "groups",
        bounds.total_derivative,
    ),
    "vr": Bound(
        {_ALL: "1 / (1 - alpha) log ( 1/k sum_i w_i^{1 - alpha} )"},
        "Li & Turner 2016",
        f"{_OBJECTIVE} As k grows it comes to log p_theta(x) less Renyi's divergence D_alpha from the posterior.",
        "alpha",
        kl="D_alpha( q_eta(z|x) || p_theta(x,z) )",
    ),
}
