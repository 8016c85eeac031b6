"""A formula computed: expectations are sums over the atoms of small worlds, so that gradients are exact in float64.

A world says what a formula's densities are: tables over a few values, or the networks of a small model whose noise
takes a few values. All values are held as rows [n, ...], one for each combination of what has been drawn so far.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import singledispatchmethod

import tensorflow as tf

from . import expressions as ex
from .transforms import variables_of


@dataclass(frozen=True)
class Atoms:
    """What a variable can be, given all rows so far.

    Attributes:
        weights: [n, m] (or [m], the same for all rows) probabilities; their gradient counts.
        values: dict from a variable's name to its values [n, m, ...], or [m, ...] where they are shared.
        shared: whether the values are the same for all rows.
    """

    weights: tf.Tensor
    values: Mapping[str, tf.Tensor]
    shared: bool = False


@dataclass(frozen=True)
class World:
    """What the symbols of a formula stand for. Keys are `symbol(density)`, "q_phi(y|x)" say.

    Attributes:
        atoms: by density, `(values) -> Atoms`: the draws, given the rows' values (a dict by variable, [n, ...]).
        log_densities: by density, `(values, fixed) -> [n]`; `fixed` says that parameters are held constant.
        functions: by name, such as "V_phi" or "x", `(*arguments, values) -> [n, ...]`.
        divergences: by the two arguments, `(values) -> [n]`, where a divergence is known in closed form.
        values_of: by variable, all its values [m], for sums over them.
        scalars: by name, of constants whose value the formula does not state.
    """

    atoms: Mapping[str, Callable] = field(default_factory=dict)
    log_densities: Mapping[str, Callable] = field(default_factory=dict)
    functions: Mapping[str, Callable] = field(default_factory=dict)
    divergences: Mapping[tuple[str, str], Callable] = field(default_factory=dict)
    values_of: Mapping[str, tf.Tensor] = field(default_factory=dict)
    scalars: Mapping[str, float] = field(default_factory=dict)


def symbol(density):
    """A density's key in a world: its letter, parameters and the names of its variables, q_phi(y|x)."""
    head = f"{density.family}_{density.parameter}" if density.parameter else density.family
    sides = (",".join(map(_name, side)) for side in (density.event.variables, density.event.given) if side)
    return f"{head}({'|'.join(sides)})"


def _name(node):
    return node.variable.name if isinstance(node, ex.Value) else node.name


def evaluate(formula, world):
    """The value of an expression without free variables: a float64 scalar.

    Raises:
        KeyError: for a symbol that the world lacks.
    """
    return tf.reshape(_Evaluation(world)(formula, {}), [])


def evaluate_rows(formula, world, values):
    """The value of an expression for each row of the values given: float64 [n].

    Args:
        formula: the expression.
        world: a `World`.
        values: dict from names to tensors [n, ...], which the world's functions are given.
    """
    return _Evaluation(world)(formula, values)


def loss(line, world):
    """What the gradient descent of a `Line` descends: the objective times `times`, its sign reversed for "max"."""
    return evaluate(line.objective, world) * (-line.times if line.direction == "max" else line.times)


def _size(values):
    return next((one.shape[0] for one in values.values()), 1)


