"""How far floats may be off: error analysis of the graph that computes a gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from autograd.numbers import plain
from autograd.passes import gradients
from autograd.rules import Rule
from autograd.value import Value, data_of, derivatives, nodes

UNIT_ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
SAFETY = 16  # first-order analysis, and another order of the same operations
FUNCTION = 8  # units: exp, tanh, ... are tested to be within 4 ulp, which is 8 unit roundoffs

_UNITS = {
    **dict.fromkeys(["neg", "identity", "abs", "sign", "floor", "ceil", "round", "where", "relu",
                     "maximum", "minimum", "max", "min", "clip"], 0),
    **dict.fromkeys(["add", "sub", "mul", "div", "sqrt"], 1),
}  # fmt: skip


def unit_roundoff(precision: str) -> float:
    """Return u: a float of that precision is within a factor of 1 ± u of the number it stands for.

    >>> unit_roundoff("float32") == 2.0**-24
    True
    """
    if precision not in UNIT_ROUNDOFF:
        raise ValueError(f"precision={precision!r}: choose one of {', '.join(UNIT_ROUNDOFF)}")
    return UNIT_ROUNDOFF[precision]


def gradient_bounds(y: Value, xs: Sequence[Value], order: int = 1,
                    precision: str = "float64") -> list[float] | None:  # fmt: skip
    """Return, for every dy/dx (of order 2: for the Hessian, row by row), the error to be expected.

    The gradient g is itself recorded; each operation z in that graph is rounded by at most
    units * u * |z|, which moves g by |dg/dz| times that, and these are added up. In a precision
    below float64 inputs and constants are rounded, too. None if the gradient cannot be recorded
    (a partial that takes floats only). Source: Linnainmaa 1976, "Taylor expansion of the
    accumulated rounding error", for which the reverse mode was invented.

    >>> x = Value(0.5)
    >>> [bound] = gradient_bounds(x.exp() * x, [x])
    >>> 1e-16 < bound < 1e-13
    True
    """
    try:
        found = gradients(y, xs, create_graph=True)
        for _ in range(order - 1):
            found = [d for g in found for d in gradients(g, xs, create_graph=True)]
    except (TypeError, AttributeError, ValueError, ArithmeticError):
        return None
    return rounding_bounds(found, precision)


def rounding_bounds(ys: Sequence[Value], precision: str = "float64") -> list[float] | None:
    """Return how far floats may be off in every y, times 16, or None if that is unknown.

    >>> x = Value(10.0)
    >>> [bound] = rounding_bounds([1 - x.tanh() ** 2])
    >>> 1e-16 < bound < 1e-13
    True
    """
    u = unit_roundoff(precision)
    try:
        with np.errstate(all="ignore"):
            errors = _accumulated(ys, u, inputs_too=precision != "float64")
    except (TypeError, AttributeError, ValueError, ArithmeticError):
        return None
    smallest = math.ulp(0.0)
    bounds = [SAFETY * max(float(e), u * abs(float(plain(y))), smallest)
              for y, e in zip(ys, errors, strict=True)]  # fmt: skip
    return bounds if all(map(math.isfinite, bounds)) else None


def _accumulated(ys: Sequence[Value], u: float, inputs_too: bool) -> Any:
    """Return the sum over all z of |dy/dz| * (error of z) for every y, in one reverse pass."""
    adjoints: dict[Value, Any] = {}
    for k, y in enumerate(ys):
        adjoints.setdefault(y, np.zeros(len(ys)))[k] += 1
    total = np.zeros(len(ys))
    for v in reversed(nodes(*ys)):
        g = adjoints.pop(v)
        if v.rule is None:
            total += np.abs(g) * (u * abs(float(v.data)) if inputs_too else 0)
            continue
        units = _units(v.rule, len(v.inputs))
        if units:
            total += np.abs(g) * (
                units * u * _magnitude(v) + math.ulp(0.0)
            )  # underflow rounds, too
        wanted = [p is not None or type(x) is Value
                  for x, p in zip_longest(v.inputs, v.rule.partials, fillvalue=0)]  # fmt: skip
        partials = (
            v.rule.derivatives(v.data, data_of(v.inputs), wanted) if inputs_too else derivatives(v)
        )
        for x, d in zip(v.inputs, partials, strict=True):
            if type(x) is Value:
                adjoints[x] = adjoints.get(x, 0) + g * float(d)
            elif inputs_too and isinstance(x, float) and d is not None:
                total += np.abs(g) * (u * abs(x * float(d)))
    return total


def _units(rule: Rule, count: int) -> int:
    """Return the error of one operation in unit roundoffs; of long ones a sum has one a term."""
    if rule.all_partials is not None and rule.name not in _UNITS:
        return FUNCTION + count
    return _UNITS.get(rule.name, FUNCTION)


def _magnitude(v: Value) -> float:
    """Return the size of what is rounded: a sum's terms, which may cancel in it."""
    if v.rule is not None and v.rule.name in ("sum", "mean", "dot"):
        pairs = zip(v.inputs, derivatives(v), strict=True)
        return sum(abs(float(plain(x)) * float(d)) for x, d in pairs)
    return abs(float(v.data))
