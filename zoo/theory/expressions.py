"""The paper's algebra: a formula is a tree of frozen dataclasses, rendered and evaluated, never edited as text.

    from unizoo.zoo.theory.expressions import E, KL, Line, log, p, q, x, z

    bound = E(q.eta(z | x))[log(p.theta(x | z))] - KL(q.eta(z | x), p(z))
    Line("max", ("theta", "eta"), E(p.data(x))[bound])

`rendering` makes plain text, LaTeX and MathML of a tree, `transforms` makes trees of trees, `evaluation` computes one.
"""

from dataclasses import dataclass, replace
from numbers import Real


class Expression:
    """A node of a formula; `+`, `-`, `*`, `/` and `**` of expressions and numbers make expressions."""

    def __add__(self, other):
        return Sum((*_terms(self), *_terms(expression(other))))

    def __radd__(self, other):
        return expression(other) + self

    def __neg__(self):
        return Product((Number(-1), self))

    def __sub__(self, other):
        return self + -expression(other)

    def __rsub__(self, other):
        return expression(other) - self

    def __mul__(self, other):
        return Product((*_factors(self), *_factors(expression(other))))

    def __rmul__(self, other):
        return expression(other) * self

    def __truediv__(self, other):
        return Quotient(self, expression(other))

    def __rtruediv__(self, other):
        return expression(other) / self

    def __pow__(self, exponent):
        return Power(self, expression(exponent))


def expression(value):
    """An expression as it is; a number as a `Number`."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, Real):
        return Number(value)
    raise TypeError(f"Expected an expression or a number. Received: {value!r}")


def _terms(one):
    return one.terms if isinstance(one, Sum) else (one,)


def _factors(one):
    return one.factors if isinstance(one, Product) else (one,)


@dataclass(frozen=True)
class Number(Expression):
    """A number."""

    value: float


@dataclass(frozen=True)
class Scalar(Expression):
    """A named constant, such as k or alpha; its value, if it has one, is stated behind the line."""

    name: str
    value: float | None = None


# Variables and densities ----------------------------------------------------------------------------------------------


class _Condition:
    """What can stand on either side of the bar: `x | z`, `x | (z, y)`, `(x, z) | y`."""

    def __or__(self, given):
        return Event((self,), _tuple(given))

    def __ror__(self, variables):
        return Event(_tuple(variables), (self,))


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)


@dataclass(frozen=True)
class Variable(_Condition, Expression):
    """A random variable; `z["i"]` is the i-th of several draws of z."""

    name: str
    index: tuple[str, ...] = ()

    def __getitem__(self, index):
        return replace(self, index=_tuple(index))

    def at(self, value):
        """The event that the variable has a value: y = 0."""
        return Value(self, value)


@dataclass(frozen=True)
class Value(_Condition, Expression):
    """A variable at a value, `y=0`."""

    variable: Variable
    value: int


@dataclass(frozen=True)
class Function(_Condition, Expression):
    """A function with parameters: the discriminator's output V_phi(x), the generator x(z).

    Attributes:
        name: its name; of the generator's image, which may stand where a variable does, that of the variable.
        parameter: its parameters, "phi"; "" for a function that has none, or does not show them.
        arguments: variables or expressions.
        given: what it is given besides, behind a bar.
    """

    name: str
    parameter: str
    arguments: tuple[Expression, ...]
    given: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Event:
    """What a density is of, and given what."""

    variables: tuple[Expression, ...]
    given: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Density(Expression):
    """A density or probability, p_theta(x|z,y) say.

    Attributes:
        family: "p", "q" or "f".
        parameter: "theta", "eta", "phi", ..., "data", "g", "*" (perfect, without parameters), or "".
        event: what it is of.
        reversed: whether it is q^r, of the label exchanged: q^r(y|x) = q(1-y|x).
        fixed: whether its parameters are held constant, as they are before the update: q_phi0.
    """

    family: str
    parameter: str
    event: Event
    reversed: bool = False
    fixed: bool = False


@dataclass(frozen=True)
class Family:
    """Densities of one letter: `p(z)`, `p.theta(x | z)`, `q.phi(y | x)`."""

    letter: str
    parameter: str = ""

    def __getattr__(self, parameter):
        if parameter.startswith("_"):
            raise AttributeError(parameter)
        return Family(self.letter, "*" if parameter == "perfect" else parameter)

    def __call__(self, event, *more):
        """The density of an event, `x | z`, or of variables without a condition."""
        event = event if isinstance(event, Event) else Event((event, *more))
        return Density(self.letter, self.parameter, event)


@dataclass(frozen=True)
class Several(_Condition, Expression):
    """All of several draws of a variable, z_1..z_k, of a number with this name."""

    variable: Variable
    last: str


@dataclass(frozen=True)
class Samples:
    """Several independent draws of a density's variable, z_1..z_k ~ q_eta(z|x), that an expectation is over."""

    density: Density
    count: Scalar


