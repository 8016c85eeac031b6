"""What the losses of `losses.adversarial` say in the notation of Hu et al. 2018: the players' lines, what is minimised.

V_phi(x) is the discriminator's output, p_g(x) = p_theta(x|y=0) and p_data(x) = p_theta(x|y=1). The divergences given
are those whose gradient the generator follows when the discriminator is optimal.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Objective:
    """The text of an adversarial loss.

    Attributes:
        discriminator: its objective, without "max_phi".
        generator: what stands under the generator's expectation.
        kl: the divergence minimised, as in `Formulation`.
        theta_slot: as in `Formulation`.
        behaviour: as in `Formulation`.
        notes: as in `Formulation`.
        source: the paper, beyond Hu et al., that the generator's loss is from; empty if there is none.
        ratio: p_data / p_g of a sample by the discriminator's output, to weigh it by; None where there is none.
        moves: "max" or "min", of the discriminator and of the generator.
        law: what the generator's expectation is over.
    """

    discriminator: str
    generator: str
    kl: str
    theta_slot: str
    behaviour: str
    notes: tuple[str, ...]
    source: str
    ratio: str | None = None
    moves: tuple[str, str] = ("max", "max")
    law: str = "p_g(x)"

    def discriminator_line(self, gradient_penalty, r1_penalty):
        """The discriminator's objective, with the penalties of these weights."""
        line, sign = f"{self.moves[0]}_phi {self.discriminator}", "-" if self.moves[0] == "max" else "+"
        where = ""
        if r1_penalty:
            line += f" {sign} {r1_penalty / 2:g} R_1"
            where += ",  R_1 = E_{p_data(x)} [ ||grad V_phi(x)||^2 ]"
        if gradient_penalty:
            line += f" {sign} {gradient_penalty:g} R"
            where += ",  R = E_{x'} [ (||grad V_phi(x')|| - 1)^2 ],  x' = e x + (1 - e) x(z), e uniform on (0, 1)"
        if (r1_penalty or gradient_penalty) and "V_phi" not in self.discriminator + self.notes[0]:
            where += ",  V_phi(x) the logit of q_phi(y=1|x)"
        return line + where

    @property
    def role(self):
        """The discriminator's."""
        if self.law == _LABELS["law"]:
            return "`discriminator`; read as generation of y"
        if self.ratio is None:
            return "`discriminator`, whose output V_phi(x) is no statement on the probability of y"
        return f"`discriminator`, by whose output V_phi(x) the odds of y = 1 are {self.ratio}"

    @property
    def equations(self):
        """The paper's equations, and whose losses these are."""
        if not self.source:
            return "Eqs. 4-8, Lemma 1"
        whose = "generator's loss" if self.law == _LABELS["law"] else "losses"
        return f"Eqs. 4-8, with the {whose} of {self.source}"

    @property
    def generator_line(self):
        """The generator's objective."""
        return f"{self.moves[1]}_theta E_{{{self.law}}} [ {self.generator} ]"

    @property
    def weighted_line(self):
        """The generator's objective with importance weights (Eqs. 15-16)."""
        sample = self.generator.replace("(y|x)", "(y=0|x(z_i))").replace("(x)", "(x(z_i))")
        return (
            f"{self.moves[1]}_theta E_{{z_1..z_k}} [ sum_i w~_i {sample} ],  "
            f"w_i = {self.ratio.replace('(x)', '(x(z_i))')},  w~_i = w_i / sum_j w_j held constant"
        )


def conditioned(formula):
    """A formula with the class c behind every condition and argument, and under the expectations."""
    formula = re.sub(r"\|([y01]|x(\(z_i\))?)", r"|\1,c", formula).replace("p(y)", "p(y) p(c)")
    formula = formula.replace("(x)}", "(x) p(c)}").replace("E_{x'}", "E_{x',c}")
    return re.sub(r"(_(?:phi|g|data))\((x(?:'|\(z_i\))?)\)", r"\1(\2|c)", formula)


_LABELS = {
    "discriminator": "E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ]",
    "theta_slot": "first",
    "ratio": "q^r_phi(y=0|x(z_i)) / q_phi(y=0|x(z_i))",
    "law": "p_theta(x|y) p(y)",
}
_REVERSED = "q^r_phi(y|x) = q_phi(1-y|x), the discriminator with the label reversed."
_BEFORE = "p_theta0(x) = ( p_g(x) + p_data(x) ) / 2 and phi0 as they are before the update."


def _variational(f, activation, conjugate, ratio, **divergence):
    """f-GAN's objective for one row of `losses.divergences.DIVERGENCES`."""
    return Objective(
        discriminator="E_{p_data(x)} [ T_phi(x) ] - E_{p_g(x)} [ f^*(T_phi(x)) ]",
        generator="f^*(T_phi(x))",
        notes=(
            f"T_phi(x) = g_f(V_phi(x)), V_phi(x) the discriminator's output; f(u) = {f}, g_f(v) = {activation} and "
            f"f^*(t) = {conjugate} (with t = g_f(v)).",
            "The discriminator's line is a lower bound of the divergence, and equal to it where T_phi(x) is the slope "
            "of f at p_data(x) / p_g(x), with which the generator's gradient is that of the divergence.",
        ),
        source="Nowozin et al. 2016",
        ratio=ratio,
        **divergence,
    )


_SYMMETRIC = "a symmetric divergence, of which the slot says nothing: "

