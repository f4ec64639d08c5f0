"""The detail view: one box per value, the local derivative on each arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from graphviz import Digraph

from autograd import Value, nodes
from viz.canvas import box, locals_of, sheet
from viz.digits import aligned, digits
from viz.labels import GRAD, cell, heading, key, number, table
from viz.roles import Role, role
from viz.titles import title, which

CAPTION = "edge number = local derivative ∂(out)/∂(in)"
CHAIN_RULE = ";  grad(in) += local × grad(out)"


def detail(ys: Sequence[Value], parameters: Set[Value] = frozenset()) -> str:
    """Return the DOT text of all that ys were computed from, left to right.

    >>> print(detail([Value(2.0, "x") * 3]).splitlines()[-2].strip())
    n0 -> n1 [label=3]
    """
    order = nodes(*ys)
    names = {v: f"n{i}" for i, v in enumerate(order)}
    g = sheet(CAPTION + CHAIN_RULE, rankdir="LR", nodesep="0.2", ranksep="0.45")
    add_values(g, order, names, set(ys), parameters)
    return str(g.source)


def add_values(g: Digraph, values: Sequence[Value], names: Mapping[Value, str],
               outputs: Set[Value], parameters: Set[Value] = frozenset()) -> None:  # fmt: skip
    """Draw a box for each value and an arrow for each of its inputs; `names` are DOT's names."""
    for v in values:
        part = role(v, outputs, parameters)
        box(g, names[v], _label(v, part), part, ordering="in")  # the upper operand is first
    for v in values:
        for i, (x, d) in enumerate(zip(v.inputs, locals_of(v), strict=True)):
            if type(x) is Value:
                slope = "no number" if d is None else digits(d)
                operand = which(v, i)
                g.edge(names[x], names[v], label=f"{operand}: {slope}" if operand else slope)


def _label(v: Value, part: Role) -> str:
    data, grad = aligned([v.data, v.grad])
    rows = [cell(heading(title(v), v.label, part.title), "CENTER", COLSPAN="2")]
    rows += [cell(key("data")) + cell(number(data), "RIGHT", WIDTH="50")]
    if v.grad is not None:
        rows += [cell(key("grad")) + cell(number(grad, GRAD), "RIGHT")]
    return table(rows, part.line)
