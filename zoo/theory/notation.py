r"""The plain text in which models write their formulas, turned into LaTeX.

    max_theta E_{p_theta(x|y) p(y)} [ log q^r_phi(y|x) ]
    \max_{\theta} \mathbb{E}_{p_{\theta}(x|y) p(y)} [ \log q^{r}_{\phi}(y|x) ]

The text is what a person would type: Greek letters by name, `_` and `^` before one name or a group in braces, `w~` for
w with a tilde, ` ~ ` for "distributed as", ` || ` between a divergence's arguments, `||` on both sides of norms, `..`
for dots, `E` for an expectation, a comma with two spaces between the clauses of a line. What is no name of the notation
stays as it is.
"""

import re

GREEK = tuple(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega",
    )
)
_NAMES = {
    **{name: rf"\{name}" for name in (*GREEK, "log", "exp", "max", "min", "sum", "prod")},
    **{name: rf"\mathrm{{{name}}}" for name in ("KL", "JSD", "ELBO")},
    "grad": r"\nabla",
}
_SYMBOLS = {
    "||": r"\|",
    "..": r"\ldots",
    "~": r"\sim",
    "<=": r"\le",
    ">=": r"\ge",
    "!=": r"\ne",
    "->": r"\to",
    **{character: rf"\{character}" for character in "{}%&#$"},
}
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<fraction>(?<![\w)])1/[A-Za-z](?![\w(]))"
    r"|(?P<script>[_^](?=[\w{*]))"
    r"|(?P<word>[A-Za-z]+)(?P<index>\d*)(?P<tilde>~?)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<beside>(?<=\s)\|\|(?=\s))"
    r"|(?P<symbol>\|\||\.\.|<=|>=|!=|->|.)"
)
_SCRIPT = re.compile(r"[A-Za-z]+\d*|\d+|\*")

