"""Fit an SVG for a page: it scales, its ids are its own, and it says what it shows."""

from __future__ import annotations

import hashlib
import html
import re

# fonts whose letters are as wide, for readers without Graphviz's: or words would overlap
_ALIKE = {
    "Helvetica": "Arial,Liberation Sans,Nimbus Sans,Arimo",
    "Courier": "Courier New,Liberation Mono,Nimbus Mono PS,Cousine",
}


def finish(svg: str, title: str, source: str) -> str:
    """Return Graphviz's SVG made ready to stand in an HTML page beside others.

    Ids begin with a mark of the DOT text: different pictures never share one, and the same
    picture is the same bytes on every run.

    >>> svg = '<?xml version="1.0"?><svg width="9pt"><g id="node1"><title>n0</title></g></svg>'
    >>> finish(svg, "y", "digraph {}").partition("<g")[2]
    ' id="c-cdffdece-node1"></g></svg>'
    """
    mark = f"c-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    svg = svg[svg.index("<svg") :]  # a page wants neither the XML declaration nor the DOCTYPE
    svg = re.sub(r"<title>.*?</title>\n?|<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<[^<>]* id=")', rf"\g<1>{mark}-", svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{mark}-", svg)
    for name, alike in _ALIKE.items():
        svg = svg.replace(f'font-family="{name},', f'font-family="{name},{alike},')
    shown = html.escape(title)
    look = f'<svg role="img" aria-label="{shown}" style="max-width:100%;height:auto"'
    head, end, body = svg.partition(">")
    return f"{head.replace('<svg', look, 1)}{end}\n<title>{shown}</title>{body}"
