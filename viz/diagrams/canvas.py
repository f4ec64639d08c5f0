"""What all views share: the sheet that boxes and arrows are written on, as DOT text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from graphviz import Digraph

from autograd import Value, derivatives
from viz.diagrams.roles import OUTPUT, PARAMETER, Role

GREY, BLUE, VERMILLION = "#9AA0A8", "#0072B2", "#D55E00"
_NO_NUMBER = (ArithmeticError, TypeError, ValueError)  # what exact numbers raise
CLUSTER = {
    "style": "rounded,filled", "color": "#E1E4E8", "fillcolor": "#FBFBFC", "labelloc": "t",
    "labeljust": "c", "margin": "12", "fontcolor": "#4B5563", "fontsize": "11",
}  # fmt: skip

KEEPS_ORDER = {"remincross": "false"}


def sheet(caption: str, **attributes: str) -> Digraph:
    """Return an empty sheet with the common look and a caption below."""
    g = Digraph("computation")
    attributes.setdefault("splines", "true")
    attributes["label"] = caption and caption + r"\l"  # an empty line would keep its place
    g.attr("graph", bgcolor="white", pad="0.15", fontname="Helvetica", fontsize="9",
           fontcolor="#4B5563", labelloc="b", labeljust="l", **attributes)  # fmt: skip
    g.attr("node", shape="box", style="rounded,filled", penwidth="1.4", margin="0.07,0.04",
           width="0", height="0", fontname="Helvetica", fontsize="11")  # fmt: skip
    g.attr("edge", color=GREY, arrowsize="0.6", penwidth="1.1", fontname="Courier",
           fontsize="9", fontcolor="#A34100")  # fmt: skip
    return g


def box(g: Digraph, name: str, label: str, role: Role, **attributes: str) -> None:
    """Draw a box in the colours of its role.

    So that no colour is needed an output has a double border, a parameter square corners.
    """
    if role is OUTPUT:
        attributes["peripheries"] = "2"
    if role is PARAMETER:
        attributes.setdefault("style", "filled")
    g.node(name, label=label, color=role.line, fillcolor=role.fill, **attributes)


def in_order(g: Digraph, names: Sequence[str], framed: bool = False) -> None:
    """Keep boxes below each other in this order; `framed` says that g is a frame on a sheet.

    In a frame Graphviz takes such arrows the other way round: of the turn from top-to-bottom to
    left-to-right it knows only on the sheet itself (2.43 to 16.1 at least). There the sheet needs
    KEEPS_ORDER, or they are forgotten in the end.
    """
    if len(names) < 2:
        return
    with g.subgraph() as s:
        s.attr(rank="same")
        for a, b in pairwise(reversed(names) if framed else names):
            s.edge(a, b, style="invis")


def locals_of(v: Value) -> list[Any]:
    """Return the local derivatives of v, None for those that are no number of v's exact kind."""
    try:
        return derivatives(v)
    except _NO_NUMBER:
        return [_local(v, i) for i in range(len(v.inputs))]


def _local(v: Value, i: int) -> Any:
    xs = [x.data if type(x) is Value else x for x in v.inputs]
    wanted = [j == i and type(x) is Value for j, x in enumerate(v.inputs)]
    try:
        return v.rule.derivatives(v.data, xs, wanted)[i] if v.rule else None
    except _NO_NUMBER:
        return None


def product(x: Any, y: Any) -> Any:
    """Return x * y, None where one is unknown or they have no product."""
    try:
        return None if x is None or y is None else x * y
    except (ArithmeticError, TypeError):
        return None


def size(x: Any) -> float:
    """Return |x| as a float: infinity where that is too small a type, 0 for nan and None."""
    try:
        found = 0.0 if x is None else abs(float(x))
    except (OverflowError, TypeError, ValueError):
        return math.inf
    return 0.0 if math.isnan(found) else found


def largest(xs: Iterable[Any]) -> float:
    """Return the largest finite |x|, 0 if there is none."""
    return max((s for s in map(size, xs) if s < math.inf), default=0.0)


def width(x: Any, most: float) -> str:
    """Return the width of an arrow for x, from 0.5 to 4 for the largest; 1.1 if all are nothing.

    >>> width(-3.0, 6.0)
    '2.25'
    """
    return f"{0.5 + 3.5 * min(size(x) / most, 1.0):.3g}" if most else "1.1"


def signed(x: Any) -> dict[str, str]:
    """Return the look of an arrow: dashed vermillion below zero, else solid blue."""
    negative = x is not None and x < 0
    return {"color": VERMILLION, "style": "dashed"} if negative else {"color": BLUE}
