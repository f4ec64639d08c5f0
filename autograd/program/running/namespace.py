"""The names that a program's text may use: NumPy's functions, and what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import numbers
from autograd.program.writing.expressions import CALLS
from autograd.reductions import Stack
from autograd.rules import TABLE

Array = np.ndarray[Any, Any]
_LINE = 64  # bytes


def _view(store: Array, start: int, shape: tuple[int, ...], steps: tuple[int, ...]) -> Array:
    """Return the view of a store's places start + sum(step * index)."""
    unit = store.strides[0]
    return np.lib.stride_tricks.as_strided(
        store[start:], shape + store.shape[1:], tuple([unit * k for k in steps]) + store.strides[1:]
    )


def _evaluate(name: str, operands: Array) -> Any:
    """Return a function of many numbers, of operands along the first axis."""
    return TABLE[name].function(Stack(operands))


def _pull(name: str, dy: Array, y: Array, operands: Array, out: Array) -> None:
    """Write dy * dy/dx into out, for each operand."""
    partials: Any = TABLE[name].all_partials
    np.multiply(dy, partials(y, Stack(operands)), out=out)


def _add_lists(x: Array, lists: Sequence[Array], part: Array, out: Array) -> None:
    """Write the sum of x[i[k]] over all lists i that long into out[k]; longer lists come first."""
    np.take(x, lists[0], 0, out, "clip")
    for i in lists[1:]:
        some = part[: len(i)]
        np.take(x, i, 0, some, "clip")
        out = out[: len(i)]
        np.add(out, some, out=out)


def _element(name: str, at: int | None, *xs: Any) -> Any:
    """Return a function of floats, or its partial at a place, element by element."""
    rule = TABLE[name]

    def partial(y: Any, *xs: Any) -> Any:
        return rule.derivatives(y, xs, [k == at for k in range(len(xs))])[at or 0]

    return np.vectorize(rule.function if at is None else partial, otypes=[float])(*xs)


def aligned(shape: int | tuple[int, ...], dtype: Any) -> Array:
    """Return a new array that starts where a cache line does: NumPy's own may start anywhere."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    memory = np.empty(size + _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    array: Array = memory[start : start + size].view(kind).reshape(shape)
    return array


def filled(shape: int | tuple[int, ...], x: float, dtype: Any) -> Array:
    """Return a new array that holds a number everywhere."""
    array: Array = aligned(shape, dtype)
    array.fill(x)
    return array


def by_row(shape: tuple[int, ...], n: int, dtype: Any) -> Array:
    """Return a new array (n, *shape), with a gap after each row where rows would meet in a cache.

    At steps of a large power of two, what is copied across the rows falls on few of its lines.
    """
    size = int(np.prod(shape))
    gap = _LINE // np.dtype(dtype).itemsize * (size % _LINE == 0)
    return aligned((n, size + gap), dtype)[:, :size].reshape(n, *shape)


NAMESPACE: dict[str, Any] = {
    **{name: getattr(np, name) for name in np.__all__ if isinstance(getattr(np, name), np.ufunc)},
    **{name: getattr(numbers, name) for name in CALLS if name != "element"},
    "einsum": np.einsum, "dot": np.dot, "copyto": np.copyto, "take": np.take,
    "bool": bool, "int": np.intp, "inf": np.inf, "nan": np.nan,
    "view": _view, "evaluate": _evaluate, "pull": _pull, "element": _element,
    "add_lists": _add_lists,
}  # fmt: skip
