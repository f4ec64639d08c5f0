"""Arrays that are not computed yet: a graph of pure operations, rows first, nothing in place.

An array is (rows, *grid), or just its grid where all rows share it. `Graph` makes them, equal ones
once, and keeps for each what carries an adjoint back to its operands. These are transposes of
linear operations; derivatives of functions come from the rule table (`forward`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
Pull = Callable[["Array"], list[tuple["Array", "Array"]]]
_MOST_GATHERED = 16  # times that a place may be read for its adjoints to be added up by gathers


class Array:
    """Stand for an array: an operation, its operands and options, and what is known of it."""

    __slots__ = ("grid", "inputs", "kind", "name", "number", "op", "options", "row")

    def __init__(
        self, op: str, inputs: tuple[Any, ...], options: Any, grid: tuple[int, ...], row: bool,
        kind: str, number: int,
    ) -> None:  # fmt: skip
        self.op, self.inputs, self.options, self.number = op, inputs, options, number
        self.grid, self.row, self.kind = grid, row, kind
        self.name = ""  # what its text should call it

    @property
    def size(self) -> int:
        """Return the numbers of the grid."""
        return math.prod(self.grid)

    def __repr__(self) -> str:
        return f"<{self.op} {self.name} {'n, ' * self.row}{self.grid}>"


class Graph:
    """Make arrays, and remember how adjoints go back through them."""

    def __init__(self) -> None:
        self.pool: dict[Hashable, Array] = {}
        self.pulls: dict[Array, Pull] = {}  # in the order in which the arrays were made

    def make(
        self, op: str, inputs: Sequence[Any], options: Any, grid: Sequence[int],
        row: bool | None = None, kind: str = "float",
    ) -> Array:  # fmt: skip
        """Return the one array of this operation; it has rows if an operand has."""
        if row is None:
            row = any(isinstance(x, Array) and x.row for x in inputs)
        operands = [x.number if isinstance(x, Array) else (type(x), repr(x)) for x in inputs]
        key = op, tuple(operands), options, tuple(grid), row
        if (found := self.pool.get(key)) is None:
            number = len(self.pool)
            found = Array(op, tuple(inputs), options, tuple(grid), row, kind, number)
            self.pool[key] = found
        return found

    def noted(self, y: Array, pull: Pull) -> Array:
        """Return y, having noted how its adjoint goes back to what it was computed from."""
        self.pulls.setdefault(y, pull)
        return y

    def with_pull(self, y: Array, pull: Pull) -> Array:
        """Return y with a pull of its own, whatever else has the same numbers or made them."""
        if y in self.pulls or not y.inputs:
            y = self.make("same", (y,), len(self.pool), y.grid, kind=y.kind)
        self.pulls[y] = pull
        return y

    # leaves ---------------------------------------------------------------------------------------

    def input(self, name: str, grid: Sequence[int], row: bool = False) -> Array:
        """Return the array that a function is given under this name."""
        x = self.make("input", (), name, grid, row)
        x.name = name
        return x

    def constant(self, numbers: Numbers) -> Array:
        """Return an array that holds numbers which are known."""
        kind = {"f": "float", "b": "bool"}.get(numbers.dtype.kind, "int")
        key = (kind, numbers.shape, np.ascontiguousarray(numbers).tobytes())
        return self.make("constant", (), key, numbers.shape, False, kind)

    # views and copies -----------------------------------------------------------------------------

    def reshape(self, x: Array, grid: Sequence[int]) -> Array:
        """Return x with another grid of the same size."""
        if tuple(grid) == x.grid:
            return x
        if x.op == "reshape":
            return self.reshape(x.inputs[0], grid)
        if x.op == "constant":
            return self.constant(numbers_of(x).reshape(grid))
        y = self.make("reshape", (x,), None, grid, kind=x.kind)
        return self.noted(y, lambda dy: [(x, self.reshape(dy, x.grid))])

    def transpose(self, x: Array, order: Sequence[int]) -> Array:
        """Return x with the axes of its grid in another order."""
        order = tuple(order)
        if order == tuple(range(len(order))):
            return x
        if x.op == "transpose":
            return self.transpose(x.inputs[0], [x.options[k] for k in order])
        y = self.make("transpose", (x,), order, [x.grid[k] for k in order], kind=x.kind)
        back = tuple(int(k) for k in np.argsort(order))
        return self.noted(y, lambda dy: [(x, self.transpose(dy, back))])

    def slice(self, x: Array, spans: Sequence[tuple[int, int]]) -> Array:
        """Return the places start:stop along each axis of the grid."""
        spans = tuple(spans)
        if all(span == (0, n) for span, n in zip(spans, x.grid, strict=True)):
            return x
        if (found := self._part(x, spans)) is not None:
            return found
        grid = [stop - start for start, stop in spans]
        y = self.make("slice", (x,), spans, grid, kind=x.kind)
        return self.noted(y, lambda dy: [(x, self.make("piece", (dy,), spans, x.grid))])

    def _part(self, x: Array, spans: tuple[tuple[int, int], ...]) -> Array | None:
        """Return a slice of joined arrays that lies in one of them, None if it does not.

        A reshape may stand between that keeps the axis along which they are joined.
        """
        joined = x.inputs[0] if x.op == "reshape" else x
        if joined.op != "concat":
            return None
        starts = [math.prod(x.grid[:k]) for k in range(len(x.grid))]
        of_joined = math.prod(joined.grid[: joined.options]), joined.grid[joined.options]
        if of_joined not in (sizes := list(zip(starts, x.grid, strict=True))):
            return None
        axis, at = sizes.index(of_joined), 0
        start, stop = spans[axis]
        for part in joined.inputs:
            count = part.grid[joined.options]
            if at <= start and stop <= at + count:
                inside = list(spans)
                inside[axis] = (start - at, stop - at)
                grid = [*x.grid[:axis], count, *x.grid[axis + 1 :]]
                return self.slice(self.reshape(part, grid), inside)
            at += count
        return None

    def padded(self, x: Array, spans: Sequence[tuple[int, int]], grid: Sequence[int]) -> Array:
        """Return zeros with x at the places start:stop along each axis of the grid."""
        return self.make("pad", (x,), tuple(spans), grid)

    def take(self, x: Array, index: Numbers) -> Array:
        """Return the numbers at these places of a list, in the form of the places."""
        flat = self.reshape(x, (x.size,))
        places = index.ravel()
        if len(places) and (places == places[0]).all():
            one = self.slice(flat, [(int(places[0]), int(places[0]) + 1)])
            return self.reshape(self.spread(one, places.shape), index.shape)
        y = self.make("take", (flat, self.constant(places)), None, places.shape, kind=x.kind)
        self.noted(y, lambda dy: [(flat, self.put(dy, places, x.size))])
        return self.reshape(y, index.shape)

    def put(self, x: Array, places: Numbers, size: int) -> Array:
        """Return a list with every x[k] added at places[k] to zeros: the transpose of `take`."""
        order = np.argsort(places, kind="stable")
        found, starts, counts = np.unique(places[order], return_index=True, return_counts=True)
        most = int(counts.max())
        if most > _MOST_GATHERED or most * size > 4 * max(len(places), size):
            return self.make("scatter", (x, self.constant(places)), None, (size,))
        table = np.full((size, most), len(places))  # there a zero stands
        for k in range(most):
            more = counts > k
            table[found[more], k] = order[starts[more] + k]
        if most == 1:
            whole = x if (table < len(places)).all() else self.with_zero(x)
            return self.make("take", (whole, self.constant(table[:, 0])), None, (size,))
        gathered = self.make(
            "take", (self.with_zero(x), self.constant(table.ravel())), None, (size * most,)
        )
        parts = self.make("reshape", (gathered,), None, (size, most))
        return self.make("sum", (parts,), (1,), (size,))

    def with_zero(self, x: Array) -> Array:
        """Return a list with a zero after it."""
        return self.padded(x, [(0, x.size)], (x.size + 1,))

    def concat(self, xs: Sequence[Array], axis: int) -> Array:
        """Return arrays joined along an axis of their grids."""
        xs = [x for x in xs if x.grid[axis]]
        if len(xs) == 1:
            return xs[0]
        row = any(x.row for x in xs)
        xs = [self.spread(x, x.grid, row) for x in xs]
        sizes = [x.grid[axis] for x in xs]
        grid = list(xs[0].grid)
        grid[axis] = sum(sizes)
        kind = xs[0].kind if len({x.kind for x in xs}) == 1 else "float"
        y = self.make("concat", xs, axis, grid, kind=kind)

        def pull(dy: Array) -> list[tuple[Array, Array]]:
            found, start = [], 0
            for x, size in zip(xs, sizes, strict=True):
                spans = [(0, n) for n in grid]
                spans[axis] = (start, start + size)
                found.append((x, self.slice(dy, spans)))
                start += size
            return found

        return self.noted(y, pull)

    def spread(self, x: Array, grid: Sequence[int], row: bool = False) -> Array:
        """Return x with axes of length 1 repeated, and with rows if it has none and is to."""
        row = row or x.row
        if tuple(grid) == x.grid and row == x.row:
            return x
        y = self.make("spread", (x,), None, grid, row, x.kind)
        return self.noted(y, lambda dy: [(x, self.folded(dy, x))])

    # sums -----------------------------------------------------------------------------------------

    def folded(self, x: Array, like: Array) -> Array:
        """Return x summed over all along which another array does not change."""
        if x.row and not like.row:
            x = self.make("sum rows", (x,), None, x.grid, False)
        axes = tuple(k for k, n in enumerate(x.grid) if n > 1 and like.grid[k] == 1)
        if axes:
            grid = [n for k, n in enumerate(x.grid) if k not in axes]
            x = self.reshape(self.make("sum", (x,), axes, grid), like.grid)
        return x

    def sum(self, x: Array, axis: int) -> Array:
        """Return x summed over an axis of its grid, which is left out."""
        y = self.make("sum", (x,), (axis,), x.grid[:axis] + x.grid[axis + 1 :])
        between = (*y.grid[:axis], 1, *y.grid[axis:])
        return self.noted(
            y, lambda dy: [(x, self.spread(self.reshape(dy, between), x.grid, x.row))]
        )

    def einsum(self, a: Array, b: Array, first: str, second: str, out: str) -> Array:
        """Return a sum of products, by the letters of the axes of the grids; rows stay."""
        y = self._einsum(a, b, first, second, out, a.row or b.row)

        def pull(dy: Array) -> list[tuple[Array, Array]]:
            return [
                (a, self._einsum(dy, b, out, second, first, a.row)),
                (b, self._einsum(dy, a, out, first, second, b.row)),
            ]

        return self.noted(y, pull)

    def _einsum(self, a: Array, b: Array, first: str, second: str, out: str, row: bool) -> Array:
        sizes = {**dict(zip(first, a.grid, strict=True)), **dict(zip(second, b.grid, strict=True))}
        letters = [("r" if x.row else "") + each for x, each in ((a, first), (b, second))]
        text = f"{','.join(letters)}->{'r' * row}{out}"
        return self.make("einsum", (a, b), text, [sizes[c] for c in out], row)

    # tables that rows look up ---------------------------------------------------------------------

    def lookup(self, table: Array, index: Array) -> Array:
        """Return row index[p] of a shared table (v, c) for every p: (p, c)."""
        count, width = table.grid
        at = self.make("integer", (index,), None, index.grid, kind="int")
        y = self.make("lookup", (table, at), None, (*index.grid, width))

        def pull(dy: Array) -> list[tuple[Array, Array]]:
            return [(table, self.make("add rows", (dy, at), None, (count, width), False))]

        return self.noted(y, pull)


def numbers_of(x: Array) -> Numbers:
    """Return the numbers of a constant."""
    kind, shape, data = x.options
    dtype = {"float": np.float64, "bool": np.bool_, "int": np.intp}[kind]
    return np.frombuffer(data, dtype).reshape(shape)
