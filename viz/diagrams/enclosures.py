"""Frames around the boxes of the full view: a neuron's, or those of modules inside modules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd import Value
from viz.diagrams.homes import homes
from viz.diagrams.labels import escape
from viz.diagrams.modules import Block, blocks, is_chain_of_neurons
from viz.diagrams.neurons import is_fed_in_order, neurons_of, places


@dataclass
class Frame:
    """Hold what is written above a frame, the values in it and the frames in it."""

    name: str
    values: list[Value] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)

    @property
    def all_values(self) -> list[Value]:
        """Return the values in it and in the frames inside."""
        return [*self.values, *(v for frame in self.frames for v in frame.all_values)]


def frames_of(model: Any, ys: Sequence[Value], order: Sequence[Value]) -> list[Frame]:
    """Return a frame for each neuron of a network that one sample went through, else by module."""
    if model is None:
        return []
    if is_chain_of_neurons(model) and is_fed_in_order(model, ys):
        names = [
            f"layer {i} · neuron {j}"
            for i, layer in enumerate(model.layers, 1)
            for j in range(1, len(layer.neurons) + 1)
        ]
        if found := places(neurons_of(model), ys):
            return [Frame(n, place.members) for n, place in zip(names, found, strict=True)]
    root, *inner = blocks(model)
    members: dict[Block, list[Value]] = defaultdict(list)
    for v, block in homes(order, [root, *inner]).items():
        members[block].append(v)
    if not inner:
        return [Frame(root.kind, members[root])]
    return [f for child in root.children if (f := _frame(child, members)).all_values]


def _frame(block: Block, members: dict[Block, list[Value]]) -> Frame:
    inside = [f for child in block.children if (f := _frame(child, members)).all_values]
    return Frame(escape(f"{block.path}: {block.kind}"), members[block], inside)
