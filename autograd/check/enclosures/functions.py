"""The functions of intervals: each is monotone between known points, or made of such ones.

Arithmetic is rigorous by construction. Of mpmath's functions of single numbers one thing is
assumed (and tested): worked out with 20 digits more than are wanted, they are right to 10 digits
more. Their results are widened by that much: by 10**-(digits + 10), relative; of `lgamma` and
`digamma`, which have zeros, absolute where they are below 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import unwrap
from typing import Any

from autograd import activations, numbers
from autograd.check.enclosures.intervals import Enclosed, NotEnclosed, Precision
from autograd.numbers import named

Function = Callable[..., Enclosed]
Point = Callable[..., Any]  # a function of mpmath's context and of numbers in it
Domain = tuple[float, str, float]
INFINITY = math.inf
EVERYWHERE: Domain = (-INFINITY, "<", INFINITY)
ABOVE_0: Domain = (0, "<", INFINITY)
FROM_1: Domain = (1, "<=", INFINITY)
FARTHEST = 10**5  # binary places before the point, beyond which mpmath would take forever
UNLIMITED = ("log", "log1p", "sqrt", "cbrt")

# The rows of the table that are enclosed. Others, a primitive of one's own among them, are refused:
# nobody has said that their formulas hold for intervals.
LISTED = frozenset({
    "add", "sub", "mul", "div", "pow", "floordiv", "mod", "neg", "identity", "abs", "sign",
    "floor", "ceil", "round", "maximum", "minimum", "clip", "where", "exp", "exp2", "expm1",
    "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos",
    "atan", "atan2", "hypot", "sinh", "cosh", "tanh", "sech_squared", "asinh", "acosh",
    "atanh", "gaussian", "erf", "erfc", "normal_cdf", "gamma", "lgamma", "digamma",
    "polygamma", "sigmoid", "softplus", "logsigmoid", "relu", "leaky_relu", "elu", "selu",
    "gelu", "silu", "mish", "sum", "mean", "prod", "dot", "norm", "max", "min", "logsumexp",
    "softmax", "log_softmax", "take",
})  # fmt: skip


def own(function: Function) -> Function:
    """Make a function of enclosed numbers the one that `numbers` finds by its name."""

    def mixed(*xs: Any) -> Enclosed:
        p = next(x.precision for x in xs if isinstance(x, Enclosed))
        known = [p.mpf(x) for x in xs]
        y = function(*known)
        y.varies = y.varies or any(x.varies for x in known)
        return y

    name = function.__name__
    setattr(Enclosed, name, staticmethod(named(mixed, name, function.__doc__)))
    return function


def at(name: str, function: Point, p: Precision, *xs: Any, near_zero: bool = False) -> Enclosed:
    """Return mpmath's function at single numbers, widened by the error that is assumed."""
    c = p.points
    if all(c.isfinite(x) and (name in UNLIMITED or c.mag(x) <= FARTHEST) for x in xs):
        try:
            y = function(c, *xs)
            return p.near(y, p.error * max(1, abs(y)) if near_zero else None)
        except (ArithmeticError, c.NoConvergence):
            pass  # too large for mpmath
    shown = [c.nstr(x, 6) if c.mag(x) <= FARTHEST else f"beyond 2**{FARTHEST}" for x in xs]
    raise NotEnclosed(f"{name}({', '.join(shown)}) is too far out to be evaluated")


def needs(name: str, x: Enclosed, low: float, less: str, high: float) -> None:
    """Raise NotEnclosed unless x is certain to be within the domain of a function."""
    if low < x.low and x.high < high:
        return
    if less == "<" or not (low <= x.low and x.high <= high):
        bounds = f"{low} {less} x" + f" {less} {high}" * (high < INFINITY)
        raise NotEnclosed(f"{name} needs {bounds}, but x may be anything in {x!r}")


def ends(name: str, function: Point, domain: Domain = EVERYWHERE,
         near_zero: bool = False) -> Function:  # fmt: skip
    """Make a monotone function of an interval: the hull of the values at its ends."""

    def of_interval(x: Enclosed) -> Enclosed:
        needs(name, x, *domain)
        p = x.precision
        points = [x.low] if x.is_point else [x.low, x.high]
        return p.hull(*[at(name, function, p, z, near_zero=near_zero) for z in points])

    return named(of_interval, name, None)


