"""What mkdocstrings is given of docstrings: examples as blocks of code, and what is returned as prose.

Its parser takes `Example:` for an admonition with a quotation in it, and the first words of what is returned, up to a
colon, for a type.
"""

import re
import textwrap

import griffe

SECTION = re.compile(r"^(Example|Returns|Yields):\n((?:[ ]+.*\n?|\n)+)", re.MULTILINE)


class Sections(griffe.Extension):
    """Sets the sections of a docstring that the parser does not understand."""

    def on_object(self, *, obj, **kwargs):
        """Of every object, as it is read."""
        if obj.docstring:
            obj.docstring.value = with_sections(obj.docstring.value)


def with_sections(docstring):
    """A docstring's text, whose examples and returned values have become plain Markdown."""
    return SECTION.sub(lambda match: f"**{match[1]}:**\n\n{_body(*match.groups())}\n\n", docstring)


def _body(title, indented):
    body = textwrap.dedent(indented).strip("\n")
    if title != "Example" or body.startswith("```"):
        return body
    return f"```{'pycon' if body.startswith('>>>') else 'python'}\n{body}\n```"
