"""The table of primitives: a name, a function and one partial derivative per argument.

Each partial is written once, in terms of the output y and the inputs. Evaluated on floats a
row gives ordinary gradients; on `Value`s gradients that can be differentiated again; on
fractions exact ones; on mpmath numbers as many digits as wanted; times a tangent it is
forward mode; alone it is the number on an edge of a diagram. Nothing else writes a derivative.

Constants are integers, or made in the argument's own type (`pi`, `ln`, `ratio`), so that exact
numbers stay exact. A `None` stands for a parameter that is not differentiated.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, zip_longest
from typing import Any

import numpy as np

from autograd import activations, numbers, reductions
from autograd.activations import SELU_ALPHA, SELU_SCALE, sigmoid, softplus
from autograd.numbers import (
    cos, cosh, digamma, divide, exp, expm1, gaussian, hypot, in_kind_of, is_exact, ln, log,
    maximum, minimum, normal_cdf, pi, polygamma, power, ratio, sech_squared, sign, sin, sinh, sqrt,
    tanh, where,
)  # fmt: skip
from autograd.reductions import Stack, shares, stacked

Function = Callable[..., Any]
Partial = int | Function | None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """Hold one row: y = function(*inputs) and its partial derivatives.

    `partials` has an entry per argument, None for a parameter; a function of any number of
    arguments has `all_partials`, one function that returns the whole list. `slopes` are the
    partials once more, as the reverse pass likes them: all functions, but for None where it is 1.
    """

    name: str
    symbol: str
    function: Function
    partials: tuple[Any, ...] = ()
    all_partials: Function | None = None
    slopes: tuple[Function | None, ...] = field(init=False)

    def __post_init__(self) -> None:
        slopes = [None if p == 1 else p if callable(p) else constant(p) for p in self.partials]
        object.__setattr__(self, "slopes", () if self.all_partials else tuple(slopes))

    def derivatives(self, y: Any, xs: Sequence[Any], wanted: Sequence[bool]) -> Sequence[Any]:
        """Return dy/dx for the wanted inputs (0 for the others), under IEEE rules for floats."""
        if type(y) is not float:
            xs = self._each(lambda x: in_kind_of(y, x), xs)  # 1/7 is a fraction if y is one
        try:
            return self._derivatives(y, xs, wanted)
        except (ZeroDivisionError, OverflowError):
            if is_exact(y, *xs):
                raise
        with np.errstate(all="ignore"):  # floats: 1/0 is inf, and NumPy's scalars know that
            xs = self._each(np.float64, xs)
            return [float(d) for d in self._derivatives(np.float64(y), xs, wanted)]

    def _derivatives(self, y: Any, xs: Sequence[Any], wanted: Sequence[bool]) -> Sequence[Any]:
        if self.all_partials is not None:
            return self.all_partials(y, *xs)  # type: ignore[no-any-return]
        return [
            (p(y, *xs) if callable(p) else p) if want else 0
            for p, want in zip(self.partials, wanted, strict=True)
        ]

    def _each(self, make: Function, xs: Sequence[Any]) -> list[Any]:
        """Return xs with each int and float made anew, but not those that are parameters."""
        return [
            make(x) if isinstance(x, (int, float)) and p is not None else x
            for x, p in zip_longest(xs, self.partials[: len(xs)], fillvalue=0)
        ]

    def __reduce__(self) -> tuple[Function, tuple[str]]:
        return find, (self.name,)


TABLE: dict[str, Rule] = {}


def find(name: str) -> Rule:
    """Return the row of that name.

    >>> find("mul").symbol
    '*'
    """
    if name not in TABLE:
        near = difflib.get_close_matches(name, TABLE)
        raise LookupError(
            f"unknown primitive {name!r}"
            + (f": did you mean {' or '.join(map(repr, near))}?" if near else "")
            + " A new one is added with autograd.primitive(name, function, *partials),"
            " before anything that uses it is unpickled"
        )
    return TABLE[name]


def row(name: str, function: Function, *partials: Partial, symbol: str = "") -> None:
    """Add a row for a function of as many arguments as there are partials."""
    TABLE[name] = Rule(name, symbol or name, function, partials)


def constant(n: int | None) -> Function:
    """Return a function of (y, *inputs) that is n."""
    return lambda y, *xs: n


def wide(name: str, function: Function, all_partials: Function, *parameters: None) -> None:
    """Add a row for a function of any number of arguments, after its parameters."""
    TABLE[name] = Rule(name, name, function, parameters, all_partials)


def power_slope(a: Any, b: Any) -> Any:
    """Return b * a**(b - 1), and 0 for b = 0; near that as b * a**b / a: b - 1 would round b."""
    if type(b) in (int, float) and (b == 0 or not -0.1 < b < 0.1):  # the common case
        return b * power(a, b - 1) if b else 0
    small = (b > -0.1) & (b < 0.1) & (b != 0) & (a != 0)
    base = where(small, a, 1)
    return where(small, b * power(base, b) / base, b * power(a, where(b == 0, 0, b - 1)))


def density(x: Any) -> Any:
    """Return the normal density e**(-x**2 / 2) / sqrt(2 pi)."""
    return gaussian(x / sqrt(ratio(2, 1, x))) / sqrt(2 * pi(x))


def products_of_others(xs: Sequence[Any]) -> Any:
    """Return for every i the product of all xs but the i-th, without dividing by it."""
    if (stack := stacked(xs)) is not None:
        ones = np.ones_like(stack[:1])
        up, down = np.concatenate([ones, stack[:-1]]), np.concatenate([ones, stack[:0:-1]])
        return np.multiply.accumulate(up) * np.multiply.accumulate(down)[::-1]
    before = list(accumulate(xs[:-1], operator.mul, initial=1))
    after = list(accumulate(xs[:0:-1], operator.mul, initial=1))[::-1]
    return list(map(operator.mul, before, after))


def ties(y: Any, xs: Sequence[Any]) -> Any:
    """Return the partials of a maximum or minimum: the inputs equal to it share 1 evenly."""
    if (stack := stacked(xs)) is not None:
        equal = stack == y
        return equal / np.maximum(np.add.reduce(equal), 1)
    hits = [x == y for x in xs]
    count = sum(hits)  # of intervals: an interval
    share = 1 if type(count) is int and count < 2 else ratio(1, maximum(count, 1), y)
    return [where(hit, share, 0) for hit in hits]


def directions(y: Any, xs: Sequence[Any]) -> Any:
    """Return x / y for every x, the partials of the length y; 0 where that is 0."""
    if (stack := stacked(xs)) is not None:
        return np.where(y == 0, 0, stack / np.where(y == 0, 1, y))
    return [where(y == 0, 0, x / where(y == 0, 1, y)) for x in xs]


def chosen(i: Any, xs: Sequence[Any]) -> Any:
    """Return the partials of xs[i], and 0 for i."""
    if type(i) is Stack:
        places = np.arange(len(i.array) - 1).reshape(-1, *[1] * (i.array.ndim - 1))
        hits = places == i.array[0] % len(places)
        return np.concatenate([np.zeros_like(hits[:1]), hits])
    return [0, *[where(i % len(xs) == j, 1, 0) for j in range(len(xs))]]


def without(i: int, ps: Sequence[Any]) -> Any:
    """Return the sum of all ps but the i-th: 1 - p_i, when they add to 1, with its digits kept."""
    return sum(p for j, p in enumerate(ps) if j != i)


def softmax_row(i: int, ps: Sequence[Any]) -> list[Any]:
    """Return row i of the softmax Jacobian, p_i * (delta_ij - p_j)."""
    return [ps[i] * without(i, ps) if j == i else -ps[i] * p for j, p in enumerate(ps)]


def log_softmax_row(i: int, ps: Sequence[Any]) -> list[Any]:
    """Return row i of the log-softmax Jacobian, delta_ij - p_j."""
    return [without(i, ps) if j == i else -p for j, p in enumerate(ps)]


# Derivatives are written so that no digit is lost: 1 - tanh(x)**2 is 0 from x = 19 on, where
# cosh(x)**-2 is right down to 1e-308; (1-x)*(1+x) is exact where 1 - x**2 has cancelled.
# fmt: off
row("add",      operator.add, 1, 1,                                             symbol="+")
row("sub",      operator.sub, 1, -1,                                            symbol="-")
row("mul",      operator.mul, lambda y, a, b: b,   lambda y, a, b: a,           symbol="*")
row("div",      divide,       lambda y, a, b: divide(1, b), lambda y, a, b: -y/b,        symbol="/")
row("pow",      power,        lambda y, a, b: power_slope(a, b),                # 0 at 0**0
                              lambda y, a, b: y * log(where(y == 0, 1, a)),     symbol="**")
row("floordiv", numbers.floordiv, 0, 0,                                         symbol="//")
row("mod",      numbers.mod,  1, lambda y, a, b: -numbers.floordiv(a, b),       symbol="%")
row("neg",      operator.neg, -1,                                               symbol="-")
row("identity", operator.pos, 1)
row("stop gradient", operator.pos, 0)  # what detach() is while a program is recorded

row("abs",      operator.abs,      lambda y, x: sign(x))                        # 0 at 0
row("sign",     sign,              0)
row("floor",    numbers.floor,     0)
row("ceil",     numbers.ceil,      0)
row("round",    numbers.round,     0, None)
row("maximum",  numbers.maximum,   lambda y, a, b: where(a > b, 1, where(a < b, 0, ratio(1, 2, y))),
                                   lambda y, a, b: where(b > a, 1, where(b < a, 0, ratio(1, 2, y))))
row("minimum",  numbers.minimum,   lambda y, a, b: where(a < b, 1, where(a > b, 0, ratio(1, 2, y))),
                                   lambda y, a, b: where(b < a, 1, where(b > a, 0, ratio(1, 2, y))))
row("clip",     numbers.clip,      lambda y, x, low, high: where(x < low, 0, where(x > high, 0, 1)),
                                   lambda y, x, low, high: where(x < low, where(low > high, 0, 1), 0),
                                   lambda y, x, low, high: where(maximum(x, low) > high, 1, 0))
row("where",    where,             None, lambda y, c, a, b: where(c, 1, 0), lambda y, c, a, b: where(c, 0, 1))

row("exp",      exp,               lambda y, x: y)
row("exp2",     numbers.exp2,      lambda y, x: y * ln(2, x))
row("expm1",    expm1,             lambda y, x: exp(x))                         # y + 1 would cancel
row("log",      log,               lambda y, x: 1/x)
row("log2",     numbers.log2,      lambda y, x: 1/x / ln(2, x))
row("log10",    numbers.log10,     lambda y, x: 1/x / ln(10, x))
row("log1p",    numbers.log1p,     lambda y, x: 1/(1 + x))
row("sqrt",     sqrt,              lambda y, x: 1/(2*y))
row("cbrt",     numbers.cbrt,      lambda y, x: 1/(3*y*y))

row("sin",      sin,               lambda y, x: cos(x))
row("cos",      cos,               lambda y, x: -sin(x))
row("tan",      numbers.tan,       lambda y, x: 1 + y*y)
row("asin",     numbers.asin,      lambda y, x: 1/sqrt((1 - x)*(1 + x)))
row("acos",     numbers.acos,      lambda y, x: -1/sqrt((1 - x)*(1 + x)))
row("atan",     numbers.atan,      lambda y, x: 1/hypot(1, x)/hypot(1, x))      # x*x could overflow
row("atan2",    numbers.atan2,     lambda y, a, b: b/hypot(a, b)/hypot(a, b),
                                   lambda y, a, b: -a/hypot(a, b)/hypot(a, b))
row("hypot",    hypot,             lambda y, a, b: where(y == 0, 0, a / where(y == 0, 1, y)),
                                   lambda y, a, b: where(y == 0, 0, b / where(y == 0, 1, y)))
row("sinh",     sinh,              lambda y, x: cosh(x))
row("cosh",     cosh,              lambda y, x: sinh(x))
row("tanh",     tanh,              lambda y, x: sech_squared(x))                # 1 - y*y would cancel
row("sech_squared", sech_squared,  lambda y, x: -2*y*tanh(x))
row("asinh",    numbers.asinh,     lambda y, x: 1/hypot(1, x))
row("acosh",    numbers.acosh,     lambda y, x: 1/sqrt(x - 1)/sqrt(x + 1))
row("atanh",    numbers.atanh,     lambda y, x: 1/((1 - x)*(1 + x)))

row("gaussian",   gaussian,        lambda y, x: -2*(x*y))                         # x alone could overflow
row("erf",        numbers.erf,     lambda y, x: 2*gaussian(x)/sqrt(pi(x)))
row("erfc",       numbers.erfc,    lambda y, x: -2*gaussian(x)/sqrt(pi(x)))
row("normal_cdf", normal_cdf,      lambda y, x: density(x))
row("gamma",      numbers.gamma,   lambda y, x: y*digamma(x))
row("lgamma",     numbers.lgamma,  lambda y, x: digamma(x))
row("digamma",    digamma,         lambda y, x: polygamma(1, x))
row("polygamma",  polygamma,       None, lambda y, n, x: polygamma(n + 1, x))

row("sigmoid",    sigmoid,                lambda y, x: y*sigmoid(-x))           # 1 - y would cancel
row("softplus",   softplus,               lambda y, x: sigmoid(x))
row("logsigmoid", activations.logsigmoid, lambda y, x: sigmoid(-x))
row("relu",       activations.relu,       lambda y, x: (x > 0)*1)              # 0 at 0
row("leaky_relu", activations.leaky_relu, lambda y, x, slope: where(x > 0, 1, slope),
                                          lambda y, x, slope: where(x > 0, 0, x))
row("elu",        activations.elu,        lambda y, x, alpha: where(x > 0, 1, alpha*exp(minimum(x, 0))),
                                          lambda y, x, alpha: where(x > 0, 0, expm1(minimum(x, 0))))
row("selu",       activations.selu,       lambda y, x: SELU_SCALE*where(x > 0, 1, SELU_ALPHA*exp(minimum(x, 0))))
row("gelu",       activations.gelu,       lambda y, x: normal_cdf(x) + x*density(x))
row("silu",       activations.silu,       lambda y, x: sigmoid(x)*(1 + x*sigmoid(-x)))
row("mish",       activations.mish,       lambda y, x: tanh(softplus(x)) + x*sigmoid(x)*sech_squared(softplus(x)))

wide("sum",         reductions.sum,         lambda y, *xs: [1] * len(xs))
wide("mean",        reductions.mean,        lambda y, *xs: [ratio(1, len(xs), y)] * len(xs))
wide("prod",        reductions.prod,        lambda y, *xs: products_of_others(xs))
wide("dot",         reductions.dot,         lambda y, *ab: ab[len(ab)//2:] + ab[:len(ab)//2])
wide("norm",        reductions.norm,        lambda y, *xs: directions(y, xs))
wide("max",         reductions.max,         lambda y, *xs: ties(y, xs))
wide("min",         reductions.min,         lambda y, *xs: ties(y, xs))
wide("logsumexp",   reductions.logsumexp,   lambda y, *xs: shares(*xs))
wide("softmax",     reductions.softmax,     lambda y, i, *xs: [0, *softmax_row(i, shares(*xs))],     None)
wide("take",        reductions.take,        lambda y, i, *xs: chosen(i, xs),                                 None)
wide("log_softmax", reductions.log_softmax, lambda y, i, *xs: [0, *log_softmax_row(i, shares(*xs))], None)
# fmt: on