# mpmath's own acosh loses half the digits next to 1
# fmt: off
exp     = own(ends("exp",     lambda c, x: c.exp(x)))
expm1   = own(ends("expm1",   lambda c, x: c.expm1(x)))
log     = own(ends("log",     lambda c, x: c.log(x), ABOVE_0))
log1p   = own(ends("log1p",   lambda c, x: c.log1p(x), (-1, "<", INFINITY)))
sqrt    = own(ends("sqrt",    lambda c, x: c.sqrt(x), (0, "<=", INFINITY)))
cbrt    = own(ends("cbrt",    lambda c, x: c.sign(x) * c.cbrt(abs(x))))
asin    = own(ends("asin",    lambda c, x: c.asin(x), (-1, "<=", 1)))
acos    = own(ends("acos",    lambda c, x: c.acos(x), (-1, "<=", 1)))
atan    = own(ends("atan",    lambda c, x: c.atan(x)))
sinh    = own(ends("sinh",    lambda c, x: c.sinh(x)))
tanh    = own(ends("tanh",    lambda c, x: c.tanh(x)))
asinh   = own(ends("asinh",   lambda c, x: c.asinh(x)))
acosh   = own(ends("acosh",   lambda c, x: c.log1p(x - 1 + c.sqrt((x - 1)*(x + 1))), FROM_1))
atanh   = own(ends("atanh",   lambda c, x: c.atanh(x), (-1, "<", 1)))
erf     = own(ends("erf",     lambda c, x: c.erf(x)))
erfc    = own(ends("erfc",    lambda c, x: c.erfc(x)))
digamma = own(ends("digamma", lambda c, x: c.digamma(x), ABOVE_0, near_zero=True))
# fmt: on
_cosh_of_size = ends("cosh", lambda c, x: c.cosh(x))
_tan_on_branch = ends("tan", lambda c, x: c.tan(x))
_lgamma_of_ends = ends("lgamma", lambda c, x: c.loggamma(x), near_zero=True)


def hits(x: Enclosed, start: Any, period: Any) -> bool:
    """Say whether one of start, start + period, ... may lie in an interval."""
    if x.is_point:
        return False  # then the end is the whole interval, and exact
    turns = (x - start) / period
    c = x.precision.points
    return bool(c.floor(turns.high) >= c.ceil(turns.low))


def _wave(x: Enclosed, name: str, function: Point, crest: Enclosed) -> Enclosed:
    """Return a sine or cosine: 1 at the crest and at its period, -1 half-way between."""
    p = x.precision
    one, turn = p.mpf(1), 2 * p.pi
    sides = [at(name, function, p, end) for end in (x.low, x.high)]
    sides += [one] * hits(x, crest, turn) + [-one] * hits(x, crest + p.pi, turn)
    return minimum(maximum(p.hull(*sides), -one), one)


@own
def sin(x: Enclosed) -> Enclosed:
    return _wave(x, "sin", lambda c, z: c.sin(z), x.precision.pi / 2)


@own
def cos(x: Enclosed) -> Enclosed:
    return _wave(x, "cos", lambda c, z: c.cos(z), x.precision.mpf(0))


@own
def tan(x: Enclosed) -> Enclosed:
    if hits(x, x.precision.pi / 2, x.precision.pi):
        raise NotEnclosed(f"tan has a pole in {x!r}")
    return _tan_on_branch(x)


@own
def cosh(x: Enclosed) -> Enclosed:
    return _cosh_of_size(abs(x))


@own
def atan2(y: Enclosed, x: Enclosed) -> Enclosed:
    """Take the hull of the corners: seen from outside, the extreme directions are there."""
    if x.low <= 0 and 0 in y and not (y.low == 0 and x.high < 0):
        raise NotEnclosed(
            f"atan2({y!r}, {x!r}): the box touches the half line y = 0, x <= 0, where the angle "
            "jumps from pi to -pi"
        )
    p = x.precision
    corners = [(b, a) for a in (x.low, x.high) for b in (y.low, y.high)]
    return p.hull(*[at("atan2", lambda c, b, a: c.atan2(b, a), p, *corner) for corner in corners])


@own
def hypot(a: Enclosed, b: Enclosed) -> Enclosed:
    return sqrt(a * a + b * b)


@own
def exp2(x: Enclosed) -> Enclosed:
    return exp(x * x.precision.ln(2))


@own
def log2(x: Enclosed) -> Enclosed:
    return log(x) / x.precision.ln(2)


