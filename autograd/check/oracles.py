"""The oracles: who says what the true derivative is, and how sure that is.

An oracle never trusts the rules it judges. The two that use them (`fractions`, `forward`) judge
rounding and plumbing only, and say so.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import mpmath

from autograd.check.blackbox import (
    Estimate,
    complex_step,
    differences,
    estimate,
    ridders_second,
)
from autograd.check.kinks import nearest_in_hull, subgradients
from autograd.check.precise import Kink, context, exactly, public
from autograd.check.problem import Problem, shifted
from autograd.check.replay import Reference, Replay, replay
from autograd.check.ulps import nearest
from autograd.numbers import plain
from autograd.passes import gradients, push_forward
from autograd.transforms import hvp

STEP = -70  # of second derivatives and of directions: 2**-70 is about 1e-21
MANY = 64  # numbers of a black box from which random directions are checked instead of each one
_DIRECTIONS = 8


class Truth(NamedTuple):
    """Hold a true derivative, the size of what was added up in it, and the oracle's own error."""

    value: Any
    size: float
    error: float
    oracle: str
    sides: tuple[float, float] | None = None


class Verdict(NamedTuple):
    """Hold the truths; for an oracle of directions the directions; the replayed graph; notes."""

    truths: list[Truth]
    directions: Sequence[Sequence[float]] = ()
    replay: Replay | None = None
    notes: Sequence[str] = ()


Oracle = Callable[[Problem, Sequence[float], int, int], Verdict]


def by_replay(problem: Problem, claims: Sequence[float], order: int, digits: int) -> Verdict:
    """Replay the recorded functions in high precision, differentiate them by differences there."""
    y, xs = _recorded(problem, "replay")
    if order == 2:
        digits = max(digits, 150)
    name = f"replay and differences at {digits} digits"
    if order == 2:
        return Verdict(_hessian(problem, digits, name))
    again = replay(y, xs, digits)
    try:
        found = again.references(xs)
    except Kink as kink:
        return _at_kink(problem, claims, name, [str(kink)])
    branch = _python_branches(problem, found, digits)
    if branch:
        return _at_kink(problem, claims, name, [branch])
    return Verdict([_truth(r, name) for r in found], replay=again)


def _truth(r: Reference, name: str) -> Truth:
    return Truth(r.gradient, nearest(r.size), nearest(r.size) * 1e-45, name)


def _hessian(problem: Problem, digits: int, name: str) -> list[Truth]:
    """Return second derivatives, central differences of the gradient, row by row."""
    c = context(digits)
    n = len(problem.leaves)
    columns = []
    for k in range(n):
        t = [int(i == k) for i in range(n)]
        step = c.ldexp(1, STEP)
        ahead, behind = (shifted(c, problem.leaves, t, s * step) for s in (1, -1))
        h = ahead[k] - behind[k]
        above, below = problem.references_near(c, ahead), problem.references_near(c, behind)
        columns.append([((exactly(c, a.gradient) - exactly(c, b.gradient)) / h, a.size)
                        for a, b in zip(above, below, strict=True)])  # fmt: skip
    return [
        Truth(public(d), max(nearest(abs(d)), 1e-20 * nearest(size)), 1e-30 * nearest(size), name)
        for row in zip(*columns, strict=True)
        for d, size in row
    ]


