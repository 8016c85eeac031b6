"""How each of `losses.bounds` trains an IWAE, and what it says in the notation of Hu et al. 2018."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from ...losses import bounds
from .expressions import (
    KL,
    Divergence,
    E,
    Event,
    Expression,
    Line,
    Named,
    Samples,
    Scalar,
    Several,
    held,
    log,
    mean,
    p,
    q,
    total,
    x,
    z,
)
from .transforms import hold, transform

BOTH = ("theta", "eta")


def _weight(*index):
    """The importance weight of a code, w_i = p_theta(x,z_i) / q_eta(z_i|x)."""
    return Named("w", p.theta(Event((x, z[index]))) / q.eta(z[index] | x), index=index)


K, GROUPS, SIZE = Scalar("k"), Scalar("M"), Scalar("K")
_LOGS = mean("i", K, log(_weight("i")))
_IWAE = log(mean("i", K, _weight("i")))
_MIWAE = mean("m", GROUPS, log(mean("i", SIZE, _weight("m", "i"))))
_NORMALIZED = Named("w~", held(_weight("i") / total("j", _weight("j"))), index=("i",))
_BY_PATH = hold(log(p.theta(Event((x, z["i"])))) - log(q.eta(z["i"] | x)), "eta")
_SAMPLES = KL(q.eta(Event((Several(z, "k"),), (x,))), p.theta(Event((x, Several(z, "k")))))
_GROUP = KL(q.eta(Event((Several(z, "K"),), (x,))), p.theta(Event((x, Several(z, "K")))))
_SINGLE = KL(q.eta(z | x), p.theta(Event((x, z))))


class Bound(NamedTuple):
    """How one of `losses.bounds` trains the model.

    Attributes:
        climbed: by whom, what is climbed inside the expectation over the codes.
        source: the paper that it is from.
        argument: the constructor's argument that it takes; "" for none.
        split: what parts the routes of the gradient; None where the log weights are differentiated as they stand.
        divergence: what is minimised.
        note: what else must be known of it; "" for nothing.
    """

    climbed: dict[tuple[str, ...], Expression]
    source: str
    argument: str = ""
    split: Callable | None = None
    divergence: Expression = _SAMPLES
    note: str = ""

    def train_by(self, name, log_w, route, value):
        """What is climbed, [batch], of log weights [k, batch]: `losses.bounds` by a name, with its argument's value."""
        argument = {} if value is None else {self.argument: value}
        return getattr(bounds, name)(log_w, *route, **argument)

    def lines(self, num_samples, value=None):
        """The lines of a model with k samples, a tuple.

        Args:
            num_samples: k.
            value: of the bound's argument, if it takes one.
        """
        k = {"k": num_samples}
        if self.argument == "groups":
            k |= {"M": value, "K": num_samples // value}
        elif self.argument:
            k[self.argument] = value

        def number(node):
            return Scalar(node.name, k[node.name]) if isinstance(node, Scalar) and node.name in k else node

        return tuple(
            transform(Line("max", who, E(p.data(x))[E(Samples(q.eta(z | x), K))[what]]), number)
            for who, what in self.climbed.items()
        )


def checked_argument(name, num_samples, **given):
    """The value of a bound's argument, None of one without; what the bound lacks, or does not take, is refused.

    Args:
        name: the bound's.
        num_samples: k.
        **given: `groups`, `beta` and `alpha`, None where they are not given.

    Raises:
        ValueError: for an unknown bound, or another argument than its own.
    """
    if name not in BOUNDS:
        raise ValueError(f"bound must be one of {tuple(BOUNDS)}. Received: bound={name!r}")
    bound = BOUNDS[name]
    given = {argument: value for argument, value in given.items() if value is not None}
    if given.keys() != {bound.argument} - {""}:
        takes = f"needs {EXAMPLES[bound.argument]}, and that alone" if bound.argument else "takes none"
        received = ", ".join(f"{argument}={value!r}" for argument, value in given.items()) or "none"
        raise ValueError(f"Of groups, beta and alpha bound={name!r} {takes}. Received: {received}")
    value = given.get(bound.argument)
    zeros = tf.zeros([num_samples, 1])
    bound.train_by(name, zeros, () if bound.split is None else (zeros,), value)  # which refuses a wrong value
    return value


EXAMPLES = {  # of the arguments that bounds have
    "groups": "groups= (an integer that divides num_samples: groups=5)",
    "beta": "beta= (from 0 to 1: beta=0.05)",
    "alpha": "alpha= (any order: alpha=0.5)",
}
_RAINFORTH = "Rainforth et al. 2018"
_BETA, _ALPHA = Scalar("beta"), Scalar("alpha")
BOUNDS = {
    "elbo": Bound({BOTH: _LOGS}, "Kingma & Welling 2014", divergence=_SINGLE),
    "iwae": Bound({BOTH: _IWAE}, "Burda et al. 2015"),
    "stl": Bound(
        {BOTH: hold(_IWAE, "eta")},
        "Burda et al. 2015, by the estimator of Roeder et al. 2017",
        split=bounds.path_derivative,
        note="At k = 1 the gradient is the bound's in expectation; beyond it is biased.",
    ),
    "dreg": Bound(
        {("theta",): _IWAE, ("eta",): total("i", _NORMALIZED**2 * _BY_PATH)},
        "Burda et al. 2015, by the estimator of Tucker et al. 2018",
        split=bounds.path_derivative,
        note="In expectation eta's gradient is the bound's.",
    ),
    "miwae": Bound({BOTH: _MIWAE}, _RAINFORTH, "groups", divergence=_GROUP),
    "ciwae": Bound(
        {BOTH: _BETA * _LOGS + (1 - _BETA) * _IWAE},
        _RAINFORTH,
        "beta",
        divergence=_BETA * _SINGLE + (1 - _BETA) * _SAMPLES,
    ),
    "piwae": Bound(
        {("theta",): _IWAE, ("eta",): _MIWAE},
        _RAINFORTH,
        "groups",
        bounds.total_derivative,
        note="The divergence is theta's; eta's has K codes in the place of k.",
    ),
    "vr": Bound(
        {BOTH: 1 / (1 - _ALPHA) * log(mean("i", K, _weight("i") ** (1 - _ALPHA)))},
        "Li & Turner 2016",
        "alpha",
        divergence=Divergence("D", q.eta(z | x), p.theta(Event((x, z))), _ALPHA),
        note="As k grows the bound comes to log p_theta(x) less the divergence from the posterior.",
    ),
}
