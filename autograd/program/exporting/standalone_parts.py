"""What a standalone file does around its programs: functions whose text goes into it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
Way = tuple[Any, ...]  # the columns it reads; forward; and back


def _rows_of(name: str, given: Any, shape: tuple[int, ...], dtype: Any) -> Numbers:
    """Return an argument with a row axis as an array (rows, numbers).

    Raises ValueError if its rows have another shape.
    """
    x = np.asarray(given, dtype)
    if x.ndim == 0 or x.shape[1:] != shape:
        raise ValueError(f"{name}: its rows have the shape {shape}; {x.shape} was given")
    return x.reshape(len(x), math.prod(shape))


def _shared_of(
    name: str, given: Any, shape: tuple[int, ...], places: Mapping[str, Any], dtype: Any
) -> dict[str, Numbers]:
    """Return the arrays that a program makes of an argument's numbers, of which it has the places.

    Raises ValueError if it has another shape.
    """
    x = np.asarray(given, dtype)
    if x.shape != shape:
        raise ValueError(f"{name}: its shape is {shape}; {x.shape} was given")
    return {key: x.ravel()[np.asarray(at)] for key, at in places.items()}


def _placed(
    gradients: Mapping[str, Numbers], shape: tuple[int, ...], places: Mapping[str, Any]
) -> Numbers:
    """Return the gradient by an argument, of those by the arrays that it is made of."""
    found = [gradients[key] for key in places]
    y = np.zeros(math.prod(shape), found[0].dtype)
    for at, gradient in zip(places.values(), found, strict=True):
        y[np.asarray(at)] = gradient
    return y.reshape(shape)


def _count_of(columns: Mapping[str, Numbers]) -> int:
    """Return how many rows there are. Raises ValueError unless all have as many."""
    counts = {name: len(x) for name, x in columns.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"the row arguments must have as many rows; they have {counts}")
    return next(iter(counts.values()), 1)


def _run(
    ways: Sequence[Way], shapes: Sequence[tuple[int, ...]], p: Mapping[str, Numbers],
    columns: Mapping[str, Numbers], dtype: Any,
) -> list[Numbers]:  # fmt: skip
    """Return outputs (rows, *shape), every row's by the way that is for it."""
    n = _count_of(columns)
    results = [np.zeros((n, *shape), dtype) for shape in shapes]
    with np.errstate(all="ignore"):
        for mine, count, given, forward, *_ in _by_way(ways, n, p, columns):
            for result, y in zip(results, forward(count, p, *given)[0], strict=True):
                result[mine] = y
    return results


def _by_way(
    ways: Sequence[Way], n: int, p: Mapping[str, Numbers], columns: Mapping[str, Numbers]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of each way, how many, what they have, and its functions forward and back."""
    for names, *functions in ways:
        given = [columns[name] for name in names]
        if len(ways) == 1:
            yield slice(None), n, given, *functions
            return
        mine = np.flatnonzero(np.broadcast_to(functions[0](n, p, *given)[1], (n,)))
        if len(mine):
            yield mine, len(mine), [x[mine] for x in given], *functions


def _run_back(
    ways: Sequence[Way], shapes: Sequence[tuple[int, ...]], p: Mapping[str, Numbers],
    columns: Mapping[str, Numbers], weights: Numbers, of_rows: Mapping[str, str],
) -> tuple[list[Numbers], dict[str, Numbers]]:  # fmt: skip
    """Return outputs, and gradients of the sum of weights times the first, by name.

    They are sums over the rows, but for those of_rows, by numbers of the rows themselves.
    """
    n, dtype = _count_of(columns), weights.dtype
    results = [np.zeros((n, *shape), dtype) for shape in shapes]
    gradients = {name: np.zeros_like(columns[place]) for name, place in of_rows.items()}
    with np.errstate(all="ignore"):
        for mine, count, given, _, reverse in _by_way(ways, n, p, columns):
            outputs, _, found = reverse(count, p, *given, weights[mine])
            for result, y in zip(results, outputs, strict=True):
                result[mine] = y
            for name, part in found.items():
                if name in of_rows:
                    gradients[name][mine] = part
                else:
                    gradients[name] = gradients.get(name, 0) + np.asarray(part, dtype)
    return results, gradients


def _lists_of(y: Numbers, depth: int) -> Any:
    """Return an array (rows, ...) as lists in lists of arrays (rows,)."""
    return [_lists_of(part, depth - 1) for part in np.moveaxis(y, 1, 0)] if depth else y


def stop_gradient(x: Any) -> Any:
    """Return x, through which no derivative goes."""
    return x
