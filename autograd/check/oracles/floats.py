"""Oracles for functions of floats: complex step, extrapolated differences, random directions."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import mpmath

from autograd.check.oracles.blackbox import (
    Estimate,
    complex_step,
    differences,
    estimate,
    ridders_second,
)
from autograd.check.oracles.verdict import Truth, Verdict, not_applicable
from autograd.check.problem import Problem

MANY = 64  # numbers of a black box from which random directions are checked instead of each one
_DIRECTIONS = 8


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
            raise not_applicable("complex step", problem, error)
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

        truth = _from_estimate(problem, estimate(along, 0.0), " in random directions")
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
            truths.append(_from_estimate(problem, found))
            continue
        for j in range(n):
            second = ridders_second(partial(mixed, i, j), x, 0.0 if i == j else leaves[j])
            truths.append(_from_estimate(problem, second, " of second order"))
    notes = [f"{name}: a kink: the derivative is {t.sides[0]:.6g} on one side, {t.sides[1]:.6g} on "
             "the other, and what is between them is right"
             for name, t in zip(problem.names, truths, strict=False) if t.sides]  # fmt: skip
    return Verdict(truths, notes=notes)


def _from_estimate(problem: Problem, found: Estimate, more: str = "") -> Truth:
    d = found.derivative
    if not math.isfinite(found.error):
        raise ValueError(
            f"check_gradient: {found.oracle} of {problem.name}{more} do not settle at this point: "
            "is there a jump, an edge of the domain, or an infinite derivative? Write the "
            "function with autograd's or NumPy's functions, so that it can be recorded"
        )
    return Truth(mpmath.mpf(d), abs(d), 10 * found.error, found.oracle + more, found.sides)
