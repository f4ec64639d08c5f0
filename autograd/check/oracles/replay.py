"""The reference for a recorded graph: replay its functions, difference them, use no rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from autograd.check.oracles.precise import (
    Kink,
    context,
    difference,
    exactly,
    keeping_digits,
    public,
    shown,
)
from autograd.rules import Rule
from autograd.value import Value, nodes

WIDE = 8  # inputs of an operation from which its parts are differenced instead


class Reference(NamedTuple):
    """Hold a derivative and the size of what was added up in it, the sum of |path products|."""

    gradient: Any
    size: Any


class Local(NamedTuple):
    """Hold dv/dx for the i-th input x of v, an mpmath number (with a kink, from one side)."""

    v: Value
    i: int
    x: Value
    derivative: Any
    kink: Kink | None = None


@dataclass(frozen=True)
class Replay:
    """Hold a graph computed anew: its numbers and the local derivatives between y and xs."""

    c: Any
    y: Value
    numbers: dict[Value, Any]
    locals: list[Local]

    def references(self, xs: Sequence[Value]) -> list[Reference]:
        """Return dy/dx for every x, accumulated in reverse. Raises the first Kink."""
        c = self.c
        zero = Reference(c.zero, c.zero)
        adjoints = {self.y: Reference(c.one, c.one)}
        for v, _, x, d, kink in reversed(self.locals):
            if v not in adjoints:
                continue
            if kink:
                if c.isinf(self.numbers[v]) and not adjoints[v].size:
                    continue  # nothing hangs on it, as behind the -inf of a mask
                raise kink
            so_far = adjoints.get(x, zero)
            adjoints[x] = Reference(
                so_far.gradient + d * adjoints[v].gradient, so_far.size + abs(d) * adjoints[v].size
            )
        return [Reference(*map(public, adjoints.get(x, zero))) for x in xs]


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
    return replay(y, xs, digits).references(xs)


def replay(y: Value, xs: Sequence[Value], digits: int = 100,
           at: Mapping[Value, Any] = MappingProxyType({})) -> Replay:  # fmt: skip
    """Compute a graph anew with this many digits, and its local derivatives by differences.

    `at` has numbers to be used for leaves instead of their data.
    """
    c = context(digits)
    order = nodes(y)
    numbers: dict[Value, Any] = {}
    for v in order:
        if v.rule is None:
            numbers[v] = exactly(c, at.get(v, v.data))
        else:
            numbers[v] = _value(c, v, operands(c, v, numbers))
    wanted = _dependent(order, xs)
    found: list[Local] = []
    for v in order:
        if v.rule is not None and v in wanted:
            found += _locals(c, v, operands(c, v, numbers), wanted)
    return Replay(c, y, numbers, found)


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


def _locals(c: Any, v: Value, numbers: Sequence[Any], wanted: set[Value]) -> Iterator[Local]:
    """Yield the local derivatives of v by its wanted inputs."""
    derivatives = _of_its_parts(c, v, numbers) if len(v.inputs) > WIDE else None
    for i, x in enumerate(v.inputs):
        if type(x) is not Value or x not in wanted:
            continue
        if derivatives:
            yield Local(v, i, x, derivatives[i])
            continue
        try:
            yield Local(v, i, x, _local(c, v, numbers, i))
        except Kink as kink:
            low, high = kink.sides or (None, None)
            yield Local(v, i, x, low, kink if low is None or low != high else None)


def _of_its_parts(c: Any, v: Value, numbers: Sequence[Any]) -> list[Any] | None:
    """Return all derivatives of a function of many numbers from those of its parts, or None.

    One difference for each of n inputs takes n * n operations. But called on Values its function
    records what it is made of, n operations or so, and those are differenced.
    """
    assert v.rule is not None
    parameters = [is_parameter(v.rule, i) for i in range(len(numbers))]
    xs = [x if fixed else Value(x) for x, fixed in zip(numbers, parameters, strict=True)]
    try:
        y = v.rule.function(*xs)
        if type(y) is not Value or any(z.rule is v.rule for z in nodes(y)):
            return None
        found = iter(references(y, [x for x in xs if type(x) is Value], c.dps))
    except (TypeError, ValueError, ArithmeticError):  # a kink among others
        return None
    return [c.zero if fixed else exactly(c, next(found).gradient) for fixed in parameters]


def _local(c: Any, v: Value, numbers: Sequence[Any], i: int) -> Any:
    assert v.rule is not None
    try:
        return difference(c, keeping_digits(c, v.rule.function), numbers, i)
    except Kink as kink:
        label = f" ({v.label})" if v.label else ""
        text = f"{v.rule.name}{label} has no derivative by its argument {i}: {kink}"
        raise Kink(text, kink.sides) from None


def _dependent(order: Sequence[Value], xs: Sequence[Value]) -> set[Value]:
    found = set(xs)
    for v in order:
        if any(type(x) is Value and x in found for x in v.inputs):
            found.add(v)
    return found
