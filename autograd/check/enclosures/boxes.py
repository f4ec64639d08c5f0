"""What a box is made of: intervals with exact ends; and floats that are rounded outward."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from mpmath.libmp import to_rational

from autograd.check.ulps import nearest
from autograd.real import plain_number


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold the numbers from `low` to `high`; two arrays hold an interval for each element.

    >>> low, high = Interval(0.5, 2.0)
    >>> 1 in Interval(0.5, 2.0)
    True
    """

    low: Any
    high: Any

    def __iter__(self) -> Iterator[Any]:
        return iter((self.low, self.high))

    def __contains__(self, x: Any) -> bool:
        return bool(np.all(self.low <= x) and np.all(x <= self.high))

    def __repr__(self) -> str:
        return f"[{self.low}, {self.high}]"


def interval(low: Any, high: Any = None) -> Interval:
    """Return the interval from low to high, for a box; without high, the one number.

    The ends are what they say: a float is exactly that float, "0.1" and Fraction(1, 10) are one
    tenth. Two arrays of one shape make an interval for each element. Raises TypeError for ends
    that are no real numbers, ValueError for infinite ones, or a low end above the high one.

    >>> interval(0.9, 1.1)
    [0.9, 1.1]
    >>> interval("0.1") == interval(Fraction(1, 10), Fraction(1, 10))
    True
    """
    high = low if high is None else high
    if isinstance(low, np.ndarray) or isinstance(high, np.ndarray):
        if np.shape(low) != np.shape(high):
            raise ValueError(
                f"interval(low, high): the arrays have the shapes {np.shape(low)} and "
                f"{np.shape(high)}; give two of one shape"
            )
        return Interval(*[np.vectorize(_exactly, otypes=[object])(x) for x in _ordered(low, high)])
    return Interval(*_ordered(_exactly(low), _exactly(high)))


def _ordered(low: Any, high: Any) -> tuple[Any, Any]:
    if not np.all(low <= high):
        raise ValueError(f"interval({low}, {high}): the low end is above the high one")
    return low, high


def _exactly(x: Any) -> Any:
    """Return an end as an int, a float or a Fraction."""
    if isinstance(x, (str, Decimal)):
        try:
            return Fraction(x)
        except (ValueError, OverflowError):
            raise ValueError(f"interval: {x!r} is not a finite number, such as '0.1'") from None
    x = plain_number(x, "interval")
    if hasattr(x, "_mpi_"):
        raise TypeError(f"interval: {x!r} is an interval already: put it into the box as it is")
    if hasattr(x, "_mpf_") and mpmath.isfinite(x):
        return Fraction(*map(int, to_rational(x._mpf_)))
    if not math.isfinite(x):
        raise ValueError(f"interval: {x} is not finite: a box has finite sides")
    return x


def outward_floats(ends: tuple[Any, Any]) -> tuple[float, float]:
    """Return raw ends as floats, the lower one rounded down and the upper one up."""
    return _outward(ends[0], up=False), _outward(ends[1], up=True)


def _outward(raw: Any, up: bool) -> float:
    """Return the float next to a raw mpmath number, not below it (up), or not above it."""
    x = mpmath.mp.make_mpf(raw)
    rounded = nearest(x)
    inside = rounded < x if up else rounded > x
    return math.nextafter(rounded, math.inf if up else -math.inf) if inside else rounded