_ESCAPES = {
    **{character: rf"\{character}" for character in "{}%&#$_"},
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def clauses(formula):
    """The parts of a formula that may stand on lines of their own, each but the last with its comma."""
    return [part.strip() for part in re.split(r"(?<=,)\s{2,}", formula)]


def math_to_latex(formula):
    """A formula in LaTeX, to be put between dollars or into a display; needs amsmath and amssymb.

    Args:
        formula: plain text in the notation above.

    Returns:
        LaTeX for mathematical mode.

    Raises:
        ValueError: for a brace that is not closed.
    """
    return _convert(formula, in_script=False)


def inline_math(formula):
    """`math_to_latex` between dollars, with lines allowed to break where the formula has a space beside a bracket."""
    latex = math_to_latex(formula)
    return "$" + re.sub(r"(?<=[\[\](){}]) (?=[\\\[A-Za-z])|(?<=\S) (?=[)\]])", r" \\allowbreak ", latex) + "$"


def prose_to_latex(text):
    """A sentence in LaTeX: code in backquotes is set as such, formulas within it as mathematics.

    Args:
        text: plain text; a formula in it is known by its operators, subscripts and bars.

    Returns:
        LaTeX for text mode.
    """
    typeset = {"code": lambda part: rf"\texttt{{{escape(part)}}}", "math": inline_math, "prose": _escape_prose}
    return "".join(typeset[kind](part) for kind, part in segments(text))


def segments(text):
    """The parts of a sentence, in order: pairs of a kind ("code", "math" or "prose") and the text, without backquotes.

    Args:
        text: as for `prose_to_latex`.

    Yields:
        Pairs of strings.
    """
    for index, part in enumerate(text.split("`")):
        if index % 2:
            yield "code", part
        else:
            yield from _sentence(part)


def escape(text):
    """Text with the characters that LaTeX reads as commands made harmless."""
    return "".join(_ESCAPES.get(character, character) for character in text)


# Formulas -------------------------------------------------------------------------------------------------------------


def _convert(formula, in_script):
    pieces, position = [], 0
    while position < len(formula):
        match = _TOKEN.match(formula, position)
        position = match.end()
        if match["script"]:
            script, position = _script(formula, position)
            pieces.append(f"{match['script']}{{{_convert(script, in_script=True)}}}")
        elif match["word"]:
            pieces.append(
                _word(match, formula[position : position + 1], in_script or _inside_brackets(formula, position))
            )
        elif match["fraction"]:
            pieces.append(rf"\frac{{1}}{{{match['fraction'][2:]}}}")
        elif match["space"]:
            pieces.append(" ")
        elif match["beside"]:
            pieces.append(r"\mathrel{\|}")
        else:
            pieces.append(_SYMBOLS.get(match[0], match[0]))
    return _join(pieces)


def _script(formula, position):
    """What is raised or lowered at a position, and where it ends."""
    if formula[position] != "{":
        match = _SCRIPT.match(formula, position)
        return match[0], match.end()
    depth = 0
    for end in range(position, len(formula)):
        depth += {"{": 1, "}": -1}.get(formula[end], 0)
        if depth == 0:
            return formula[position + 1 : end], end + 1
    raise ValueError(f"A brace is not closed. Received: {formula!r}")


def _inside_brackets(formula, position):
    before = formula[:position]
    return before.count("(") > before.count(")")


def _word(match, following, is_symbol):
    """LaTeX of a name: known ones, letters, and the rest upright where it is a symbol, as text where it is prose."""
    word = match["word"]
    if word == "E" and not re.match(r"_[A-Za-z]+\(", match.string[match.end() :]):
        latex = r"\mathbb{E}"
    elif word in _NAMES:
        latex = _NAMES[word]
    elif len(word) == 1:
        latex = word
    elif is_symbol or match["index"] or match["tilde"] or following in ("_", "^", "("):
        latex = rf"\mathrm{{{word}}}"
    else:
        return rf"\text{{{word}}}"
    latex = rf"\tilde{{{latex}}}" if match["tilde"] else latex
    return latex + (f"_{{{match['index']}}}" if match["index"] else "")


def _join(pieces):
    """Pieces in one line: neighbouring words of prose in one box, a command kept apart from a letter after it."""
    line = ""
    for piece in pieces:
        if re.search(r"\\[A-Za-z]+$", line) and piece[:1].isalpha():
            line += " "
        line += piece
    # The spaces around prose belong into its box, for mathematics has none.
    line = re.sub(r"( ?)((?:\\text\{\w+\} )*\\text\{\w+\})( ?)", _prose_box, line)
    return line.strip()


def _prose_box(match):
    words = re.findall(r"\\text\{(\w+)\}", match[2])
    return rf"\text{{{match[1]}{' '.join(words)}{match[3]}}}"


# Sentences ------------------------------------------------------------------------------------------------------------

# Marks of mathematics in a word: a script, a bar, an equals sign; an operator standing alone; one letter applied to
# something, or a symbol by itself ("a" and "I" are words).
_STRONG = re.compile(
    r"\w~?[_^][\w{*]|\||=|^[+/~]$|^\W*[A-Za-z]\("
    rf"|^\W*(?:[b-zB-HJ-Z]|[A-Za-z]\d+|(?:{'|'.join(sorted(GREEK))})\d*)[^\w\s'-]*$"
)
# What may stand beside such words in a formula.
_WEAK = re.compile(r"^(?:[^\w\s`']+|\W*(?:\d+(?:\.\d+)?|log|KL|JSD)\W*|E)$")


def _sentence(text):
    """Part a sentence into prose and the runs of words that make a formula."""
    tokens = re.split(r"(\s+)", text)
    run = []

    def close():
        words = run.copy()
        run.clear()
        after = []
        while words and words[-1].isspace():
            after.insert(0, words.pop())
        if any(_STRONG.search(word) for word in words):
            formula = "".join(words)
            body = formula.rstrip(",;:.")
            yield "math", body
            yield "prose", formula[len(body) :]
        else:
            yield "prose", "".join(words)
        yield "prose", "".join(after)

    for token in tokens:
        if token.isspace() and run:
            run.append(token)
        elif _STRONG.search(token) or _WEAK.match(token):
            run.append(token)
            so_far = "".join(run)
            if token[-1] in ",;:." and so_far.count("(") == so_far.count(")"):
                yield from close()
        else:
            yield from close()
            yield "prose", token
    yield from close()


def _escape_prose(text):
    return re.sub(r"(?<=\d)-(?=\d)", "--", escape(text))  # a range
