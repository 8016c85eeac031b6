r"""A formula as plain text, LaTeX and MathML.

    max_theta E_{p_theta(x|y) p(y)} [ log q^r_phi(y|x) ]
    \max_{\theta} \mathbb{E}_{p_{\theta}(x|y) p(y)} \left[ \log q^{r}_{\phi}(y|x) \right]

Each takes an expression, a `Line`, or several lines, which are followed by the definitions of what they name.
"""

from html import escape as escape_html

from .layout import Fenced, Fraction, Name, Numeral, Row, Script, Sign, Words, clauses, layout

GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "pi"),
    *("rho", "sigma", "tau", "phi", "chi", "psi", "omega"),
)
GREEK_LETTERS = dict(zip(GREEK, "αβγδεζηθκλμνξπρστφχψω", strict=True))


def text(formula):
    """The formula in one line of plain text; clauses are parted by a comma and two spaces."""
    return ",  ".join(map(_text, clauses(formula)))


def latex(formula):
    """The formula in LaTeX for mathematical mode (with amsmath and amssymb), clauses parted by a comma and a quad."""
    return r",\quad ".join(map(_latex, clauses(formula)))


def mathml(formula, display=False):
    """The formula as a MathML element."""
    comma = '<mo separator="true">,</mo><mspace width="1em"/>'
    inner = comma.join(map(_mathml, clauses(formula)))
    return f'<math display="{"block" if display else "inline"}"><mrow>{inner}</mrow></math>'


def text_clauses(formula):
    """The clauses of a formula as plain text, a list."""
    return [_text(box) for box in clauses(formula)]


def latex_clauses(formula):
    """The clauses of a formula as LaTeX, a list."""
    return [_latex(box) for box in clauses(formula)]


def mathml_clauses(formula):
    """The clauses of a formula as display MathML elements, a list."""
    return [f'<math display="block"><mrow>{_mathml(box)}</mrow></math>' for box in clauses(formula)]


def short(expression):
    """An expression alone in plain text, without the definitions of what it names."""
    return _text(layout(expression))


def short_latex(expression):
    """An expression alone in LaTeX."""
    return _latex(layout(expression))


def short_mathml(expression):
    """An expression alone as an inline MathML element."""
    return f"<math><mrow>{_mathml(layout(expression))}</mrow></math>"


# Plain text -----------------------------------------------------------------------------------------------------------


_TEXT_SIGNS = {"~~": "is proportional to"}


def _text(box):
    match box:
        case Name(name) | Numeral(name) | Words(name):
            return name
        case Sign(sign, before, after):
            return " " * before + _TEXT_SIGNS.get(sign, sign) + " " * after
        case Script(base, below, above, tilde):
            scripts = [mark + _braced(one) for mark, one in (("^", above), ("_", below)) if one is not None]
            return _text(base) + "~" * tilde + "".join(scripts)
        case Fenced(body, left, right, wide):
            space = " " * wide
            return f"{left}{space}{_text(body)}{space}{right}"
        case Fraction(above, below):
            return f"{_text(above)}/{_text(below)}"
        case Row(boxes, spaced):
            return (" " * spaced).join(map(_text, boxes))


def _braced(box):
    """A script: in braces unless it is one name or number."""
    inner = _text(box)
    return inner if isinstance(box, (Name, Numeral)) else f"{{{inner}}}"


# LaTeX ----------------------------------------------------------------------------------------------------------------

_LATEX_SIGNS = {
    "~~": r"\propto ",
    "||": r"\,\|\, ",
    "..": r",\ldots, ",
    "~": r"\sim ",
    "|": r"\mid ",
    "/": "/",
    "-": "-",
}
_LATEX_FENCES = {"||": (r"\lVert ", r"\rVert "), "|": (r"\lvert ", r"\rvert ")}
_LATEX_NAMES = {"E": r"\mathbb{E}", "grad": r"\nabla", "sum": r"\sum", "prod": r"\prod", "sg": r"\operatorname{sg}"}
_LATEX_OPERATORS = ("log", "exp", "max", "min")


