"""Functions of many numbers, each given as separate arguments; one of these is one node."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np

from autograd.numbers import divide, exp, log1p, maximum, plain, sqrt


def sum(*xs: Any) -> Any:
    """Return x1 + x2 + ...; floats are added without rounding until the end.

    Source: Shewchuk 1997, "Adaptive precision floating-point arithmetic", as in `math.fsum`.
    """
    return _sum(xs)


def _sum(xs: Sequence[Any]) -> Any:
    total = builtins.sum(xs)
    if type(total) is float and math.isfinite(total):
        try:
            return math.fsum(xs)
        except OverflowError:  # only a partial sum in another order was too large
            return total
    return total


def mean(*xs: Any) -> Any:
    """Return (x1 + ... + xn) / n."""
    return divide(sum(*xs), len(xs))


def prod(*xs: Any) -> Any:
    """Return x1 * x2 * ..."""
    if (stack := stacked(xs)) is not None:
        return np.multiply.reduce(stack)
    return math.prod(xs)


def dot(*ab: Any) -> Any:
    """Return a1*b1 + ... + an*bn, given a1, ..., an, b1, ..., bn."""
    n = len(ab) // 2
    return _sum([*map(mul, ab[:n], ab[n:])])


class Stack:
    """Hold the operands of a reduction as one array, with an axis first for them."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array


def stacked(xs: Sequence[Any]) -> Any:
    """Return arrays as one, an axis first for them; None if there is no array among xs."""
    if type(xs[0]) is Stack:
        return xs[0].array
    if not any(isinstance(x, np.ndarray) and x.dtype != object for x in xs):
        return None
    return np.stack(np.broadcast_arrays(*xs))


def norm(*xs: Any) -> Any:
    """Return sqrt(x1**2 + ... + xn**2), without overflow for floats and arrays."""
    if (stack := stacked(xs)) is not None:
        sizes = np.abs(stack)
        largest = np.maximum.reduce(sizes)
        scale = np.where((largest > 0) & (largest < np.inf), largest, 1)
        squares = np.add.reduce(np.square(sizes / scale))
        # the root is never one of 0, whose slope is infinite: JAX differentiates this line
        whole = largest * np.sqrt(np.where(largest > 0, squares, 1))
        return np.where(np.logical_or.reduce(sizes == np.inf), np.inf, whole)
    if all(isinstance(x, (float, int)) for x in xs):
        return math.hypot(*xs)
    return sqrt(reduce(add, [x * x for x in xs]))


def max(*xs: Any) -> Any:
    """Return the largest; nan if any is nan."""
    if all(type(x) is float for x in xs):
        return next((x for x in xs if x != x), builtins.max(xs))
    if (stack := stacked(xs)) is not None:
        return np.maximum.reduce(stack)
    return reduce(maximum, xs)


def min(*xs: Any) -> Any:
    """Return the smallest; nan if any is nan."""
    if (stack := stacked(xs)) is not None:
        return np.minimum.reduce(stack)
    return -max(*[-x for x in xs])


def shares(*xs: Any) -> Sequence[Any]:
    """Return e**xi / (e**x1 + ... + e**xn) for every i, shifted so that nothing overflows."""
    if (stack := stacked(xs)) is not None:
        powers = np.exp(stack - np.maximum.reduce(stack))
        return powers / np.add.reduce(powers)  # type: ignore[no-any-return]
    largest = max(*map(plain, xs))  # a constant: the shares do not depend on the shift
    powers = [exp(x - largest) for x in xs]
    total = reduce(add, powers)
    return [p / total for p in powers]


def _largest_and_log1p(xs: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return m = max(xs) and ln(sum(e**(x - m))): the term of m is exactly 1, kept apart."""
    if (stack := stacked(xs)) is not None:
        m = np.maximum.reduce(stack)
        infinite = np.isinf(m)
        powers = np.exp(stack - np.where(infinite, 0, m))
        less = stack < m  # of those that are equal to m all but one are 1
        ones = len(stack) - 1 - np.add.reduce(less, dtype=stack.dtype)
        powers *= less
        return m, np.where(infinite, 0, np.log1p(np.add.reduce(powers) + ones))
    largest = max(*map(plain, xs))
    if largest in (math.inf, -math.inf):
        return largest, 0.0
    at = next((i for i, x in enumerate(xs) if plain(x) == largest), 0)
    m = xs[at]
    return m, log1p(sum(*[exp(x - m) for i, x in enumerate(xs) if i != at]))


def logsumexp(*xs: Any) -> Any:
    """Return ln(e**x1 + ... + e**xn)."""
    largest, rest = _largest_and_log1p(xs)
    return largest + rest


def softmax(i: int, *xs: Any) -> Any:
    """Return e**xi / (e**x1 + ... + e**xn), i counted from 0."""
    return shares(*xs)[i]


def log_softmax(i: int, *xs: Any) -> Any:
    """Return ln(softmax(i, x1, ..., xn)) without rounding it to ln 1 or ln 0."""
    largest, rest = _largest_and_log1p(xs)
    return (xs[i] - largest) - rest


def take(i: Any, *xs: Any) -> Any:
    """Return xs[i], i counted from 0."""
    if type(i) is Stack:
        at, stack = i.array[:1].astype(int), i.array[1:]
        return np.take_along_axis(stack, at, 0)[0]
    return xs[i]
