"""Graph attention: each node decides how much it listens to which neighbour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Value, dot, leaky_relu, log, mean, softmax
from nn.activations import Activation, find_activation, name_of
from nn.graph.graphs import Graph, Links, Matrix, gathered, links
from nn.initialisers import Initialiser, Seed, find_initialiser, generator, of_layer
from nn.inputs import checked_size, listed
from nn.layers.layer import Layer
from nn.module import Module

SLOPE = 0.2  # of the leaky ReLU, as in the source


class Head(Module):
    """Compute the shares of the neighbours' attention, and the features that they give.

    s_ij = softmax_j(leaky_relu(left . W x_i + right . W x_j) + ln a_ij), with a_ii = 1, and
    y_i = sum_j s_ij W x_j.
    """

    def __init__(self, nin: int, nout: int, init: str | Initialiser | None, seed: Seed) -> None:
        source = generator(seed)
        self.layer = Layer(nin, nout, activation="linear", bias=False, init=init, seed=source)
        draw = of_layer(find_initialiser(init, "linear"), source, 2 * nout, 1)
        self.left, self.right = ([Value(draw(source, 2 * nout, 1)) for _ in range(nout)]
                                 for _ in range(2))  # fmt: skip
        self.relabel()

    def relabel(self, place: str = "") -> None:
        """Label the weights w<place>,<feature>,<input>, left<place>,<feature> and right<...>."""
        self.layer.relabel(place)
        for name, values in (("left", self.left), ("right", self.right)):
            for k, v in enumerate(values, 1):
                v.label = f"{name}{place},{k}" if place else f"{name}{k}"

    def shares(self, h: Sequence[Sequence[Any]], near: Links) -> list[list[Any]]:
        """Return the shares of each node's attention: for itself first, then its neighbours."""
        listens = [dot(self.left, features) for features in h]
        speaks = [dot(self.right, features) for features in h]
        return [
            softmax([
                leaky_relu(listens[i] + speaks[j], SLOPE) + log(a)
                for j, a in [(i, 1.0), *js]
            ])
            for i, js in enumerate(near)
        ]  # fmt: skip

    def hear(
        self, x: Sequence[Sequence[Any]], near: Links
    ) -> tuple[list[list[Any]], list[list[Any]]]:
        """Return y, and the shares."""
        h = [listed(self.layer(features)) for features in x]
        shares = self.shares(h, near)
        return [
            gathered(zip([i, *[j for j, _ in js]], row, strict=True), h)
            for i, (js, row) in enumerate(zip(near, shares, strict=True))
        ], shares


class GraphAttention(Module):
    """Compute y_i = activation(sum_j s_ij W x_j + b), the shares s_ij learned, by several heads.

    s_ij = softmax_j(leaky_relu(left . W x_i + right . W x_j)) over the neighbours j of i and i
    itself. The `nout` features of each head stand side by side, `heads * nout` for a node; with
    join="mean" they are averaged. A sample is x, a row of `nin` features for each node. The graph
    is given here, or with each call; a matrix a of 0 and 1 says which j count (other numbers
    multiply their share). A node without neighbours sees itself. Raises ValueError without a graph,
    for sizes that do not fit and another join. Source: Veličković et al. 2018, "Graph Attention
    Networks", equations 1 to 6.

    >>> layer = GraphAttention(1, 1, graph=Graph(3, [(0, 1)]), activation="linear", seed=0)
    >>> [[round(s.data, 3) for s in row] for row in layer.attention([[1.0], [1.0], [5.0]])[0]]
    [[0.5, 0.5], [0.5, 0.5], [1.0]]
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        heads: int = 1,
        *,
        join: str = "concat",
        graph: Graph | Matrix | None = None,
        activation: Activation = "elu",
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        if join not in ("concat", "mean"):
            raise ValueError(f"join={join!r}: the heads' features are joined by concat or mean")
        source = generator(seed)
        self.heads = [Head(nin, nout, init, source) for _ in range(checked_size("heads", heads))]
        self.b = [Value(0.0) for _ in range(nout if join == "mean" else heads * nout)]
        self.activation, self.function = find_activation(activation)
        self.join, self.graph = join, graph
        self.relabel()

    def relabel(self, place: str = "") -> None:
        """Label the parameters of head h with <place>,<h>, and the biases b<place>,<feature>."""
        for k, head in enumerate(self.heads, 1):
            head.relabel(f"{place},{k}" if place else f"{k}")
        for k, v in enumerate(self.b, 1):
            v.label = f"b{place},{k}" if place else f"b{k}"

    def __call__(
        self, x: Sequence[Sequence[Any]], graph: Graph | Matrix | None = None
    ) -> list[list[Any]]:
        near = links(self, x, graph if graph is not None else self.graph)
        by_head = [head.hear(x, near)[0] for head in self.heads]
        return [
            [self.function(y + b) for y, b in zip(self._joined(rows), self.b, strict=True)]
            for rows in zip(*by_head, strict=True)
        ]

    def _joined(self, rows: Sequence[list[Any]]) -> list[Any]:
        if self.join == "mean":
            return [mean(column) for column in zip(*rows, strict=True)]
        return [y for row in rows for y in row]

    def attention(
        self, x: Sequence[Sequence[Any]], graph: Graph | Matrix | None = None
    ) -> list[list[list[Any]]]:
        """Return the shares of each head and node: for itself first, then its neighbours."""
        near = links(self, x, graph if graph is not None else self.graph)
        return [head.hear(x, near)[1] for head in self.heads]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        size = self.heads[0].layer.options()
        return {
            "nin": size["nin"], "nout": size["nout"], "heads": len(self.heads),
            "join": self.join, "graph": self.graph,
            "activation": name_of(self.activation, self.function),
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"GraphAttention of {len(self.heads)} x {self.heads[0].layer!r}, {self.activation}"
