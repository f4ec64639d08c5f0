"""Derivatives of functions that only take floats: extrapolated differences, a complex step."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

Function = Callable[[Any], Any]


class Estimate(NamedTuple):
    """Hold a derivative, a bound of its own error that is usually true, and who found it."""

    derivative: float
    error: float
    oracle: str


def estimate(f: Function, x: float) -> Estimate:
    """Return df/dx at a float by the sharpest of the two that applies.

    A complex step is exact for analytic functions and silently wrong for others (|x|, say), so it
    is believed where Ridders' differences confirm it.
    """
    found = ridders(f, x)
    sharp = complex_step(f, x)
    if sharp is None or not abs(sharp - found.derivative) <= 10 * found.error:
        return found
    return Estimate(sharp, 4 * math.ulp(sharp), "complex step")


def complex_step(f: Function, x: float) -> float | None:
    """Return Im f(x + ih) / h with h = 1e-200, or None if f does not take complex numbers.

    Source: Squire and Trapp 1998, "Using complex variables to estimate derivatives".

    >>> complex_step(lambda x: x * x * x, 2.0)
    12.0
    """
    h = 1e-200
    try:
        y = f(complex(x, h))
    except Exception:  # whatever a function of floats raises for a complex number
        return None
    d = getattr(y, "imag", 0.0) / h
    return float(d) if isinstance(y, complex) and math.isfinite(d) else None


def ridders(f: Function, x: float, tries: int = 12) -> Estimate:
    """Return df/dx by central differences of shrinking step, extrapolated to step 0.

    Source: Ridders 1982, "Accurate computation of F'(x) and F'(x) F''(x)"; Numerical Recipes 5.7.

    >>> round(ridders(lambda x: x**3, 2.0).derivative, 9)
    12.0
    """
    best, error = math.nan, math.inf
    scale = abs(x) or 1.0
    here = abs(float(f(x)))
    for start in (0.5, 0.05, 0.005):  # a first step that suits a function of any size
        h = start * scale
        above: list[float] = []
        for _ in range(tries):
            row = [_central(f, x, h)]
            slope = abs(row[0])
            noise = 2 * (math.ulp(here + slope * h) + slope * math.ulp(x)) / h  # f's, at the least
            factor = 1.0
            for j, previous in enumerate(above):
                factor *= 1.96  # the step shrinks by 1.4; each column removes one even power
                row.append((row[j] * factor - previous) / (factor - 1))
                off = max(abs(row[j + 1] - row[j]), abs(row[j + 1] - previous), noise)
                if off < error:
                    best, error = row[j + 1], off
            above = row
            h /= 1.4
    return Estimate(best, error, "Ridders' differences")


def _central(f: Function, x: float, h: float) -> float:
    h = (x + h) - x  # a step that floats can take
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float((f(x + h) - f(x - h)) / (2 * h))
    except (ValueError, ArithmeticError):  # outside the domain: a shorter step may be inside
        return math.nan
