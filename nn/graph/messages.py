"""Message passing: what a node is, beside the sum or the mean of its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import maximum, sum
from nn.activations import Activation
from nn.data.arrays import unknown
from nn.graph.graphs import Graph, Matrix, gathered, links
from nn.initialisers import Initialiser, Seed
from nn.inputs import checked, checked_size, listed
from nn.layers.layer import Layer
from nn.module import Module

AGGREGATIONS = ("sum", "mean")


class MessagePassing(Module):
    """Compute y_i = activation(W [x_i, m_i] + b), m_i the sum or the mean of the neighbours' x_j.

    With a matrix a, m_i = sum_j a_ij x_j, j other than i; for the mean it is divided by sum_j a_ij,
    or by 1 if that is less. A node without neighbours has the message 0. The sum can count
    neighbours, the mean cannot. A sample is x, a row of `nin` features for each node; y has rows of
    `nout`. The graph is given here, or with each call. The other options are a Layer's. Raises
    ValueError without a graph, for sizes that do not fit and an unknown aggregation.

    Sources: Hamilton, Ying and Leskovec 2017, "Inductive Representation Learning on Large Graphs",
    algorithm 1 (the mean); Xu et al. 2019, "How Powerful are Graph Neural Networks?", section 5.

    >>> layer = MessagePassing(1, 1, graph=Graph(3, [(0, 1), (1, 2)]), activation="linear",
    ...                        init=lambda *_: 1.0)
    >>> [[y.data for y in row] for row in layer([[1.0], [10.0], [100.0]])]
    [[11.0], [111.0], [110.0]]
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        aggregation: str = "sum",
        *,
        graph: Graph | Matrix | None = None,
        activation: Activation = "relu",
        bias: bool = True,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        if aggregation not in AGGREGATIONS:
            raise unknown("aggregation", aggregation, AGGREGATIONS)
        self.nin, self.aggregation, self.graph = checked_size("nin", nin), aggregation, graph
        self.layer = Layer(2 * nin, nout, activation=activation, bias=bias, init=init, seed=seed)

    def __call__(
        self, x: Sequence[Sequence[Any]], graph: Graph | Matrix | None = None
    ) -> list[list[Any]]:
        near = links(self, x, graph if graph is not None else self.graph)
        checked(x[0], self.nin, self)
        messages = [gathered(js, x) for js in near]
        if self.aggregation == "mean":
            counts = [maximum(sum([a for _, a in js]), 1) for js in near]
            messages = [[m / n for m in row] for row, n in zip(messages, counts, strict=True)]
        return [listed(self.layer([*own, *m])) for own, m in zip(x, messages, strict=True)]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        own = {"nin": self.nin, "aggregation": self.aggregation, "graph": self.graph}
        return {**self.layer.options(), **own}

    def __repr__(self) -> str:
        return f"MessagePassing({self.aggregation!r}) of {self.layer!r}"
