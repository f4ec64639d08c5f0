"""The summary view of a network: one box per neuron, a row for each of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from graphviz import Digraph

from autograd import Value, nodes
from viz.canvas import CLUSTER, box, largest, sheet, signed, width
from viz.detail import add_values
from viz.digits import aligned
from viz.labels import GRAD, cell, heading, key, number, table
from viz.neurons import Model, Neuron, Place, neurons_of, parameters, places
from viz.roles import ACTIVATION, INPUT, OUTPUT, Role

_COLUMN = "56"  # wide enough for four digits, so that most boxes are of one width
_MOST_OTHERS = 40  # values outside of the neurons, as those of a loss, that are drawn as well


def summary(model: Model, ys: Sequence[Value] = ()) -> str:
    """Return the DOT text of a network, left to right.

    If ys were computed from it on one sample, its sums and outputs are shown as well, and so is
    what was made of them, as a loss.
    """
    neurons = neurons_of(model)
    starts = [0, *accumulate(len(layer.neurons) for layer in model.layers)]
    found = places(neurons, ys) if ys else None
    most = largest(w.grad for neuron in neurons for w in neuron.w)
    g = sheet(_caption(most), rankdir="LR", nodesep="0.22", ranksep="1.25")
    sources = _inputs(g, neurons[0], found[0].inputs if found else [])
    for depth, layer in enumerate(model.layers):
        last = depth == len(model.layers) - 1
        names = [f"u{starts[depth] + i}" for i in range(len(layer.neurons))]
        with g.subgraph(name=f"cluster_{depth}") as c:
            c.attr(label=f"layer {depth + 1}", **CLUSTER)
            for i, (name, neuron) in enumerate(zip(names, layer.neurons, strict=True)):
                place = found[starts[depth] + i] if found else None
                part = OUTPUT if last else ACTIVATION
                box(c, name, _label(neuron, place, f"neuron {i + 1}", part), part)
            _in_order(c, names)
        for name, neuron in zip(names, layer.neurons, strict=True):
            for j, (source, w) in enumerate(zip(sources, neuron.w, strict=True)):
                g.edge(source, f"{name}:w{j}:w", penwidth=width(w.grad, most), **signed(w.data))
        sources = [f"{name}:out:e" for name in names]
    if found:
        _others(g, ys, neurons, found)
    return str(g.source)


def _caption(most: float) -> str:
    signs = "edge: solid blue = weight ≥ 0, dashed orange = weight < 0"
    return signs + (";  width = |grad| of the weight" if most else "")


def _in_order(g: Digraph, names: Sequence[str]) -> None:
    """Keep boxes below each other in this order."""
    with g.subgraph() as s:
        s.attr(rank="same")
        for a, b in pairwise(names):
            s.edge(a, b, style="invis")


def _inputs(g: Digraph, neuron: Neuron, inputs: Sequence[Any]) -> list[str]:
    """Draw the inputs of a neuron, with their numbers where they are known."""
    names = [f"x{j}" for j in range(len(neuron.w))]
    known = inputs or [None] * len(names)
    for j, (name, x) in enumerate(zip(names, known, strict=True)):
        is_value = type(x) is Value
        label = (x.label if is_value else "") or f"x{j + 1}"
        data, grad = (x.data, x.grad) if is_value else (x, None)
        rows = [cell(heading("", label, INPUT.title), "CENTER", COLSPAN="2")]
        for word, shown, colour in zip(("data", "grad"), aligned([data, grad]), ("", GRAD),
                                       strict=True):  # fmt: skip
            if shown.strip():
                rows.append(cell(key(word)) + cell(number(shown, colour), "RIGHT"))
        box(g, name, table(rows, INPUT.line), INPUT)
    _in_order(g, names)
    return [f"{name}:e" for name in names]


def _label(neuron: Neuron, place: Place | None, name: str, part: Role) -> str:
    own = parameters(neuron)
    words = [p.label or f"w{j + 1}" for j, p in enumerate(neuron.w)]
    words += [p.label or "b" for p in own[len(words) :]]
    results = [place.total, place.output] if place else []
    if place and place.output is place.total:
        results.pop()
    words += ["Σ", neuron.activation][: len(results)]
    entries = [*own, *results]
    data = aligned([None if p is None else p.data for p in entries])
    grad = aligned([None if p is None else p.grad for p in entries])
    if place and place.output is not None:
        name = place.output.label or name
    title = heading(name, "" if place else neuron.activation, part.title)
    rows = [cell(title, "CENTER", COLSPAN="3")]
    with_grad = any(text.strip() for text in grad)
    rows += [cell("") + cell(key("data"), "RIGHT") + cell(key("grad" * with_grad, GRAD), "RIGHT")]
    for j, word in enumerate(words):
        if j == len(own):
            rows.append("<HR/>")
        start = {"PORT": f"w{j}"} if j < len(neuron.w) else {}
        end = {"PORT": "out"} if j == len(entries) - 1 else {}
        rows.append(
            cell(key(word, bold=j > len(own)), VALIGN="BOTTOM", **start)
            + cell(number(data[j]), "RIGHT", WIDTH=_COLUMN)
            + cell(number(grad[j], GRAD), "RIGHT", **end)
        )
    return table(rows, part.line)


def _others(g: Digraph, ys: Sequence[Value], neurons: Sequence[Neuron],
            found: Sequence[Place]) -> None:  # fmt: skip
    """Draw what was made of the outputs, unless that is too much to read."""
    inside = {p for neuron in neurons for p in parameters(neuron)}
    inside |= {v for place in found for v in place.members}
    first = {x: f"x{j}" for j, x in enumerate(found[0].inputs) if type(x) is Value}
    names = first | {p.output: f"u{i}:out:e" for i, p in enumerate(found) if p.output is not None}
    others = [v for v in nodes(*ys) if v not in inside and v not in names]
    names |= {v: f"n{i}" for i, v in enumerate(others)}
    drawable = all(x in names for v in others for x in v.inputs if type(x) is Value)
    if drawable and len(others) <= _MOST_OTHERS:
        add_values(g, others, names, set(ys))