def _python_branches(problem: Problem, found: Sequence[Reference], digits: int) -> str:
    """Return "" if f moves as the gradient says when it is called again a little way off.

    A graph does not know where Python branched on a comparison. Raises ValueError if f moves in
    a way that was not recorded at all.
    """
    c = context(max(digits, 100))
    draw = random.Random(1)
    t = [draw.choice((-1, 1)) * draw.uniform(0.5, 1) for _ in found]
    exact = [exactly(c, x) for x in problem.leaves]

    def value(at: Sequence[Any]) -> Any:
        return exactly(c, plain(problem.record(at)[0]))

    off = []  # how far the slopes on both sides are from the recorded one, at two distances
    try:
        here = value(exact)
        for h in (c.ldexp(1, STEP), c.ldexp(1, STEP - 40)):
            above, below = (shifted(c, problem.leaves, [s * d for d in t], h) for s in (1, -1))
            right, left = (value(above) - here) / h, (here - value(below)) / h
            steps = [(a - x) / h for a, x in zip(above, exact, strict=True)]
            slope = sum((g.gradient * s for g, s in zip(found, steps, strict=True)), c.zero)
            sides = [d for d in (left, right) if c.isfinite(d)]  # one only, at an edge
            off.append(max(abs(d - slope) for d in sides))
    except (TypeError, ValueError, ArithmeticError):  # floats only, or an edge of the domain
        return ""
    size = sum((g.size * abs(s) for g, s in zip(found, steps, strict=True)), sum(map(abs, sides)))
    negligible = max(size * c.mpf(10) ** -10, abs(here) * c.mpf(10) ** -40)
    if off[1] < off[0] / 2 or off[1] <= negligible:  # what is smooth draws nearer
        return ""
    if max(sides) - min(sides) <= negligible:
        problem.refuse_detached()
    return "a branch in Python: the function changes its form at this very point"


def _at_kink(problem: Problem, claims: Sequence[float], name: str, notes: list[str]) -> Verdict:
    try:
        hull = subgradients(problem)
    except Kink as kink:
        raise Kink(f"check_gradient: {notes[0]}; {kink}") from None
    nearest_one = nearest_in_hull(hull, claims)
    truths = []
    for i, true in enumerate(nearest_one):
        sides = [nearest(g[i]) for g in hull]
        low, high = min(sides), max(sides)
        size = max(abs(low), abs(high))
        apart = high - low > 1e-12 * size
        error = size * 2.0**-48  # of the nearest point, which is found in floats
        truths.append(Truth(public(true), size, error, f"{name}; gradients nearby: {len(hull)}",
                            (low, high) if apart else None))  # fmt: skip
    notes.append("at a kink every convex combination of the gradients nearby is right")
    return Verdict(truths, notes=notes)


def by_fractions(problem: Problem, claims: Sequence[float], order: int, digits: int) -> Verdict:
    """Compute the gradient exactly, in fractions, by the same rules."""
    try:
        y, xs = problem.record([Fraction(x) for x in problem.leaves])
        found = gradients(y, xs, create_graph=order == 2)
        if order == 2:
            found = [d for g in found for d in gradients(g, xs)]
    except (TypeError, ArithmeticError) as error:
        raise _not_applicable("fractions", problem, error) from error
    name = "exact fractions, by the same rules: rounding and plumbing are judged, not the rules"
    c = context(100)
    return Verdict(
        [Truth(public(exactly(c, d)), abs(float(d)), 0.0, name) for d in map(plain, found)]
    )


def by_forward_mode(problem: Problem, claims: Sequence[float], order: int, digits: int) -> Verdict:
    """Compute the gradient in forward mode, by the same rules, one column at a time."""
    y, xs = _recorded(problem, "forward")
    n = len(xs)
    found: list[Any] = []
    for k in range(n):
        t = [float(i == k) for i in range(n)]
        if order == 1:
            found += push_forward([y], xs, t)
        else:
            column = hvp(problem.f, problem.numpy, problem.argument.fill(t))
            found += problem.claims(column, 1)
    name = "forward mode, by the same rules: plumbing is judged, not the rules"
    numbers = [0.0 if d is None else float(plain(d)) for d in found]
    return Verdict([Truth(mpmath.mpf(d), abs(d), 8 * math.ulp(d), name) for d in numbers])


def black_box(problem: Problem, claims: Sequence[float], order: int, digits: int) -> Verdict:
    """Choose what a function of floats allows: a complex step, or extrapolated differences."""
    if order == 1 and len(problem.leaves) > MANY:
        return by_directions(problem, claims, order, digits)
    return _each(problem, claims, order, estimate)


def by_ridders(problem: Problem, claims: Sequence[float], order: int, digits: int) -> Verdict:
    """Extrapolate central differences of floats."""
    return _each(problem, claims, order, differences)


