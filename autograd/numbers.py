"""Elementary functions for every kind of number that the rule table is evaluated on.

A function looks at its arguments and asks whoever knows the answer:

    float, int         `math`, under IEEE 754 rules: inf and nan, no exceptions, never complex
    NumPy array        NumPy, element by element
    other array        its own library, by the names of the array API standard (JAX, while it traces)
    mpmath number      the number's own context, at its precision
    `OwnFunctions`     the method of the same name (so `exp(v)` is `v.exp()` for a `Value`)
    Fraction           nobody: the answer is not a fraction, and a `TypeError` says so
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from inspect import signature
from typing import Any

import numpy as np

from autograd import special, special_arrays

Function = Callable[..., Any]


class OwnFunctions:
    """Mark a number type that brings every function named here as a method.

    The method is given all the arguments, `type(v).atan2(1.0, v)`, so it serves whichever of
    them is of that type. `data` is the plain number inside.
    """

    __slots__ = ()
    data: Any


def plain(x: Any) -> Any:
    """Return the number inside, at the bottom, of a type with its own functions."""
    while isinstance(x, OwnFunctions):
        x = x.data
    return x


def context(*numbers: Any) -> Any:
    """Return the mpmath context of the first number that has one, else None."""
    for x in map(plain, numbers):
        if hasattr(x, "_mpf_") or hasattr(x, "_mpi_"):
            return x.context if hasattr(x, "context") else x.ctx
    return None


def library(*numbers: Any) -> Any:
    """Return the functions of the first array that is not NumPy's (array API standard), else None."""
    for x in numbers:
        if hasattr(x, "__array_namespace__") and not isinstance(x, (np.ndarray, np.generic)):
            return x.__array_namespace__()
    return None


def is_exact(*numbers: Any) -> bool:
    """Say whether arithmetic on these numbers has no infinity: no float among them."""
    return not any(isinstance(x, float) for x in numbers)


def ieee(function: Function, *numbers: Any) -> float:
    """Return what IEEE 754 says where Python raises (1/0 is inf): NumPy knows it."""
    with np.errstate(all="ignore"):
        return float(function(*map(np.float64, numbers)))


def elementary(name: str, of_float: Function, text: str, *, mpmath: Any = None) -> Function:
    """Make a function of any kind of number from the one that serves floats.

    `mpmath` is the name there, or a function of the context and the arguments.
    """
    of_array: Any = getattr(np, {"asin": "arcsin", "acos": "arccos", "atan": "arctan",
                            "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
                            "atan2": "arctan2"}.get(name, name), None)  # fmt: skip
    of_array = of_array or getattr(special_arrays, name, None)
    in_context = mpmath if callable(mpmath) else lambda c, *xs: getattr(c, mpmath or name)(*xs)

    def function(x: Any, *more: Any) -> Any:
        if type(x) is float and not more:  # the common case
            try:
                return of_float(x)
            except (ValueError, OverflowError):
                return ieee(of_array, x)
        return of_any(x, *more)

    @any_number
    def of_any(*xs: Any) -> Any:
        if any(isinstance(x, np.ndarray) for x in xs):
            return (of_array or np.vectorize(of_float, otypes=[float]))(*xs)
        if c := context(*xs):
            y = in_context(c, *xs)
            return c.nan if hasattr(y, "_mpc_") else y
        if (xp := library(*xs)) and hasattr(xp, name):
            return getattr(xp, name)(*xs)
        if any(isinstance(x, Fraction) for x in xs):
            raise TypeError(
                f"{name}{xs if len(xs) > 1 else f'({xs[0]!r})'} is not a fraction: "
                f"write {name}(float(x)), or give an mpmath.mpf for more digits"
            )
        try:
            y = of_float(*map(float, xs))
        except (ValueError, OverflowError):
            y = ieee(of_array, *xs)
        return np.float64(y) if any(isinstance(x, np.floating) for x in xs) else y

    of_any.__name__ = name
    return named(function, name, text)


def named(function: Function, name: str, text: str | None) -> Function:
    """Give a made function the name and the documentation that a written one has."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return function


def any_number(formula: Function) -> Function:
    """Let a formula in other functions' terms serve types that bring their own, too."""

    @wraps(formula)
    def function(*xs: Any, **by_name: Any) -> Any:
        if by_name:  # clip(x, low=0, high=1)
            xs = signature(formula).bind(*xs, **by_name).args
        if len(xs) == 1 and type(xs[0]) is float:  # the common case
            return formula(xs[0])
        for x in xs:
            if isinstance(x, OwnFunctions):
                return getattr(type(x), function.__name__)(*xs)
        for x in xs:
            if isinstance(x, np.ndarray) and x.dtype == object:
                return np.frompyfunc(function, len(xs), 1)(*xs)
            if isinstance(x, (str, list, tuple, dict, complex, type(None))):
                raise TypeError(
                    f"{function.__name__}: {x!r} is not a real number. Allowed are numbers, "
                    "Values and NumPy arrays; for a list write [f(x) for x in numbers]"
                )
        return formula(*xs)

    return function


