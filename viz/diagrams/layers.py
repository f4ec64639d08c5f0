"""Networks too wide for a row per weight: a line per neuron, a box per layer, or a single box."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from graphviz import Digraph

from autograd import Value
from viz.diagrams.canvas import box, size
from viz.diagrams.digits import aligned
from viz.diagrams.labels import GRAD, KEY, cell, heading, key, number, table
from viz.diagrams.neurons import Layer, Model, Neuron, Place, neurons_of, parameters
from viz.diagrams.roles import ACTIVATION, INPUT, OUTPUT, Role

NETWORK, LAYERS, NEURONS, PARAMETERS = range(4)  # what a depth shows
_MOST_ROWS = 80  # of the boxes of a layer above each other
_MOST_NEURONS = 32
_MOST_ARROWS = 1000
_MOST_LAYERS = 12
_APART = {"WIDTH": "56"}  # a head that the one before it does not touch


def readable_depth(model: Model) -> int:
    """Return how deep a network can be shown for a screen to hold it: 3 parameters to 1 layers."""
    widths = [len(layer.neurons) for layer in model.layers]
    rows = [sum(len(parameters(n)) + 4 for n in layer.neurons) for layer in model.layers]
    arrows = sum(len(neuron.w) for neuron in neurons_of(model))
    nin = len(model.layers[0].neurons[0].w)
    if max(*rows, 4 * nin) <= _MOST_ROWS:
        return PARAMETERS
    return NEURONS if max(*widths, nin) <= _MOST_NEURONS and arrows <= _MOST_ARROWS else LAYERS


def add_neurons(g: Digraph, name: str, words: str, neurons: Sequence[Neuron],
                places: Sequence[Place] | None, part: Role) -> None:  # fmt: skip
    """Draw a layer as one box, a row for each neuron with its output and that one's gradient."""
    outputs = [p.output for p in places] if places else [None] * len(neurons)
    data = aligned([None if v is None else v.data for v in outputs])
    grad = aligned([None if v is None else v.grad for v in outputs])
    rows = [cell(heading(words, "", part.title), "CENTER", COLSPAN="3")]
    heads = [key(head, colour) * any(text.strip() for text in shown)
             for head, colour, shown in (("data", KEY, data), ("grad", GRAD, grad))]  # fmt: skip
    rows.append(cell("") + "".join(cell(head, "RIGHT") for head in heads))
    for i, (v, d, g_v) in enumerate(zip(outputs, data, grad, strict=True)):
        label = (v.label if v is not None else "") or f"neuron {i + 1}"
        rows.append(
            cell(key(label), VALIGN="BOTTOM", PORT=f"in{i}")
            + cell(number(d), "RIGHT")
            + cell(number(g_v, GRAD), "RIGHT", PORT=f"out{i}")
        )
    box(g, name, table(rows, part.line), part)


class Row(NamedTuple):
    name: str
    data: list[Any]
    grad: list[Any]


def row(name: str, values: Iterable[Any]) -> Row:
    found = [v for v in values if v is not None]
    data = [v.data if type(v) is Value else v for v in found]
    return Row(name, data, [v.grad for v in found if type(v) is Value and v.grad is not None])


def add_layers(g: Digraph, model: Model, found: Sequence[Place] | None) -> tuple[str, str]:
    """Draw a box for each layer, equal ones in a row as one; return the names of the two ends."""
    stack(g, "x", f"{len(model.layers[0].neurons[0].w)} inputs",
           [row("inputs", found[0].inputs if found else [])], INPUT)  # fmt: skip
    blocks = _blocks(model)
    before = "x"
    start = first = 0
    for i, block in enumerate(blocks):
        neurons = [n for layer in block for n in layer.neurons]
        places = found[start : start + len(neurons)] if found else []
        rows = [
            row("weights", (w for n in neurons for w in n.w)),
            row("biases", (n.b for n in neurons)),
            row("Σ", (p.total for p in places)),
            row("outputs", (p.output for p in places)),
        ]
        last = i == len(blocks) - 1
        stack(g, f"layer{i}", _name(block, first + 1), rows, OUTPUT if last else ACTIVATION)
        weights = len(block[0].neurons) * len(block[0].neurons[0].w)
        g.edge(before, f"layer{i}", label=f"{weights:,} weights", penwidth="2")
        before = f"layer{i}"
        start, first = start + len(neurons), first + len(block)
    return "x", before


