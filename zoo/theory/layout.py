"""How a formula is set, whatever it is printed as: boxes in a row, scripts, fractions and fences, made of a tree."""

from dataclasses import dataclass
from functools import singledispatch

from . import expressions as ex
from .transforms import definitions, kind_of, walk

SUM, PRODUCT, TIGHT = 1, 2, 3  # how strongly an expression binds: a - b, a b, everything that needs no brackets


@dataclass(frozen=True)
class Name:
    """An identifier: a letter, a Greek letter's name, or a word; `upright` for words that are operators (log, KL)."""

    text: str
    upright: bool = False


@dataclass(frozen=True)
class Numeral:
    """A number."""

    text: str


@dataclass(frozen=True)
class Sign:
    """An operator or a mark: "+", "=", "||", ","; spaces stand around it as `before` and `after` say."""

    text: str
    before: bool = False
    after: bool = False


@dataclass(frozen=True)
class Words:
    """Plain words between formulas."""

    text: str


@dataclass(frozen=True)
class Script:
    """A box with a subscript, a superscript, a tilde."""

    base: "Box"
    below: "Box | None" = None
    above: "Box | None" = None
    tilde: bool = False


@dataclass(frozen=True)
class Fenced:
    """A box between brackets; `wide` ones have spaces inside."""

    body: "Box"
    left: str = "("
    right: str = ")"
    wide: bool = False


@dataclass(frozen=True)
class Fraction:
    """One box over another."""

    above: "Box"
    below: "Box"


@dataclass(frozen=True)
class Row:
    """Boxes side by side, with a space between them where `spaced`."""

    boxes: tuple
    spaced: bool = False


Box = Name | Numeral | Sign | Words | Script | Fenced | Fraction | Row
COMMA = Sign(",")


def row(*boxes, spaced=False):
    """A row of boxes."""
    return Row(tuple(boxes), spaced)


def listed(boxes, sign=COMMA):
    """Boxes with a sign between them."""
    boxes = list(boxes)
    parted = [box for one in boxes for box in (sign, one)][1:]
    return parted[0] if len(parted) == 1 else Row(tuple(parted))


def clauses(line):
    """The boxes of a line and of the definitions behind it, each to be followed by a comma.

    Args:
        line: an `expressions.Line`, several of them, or an expression.

    Returns:
        A list of boxes.
    """
    if isinstance(line, str):
        return [Words(line)]
    lines = line if isinstance(line, tuple) else (line,)
    boxes, defined = [layout(one) for one in lines], {}
    for one in lines:
        for definition in definitions(one):
            defined.setdefault(kind_of(definition), definition)
    for definition in defined.values():
        boxes.append(row(layout(definition), Sign("=", True, True), layout(definition.value)))
    boxes += [layout(one) for line in lines if isinstance(line, ex.Line) for one in line.where]
    constants = dict.fromkeys(
        node for one in lines for node in walk(one) if isinstance(node, ex.Scalar) and node.value is not None
    )
    boxes += [row(_name(node.name), Sign("=", True, True), _number(node.value)) for node in constants]
    return boxes


# Trees to boxes -------------------------------------------------------------------------------------------------------


@singledispatch
def layout(node):
    """The box of a node of a formula."""
    raise TypeError(f"Expected an expression. Received: {node!r}")


def _bound(node, strength):
    """A node's box, in brackets where it binds less than what stands around it."""
    box = layout(node)
    return box if _strength(node) >= strength else Fenced(box, wide=True)


def _strength(node):
    if isinstance(node, ex.Sum):
        return SUM
    if isinstance(node, ex.Quotient) and _is_fraction(node):
        return TIGHT
    if isinstance(node, (ex.Product, ex.Quotient, ex.SumOver, ex.ProductOver, ex.Expectation)):
        return PRODUCT
    if isinstance(node, ex.Number) and node.value < 0:
        return SUM
    if isinstance(node, ex.Apply) and node.name == "log":
        return PRODUCT
    return TIGHT


def _is_fraction(quotient):
    """Whether it is set as one over the other, 1/k."""
    return isinstance(quotient.numerator, ex.Number) and isinstance(quotient.denominator, (ex.Scalar, ex.Number))


def _name(text):
    """A name; digits alone are a number."""
    return Numeral(text) if text.isdigit() else Name(text)


def _number(value):
    return Numeral(f"{value:g}")


@layout.register
def _(node: ex.Number):
    return row(Sign("-"), _number(-node.value)) if node.value < 0 else _number(node.value)


@layout.register
def _(node: ex.Scalar):
    return _name(node.name)


@layout.register
def _(node: ex.Variable):
    return _indexed(node.name, node.index)


def _indexed(name, index):
    tilde = name.endswith("~")
    base = _name(name.removesuffix("~"))
    if not (tilde or index):
        return base
    return Script(base, below=listed(map(_name, index)) if index else None, tilde=tilde)


@layout.register
def _(node: ex.Value):
    return row(layout(node.variable), Sign("="), Numeral(str(node.value)))


def _event(event, fence=True):
    inner = [listed(map(layout, event.variables))]
    if event.given:
        inner += [Sign("|"), listed(map(layout, event.given))]
    return Fenced(Row(tuple(inner))) if fence else Row(tuple(inner))


@layout.register
def _(node: ex.Density):
    return row(_letter(node), _event(node.event))