# fmt: off
exp      = elementary("exp",      math.exp,      "Return e**x.")
exp2     = elementary("exp2",     math.exp2,     "Return 2**x.", mpmath=lambda c, x: c.power(2, x))
expm1    = elementary("expm1",    math.expm1,    "Return e**x - 1, accurate for small x.")
log      = elementary("log",      math.log,      "Return the natural logarithm ln x.")
log2     = elementary("log2",     math.log2,     "Return the logarithm of x to base 2.", mpmath=lambda c, x: c.log(x, 2))
log10    = elementary("log10",    math.log10,    "Return the logarithm of x to base 10.")
log1p    = elementary("log1p",    math.log1p,    "Return ln(1 + x), accurate for small x.")
sqrt     = elementary("sqrt",     math.sqrt,     "Return the square root of x.")
cbrt     = elementary("cbrt",     math.cbrt,     "Return the real cube root of x.", mpmath=lambda c, x: c.sign(x) * c.cbrt(abs(x)))
sin      = elementary("sin",      math.sin,      "Return the sine of x (radians).")
cos      = elementary("cos",      math.cos,      "Return the cosine of x (radians).")
tan      = elementary("tan",      math.tan,      "Return the tangent of x (radians).")
asin     = elementary("asin",     math.asin,     "Return the angle (radians) whose sine is x, for -1 <= x <= 1.")
acos     = elementary("acos",     math.acos,     "Return the angle (radians) whose cosine is x, for -1 <= x <= 1.")
atan     = elementary("atan",     math.atan,     "Return the angle (radians) whose tangent is x.")
atan2    = elementary("atan2",    math.atan2,    "Return the angle (radians) of the point (x, y), arguments y, x.")
sinh     = elementary("sinh",     math.sinh,     "Return (e**x - e**-x) / 2.")
cosh     = elementary("cosh",     math.cosh,     "Return (e**x + e**-x) / 2.")
tanh     = elementary("tanh",     math.tanh,     "Return sinh(x) / cosh(x).")
asinh    = elementary("asinh",    math.asinh,    "Return the inverse of sinh.")
acosh    = elementary("acosh",    math.acosh,    "Return the inverse of cosh, for x >= 1.")
atanh    = elementary("atanh",    math.atanh,    "Return the inverse of tanh, for -1 <= x <= 1.")
hypot    = elementary("hypot",    math.hypot,    "Return sqrt(a**2 + b**2) without overflow.")
erf      = elementary("erf",      math.erf,      "Return 2/sqrt(pi) times the integral of e**-t**2 from 0 to x.")
erfc     = elementary("erfc",     math.erfc,     "Return 1 - erf(x), accurate for large x.")
gamma    = elementary("gamma",    special.gamma,  "Return the gamma function; gamma(n) = (n-1)!.")
lgamma   = elementary("lgamma",   special.lgamma, "Return ln |gamma(x)|.", mpmath=lambda c, x: c.re(c.loggamma(x)))
digamma  = elementary("digamma",  special.digamma, "Return the derivative of lgamma.")
gaussian = elementary("gaussian", special.gaussian, "Return e**(-x**2), accurate for large x.", mpmath=lambda c, x: c.exp(-x * x))
normal_cdf = elementary("normal_cdf", special.normal_cdf, "Return the normal distribution function, erfc(-x/sqrt(2)) / 2.", mpmath="ncdf")
# fmt: on


@any_number
def polygamma(n: int, x: Any) -> Any:
    """Return the n-th derivative of digamma at x, n = 0, 1, 2, ...

    >>> polygamma(1, 1.0)  # pi**2 / 6
    1.6449340668482264
    """
    if type(n) is not int or n < 0:
        raise ValueError(f"polygamma({n!r}, x): the order must be an int, 0 or more")
    if c := context(x):
        return c.polygamma(n, x)
    if isinstance(x, np.ndarray):
        return np.vectorize(lambda each: special.polygamma(n, each), otypes=[float])(x)
    return special.polygamma(n, float(x))


def _division(name: str, divide: Function, text: str) -> Function:
    """Make an operator that divides: by a float zero it gives inf or nan, by an exact one raises."""

    def function(a: Any, b: Any) -> Any:
        try:
            return divide(a, b)
        except ZeroDivisionError:
            if is_exact(a, b):
                raise
            return ieee(divide, a, b)

    return named(function, name, text)


# fmt: off
divide   = _division("divide",   operator.truediv,  "Return a / b; for floats 1/0 is inf and 0/0 is nan.")
floordiv = _division("floordiv", operator.floordiv, "Return the floor of a / b.")
mod      = _division("mod",      operator.mod,      "Return a - b * floor(a / b), which has the sign of b.")
# fmt: on


