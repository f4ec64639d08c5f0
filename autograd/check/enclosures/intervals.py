"""Numbers of which only an interval is known: arithmetic that never loses the truth.

An `Enclosed` is one unknown real number between two mpmath numbers; whatever is computed from it
is rounded outward, by the operations of mpmath's interval context: exact integer arithmetic,
then one directed rounding. The rule table runs on it as on any other number.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, ClassVar, NoReturn

from mpmath.libmp import (
    dps_to_prec,
    from_float,
    from_int,
    from_rational,
    mpf_pos,
    mpi_abs,
    mpi_add,
    mpi_div,
    mpi_mul,
    mpi_neg,
    mpi_pow_int,
    mpi_sub,
    round_ceiling,
    round_floor,
)  # fmt: skip

from autograd.check.enclosures.boxes import outward_floats
from autograd.check.oracles.precise import context
from autograd.check.ulps import nearest
from autograd.numbers import OwnFunctions

GUARD = 20  # digits beyond those wanted that mpmath's functions are evaluated with


class NotEnclosed(ValueError):  # noqa: N818 - it is not always an error
    """Say that something has no proven bounds over a box, and what to do."""


class Precision:
    """Make enclosed numbers of this many digits: what mpmath calls a context.

    While `both_sides` is off, a comparison that the intervals leave open is refused, and so are
    jumps. In the reverse pass it is on: what depends on the comparison is the hull of both sides.
    """

    def __init__(self, digits: int) -> None:
        self.bits = dps_to_prec(digits)
        self.points = context(digits + GUARD)  # where single numbers live
        self.error = self.points.mpf(10) ** -(digits + GUARD // 2)
        self.both_sides = False

    def between(self, low: Any, high: Any) -> Enclosed:
        """Return the number between two raw mpmath numbers, rounded outward.

        No end is ever longer than `bits`: mpmath rounds a sum outward if no term is longer.
        """
        return Enclosed(
            self, (mpf_pos(low, self.bits, round_floor), mpf_pos(high, self.bits, round_ceiling))
        )

    def mpf(self, x: Any) -> Enclosed:
        """Return an int, float or Fraction as an enclosed number: `numbers` calls it by this name.

        Raises TypeError for other constants: arithmetic among them would round to nearest.
        """
        if isinstance(x, Enclosed) and x.precision is self:
            return x
        if isinstance(x, Fraction):
            p, q = x.numerator, x.denominator
            low, high = [from_rational(p, q, self.bits, r) for r in (round_floor, round_ceiling)]
            return self.between(low, high)
        if isinstance(x, (int, float)) and x == x:
            raw = from_float(x) if isinstance(x, float) else from_int(int(x))
            return self.between(raw, raw)
        raise TypeError(
            f"enclose: the constant {x!r} cannot be combined with an interval: write it as an int, "
            "a float or a Fraction, or make it a part of the box"
        )

    def near(self, y: Any, error: Any = None) -> Enclosed:
        """Return what lies within the error (relative, where none is given) of mpmath's y."""
        w = abs(y) * self.error if error is None else error
        return self.between((y - w)._mpf_, (y + w)._mpf_)

    def hull(self, *xs: Enclosed) -> Enclosed:
        """Return a number that may be anywhere from the lowest of these to the highest."""
        return self.between(min(x.low for x in xs)._mpf_, max(x.high for x in xs)._mpf_)

    def open(self, what: str, *sides: int) -> Enclosed:
        """Return the hull of both sides in the reverse pass. Raises NotEnclosed while f runs."""
        if not self.both_sides:
            raise NotEnclosed(what)
        return self.hull(*map(self.mpf, sides))

    @property
    def pi(self) -> Enclosed:
        """Return pi."""
        return self.near(+self.points.pi)

    def ln(self, n: int) -> Enclosed:
        """Return the natural logarithm of an integer."""
        return self.near(self.points.log(n))