def add_network(g: Digraph, model: Model) -> tuple[str, str]:
    """Draw the whole network as one box with a line for each layer; return its name twice."""
    rows = []
    for i, block in enumerate(blocks := _blocks(model)):
        first = 1 + sum(map(len, blocks[:i]))
        neurons = [n for layer in block for n in layer.neurons]
        rows.append(row(_name(block, first), (p for n in neurons for p in parameters(n))))
    nin = len(model.layers[0].neurons[0].w)
    shape = [nin, *(len(layer.neurons) for layer in model.layers)]
    words = " → ".join(map(str, shape)) if len(shape) <= 8 else f"{nin} → ... → {shape[-1]}"
    stack(g, "network", f"network {words}", rows, OUTPUT)
    return "network", "network"


def _blocks(model: Model) -> list[list[Layer]]:
    """Return the layers, those of equal form together where there are too many to show each."""
    layers = list(model.layers)
    if len(layers) <= _MOST_LAYERS:
        return [[layer] for layer in layers]

    def form(layer: Layer) -> tuple[Any, ...]:
        return tuple((len(n.w), n.b is None, n.activation) for n in layer.neurons)

    return [list(block) for _, block in groupby(layers, form)]


def _name(block: Sequence[Layer], first: int) -> str:
    kinds = "/".join(dict.fromkeys(n.activation for n in block[0].neurons))
    neurons = f"{len(block[0].neurons)} × {kinds}"
    if len(block) == 1:
        return f"layer {first}: {neurons}"
    return f"layers {first} to {first + len(block) - 1}, ×{len(block)}: {neurons}"


def stack(g: Digraph, name: str, words: str, rows: Sequence[Row], part: Role, foot: str = "",
          place: str = "", lines: Sequence[str] = (), picture: str = "") -> None:  # fmt: skip
    """Draw a box with the number of its parts and the largest sizes among them.

    `place` stands beside the words at the top, `lines` and a picture, a table, below them, `foot`
    at the bottom.
    """
    shown = [r for r in rows if r.data]
    data = aligned([_extreme(r.data) for r in shown])
    grad = aligned([_extreme(r.grad) if r.grad else None for r in shown])
    cells = [cell(heading(words, place, part.title), "CENTER", COLSPAN="4")]
    heads = ["", "count", "max |data|"] + ["max |grad|"] * any(r.grad for r in shown)
    cells += [cell(key(line, part.title), "CENTER", COLSPAN="4") for line in lines]
    if picture:
        cells.append(cell(picture, "CENTER", COLSPAN="4"))
    if shown:
        looks = {"max |data|": _APART, "max |grad|": _APART}
        colours = {"max |grad|": GRAD}
        cells.append("".join(
            cell(key(h, colours.get(h, KEY)), "RIGHT", **looks.get(h, {})) for h in heads
        ))  # fmt: skip
    for r, d, g_row in zip(shown, data, grad, strict=True):
        cells.append(
            cell(key(r.name), VALIGN="BOTTOM")
            + cell(number(f"{len(r.data):,}"), "RIGHT")
            + cell(number(d), "RIGHT")
            + cell(number(g_row, GRAD), "RIGHT")
        )
    if foot:
        cells += ["<HR/>", cell(key(foot, GRAD), "CENTER", COLSPAN="4")]
    box(g, name, table(cells, part.line), part)


def _extreme(xs: Sequence[Any]) -> Any:
    """Return the largest size: nan if there is one, for that is what a reader looks for."""
    return math.nan if any(x != x for x in xs) else max((abs(x) for x in xs), key=size)