def power(a: Any, b: Any) -> Any:
    """Return a**b; for floats never complex: a root of a negative number is nan."""
    try:
        y = a**b
    except (ZeroDivisionError, OverflowError):
        if is_exact(a, b):
            raise
        return ieee(operator.pow, a, b)
    if type(y) is complex or hasattr(y, "_mpc_") or (type(y) is float and is_exact(a, b)):
        if c := context(a, b):
            return c.nan
        if is_exact(a, b) and not (type(a) is type(b) is int):
            raise TypeError(f"{a!r} ** {b!r} is not a fraction: make one of them a float")
        return math.nan if type(y) is complex else y
    return y


def where(condition: Any, a: Any, b: Any) -> Any:
    """Return a where the condition holds, else b.

    >>> where(2 > 1, 3.0, 0)
    3.0
    """
    if isinstance(a, OwnFunctions) or isinstance(b, OwnFunctions):
        kind: Any = type(a) if isinstance(a, OwnFunctions) else type(b)
        return kind.where(condition, a, b)
    if type(condition) is not bool:
        if isinstance(condition, np.ndarray):
            return np.where(condition, a, b)
        if hasattr(condition, "_mpi_"):  # a comparison that intervals leave open
            return type(condition).where(condition, a, b)
        if hasattr(condition, "choice"):  # a comparison that is being recorded
            return condition.choice(a, b)
        if xp := library(condition):
            return xp.where(condition, a, b)
        if isinstance(condition, OwnFunctions):
            raise TypeError(f"where: the condition {condition!r} must be a truth value, as x > 0")
    chosen, other = (a, b) if condition else (b, a)
    if type(chosen) is int and type(other) is not int:
        # 1 / relu(-2.0) is a division of floats: the constant 0 must not make it one of ints
        return float(chosen) if isinstance(other, float) else in_kind_of(other, chosen)
    return chosen


def in_kind_of(like: Any, x: Any) -> Any:
    """Return a Python number as a fraction or mpmath number if `like` is one, else as it is."""
    if isinstance(plain(like), Fraction):
        return Fraction(x)
    return c.mpf(x) if (c := context(like)) and hasattr(c, "mpf") else x


def _integral(name: str, of_number: Function, text: str) -> Function:
    """Make floor, ceil or round: the result keeps the type of its argument."""

    def function(x: Any, *digits: int) -> Any:
        if isinstance(x, np.ndarray):
            return getattr(np, name)(x, *digits)
        if xp := library(x):
            return getattr(xp, name)(x, *digits)
        if c := context(x):
            shift = 10 ** (digits[0] if digits else 0)
            return getattr(c, {"round": "nint"}.get(name, name))(x * shift) / shift
        try:
            return type(x)(of_number(x, *digits))
        except (ValueError, OverflowError):  # inf and nan have no integer beside them
            return x

    return any_number(named(function, name, text))


floor = _integral("floor", math.floor, "Return the largest integer not above x, as x's own type.")
ceil = _integral("ceil", math.ceil, "Return the smallest integer not below x, as x's own type.")
round = _integral("round", round, "Return x rounded, half to even, as x's own type.")


@any_number
def sign(x: Any) -> Any:
    """Return -1, 0 or 1, as x's own type; nan for nan."""
    return where(x > 0, 1, where(x < 0, -1, x))


@any_number
def sech_squared(x: Any) -> Any:
    """Return 1 / cosh(x)**2, the derivative of tanh."""
    return (1 / cosh(x)) ** 2


@any_number
def minimum(a: Any, b: Any) -> Any:
    """Return the smaller of two numbers; nan if either is nan."""
    return where(a < b, a, where(b <= a, b, a + b))


@any_number
def maximum(a: Any, b: Any) -> Any:
    """Return the larger of two numbers; nan if either is nan."""
    return where(a > b, a, where(b >= a, b, a + b))


@any_number
def clip(x: Any, low: Any, high: Any) -> Any:
    """Return x held between low and high: min(max(x, low), high)."""
    return minimum(maximum(x, low), high)


def pi(like: Any) -> Any:
    """Return pi as the same kind of number."""
    return +c.pi if (c := context(like)) else math.pi


def ln(n: int, like: Any) -> Any:
    """Return the natural logarithm of an integer as the same kind of number."""
    return c.ln(n) if (c := context(like)) else math.log(n)


def ratio(p: int, q: int, like: Any) -> Any:
    """Return p/q as the same kind of number: exact for fractions."""
    return in_kind_of(like, p) / q


def zero(like: Any) -> Any:
    """Return 0.0 beside a float, and the exact 0 beside any other number."""
    return 0.0 if isinstance(plain(like), float) else 0


def one(like: Any) -> Any:
    """Return 1.0 beside a float, and the exact 1 beside any other number."""
    return 1.0 if isinstance(plain(like), float) else 1
