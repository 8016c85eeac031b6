"""What the losses of `losses.adversarial` say in the notation of Hu et al. 2018: the players' lines, what is minimised.

V_phi(x) is the discriminator's output, p_g(x) = p_theta(x|y=0), p_data(x) = p_theta(x|y=1), p_m their mean. The
divergences are those whose gradient the generator follows when the discriminator is optimal; of the losses of the label
(non-saturating, minimax) with any discriminator.

Weighting the generated samples by r = p_data / p_g (Eqs. 15-16) turns the slope l' of the generator's loss into r l',
and so f'' of its divergence into r f'': the reverse KL divergence becomes KL, KL half of Pearson's, and the
non-saturating loss the minimax one, for any discriminator.
"""

from dataclasses import dataclass

from .expressions import (
    JSD,
    KL,
    Apply,
    Density,
    Divergence,
    E,
    Equation,
    Expression,
    Function,
    Line,
    Named,
    Number,
    Samples,
    Scalar,
    Slope,
    Variable,
    c,
    exp,
    held,
    log,
    p,
    proportional,
    q,
    total,
    x,
    y,
    z,
)
from .transforms import condition, reverse_label, substitute, walk

V = Function("V", "phi", (x,))
HALF = Number(1) / Number(2)
LABEL_LAW = (p.theta(x | y), p(y))
MIXTURE = p.m(x)  # ( p_g(x) + p_data(x) ) / 2
GENERATED = Function("x", "", (z["i"],))  # the generator's image of the i-th code
POINT = Variable("x'")  # between a data example and a generated one
# What the exact minimum of a divergence is, of one normal against two in the data.
ONE_MODE = "one normal fitted to two, six standard deviations apart, takes one of them"
BOTH_MODES = "one normal fitted to two, six standard deviations apart, spans both"


@dataclass(frozen=True)
class AdversarialView:
    """What an adversarial loss says.

    Attributes:
        discriminator: the discriminator's objective.
        generator: what stands under the generator's expectation.
        divergence: what the generator minimises.
        source: the paper, beyond Hu et al., that the generator's loss is from; "" if there is none.
        weighted: the loss of a sample to which the importance weighted generator's comes, but for the sum of the
            weights; None where the loss gives no density ratio.
        weighted_divergence: what that minimises.
        ratio: p_data / p_g of a sample x by the discriminator, to weigh it by; None where there is none.
        moves: "max" or "min", of the discriminator and of the generator.
        law: what the generator's expectation is over.
        where: equations that must be known to read the lines and the divergences.
        weighted_where: the same of the weighted divergence.
        behaviour: what minimises the divergence, in an example; of `weighted_divergence` it is always `BOTH_MODES`.
    """

    discriminator: Expression
    generator: Expression
    divergence: Expression
    source: str
    weighted: Expression | None = None
    weighted_divergence: Expression | None = None
    ratio: Expression | None = None
    moves: tuple[str, str] = ("max", "max")
    law: tuple = (p.g(x),)
    where: tuple[Expression, ...] = ()
    weighted_where: tuple[Expression, ...] = ()
    behaviour: str = BOTH_MODES

    @property
    def of_label(self):
        """Whether the discriminator states the probability of the label y."""
        return self.law == LABEL_LAW

    @property
    def times(self):
        """How many times its line a player's loss is: p(y) takes the mean of what is summed."""
        return 2.0 if self.of_label else 1.0

    def discriminator_line(self, gradient_penalty=0.0, r1_penalty=0.0):
        """The discriminator's `Line`, with the penalties of these weights."""
        sign = (-1 if self.moves[0] == "max" else 1) / self.times
        objective, where = self.discriminator, ()
        if r1_penalty:
            objective += Number(sign * r1_penalty / 2) * E(p.data(x))[_slope(x) ** 2]
        if gradient_penalty:
            objective += Number(sign * gradient_penalty) * E(p(POINT))[(_slope(POINT) - 1) ** 2]
            e = Scalar("e")
            between = e * x + (1 - e) * Function("x", "", (z,))
            where += (Equation(POINT, between),)
        if (r1_penalty or gradient_penalty) and self.of_label:
            where += (Equation(V, log(q.phi(y.at(1) | x) / q.phi(y.at(0) | x))),)
        return Line(self.moves[0], ("phi",), objective, self.times, where)

    @property
    def generator_line(self):
        """The generator's `Line`."""
        return Line(self.moves[1], ("theta",), E(*self.law)[self.generator], self.times)

    def weighted_line(self, conditional=False):
        """The generator's `Line` with importance weights (Eqs. 15-16); of a conditional one each code has a class."""
        k = Scalar("k")

        def weight(index):
            return Named("w", _of_sample(self.ratio, index, conditional), index=(index,))

        normalised = Named("w~", held(weight("i") / total("j", weight("j"))), index=("i",))
        body = total("i", normalised * _of_sample(self.generator, "i", conditional))
        draws = (Samples(p(z), k), Samples(p(c), k)) if conditional else (Samples(p(z), k),)
        return Line(self.moves[1], ("theta",), E(*draws)[body])

    @property
    def role(self):
        """The discriminator's, in words."""
        return (
            "`discriminator`; read as generation of y" if self.of_label else "`discriminator`, whose output is V_phi(x)"
        )

    @property
    def equations(self):
        """The paper's equations, and whose losses these are."""
        if not self.source:
            return "Eqs. 4-8, Lemma 1"
        whose = "generator's loss" if self.of_label else "losses"
        return f"Eqs. 4-8, with the {whose} of {self.source}"

    @property
    def known(self):
        """All equations that must be known: those of the divergence, and what an optimal output stands for."""
        return self.where if self.of_label or self.ratio is None else (*self.where, Equation(_RATIO, self.ratio))

    @property
    def known_weighted(self):
        """The same of the weighted divergence; one that is of q holds with any discriminator, not the optimal alone."""
        of_any = any(isinstance(node, Density) and node.family == "q" for node in walk(self.weighted_divergence))
        return self.weighted_where if of_any else (*self.weighted_where, Equation(_RATIO, self.ratio))

    @property
    def weighted_slot(self):
        """The slot of theta, where the weighted divergence is written as none that has a name."""
        named = any(isinstance(node, Divergence) for node in walk(self.weighted_divergence))
        return "" if named else "second"


