"""Rules of the table as arrays: functions of operands, and the partials of these.

Rules of so many operands are evaluated on `Symbol`s, as for a program's NumPy text; reductions of
any number of operands on `Stacked`, which answers to the functions of NumPy that they call.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd.program.pure.graph import Array, Graph
from autograd.program.writing.expressions import FLAGS, UFUNCS, Symbol
from autograd.reductions import Stack
from autograd.rules import TABLE

_OPERATIONS = {name: op for op, name in UFUNCS.items()} | {"bitwise_and": "and"}
_REDUCED = {"add": "sum", "maximum": "max", "minimum": "min", "multiply": "prod",
            "logical_or": "any"}  # fmt: skip


class NoArrays(TypeError):  # noqa: N818 - it says what an operation lacks
    """Say that an operation has no form as array operations."""


def elementwise(graph: Graph, op: str, *xs: Any) -> Array:
    """Return an operation on every element, of arrays of one rank and numbers."""
    if op == "mul" and (found := _by_one(graph, *xs)) is not None:
        return found
    grids = [x.grid for x in xs if isinstance(x, Array)]
    grid = tuple([max(sizes) for sizes in zip_longest(*grids, fillvalue=1)])
    kind = "bool" if op in FLAGS or op == "isinf" else "float"
    return graph.make(op, xs, None, grid, kind=kind)


def _by_one(graph: Graph, a: Any, b: Any) -> Array | None:
    """Return a product with 1 or -1 without a multiplication, None for another."""
    for x, number in ((a, b), (b, a)):
        if isinstance(x, Array) and x.kind == "float" and type(number) in (int, float):
            if number == 1:
                return x
            if number == -1:
                return elementwise(graph, "neg", x)
    return None


def lowered(graph: Graph, expression: Any, like: Array) -> Array:
    """Return an expression in Symbols, whose names are arrays, as arrays; a number like another."""
    made: dict[int, Any] = {}

    def lower(x: Any) -> Any:
        if not isinstance(x, Symbol):
            return x
        if x.op in ("name", "flag"):
            return x.args[0]
        if id(x) not in made:
            if x.op == "element":
                raise NoArrays(
                    f"{x.args[0]} is computed by Python, number by number, and has no form as "
                    "operations on arrays: write it with functions of autograd that have"
                )
            made[id(x)] = elementwise(graph, x.op, *map(lower, x.args))
        return made[id(x)]

    found = lower(expression)
    if isinstance(found, Array):
        return found
    return graph.constant(np.full((1,) * len(like.grid), float(found)))


def symbol(x: Array, pool: dict[Any, Symbol]) -> Symbol:
    """Return the Symbol that stands for an array."""
    return Symbol.named(x, pool, x.kind == "bool")  # type: ignore[arg-type]


def reduced(graph: Graph, op: str, x: Array) -> Array:
    """Return a function of the numbers along the last axis, which has length 1 then."""
    found: Array = TABLE[op].function(Stack(Stacked(graph, x))).x
    return found


def reduction_pull(graph: Graph, op: str, y: Array, dy: Array, x: Array) -> Array:
    """Return dy times the partial by each operand."""
    partials: Any = TABLE[op].all_partials
    found: Array = partials(Stacked(graph, y), Stack(Stacked(graph, x))).x
    parts = found.inputs if found.op == "concat" else [found]  # joined are products of each
    whole = graph.concat([elementwise(graph, "mul", dy, part) for part in parts], len(x.grid) - 1)
    return graph.spread(whole, x.grid, x.row)


class Stacked(NDArrayOperatorsMixin):
    """Stand in NumPy's functions for an array whose last axis holds the operands, as their first.

    What is reduced keeps that axis, of length 1.
    """

    __slots__ = ("graph", "x")
    dtype = np.dtype(float)
    ndim = 2

    def __init__(self, graph: Graph, x: Array) -> None:
        self.graph, self.x = graph, x

    def __len__(self) -> int:
        return self.x.grid[-1]

    def __getitem__(self, key: Any) -> Stacked:
        n = self.x.grid[-1]
        if isinstance(key, int):  # the axis stays
            key = slice(0, 1) if n == 1 else slice(key, key + 1)
        start, stop, step = key.indices(n)
        spans = [(0, size) for size in self.x.grid[:-1]]
        if step != 1:
            places = np.arange(n)[key]
            flat = np.arange(self.x.size).reshape(-1, n)[:, places]
            return self._new(self.graph.take(self.x, flat.reshape(*self.x.grid[:-1], -1)))
        return self._new(self.graph.slice(self.x, [*spans, (start, stop)]))

    def astype(self, kind: Any) -> Stacked:
        """Return whole numbers."""
        return self._new(self.graph.make("integer", (self.x,), None, self.x.grid, kind="int"))

    def _new(self, x: Array) -> Stacked:
        return Stacked(self.graph, x)

    def _operand(self, x: Any) -> Any:
        if isinstance(x, Stacked):
            return x.x
        if isinstance(x, np.ndarray) and x.ndim:  # numbers along the operands' axis
            return self.graph.constant(x.reshape(*[1] * (len(self.x.grid) - 1), -1))
        return x.item() if isinstance(x, (np.generic, np.ndarray)) else x

    def _made(self, op: str, *xs: Any) -> Stacked:
        return self._new(elementwise(self.graph, op, *map(self._operand, xs)))

    def __array_ufunc__(self, ufunc: Any, method: str, *xs: Any, **options: Any) -> Stacked:
        name = ufunc.__name__
        if method == "reduce":
            return self._new(_reduce(self.graph, _REDUCED[name], self.x))
        if method == "accumulate" and name == "multiply":
            return self._new(self.graph.make("cumprod", (self.x,), None, self.x.grid))
        if method != "__call__":
            raise NoArrays(f"{name}.{method}")
        return self._made(_OPERATIONS.get(name, name), *xs)

    def __array_function__(self, function: Any, _: Any, xs: Any, options: Any) -> Stacked:
        if function is np.where:
            return self._made("where", *xs)
        if function is np.concatenate:
            parts = [self._operand(x) for x in xs[0]]
            return self._new(self.graph.concat(parts, len(self.x.grid) - 1))
        if function in (np.ones_like, np.zeros_like):
            ones = np.full(xs[0].x.grid, float(function is np.ones_like))
            return self._new(self.graph.constant(ones))
        if function is np.take_along_axis:
            stack, at, _axis = xs
            n = len(stack)
            at = at % n
            zeros = stack._made("where", np.arange(n) == at, stack, 0.0)
            return self._new(_reduce(self.graph, "sum", zeros.x))
        raise NoArrays(function.__name__)

    __hash__ = object.__hash__


def _reduce(graph: Graph, op: str, x: Array) -> Array:
    """Return an array reduced along its last axis, which stays with length 1."""
    kind = "bool" if op == "any" else "float"
    return graph.make(f"{op} kept", (x,), (len(x.grid) - 1,), (*x.grid[:-1], 1), kind=kind)