def _letter(node):
    name = node.parameter + ("0" if node.fixed else "")
    below = _name(name) if name else None
    above = _name("r") if node.reversed else None
    return Script(_name(node.family), below, above) if below or above else _name(node.family)


@layout.register
def _(node: ex.Function):
    head = Script(_name(node.name), _name(node.parameter)) if node.parameter else _name(node.name)
    return row(head, _event(ex.Event(node.arguments, node.given)))


@layout.register
def _(node: ex.Samples):
    (variable,) = node.density.event.variables
    return row(layout(ex.Several(variable, node.count.name)), Sign("~", True, True), layout(node.density))


@layout.register
def _(node: ex.Several):
    first, last = (layout(ex.Variable(node.variable.name, (one,))) for one in ("1", node.last))
    return row(first, Sign(".."), last)


@layout.register
def _(node: ex.Sum):
    boxes = [_bound(node.terms[0], SUM)]
    for term in node.terms[1:]:
        sign, rest = _signed(term)
        boxes += [Sign(sign, True, True), _bound(rest, PRODUCT)]
    return Row(tuple(boxes))


def _signed(term):
    """A term's sign, and the term without it."""
    if isinstance(term, ex.Product) and isinstance(term.factors[0], ex.Number) and term.factors[0].value < 0:
        first, *rest = term.factors
        kept = ([] if first.value == -1 else [ex.Number(-first.value)]) + rest
        return "-", kept[0] if len(kept) == 1 else ex.Product(tuple(kept))
    if isinstance(term, ex.Number) and term.value < 0:
        return "-", ex.Number(-term.value)
    return "+", term


@layout.register
def _(node: ex.Product):
    sign, rest = _signed(node)
    if sign == "-":
        return row(Sign("-"), _bound(rest, PRODUCT))
    factors = node.factors
    return Row(tuple(_bound(one, PRODUCT if one is factors[-1] else TIGHT) for one in factors), spaced=True)


@layout.register
def _(node: ex.Quotient):
    if _is_fraction(node):
        return Fraction(layout(node.numerator), layout(node.denominator))
    below = PRODUCT if isinstance(node.denominator, ex.SumOver) else TIGHT
    return row(_bound(node.numerator, TIGHT), Sign("/", True, True), _bound(node.denominator, below))


@layout.register
def _(node: ex.Power):
    return Script(_bound(node.base, TIGHT), above=layout(node.exponent))


@layout.register
def _(node: ex.Apply):
    arguments = [layout(one) for one in node.arguments]
    if node.name == "norm":
        return Fenced(arguments[0], "||", "||")
    if node.name == "abs":
        return Fenced(arguments[0], "|", "|")
    name = Name(node.name, upright=node.name != "sigma")
    if node.name == "log":
        (body,) = node.arguments
        tight = isinstance(body, (ex.Density, ex.Function, ex.Named, ex.Number, ex.Apply))
        bare = tight or (isinstance(body, ex.Product) and all(isinstance(one, ex.Density) for one in body.factors))
        return row(name, arguments[0] if bare else Fenced(arguments[0], wide=True), spaced=True)
    return row(name, Fenced(listed(arguments, Sign(",", after=True)), wide=_strength(node.arguments[0]) < TIGHT))


@layout.register
def _(node: ex.Slope):
    return row(Script(Name("grad", upright=True), below=layout(node.variable)), layout(node.body), spaced=True)


@layout.register
def _(node: ex.SumOver):
    index = layout(node.over) if isinstance(node.over, ex.Variable) else _name(node.over)
    return row(Script(Name("sum", upright=True), below=index), _bound(node.body, PRODUCT), spaced=True)


@layout.register
def _(node: ex.ProductOver):
    return row(Script(Name("prod", upright=True), below=_name(node.over)), layout(node.body), spaced=True)


@layout.register
def _(node: ex.Expectation):
    over = Row(tuple(layout(one) for one in node.over), spaced=True)
    fence = Fenced(layout(node.body), "[", "]", wide=True)
    return row(Script(Name("E", upright=True), below=over), fence, spaced=True)


@layout.register
def _(node: ex.Divergence):
    sign = Sign(",", after=True) if node.symmetric and node.name != "JSD" else Sign("||", True, True)
    base, _, power = node.name.partition("^")
    base, _, below = base.partition("_")
    lower = layout(node.order) if node.order is not None else (Numeral(below) if below else None)
    name = Name(base, upright=base != "chi")
    head = Script(name, lower, Numeral(power) if power else None) if lower or power else name
    return row(head, Fenced(row(layout(node.left), sign, layout(node.right)), wide=True))


@layout.register
def _(node: ex.StopGradient):
    return row(Name("sg", upright=True), Fenced(layout(node.body), wide=_strength(node.body) < TIGHT))


@layout.register
def _(node: ex.Equation):
    return row(layout(node.left), Sign(node.relation, True, True), layout(node.right))


@layout.register
def _(node: str):
    return Words(node)


@layout.register
def _(node: ex.Named):
    name = _indexed(node.name, node.index)
    return row(name, Fenced(listed(map(layout, node.arguments)))) if node.arguments else name


@layout.register
def _(node: ex.Line):
    who = [_name(one) for one in node.parameters]
    below = who[0] if len(who) == 1 else listed(who)
    return row(Script(Name(node.direction, upright=True), below=below), layout(node.objective), spaced=True)
