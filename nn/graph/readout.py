"""The graph read-out: what all nodes say together. (`nn.Each` reads out every node on its own.)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import dot, log, max, sum
from nn.data.arrays import unknown
from nn.graph.graphs import Graph, Matrix, check_sizes
from nn.module import Module

READOUTS = ("sum", "mean", "max")


class Readout(Module):
    """Compute the sum, the mean or the largest of all nodes, feature by feature.

    With a matrix a, as `packed_graph` makes it, only the nodes with a_ii = 1 count. Raises
    ValueError for another name, for no nodes, and for sizes that do not fit.

    >>> Readout("mean")([[1.0, 2.0], [3.0, 6.0]])
    [2.0, 4.0]
    >>> Readout("max")([[1.0], [3.0], [9.0]], [[1, 1, 0], [1, 1, 0], [0, 0, 0]])
    [3.0]
    """

    def __init__(self, how: str = "mean") -> None:
        if how not in READOUTS:
            raise unknown("how", how, READOUTS)
        self.how = how

    def __call__(
        self, x: Sequence[Sequence[Any]], graph: Graph | Matrix | None = None
    ) -> list[Any]:
        nodes = len(x)
        if not nodes:
            raise ValueError(f"{self!r}: no nodes to read out")
        check_sizes(self, x, Graph(nodes, []) if graph is None else graph)
        if graph is None or isinstance(graph, Graph):
            there: list[Any] = [1] * nodes
        else:
            there = [graph[i][i] for i in range(nodes)]
        columns = list(zip(*x, strict=True))
        if self.how == "max":
            return [max([y + log(a) for y, a in zip(column, there, strict=True)])
                    for column in columns]  # fmt: skip
        totals = [dot(there, column) for column in columns]
        return totals if self.how == "sum" else [total / sum(there) for total in totals]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"how": self.how}

    def __repr__(self) -> str:
        return f"Readout({self.how!r})"
