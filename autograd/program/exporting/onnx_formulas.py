"""Functions that ONNX lacks, or its runtime in float64, as formulas in those that are there.

Each is written in Symbols so that it is right near 0, at infinity and for nan, to 1e-12 of its size
in float64. Source of expm1, log1p and what is made of them: W. Kahan 1987, "Branch cuts for complex
elementary functions".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd.program.writing.expressions import Symbol
from autograd.special import ROOT_HALF, ROOT_HALF_REST
from autograd.special_arrays import _LARGE, _MIDDLE, _SMALL

Formula = Callable[..., Any]
where = Symbol.where


def _op(name: str, *xs: Any) -> Any:
    """Return an operation of the graph that is no function of the table."""
    return Symbol.make(next(x.pool for x in xs if isinstance(x, Symbol)), name, *xs)


def in_double(formula: Formula) -> Formula:
    """Let a formula compute in float64, whatever the program does."""

    def function(*xs: Any) -> Any:
        return _op("single", formula(*[_op("double", x) if isinstance(x, Symbol) else x
                                       for x in xs]))  # fmt: skip

    return function


def _expm1(x: Any) -> Any:
    u = x.exp()
    rest = u - 1  # exact near 0; its error is that of u, and log(u) has the same
    return where(rest == 0, x, where((rest == -1) | (rest == math.inf), rest, rest * (x / u.log())))


def _log1p(x: Any) -> Any:
    u = x + 1
    rest = u - 1
    return where(rest == 0, x, where(rest == math.inf, x, u.log() * (x / rest)))


def _cos(x: Any) -> Any:
    """Return sin(2x) / (2 sin(x)), near 0 1 - 2 sin(x/2)**2: all digits where it is small, too."""
    s, half = x.sin(), (x / 2).sin()
    double = abs(s) > 0.5
    return where(
        double & (abs(x) < 1e300), (2 * x).sin() / where(double, 2 * s, 1.0), 1 - 2 * half * half
    )


def _sinh(x: Any) -> Any:
    e = _expm1(abs(x).minimum(30))
    small = (e + e / (e + 1)) / 2
    half = (abs(x) / 2).exp()
    return _signed(where(abs(x) < 30, small, half / 2 * half), x)


def _cosh(x: Any) -> Any:
    half = (abs(x) / 2).exp()  # its square may overflow where half of that does not
    return half / 2 * half + 0.5 / half / half


def _asinh(x: Any) -> Any:
    a = abs(x).minimum(1e8)
    small = _log1p(a + a * a / (1 + (a * a + 1).sqrt()))
    return _signed(where(abs(x) < 1e8, small, abs(x).log() + math.log(2)), x)


def _acosh(x: Any) -> Any:
    t = x.minimum(1e8) - 1
    return where(x < 1e8, _log1p(t + t.sqrt() * (t + 2).sqrt()), x.log() + math.log(2))


def _atanh(x: Any) -> Any:
    a = abs(x)
    return _signed(_log1p(2 * a / (1 - a)) / 2, x)


def _atan(x: Any) -> Any:
    """Return the arctangent in float32, and what the addition theorem says is missing."""
    t = x.maximum(-1e30).minimum(1e30)  # beyond it is pi/2 to the last digit; nan stays
    near = _op("double", _op("native atan", _op("float", t)))
    sine, cosine = near.sin(), near.cos()
    rest = (t * cosine - sine) / (cosine + t * sine)  # about 1e-8: its arctangent is itself
    return near + rest


def _asin(x: Any) -> Any:
    return 2 * _atan(x / (1 + ((1 - x) * (1 + x)).sqrt()))


def _acos(x: Any) -> Any:
    return where(x == -1, math.pi, 2 * _atan(((1 - x) / (1 + x)).sqrt()))


def _atan2(a: Any, b: Any) -> Any:
    p, q = abs(a), abs(b)
    high, low = p.maximum(q), p.minimum(q)
    ratio = where(high == 0, 0.0, where(low == math.inf, 1.0, low / where(high == 0, 1.0, high)))
    angle = _atan(ratio)
    angle = where(p > q, math.pi / 2 - angle, angle)
    return _signed(where(_is_negative(b), math.pi - angle, angle), a)


def _hypot(a: Any, b: Any) -> Any:
    p, q = abs(a), abs(b)
    high = p.maximum(q)
    scale = where((high > 0) & (high < math.inf), high, 1.0)
    y = scale * ((p / scale) * (p / scale) + (q / scale) * (q / scale)).sqrt()
    return where((p == math.inf) | (q == math.inf), math.inf, y)


def _is_negative(x: Any) -> Any:
    """Say whether there is a minus before it, also before a zero."""
    return (x < 0) | ((x == 0) & (1 / x < 0))


def _signed(size: Any, x: Any) -> Any:
    """Return a size with the sign of x, of zeros too."""
    return where(_is_negative(x), -size, size)


def _mod(a: Any, b: Any) -> Any:
    rest, other = _rest(a, b)
    return where(other, rest + b, rest)


def _floordiv(a: Any, b: Any) -> Any:
    rest, other = _rest(a, b)
    whole = _op("rint", (a - rest) / b)  # that is a whole number, but for rounding
    return where(b == 0, a / b, where(other, whole - 1, whole))


def _rest(a: Any, b: Any) -> tuple[Any, Any]:
    """Return what is left of a, with its sign, and whether Python's has the other one."""
    rest = _op("fmod", a, b)
    return rest, (rest != 0) & ((rest < 0) != (b < 0))


