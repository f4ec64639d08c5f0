"""Local derivatives of any function of mpmath numbers, by differences in high precision."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any, NoReturn

import mpmath

from autograd.numbers import Function

FAR = 4096  # the exponent of a number that stands for infinity: beyond all floats
STEP = -83  # h = 2**-83, about 1e-25, times |x| where |x| < 1: the error of h**2 is below 1e-49
KEPT = 50  # decimal digits that a difference keeps
NOTHING = mpmath.mpf("1e-400")  # far below the smallest float


class Kink(ValueError):  # noqa: N818 - it is not always an error
    """Say that a function has no derivative at a point: its two sides differ, or one is missing.

    `sides` are the least and the largest one-sided derivative there, None if one is infinite.
    """

    def __init__(self, message: str, sides: tuple[Any, Any] | None = None) -> None:
        super().__init__(message)
        self.sides = sides


def context(digits: int) -> Any:
    """Return an mpmath context of one's own: the global precision stays, threads do not meet.

    Its numbers refuse `float(x)`, and so `math.sin(x)`, which would drop all digits but 16.
    """
    own = mpmath.mp.clone()
    own.dps = digits
    own.mpf.__float__ = _refuse
    return own


def _refuse(x: Any) -> NoReturn:
    raise TypeError("a function of floats only (such as math.sin) cannot take mpmath numbers")


def exactly(c: Any, x: Any) -> Any:
    """Return an int, float, Fraction or mpmath number as one of this context, unrounded."""
    if isinstance(x, Fraction):
        return c.mpf(x.numerator) / x.denominator
    return c.make_mpf(x._mpf_) if hasattr(x, "_mpf_") else c.mpf(x)


def keeping_digits(c: Any, function: Function) -> Function:
    """Return the function with its results as numbers of the context, if they kept the digits.

    Raises TypeError for a float or a number of another context, which has the digits of that.
    """

    def precise(*xs: Any) -> Any:
        y = function(*xs)
        if hasattr(y, "_mpc_"):  # complex: off the domain
            return c.nan
        if hasattr(y, "_mpf_") and y.context is c:
            return y
        if isinstance(y, (int, Fraction)):
            return exactly(c, y)
        raise TypeError(
            f"given mpmath numbers of {c.dps} digits, {getattr(function, '__name__', function)} "
            f"returned {y!r}, which has fewer: write it with autograd's functions, or with those "
            "of the number's own context: x.context.sin(x), not mpmath.sin(x)"
        )

    return precise


def public(x: Any) -> Any:
    """Return a number of one's own context as an ordinary `mpmath.mpf` with the same digits."""
    return mpmath.mp.make_mpf(x._mpf_)


def difference(c: Any, function: Function, xs: Sequence[Any], i: int) -> Any:
    """Return df/dx_i at xs by the central difference (f(x + h) - f(x - h)) / 2h.

    The digits are doubled until the difference keeps 50 of them, or until what it could be is
    too small for any float. Raises Kink where the one-sided differences do not agree.
    """
    x = xs[i]
    if c.isinf(x):
        return _at_infinity(c, function, xs, i)
    h = c.ldexp(abs(x) if 0 < abs(x) < 1 else 1, STEP)
    digits = max(
        c.dps, KEPT + int(c.mag(max(abs(x), h) / h)) // 3
    )  # so that x + h is not rounded to x
    while True:
        with c.workdps(digits):
            left, right, size = _one_sided(c, function, xs, i, h)
            if left is None or right is None:
                _refuse_kink(c, function, xs, i, h)
            noise = size / h * c.mpf(10) ** -digits
            if abs(left + right) >= noise * 10**KEPT or noise < NOTHING:
                steeper = max(abs(left), abs(right))
                bent = abs(right - left) > steeper * c.mpf(10) ** -10
                if (x == 0 or bent) and steeper > max(noise * 10**KEPT, NOTHING):
                    _refuse_kink(c, function, xs, i, h)
                return (left + right) / 2
        digits *= 2