class Middle(float):
    """Be a float inside an interval, for formulas that shift by any constant near a number."""

    _mpi_ = None  # by which `numbers` knows that there is a context, not a mere float
    context: Precision


def _operands(x: Any, y: Any) -> tuple[Enclosed, Enclosed] | None:
    """Return both as enclosed numbers, or None: let the other one's type decide."""
    for z in (x, y):
        known = isinstance(z, (Enclosed, int, float, Fraction))
        if not (known or hasattr(z, "_mpf_") or hasattr(z, "_mpi_")):
            return None
    p: Precision = (x if isinstance(x, Enclosed) else y).precision
    return p.mpf(x), p.mpf(y)


Operator = Callable[["Enclosed", Any], "Enclosed"]


def _operator(combine: Callable[[Enclosed, Enclosed], Enclosed]) -> tuple[Operator, Operator]:
    """Return the method of an operator, and the reflected one."""

    def method(self: Enclosed, other: Any) -> Any:
        return NotImplemented if (xs := _operands(self, other)) is None else combine(*xs)

    def reflected(self: Enclosed, other: Any) -> Any:
        return NotImplemented if (xs := _operands(other, self)) is None else combine(*xs)

    return method, reflected


def _rounded_outward(operation: Callable[..., Any], *xs: Enclosed) -> Enclosed:
    p = xs[0].precision
    y = Enclosed(p, operation(*[x._mpi_ for x in xs], p.bits), any(x.varies for x in xs))
    if not (p.points.isfinite(y.low) and p.points.isfinite(y.high)):
        raise NotEnclosed(f"an operation on {' and '.join(map(repr, xs))} has no finite bounds")
    return y


def _minus(a: Enclosed, b: Enclosed) -> Enclosed:
    return a.precision.mpf(0) if a is b else _rounded_outward(mpi_sub, a, b)


def _times(a: Enclosed, b: Enclosed) -> Enclosed:
    return whole_power(a, 2) if a is b else _rounded_outward(mpi_mul, a, b)


def _over(a: Enclosed, b: Enclosed) -> Enclosed:
    if 0 in b:
        raise NotEnclosed(f"division by {b!r}, which contains 0")
    return _rounded_outward(mpi_div, a, b)


def whole_power(a: Enclosed, n: int) -> Enclosed:
    """Return a**n: for an even n never below 0."""
    if n < 0 and 0 in a:
        raise NotEnclosed(f"{a!r} ** {n}, and the base may be 0")
    return _rounded_outward(lambda x, bits: mpi_pow_int(x, n, bits), a)


def _to_the(a: Enclosed, b: Enclosed) -> Enclosed:
    p = a.precision
    if b.is_point and p.points.isint(b.low):
        return whole_power(a, int(b.low))
    if a.low < 0 or (a.low == 0 and b.low <= 0):
        raise NotEnclosed(
            f"{a!r} ** {b!r}: where the exponent is no whole number the base must be above 0, "
            "or 0 with an exponent above 0"
        )
    if a.low == 0:
        top = p.between(a.high._mpf_, a.high._mpf_)
        return p.hull(a, top**b) if top.low > 0 else a
    y: Enclosed = Enclosed.exp(b * Enclosed.log(a))
    return y


def _floor_of_quotient(a: Enclosed, b: Enclosed) -> Enclosed:
    y: Enclosed = Enclosed.floor(a / b)
    return y


def _comparison(symbol: str, holds: Callable[[Enclosed, Enclosed], bool],
                fails: Callable[[Enclosed, Enclosed], bool]) -> Callable[..., Any]:  # fmt: skip
    def method(self: Enclosed, other: Any) -> Any:
        if (xs := _operands(self, other)) is None:
            return NotImplemented
        if holds(*xs) or fails(*xs):
            return bool(holds(*xs))
        return self.precision.open(
            f"the comparison {self!r} {symbol} {other!r} is open: the box is on both sides. Split "
            "it there, or write the comparison as relu, maximum, abs or clip, whose kinks are "
            "enclosed",
            0,
            1,
        )

    return method


