"""The oracle for recorded functions: replay, and what is right at kinks and branches."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from autograd.check.oracles.kinks import nearest_in_hull, subgradients
from autograd.check.oracles.precise import Kink, context, exactly, public
from autograd.check.oracles.replay import Reference, replay
from autograd.check.oracles.verdict import Truth, Verdict, recorded
from autograd.check.problem import Problem, shifted
from autograd.check.ulps import nearest
from autograd.numbers import plain

STEP = -70  # of second derivatives and of directions: 2**-70 is about 1e-21


def by_replay(problem: Problem, claims: Sequence[float], order: int, digits: int) -> Verdict:
    """Replay the recorded functions in high precision, differentiate them by differences there."""
    y, xs = recorded(problem, "replay")
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
    _refuse_jump(problem)
    if max(sides) - min(sides) <= negligible:
        problem.refuse_detached()
    return "a branch in Python: the function changes its form at this very point"


def _refuse_jump(problem: Problem) -> None:
    """Raise Kink if f does not draw near to f(x) as its argument draws near to x."""
    c = context(100)
    draw = random.Random(3)
    t = [draw.uniform(0.5, 1) for _ in problem.leaves]
    exact = [exactly(c, x) for x in problem.leaves]
    try:
        here = plain(problem.record(exact)[0])
        for sign in (1, -1):
            far, near = (
                abs(plain(problem.record(shifted(c, problem.leaves, t, sign * h))[0]) - here)
                for h in (c.ldexp(1, STEP), c.ldexp(1, STEP - 40))
            )
            if near > far / 2 and near > abs(here) * c.mpf(10) ** -40:
                raise Kink(
                    f"check_gradient: {problem.name} jumps at this very point: no gradient is right"
                )
    except (TypeError, ArithmeticError):  # floats only, or an edge of the domain
        return


def _at_kink(problem: Problem, claims: Sequence[float], name: str, notes: list[str]) -> Verdict:
    _refuse_jump(problem)
    try:
        hull = subgradients(problem, claims)
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
