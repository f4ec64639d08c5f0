"""A lifted program: groups of scalar operations that are one array operation, and where they lie.

Members of a group have consecutive places in a store. An operand is a list of places; where these
have even steps it is a view of the store, else it is gathered.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from autograd.program.writing.expressions import CALLS, UFUNCS

Array = np.ndarray[Any, Any]
RESERVED = frozenset(  # names that the text of a program uses
    {
        *("n", "s", "v", "ds", "dv", "ones", "flags", "row_flags", "seed", "forward", "reverse"),
        *(
            "shared",
            "rows",
            "view",
            "take",
            "empty",
            "zeros",
            "full",
            "einsum",
            "matmul",
            "dot",
            "bool",
            "int",
            "by_row",
            "add_lists",
        ),
        *(
            "evaluate",
            "pull",
            "round",
            "copyto",
            "add",
            "multiply",
            "subtract",
            "sum",
            "inf",
            "nan",
        ),
        *UFUNCS.values(),
        *CALLS,
    }
)
SHARED_STORE, ROW_STORE, SHARED_FLAGS, ROW_FLAGS = "s", "v", "flags", "row_flags"


@dataclass(slots=True)
class Ref:
    """Say where an operand lies: a store, and for every element of a grid its place there."""

    store: str
    index: Array
    row: bool

    def flat(self) -> Array:
        """Return the places as a list."""
        return self.index.ravel()


@dataclass(slots=True)
class Group:
    """Hold one array operation: y[grid] = op(operands), at `start` in its store.

    `form` is "map", "terms" (a few products and addends), "product" (a[h, p, n] * b[h, n, q] summed
    over n, plus addends), "dot" (a[m, n] * b[m, n] summed over n, plus addends), "total" (a sum of
    many), "reduction" or "lookup" (y[c, p] = table[c, index[p]], of a table that all rows share).
    """

    form: str
    op: str
    store: str
    row: bool
    level: float
    grid: tuple[int, ...]
    start: int
    operands: list[Ref]
    literals: tuple[tuple[int, Any], ...] = ()
    signs: tuple[int, ...] = ()  # of the products, then of the addends
    products: int = 0  # of "terms": operands 0 to 2*products are factors
    members: int = 0  # nodes it stands for; less than the grid where a product has holes

    @property
    def size(self) -> int:
        """Return the number of elements of the grid."""
        return math.prod(self.grid)


@dataclass
class Lifted:
    """Hold a lifted program: stores, groups in order, and where outputs and guards are."""

    groups: list[Group]
    sizes: dict[str, int]
    shared: list[Any]  # Values whose numbers stand first in the shared store
    constants: Array  # the numbers after them
    outputs: list[tuple[str, int]]
    guards: list[tuple[str, int, bool]]
    recorded: int
    columns: dict[str, tuple[str, int]]  # of the rows: their store and how many numbers a row has
    ones: dict[str, Array] = field(default_factory=dict)  # places that are 1, of each store
    filled: bool = False  # with zeros that were not there: see `triangles`
    tapes: dict[bool, Any] = field(default_factory=dict)  # for native code, when there is a need

    def is_constant(self, store: str, index: Array) -> bool:
        """Say whether all these places hold constants."""
        if store != SHARED_STORE:
            return False
        first = len(self.shared)
        ones = np.isin(index, self.ones.get(store, ()))
        return bool((((first <= index) & (index < first + len(self.constants))) | ones).all())

    def constant_of(self, ref: Ref) -> float | None:
        """Return the one finite constant that all operands are, None if they are anything else."""
        place = int(ref.index.flat[0])
        if not self.is_constant(ref.store, ref.index) or (ref.index != place).any():
            return None
        x = float(self.constants[place - len(self.shared)])
        return x if math.isfinite(x) else None

    @property
    def widths(self) -> dict[str, int]:
        """Return how many numbers a row has in the arrays of its arguments, biases' ones too."""
        return {name: size + len(self.ones.get(name, ())) for name, size in self.columns.values()}


def strides_of(index: Array) -> tuple[int, ...] | None:
    """Return the steps along each axis if places are base + sum(step * i), else None."""
    if index.size == 1:
        return (0,) * index.ndim
    base = int(index.flat[0])
    steps = []
    expected = np.full(index.shape, base, dtype=index.dtype)
    for axis, n in enumerate(index.shape):
        step = 0
        if n > 1:
            at = [0] * index.ndim
            at[axis] = 1
            step = int(index[tuple(at)]) - base
            shape = [1] * index.ndim
            shape[axis] = n
            expected = expected + step * np.arange(n, dtype=index.dtype).reshape(shape)
        steps.append(step)
    return tuple(steps) if np.array_equal(expected, index) else None


def common_grid(indices: Sequence[Array]) -> tuple[int, ...]:
    """Return the shape in which as many of these lists of places as possible have even steps."""
    count = len(indices[0])
    if count == 1:
        return (1,)
    sizes: Counter[int] = Counter()
    for index in indices:
        sizes.update(_run_sizes(index) or ())
    chain = [1, *sorted(size for size in sizes if 1 < size < count), count]
    if any(b % a for a, b in pairwise(chain)):
        return (count,)
    return tuple([b // a for a, b in pairwise(chain)][::-1]) if count > 1 else (1,)


def _run_sizes(index: Array) -> list[int] | None:
    """Return the sizes of the blocks that a list of places repeats, the smallest first."""
    sizes: list[int] = []
    size = 1
    while len(index) > 1:
        steps = np.diff(index)
        breaks = np.flatnonzero(steps != steps[0])
        if not len(breaks):
            return sizes
        run = int(breaks[0]) + 1
        if len(index) % run or len(sizes) == 3:
            return None
        blocks = index.reshape(-1, run)
        if (blocks - blocks[:, :1] != blocks[0] - blocks[0, 0]).any():
            return None
        size *= run
        sizes.append(size)
        index = blocks[:, 0]
    return sizes
