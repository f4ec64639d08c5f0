"""The error function and its kin for whole arrays, in NumPy alone: what `special` is for floats.

Within 8 units in the last place, as there. Three rational approximations of erfc(|x|) e^(x²) serve
the three ranges of |x|; each element is in one. Source: W. J. Cody 1969, "Rational Chebyshev
approximations for the error function", Math. Comp. 23; coefficients as in his CALERF.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.special import ROOT_HALF, ROOT_HALF_REST

Array = np.ndarray[Any, Any]

_SMALL = (  # erf(x)/x in x², for |x| ≤ 0.46875; the highest power first
    [1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3],
    [1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3],
)  # fmt: skip
_MIDDLE = (  # erfc(x) e^(x²) in x, up to 4
    [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3],
    [1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
     1.23033935480374942e3],
)  # fmt: skip
_LARGE = (  # (1/√π - x erfc(x) e^(x²)) x² in 1/x², beyond
    [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4],
    [1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3],
)  # fmt: skip


def _high(x: Any) -> Any:
    """Return x rounded to 26 bits (Dekker 1971, after Veltkamp)."""
    shifted = (2**27 + 1) * x
    return shifted - (shifted - x)


def gaussian(x: Array) -> Any:
    """Return exp(-x²), accurate for large x."""
    x = np.clip(np.asarray(x, float), -30.0, 30.0)
    h = _high(x)
    return np.exp(-h * h) * np.exp(-(x - h) * (x + h))


def erf(x: Array) -> Any:
    """Return the error function."""
    x = np.asarray(x, float)
    size = np.abs(x)
    y = np.copysign(1 - _erfc_of_size(size), x)
    small = size <= 0.46875
    y[small] = _erf_of_small(x[small])
    return y


def erfc(x: Array) -> Any:
    """Return 1 - erf(x), accurate for large x."""
    x = np.asarray(x, float)
    size = np.abs(x)
    y = _erfc_of_size(size)
    y = np.where(x < 0, 2 - y, y)
    small = size <= 0.46875
    y[small] = 1 - _erf_of_small(x[small])
    return y


def normal_cdf(x: Array) -> Any:
    """Return the normal distribution function, with the rounding of x/√2 corrected."""
    x = np.clip(np.asarray(x, float), -40.0, 40.0)
    t = -x * ROOT_HALF
    h, c = _high(x), _high(ROOT_HALF)
    low = x - h
    d = -(
        ((h * c + t) + h * (ROOT_HALF - c) + low * c) + low * (ROOT_HALF - c) + x * ROOT_HALF_REST
    )
    return 0.5 * (erfc(t) - 2 / math.sqrt(math.pi) * gaussian(t) * d)


def _erf_of_small(x: Array) -> Any:
    return x * _ratio(_SMALL, x * x)


def _erfc_of_size(size: Array) -> Any:
    """Return erfc(size) for sizes above 0.46875; nan stays nan."""
    scaled = np.full_like(size, np.nan)
    middle, large = size <= 4, size > 4
    scaled[middle] = _ratio(_MIDDLE, size[middle])
    far = np.minimum(size[large], 30.0)  # there erfc is 0
    square = 1 / far / far
    scaled[large] = (1 / math.sqrt(math.pi) - square * _ratio(_LARGE, square)) / far
    return scaled * gaussian(size)


def _ratio(polynomials: tuple[Sequence[float], Sequence[float]], x: Array) -> Any:
    above, below = (np.full_like(x, p[0]) for p in polynomials)
    for a, b in zip(polynomials[0][1:], polynomials[1][1:], strict=True):
        above *= x
        above += a
        below *= x
        below += b
    return above / below
