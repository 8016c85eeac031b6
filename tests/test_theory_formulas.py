"""The algebra of formulas: how trees are printed, and what makes trees of trees."""

import pytest
from unizoo.zoo.theory.adversarial_losses import VIEWS
from unizoo.zoo.theory.expressions import (
    JSD,
    KL,
    Apply,
    Divergence,
    E,
    Event,
    Function,
    Line,
    Named,
    Number,
    Samples,
    Scalar,
    c,
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
from unizoo.zoo.theory.importance_bounds import BOUNDS
from unizoo.zoo.theory.rendering import latex, mathml, short, short_latex, short_mathml, text, text_clauses
from unizoo.zoo.theory.transforms import condition, definitions, give, hold, reverse_label, slot_of, substitute, walk

V = Function("V", "phi", (x,))
GAN = Line("max", ("phi",), E(p.theta(x | y), p(y))[log(q.phi(y | x))])
HALF = Number(1) / Number(2)


@pytest.mark.parametrize(
    ("tree", "plain", "tex"),
    [
        (p.theta(x | (z, y)), "p_theta(x|z,y)", r"p_{\theta}(x\mid z,y)"),
        (q.perfect(y | x), "q_*(y|x)", r"q_{*}(y\mid x)"),
        (hold(q.phi(y | x), "phi"), "q_phi0(y|x)", r"q_{\phi_{0}}(y\mid x)"),
        (reverse_label(q.phi(y.at(0) | x)), "q^r_phi(y=0|x)", r"q^{r}_{\phi}(y=0\mid x)"),
        (p.data(x) - p.g(x), "p_data(x) - p_g(x)", r"p_{\mathrm{data}}(x)-p_{g}(x)"),
        (HALF * (V - 1) ** 2, "1/2 ( V_phi(x) - 1 )^2", r"\frac{1}{2}\left( V_{\phi}(x)-1 \right)^{2}"),
        (-(V + 1), "-( V_phi(x) + 1 )", r"-\left( V_{\phi}(x)+1 \right)"),
        (2 - V * (1 - V), "2 - V_phi(x) ( 1 - V_phi(x) )", r"2-V_{\phi}(x)\left( 1-V_{\phi}(x) \right)"),
        (Apply("norm", (V,)) ** 2, "||V_phi(x)||^2", r"\lVert V_{\phi}(x)\rVert^{2}"),
        (JSD(p.g(x), p.data(x)), "JSD( p_g(x) || p_data(x) )", None),
        (Divergence("chi^2", p.g(x), p.data(x)), "chi^2( p_g(x) || p_data(x) )", None),
        (Divergence("W_1", p.g(x), p.data(x)), "W_1( p_g(x), p_data(x) )", None),
        (held(z["i"] / total("j", z["j"])), "sg( z_i / sum_j z_j )", None),
        (log(mean("i", Scalar("k"), z["i"])), "log ( 1/k sum_i z_i )", None),
        (E(Samples(q.eta(z | x), Scalar("k")))[V], "E_{z_1..z_k ~ q_eta(z|x)} [ V_phi(x) ]", None),
    ],
)
def test_a_tree_is_printed_so(tree, plain, tex):
    assert short(tree) == plain
    assert tex is None or short_latex(tree) == tex
    assert short_mathml(tree).count("<mrow>") == short_mathml(tree).count("</mrow>")


def test_a_line_is_printed_with_what_it_names_and_its_constants():
    k = Scalar("k", 5)
    weight = Named("w", p.theta(Event((x, z["i"]))) / q.eta(z["i"] | x), index=("i",))
    line = Line("max", ("theta", "eta"), E(p.data(x))[E(Samples(q.eta(z | x), k))[log(mean("i", k, weight))]])
    assert text_clauses(line) == [
        "max_{theta,eta} E_{p_data(x)} [ E_{z_1..z_k ~ q_eta(z|x)} [ log ( 1/k sum_i w_i ) ] ]",
        "w_i = p_theta(x,z_i) / q_eta(z_i|x)",
        "k = 5",
    ]
    assert text(line) == ",  ".join(text_clauses(line))
    assert latex(line).startswith(r"\max_{\theta,\eta}\mathbb{E}_{p_{\mathrm{data}}(x)}")
    assert mathml(line, display=True).startswith('<math display="block">')


def test_plain_text_is_printed_as_it_is():
    assert text("whatever a user's own model says") == "whatever a user's own model says"


def test_reversing_twice_changes_nothing_and_once_the_discriminator_alone():
    reversed_ = reverse_label(GAN)
    assert short(reversed_.objective) == "E_{p_theta(x|y) p(y)} [ log q^r_phi(y|x) ]"
    assert reverse_label(reversed_) == GAN


def test_a_class_is_given_to_conditions_and_drawn_once_outside():
    bound = E(p.data(x))[E(q.eta(z | x))[log(p.theta(x | z))] - KL(q.eta(z | x), p(z))]
    assert short(give(bound)) == (
        "E_{p_data(x|c) p(c)} [ E_{q_eta(z|x,c)} [ log p_theta(x|z,c) ] - KL( q_eta(z|x,c) || p(z) ) ]"
    )
    assert give(give(bound)) == give(bound)
    assert short(condition(E(q.eta(z | x))[V])) == "E_{q_eta(z|x,c)} [ V_phi(x|c) ]"
    assert c in give(GAN).objective.body.arguments[0].event.given


def test_substitution_reaches_conditions():
    assert short(substitute(log(q.phi(y | x)), {x: z})) == "log q_phi(y|z)"


@pytest.mark.parametrize(
    ("divergence", "slot"),
    [
        (KL(p.theta(x | y), q(x | y)), "first"),
        (KL(q.eta(z | x), p.theta(Event((x, z)))), "second"),
        (KL(p.data(x), p.g(x)) + KL(p.g(x), p.data(x)), "both"),
        (2 * JSD(p.g(x), p.data(x)), "neither"),
        (KL(hold(p.theta(x), "theta"), p.theta(x)), "second"),
    ],
)
def test_the_slot_follows_from_the_tree(divergence, slot):
    assert slot_of(divergence) == slot


@pytest.mark.parametrize("name", VIEWS)
def test_what_a_loss_says_names_each_thing_once(name):
    view = VIEWS[name]
    lines = [view.discriminator_line(10.0, 4.0), view.generator_line]
    lines += [give(line) for line in lines]
    if view.ratio:
        lines += [view.weighted_line(conditional=conditional) for conditional in (False, True)]
    for line in lines:
        _defines_each_name_once(line)


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_says_what_each_name_stands_for(name):
    value = {"groups": 2, "beta": 0.5, "alpha": 0.3}.get(BOUNDS[name].argument)
    _defines_each_name_once(BOUNDS[name].lines(4, value))


def _defines_each_name_once(lines):
    """Two things of one name, such as w_i with q_eta and with q_eta0, would be printed as one."""
    lines = lines if isinstance(lines, tuple) else (lines,)
    meanings = {}
    for node in (node for line in lines for node in walk(line) if isinstance(node, Named)):
        index = {name: str(number) for number, name in enumerate(node.index)}
        plain = short(node.value)
        for name, number in index.items():
            plain = plain.replace(f"_{name}", f"_{number}").replace(f"{{{name},", f"{{{number},")
        kind = (node.name, len(node.index), tuple(map(short, node.arguments)))
        assert meanings.setdefault(kind, plain) == plain


def test_definitions_are_found_within_definitions():
    inner = Named("T", V, (x,))
    assert [one.name for one in definitions(Named("D", inner + 1, (x,)))] == ["D", "T"]


def test_what_is_no_expression_is_refused():
    with pytest.raises(TypeError, match="Received: 'x'"):
        V + "x"
