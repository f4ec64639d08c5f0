"""Derivatives of functions that only take floats: extrapolated differences, a complex step."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

Function = Callable[[Any], Any]
_STARTS = (0.5, 0.05, 0.005)  # first steps, relative to x, that suit most functions
_SHORTER = (5e-4, 5e-5, 5e-6, 5e-7)  # for those that change much faster than x itself
_SHORTEST = 2.0**-26
_BITS = {"bfloat16": 8, "float16": 11, "float32": 24}


class Estimate(NamedTuple):
    """Hold a derivative, a bound of its own error that is usually true, and who found it."""

    derivative: float
    error: float
    oracle: str
    sides: tuple[float, float] | None = None  # at a kink: the one-sided derivatives, in order


def estimate(f: Function, x: float) -> Estimate:
    """Return df/dx at a float by the sharpest of the two that applies.

    A complex step is exact for analytic functions and silently wrong for others (|x|, say), so it
    is believed where differences confirm it.
    """
    found = differences(f, x)
    sharp = complex_step(f, x)
    if (
        found.sides
        or sharp is None
        or math.isinf(found.error)
        or not abs(sharp - found.derivative) <= 10 * found.error
    ):
        return found
    return Estimate(sharp, 4 * math.ulp(sharp), "complex step")


def differences(f: Function, x: float) -> Estimate:
    """Return df/dx by Ridders' differences, or at a kink the derivatives on both sides."""
    if sides := one_sided(f, x):
        error = 1e-6 * max(map(abs, sides))
        return Estimate(sides[0], error, "one-sided differences", sides)
    return ridders(f, x)


def complex_step(f: Function, x: float) -> float | None:
    """Return Im f(x + ih) / h with h = 1e-200, or None if f does not take complex numbers.

    Source: Squire and Trapp 1998, "Using complex variables to estimate derivatives".

    >>> complex_step(lambda x: x * x * x, 2.0)
    12.0
    """
    h = 1e-200
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as NumPy's about a part that was thrown away
            y = f(complex(x, h))
    except Exception:  # whatever a function of floats raises for a complex number
        return None
    d = getattr(y, "imag", 0.0) / h
    return float(d) if isinstance(y, complex) and math.isfinite(d) else None


def one_sided(f: Function, x: float) -> tuple[float, float] | None:
    """Return the derivatives from both sides, the smaller first, if f has a kink at x, else None.

    A kink is a gap between them that does not close as the step is made shorter.

    >>> one_sided(abs, 0.0)
    (-1.0, 1.0)
    """
    scale = abs(x) or 1.0

    def sides(h: float) -> tuple[float, float]:
        here = _real(f(x))
        return (here - _real(f(x - h))) / h, (_real(f(x + h)) - here) / h

    unit = _unit_roundoff(f(x))
    steps = [2.0**-12 * scale, 2.0**-18 * scale]
    if unit == 2.0**-53:  # with more digits a kink close to x can be told from one at x
        steps.append(_SHORTEST * scale)
    gaps = []
    for h in steps:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                left, right = sides(h)
        except (ValueError, ArithmeticError):
            return None
        gaps.append(abs(right - left))
    noise = 64 * unit * (abs(_real(f(x))) + abs(x) * max(abs(left), abs(right))) / h
    steep = max(abs(left), abs(right))
    same = all(0.9 * a < b < 1.1 * a for a, b in pairwise(gaps))
    if same and gaps[-1] > max(noise, 1e-3 * steep):
        return min(left, right), max(left, right)
    return None


