"""A graph as a table of text, for where there are no pictures."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograd import Value, nodes
from viz.diagrams.digits import aligned, digits
from viz.diagrams.labels import plain
from viz.diagrams.titles import title
from viz.diagrams.views import check_size, given

_WIDTH = 120


class Listing(str):
    """Hold text that a prompt shows as print does."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def text(values: Value | Iterable[Value], force: bool = False) -> Listing:
    """Return a table of all that the values were computed from, one line per value, in order.

    Inputs are lines above, as #0 with its label, and constants. Raises ValueError for more than
    1,000 values unless `force=True`, and for none at all; TypeError for what is no Value.

    >>> a, b = Value(2.0, "a"), Value(-3.0, "b")
    >>> text(a * b - 1)
     #   operation   label   data   grad   inputs
    ──────────────────────────────────────────────────
     0   leaf        a        2
     1   leaf        b       -3
     2   ×                   -6            #0 a, #1 b
     3   - 1                 -7            #2, 1
    """
    ys = given(values, "text")
    if not ys:
        raise ValueError("text(): give a Value, or several of them")
    order = nodes(*ys)
    check_size(len(order), "values", force, "give a value further inside")
    lines = {v: i for i, v in enumerate(order)}
    data, grad = aligned([v.data for v in order]), aligned([v.grad for v in order])
    table = Table("#", "operation", "label", "data", "grad", "inputs", box=box.SIMPLE_HEAD)
    for v, d, g in zip(order, data, grad, strict=True):
        inputs = [
            f"#{lines[x]} {plain(x.label)}".strip() if type(x) is Value else digits(x)
            for x in v.inputs
        ]
        row = [str(lines[v]), title(v) or "leaf", plain(v.label), d, g, ", ".join(inputs)]
        table.add_row(*map(Text, row))
    out = io.StringIO()
    Console(file=out, width=_WIDTH, color_system=None, legacy_windows=False).print(table)
    shown = [line.rstrip() for line in out.getvalue().splitlines()]
    return Listing(textwrap.dedent("\n".join(shown)).strip("\n"))