def _at_infinity(c: Any, function: Function, xs: Sequence[Any], i: int) -> Any:
    """Return 0, the limit of df/dx_i as x_i goes to infinity, if f has settled long before.

    So it is where a softmax masks by -inf. Raises Kink if f still changes out there.
    """
    far = c.ldexp(c.sign(xs[i]), FAR)
    here, before = [_value(c, function, [*xs[:i], x, *xs[i + 1 :]]) for x in (xs[i], far)]
    if here is None or before is None or abs(here - before) > NOTHING:
        raise Kink(f"an infinite input at {shown(c, xs)}, with no limit of the derivative there")
    return c.zero


def _one_sided(c: Any, function: Function, xs: Sequence[Any], i: int, h: Any) -> tuple[Any, ...]:
    """Return the differences on the left and on the right, and the size of the values.

    At an edge of the domain one of the two is None. Raises Kink where there is no value.
    """
    below, here, above = [_value(c, function, [*xs[:i], x, *xs[i + 1 :]])
                          for x in (xs[i] - h, xs[i], xs[i] + h)]  # fmt: skip
    if here is None or (below is None and above is None):
        raise Kink(f"an edge of the domain at {shown(c, xs)}: there is no finite value")
    left = None if below is None else (here - below) / h
    right = None if above is None else (above - here) / h
    return left, right, max(abs(y) for y in (below, here, above) if y is not None)


def _value(c: Any, function: Function, xs: Sequence[Any]) -> Any:
    try:
        y = function(*xs)
    except (ArithmeticError, ValueError):  # a pole
        return None
    return y if c.isfinite(y) else None


def _refuse_kink(c: Any, function: Function, xs: Sequence[Any], i: int, h: Any) -> None:
    """Raise Kink unless the two sides draw together, or stay, as the step is halved."""
    left, right, _ = _one_sided(c, function, xs, i, h)
    at_edge = left is None or right is None
    nearer = c.ldexp(h, -4000) if at_edge and xs[i] == 0 else h / 2  # x**1.5 has a slope of sqrt(h)
    nearer_left, nearer_right, _ = _one_sided(c, function, xs, i, nearer)
    sides = [d for d in (nearer_left, nearer_right) if d is not None]
    grows = any(
        abs(near) > abs(far) * 11 / 10
        for near, far in ((nearer_left, left), (nearer_right, right))
        if near is not None and far is not None
    )
    if len(sides) < 2:
        raise Kink(
            f"an edge of the domain at {shown(c, xs)}: on one side there is nothing, on the other "
            + ("the derivative is infinite" if grows else f"it is {c.nstr(sides[0], 6)}"),
            None if grows else (sides[0], sides[0]),
        )
    apart = abs(nearer_right - nearer_left)
    if grows:
        raise Kink(f"the derivative is infinite at {shown(c, xs)}")
    if apart > abs(right - left) * 9 / 10 and apart > max(map(abs, sides)) * c.mpf(10) ** -10:
        raise Kink(
            f"a kink at {shown(c, xs)}: the derivative is {c.nstr(left, 6)} from below "
            f"and {c.nstr(right, 6)} from above",
            (min(sides), max(sides)),
        )


def shown(c: Any, xs: Sequence[Any]) -> str:
    return f"({', '.join(c.nstr(x, 17) if hasattr(x, '_mpf_') else repr(x) for x in xs)})"


def sensitivity(c: Any, function: Function, xs: Sequence[Any], inputs: Sequence[int]) -> Any:
    """Return the sum over inputs of |x_i df/dx_i|: what f makes of relative errors in them.

    Divided by |f| it is the condition number. The function may be a `difference` with its 50
    digits, so the steps are longer. What is not differentiable counts as flat.
    """
    total = c.zero
    for i in inputs:
        x = abs(xs[i])
        h = max(c.ldexp(min(x, 1), -40), c.ldexp(x, -100))
        with suppress(ArithmeticError, ValueError):
            left, right, _ = _one_sided(c, function, xs, i, h)
            if left is not None and right is not None:
                total += x * abs(left + right) / 2
    return total
