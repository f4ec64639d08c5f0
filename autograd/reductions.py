"""Functions of many numbers, each given as separate arguments; one of these is one node."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from functools import reduce
from operator import add, mul
from typing import Any

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
    return math.prod(xs)


def dot(*ab: Any) -> Any:
    """Return a1*b1 + ... + an*bn, given a1, ..., an, b1, ..., bn."""
    n = len(ab) // 2
    return _sum([*map(mul, ab[:n], ab[n:])])


def norm(*xs: Any) -> Any:
    """Return sqrt(x1**2 + ... + xn**2), without overflow for floats."""
    if all(isinstance(x, (float, int)) for x in xs):
        return math.hypot(*xs)
    return sqrt(reduce(add, [x * x for x in xs]))


def max(*xs: Any) -> Any:
    """Return the largest; nan if any is nan."""
    if all(type(x) is float for x in xs):
        return next((x for x in xs if x != x), builtins.max(xs))
    return reduce(maximum, xs)


def min(*xs: Any) -> Any:
    """Return the smallest; nan if any is nan."""
    return -max(*[-x for x in xs])


def shares(*xs: Any) -> list[Any]:
    """Return e**xi / (e**x1 + ... + e**xn) for every i, shifted so that nothing overflows."""
    largest = max(*map(plain, xs))  # a constant: the shares do not depend on the shift
    powers = [exp(x - largest) for x in xs]
    total = reduce(add, powers)
    return [p / total for p in powers]


def _largest_and_log1p(xs: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return m = max(xs) and ln(sum(e**(x - m))): the term of m is exactly 1, kept apart."""
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
