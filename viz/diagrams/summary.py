"""The summary view of a network: one box per neuron, a row for each of its parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from typing import Any

from graphviz import Digraph

from autograd import Value, nodes
from viz.diagrams.canvas import CLUSTER, KEEPS_ORDER, box, in_order, largest, sheet, signed, width
from viz.diagrams.detail import add_values
from viz.diagrams.digits import aligned
from viz.diagrams.labels import GRAD, cell, heading, key, number, table
from viz.diagrams.layers import NETWORK, NEURONS, PARAMETERS, add_layers, add_network, add_neurons
from viz.diagrams.neurons import Model, Neuron, Place, neurons_of, parameters, places
from viz.diagrams.roles import ACTIVATION, INPUT, OUTPUT, Role

_COLUMN = "56"  # wide enough for four digits, so that most boxes are of one width
_MOST_OTHERS = 40  # values outside of the neurons, as those of a loss, that are drawn as well


def summary(model: Model, ys: Sequence[Value] = (), depth: int = PARAMETERS,
            kept: Set[Value] | None = None) -> str:  # fmt: skip
    """Return the DOT text of a network, left to right.

    The depth is 3 for a row per parameter, 2 a line per neuron, 1 a box per layer, 0 for one box.
    If ys were computed from it on one sample, its sums and outputs are shown as well, and so is
    what was made of them, as a loss; `kept` is the part of the graph that this looks at.
    """
    neurons = neurons_of(model)
    order = [v for v in nodes(*ys) if kept is None or v in kept] if ys else []
    found = places(neurons, ys, order) if ys else None
    most = largest(w.grad for neuron in neurons for w in neuron.w)
    measure = "|grad| of the weight" if most else "|weight|" if depth == NEURONS else ""
    g = sheet(_caption(measure) if depth >= NEURONS else "", rankdir="LR", nodesep="0.22",
              ranksep={NEURONS: "1.6", PARAMETERS: "1.25"}.get(depth, "0.6"),
              **{PARAMETERS: KEEPS_ORDER, NEURONS: {"splines": "line"}}.get(depth, {}))  # fmt: skip
    if depth >= NEURONS:
        starts, ends = _add_neurons(g, model, found, depth == NEURONS)
    else:
        start, end = add_network(g, model) if depth == NETWORK else add_layers(g, model, found)
        starts, ends = [start] * len(neurons[0].w), [end] * len(neurons)
    if found:
        _others(g, ys, order, neurons, found, starts, ends)
    elif len(ys) == 1 and ys[0].rule is not None:
        _result(g, ys[0], order, neurons, ends[-len(model.layers[-1].neurons) :])
    return str(g.source)


def _result(g: Digraph, y: Value, order: Sequence[Value], neurons: Sequence[Neuron],
            ends: Sequence[str]) -> None:  # fmt: skip
    """Draw what was made of several samples, as their loss, without the way to it."""
    used = Counter(x for v in order for x in {x: 0 for x in v.inputs if type(x) is Value})
    counts = [used[p] for neuron in neurons for p in parameters(neuron) if used[p]]
    samples = min(counts, default=0)
    add_values(g, [y], {y: "y"}, {y})
    look = {"label": f"{samples:,} samples"} if samples > 1 else {}
    for end in dict.fromkeys(ends):
        g.edge(end, "y", style="dotted", penwidth="1.6", **look)
        look = {}  # once is enough


def _add_neurons(g: Digraph, model: Model, found: Sequence[Place] | None,
                 compact: bool) -> tuple[list[str], list[str]]:  # fmt: skip
    """Draw inputs and neurons; return where the inputs and the outputs of the neurons are.

    Compact is one box for each layer, with a row for each neuron.
    """
    weights = [w for neuron in neurons_of(model) for w in neuron.w]
    most, most_data = largest(w.grad for w in weights), largest(w.data for w in weights)
    sources = _inputs(g, neurons_of(model)[0], found[0].inputs if found else [])
    all_ends: list[str] = []
    for depth, layer in enumerate(model.layers):
        part = OUTPUT if depth == len(model.layers) - 1 else ACTIVATION
        start = len(all_ends)
        here = found[start : start + len(layer.neurons)] if found else None
        if compact:
            kinds = ", ".join(dict.fromkeys(n.activation for n in layer.neurons))
            add_neurons(g, f"u{depth}", f"layer {depth + 1}: {kinds}", layer.neurons, here, part)
            entries = [[f"u{depth}:in{i}:w"] * len(n.w) for i, n in enumerate(layer.neurons)]
            ends = [f"u{depth}:out{i}:e" for i in range(len(layer.neurons))]
        else:
            names = [f"u{start + i}" for i in range(len(layer.neurons))]
            with g.subgraph(name=f"cluster_{depth}") as c:
                c.attr(label=f"layer {depth + 1}", **CLUSTER)
                for i, (name, neuron) in enumerate(zip(names, layer.neurons, strict=True)):
                    label = _label(neuron, here[i] if here else None, f"neuron {i + 1}", part)
                    box(c, name, label, part)
                in_order(c, names, framed=True)
            entries = [
                [f"{name}:w{j}:w" for j in range(len(neuron.w))]
                for name, neuron in zip(names, layer.neurons, strict=True)
            ]
            ends = [f"{name}:out:e" for name in names]
        for rows, neuron in zip(entries, layer.neurons, strict=True):
            for source, end, w in zip(sources, rows, neuron.w, strict=True):
                look = {"penwidth": width(w.grad, most)} | signed(w.data)
                if compact:
                    look["arrowhead"] = "none"
                    look |= {} if most else {"penwidth": width(w.data, most_data)}
                g.edge(source, end, **look)
        sources = ends
        all_ends += ends
    return [f"x{j}" for j in range(len(model.layers[0].neurons[0].w))], all_ends


def _caption(measure: str) -> str:
    signs = "edge: solid blue = weight ≥ 0, dashed orange = weight < 0"
    return signs + (f";  width = {measure}" if measure else "")


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
    in_order(g, names)
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


def _others(g: Digraph, ys: Sequence[Value], order: Sequence[Value], neurons: Sequence[Neuron],
            found: Sequence[Place], starts: Sequence[str],
            ends: Sequence[str]) -> None:  # fmt: skip
    """Draw what was made of the outputs, unless that is too much to read."""
    inside = {p for neuron in neurons for p in parameters(neuron)}
    inside |= {v for place in found for v in place.members}
    first = {x: name for x, name in zip(found[0].inputs, starts, strict=True) if type(x) is Value}
    outputs = zip(found, ends, strict=True)
    names = first | {p.output: end for p, end in outputs if p.output is not None}
    others = [v for v in order if v not in inside and v not in names]
    names |= {v: f"n{i}" for i, v in enumerate(others)}
    drawn = set(order)
    drawable = all(
        x in names or x not in drawn for v in others for x in v.inputs if type(x) is Value
    )
    if drawable and len(others) <= _MOST_OTHERS:
        add_values(g, others, names, set(ys))
