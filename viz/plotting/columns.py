"""Many points at once: Values that hold columns of numbers while a model computes with them.

Every operation does the same to a column as to each of its numbers. Where Python has to decide by
a number (`if x > 0:`), a column has no answer and raises: then the points are computed one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import Value, no_grad
from autograd.value import detached


@contextmanager
def holding(values: Sequence[Value]) -> Iterator[None]:
    """Put the numbers of these Values back at the end of a block."""
    kept = [v.data for v in values]
    try:
        yield
    finally:
        for v, number in zip(values, kept, strict=True):
            v.data = number


def at_points(function: Callable[[], Any], values: Sequence[Value], points: Any) -> Any:
    """Return what function() says with the Values at each point, an array (points, outputs).

    `points` is an array (points, values). The function is called once with columns; if that can't
    be, or says something else at the first, the middle or the last point, once for every point.

    >>> x = Value(2.0)
    >>> at_points(lambda: x * x, [x], [[1.0], [3.0]]).tolist(), x.data
    ([[1.0], [9.0]], 2.0)
    """
    points = np.asarray(points, dtype=float)
    with no_grad(), holding(values):
        some = sorted({0, len(points) // 2, len(points) - 1})
        exact = [one_point(function, values, points[i]) for i in some]
        try:
            with np.errstate(all="ignore"):  # inf and nan are answers
                _place(values, points.T)
                outputs = [np.asarray(detached(y), dtype=float) for y in _listed(function())]
            found = np.stack([np.broadcast_to(y, len(points)) for y in outputs], axis=1)
            if np.allclose(found[some], exact, rtol=1e-9, atol=1e-12, equal_nan=True):
                return found
        except Exception:
            pass
        return np.array([one_point(function, values, point) for point in points])


def one_point(function: Callable[[], Any], values: Sequence[Value], point: Any) -> list[float]:
    """Return what function() says with the Values at one point; they stay there."""
    _place(values, point.tolist())
    return [float(detached(y)) for y in _listed(function())]


def _place(values: Sequence[Value], numbers: Sequence[Any]) -> None:
    for v, number in zip(values, numbers, strict=True):
        v.data = number


def _listed(outputs: Any) -> Sequence[Any]:
    return outputs if isinstance(outputs, (list, tuple)) else [outputs]
