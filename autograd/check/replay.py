"""The reference for a recorded graph: replay its functions, difference them, use no rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd.check.precise import Kink, context, difference, exactly, keeping_digits, public, shown
from autograd.rules import Rule
from autograd.value import Value, nodes


class Reference(NamedTuple):
    """Hold a derivative and the size of what was added up in it, the sum of |path products|."""

    gradient: Any
    size: Any


def reference_gradients(y: Value, xs: Sequence[Value], digits: int = 100) -> list[Any]:
    """Return dy/dx for every x as an mpmath number, by differences in high precision.

    Each operation's function, never its partials, is evaluated on the exact values of the
    leaves' and constants' floats with this many digits. Local derivatives are central
    differences, added up in reverse; the cost is linear in the nodes. Raise the digits for a
    graph that cancels more than half of them. Raises Kink where an operation has no derivative,
    TypeError where one takes floats only.

    >>> x = Value(2.0)
    >>> float(reference_gradients(x**3, [x])[0])
    12.0
    """
    return [reference.gradient for reference in references(y, xs, digits)]


def references(y: Value, xs: Sequence[Value], digits: int = 100) -> list[Reference]:
    """Return the reference for every x."""
    c = context(digits)
    order = nodes(y)
    replayed: dict[Value, Any] = {}
    for v in order:
        if v.rule is None:
            replayed[v] = exactly(c, v.data)
        else:
            replayed[v] = _value(c, v, operands(c, v, replayed))
    adjoints = {y: Reference(c.one, c.one)}
    zero = Reference(c.zero, c.zero)
    wanted = _dependent(order, xs)
    for v in reversed(order):
        if v.rule is None or v not in wanted or v not in adjoints:
            continue
        numbers = operands(c, v, replayed)
        for i, x in enumerate(v.inputs):
            if type(x) is Value and x in wanted:
                d = _local(c, v, numbers, i)
                so_far = adjoints.get(x, zero)
                adjoints[x] = Reference(
                    so_far.gradient + d * adjoints[v].gradient,
                    so_far.size + abs(d) * adjoints[v].size,
                )
    return [Reference(*map(public, adjoints.get(x, zero))) for x in xs]


def operands(c: Any, v: Value, replayed: dict[Value, Any]) -> list[Any]:
    """Return the inputs of v in high precision, parameters (an order, a condition) as they are."""
    assert v.rule is not None
    return [
        replayed[x] if type(x) is Value else x if is_parameter(v.rule, i) else exactly(c, x)
        for i, x in enumerate(v.inputs)
    ]


def is_parameter(rule: Rule, i: int) -> bool:
    """Say whether the i-th input of a rule is one that is not differentiated."""
    return i < len(rule.partials) and rule.partials[i] is None


def _value(c: Any, v: Value, numbers: Sequence[Any]) -> Any:
    assert v.rule is not None
    try:
        return keeping_digits(c, v.rule.function)(*numbers)
    except (ArithmeticError, ValueError) as error:  # a pole
        raise Kink(f"{v.rule.name} has no value at {shown(c, numbers)}: {error!r}") from error


def _local(c: Any, v: Value, numbers: Sequence[Any], i: int) -> Any:
    assert v.rule is not None
    try:
        return difference(c, keeping_digits(c, v.rule.function), numbers, i)
    except Kink as kink:
        label = f" ({v.label})" if v.label else ""
        raise Kink(f"{v.rule.name}{label} has no derivative by its argument {i}: {kink}") from None


def _dependent(order: Sequence[Value], xs: Sequence[Value]) -> set[Value]:
    found = set(xs)
    for v in order:
        if any(type(x) is Value and x in found for x in v.inputs):
            found.add(v)
    return found
