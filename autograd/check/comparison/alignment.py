"""Two graphs lined up: values that are the same function of the inputs, however computed.

Both graphs are evaluated in high precision at points near x. What agrees there to dozens of digits
is the same function: operations, their order and the number of temporaries do not matter. Constants
that are rounded (0.1, but not 0.5) are shaken a little, to learn how far what depends on them may
be off; so exp2(x) finds exp(0.6931471805599453 * x).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd.check.oracles.precise import Kink, context, exactly, public
from autograd.check.oracles.replay import _value, is_parameter, operands
from autograd.check.ulps import nearest
from autograd.value import Value

DIGITS = 100
_NEAR = -12  # points are x * (1 ± 2**-12 to 2**-11): on the same branches, mostly
_SHAKEN = 16  # times the movement seen, which was at random


class Print(NamedTuple):
    """Hold what a value is at a point, and how far rounded constants may have moved it."""

    value: Any
    slack: Any

    @property
    def is_nan(self) -> bool:
        """Say whether there is no value."""
        return bool(self.value != self.value)

    def same(self, other: Print) -> bool:
        """Say whether two values are equal, up to their slack."""
        return bool(abs(self.value - other.value) <= self.slack + other.slack)


class Graph(NamedTuple):
    """Hold what was recorded: inputs, outputs, and all values between them in order."""

    xs: list[Value]
    ys: list[Value]
    order: list[Value]


class Alignment(NamedTuple):
    """Hold the partners of f's values among g's and the reverse; `known` says if there are any.

    `here` has the prints of all values at x itself. `same` says for every output whether it is
    the same function in both.
    """

    known: bool
    same: list[bool]
    in_g: dict[Value, Value]
    in_f: dict[Value, Value]
    here: dict[Value, Print]

    def exact(self, u: Value, w: Value) -> Any:
        """Return what both are at x without rounding; where constants matter, by the better."""
        known = [self.here[v] for v in (u, w) if not self.here[v].is_nan]
        return public(min(known, key=lambda each: each.slack).value) if known else None


def align(f: Graph, g: Graph) -> Alignment:
    """Line up two graphs with inputs of the same numbers and as many outputs."""
    c = context(DIGITS)
    rng = random.Random(0)
    at = [exactly(c, x.data) for x in f.xs]
    here = _prints(c, f, at, rng) | _prints(c, g, at, rng)
    points: list[dict[Value, Print]] = []
    for signs in ([1], [-1], [1, -1], [-1, 1], [1, 1, -1], [-1, -1, 1]):
        near = [
            x + signs[i % len(signs)] * c.ldexp(1 + c.mpf(rng.random()), _NEAR) * (abs(x) or 1)
            for i, x in enumerate(at)
        ]
        found = _prints(c, f, near, rng) | _prints(c, g, near, rng)
        if all(c.isfinite(found[y].value) for y in (*f.ys, *g.ys)):
            points.append(found)
        if len(points) == 2:
            break
    if not points:
        return Alignment(False, [False] * len(f.ys), {}, {}, here)

    def same(u: Value, w: Value) -> bool:
        return all(point[u].same(point[w]) for point in points)

    groups = _groups(f.order, g.order, points[0])
    in_g, in_f = {}, {}
    for us, ws in groups:
        in_g.update(_partners(us, ws, same))
        in_f.update(_partners(ws, us, same))
    return Alignment(True, [*map(same, f.ys, g.ys)], in_g, in_f, here)


def _prints(c: Any, graph: Graph, at: Sequence[Any], rng: random.Random) -> dict[Value, Print]:
    """Return the print of every value of a graph whose inputs are these numbers; nan if none."""
    start = dict(zip(graph.xs, at, strict=True))
    steady: dict[Value, Any] = {}
    shaken: dict[Value, Any] = {}
    found: dict[Value, Print] = {}
    for v in graph.order:
        if v in start or v.rule is None:
            steady[v] = shaken[v] = start[v] if v in start else exactly(c, v.data)
            found[v] = Print(steady[v], c.zero)
            continue
        own = operands(c, v, steady)
        moved = [
            y * _shake(c, rng) if _is_rounded(x) and not is_parameter(v.rule, i) else y
            for i, (x, y) in enumerate(zip(v.inputs, operands(c, v, shaken), strict=True))
        ]
        steady[v], kept = _computed(c, v, own)
        shaken[v] = steady[v] if moved == own else _computed(c, v, moved)[0]
        if not kept:
            shaken[v] *= _shake(c, rng)
        size = max(map(abs, [steady[v], *(x for x in own if hasattr(x, "_mpf_"))]))
        slack = _SHAKEN * abs(shaken[v] - steady[v]) + size * c.mpf(10) ** (-DIGITS // 2)
        found[v] = Print(steady[v], slack)
    return found


def _computed(c: Any, v: Value, numbers: Sequence[Any]) -> tuple[Any, bool]:
    """Return the operation on numbers, in floats if it takes no others, and if it kept digits."""
    assert v.rule is not None
    if any(hasattr(x, "_mpf_") and c.isnan(x) for x in numbers):
        return c.nan, True
    try:
        return _value(c, v, numbers), True
    except Kink:  # off the domain
        return c.nan, True
    except TypeError:
        floats = [nearest(x) if hasattr(x, "_mpf_") else x for x in numbers]
        return exactly(c, v.rule.function(*floats)), False


def _shake(c: Any, rng: random.Random) -> Any:
    return 1 + rng.choice((-1, 1)) * c.ldexp(rng.uniform(1, 2), -54)


def _is_rounded(x: Any) -> bool:
    """Say whether a constant stands for a number that a float only comes near to, such as 0.1."""
    return type(x) is float and not (x * 2**20).is_integer()


def _groups(fs: Sequence[Value], gs: Sequence[Value],
            point: dict[Value, Print]) -> list[tuple[list[Value], list[Value]]]:  # fmt: skip
    """Return runs of values that lie close together at a point, those of f and those of g."""
    both = [(v, False) for v in fs] + [(v, True) for v in gs]
    seen = [
        (point[v].value, v.number, v, of_g) for v, of_g in both if point[v].value == point[v].value
    ]
    groups: list[tuple[list[Value], list[Value]]] = []
    last = None
    for _, _, v, of_g in sorted(seen, key=lambda each: each[:2]):
        if last is None or not point[v].same(point[last]):
            groups.append(([], []))
        groups[-1][of_g].append(v)
        last = v
    for us, ws in groups:
        us.sort(key=lambda v: v.number)
        ws.sort(key=lambda v: v.number)
    return groups


def _partners(us: Sequence[Value], ws: Sequence[Value], same: Any) -> dict[Value, Value]:
    """Return for every u a w that is the same: the first that is free, else the last."""
    found: dict[Value, Value] = {}
    free = dict.fromkeys(ws)
    for u in us:
        w = next((w for w in free if same(u, w)), None)
        if w is not None:
            del free[w]
        else:
            w = next((w for w in reversed(ws) if same(u, w)), None)
        if w is not None:
            found[u] = w
    return found
