"""Formulas on the site's pages, as MathML: those typed between dollars, and the models' own trees."""

import re

from latex2mathml.converter import convert
from unizoo.zoo.theory.expressions import Number, Product, Sum
from unizoo.zoo.theory.rendering import mathml_clauses, short, short_mathml


def with_mathml(markdown):
    """A page with its formulas, but those in code, as MathML."""
    parts = re.split(r"(^```.*?^```$|`[^`\n]+`)", markdown, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = [
        re.sub(
            r"\$\$(.+?)\$\$|\$(.+?)\$",
            lambda match: _from_latex(match[1] or match[2], bool(match[1])),
            part,
            flags=re.S,
        )
        for part in parts[::2]
    ]
    return "".join(parts)


def _from_latex(latex, display):
    latex = latex.replace(r"\allowbreak", "").replace(r"\log ", r"\log\, ").replace(r"\mathrel{\|}", r"\Vert ")
    formula = convert(latex.strip(), display="block" if display else "inline").replace("\n", " ")
    return formula if display else f"<span>{formula}</span>"  # at a line's start a bare one would be a block


def display(formulas):
    """Formulas on lines of their own."""
    return "".join(f"{formula}\n\n" for one in formulas for formula in mathml_clauses(one))


def inline(formula):
    """A symbol or formula within a sentence or a table; plain text as it is."""
    if isinstance(formula, str):
        return prose(formula)
    pieces = " ".join(f'<span class="formula">{piece}</span>' for piece in _pieces(formula))
    return pieces.replace("|", "&#124;")  # a bare one would end a table's cell


def _pieces(formula):
    """A formula as MathML in pieces between which a line may break, as within MathML it may not: the terms of a sum."""
    match formula:
        case Sum((first, *others)):
            signs = ["" if short(one).startswith("-") else "+ " for one in others]
            return [short_mathml(first), *(sign + short_mathml(one) for sign, one in zip(signs, others, strict=True))]
        case Product((Number() as factor, Sum() as total)) if factor.value > 0:
            first, *others, last = _pieces(total)
            return [f"{short_mathml(factor)}({first}", *others, f"{last})"]
    return [short_mathml(formula)]


def prose(text):
    """A sentence, whose code stays between backquotes."""
    parts = text.split("`")
    parts[::2] = [part.replace("*", r"\*").replace("|", "&#124;") for part in parts[::2]]
    return "`".join(parts)


def note(said):
    """A note, whose formulas are expressions."""
    return prose(said) if isinstance(said, str) else "".join(map(inline, said))
