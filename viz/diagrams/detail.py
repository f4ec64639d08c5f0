"""The detail view: one box per value, the local derivative on each arrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set

from graphviz import Digraph

from autograd import Value, nodes
from viz.diagrams.canvas import box, locals_of, product, sheet
from viz.diagrams.digits import aligned, digits
from viz.diagrams.folding import NOTE, Part, add_rest
from viz.diagrams.labels import GRAD, cell, heading, key, number, table
from viz.diagrams.roles import PARAMETER, Role, role
from viz.diagrams.titles import title, which

CAPTION = "edge number = local derivative ∂(out)/∂(in)"
SHARE = "edge = local × grad(out) = contribution;  grad(in) = sum of its contributions"
SQUARE = ";  square corners = parameter"
CHAIN_RULE = ";  grad(in) += local × grad(out)"
_FIELD = cell("", BORDER="1", WIDTH="52", HEIGHT="22", BGCOLOR="white")  # to write in by hand

Head = Callable[[Value], tuple[str, str]]  # the words above a box, those in bold first


def _operation(v: Value) -> tuple[str, str]:
    return title(v), v.label


def detail(ys: Sequence[Value], parameters: Set[Value] = frozenset(), blank: bool = False,
           head: Head = _operation, part: Part | None = None,
           contribution: bool = False) -> str:  # fmt: skip
    """Return the DOT text of all that ys were computed from, or a part of it, left to right.

    If blank there are fields to write in, in place of all numbers but the leaves' data; with
    `contribution` an arrow also says what it brings back: local × grad(out).

    >>> print(detail([Value(2.0, "x") * 3]).splitlines()[-2].strip())
    n0 -> n1 [label=3]
    """
    order = nodes(*ys)
    names = {v: f"n{i}" for i, v in enumerate(order) if part is None or v in part.kept}
    words = SHARE if contribution else CAPTION + CHAIN_RULE
    if any(v.rule is None and role(v, frozenset(), parameters) is PARAMETER for v in names):
        words += SQUARE
    caption, gap = ("", "0.2") if blank else (words + NOTE * bool(part), "0.45")
    g = sheet(caption, rankdir="LR", nodesep="0.2", ranksep=gap)
    add_values(g, list(names), names, set(ys), parameters, blank, head, contribution)
    if part:
        add_rest(g, order, part, names)
    return str(g.source)


def add_values(g: Digraph, values: Sequence[Value], names: Mapping[Value, str],
               outputs: Set[Value], parameters: Set[Value] = frozenset(),
               blank: bool = False, head: Head = _operation,
               contribution: bool = False) -> None:  # fmt: skip
    """Draw a box for each value and an arrow for each input that `names`, DOT's names, has."""
    for v in values:
        part = role(v, outputs, parameters)
        label = _label(v, part, blank, head)
        box(g, names[v], label, part, ordering="in")  # the upper operand is first
    for v in values:
        for i, (x, d) in enumerate(zip(v.inputs, locals_of(v), strict=True)):
            if type(x) is Value and x in names:
                slope = "no number" if d is None else digits(d)
                share = product(d, v.grad) if contribution else None
                if share is not None:
                    slope += f" × {digits(v.grad)} = {digits(share)}"
                operand = which(v, i)
                label = f"{operand}: {slope}" if operand else slope
                g.edge(names[x], names[v], label="" if blank else label)


def _label(v: Value, part: Role, blank: bool, head: Head) -> str:
    data, grad = aligned([v.data, None if blank else v.grad])
    rows = [cell(heading(*head(v), part.title), "CENTER", COLSPAN="2")]
    if blank:
        given = cell(number(data), "RIGHT", WIDTH="50") if v.rule is None else _FIELD
        rows += [cell(key("data"), WIDTH="26") + given, cell(key("grad")) + _FIELD]
        return table(rows, part.line)
    rows += [cell(key("data")) + cell(number(data), "RIGHT", WIDTH="50")]
    if v.grad is not None:
        rows += [cell(key("grad")) + cell(number(grad, GRAD), "RIGHT")]
    return table(rows, part.line)
