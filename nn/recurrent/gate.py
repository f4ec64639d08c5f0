"""The gate: sigmoids that say how much of each number passes, and may see what they guard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Value, dot, sigmoid
from nn.initialisers import Initialiser, Seed
from nn.inputs import Inputs, checked, listed
from nn.layers.layer import Layer


class Gate(Layer):
    """Compute sigmoid(W z + b), or sigmoid(W z + p*c + b) with peepholes p onto the cells c.

    Each gate of a cell looks at that cell only; p starts at zeros. Source: Gers and Schmidhuber
    2000, "Recurrent Nets that Time and Count", section 2.

    >>> gate = Gate(1, 1, peephole=True, init="zeros")
    >>> gate.peepholes[0].data = -1.0
    >>> gate([5.0], [0.0]), gate([5.0], [1000.0])
    ([Value(0.5)], [Value(0.0)])
    """

    peepholes: list[Value]

    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        peephole: bool = False,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        self.peepholes = [Value(0.0) for _ in range(nout)] if peephole else []
        super().__init__(nin, nout, activation="sigmoid", init=init, seed=seed)

    def relabel(self, place: str = "") -> None:
        """Label the parameters as a Layer's, and the peepholes p<place>,<neuron>."""
        super().relabel(place)
        for i, p in enumerate(self.peepholes, 1):
            p.label = f"p{place},{i}" if place else f"p{i}"

    def __call__(self, x: Inputs, cells: Sequence[Any] = ()) -> list[Any]:
        if not self.peepholes:
            return listed(super().__call__(x))
        z = checked(x, len(self.neurons[0].w), self)
        return [
            sigmoid(dot(neuron.w, z) + p * c + neuron.b)
            for neuron, p, c in zip(self.neurons, self.peepholes, cells, strict=True)
        ]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        shape = {name: super(Gate, self).options()[name] for name in ("nin", "nout")}
        return {**shape, "peephole": bool(self.peepholes)}