def _slope(point):
    return Apply("norm", (Slope(substitute(V, {x: point}), point),))


def _of_sample(expression, index, conditional):
    """An expression of x, and of y = 0, for the generator's image of the code z_i, with its class c_i."""
    classes = (c[index],) if conditional else ()
    for one in classes:
        expression = condition(expression, one)
    return substitute(expression, {x: Function("x", "", (z[index],), classes), y: y.at(0)})


def of_codes(line):
    """What a GAN's line says of images, of codes: z in the place of x, an encoder in that of the generator."""
    return substitute(line, {x: z, p.theta(z | y): q.eta(z | y)})


# The losses -----------------------------------------------------------------------------------------------------------


def _variational(activation, conjugate, **said):
    """f-GAN's view for one row of `losses.divergences.DIVERGENCES`: f^* of T_phi(x), which is g_f of the output."""
    output = Named("T", activation, (x,), ("phi",))
    return AdversarialView(
        discriminator=E(p.data(x))[output] - E(p.g(x))[conjugate(output)],
        generator=conjugate(output),
        source="Nowozin et al. 2016",
        **said,
    )


_LABEL = {"discriminator": E(*LABEL_LAW)[log(q.phi(y | x))], "law": LABEL_LAW}
_PRIOR_0 = p.theta0(x)  # ( p_g(x) + p_data(x) ) / 2, as it is before the update
_REVERSED = reverse_label(q.phi(y | x))
_LEMMA_1 = E(p(y))[KL(p.theta(x | y), reverse_label(q(x | y), ""))] - JSD(p.theta(x | y.at(0)), p.theta(x | y.at(1)))
_MIRROR = JSD(p.theta(x | y.at(0)), p.theta(x | y.at(1))) - E(p(y))[KL(p.theta(x | y), q(x | y))]
_REVERSAL = Equation(_REVERSED, q.phi((1 - y) | x))
_TARGET = proportional(reverse_label(q(x | y), ""), reverse_label(q.phi0(y | x), "phi0") * _PRIOR_0)
_MIRRORED_TARGET = proportional(q(x | y), q.phi0(y | x) * _PRIOR_0)
_BEFORE = Equation(_PRIOR_0, HALF * (p.g(x) + p.data(x)))
_MEAN = Equation(MIXTURE, HALF * (p.g(x) + p.data(x)))
_ODDS = reverse_label(q.phi(y | x)) / q.phi(y | x)  # at y = 0: D / (1 - D)
_RATIO = p.data(x) / p.g(x)

