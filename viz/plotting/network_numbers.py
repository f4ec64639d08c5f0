"""The numbers in a drawing of a network: strengths of its lines, and what its circles hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from autograd import Value
from autograd.real import short
from autograd.value import detached
from viz.diagrams.neurons import Model, Place
from viz.plotting.running import by_layer, outputs_of


def strength(w: Value, show: str) -> Any:
    """Return a weight or its gradient. Raises ValueError if there is no gradient."""
    if show == "weights":
        return w.data
    if w.grad is None:
        raise ValueError(f"{short(w)} has no gradient yet: call loss.backward() first")
    return w.grad


def check_chain(layers: Sequence[Any]) -> None:
    """Raise ValueError unless each layer takes as many numbers as the one before it gives."""
    for i, (before, layer) in enumerate(pairwise(layers), 2):
        wanted = {len(neuron.w) for neuron in layer.neurons}
        if wanted != {len(before.neurons)}:
            raise ValueError(
                f"network: layer {i} takes {', '.join(map(str, sorted(wanted)))} numbers and the "
                f"layer before it gives {len(before.neurons)}: they don't follow each other, and "
                "only a chain of layers can be drawn so; draw(model(x)) shows every model"
            )


def numbers_of(model: Any, inside: Model, x: Any, graph: Any, show: str) -> list[list[Any]]:
    """Return the number in every circle, inputs first; None where it is not known."""
    layers = inside.layers
    blank = [[None] * len(layers[0].neurons[0].w)]
    blank += [[None] * len(layer.neurons) for layer in layers]
    if x is None and graph is None:
        return blank
    ys = outputs_of(model, x) if graph is None else [graph] if type(graph) is Value else graph
    found = by_layer(inside, list(ys))
    values: list[list[Any]] = [found[0][0].inputs]
    values += [_outputs(places, found[i + 1 : i + 2]) for i, places in enumerate(found)]
    if x is not None and len(ys) == len(values[-1]):
        values[-1] = list(ys)  # what a softmax made of the sums, say
    if show == "gradients" and x is None:
        return [[v.grad if type(v) is Value else None for v in column] for column in values]
    return [[detached(v) for v in column] for column in values]


def _outputs(places: Sequence[Place], following: Sequence[Sequence[Place]]) -> list[Any]:
    """Return the neurons' outputs; one that is not clear is what the next layer was fed with."""
    fed = following[0][0].inputs if following else []
    fed = fed if len(fed) == len(places) else [None] * len(places)
    return [f if p.output is None else p.output for p, f in zip(places, fed, strict=True)]
