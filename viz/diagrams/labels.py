"""Pieces of Graphviz's HTML-like labels; everything that users wrote is escaped here."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

GRAD = "#A34100"
KEY = "#6B7280"
_LONGEST = 40
_SUBSCRIPT = re.compile(
    r"((?<=[^\W_])_\{[^{}_]*[^{}_\s][^{}_]*\}"  # anything_{i,j}
    r"|(?<=[^\W_])_\d+(?:,\d+)*(?!\w)"  # alpha_1, w_1,2
    r"|(?<=\b[^\W\d_])_[^\W_]+(?:,[^\W_]+)*(?!\w))"  # y_hat, but not learning_rate
)
_JOINERS = "\u200c\u200d"  # they hold emoji and Indic or Persian letters together


def plain(text: str) -> str:
    """Return text on one line and not too long.

    Control characters, line breaks and marks that would turn the rest of the line around
    become spaces.
    """
    shown = "".join(c if c.isprintable() or c in _JOINERS else " " for c in str(text))
    shown = re.sub(r" +", " ", shown).strip()
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def escape(text: str) -> str:
    r"""Return text that a label shows as it is: no markup, no escape sequence, one line.

    >>> escape('a<b> & "c"\n\\N')
    'a&lt;b&gt; &amp; &quot;c&quot; \\\\N'
    """
    return html.escape(plain(text)).replace("\\", "\\\\")  # or \N would become the node's name


def markup(text: str, points: int = 8) -> str:
    """Return text as `escape` does, with subscripts in small figures as LaTeX has them.

    One letter takes a whole word, a longer name only figures or what stands in braces.

    >>> markup("w_12 + x_{i,j}")
    'w<SUB><FONT POINT-SIZE="8">12</FONT></SUB> + x<SUB><FONT POINT-SIZE="8">i,j</FONT></SUB>'
    >>> markup("learning_rate"), markup("alpha_1", 7)
    ('learning_rate', 'alpha<SUB><FONT POINT-SIZE="7">1</FONT></SUB>')
    """
    parts = _SUBSCRIPT.split(plain(text))
    for i in range(1, len(parts), 2):
        below = escape(parts[i].strip("_{}"))
        parts[i] = f'<SUB><FONT POINT-SIZE="{points}">{below}</FONT></SUB>'
    parts[::2] = [html.escape(part).replace("\\", "\\\\") for part in parts[::2]]
    return "".join(parts)


def heading(operation: str, name: str, colour: str) -> str:
    """Return the operation in bold, then the name; the name in bold if it stands alone."""
    bold, rest = (markup(operation), markup(name)) if operation else (markup(name) or "leaf", "")
    return f'<FONT COLOR="{colour}"><B>{bold}</B>{f" {rest}" if rest else ""}</FONT>'


def key(text: str, colour: str = KEY, bold: bool = False) -> str:
    """Return the small text at the left of a row."""
    words = markup(text, 7)
    words = f"<B>{words}</B>" if bold else words
    return f'<FONT POINT-SIZE="9" COLOR="{colour}">{words}</FONT>' if words else ""


def number(text: str, colour: str = "") -> str:
    """Return a number that digits.aligned has padded; the spaces count."""
    if not text.strip():
        return ""
    look = f' COLOR="{colour}"' if colour else ""
    return f'<FONT FACE="Courier"{look}> {html.escape(text)}</FONT>'


def cell(content: str, align: str = "LEFT", **attributes: str) -> str:
    """Return one cell; attributes are Graphviz's, as PORT or COLSPAN."""
    extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<TD ALIGN="{align}"{extra}>{content}</TD>'


def table(rows: Iterable[str], colour: str) -> str:
    """Return a borderless table as a label; a row is its cells, or <HR/> in that colour."""
    body = "".join(row if row == "<HR/>" else f"<TR>{row}</TR>" for row in rows)
    look = f'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1" COLOR="{colour}"'
    return f"<<TABLE {look}>{body}</TABLE>>"
