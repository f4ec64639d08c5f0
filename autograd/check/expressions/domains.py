"""Where the operations of the table are smooth: how far a point is from a kink, pole or edge.

Steps are evaluated with the rules' functions, never with their partials, and each value carries
a radius: what becomes of it when the inputs are moved by 1e-9. A step is clear if its operands
are farther from any kink than that, and if values and radii stay moderate. So what is clear in
floats is so in any precision, and rounding errors are magnified a hundred thousand times at most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from autograd.check.expressions import Expression, Step
from autograd.rules import Rule, find

MARGIN = 0.01  # the least distance from a kink, pole or edge
LEAST, MOST = 1e-3, 1e3  # the sizes of values, unless they are 0
STIR = 1e-9  # how far the inputs are moved
RADIUS = 1e-4  # how far values may be moved by that
_DIGITS = 2**256  # the largest denominator


class Spread(NamedTuple):
    """Hold a value, and how far it moves when the inputs move a little."""

    value: Any
    radius: Any


def _nearest_two(*xs: Any) -> Any:
    """Return the distance between the two largest."""
    top = sorted(xs)[-2:]
    return top[-1] - top[0] if len(xs) > 1 else math.inf


def _from_poles(x: Any) -> Any:
    return x if x > 0 else abs(x - round(x))  # of gamma: 0, -1, -2, ...


def _from_step(a: Any, b: Any) -> Any:
    return min(abs(b), abs(a / b - round(a / b)))


def _from_half(x: Any, digits: int) -> Any:
    shifted = x * 10**digits
    return abs(shifted - math.floor(shifted) - 0.5) / 10**digits


def _from_base(a: Any, b: Any) -> Any:
    """Return the distance of the base of a power from where it is none: whole powers have any."""
    if type(b) is int:
        return abs(a) if b < 0 else math.inf
    return a if type(b) is float else -1


# Functions that bend at 0 in this combination of their arguments; there are points exactly on it.
# fmt: off
KINKS: dict[str, Callable[..., Any]] = {
    "abs":        lambda x: x,
    "relu":       lambda x: x,
    "leaky_relu": lambda x, slope: x,
    "elu":        lambda x, alpha: x,
    "selu":       lambda x: x,
    "maximum":    lambda a, b: a - b,
    "minimum":    lambda a, b: a - b,
    "max":        lambda x, *xs: x - max(xs, default=-math.inf),
    "min":        lambda x, *xs: x - min(xs, default=math.inf),
    "clip":       lambda x, low, high: (x - low) * (x - high) if low < high else math.nan,
}

# The distance from where an operation is not smooth: from kinks, jumps, poles, and the edge of the
# domain; negative outside. An operation that is not here is smooth everywhere.
_DISTANCES: dict[str, Callable[..., Any]] = {
    **{name: (lambda x, *_: abs(x)) for name in (*KINKS, "sign", "cbrt")},
    **{name: (lambda x: x) for name in ("sqrt", "log", "log2", "log10")},
    **{name: (lambda x: 1 - abs(x)) for name in ("asin", "acos", "atanh")},
    **{name: (lambda x: abs(x - round(x))) for name in ("floor", "ceil")},
    "gamma":     _from_poles,
    "lgamma":    _from_poles,
    "digamma":   _from_poles,
    "floordiv":  _from_step,
    "mod":       _from_step,
    "div":       lambda a, b: abs(b),
    "pow":       _from_base,
    "round":     _from_half,
    "log1p":     lambda x: 1 + x,
    "acosh":     lambda x: x - 1,
    "tan":       lambda x: abs(math.cos(x)),
    "polygamma": lambda n, x: _from_poles(x),
    "atan2":     lambda a, b: max(abs(a), b),         # its cut is the negative half of the axis
    "hypot":     lambda a, b: max(abs(a), abs(b)),
    "norm":      lambda *xs: max(map(abs, xs)),
    "maximum":   lambda a, b: abs(a - b),
    "minimum":   lambda a, b: abs(a - b),
    "max":       _nearest_two,
    "min":       lambda *xs: _nearest_two(*[-x for x in xs]),
    "clip":      lambda x, low, high: min(abs(x - low), abs(x - high), high - low),
    "where":     lambda p, q, a, b: abs(p - q),
}
# fmt: on


def distance(operation: str, xs: Sequence[Any]) -> Any:
    """Return how far the operands of an operation are from where it is not smooth.

    A primitive of one's own counts as smooth wherever it has a value.

    >>> distance("relu", [-0.25]), distance("log", [-1.0]), distance("tanh", [0.0])
    (0.25, -1.0, inf)
    """
    try:
        return _DISTANCES[operation](*xs) if operation in _DISTANCES else math.inf
    except (ArithmeticError, ValueError):
        return -math.inf


def evaluate(rule: Rule, xs: Sequence[Any]) -> Any:
    """Return the rule's function of the operands of a step; nan where it has no such value."""
    exact = any(type(x) is Fraction for x in xs)
    try:
        if rule.name == "where":
            p, q, *xs = xs
            xs = (p > q, *xs)
        y = rule.function(*xs)
    except (ArithmeticError, ValueError):  # a pole
        return math.nan
    except TypeError:
        if exact:  # no fraction
            return math.nan
        raise
    if exact:  # ints among fractions, as those of a // b, are to stay exact from here on
        return math.nan if type(y) is float else Fraction(y)
    return y