def by_complex_step(problem: Problem, claims: Sequence[float], order: int, digits: int) -> Verdict:
    """Take Im f(x + ih) / h. Raises ValueError if f does not take complex numbers."""
    if order == 2:
        raise ValueError("check_gradient: oracle='complex step' gives first derivatives only")

    def stepped(f: Callable[[Any], Any], x: float) -> Estimate:
        d = complex_step(f, x)
        if d is None:
            error = TypeError("it does not take complex numbers")
            raise _not_applicable("complex step", problem, error)
        return Estimate(d, 4 * math.ulp(d), "complex step")

    return _each(problem, claims, order, stepped)


def by_directions(problem: Problem, claims: Sequence[float], order: int, digits: int) -> Verdict:
    """Compare <t, gradient> with the derivative of f in random directions t, for large inputs."""
    if order == 2:
        raise ValueError("check_gradient: oracle='directions' gives first derivatives only")
    draw = random.Random(2)
    leaves = list(map(float, problem.leaves))
    directions = [[draw.uniform(-1, 1) for _ in leaves] for _ in range(_DIRECTIONS)]
    truths = []
    for t in directions:

        def along(s: Any, t: Sequence[float] = t) -> Any:
            return problem.value([x + s * d for x, d in zip(leaves, t, strict=True)])

        truth = _from_estimate(estimate(along, 0.0), " in random directions")
        added = math.fsum(abs(g * d) for g, d in zip(claims, t, strict=True))
        truths.append(truth._replace(size=max(truth.size, added)))
    return Verdict(truths, directions)


def _each(problem: Problem, claims: Sequence[float], order: int,
          judge: Callable[[Any, float], Estimate]) -> Verdict:  # fmt: skip
    leaves = list(map(float, problem.leaves))
    n = len(leaves)
    truths = []

    def moved(changes: dict[int, Any]) -> Any:
        return problem.value([changes.get(i, x) for i, x in enumerate(leaves)])

    def mixed(i: int, j: int, a: float, b: float) -> Any:
        return moved({i: a + b} if i == j else {i: a, j: b})

    for i, x in enumerate(leaves):
        if order == 1:
            found = judge(lambda z, i=i: moved({i: z}), x)
            if found.sides and found.sides[0] <= claims[i] <= found.sides[1]:
                found = found._replace(derivative=claims[i])
            truths.append(_from_estimate(found))
            continue
        for j in range(n):
            second = ridders_second(partial(mixed, i, j), x, 0.0 if i == j else leaves[j])
            truths.append(_from_estimate(second, " of second order"))
    notes = [f"{name}: a kink: the derivative is {t.sides[0]:.6g} on one side, {t.sides[1]:.6g} on "
             "the other, and what is between them is right"
             for name, t in zip(problem.names, truths, strict=False) if t.sides]  # fmt: skip
    return Verdict(truths, notes=notes)


def _from_estimate(found: Estimate, more: str = "") -> Truth:
    d = found.derivative
    return Truth(mpmath.mpf(d), abs(d), 10 * found.error, found.oracle + more, found.sides)


def _recorded(problem: Problem, oracle: str) -> Any:
    if problem.recorded is None:
        raise _not_applicable(oracle, problem, problem.refusal)
    return problem.recorded


def _not_applicable(oracle: str, problem: Problem, error: Any) -> ValueError:
    return ValueError(
        f"check_gradient: oracle={oracle!r} does not apply to {problem.name}: {error}. "
        "Leave oracle='auto' to have one chosen"
    )


ORACLES: dict[str, Oracle] = {
    "replay": by_replay,
    "fractions": by_fractions,
    "forward": by_forward_mode,
    "complex step": by_complex_step,
    "ridders": by_ridders,
    "directions": by_directions,
}


def choose(oracle: str, problem: Problem) -> Oracle:
    """Return the oracle of that name; for "auto" the sharpest that applies."""
    if oracle == "auto":
        return by_replay if problem.recorded else black_box
    if oracle not in ORACLES:
        raise ValueError(f"oracle={oracle!r}: choose 'auto' or one of {', '.join(ORACLES)}")
    return ORACLES[oracle]
