"""The full view: every operation, with the leaves that only it uses folded into its box."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import Any

from graphviz import Digraph

from autograd import Value, nodes
from viz.diagrams.canvas import CLUSTER, box, largest, locals_of, product, sheet, signed, width
from viz.diagrams.digits import aligned, digits
from viz.diagrams.enclosures import Frame, frames_of
from viz.diagrams.folding import NOTE, Part, add_rest
from viz.diagrams.labels import GRAD, cell, key, number, plain, table
from viz.diagrams.modules import parameters_of
from viz.diagrams.roles import role
from viz.diagrams.titles import title, which

FLOW = (
    "line in a box: data, gradient;  "
    "edge: gradient that flows back along it, solid blue ≥ 0, dashed orange < 0, width = size"
)

FRAME = {name: CLUSTER[name] for name in ("style", "color", "fillcolor", "margin")}
TITLE = {"shape": "plaintext", "style": "", "margin": "0", "height": "0.2",
         "fontcolor": CLUSTER["fontcolor"]}  # fmt: skip


def full(ys: Sequence[Value], model: Any = None, part: Part | None = None,
         contribution: bool = False) -> str:  # fmt: skip
    """Return the DOT text of all that ys were computed from, or a part of it, top to bottom.

    With a model there is a frame around each of its neurons if one sample went through them, else
    around each module; with `contribution` an arrow says the gradient that flows back along it.
    """
    order = nodes(*ys)
    users: dict[Value, set[Value]] = defaultdict(set)
    for v in order:
        for x in v.inputs:
            if type(x) is Value:
                users[x].add(v)
    outputs = set(ys)
    folded = {v for v in order if v.rule is None and len(users[v]) == 1} - outputs
    weights = set() if model is None else set(parameters_of(model))
    if part:  # operands that are rows of a box belong to it
        rows = {x for v in part.kept for x in v.inputs if type(x) is Value and x in folded}
        part = Part(part.kept | rows, part.folds)
    names = {v: f"n{i}" for i, v in enumerate(order) if part is None or v in part.kept}
    g = sheet(
        NOTE.strip("; ") if part else "", rankdir="TB", nodesep="0.1", ranksep="0.4", newrank="true"
    )
    frames = frames_of(model, ys, order)
    framed = {v for frame in frames for v in frame.all_values}

    drawn = {v: name for v, name in names.items() if v not in folded}

    def draw(g: Digraph, values: Sequence[Value]) -> None:
        for v in values:
            if v in drawn:
                _draw(g, v, names[v], folded, outputs, weights)

    def draw_frames(place: Digraph, frames: Sequence[Frame], prefix: str) -> list[str]:
        """Draw frames inside each other; return the names of their titles."""
        titles = []
        for i, frame in enumerate(frames):
            held = [v for v in frame.all_values if v in drawn]
            if held:
                with place.subgraph(name=f"cluster{prefix}_{i}") as c:
                    c.attr(**FRAME)
                    titles.append(f"title{prefix}_{i}")
                    c.node(titles[-1], frame.name, **TITLE)
                    draw(c, frame.values)
                    below = draw_frames(c, frame.frames, f"{prefix}_{i}")
                _keep_above(g, titles[-1], held, below, drawn)
        return titles

    draw(g, [v for v in drawn if v not in framed])
    draw_frames(g, frames, "")
    _arrows(g, names, folded, NOTE if part else "", contribution)
    if part:
        add_rest(g, order, part, names)
    return str(g.source)


def _keep_above(g: Digraph, title: str, held: Sequence[Value], below: Sequence[str],
                drawn: Mapping[Value, str]) -> None:  # fmt: skip
    """Keep the title of a frame above what it holds, and below what comes from outside.

    It is a box of its own, for arrows go around boxes, but across the label of a cluster.
    """
    inside = set(held)
    first = min(v.number for v in held)
    before: dict[str, None] = {}
    for v in held:
        sources = [x for x in v.inputs if type(x) is Value and x in drawn]
        if not any(x in inside for x in sources):
            g.edge(title, drawn[v], style="invis", weight="20")
            before |= {drawn[x]: None for x in sources if x.number < first}
    for name in below:
        g.edge(title, name, style="invis", weight="20")
    for name in before:
        g.edge(name, title, style="invis", weight="0")


def _draw(g: Digraph, v: Value, name: str, folded: Set[Value], outputs: Set[Value],
          weights: Set[Value]) -> None:  # fmt: skip
    part = role(v, outputs, weights)
    inside = list(dict.fromkeys(x for x in v.inputs if type(x) is Value and x in folded))
    data = aligned([x.data for x in (*inside, v)])
    grad = aligned([x.grad for x in (*inside, v)])
    rows = []
    for x, d, g_x in zip(inside, data, grad, strict=False):
        leaf = role(x, outputs, weights)
        rows.append(_row(key(_name_of(x), leaf.title), d, g_x, leaf.fill))
    operation = title(v, lambda x: _name_of(x) if x in folded else "")
    words = f"{operation} {plain(v.label)}" if operation else _name_of(v)
    rows.append(_row(key(words, part.title, bold=True), data[-1], grad[-1], part.fill))
    box(g, name, table(rows, part.line), part)


def _name_of(leaf: Value) -> str:
    return plain(leaf.label) or "leaf"


def _row(name: str, data: str, grad: str, ground: str) -> str:
    return (
        cell(name, VALIGN="BOTTOM", BGCOLOR=ground)
        + cell(number(data), "RIGHT", BGCOLOR=ground)
        + cell(number(grad, GRAD), "RIGHT", BGCOLOR=ground)
    )


def _arrows(g: Digraph, names: Mapping[Value, str], folded: Set[Value], note: str,
            contribution: bool) -> None:  # fmt: skip
    """Draw the arrows, as wide as the gradient that each brings back is large."""
    edges = [
        (x, v, i, product(v.grad, d))
        for v in names
        for i, (x, d) in enumerate(zip(v.inputs, locals_of(v), strict=True))
        if type(x) is Value and x in names and x not in folded
    ]
    most = largest(flow for *_, flow in edges)
    if any(flow is not None for *_, flow in edges):
        g.attr("graph", label=FLOW + note + r"\l")
    for x, v, i, flow in edges:
        look = {} if flow is None else {"penwidth": width(flow, most)} | signed(flow)
        words = [digits(flow)] if contribution and flow is not None else []
        several = sum(type(y) is Value and y not in folded for y in v.inputs) > 1
        if several and which(v, i):
            words.insert(0, which(v, i))
        if words:
            look |= {"label": ": ".join(words)}
        g.edge(names[x], names[v], **look)
