"""How rounding errors arise in a recorded graph and flow to its result, in high precision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autograd.check.oracles.precise import (
    NOTHING,
    STEP,
    Kink,
    context,
    exactly,
    keeping_digits,
    shown,
)
from autograd.check.oracles.replay import _value, operands
from autograd.lines import line_of
from autograd.value import Value

DIGITS = 100
KEPT = 10  # digits of the result that are known beyond its noise


class Flow(NamedTuple):
    """Hold exact values and their noise, errors, roundings and slopes: how errors come and go."""

    c: Any
    order: list[Value]
    exact: dict[Value, Any]
    noise: dict[Value, Any]
    errors: dict[Value, Any]
    roundings: dict[Value, Any]
    slopes: dict[Value, list[tuple[Value, Any]]]

    def size(self, v: Value) -> Any:
        """Return |v| without rounding, or with it where that is all noise, as where it is 0."""
        exact = abs(self.exact[v])
        return exact if exact > self.noise[v] else abs(exactly(self.c, v.data))

    def adjoints(self, y: Value) -> dict[Value, Any]:
        """Return dy/dv for every v of the graph, and 0 where y does not depend on it."""
        adjoints = dict.fromkeys(self.order, self.c.zero)
        adjoints[y] = self.c.one
        for v in reversed(self.order):
            if a := adjoints[v]:
                for x, slope in self.slopes.get(v, ()):
                    adjoints[x] += slope * a
        return adjoints


def accurately(order: list[Value]) -> Flow:
    """Return the flow with as many digits as give the last value 20, or show it to be 0."""
    digits, y = DIGITS, order[-1]
    while True:
        flow = _flow(context(digits), order)
        if flow.noise[y] * 10**KEPT <= abs(flow.exact[y]):
            return flow
        if flow.noise[y] <= NOTHING:
            flow.errors[y] += flow.exact[y]
            flow.exact[y] = flow.c.zero
            return flow
        digits *= 2


def _flow(c: Any, order: list[Value]) -> Flow:
    flow = Flow(c, order, {}, {}, {}, {}, {})
    computed = {v: exactly(c, v.data) for v in order}
    last_digits = c.mpf(10) ** (10 - c.dps)
    for v in order:
        if v.rule is None:
            flow.exact[v], flow.noise[v], flow.errors[v] = computed[v], c.zero, c.zero
            continue
        there = _finite(c, v, operands(c, v, computed))
        flow.roundings[v] = _seen(computed[v] - there, abs(there) * last_digits)
        flow.exact[v] = _finite(c, v, operands(c, v, flow.exact))
        flow.slopes[v] = list(_slopes(flow, v))
        flow.noise[v] = abs(flow.exact[v]) * last_digits + sum(
            abs(d) * flow.noise[x] for x, d in flow.slopes[v]
        )
        flow.errors[v] = _seen(computed[v] - flow.exact[v], flow.noise[v])
    return flow


def _seen(x: Any, noise: Any) -> Any:
    return x if abs(x) > noise else x * 0


def _finite(c: Any, v: Value, numbers: Sequence[Any]) -> Any:
    assert v.rule is not None
    try:
        y = _value(c, v, numbers)
        if c.isfinite(y):
            return y
    except Kink:
        pass
    raise ValueError(
        f"errors(y): without rounding, {v.rule.name}{f' ({v.label})' if v.label else ''}"
        f"{f' at {line_of(v)}' if line_of(v) else ''} has no finite value at {shown(c, numbers)}; "
        f"with it, the result was {v.data!r}. There is no exact number to measure errors against"
    )


def _slopes(flow: Flow, v: Value) -> Iterator[tuple[Value, Any]]:
    """Yield difference quotients that lead, input by input, from the exact to the given operands.

    Times the errors of the operands they add up to f(given) - f(exact): a kink or a step between
    the two needs no special case.
    """
    numbers, here = operands(flow.c, v, flow.exact), flow.exact[v]
    for i, x in enumerate(v.inputs):
        if type(x) is Value:
            if error := flow.errors[x]:
                numbers[i] += error
                there = _finite(flow.c, v, numbers)
                yield x, (there - here) / error
                here = there
            else:
                yield x, _slope(flow.c, v, numbers, i)


def _slope(c: Any, v: Value, numbers: Sequence[Any], i: int) -> Any:
    """Return a difference quotient at an operand that has no error, from the side that exists."""
    assert v.rule is not None
    x, function = numbers[i], keeping_digits(c, v.rule.function)
    h = c.ldexp(abs(x) if 0 < abs(x) < 1 else 1, STEP)
    with c.workdps(c.dps + (abs(c.mag(x)) // 3 if x else 0)):  # so that neither x + h is x
        here = function(*numbers)  # nor f(x + h) is f(x)
        for step in (h, -h):
            try:
                there = function(*numbers[:i], x + step, *numbers[i + 1 :])
            except (ArithmeticError, ValueError):  # a pole, or off the domain
                continue
            if c.isfinite(there):
                return (there - here) / step
    return c.zero