def _same(a: Enclosed, b: Enclosed) -> bool:
    return a is b or (a.is_point and a._mpi_ == b._mpi_)


def _apart(a: Enclosed, b: Enclosed) -> bool:
    return bool(a.high < b.low or b.high < a.low)


class Enclosed(OwnFunctions):
    """Stand for one unknown real number between `low` and `high`; it `varies` or is a constant.

    The same object is the same number: x - x is 0 and x * x is a square. An open comparison is
    itself such a number, 0 or 1, and `where` takes the hull of what it could choose.
    """

    __slots__ = ("_mpi_", "precision", "varies")
    exp: ClassVar[Callable[..., Any]]  # these and the others come from `interval_functions`
    log: ClassVar[Callable[..., Any]]
    floor: ClassVar[Callable[..., Any]]

    def __init__(self, precision: Precision, ends: tuple[Any, Any], varies: bool = False) -> None:
        self.precision = precision
        self._mpi_ = ends
        self.varies = varies

    @property
    def low(self) -> Any:
        """Return the lower end as an mpmath number."""
        return self.precision.points.make_mpf(self._mpi_[0])

    @property
    def high(self) -> Any:
        """Return the upper end as an mpmath number."""
        return self.precision.points.make_mpf(self._mpi_[1])

    @property
    def is_point(self) -> bool:
        """Say whether the number is known exactly."""
        return bool(self._mpi_[0] == self._mpi_[1])

    @property
    def middle(self) -> Enclosed:
        """Return a number, known exactly, between the ends."""
        raw = mpf_pos(((self.low + self.high) / 2)._mpf_, self.precision.bits, round_floor)
        return Enclosed(self.precision, (raw, raw))

    @property
    def data(self) -> Middle:
        middle = Middle(max(-1.7e308, min(nearest(self.middle.low), 1.7e308)))
        middle.context = self.precision
        return middle

    __add__, __radd__ = _operator(lambda a, b: _rounded_outward(mpi_add, a, b))
    __sub__, __rsub__ = _operator(_minus)
    __mul__, __rmul__ = _operator(_times)
    __truediv__, __rtruediv__ = _operator(_over)
    __pow__, __rpow__ = _operator(_to_the)
    __floordiv__, __rfloordiv__ = _operator(_floor_of_quotient)
    __mod__, __rmod__ = _operator(lambda a, b: a - b * (a // b))
    __and__, __rand__ = _operator(_times)  # of comparisons, each 0 or 1 where it is open

    __lt__ = _comparison("<", lambda a, b: a.high < b.low, lambda a, b: a.low >= b.high)
    __le__ = _comparison("<=", lambda a, b: a.high <= b.low, lambda a, b: a.low > b.high)
    __gt__ = _comparison(">", lambda a, b: a.low > b.high, lambda a, b: a.high <= b.low)
    __ge__ = _comparison(">=", lambda a, b: a.low >= b.high, lambda a, b: a.high < b.low)
    __eq__ = _comparison("==", _same, _apart)
    __ne__ = _comparison("!=", _apart, _same)
    __hash__ = object.__hash__

    def __neg__(self) -> Enclosed:
        return _rounded_outward(mpi_neg, self)

    def __abs__(self) -> Enclosed:
        return _rounded_outward(mpi_abs, self)

    def __pos__(self) -> Enclosed:
        return self

    def __contains__(self, x: Any) -> bool:
        return bool(self.low <= x <= self.high)

    def __bool__(self) -> NoReturn:
        raise NotEnclosed(
            f"whether {self!r} holds is open: the box is on both sides. Split it there"
        )

    def __float__(self) -> NoReturn:
        raise TypeError("an interval is no float: write autograd.sin(x) for math.sin(x), and so on")

    def __repr__(self) -> str:
        low, high = outward_floats(self._mpi_)
        return repr(low) if low == high else f"[{low!r}, {high!r}]"