class _Evaluation:
    """The rules, one for each kind of node; a call returns [n], one value for each row."""

    def __init__(self, world):
        self.world = world

    def __call__(self, node, values):
        return self.visit(node, values)

    @singledispatchmethod
    def visit(self, node, values):
        raise TypeError(f"Expected an expression. Received: {node!r}")

    @visit.register
    def _(self, node: ex.Number, values):
        return tf.constant(node.value, tf.float64)

    @visit.register
    def _(self, node: ex.Scalar, values):
        return self(ex.Number(self._constant(node)), values)

    def _constant(self, scalar):
        return self.world.scalars[scalar.name] if scalar.value is None else scalar.value

    @visit.register
    def _(self, node: ex.Variable, values):
        if not node.index:
            return values[node.name]
        draws = values[node.name + "[]"]  # [n, k, ...]
        return draws[:, self._position(node.index, values)]

    def _position(self, index, values):
        """Which of the draws an index means: z_{m,i} is the i-th of group m, and there are M groups in turn."""
        numbers = [int(values["#" + one][0]) if not one.isdigit() else int(one) - 1 for one in index]
        if len(numbers) == 1:
            return numbers[0]
        group, one = numbers
        return one * int(values["##" + index[0]][0]) + group

    @visit.register
    def _(self, node: ex.Value, values):
        return tf.fill([_size(values)], node.value)

    @visit.register
    def _(self, node: ex.Function, values):
        head = f"{node.name}_{node.parameter}" if node.parameter else node.name
        arguments = [self(one, values) for one in node.arguments]
        given = {_name(one): self(one, values) for one in node.given}
        return self.world.functions[head](*arguments, {**values, **given})

    @visit.register
    def _(self, node: ex.Named, values):
        return self(node.value, values)

    @visit.register
    def _(self, node: ex.Density, values):
        return tf.exp(self.log_density(node, values))

    def log_density(self, density, values):
        """[n], at the rows' values; of a reversed density, of the label exchanged."""
        given = dict(values)
        for one in (*density.event.variables, *density.event.given):
            given[_name(one)] = self(one, values)
        if density.reversed:
            given["y"] = 1 - given["y"]
        return self.world.log_densities[symbol(density)](given, density.fixed)

    @visit.register
    def _(self, node: ex.Sum, values):
        return sum([self(one, values) for one in node.terms[1:]], start=self(node.terms[0], values))

    @visit.register
    def _(self, node: ex.Product, values):
        return math.prod([self(one, values) for one in node.factors[1:]], start=self(node.factors[0], values))

    @visit.register
    def _(self, node: ex.Quotient, values):
        return self(node.numerator, values) / self(node.denominator, values)

    @visit.register
    def _(self, node: ex.Power, values):
        return self(node.base, values) ** self(node.exponent, values)

    @visit.register
    def _(self, node: ex.StopGradient, values):
        return tf.stop_gradient(self(node.body, values))

    @visit.register
    def _(self, node: ex.Apply, values):
        if node.name == "log" and isinstance(node.arguments[0], ex.Density):
            return self.log_density(node.arguments[0], values)  # which a product of small numbers would lose
        return _FUNCTIONS[node.name](*(self(one, values) for one in node.arguments))

    @visit.register
    def _(self, node: ex.Slope, values):
        name = node.variable.name
        with tf.GradientTape() as tape:
            at = tf.identity(values[name])
            tape.watch(at)
            value = self(node.body, {**values, name: at})
        return tape.gradient(value, at)

    @visit.register
    def _(self, node: ex.SumOver, values):
        if isinstance(node.over, ex.Variable):
            name = node.over.name
            cases = [{**values, name: tf.fill([_size(values)], one)} for one in self.world.values_of[name]]
        else:
            count = int(self._constant(node.count) if node.count else self._draws(values))
            # "#i" is which draw i means, "##i" how many there are.
            counted = {**values, "##" + node.over: tf.fill([_size(values)], count)}
            cases = [{**counted, "#" + node.over: tf.fill([_size(values)], one)} for one in range(count)]
        return tf.add_n([self(node.body, case) for case in cases])

    @staticmethod
    def _draws(values):
        """How many draws there are, of whatever variable is drawn several times."""
        return next(one.shape[1] for name, one in values.items() if name.endswith("[]"))

    @visit.register
    def _(self, node: ex.Expectation, values):
        rows, weights = values, []
        for one in reversed(node.over):  # the inner ones are given those behind them
            drawn, atoms = self._drawn(one, rows)
            weights = [tf.repeat(former, atoms.shape[1]) for former in weights] + [tf.reshape(atoms, [-1])]
            rows = drawn
        return self._averaged(self(node.body, rows), weights, _size(values))

    @staticmethod
    def _averaged(body, weights, n):
        """The mean of a body (a number, or one for each row) over all atoms: [n]."""
        return tf.reduce_sum(tf.reshape(math.prod(weights[1:], start=weights[0]) * body, [n, -1]), axis=1)

    def _drawn(self, density, values):
        """Rows for every atom of a density, [n * m, ...], and the atoms' weights [n, m]."""
        n = _size(values)
        if isinstance(density, ex.Samples):
            return self._several(density, values)
        weights, new = self._atoms(density, values)
        m = weights.shape[1]
        rows = {name: tf.repeat(one, m, axis=0) for name, one in values.items()}
        rows |= {name: tf.reshape(one, [n * m, *one.shape[2:]]) for name, one in new.items()}
        return rows, weights

    def _atoms(self, density, values):
        """Weights [n, m] and values [n, m, ...] of a density's atoms; if it is fixed, held constant."""
        n = _size(values)
        given = {_name(one): self(one, values) for one in density.event.given}
        atoms = self.world.atoms[symbol(density)]({**values, **given})
        weights = atoms.weights
        weights = tf.tile(weights[None], [n, 1]) if weights.shape.rank == 1 else weights
        new = dict(atoms.values)
        if atoms.shared:
            new = {name: tf.tile(one[None], [n, *[1] * one.shape.rank]) for name, one in new.items()}
        if density.fixed:
            weights, new = tf.stop_gradient(weights), tf.nest.map_structure(tf.stop_gradient, new)
        return weights, new

    def _several(self, samples, values):
        """Rows for every combination of k draws."""
        k, n = int(self._constant(samples.count)), _size(values)
        (variable,) = variables_of(samples)
        weights, new = self._atoms(samples.density, values)
        one, m = new[variable.name], weights.shape[1]
        combinations = tf.reshape(tf.stack(tf.meshgrid(*[tf.range(m)] * k, indexing="ij"), axis=-1), [-1, k])
        draws = tf.gather(one, combinations, axis=1)  # [n, m^k, k, ...]
        weights = tf.reduce_prod(tf.gather(weights, combinations, axis=1), axis=-1)
        rows = {name: tf.repeat(former, m**k, axis=0) for name, former in values.items()}
        rows[variable.name + "[]"] = tf.reshape(draws, [n * m**k, *draws.shape[2:]])
        return rows, weights

    @visit.register
    def _(self, node: ex.Divergence, values):
        sides = (node.left, node.right)
        known = self.world.divergences.get(tuple("".join(map(symbol, _densities(side))) for side in sides))
        if known is not None:
            return known(values)
        return _DIVERGENCES[node.name](self, node, values)

    def log_product(self, node, values):
        """log of a product of densities."""
        return tf.add_n([self.log_density(one, values) for one in _densities(node)])

    def over(self, side, values, body):
        """The expectation over a product of densities of `body(rows)`, [n]."""
        rows, weights = values, []
        for one in reversed(_densities(side)):
            rows, atoms = self._drawn(one, rows)
            weights = [tf.repeat(former, atoms.shape[1]) for former in weights] + [tf.reshape(atoms, [-1])]
        return self._averaged(body(rows), weights, _size(values))