p, q, f = Family("p"), Family("q"), Family("f")
q_lambda = Family("q", "lambda")  # which Python reserves as an attribute
x, y, z, c, h = (Variable(name) for name in "xyzch")

# Operations -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sum(Expression):
    """a + b - c."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True)
class Product(Expression):
    """a b c."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True)
class Quotient(Expression):
    """a / b."""

    numerator: Expression
    denominator: Expression


@dataclass(frozen=True)
class Power(Expression):
    """a^b."""

    base: Expression
    exponent: Expression


@dataclass(frozen=True)
class Apply(Expression):
    """A function of the language of mathematics: log, exp, min, max, sigma (the logistic one), abs, norm."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Slope(Expression):
    """The gradient of an expression with respect to a variable."""

    body: Expression
    variable: Variable


@dataclass(frozen=True)
class SumOver(Expression):
    """A sum over draws (an index "i" of `count` draws) or over a variable's values (a `Variable`)."""

    over: str | Variable
    body: Expression
    count: Scalar | None = None


@dataclass(frozen=True)
class ProductOver(Expression):
    """A product over an index."""

    over: str
    body: Expression


@dataclass(frozen=True)
class Expectation(Expression):
    """An expectation over densities, the inner ones given the outer, which stand behind them: p_theta(x|y) p(y)."""

    over: tuple[Density | Samples, ...]
    body: Expression


@dataclass(frozen=True)
class E:
    """`E(p.theta(x | y), p(y))[body]` is an `Expectation`."""

    over: tuple

    def __init__(self, *over):
        object.__setattr__(self, "over", over)

    def __getitem__(self, body):
        return Expectation(self.over, expression(body))


@dataclass(frozen=True)
class Divergence(Expression):
    """A divergence of two densities (products of densities).

    Attributes:
        name: "KL", "JSD", "chi^2" (Pearson's), "TV", "H^2" (squared Hellinger), "W_1", "D" (Renyi's).
        left: the first argument, and `right` the second.
        order: of Renyi's.
    """

    name: str
    left: Expression
    right: Expression
    order: Expression | None = None

    @property
    def symmetric(self):
        """Whether its arguments may be exchanged."""
        return self.name in ("JSD", "TV", "H^2", "W_1")


@dataclass(frozen=True)
class StopGradient(Expression):
    """An expression held constant: sg( ... )."""

    body: Expression


@dataclass(frozen=True)
class Named(_Condition, Expression):
    """An expression called by a name, which is defined behind the line: w_i, L(x), D(x).

    Attributes:
        name: its name; "w~" has a tilde.
        value: what it stands for.
        arguments: the variables that it is shown with.
        index: indices such as "i".
    """

    name: str
    value: Expression
    arguments: tuple[Expression, ...] = ()
    index: tuple[str, ...] = ()


@dataclass(frozen=True)
class Equation(Expression):
    """A statement behind a line, left = right; it is not evaluated.

    Attributes:
        left: one side.
        right: the other.
        relation: "=", or "~~" for "proportional to".
    """

    left: Expression
    right: Expression
    relation: str = "="


def proportional(left, right):
    """The statement that the two differ by a factor that does not depend on the left one's variables."""
    return Equation(left, right, "~~")


def KL(left, right):
    """The Kullback-Leibler divergence of `left` from `right`, KL( left || right )."""
    return Divergence("KL", left, right)


def JSD(left, right):
    """The Jensen-Shannon divergence."""
    return Divergence("JSD", left, right)


def log(one):
    """The natural logarithm."""
    return Apply("log", (expression(one),))


def exp(one):
    """The exponential."""
    return Apply("exp", (expression(one),))


def held(one):
    """The expression as a constant."""
    return StopGradient(one)


def total(index, body, count=None):
    """The sum over an index, or over a variable's values."""
    return SumOver(index, expression(body), count)


def mean(index, count, body):
    """1/count times the sum over an index."""
    return Quotient(Number(1), count) * total(index, body, count)


# Lines ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """What a phase climbs or descends, and by which parameters.

    Attributes:
        direction: "max" or "min".
        parameters: names of those that move, ("theta", "eta").
        objective: the expression.
        times: how many times the line the loss is: a GAN's discriminator adds up what p(y) takes the mean of, so that
            its loss is minus twice its line.
        where: equations behind the line.
    """

    direction: str
    parameters: tuple[str, ...]
    objective: Expression
    times: float = 1.0
    where: tuple[Expression, ...] = ()