VIEWS = {
    "non_saturating": AdversarialView(
        **_LABEL,
        generator=log(_REVERSED),
        divergence=_LEMMA_1,
        weighted=log(q.phi(y.at(0) | x)),
        weighted_divergence=2 * _MIRROR,
        ratio=_ODDS,
        source="",
        where=(_REVERSAL, _TARGET, _BEFORE),
        weighted_where=(_REVERSAL, _MIRRORED_TARGET, _BEFORE),
        behaviour=ONE_MODE,
    ),
    "minimax": AdversarialView(
        **_LABEL,
        moves=("max", "min"),
        generator=log(q.phi(y | x)),
        divergence=_MIRROR,
        weighted=-(exp(V) + log(q.phi(y.at(0) | x))),
        weighted_divergence=2 * KL(MIXTURE, p.g(x)),
        ratio=_ODDS,
        source="Goodfellow et al. 2014",
        where=(_REVERSAL, _MIRRORED_TARGET, _BEFORE),
        weighted_where=(_REVERSAL, _MEAN),
    ),
    "hinge": AdversarialView(
        discriminator=E(p.data(x))[Apply("min", (Number(0), V - 1))] + E(p.g(x))[Apply("min", (Number(0), -V - 1))],
        generator=V,
        divergence=2 * Divergence("TV", p.g(x), p.data(x)),
        source="Lim & Ye 2017 and Miyato et al. 2018",
    ),
    "least_squares": AdversarialView(
        moves=("min", "min"),
        discriminator=E(p.data(x))[HALF * (V - 1) ** 2] + E(p.g(x))[HALF * V**2],
        generator=HALF * (V - 1) ** 2,
        divergence=KL(p.data(x), MIXTURE) - (Number(1) / Number(4)) * Divergence("chi^2", p.data(x), MIXTURE),
        weighted=-HALF * V**2,
        weighted_divergence=(Number(1) / Number(4)) * Divergence("chi^2", p.g(x), MIXTURE),
        ratio=V / (1 - V),
        source="Mao et al. 2017",
        where=(_MEAN,),
        weighted_where=(_MEAN,),
        behaviour=ONE_MODE,
    ),
    "wasserstein": AdversarialView(
        discriminator=E(p.data(x))[V] - E(p.g(x))[V],
        generator=V,
        divergence=Divergence("W_1", p.g(x), p.data(x)),
        source="Arjovsky et al. 2017",
    ),
    "kl": _variational(
        V,
        lambda t: exp(t - 1),
        ratio=exp(V - 1),
        divergence=KL(p.data(x), p.g(x)),
        weighted=-HALF * exp(2 * (V - 1)),
        weighted_divergence=HALF * Divergence("chi^2", p.data(x), p.g(x)),
    ),
    "reverse_kl": _variational(
        -exp(-V),
        lambda t: -1 - log(-t),
        ratio=exp(V),
        divergence=KL(p.g(x), p.data(x)),
        weighted=-exp(V),
        weighted_divergence=KL(p.data(x), p.g(x)),
        behaviour=ONE_MODE,
    ),
    "pearson": _variational(
        V,
        lambda t: (Number(1) / Number(4)) * t**2 + t,
        ratio=1 + HALF * V,
        divergence=Divergence("chi^2", p.data(x), p.g(x)),
        weighted=-(Number(2) / Number(3)) * (1 + HALF * V) ** 3,
        weighted_divergence=E(p.g(x))[(Number(1) / Number(3)) * _RATIO**3],
    ),
    "squared_hellinger": _variational(
        1 - exp(-V),
        lambda t: t / (1 - t),
        ratio=exp(2 * V),
        divergence=Divergence("H^2", p.data(x), p.g(x)),
        weighted=-(Number(1) / Number(3)) * exp(3 * V),
        weighted_divergence=E(p.g(x))[(Number(2) / Number(3)) * _RATIO ** (Number(3) / Number(2))],
    ),
    "jensen_shannon": _variational(
        log(2) - log(1 + exp(-V)),
        lambda t: -log(2 - exp(t)),
        ratio=exp(V),
        divergence=2 * JSD(p.data(x), p.g(x)),
        weighted=log(1 + exp(V)) - exp(V),
        weighted_divergence=2 * KL(MIXTURE, p.g(x)),
        weighted_where=(_MEAN,),
    ),
}
