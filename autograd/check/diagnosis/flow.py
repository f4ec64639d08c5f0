"""A recorded graph as arrays of edges, through which gradients flow with some edges changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from autograd.value import Value

Change = Mapping[int, float]  # wrong local derivatives by the number of their edge
_TOGETHER = 256  # changes that one pass carries: rows of this length stay in the cache


class _Edge(Protocol):
    @property
    def v(self) -> Value: ...
    @property
    def x(self) -> Value: ...
    @property
    def true(self) -> float: ...


class Flow:
    """Hold the edges between y and xs by number: from `tails[e]` down to `heads[e]`.

    `uses` lists for every node the edges by which it is an input, `made` those of its inputs.
    """

    def __init__(self, y: Value, xs: Sequence[Value], edges: Sequence[_Edge]) -> None:
        nodes = [y, *xs, *[e.x for e in edges], *[e.v for e in edges]]
        self.nodes = sorted(dict.fromkeys(nodes), key=lambda v: v.number)
        index = {v: k for k, v in enumerate(self.nodes)}
        self.tails = [index[e.v] for e in edges]
        self.heads = [index[e.x] for e in edges]
        self.local = [e.true for e in edges]
        self.start = index[y]
        self.ends = [index[x] for x in xs]
        self.uses: list[list[int]] = [[] for _ in self.nodes]
        self.made: list[list[int]] = [[] for _ in self.nodes]
        for e, (tail, head) in enumerate(zip(self.tails, self.heads, strict=True)):
            self.uses[head].append(e)
            self.made[tail].append(e)
        self.adjoints = self._pull(self.local)

    def _pull(self, local: Sequence[float]) -> list[float]:
        bars = [0.0] * len(self.nodes)
        bars[self.start] = 1.0
        for e in range(len(local) - 1, -1, -1):
            bars[self.heads[e]] += bars[self.tails[e]] * local[e]
        return bars

    def sizes(self) -> Any:
        """Return for every x the sum of the sizes of all its paths' products."""
        bars = self._pull([abs(d) for d in self.local])
        return np.array([bars[k] for k in self.ends])

    def gradients(self, changes: Sequence[Change]) -> Iterator[Any]:
        """Yield for each change the gradient by the chain rule with those local derivatives."""
        for first in range(0, len(changes), _TOGETHER):
            yield from self._gradients(changes[first : first + _TOGETHER])

    def _gradients(self, changes: Sequence[Change]) -> Any:
        wrong: dict[int, tuple[list[int], list[float]]] = {}
        for row, change in enumerate(changes):
            for e, d in change.items():
                rows, values = wrong.setdefault(e, ([], []))
                rows.append(row)
                values.append(d)
        bars: dict[int, Any] = {self.start: np.ones(len(changes))}
        nothing = np.zeros(len(changes))
        ends = set(self.ends)
        with np.errstate(all="ignore"):  # wrong formulas may well be infinite somewhere
            for tail in range(len(self.nodes) - 1, -1, -1):
                bar = bars.get(tail)
                if bar is None:
                    continue
                for e in self.made[tail]:
                    slope: Any = self.local[e]
                    if e in wrong:
                        rows, values = wrong[e]
                        slope = np.full(len(changes), slope)
                        slope[rows] = values
                    head = self.heads[e]
                    if head in bars:
                        bars[head] += bar * slope
                    else:
                        bars[head] = bar * slope
                if tail not in ends:
                    del bars[tail]
        return np.array([bars.get(k, nothing) for k in self.ends]).T

    def tangents(self, directions: Any) -> Any:
        """Return for every node its derivatives along directions, one row per x, columns apart."""
        found = np.zeros((len(self.nodes), directions.shape[1]))
        for k, direction in zip(self.ends, directions, strict=True):
            found[k] += direction
        for tail, head, d in zip(self.tails, self.heads, self.local, strict=True):
            found[tail] += d * found[head]
        return found
