"""What a standalone file does around its programs: functions whose text goes into it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
Way = tuple[Callable[..., Any], ...]  # which rows it is for, forward, and back


def _rows_of(name: str, given: Any, shape: tuple[int, ...], dtype: str) -> Numbers:
    """Return an argument with a row axis as an array (rows, numbers).

    Raises ValueError if its rows have another shape, and if there are none.
    """
    x = np.asarray(given, dtype)
    if x.ndim == 0 or x.shape[1:] != shape:
        wanted = ", ".join(["rows", *map(str, shape)])
        raise ValueError(f"{name}: its shape is ({wanted}); {x.shape} was given")
    if len(x) == 0:
        raise ValueError(f"{name} has no rows; give at least one")
    return x.reshape(len(x), math.prod(shape))


def _shared_of(name: str, given: Any, shape: tuple[int, ...], dtype: str) -> Numbers:
    """Return an argument that all rows share as an array. Raises ValueError for another shape."""
    x = np.asarray(given, dtype)
    if x.shape != shape:
        raise ValueError(f"{name}: its shape is {shape}; {x.shape} was given")
    return x


def _parts_of(x: Numbers, places: Mapping[str, Any]) -> dict[str, Numbers]:
    """Return the arrays that a program makes of the numbers at these places of an argument."""
    return {key: x.ravel()[np.asarray(at)] for key, at in places.items()}


def _placed(
    gradients: Mapping[str, Numbers], shape: tuple[int, ...], places: Mapping[str, Any]
) -> Numbers:
    """Return the gradient by an argument, of those by the arrays that it is made of."""
    y = np.zeros(math.prod(shape))
    for key, at in places.items():
        y[np.asarray(at)] = gradients[key]
    return y.reshape(shape)


def _counted(p: Mapping[str, Numbers], columns: Mapping[str, Numbers]) -> tuple[Any, ...]:
    """Return (how many rows there are, p, *columns). Raises ValueError unless all have as many."""
    counts = {name: len(x) for name, x in columns.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"the row arguments must have as many rows; they have {counts}")
    return next(iter(counts.values()), 1), p, *columns.values()


def _by_way(
    ways: Sequence[Way], n: int, p: Mapping[str, Numbers], *columns: Numbers
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of each way, how many, what they have, and its programs."""
    for holds, *programs in ways:
        mine = np.flatnonzero(np.broadcast_to(holds(n, p, *columns), n))
        if len(mine):
            yield mine, len(mine), [x[mine] for x in columns], *programs


def _run(
    ways: Sequence[Way], n: int, p: Mapping[str, Numbers], *columns: Numbers
) -> tuple[list[Numbers], None]:
    """Return what `_forward` does, every row's by the way that is for it."""
    results: list[Numbers] = []
    for mine, count, given, forward, *_ in _by_way(ways, n, p, *columns):
        outputs, _ = forward(count, p, *given)
        results = results or [np.full((n, *y.shape[1:]), np.nan) for y in outputs]
        for result, y in zip(results, outputs, strict=True):
            result[mine] = y
    return results, None


def _run_back(
    ways: Sequence[Way], of_rows: Mapping[str, int], n: int, p: Mapping[str, Numbers],
    *columns: Numbers,
) -> tuple[list[Numbers], None, dict[str, Numbers]]:  # fmt: skip
    """Return what `_reverse` does, every row's by the way that is for it; weights come last.

    Gradients are sums over the rows, but for those of_rows, by the columns at these places.
    """
    *rows, weights = columns
    y = np.full(n, np.nan)
    gradients = {name: np.zeros(rows[k].shape) for name, k in of_rows.items()}
    for mine, count, given, _, reverse in _by_way(ways, n, p, *rows):
        outputs, _, found = reverse(count, p, *given, weights[mine])
        y[mine] = outputs[0]
        for name, part in found.items():
            if name in of_rows:
                gradients[name][mine] = part
            else:
                gradients[name] = gradients.get(name, 0) + part
    return [y], None, gradients


def _lists_of(y: Numbers, depth: int) -> Any:
    """Return an array (rows, ...) as lists in lists of arrays (rows,)."""
    return [_lists_of(part, depth - 1) for part in np.moveaxis(y, 1, 0)] if depth else y


def stop_gradient(x: Any) -> Any:
    """Return x, through which no derivative goes."""
    return x
