"""One row of the table judged: its partials against differences of its function."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import mpmath

from autograd.check.oracles.blackbox import Estimate, estimate
from autograd.check.oracles.precise import (
    context,
    difference,
    exactly,
    keeping_digits,
    public,
    sensitivity,
)
from autograd.check.oracles.replay import is_parameter
from autograd.check.report import Component, Report
from autograd.check.ulps import nearest, ulp, ulps
from autograd.numbers import Function
from autograd.rules import Rule, find

DIGITS = 100


def check_primitive(primitive: str | Function | Rule, points: Iterable[Any], *,
                    truth: Function | None = None, units: float = 8) -> Report:  # fmt: skip
    """Compare the partials of a primitive, on floats, with high-precision differences.

    `primitive` is a name, a function made by `autograd.primitive`, or a rule; `points` holds its
    arguments: a number, or a tuple for several. The function judges its own partials, unless
    there is an independent `truth`, a function of mpmath numbers, which then judges the values
    too. Right is what is within `units` in the last place, or within
    units/2 * (1 + condition number); where the value is below the normal floats, a partial that
    is written in terms of it may be as coarse. A function that takes floats only is differenced
    in floats. Raises Kink at a point without a derivative.

    >>> from autograd import primitive
    >>> cube = primitive("cube", lambda x: x**3, lambda y, x: 2 * x * x)
    >>> report = check_primitive(cube, [2.0])
    >>> report.ok, report.worst.name, report.worst.claimed, float(report.worst.true)
    (False, 'd cube(2.0) / d input 0', 8.0, 12.0)
    """
    rule = _rule(primitive)
    c = context(DIGITS)
    components: list[Component] = []
    for point in points:
        xs = point if isinstance(point, tuple) else (point,)
        judge = _precisely(c, rule, xs, truth, units)
        try:
            components += judge
        except (TypeError, AttributeError):
            if truth:
                raise
            components += _in_floats(rule, xs, units)
    return Report(f"primitive {rule.name}", components)


def assert_primitive(primitive: str | Function | Rule, points: Iterable[Any], *,
                     truth: Function | None = None, units: float = 8) -> None:  # fmt: skip
    """Raise GradientMismatch unless `check_primitive` finds all partials right.

    >>> assert_primitive("tanh", [-20.0, 0.1, 3.0])
    """
    check_primitive(primitive, points, truth=truth, units=units).raise_if_wrong()


def _rule(primitive: str | Function | Rule) -> Rule:
    if isinstance(primitive, Rule):
        return primitive
    return find(primitive if isinstance(primitive, str) else primitive.__name__)


def _call(rule: Rule, xs: Sequence[Any]) -> str:
    return f"{rule.name}({', '.join(map(repr, xs))})"


def _claims(rule: Rule, xs: Sequence[Any]) -> tuple[Any, list[tuple[int, float]]]:
    """Return the value and, for every input that is differentiated, the partial of the rule."""
    y = rule.function(*xs)
    partials = rule.derivatives(y, xs, [True] * len(xs))
    return y, [(i, float(d)) for i, d in enumerate(partials) if not is_parameter(rule, i)]


def _precisely(c: Any, rule: Rule, xs: Sequence[Any], truth: Function | None,
               units: float) -> Iterator[Component]:  # fmt: skip
    exact = [x if is_parameter(rule, i) else exactly(c, x) for i, x in enumerate(xs)]
    inputs = [i for i in range(len(xs)) if not is_parameter(rule, i)]
    function = keeping_digits(c, truth or rule.function)
    value = function(*exact)
    y, claims = _claims(rule, xs)
    oracle = f"differences at {DIGITS} digits"

    def judged(name: str, claimed: float, f: Callable[..., Any]) -> Component:
        true = f(*exact)
        allowed = units * ulp(true)
        if ulps(claimed, true) > units:
            magnified = sensitivity(c, f, exact, inputs) / (abs(true) or c.one)
            allowed = max(allowed, nearest(units / 2 * (1 + magnified) * ulp(true or c.one)))
            if 0 < abs(value) < sys.float_info.min:
                allowed = max(allowed, nearest(abs(true) * min(units * ulp(value) / abs(value), 1)))
        return Component(name, claimed, public(true), allowed, oracle)

    if truth:
        yield judged(_call(rule, xs), float(y), function)
    for i, d in claims:
        name = f"d {_call(rule, xs)} / d input {i}"
        yield judged(name, d, lambda *zs, i=i: difference(c, function, zs, i))


def _in_floats(rule: Rule, xs: Sequence[Any], units: float) -> Iterator[Component]:
    for i, d in _claims(rule, xs)[1]:

        def along(x: Any, i: int = i) -> Any:
            return rule.function(*xs[:i], x, *xs[i + 1 :])

        yield judged_in_floats(
            f"d {_call(rule, xs)} / d input {i}", d, estimate(along, float(xs[i])), units
        )


def judged_in_floats(name: str, claimed: float, true: Estimate, units: float) -> Component:
    """Return a component whose truth is an estimate with an error of its own."""
    allowed = max(units * math.ulp(true.derivative), 10 * true.error)
    return Component(name, claimed, mpmath.mpf(true.derivative), allowed, true.oracle)