def advance(rule: Rule, operands: Sequence[Spread], kink: bool = False) -> Spread | None:
    """Return the value of a step with its radius, or None if it is not clear.

    With `kink` it need not be: values only have to be moderate.
    """
    xs = [x for x, _ in operands]
    if not kink and not distance(rule.name, xs) >= MARGIN:
        return None
    y = evaluate(rule, xs)
    if not is_moderate(y):
        return None
    radius: Any = 0
    for i, (x, r) in enumerate(operands):
        if r:
            radius += abs(evaluate(rule, [*xs[:i], x + r, *xs[i + 1 :]]) - y)
    return Spread(y, radius) if radius <= RADIUS else None


def is_moderate(x: Any) -> bool:
    """Say whether a number is 0 or of a usual size, and a fraction not too long.

    >>> is_moderate(-2.5), is_moderate(1e-9), is_moderate(float("nan"))
    (True, False, False)
    """
    if type(x) is Fraction and x.denominator > _DIGITS:
        return False
    return bool(x == 0 or LEAST <= abs(x) <= MOST)


def spread(x: Any) -> Spread:
    """Return an input: floats may move, other numbers are exact."""
    return Spread(x, STIR if type(x) is float else 0)


class Traced(NamedTuple):
    """Hold a step with its operands' values and its own."""

    name: str
    step: Step
    operands: list[Any]
    value: Any


def trace(expression: Expression, point: Sequence[Any]) -> list[Traced]:
    """Return every step with its values at a point, computed by the rules' functions alone.

    >>> e = Expression(("a",), (Step("mul", ("a", 2)), Step("neg", ("v1",))))
    >>> [traced.value for traced in trace(e, (3.0,))]
    [6.0, -6.0]
    """
    known = dict(zip(expression.variables, point, strict=True))
    found = []
    for name, step in expression.named_steps():
        xs = [known[x] if isinstance(x, str) else x for x in step.operands]
        known[name] = evaluate(find(step.operation), xs)
        found.append(Traced(name, step, xs, known[name]))
    return found


def is_clear(expression: Expression, point: Sequence[Any]) -> bool:
    """Say whether every step is farther from any kink, pole or edge than the margin.

    >>> e = Expression(("a",), (Step("log", ("a",)),))
    >>> is_clear(e, (2.0,)), is_clear(e, (0.001,))
    (True, False)
    """
    if not all(map(is_moderate, point)):
        return False
    known: dict[Any, Spread] = dict(zip(expression.variables, map(spread, point), strict=True))
    for name, step in expression.named_steps():
        xs = [known[x] if isinstance(x, str) else Spread(x, 0) for x in step.operands]
        found = advance(find(step.operation), xs)
        if found is None:
            return False
        known[name] = found
    return True


def kinks(expression: Expression, point: Sequence[Any]) -> list[str]:
    """Return the names of the steps that are exactly on a kink at a point.

    >>> kinks(Expression(("a",), (Step("relu", ("a",)),)), (0.0,))
    ['v1']
    """
    return [
        name for name, step, xs, _ in trace(expression, point)
        if step.operation in KINKS and KINKS[step.operation](*xs) == 0
    ]  # fmt: skip