def ridders(f: Function, x: float) -> Estimate:
    """Return df/dx by central differences of shrinking step, extrapolated to step 0.

    The error is infinite where they do not settle: at a jump, at an edge of the domain.

    Source: Ridders 1982, "Accurate computation of F'(x) and F'(x) F''(x)"; Numerical Recipes 5.7.

    >>> round(ridders(lambda x: x**3, 2.0).derivative, 9)
    12.0
    """
    here = f(x)
    unit = _unit_roundoff(here)

    def first(h: float) -> tuple[float, float]:
        slope = (_real(f(x + h)) - _real(f(x - h))) / (2 * h)
        size = abs(_real(here)) + abs(slope) * h
        return slope, 2 * unit * (2 * size + 2 * abs(slope * x)) / h

    near, apart = _plainly(first, abs(x) or 1.0)
    found = _extrapolated(first, x, _STARTS, near, apart)
    if not found.error <= 1e-6 * abs(found.derivative):  # or not a number
        shorter = _extrapolated(first, x, _SHORTER, near, apart)
        found = min(found, shorter, key=lambda estimate: estimate.error)
    lost = max(2.0**20 * unit, 1e-6) * abs(_real(here)) / (abs(x) or 1.0)  # f may be noisy
    settled = found.error <= max(1e-3 * abs(found.derivative), lost)
    return found if settled else found._replace(error=math.inf)


def _plainly(first: Callable[[float], tuple[float, float]], scale: float) -> tuple[float, float]:
    """Return a difference of short steps, and how far from it the derivative may be.

    Extrapolation from long steps may agree with itself by chance: sin(10**4 x) looks like noise.
    """
    shorts = [_quietly(first, k * _SHORTEST * scale) for k in (1, 2, 3)]
    slopes = [slope for slope, _ in shorts]
    spread = max(slopes) - min(slopes)
    if not any(slopes):  # too short to move f at all
        return 0.0, math.inf
    return slopes[1], 1e-2 * abs(slopes[1]) + 10 * (spread + max(noise for _, noise in shorts))


def ridders_second(f: Callable[[float, float], Any], x: float, z: float) -> Estimate:
    """Return the mixed second derivative d2f/dx dz of f(x, z), extrapolated in the same way.

    With f(x, z) = g(x + z) and z = 0 it is the second derivative of g.

    >>> round(ridders_second(lambda x, z: x**2 * z**3, 2.0, 1.0).derivative, 6)
    12.0
    """
    here = f(x, z)
    unit = _unit_roundoff(here)

    def second(h: float) -> tuple[float, float]:
        corners = [(s * t, _real(f(x + s * h, z + t * h))) for s in (1, -1) for t in (1, -1)]
        size = max(abs(y) for _, y in corners)
        return sum(sign * y for sign, y in corners) / (4 * h * h), 4 * unit * size / (h * h)

    return _extrapolated(second, max(abs(x), abs(z)), _STARTS)


def _extrapolated(difference: Callable[[float], tuple[float, float]], x: float,
                  starts: Sequence[float], near: float = 0.0,
                  apart: float = math.inf) -> Estimate:  # fmt: skip
    """Return the limit for h -> 0 of a difference (with its rounding noise) even in h.

    It is sought no farther from `near` than `apart`.
    """
    best, error = math.nan, math.inf
    for start in starts:
        h = start * (abs(x) or 1.0)
        above: list[float] = []
        for _ in range(12):
            h = (x + h) - x  # a step that floats can take
            slope, noise = _quietly(difference, h)
            row = [slope]
            factor = 1.0
            for j, previous in enumerate(above):
                factor *= 1.96  # the step shrinks by 1.4; each column removes one even power
                row.append((row[j] * factor - previous) / (factor - 1))
                off = max(abs(row[j + 1] - row[j]), abs(row[j + 1] - previous), noise)
                if off < error and not abs(row[j + 1] - near) > apart:
                    best, error = row[j + 1], off
            above = row
            h /= 1.4
    return Estimate(best, error, "Ridders' differences")


def _quietly(difference: Callable[[float], tuple[float, float]], h: float) -> tuple[float, float]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return difference(h)
    except (ValueError, ArithmeticError):  # outside the domain: a shorter step may be inside
        return math.nan, math.inf


def _real(y: Any) -> float:
    return float(y.real) if isinstance(y, complex) else float(y)


def _unit_roundoff(*ys: Any) -> float:
    """Return that of the least precise number: a function may compute in float32."""

    def of(y: Any) -> float:
        dtype = str(getattr(y, "dtype", "float64"))
        return next((2.0**-bits for name, bits in _BITS.items() if name in dtype), 2.0**-53)

    return max(map(of, ys))
