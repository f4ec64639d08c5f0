"""Numbers in few digits: enough to tell them apart, never so few that one becomes zero."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from fractions import Fraction
from typing import Any

_EXACT_BITS = 130  # an exact number longer than about 40 digits is shown rounded, after a ≈


def digits(x: Any, significant: int = 4) -> str:
    """Return a number as people write it, rounded to so many significant digits.

    Exact numbers stay exact. Whole digits are never dropped below a million.

    >>> [digits(x) for x in (2.0, -1.4999999999999998, 1e-5, 12345.678, -0.0, float("-inf"))]
    ['2', '-1.5', '1e-5', '12346', '0', '-inf']
    >>> digits(Fraction(1, 3)), digits(2**100), digits(10**100 + 1)
    ('1/3', '1267650600228229401496703205376', '≈1e100')
    """
    if isinstance(x, (int, Fraction)):
        if x.numerator.bit_length() + x.denominator.bit_length() <= _EXACT_BITS:
            return str(x)
        with localcontext(Emax=MAX_EMAX, Emin=MIN_EMIN):
            return "≈" + _rounded(Decimal(x.numerator) / Decimal(x.denominator), significant)
    if hasattr(x, "_mpf_"):  # mpmath's own text reaches far below 1e-308, where float() gives 0
        return _rounded(Decimal(x.context.nstr(x, 30)), significant)
    return _rounded(Decimal(x), significant) if isinstance(x, float) else str(x)


def _rounded(x: Decimal, significant: int) -> str:
    if not x.is_finite():
        return "nan" if x.is_nan() else "inf" if x > 0 else "-inf"
    if x == 0:
        return "0"
    size = x.adjusted()  # the power of ten of the first digit
    if -5 < size < 6:
        text = f"{x:.{max(0, significant - 1 - size)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, power = f"{x:.{significant - 1}e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(power)}"


def aligned(xs: Iterable[Any], significant: int = 4) -> list[str]:
    """Return numbers as texts of one width, their points below each other; None is blank.

    >>> aligned([2.0, -1.5, None, 0.7071])
    [' 2     ', '-1.5   ', '       ', ' 0.7071']
    """
    texts = ["" if x is None else digits(x, significant) for x in xs]
    points = [m.end() if (m := re.match(r"≈?-?\d+(?=$|[.e])", t)) else len(t) for t in texts]
    before = max(points, default=0)
    after = max((len(t) - p for t, p in zip(texts, points, strict=True)), default=0)
    return [" " * (before - p) + t.ljust(p + after) for t, p in zip(texts, points, strict=True)]
