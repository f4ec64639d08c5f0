"""Sample points and independent formulas for every row of the rule table.

A formula is written in mpmath's functions of a context `c`, not in ours, and judges the row. The
points go over the whole domain: both signs, 1e-323 to 1e4 and beyond, edges and zeros. `domain`
has an interval per argument from which Hypothesis draws more; integers stand for parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

Interval = tuple[float, float]


@dataclass(frozen=True)
class Sample:
    """Hold how a row is judged, and where."""

    formula: Callable[..., Any]
    points: Sequence[tuple[Any, ...]]
    domain: tuple[Interval, ...]


def ones(*groups: Sequence[float]) -> list[tuple[float]]:
    return [(x,) for group in groups for x in group]


def both(xs: Sequence[float]) -> list[float]:
    return [*xs, *[-x for x in xs]]


TINY = [5e-324, 1e-310, 2.3e-308, 1e-300, 1e-160, 1e-100, 1e-30, 1e-16, 1e-9]
USUAL = [10 ** (k / 4) for k in range(-24, 17)] + [0.5, 1.5, 2.0, 3.0, 20.0, 37.0, 350.0, 700.0]
LARGE = [1e5, 1.234e8, 1e16, 1e100, 1.5e154, 1e300, 1.7e308]
POSITIVE = [*TINY, *USUAL, *LARGE]
LINE = both(POSITIVE)
BELOW_1 = [1 - 2.0**-k for k in (1, 2, 5, 10, 20, 40, 53)]
ABOVE_1 = [1 + 2.0**-k for k in (1, 2, 5, 10, 20, 40, 52)]
EDGES = [300.0, 708.0, 709.0, 709.7, 710.0, 710.4, 711.0, 720.0, 744.0, 745.0, 746.0]  # of exp
QUARTERS = [k / 4 + 0.1 for k in range(-48, 48)]
FEW = both([1e-300, 1e-8, 0.3, 1.0, 2.5, 77.7, 1e4, 1e150])
PAIRS = list(product(FEW, FEW))
UNEQUAL = [(a, b) for a, b in PAIRS if a != b]
ORDINARY = [
    (3.0,), (1.0, -2.5), (1e4, 1.0, -1e4), (0.3, 0.1, -0.4, 1e-3), (1e-300, 2.0, -5.0, 1e100, 7.0),
    (-1.5, -1.25, -1000.0), (700.0, 710.0, -745.0), (1e-8, 2e-8, 3e-8), (-40.0, 0.0, 36.0, 37.0),
    (0.5, -1.5, 2.5), (3.0, 1.0), (0.7, 0.9, 0.8), (-2.0, 0.3, 1.1, 5.0), (-0.25, 11.0),
]  # fmt: skip
POWERS = [
    *product([1e-300, 1e-8, 0.3, 0.999, 1.0, 1.001, 2.5, 77.7, 1e4, 1e150],
             both([1e-8, 1 / 3, 0.5, 1.0, 2.0, 2.5, 7.0, 77.7, 1e4])),
    (2.0, 1023.5), (0.5, 1040.0), (1e4, 76.9), (3.0, 0.0),
]  # fmt: skip
NEGATIVE_BASES = list(product([-0.3, -2.0, -7.7, -1e4], [-3, -2, -1, 0, 1, 2, 3, 10]))
ANY = (-1e300, 1e300)
REAL = (-1e4, 1e4)
STEPS = [0.3, 0.49, 0.51, 1.2, 1.7, 2.25, 1e4 + 0.3, 1e-9, 1e-300]
ALPHA, SCALE = 1.6732632423543772848, 1.0507009873554804935  # as floats: by definition of selu


def erfc(c: Any, x: Any) -> Any:
    return c.erfc(x) if x < 1e100 else c.zero  # mpmath overflows


def softplus(c: Any, x: Any) -> Any:
    return c.log1p(c.exp(x)) if x < 0 else x + c.log1p(c.exp(-x))


def logsumexp(c: Any, *xs: Any) -> Any:
    top = max(xs)
    rest = sorted(xs)[:-1]
    return top + c.log1p(c.fsum(c.exp(x - top) for x in rest))


def others(c: Any, i: int, xs: Sequence[Any]) -> Any:
    return c.fsum(c.exp(x - xs[i]) for j, x in enumerate(xs) if j != i)


def lgamma(c: Any, x: Any) -> Any:
    return c.log(abs(c.gamma(x))) if abs(x) < 1000 else c.re(c.loggamma(x))


def dot(c: Any, *ab: Any) -> Any:
    n = len(ab) // 2
    return c.fdot(ab[:n], ab[n:])


def poles_apart(xs: Sequence[float]) -> list[float]:
    return [x for x in xs if x > 0 or x != int(x)]


SAMPLES: dict[str, Sample] = {
    "add": Sample(lambda c, a, b: a + b, PAIRS, (ANY, ANY)),
    "sub": Sample(lambda c, a, b: a - b, PAIRS, (ANY, ANY)),
    "mul": Sample(lambda c, a, b: a * b, PAIRS, (ANY, ANY)),
    "div": Sample(lambda c, a, b: a / b, PAIRS, (REAL, (1e-9, 1e9))),
    "pow": Sample(lambda c, a, b: c.power(a, b), POWERS, ((1e-9, 1e4), (-70, 70))),
    "floordiv": Sample(
        lambda c, a, b: c.floor(a / b),
        [*product(both([0.3, 1.1, 7.7, 1e4]), both([0.7, 2.3, 999.0])), (1.0, 0.1)],
        ((-1e3, 1e3), (0.01, 1e3)),
    ),
    "mod": Sample(
        lambda c, a, b: a - b * c.floor(a / b),
        [*product(both([0.3, 1.1, 7.7, 1e4]), both([0.7, 2.3, 999.0])), (1.0, 0.1)],
        ((-1e3, 1e3), (0.01, 1e3)),
    ),
    "neg": Sample(lambda c, x: -x, ones(LINE), (ANY,)),
    "identity": Sample(lambda c, x: x, ones(LINE), (ANY,)),
    "abs": Sample(lambda c, x: max(x, -x), ones(LINE), (ANY,)),
    "sign": Sample(lambda c, x: c.sign(x), ones(LINE), (ANY,)),
    "floor": Sample(lambda c, x: c.floor(x), ones(both(STEPS)), (REAL,)),
    "ceil": Sample(lambda c, x: c.ceil(x), ones(both(STEPS)), (REAL,)),
    "round": Sample(
        lambda c, x, n: c.nint(x * 10**n) / 10**n,
        [*product(both(STEPS), [0]), (2.675, 2), (-0.123456, 3), (1234.4, 1)],
        (REAL, (0, 3)),
    ),
    "maximum": Sample(lambda c, a, b: max(a, b), UNEQUAL, (ANY, ANY)),
    "minimum": Sample(lambda c, a, b: min(a, b), UNEQUAL, (ANY, ANY)),
    "clip": Sample(
        lambda c, x, low, high: min(max(x, low), high),
        [*product(both([1e-300, 0.3, 2.0, 1e4, 1e300]), [-1.5, 1e-9], [1.25]), (0.0, 2.0, 1.0)],
        (REAL, (-10.0, -0.1), (0.1, 10.0)),
    ),
    "where": Sample(
        lambda c, holds, a, b: a if holds else b,
        [(holds, a, b) for holds in (True, False) for a, b in PAIRS],
        ((0, 1), ANY, ANY),
    ),
    "exp": Sample(lambda c, x: c.exp(x), ones(LINE, both(EDGES)), ((-750, 750),)),
    "exp2": Sample(
        lambda c, x: c.power(2, x), ones(LINE, [1023.5, 1025.0, -1022.5, -1074.0]), ((-1080, 1023),)
    ),
    "expm1": Sample(lambda c, x: c.expm1(x), ones(LINE, both(EDGES)), ((-750, 750),)),
    "log": Sample(lambda c, x: c.log(x), ones(POSITIVE, BELOW_1, ABOVE_1), ((0, 1e300),)),
    "log2": Sample(
        lambda c, x: c.log(x) / c.log(2), ones(POSITIVE, BELOW_1, ABOVE_1), ((0, 1e300),)
    ),
    "log10": Sample(
        lambda c, x: c.log(x) / c.log(10), ones(POSITIVE, BELOW_1, ABOVE_1), ((0, 1e300),)
    ),
    "log1p": Sample(
        lambda c, x: c.log1p(x),
        ones(POSITIVE, [-x for x in [*TINY, *BELOW_1, 1e-6, 1e-3, 0.1]]),
        ((-1, 1e300),),
    ),
    "sqrt": Sample(lambda c, x: c.sqrt(x), ones(POSITIVE), ((0, 1e300),)),
    "cbrt": Sample(lambda c, x: c.sign(x) * c.root(abs(x), 3), ones(LINE), (ANY,)),
    "sin": Sample(lambda c, x: c.sin(x), ones(LINE, [3.141592653589793, 22.0]), (REAL,)),
    "cos": Sample(lambda c, x: c.cos(x), ones(LINE, [1.5707963267948966, 11.0]), (REAL,)),
    "tan": Sample(lambda c, x: c.tan(x), ones(LINE, [1.5707963267948966, 11.0, 22.0]), (REAL,)),
    "asin": Sample(
        lambda c, x: c.asin(x),
        ones(both([*TINY, *BELOW_1, *[x for x in USUAL if x < 1]])),
        ((-1, 1),),
    ),
    "acos": Sample(
        lambda c, x: c.acos(x),
        ones(both([*TINY, *BELOW_1, *[x for x in USUAL if x < 1]])),
        ((-1, 1),),
    ),
    "atan": Sample(lambda c, x: c.atan(x), ones(LINE), (ANY,)),
    "atan2": Sample(lambda c, a, b: c.atan2(a, b), PAIRS, (REAL, REAL)),
    "hypot": Sample(lambda c, a, b: c.sqrt(a * a + b * b), PAIRS, (REAL, REAL)),
    "sinh": Sample(lambda c, x: c.sinh(x), ones(LINE, both(EDGES)), ((-715, 715),)),
    "cosh": Sample(lambda c, x: c.cosh(x), ones(LINE, both(EDGES)), ((-715, 715),)),
    "tanh": Sample(
        lambda c, x: c.tanh(x), ones(LINE, both([18.7, 19.1, 355.0, 371.0, 373.0])), ((-400, 400),)
    ),
    "sech_squared": Sample(
        lambda c, x: c.sech(x) ** 2, ones(LINE, both([18.7, 19.1, 355.0, 371.0, 373.0])), ((-400, 400),)
    ),
    "asinh": Sample(lambda c, x: c.asinh(x), ones(LINE), (ANY,)),
    "acosh": Sample(
        lambda c, x: c.acosh(x), ones(ABOVE_1, [x for x in POSITIVE if x > 1.01]), ((1, 1e300),)
    ),
    "atanh": Sample(
        lambda c, x: c.atanh(x),
        ones(both([*TINY, *BELOW_1, *[x for x in USUAL if x < 1]])),
        ((-1, 1),),
    ),
    "gaussian": Sample(
        lambda c, x: c.exp(-x * x), ones(LINE, both([5.9, 26.0, 26.6, 27.2, 27.3])), ((-26, 26),)
    ),
    "erf": Sample(lambda c, x: c.erf(x), ones(LINE, both([2.0, 5.8, 5.95])), ((-26, 26),)),
    "erfc": Sample(lambda c, x: erfc(c, x), ones(LINE, both([26.5, 27.0, 27.2])), ((-26, 26),)),
    "normal_cdf": Sample(
        lambda c, x: erfc(c, -x / c.sqrt(2)) / 2,
        ones(LINE, both([8.3, 37.4, 38.0, 38.4])),
        ((-37, 37),),
    ),
    "gamma": Sample(
        lambda c, x: c.gamma(x) if x < 1e6 else c.inf,
        ones(
            poles_apart(both([*TINY, *USUAL])),
            QUARTERS,
            [1.4616321449683622, 171.6, 171.7, -170.5, -177.4, -184.9, -1000.5],
        ),
        ((-170, 171),),
    ),
    "lgamma": Sample(
        lgamma,
        ones(
            poles_apart(both([*TINY, *USUAL])),
            QUARTERS,
            [*LARGE[:-1], *BELOW_1, *ABOVE_1, *[2 * x for x in [*BELOW_1, *ABOVE_1]]],
            [-2.4570247382208006, -3.955294284858598, -1e4 - 0.3, 1.4616321449683622],
        ),
        ((-50, 1e4),),
    ),
    "digamma": Sample(
        lambda c, x: c.psi(0, x),
        ones(
            poles_apart(both([*TINY, *USUAL])),
            QUARTERS,
            [*LARGE, 1.4616321449683622, -0.5040830082644554, -1e4 - 0.3],
        ),
        ((-50, 1e4),),
    ),
    "polygamma": Sample(
        lambda c, n, x: c.psi(n, x),
        [*product([0, 1, 2, 5], [1e-100, 1e-9, 0.3, 1.0, 2.5, 9.9, 15.0, 50.0, 1e4, 1e16, 1e100]),
         *product([0, 1, 2, 5], [-1e-9, -0.3, -0.5, -1.2, -2.9, -10.6, -50.3])],
        ((0, 6), (-20, 1e3)),
    ),
    "sigmoid": Sample(lambda c, x: 1 / (1 + c.exp(-x)), ones(LINE, both(EDGES)), ((-750, 750),)),
    "softplus": Sample(softplus, ones(LINE, both(EDGES)), ((-750, 750),)),
    "logsigmoid": Sample(lambda c, x: -softplus(c, -x), ones(LINE, both(EDGES)), ((-750, 750),)),
    "relu": Sample(lambda c, x: max(x, c.zero), ones(LINE), (ANY,)),
    "leaky_relu": Sample(
        lambda c, x, slope: x if x > 0 else slope * x,
        list(product(LINE, [0.01, 0.3])),
        (REAL, (0.001, 0.9)),
    ),
    "elu": Sample(
        lambda c, x, alpha: x if x > 0 else alpha * c.expm1(x),
        list(product([*LINE, *both(EDGES)], [1.0, 0.3])),
        ((-750, 750), (0.001, 2.0)),
    ),
    "selu": Sample(
        lambda c, x: c.mpf(SCALE) * (x if x > 0 else c.mpf(ALPHA) * c.expm1(x)),
        ones(LINE, both(EDGES)),
        ((-750, 750),),
    ),
    "gelu": Sample(
        lambda c, x: x * erfc(c, -x / c.sqrt(2)) / 2,
        ones(LINE, both([0.7517915241, 8.3, 37.4, 38.0, 38.4]), [-0.7517915246935645]),
        ((-37, 37),),
    ),
    "silu": Sample(
        lambda c, x: x / (1 + c.exp(-x)),
        ones(LINE, both(EDGES), [-1.2784645427610738]),
        ((-750, 750),),
    ),
    "mish": Sample(
        lambda c, x: x * c.tanh(softplus(c, x)),
        ones(LINE, both(EDGES), [-1.1924312141]),
        ((-750, 750),),
    ),
    "sum": Sample(lambda c, *xs: c.fsum(xs), ORDINARY, (REAL,) * 3),
    "mean": Sample(lambda c, *xs: c.fsum(xs) / len(xs), ORDINARY, (REAL,) * 3),
    "prod": Sample(lambda c, *xs: c.fprod(xs), ORDINARY, (REAL,) * 3),
    "dot": Sample(
        dot,
        [(2.0, 3.0), (1.0, -2.5, 4.0, 0.1), (1e100, 1.0, -1e100, 1e-100, 1.0, 1e-100)],
        (REAL,) * 4,
    ),
    "norm": Sample(
        lambda c, *xs: c.sqrt(c.fsum(x * x for x in xs)),
        [*ORDINARY, (3e200, 4e200), (3e-200, -4e-200), (1e-320, 1e-320)],
        (REAL,) * 3,
    ),
    "max": Sample(lambda c, *xs: max(xs), ORDINARY, (REAL,) * 3),
    "min": Sample(lambda c, *xs: min(xs), ORDINARY, (REAL,) * 3),
    "logsumexp": Sample(
        logsumexp,
        [*ORDINARY, (1e4, 1e4), (-1e4, -1e4 + 0.5), (0.0, -0.6931471805599453, -50.0)],
        ((-750, 750),) * 3,
    ),
    "softmax": Sample(
        lambda c, i, *xs: 1 / (1 + others(c, i, xs)),
        [(i, *xs) for xs in [*ORDINARY, (1e4, 1e4 + 3)] for i in range(len(xs))],
        ((0, 2), *((-750, 750),) * 3),
    ),
    "take": Sample(
        lambda c, i, *xs: xs[i],
        [(i, *xs) for xs in ORDINARY for i in range(len(xs))],
        ((0, 2), *(REAL,) * 3),
    ),
    "log_softmax": Sample(
        lambda c, i, *xs: -c.log1p(others(c, i, xs)),
        [(i, *xs) for xs in [*ORDINARY, (1e4, 1e4 + 3)] for i in range(len(xs))],
        ((0, 2), *((-750, 750),) * 3),
    ),
}  # fmt: skip
