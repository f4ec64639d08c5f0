"""Where a program's numbers are: operands, which are places in stores, as views of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from autograd.program.lifting.groups import Ref, strides_of
from autograd.program.pure.graph import Array, Graph, Numbers, numbers_of
from autograd.program.pure.leaves import without_repeats

_NOBODY = -1


@dataclass
class Store:
    """Hold whose each place of a store is, and which of that array's numbers it is."""

    owner: Numbers
    local: Numbers

    @classmethod
    def of(cls, size: int) -> Store:
        """Return a store that nothing has been written to."""
        return cls(np.full(size, _NOBODY), np.zeros(size, np.intp))


@dataclass
class Stores:
    """Hold the arrays that own the places of all stores, and read operands from them."""

    graph: Graph
    sizes: dict[str, int]
    owners: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stores = {name: Store.of(size) for name, size in self.sizes.items()}

    def write(self, store: str, places: Numbers, x: Array) -> None:
        """Say that an array has the numbers of these places."""
        found = self.stores[store]
        found.owner[places.ravel()] = len(self.owners)
        found.local[places.ravel()] = np.arange(places.size)
        self.owners.append(x)

    def read(self, ref: Ref, *, whole: bool = False) -> Array:
        """Return the numbers of an operand; an axis that repeats them has length 1, or its own."""
        x = self._places(ref.store, without_repeats(ref.index))
        return self.graph.spread(x, ref.index.shape) if whole else x

    def _places(self, store: str, index: Numbers) -> Array:
        long = [n for n in index.shape if n > 1]
        if len(long) < index.ndim and index.ndim > 1:  # one form of all that hold the same
            x = self._places(store, index.reshape(long or [1]))
            return self.graph.reshape(x, index.shape)
        owner = self.stores[store].owner[index]
        if (owner == owner.flat[0]).all():
            return self._view(self.owners[owner.flat[0]], self.stores[store].local[index])
        for axis in range(index.ndim):
            along = np.moveaxis(owner, axis, 0).reshape(index.shape[axis], -1)
            if (along == along[:, :1]).all():
                cuts = np.flatnonzero(np.diff(along[:, 0])) + 1
                if len(cuts) < len(along) - 1 or len(along) <= _FEW:
                    parts = np.split(index, cuts, axis)
                    return self.graph.concat([self._places(store, p) for p in parts], axis)
        return self._gathered(store, index)

    def _gathered(self, store: str, index: Numbers) -> Array:
        """Return numbers of several arrays, one by one."""
        found = self.stores[store]
        owners = np.unique(found.owner[index])
        parts, start = [], 0
        at = np.zeros(len(self.owners), np.intp)
        for k in owners:
            x = self.owners[k]
            parts.append(self.graph.reshape(x, (x.size,)))
            at[k] = start
            start += x.size
        return self.graph.take(
            self.graph.concat(parts, 0), at[found.owner[index]] + found.local[index]
        )

    def _view(self, x: Array, index: Numbers) -> Array:
        """Return numbers of one array: a slice of its axes where there is one, else a copy."""
        if x.op == "constant":
            return self.graph.constant(numbers_of(x).ravel()[index])
        if np.array_equal(index.ravel(), np.arange(x.size)):
            return self.graph.reshape(x, index.shape)
        steps = strides_of(index)
        if steps is None:
            return self.graph.take(x, index)
        long = [k for k, n in enumerate(index.shape) if n > 1]
        long.sort(key=lambda k: -steps[k])
        spans = _spans(x.size, int(index.flat[0]), [(steps[k], index.shape[k]) for k in long])
        if spans is None:
            return self.graph.take(x, index)
        sizes, cuts = spans
        y = self.graph.slice(self.graph.reshape(x, sizes), cuts)
        y = self.graph.reshape(y, [index.shape[k] for k in long])
        y = self.graph.transpose(y, [long.index(k) for k in sorted(long)])
        return self.graph.reshape(y, index.shape)


_FEW = 8  # arrays that are joined even if each gives one number


def _spans(
    size: int, start: int, axes: Sequence[tuple[int, int]]
) -> tuple[list[int], list[tuple[int, int]]] | None:
    """Return a grid of a list, and the slice of it that has even steps; None if there is none.

    >>> _spans(12, 1, [(3, 4)])
    ([4, 3], [(0, 4), (1, 2)])
    """
    if not axes:
        return [size], [(start, start + 1)]
    steps = [step for step, _ in axes]
    if any(step <= 0 for step in steps) or size % steps[0]:
        return None
    sizes, cuts = [], []
    above, rest = size, start
    for step, n in axes:
        if above % step:
            return None
        count = above // step
        at, rest = divmod(rest, step)
        if at + n > count:
            return None
        sizes.append(count)
        cuts.append((at, at + n))
        above = step
    if above > 1:
        sizes.append(above)
        cuts.append((rest, rest + 1))
    return sizes, cuts