def _densities(side):
    return side.factors if isinstance(side, ex.Product) else (side,)


def _kl(evaluation, node, values):
    def body(rows):
        return evaluation.log_product(node.left, rows) - evaluation.log_product(node.right, rows)

    return evaluation.over(node.left, values, body)


def _jsd(evaluation, node, values):
    def share(one):
        def body(rows):
            logs = [evaluation.log_product(side, rows) for side in (node.left, node.right)]
            return evaluation.log_product(one, rows) - tf.reduce_logsumexp(logs, axis=0) + math.log(2)

        return evaluation.over(one, values, body) / 2

    return share(node.left) + share(node.right)


def _by_ratio(f):
    """The f-divergence E_right f(left / right)."""

    def divergence(evaluation, node, values):
        def body(rows):
            return f(tf.exp(evaluation.log_product(node.left, rows) - evaluation.log_product(node.right, rows)))

        return evaluation.over(node.right, values, body)

    return divergence


def _earth_moved(evaluation, node, values):
    """W_1 over the values of a number, which the world gives in their order."""
    (variable,) = variables_of(node.left)
    points = evaluation.world.values_of[variable.name]

    def masses(side):
        at = [{**values, variable.name: tf.fill([_size(values)], point)} for point in points]
        return tf.stack([tf.exp(evaluation.log_density(side, one)) for one in at], axis=1)

    beyond = tf.abs(tf.cumsum(masses(node.left) - masses(node.right), axis=1))[:, :-1]
    return tf.reduce_sum(beyond * tf.cast(points[1:] - points[:-1], tf.float64), axis=1)


_DIVERGENCES = {
    "KL": _kl,
    "JSD": _jsd,
    "chi^2": _by_ratio(lambda u: tf.square(u - 1)),
    "TV": _by_ratio(lambda u: tf.abs(u - 1) / 2),
    "W_1": _earth_moved,
    "H^2": _by_ratio(lambda u: tf.square(tf.sqrt(u) - 1)),
}
_FUNCTIONS = {
    "log": tf.math.log,
    "exp": tf.exp,
    "min": tf.minimum,
    "max": tf.maximum,
    "sigma": tf.sigmoid,
    "abs": tf.abs,
    "norm": lambda vector: tf.sqrt(tf.reduce_sum(tf.square(tf.reshape(vector, [vector.shape[0], -1])), axis=1)),
}