def _latex(box):
    match box:
        case Name(name, upright):
            return _latex_name(name, upright)
        case Numeral(number):
            return number
        case Words(words):
            return rf"\text{{{words}}}"
        case Sign(sign):
            return _LATEX_SIGNS.get(sign, sign)
        case Script(base, below, above, tilde):
            inner = rf"\tilde{{{_latex(base)}}}" if tilde else _latex(base)
            scripts = [f"{mark}{{{_latex(one)}}}" for mark, one in (("^", above), ("_", below)) if one is not None]
            return inner.strip() + "".join(scripts)
        case Fenced(body, left, right, wide):
            open_, close = _LATEX_FENCES.get(left, (left, right))
            return rf"\left{open_} {_latex(body)} \right{close}" if wide else f"{open_}{_latex(body)}{close}"
        case Fraction(above, below):
            return rf"\frac{{{_latex(above)}}}{{{_latex(below)}}}"
        case Row(boxes):
            return _joined(map(_latex, boxes))


def _latex_name(name, upright):
    stem = name.rstrip("0123456789'")
    tail = name[len(stem) :]
    digits, primes = tail.rstrip("'"), tail[len(tail.rstrip("'")) :]
    if upright and stem in _LATEX_NAMES:
        stem = _LATEX_NAMES[stem]
    elif stem in GREEK or (upright and stem in _LATEX_OPERATORS):
        stem = "\\" + stem
    elif len(stem) > 1:
        stem = rf"\mathrm{{{stem}}}"
    return stem + primes + (f"_{{{digits}}}" if digits else "")


def _joined(pieces):
    """Pieces in one line, a command kept apart from a letter behind it."""
    line = ""
    for piece in pieces:
        command = line.rpartition("\\")[2] if "\\" in line else ""
        if command.isalpha() and piece[:1].isalpha():
            line += " "
        line += piece
    return line


# MathML ---------------------------------------------------------------------------------------------------------------

_MATHML_SIGNS = {"||": "∥", "..": ",…,", "~": "\N{TILDE OPERATOR}", "-": "\N{MINUS SIGN}", "~~": "∝"}
PRIME = "\N{PRIME}"
_MATHML_NAMES = {"E": "\N{MATHEMATICAL DOUBLE-STRUCK CAPITAL E}", "grad": "∇", "sum": "∑", "prod": "∏"}


def _mathml(box):
    match box:
        case Name(name, upright):
            return _mathml_name(name, upright)
        case Numeral(number):
            return f"<mn>{escape_html(number)}</mn>"
        case Words(words):
            return f"<mtext>{escape_html(words)}</mtext>"
        case Sign(sign, before, after):
            spaces = "".join(
                f' {side}="{0.28 if asked else 0}em"' for side, asked in (("lspace", before), ("rspace", after))
            )
            return f"<mo{spaces}>{escape_html(_MATHML_SIGNS.get(sign, sign))}</mo>"
        case Script(base, below, above, tilde):
            inner = f'<mover accent="true">{_single(base)}<mo>~</mo></mover>' if tilde else _single(base)
            if below is not None and above is not None:
                return f"<msubsup>{inner}{_single(below)}{_single(above)}</msubsup>"
            if below is not None:
                return f"<msub>{inner}{_single(below)}</msub>"
            return f"<msup>{inner}{_single(above)}</msup>" if above is not None else inner
        case Fenced(body, left, right, _):
            left, right = (_MATHML_SIGNS.get(one, one) for one in (left, right))
            return f"<mrow><mo>{left}</mo>{_mathml(body)}<mo>{right}</mo></mrow>"
        case Fraction(above, below):
            return f"<mfrac>{_single(above)}{_single(below)}</mfrac>"
        case Row(boxes, spaced):
            return ('<mspace width="0.2em"/>' * spaced).join(map(_mathml, boxes))


def _single(box):
    """One element, as the parts of a script must be."""
    return f"<mrow>{_mathml(box)}</mrow>" if isinstance(box, Row) else _mathml(box)


def _mathml_name(name, upright):
    stem = name.rstrip("0123456789'")
    tail = name[len(stem) :]
    digits, primes = tail.rstrip("'"), tail[len(tail.rstrip("'")) :]
    if upright and stem in _MATHML_NAMES:
        element = f"<mo>{_MATHML_NAMES[stem]}</mo>"
    else:
        letters = GREEK_LETTERS.get(stem, stem)
        normal = ' mathvariant="normal"' if upright and len(letters) == 1 else ""
        element = f"<mi{normal}>{escape_html(letters)}{PRIME * len(primes)}</mi>"
    return f"<msub>{element}<mn>{digits}</mn></msub>" if digits else element
