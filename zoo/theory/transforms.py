"""From tree to tree: reversing a discriminator, giving a class to every condition; and their parts."""

from dataclasses import fields, is_dataclass, replace

from .expressions import Density, Divergence, Event, Expectation, Function, Line, Named, Samples, Variable, c, p


def children(node):
    """The nodes right below a node, in their order."""
    for field in fields(node):
        value = getattr(node, field.name)
        yield from (one for one in (value if isinstance(value, tuple) else (value,)) if is_dataclass(one))


def walk(node):
    """A node and all below it, in the order in which they are read."""
    yield node
    for child in children(node):
        yield from walk(child)


def transform(node, function):
    """The tree with `function` applied to each of its nodes, the lowest first."""
    changes = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple):
            new = tuple(transform(one, function) if is_dataclass(one) else one for one in value)
        else:
            new = transform(value, function) if is_dataclass(value) else value
        if new != value:
            changes[field.name] = new
    return function(replace(node, **changes) if changes else node)


def reverse_label(tree, parameter="phi"):
    """The tree with q^r in the place of the discriminator q: the adversary's mechanism (Hu et al. 2018, Eq. 3)."""

    def reverse(node):
        of_label = isinstance(node, Density) and node.family == "q" and node.parameter == parameter
        return replace(node, reversed=not node.reversed) if of_label else node

    return transform(tree, reverse)


def substitute(tree, replacements):
    """The tree with other expressions in the place of some of its nodes: a dict from node to node."""
    return transform(tree, lambda node: replacements.get(node, node))


def hold(tree, *parameters):
    """The tree with the densities of these parameters held constant: as they are before the update, q_phi0."""

    def fix(node):
        return replace(node, fixed=True) if isinstance(node, Density) and node.parameter in parameters else node

    return transform(tree, fix)


def give(tree, variable=c):
    """The tree given a class, which is drawn in the outermost expectations, from p(c)."""
    return _draw_outermost(condition(tree, variable), variable)


def condition(tree, variable=c):
    """The tree with a class in every condition of what has parameters or is data; priors, p(z), do not depend on it."""

    def conditioned(node):
        if isinstance(node, Density) and _conditioned(node) and variable not in _named(node.event):
            return replace(node, event=Event(node.event.variables, (*node.event.given, variable)))
        if isinstance(node, Function) and node.parameter and variable not in node.given:
            return replace(node, given=(*node.given, variable))
        if isinstance(node, Named) and node.arguments and variable not in node.arguments:
            return replace(node, arguments=(*node.arguments, variable))
        return node

    return transform(tree, conditioned)


def _conditioned(density):
    """Whether a class bears on a density: not on priors, p(z), and not on the perfect discriminator."""
    return density.parameter not in ("", "*") or (density.family, density.parameter) == ("q", "")


def _named(event):
    return (*event.variables, *event.given)


def _draw_outermost(node, variable):
    """p(c) under the outermost expectations, where the class is not drawn already."""
    if isinstance(node, Expectation):
        drawn = [v for one in node.over for v in getattr(one, "density", one).event.variables]
        return node if variable in drawn else replace(node, over=(*node.over, p(variable)))
    if isinstance(node, Line):
        return replace(node, objective=_draw_outermost(node.objective, variable))
    changes = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple):
            changes[field.name] = tuple(_draw_outermost(one, variable) if is_dataclass(one) else one for one in value)
        elif is_dataclass(value):
            changes[field.name] = _draw_outermost(value, variable)
    return replace(node, **changes) if changes else node


def definitions(tree):
    """What a tree calls by a name, each once: a list of `Named`, in the order in which a reader meets them.

    Two of one name (w_i and w_j) are one definition, the first.
    """
    found = {}
    for node in walk(tree):
        if isinstance(node, Named):
            found.setdefault(kind_of(node), node)
    return list(found.values())


def kind_of(named):
    """What tells one definition from another: w_i from w_{m,i} and L(x) from L(x,c), but not w_i from w_j."""
    return named.name, len(named.arguments), len(named.index)


def slot_of(divergence, parameter="theta"):
    """In which argument of a divergence some parameters stand.

    Args:
        divergence: an expression of divergences.
        parameter: their name.

    Returns:
        "first", "second", "both", or "neither": of symmetric divergences alone.
    """
    slots = set()
    for node in walk(divergence):
        if isinstance(node, Divergence) and not node.symmetric:
            slots |= {
                name
                for name, side in (("first", node.left), ("second", node.right))
                if any(isinstance(one, Density) and _moves(one, parameter) for one in walk(side))
            }
    if len(slots) == 2:
        return "both"
    return slots.pop() if slots else "neither"


def _moves(density, parameter):
    """Whether a density depends on the parameters: p_g is the generator's own, p_m the mean of it and the data."""
    of_generator = parameter == "theta" and density.parameter in ("g", "m")
    return not density.fixed and (density.parameter == parameter or of_generator)


def variables_of(density):
    """The variables that a density or a `Samples` is of."""
    event = density.density.event if isinstance(density, Samples) else density.event
    return tuple(one if isinstance(one, Variable) else one.variable for one in event.variables)
