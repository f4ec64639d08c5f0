"""The graph convolution: a node and its neighbours, mixed by fixed shares, then a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import sqrt, sum
from nn.activations import Activation
from nn.graph.graphs import Graph, Matrix, gathered, links
from nn.initialisers import Initialiser, Seed
from nn.inputs import listed
from nn.layers.layer import Layer
from nn.module import Module


class GraphConv(Module):
    """Compute y_i = activation(W sum_j a_ij / sqrt(d_i d_j) x_j + b).

    The sum is over the neighbours j of i and i itself, a_ii = 1, and d_i = sum_j a_ij. A sample is
    x, a row of `nin` features for each node; y has rows of `nout`. The graph is given here, or with
    each call, as a `Graph` or as a matrix a. A node without neighbours sees itself. The other
    options are a Layer's. Raises ValueError without a graph, and for sizes that do not fit. Source:
    Kipf and Welling 2017, "Semi-Supervised Classification with Graph Convolutional Networks",
    equation 2.

    >>> layer = GraphConv(1, 1, graph=Graph(3, [(0, 1)]), activation="linear", init=lambda *_: 1.0)
    >>> [[round(y.data, 12) for y in row] for row in layer([[1.0], [3.0], [5.0]])]
    [[2.0], [2.0], [5.0]]
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        graph: Graph | Matrix | None = None,
        activation: Activation = "relu",
        bias: bool = True,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        self.graph = graph
        self.layer = Layer(nin, nout, activation=activation, bias=bias, init=init, seed=seed)

    def __call__(
        self, x: Sequence[Sequence[Any]], graph: Graph | Matrix | None = None
    ) -> list[list[Any]]:
        near = links(self, x, graph if graph is not None else self.graph)
        degrees = [1 + sum([a for _, a in js]) for js in near]
        return [
            listed(self.layer(gathered(
                [(j, a / sqrt(degrees[i] * degrees[j])) for j, a in [(i, 1.0), *js]], x
            )))
            for i, js in enumerate(near)
        ]  # fmt: skip

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {**self.layer.options(), "graph": self.graph}

    def __repr__(self) -> str:
        return f"GraphConv of {self.layer!r}"