@own
def log10(x: Enclosed) -> Enclosed:
    return log(x) / x.precision.ln(10)


@own
def gaussian(x: Enclosed) -> Enclosed:
    return exp(-(x * x))


@own
def normal_cdf(x: Enclosed) -> Enclosed:
    return erfc(-x / sqrt(x.precision.mpf(2))) / 2


@own
def lgamma(x: Enclosed) -> Enclosed:
    """Take the hull of the ends and, near the zero of digamma, of the minimum there."""
    needs("lgamma", x, *ABOVE_0)
    p, c = x.precision, x.precision.points
    sides = [_lgamma_of_ends(x)]
    if x.low < 1.47 and x.high > 1.46:
        lowest = c.findroot(c.digamma, 1.4616)  # half the digits would do: it is a minimum
        sides.append(at("lgamma", lambda c, z: c.loggamma(z), p, lowest, near_zero=True))
    return p.hull(*sides)


@own
def gamma(x: Enclosed) -> Enclosed:
    return exp(lgamma(x))


def polygamma(n: int, x: Enclosed) -> Enclosed:
    of_order = ends(f"polygamma({n}, x)", lambda c, z: c.polygamma(n, z), ABOVE_0, near_zero=n == 0)
    return of_order(x)


@own
def sigmoid(x: Enclosed) -> Enclosed:
    return 1 / (1 + exp(-x))


@own
def softplus(x: Enclosed) -> Enclosed:
    return log1p(exp(x))


@own
def logsigmoid(x: Enclosed) -> Enclosed:
    return -softplus(-x)


@own
def maximum(a: Enclosed, b: Enclosed) -> Enclosed:
    if a.low >= b.high or b.low >= a.high:
        return a if a.low >= b.high else b
    return a.precision.between(max(a.low, b.low)._mpf_, max(a.high, b.high)._mpf_)


@own
def minimum(a: Enclosed, b: Enclosed) -> Enclosed:
    if a.high <= b.low or b.high <= a.low:
        return a if a.high <= b.low else b
    return a.precision.between(min(a.low, b.low)._mpf_, min(a.high, b.high)._mpf_)


@own
def relu(x: Enclosed) -> Enclosed:
    return maximum(x, x.precision.mpf(0))


@own
def leaky_relu(x: Enclosed, slope: Enclosed) -> Enclosed:
    return relu(x) + slope * minimum(x, x.precision.mpf(0))  # one of the two is 0


@own
def elu(x: Enclosed, alpha: Enclosed) -> Enclosed:
    return relu(x) + alpha * expm1(minimum(x, x.precision.mpf(0)))


def _jumping(name: str, of_point: Point, x: Enclosed) -> Enclosed:
    """Return a function of steps where it is constant. Raises NotEnclosed where it jumps."""
    low, high = [of_point(x.precision.points, end) for end in (x.low, x.high)]
    if low != high:
        raise NotEnclosed(f"{name} jumps in {x!r}, from {int(low)} to {int(high)}: split the box")
    return x.precision.mpf(int(low))


@own
def floor(x: Enclosed) -> Enclosed:
    return _jumping("floor", lambda c, z: c.floor(z), x)


@own
def ceil(x: Enclosed) -> Enclosed:
    return _jumping("ceil", lambda c, z: c.ceil(z), x)


def round(x: Enclosed, digits: int = 0) -> Enclosed:
    shift = x.precision.mpf(10) ** digits
    return _jumping("round", lambda c, z: c.nint(z), x * shift) / shift


@own
def sign(x: Enclosed) -> Enclosed:
    sides = [s for s, there in ((-1, x.low < 0), (0, 0 in x), (1, x.high > 0)) if there]
    if len(sides) == 1:
        return x.precision.mpf(sides[0])
    return x.precision.open(f"sign jumps at 0, which is in {x!r}: split the box", *sides)


@own
def where(condition: Enclosed, a: Enclosed, b: Enclosed) -> Enclosed:
    """Take the hull of both if the condition, 0 or 1, may be either."""
    if condition.low == 0 < condition.high:
        return a.precision.hull(a, b)
    return a if condition.low > 0 else b


for _formula in (polygamma, round, numbers.sech_squared, numbers.clip, activations.selu,
                 activations.gelu, activations.silu, activations.mish):  # fmt: skip
    setattr(Enclosed, _formula.__name__, staticmethod(unwrap(_formula)))  # the formula itself
