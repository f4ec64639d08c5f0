"""Where in a graph the neurons of a model were computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

from autograd import Value, nodes


class Neuron(Protocol):
    """Stand for whatever has weights, perhaps a bias, and the name of an activation."""

    @property
    def w(self) -> Sequence[Value]: ...
    @property
    def b(self) -> Value | None: ...
    @property
    def activation(self) -> str: ...


class Layer(Protocol):
    """Stand for whatever has neurons."""

    @property
    def neurons(self) -> Sequence[Neuron]: ...


class Model(Protocol):
    """Stand for whatever has layers, each fed with the outputs of the one before."""

    @property
    def layers(self) -> Sequence[Layer]: ...


@dataclass
class Place:
    """Hold what one neuron computed: its sum, its output (None if unclear) and all on the way."""

    total: Value
    output: Value | None = None
    inputs: list[Any] = field(default_factory=list)  # Values or plain numbers, one per weight
    members: list[Value] = field(default_factory=list)


def neurons_of(model: Model) -> list[Neuron]:
    """Return all neurons, layer by layer."""
    return [neuron for layer in model.layers for neuron in layer.neurons]


def parameters(neuron: Neuron) -> list[Value]:
    """Return the weights and, if there is one, the bias."""
    return [*neuron.w] if neuron.b is None else [*neuron.w, neuron.b]


def places(neurons: Sequence[Neuron], ys: Sequence[Value],
           order: Sequence[Value] | None = None) -> list[Place] | None:  # fmt: skip
    """Return the place of every neuron in the graph of ys, or in a part of it given in order.

    None unless each neuron computed exactly once: there is one sample, and the sum is the first
    value that was made of all parameters of the neuron, with one activation after it.
    """
    owner = {p: i for i, neuron in enumerate(neurons) for p in parameters(neuron)}
    sizes = [len(parameters(neuron)) for neuron in neurons]
    used: dict[Value, set[Value]] = {}  # of which parameters of one neuron a part of its sum is
    users: dict[Value, list[Value]] = defaultdict(list)
    members: list[list[Value]] = [[] for _ in neurons]
    found: dict[int, Place] = {}
    for v in nodes(*ys) if order is None else order:
        values = [x for x in v.inputs if type(x) is Value]
        for x in values:
            users[x].append(v)
        parts = [{x} if x in owner else used[x] for x in values if x in owner or x in used]
        owners = {owner[p] for part in parts for p in part}
        if len(owners) != 1:
            continue
        [i] = owners
        used[v] = set().union(*parts)
        members[i].append(v)
        if len(used[v]) == sizes[i]:
            if i in found:
                return None
            found[i] = Place(v, None, [], members[i])
            del used[v]
    if len(found) < len(neurons):
        return None
    at: dict[Value, dict[Any, int]] = {}
    for i, neuron in enumerate(neurons):
        place = found[i]
        place.output = _output(neuron, place.total, users[place.total])
        place.inputs = [_partner(w, users[w], at) for w in neuron.w]
        if place.output is not None and place.output is not place.total:
            place.members.append(place.output)
    return [found[i] for i in range(len(neurons))]


def _output(neuron: Neuron, total: Value, users: list[Value]) -> Value | None:
    if neuron.activation == "linear":
        return total
    alone = len(users) == 1 and all(x is total for x in users[0].inputs if type(x) is Value)
    return users[0] if alone else None


def _partner(w: Value, users: list[Value], at: dict[Value, dict[Any, int]]) -> Any:
    """Return what w was multiplied with, in w * x, x * w or dot(ws, xs); None if unclear.

    `at` keeps the places of the operands of each operation: in a wide dot each is asked for.
    """
    if len(users) != 1 or users[0].rule is None or users[0].rule.name not in ("mul", "dot"):
        return None
    user = users[0]
    if user not in at:
        at[user] = {x: i for i, x in reversed([*enumerate(user.inputs)]) if type(x) is Value}
    return user.inputs[(at[user][w] + len(user.inputs) // 2) % len(user.inputs)]


def is_fed_in_order(model: Model, ys: Sequence[Value], kept: Set[Value] | None = None) -> bool:
    """Say whether each layer got the outputs of the one before, as far as the graph tells."""
    order = [v for v in nodes(*ys) if kept is None or v in kept]
    found = places(neurons_of(model), ys, order)
    if found is None:
        return True
    start = 0
    for layer, after in pairwise(model.layers):
        outputs = [place.output for place in found[start : start + len(layer.neurons)]]
        start += len(layer.neurons)
        for place in found[start : start + len(after.neurons)]:
            if any(
                x is not None and y is not None and x is not y
                for x, y in zip(place.inputs, outputs, strict=False)
            ):
                return False
    return True