OBJECTIVES = {
    "non_saturating": Objective(
        **_LABELS,
        generator="log q^r_phi(y|x)",
        kl="KL( p_theta(x|y) || q^r(x|y) )",
        behaviour="seeks modes: sharp samples, some of the data's modes may be missing",
        notes=(
            _REVERSED,
            "By Lemma 1 the gradient of -E_{p_theta(x|y) p(y)} [ log q^r_phi(y|x) ] is that of "
            "E_{p(y)} KL( p_theta(x|y) || q^r(x|y) ) - JSD( p_theta(x|0) || p_theta(x|1) ); "
            f"q^r(x|y) is proportional to q^r_phi0(y|x) p_theta0(x), with {_BEFORE}",
        ),
        source="",
    ),
    "minimax": Objective(
        **_LABELS,
        moves=("max", "min"),
        generator="log q_phi(y|x)",
        kl="JSD( p_theta(x|0) || p_theta(x|1) ) - E_{p(y)} KL( p_theta(x|y) || q(x|y) )",
        behaviour="with the optimal discriminator the Jensen-Shannon divergence falls; the gradient fades "
        "where the discriminator is sure",
        notes=(
            _REVERSED,
            "The gradient of E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ] is that of these divergences, the mirror "
            f"image of Lemma 1; q(x|y) is proportional to q_phi0(y|x) p_theta0(x), with {_BEFORE}",
        ),
        source="Goodfellow et al. 2014",
    ),
    "hinge": Objective(
        discriminator="E_{p_data(x)} [ min( 0, V_phi(x) - 1 ) ] + E_{p_g(x)} [ min( 0, -V_phi(x) - 1 ) ]",
        generator="V_phi(x)",
        kl="2 TV( p_g, p_data )",
        theta_slot="first",
        behaviour=_SYMMETRIC + "examples beyond the margin no longer teach the discriminator",
        notes=(
            "No Kullback-Leibler divergence is minimised but the total variation distance TV: the optimal V_phi(x) is "
            "1 where p_data(x) is the larger density and -1 elsewhere, which is no density ratio.",
        ),
        source="Lim & Ye 2017 and Miyato et al. 2018",
    ),
    "least_squares": Objective(
        moves=("min", "min"),
        discriminator="E_{p_data(x)} [ 1/2 ( V_phi(x) - 1 )^2 ] + E_{p_g(x)} [ 1/2 V_phi(x)^2 ]",
        generator="1/2 ( V_phi(x) - 1 )^2",
        kl="KL( p_data || p_m ) - 1/4 chi^2( p_data || p_m )",
        theta_slot="second",
        behaviour="covers modes, by half; the gradient does not fade where the discriminator is sure",
        notes=(
            "p_m(x) = ( p_g(x) + p_data(x) ) / 2, and chi^2 is Pearson's divergence.",
            "The optimal V_phi(x) is p_data(x) / ( p_data(x) + p_g(x) ). An output outside the interval from 0 to 1 "
            "stands for no density ratio: the ratio is held between 1/100 and 100.",
        ),
        source="Mao et al. 2017",
        ratio="V_phi(x) / ( 1 - V_phi(x) )",
    ),
    "wasserstein": Objective(
        discriminator="E_{p_data(x)} [ V_phi(x) ] - E_{p_g(x)} [ V_phi(x) ]",
        generator="V_phi(x)",
        kl="W_1( p_g, p_data )",
        theta_slot="first",
        behaviour="a symmetric distance, of which the slot says nothing: the gradient does not fade where the two "
        "distributions lie apart",
        notes=(
            "No Kullback-Leibler divergence is minimised but the Wasserstein (earth mover's) distance W_1, as far as "
            "the critic V_phi(x) is kept 1-Lipschitz. Its values are defined up to a constant, and are no density "
            "ratio.",
        ),
        source="Arjovsky et al. 2017",
    ),
    "kl": _variational(
        "u log u",
        "v",
        "exp(t - 1)",
        ratio="exp(V_phi(x) - 1)",
        kl="KL( p_data || p_g )",
        theta_slot="second",
        behaviour="covers modes, as maximum likelihood does",
    ),
    "reverse_kl": _variational(
        "-log u",
        "-exp(-v)",
        "-1 - log(-t)",
        ratio="exp(V_phi(x))",
        kl="KL( p_g || p_data )",
        theta_slot="first",
        behaviour="seeks modes: sharp samples, some of the data's modes may be missing",
    ),
    "pearson": _variational(
        "(u - 1)^2",
        "v",
        "t^2 / 4 + t",
        ratio="max( 1 + V_phi(x) / 2, 1/100 )",
        kl="chi^2( p_data || p_g )",
        theta_slot="second",
        behaviour="covers modes: what the data have and the model lacks costs more than under the KL divergence",
    ),
    "squared_hellinger": _variational(
        "(u^{1/2} - 1)^2",
        "1 - exp(-v)",
        "t / (1 - t)",
        ratio="exp(2 V_phi(x))",
        kl="H^2( p_data, p_g )",
        theta_slot="second",
        behaviour=_SYMMETRIC + "half-way between the two KL divergences",
    ),
    "jensen_shannon": _variational(
        "u log u - (u + 1) log((u + 1) / 2)",
        "log 2 - log(1 + exp(-v))",
        "-log(2 - exp(t))",
        ratio="exp(V_phi(x))",
        kl="2 JSD( p_data || p_g )",
        theta_slot="second",
        behaviour=_SYMMETRIC + "the gradient fades where the discriminator is sure",
    ),
}
