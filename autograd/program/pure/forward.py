"""A lifted program as a graph: for each group the array that it computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.program.lifting.groups import (
    ROW_STORE,
    SHARED_STORE,
    Group,
    Lifted,
    Ref,
)  # fmt: skip
from autograd.program.pure.elementwise import lowered, reduced, reduction_pull, symbol
from autograd.program.pure.graph import Array, Graph, Numbers
from autograd.program.pure.leaves import Leaf
from autograd.program.pure.stores import Stores
from autograd.program.writing.arrays import squeezed
from autograd.program.writing.expressions import Symbol, evaluated, sum_of_terms, term_slope
from autograd.program.writing.names import Namer


class Forward:
    """Hold the graph of a program: its inputs, what its groups compute, and what it returns.

    A `sparing` one takes slopes from results where that saves keeping what they are results of: 1 -
    y**2 for tanh, which has few digits where y is near 1.
    """

    def __init__(
        self, lifted: Lifted, leaves: Sequence[Leaf], places: Numbers, sparing: bool = False
    ) -> None:
        self.lifted, self.graph, self.sparing = lifted, Graph(), sparing
        self.namer = Namer(lifted)
        sizes = {**lifted.sizes, **dict(lifted.columns.values())}
        self.stores = Stores(self.graph, sizes)
        back = np.full(int(max([-1, *(leaf.places.max() for leaf in leaves)])) + 1, -1)
        back[places] = np.arange(len(places))
        self.leaves: dict[str, Array] = {}
        for leaf in leaves:
            x = self.leaves[leaf.name] = self.graph.input(leaf.name, leaf.places.shape)
            mine = back[leaf.places]
            if (mine >= 0).any():
                self._own(mine, x)
        first, stop = len(lifted.shared), len(lifted.shared) + len(lifted.constants)
        if stop > first:
            self.stores.write(
                SHARED_STORE, np.arange(first, stop), self.graph.constant(lifted.constants)
            )
        self.columns: dict[str, Array] = {}
        for store, size in lifted.columns.values():
            x = self.columns[store] = self.graph.input(store, (size,), True)
            self.stores.write(store, np.arange(size), x)
        for g in lifted.groups:
            y = self._group(g)
            y = self.graph.spread(y, squeezed(g)) if y.size < g.size else y
            y.name = y.name or self.namer.result(g)
            self.stores.write(g.store, np.arange(g.start, g.start + g.size), y)
        self.outputs = [self._one(store, place) for store, place in lifted.outputs]
        self.guards = [(self._one(store, at), truth) for store, at, truth in lifted.guards]

    def _own(self, mine: Numbers, x: Array) -> None:
        """Say where the numbers of a leaf are, of which a program may not read all."""
        here = np.flatnonzero(mine.ravel() >= 0)
        if len(here) < mine.size:
            x = self.graph.take(x, here)
        self.stores.write(SHARED_STORE, mine.ravel()[here], x)

    def _one(self, store: str, place: int) -> Array:
        x = self.stores.read(Ref(store, np.array([place]), store == ROW_STORE))
        return self.graph.reshape(x, ())

    def _group(self, g: Group) -> Array:
        forms: dict[str, Callable[[Group], Array]] = {
            "map": self._map, "terms": self._terms, "total": self._total,
            "reduction": self._reduction, "product": self._product, "dot": self._dot,
            "lookup": self._lookup,
        }  # fmt: skip
        return forms[g.form](g)

    # groups of equal operations -------------------------------------------------------------------

    def _operands(self, g: Group) -> tuple[list[Array], list[Any], dict[Any, Symbol]]:
        """Return the operands of a map, and all as Symbols, constants and literals as numbers."""
        pool: dict[Any, Symbol] = {}
        arrays, xs = [], []
        for ref in g.operands:
            x = self.stores.read(ref)
            arrays.append(x)
            number = self.lifted.constant_of(ref)
            xs.append(symbol(x, pool) if number is None else number)
        for at, value in g.literals:
            xs.insert(at, value)
        return arrays, xs, pool

    def _map(self, g: Group) -> Array:
        graph = self.graph
        arrays, xs, pool = self._operands(g)
        if g.op in ("spread", "identity"):
            return graph.spread(arrays[0], g.grid)
        like = arrays[0]
        y = lowered(graph, evaluated(g.op, None, xs), like)
        if g.op == "stop gradient":
            return graph.make("copy", (y,), None, y.grid)
        if y in arrays:  # of selections that are no choice
            return y
        at = [i for i in range(len(xs)) if i not in [k for k, _ in g.literals]]

        def pull(dy: Array) -> list[tuple[Array, Array]]:
            found = []
            of_y, of_dy = symbol(y, pool), symbol(dy, pool)
            if self.sparing:
                pool["result", g.op, *map(id, xs)] = of_y  # a slope that asks for it finds it
            for i, x in zip(at, arrays, strict=True):
                slope = evaluated(g.op, i, xs, of_y) if x.op != "constant" else None
                if slope is not None and not (isinstance(slope, (int, float)) and slope == 0):
                    found.append((x, self._times(of_dy, slope, x)))
            return found

        return graph.with_pull(y, pull)

    def _terms(self, g: Group) -> Array:
        arrays, xs, pool = self._operands(g)
        return self._sum_of_terms(arrays, xs, pool, g.products, g.signs)

    def _sum_of_terms(
        self, arrays: Sequence[Array], xs: Sequence[Any], pool: dict[Any, Symbol], products: int,
        signs: Sequence[int],
    ) -> Array:  # fmt: skip
        y = lowered(self.graph, sum_of_terms(xs, products, signs), arrays[0])

        def pull(dy: Array) -> list[tuple[Array, Array]]:
            of_dy = symbol(dy, pool)
            return [
                (x, self._times(of_dy, term_slope(xs, products, signs, i), x))
                for i, x in enumerate(arrays) if x.op != "constant"
            ]  # fmt: skip

        return self.graph.with_pull(y, pull)

    def _times(self, dy: Symbol, slope: Any, like: Array) -> Array:
        """Return dy * slope, summed over what an operand served."""
        return self.graph.folded(lowered(self.graph, dy * slope, like), like)

    # groups that add up, or reduce ----------------------------------------------------------------

    def _signed(self, x: Array, signs: Sequence[int]) -> Array:
        """Return terms, along the second axis, times their signs."""
        if -1 not in signs:
            return x
        graph = self.graph
        factors = graph.constant(np.array(signs, float).reshape(1, -1))
        y = graph.make("mul", (x, factors), None, x.grid)
        return graph.noted(y, lambda dy: [(x, graph.make("mul", (dy, factors), None, x.grid))])

    def _total(self, g: Group) -> Array:
        x = self.stores.read(g.operands[0], whole=True)
        return self.graph.sum(self._signed(x, g.signs), 1)

    def _reduction(self, g: Group) -> Array:
        x = self.stores.read(g.operands[0], whole=True)
        y = reduced(self.graph, g.op, x)
        y = self.graph.with_pull(y, lambda dy: [(x, reduction_pull(self.graph, g.op, y, dy, x))])
        return self.graph.reshape(y, x.grid[:-1])

    def _dot(self, g: Group) -> Array:
        a, b = (self.stores.read(ref, whole=True) for ref in g.operands[:2])
        n = a.grid[1]
        y = self.graph.einsum(self._signed(a, g.signs[:n]), b, "mn", "mn", "m")
        return self._with_addends(y, g, g.operands[2:], g.signs[n:])

    def _lookup(self, g: Group) -> Array:
        index, table = g.operands
        found = self.graph.lookup(
            self.graph.transpose(self.stores.read(table, whole=True), (1, 0)),
            self.stores.read(index, whole=True),
        )
        order = (len(found.grid) - 1, *range(len(found.grid) - 1))
        return self.graph.reshape(self.graph.transpose(found, order), g.grid)

    # matrix products ------------------------------------------------------------------------------

    def _product(self, g: Group) -> Array:
        h, p, q = g.grid
        grids, letters = [], []
        refs = g.operands[:2]
        sums = [without(ref.index, 2 - k) for k, ref in enumerate(refs)]
        for k, ref in enumerate(refs):
            x = self.stores.read(ref)
            if sums[k]:  # repeated along what is summed: it has to be there
                grid = list(x.grid)
                grid[2 - k] = ref.index.shape[2 - k]
                x = self.graph.spread(x, grid)
            names = "hpn" if k == 0 else "hnq"
            kept = [i for i, n in enumerate(x.grid) if n > 1 or names[i] == "n"]
            grids.append(self.graph.reshape(x, [x.grid[i] for i in kept]))
            letters.append("".join(names[i] for i in kept))
        out = "".join(c for c in "hpq" if any(c in each for each in letters))
        y = self.graph.einsum(grids[0], grids[1], letters[0], letters[1], out)
        sizes = {"h": h, "p": p, "q": q}
        if set(out) != {c for c, n in sizes.items() if n > 1}:
            whole = [sizes[c] if c in out else 1 for c in "hpq"]
            y = self.graph.spread(self.graph.reshape(y, whole), g.grid)
        y = self.graph.reshape(y, squeezed(g))
        return self._with_addends(y, g, g.operands[2:], g.signs[1:])

    def _with_addends(self, y: Array, g: Group, refs: Sequence[Ref], signs: Sequence[int]) -> Array:
        if not refs:
            return y
        pool: dict[Any, Symbol] = {}
        grid = squeezed(g)
        arrays = [y, *[self.stores.read(Ref(r.store, r.index.reshape(grid), r.row)) for r in refs]]
        xs = [symbol(x, pool) for x in arrays]
        return self._sum_of_terms(arrays, xs, pool, 0, (1, *signs))


def without(index: Numbers, axis: int) -> bool:
    """Say whether places do not change along an axis that is longer than 1."""
    return index.shape[axis] > 1 and bool((index == index.take([0], axis)).all())
