"""Names come from data and may hold anything. One function per language in which a report is written.

HTML is escaped by Jinja itself; Markdown and LaTeX are escaped here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "–": "--", "…": r"\ldots{}",
    "≥": r"$\geq$", "≤": r"$\leq$", "→": r"$\rightarrow$", "←": r"$\leftarrow$",
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~$#@!])")


class Raw(str):
    """Text that is already in the language of the page."""


def latex(value: Any) -> str:
    r"""Text for a LaTeX table.

    >>> latex("50% of a_b & $c")
    '50\\% of a\\_b \\& \\$c'
    >>> latex("[x]")     # after the end of a row, "[" would begin an argument
    '{[}x]'
    """
    text = "".join(_LATEX.get(letter, letter) for letter in line(value))
    return f"{{{text[0]}}}{text[1:]}" if text[:1] in ("[", "*") else text


def markdown(value: Any) -> str:
    r"""Text for Markdown as GitHub renders it, in a sentence or a table cell.

    >>> markdown("a|b *c* <script>")
    'a\\|b \\*c\\* &lt;script&gt;'
    """
    if isinstance(value, Raw):
        return value
    text = line(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", text)


def line(value: Any) -> str:
    """A value as one line of text without control characters."""
    kept = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in str(value))
    return " ".join(kept.split())
