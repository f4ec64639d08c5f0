"""Pieces of Graphviz's HTML-like labels; everything that users wrote is escaped here."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

GRAD = "#A34100"
KEY = "#6B7280"
_LONGEST = 40
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


def heading(operation: str, name: str, colour: str) -> str:
    """Return the operation in bold, then the name; the name in bold if it stands alone."""
    bold, rest = (escape(operation), escape(name)) if operation else (escape(name) or "leaf", "")
    return f'<FONT COLOR="{colour}"><B>{bold}</B>{f" {rest}" if rest else ""}</FONT>'


def key(text: str, colour: str = KEY, bold: bool = False) -> str:
    """Return the small text at the left of a row."""
    words = f"<B>{escape(text)}</B>" if bold else escape(text)
    return f'<FONT POINT-SIZE="9" COLOR="{colour}">{words}</FONT>' if escape(text) else ""


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
