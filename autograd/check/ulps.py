"""How far a float is from the truth, in units in the last place."""

from __future__ import annotations

import math
import sys
from typing import Any

import mpmath
from mpmath.libmp import to_float

_fifty_digits = mpmath.mp.clone()  # whatever the global precision is
_fifty_digits.dps = 50


def nearest(x: Any) -> float:
    """Return the float next to an mpmath number, ±inf beyond the largest."""
    return float(to_float(x._mpf_))


def ulp(true: Any) -> float:
    """Return the distance of neighbouring floats at an mpmath number: 2**-1074 for the smallest."""
    return math.ulp(max(-sys.float_info.max, min(nearest(true), sys.float_info.max)))


def ulps(claimed: float, true: Any) -> float:
    """Return |claimed - true| / ulp(true); an infinity counts as 2**1024, a nan is infinitely far.

    `true` is an mpmath number; where it is above 2**1024, inf is the right float: 0 ulp off.

    >>> from mpmath import mpf
    >>> ulps(1.0, mpf(1) + mpf(2) ** -51)
    2.0
    >>> ulps(float("inf"), mpf(10) ** 400), ulps(0.0, mpf(10) ** -400)
    (0.0, 0.0)
    """
    if math.isnan(claimed) or true != true:
        return math.inf
    c = _fifty_digits
    limit = c.ldexp(1, 1024)
    bounded = [max(-limit, min(c.mpf(x), limit)) for x in (claimed, true)]
    off = nearest((bounded[0] - bounded[1]) / c.mpf(ulp(true)))
    return 0.0 if abs(off) < 1e-30 else abs(off)