def _cbrt(x: Any) -> Any:
    a = abs(x)
    y = a ** (1 / 3)
    fine = (a > 0) & (a < math.inf)
    return _signed(where(fine, y - (y - a / (y * y)) / 3, a), x)  # a step of Newton's


# The error function, as in `special_arrays`: three ranges of |x|, with all three computed.


def _polynomials(tables: tuple[Sequence[float], Sequence[float]], x: Any) -> Any:
    above, below = (_horner(table, x) for table in tables)
    return above / below


def _horner(table: Sequence[float], x: Any) -> Any:
    y: Any = table[0]
    for number in table[1:]:
        y = y * x + number
    return y


def _high(x: Any) -> Any:
    shifted = (2**27 + 1) * x
    return shifted - (shifted - x)


def _gaussian(x: Any) -> Any:
    x = x.maximum(-30).minimum(30)
    h = _high(x)
    return (-(h * h)).exp() * (-((x - h) * (x + h))).exp()


def _erf_of_small(x: Any) -> Any:
    return x * _polynomials(_SMALL, x * x)


def _erfc_of_size(size: Any) -> Any:
    near = size.minimum(4)
    far = size.maximum(4).minimum(30)
    square = 1 / far / far
    large = (1 / math.sqrt(math.pi) - square * _polynomials(_LARGE, square)) / far
    return where(size <= 4, _polynomials(_MIDDLE, near), large) * _gaussian(size)


def _erf(x: Any) -> Any:
    size = abs(x)
    return where(size <= 0.46875, _erf_of_small(x), _signed(1 - _erfc_of_size(size), x))


def _erfc(x: Any) -> Any:
    size = abs(x)
    y = _erfc_of_size(size)
    return where(size <= 0.46875, 1 - _erf_of_small(x), where(x < 0, 2 - y, y))


def _normal_cdf(x: Any) -> Any:
    x = x.maximum(-40).minimum(40)
    t = -x * ROOT_HALF
    h, c = _high(x), _high(ROOT_HALF)
    low = x - h
    d = -(
        ((h * c + t) + h * (ROOT_HALF - c) + low * c) + low * (ROOT_HALF - c) + x * ROOT_HALF_REST
    )
    return 0.5 * (_erfc(t) - 2 / math.sqrt(math.pi) * _gaussian(t) * d)


FORMULAS: dict[str, Formula] = {
    "expm1": _expm1, "log1p": _log1p, "exp2": lambda x: 2.0**x,
    "log2": lambda x: x.log() / math.log(2), "log10": lambda x: x.log() / math.log(10),
    "atan2": in_double(_atan2), "hypot": _hypot, "mod": _mod, "floordiv": _floordiv,
    "cbrt": in_double(_cbrt), "gaussian": in_double(_gaussian), "erf": in_double(_erf),
    "erfc": in_double(_erfc), "normal_cdf": in_double(_normal_cdf),
}  # fmt: skip
IN_FLOAT64: dict[str, Formula] = {  # ONNX has these, and its runtime for CPUs in float32 alone
    "cos": _cos,  # since 1.25 or so in float64 as well
    "tan": lambda x: x.sin() / x.cos(), "sinh": _sinh, "cosh": _cosh, "asinh": _asinh,
    "acosh": _acosh, "atanh": _atanh, "atan": _atan, "asin": _asin, "acos": _acos,
}  # fmt: skip
