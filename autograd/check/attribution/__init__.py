"""Rounding errors attributed: which operation made them, and which one loses the digits.

An operation does two things to the result's error: it rounds, and it passes on, magnified or not,
the errors of its operands. Subtracting nearly equal numbers rounds nothing and yet loses the
digits, for what was an error in the last digit becomes one in the first. So each rounding is
followed to the result, and the operations that magnify what passes through them are named.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from autograd.check.attribution.flow import Flow, accurately
from autograd.check.attribution.table import Errors, Loss, Rounding, Sensitivity
from autograd.check.oracles.precise import exactly, public
from autograd.check.places import place
from autograd.check.ulps import nearest, ulp
from autograd.lines import line_of
from autograd.real import short
from autograd.show import naming
from autograd.value import Value, nodes

NOTABLE = 0.05  # the share of all that passes to y from which on a place is named
Name = Callable[[Any], str]
_ADDS = {"add", "sub", "sum", "mean", "dot"}


def errors(y: Value) -> Errors:
    """Attribute the rounding error of y to operations: y - exact = sum of adjoint * rounding.

    Each operation is computed in high precision on the exact values of the leaves' floats, and
    once more on the very floats that it was given: the distance of its result from that is the
    rounding made there. Its adjoint is accumulated from difference quotients between exact and
    computed operands, so the parts add up to the error itself and not to a first-order estimate
    of it. No partial of a rule has a part in it. Precision is raised until the exact value of y
    has 20 digits. Costs a handful of evaluations per operand. Raises ValueError where a number is
    infinite or nan, computed or exact; TypeError for a y that is no float, or an operation of
    floats only. Sources: Higham 2002, "Accuracy and Stability of Numerical Algorithms",
    chapters 1 and 3; Linnainmaa 1976, "Taylor expansion of the accumulated rounding error".

    >>> x = Value(1e-9, label="x")
    >>> found = errors(x.exp() - 1)
    >>> print(found.losses[0])
    v2 = v1 - 1, which cancels 9.0 of 16 digits:
      it magnifies the rounding errors of v1 = exp(x) (100%)
    >>> found.roundings[0].place.operation
    'exp(x)'
    """
    _check(y)
    order = nodes(y)
    name_of = naming(order)
    _refuse_infinities(order, name_of)
    flow = accurately(order)
    c, adjoints = flow.c, flow.adjoints(y)
    size = flow.size(y)
    unit = c.mpf(ulp(size))
    parts = {v: adjoints[v] * rounding for v, rounding in flow.roundings.items() if rounding}
    total = sum(map(abs, parts.values()), c.zero)
    roundings = [
        Rounding(
            place(v, name_of), public(flow.roundings[v]), public(adjoints[v]),
            nearest(flow.roundings[v] / ulp(exactly(c, v.data) - flow.roundings[v])),
            nearest(abs(adjoints[v] * exactly(c, v.data)) / (size or unit)),
            nearest(part / unit), nearest(abs(part) / (total or unit)),
        )
        for v, part in parts.items()
    ]  # fmt: skip
    inputs = [
        Sensitivity(
            place(x, name_of), nearest(abs(flow.exact[x] * adjoints[x]) / (size or unit)),
            nearest(abs(adjoints[x]) * ulp(flow.exact[x]) / unit),
        )
        for x in order if x.rule is None
    ]  # fmt: skip
    return Errors(
        place(y, name_of), public(flow.exact[y]), public(flow.errors[y]),
        nearest(flow.errors[y] / unit),
        sorted(roundings, key=lambda r: r.share, reverse=True),
        _losses(flow, adjoints, name_of, unit, total),
        _sources(flow, adjoints, name_of),
        sorted(inputs, key=lambda x: x.ulps, reverse=True),
    )  # fmt: skip


def _check(y: Any) -> None:
    if type(y) is not Value:
        raise TypeError(f"errors({short(y)}): only a Value remembers how it was computed")
    if type(y.data) not in (float, int):
        raise TypeError(
            f"errors(y): y is {short(y.data)}, of type {type(y.data).__name__}; errors are those "
            "of floats: compute y from float leaves"
        )


def _refuse_infinities(order: Sequence[Value], name_of: Name) -> None:
    for v in order:
        if type(v.data) is float and v.data - v.data != 0:
            raise ValueError(
                f"errors(y): {place(v, name_of)} is {v.data}: rounding errors are those of finite "
                "numbers. Find out first where it comes from (autograd.why(y))"
            )


def _losses(flow: Flow, adjoints: dict[Value, Any], name_of: Name, unit: Any,
            total: Any) -> list[Loss]:  # fmt: skip
    """Return the operations that make a notable part of the error ten times larger, worst first.

    Those of one kind and source line are one place, told by the worst of them.
    """
    places: dict[Any, list[tuple[float, Any, Value, str]]] = defaultdict(list)
    for v in flow.slopes:
        for factor, passing, kind in (_passed_on(flow, v), _made(flow, v)):
            if factor >= 10:
                where = line_of(v)
                key = (kind, v.rule, where) if where else (kind, v)
                places[key].append((factor, abs(adjoints[v]) * passing, v, kind))
    losses = []
    for group in places.values():
        factor, _, v, kind = max(group, key=lambda each: each[0])
        passing = sum(each[1] for each in group)
        if passing >= max(unit, NOTABLE * total):
            inherited = flow.adjoints(v)
            inherited[v] = flow.c.zero
            sources = _sources(flow, inherited, name_of)
            losses.append(
                Loss(place(v, name_of), kind, factor, nearest(passing / unit), len(group), sources)
            )
    return sorted(losses, key=lambda loss: loss.digits * loss.magnified, reverse=True)


def _passed_on(flow: Flow, v: Value) -> tuple[float, Any, str]:
    """Return the condition number of v as to operands with an error, and what these make of v."""
    assert v.rule is not None
    slopes = [(x, d) for x, d in flow.slopes[v] if flow.errors[x]]
    reach = sum(abs(d * flow.exact[x]) for x, d in slopes)
    size = flow.size(v)
    factor = nearest(reach / size) if size else math.inf if reach else 0.0
    passing = sum(abs(d * flow.errors[x]) for x, d in slopes)
    return factor, passing, "cancels" if v.rule.name in _ADDS else "magnifies"


def _made(flow: Flow, v: Value) -> tuple[float, Any, str]:
    """Return the rounding of v in units of the half ulp that it should be at most."""
    rounding = abs(flow.roundings[v])
    of = ulp(exactly(flow.c, v.data) - flow.roundings[v])
    return nearest(2 * rounding / of), rounding, "rounds"


def _sources(flow: Flow, adjoints: dict[Value, Any], name_of: Name) -> list[tuple[str, float]]:
    """Return the roundings that reach a result, by kind and source line, with their shares."""
    groups: dict[Any, list[Value]] = defaultdict(list)
    parts: dict[Any, Any] = defaultdict(int)
    for v, rounding in flow.roundings.items():
        if v.rule is not None and (part := abs(adjoints[v] * rounding)):
            key = (v.rule.symbol, line_of(v))
            groups[key].append(v)
            parts[key] += part
    total = sum(parts.values())
    return [
        (_kind(groups[key], name_of), nearest(parts[key] / total))
        for key in sorted(parts, key=lambda key: parts[key], reverse=True)
    ]


def _kind(group: Sequence[Value], name_of: Name) -> str:
    first = place(group[0], name_of)
    if len(group) == 1:
        return str(first)
    symbol = first.value.rule.symbol if first.value.rule else ""
    return f"{len(group):,} of {symbol}{f' at {first.line}' if first.line else ''}"
