"""A gradient judged: ours, or one that someone claims."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

from autograd.check.diagnosis import Cause, Edge, Evidence, diagnose
from autograd.check.formula import allow_rounding
from autograd.check.oracles.choice import choose
from autograd.check.oracles.verdict import Truth, Verdict
from autograd.check.problem import Function, Problem
from autograd.check.report import Component, Report
from autograd.check.rounding import gradient_bounds, unit_roundoff
from autograd.check.ulps import nearest
from autograd.value import derivatives

ASSUMED = 2**13  # unit roundoffs, 9e-13 in float64: where no bound can be earned
LEAST_DIGITS = 30  # with fewer the reference is hardly better than what it judges


def check_gradient(f: Function, x: Any, claimed: Any = None, *, order: int = 1,
                   oracle: str = "auto", tolerance: float | None = None,
                   precision: str = "float64", digits: int = 100) -> Report:  # fmt: skip
    """Compare the gradient of f at x with one that no rule had a part in.

    `x` is a number, an array or tensor (NumPy, PyTorch, JAX), or a nested list, tuple or dict;
    `claimed` a gradient of the same form, or a function that computes one from x; by default it
    is our own, or that of the tensors' library. `order=2` compares Hessians, in the form that
    `autograd.hessian` returns. A function that can be recorded is replayed with this many digits;
    one that takes floats only is judged by a complex step or extrapolated differences. `oracle`
    chooses another: "replay", "fractions", "forward", "complex step", "ridders", "directions".

    Right is what is within the rounding errors of a computation in this precision ("float64",
    "float32", "float16", "bfloat16"), times 16: the bound is earned by error analysis of
    the graph that computes the gradient.
    With `tolerance`, what is within that times the size of the terms which the chain rule adds.
    Claims count as floats. A claiming function may lose the digits that its formula cancels.
    At a kink any gradient in the convex hull of those nearby is right. A wrong one is explained
    in `report.causes` where an explanation fits.

    Raises TypeError or ValueError for a function that does not return one finite number, or a
    different one each time, for a gradient of another form, for an oracle that does not apply;
    Kink (a ValueError) where the derivative is infinite.

    >>> check_gradient(lambda p: p[0] ** 2 * p[1], [3.0, 5.0]).ok
    True
    >>> report = check_gradient(lambda p: p[0] ** 2 * p[1], [3.0, 5.0], [15.0, 9.0])
    >>> report.worst.name, report.worst.claimed, float(report.worst.true)
    ('x[0]', 15.0, 30.0)
    """
    if order not in (1, 2):
        raise ValueError(f"check_gradient: order={order!r}: choose 1 (gradient) or 2 (Hessian)")
    if not isinstance(digits, int) or digits < LEAST_DIGITS:
        raise ValueError(
            f"check_gradient: digits={digits!r}: give an int of {LEAST_DIGITS} or more"
        )
    if tolerance is not None and not (isinstance(tolerance, Real) and 0 <= tolerance < math.inf):
        raise ValueError(
            f"check_gradient: tolerance={tolerance!r}: give a number of 0 or more, such as 1e-9, "
            "or None for the bound that the rounding errors earn"
        )
    unit_roundoff(precision)
    problem = Problem(f, x)
    judge = choose(oracle, problem)
    claims, again = _claims(problem, claimed, order)
    verdict = judge(problem, claims, order, digits)
    notes = [*problem.notes, *verdict.notes]
    allowed = _allowed(problem, verdict, order, tolerance, precision, notes)
    if verdict.directions:
        claims, again = _along(verdict, claims), again and _along(verdict, again)
    if again and not _close(claims, again, allowed):
        claims, again = _of_a_changing_claim(problem, verdict.truths, allowed, claims, again, notes)
    lossy: list[Cause] = []
    if callable(claimed) and tolerance is None and not verdict.directions:
        allowed, said, lossy = allow_rounding(
            problem, claimed, order, precision, verdict.truths, claims, allowed
        )
        notes += said
    components = _components(problem, verdict, order, claims, allowed)
    title = f"{'gradient' if order == 1 else 'Hessian'} of {problem.name}"
    report = Report(title, components, notes)
    if report.ok or verdict.directions or any(t.sides for t in verdict.truths):
        return report
    evidence = Evidence(
        names=[x.name for x in components],
        claims=claims,
        trues=[nearest(t.value) for t in verdict.truths],
        allowed=allowed,
        shapes=[block.shape for block in problem.argument.blocks],
        order=order,
        xs=problem.recorded[1] if problem.recorded else [],
        y=problem.recorded[0] if problem.recorded else None,
        edges=_edges(verdict),
        ours=claimed is None and not problem.foreign,
        again=again,
        f=problem.number,
    )
    causes = diagnose(evidence)
    if lossy:  # no mistake in the mathematics, so that only noise may be another cause
        causes = lossy + [c for c in causes if c.kind in ("differences", "precision")]
    return Report(title, components, notes, causes)


def assert_gradient(f: Function, x: Any, claimed: Any = None, *, order: int = 1,
                    oracle: str = "auto", tolerance: float | None = None,
                    precision: str = "float64", digits: int = 100) -> None:  # fmt: skip
    """Raise GradientMismatch, with the report as its message, unless `check_gradient` is content.

    >>> assert_gradient(lambda x: x**3, 2.0, 12.0)
    """
    __tracebackhide__ = True
    check_gradient(
        f, x, claimed, order=order, oracle=oracle, tolerance=tolerance, precision=precision,
        digits=digits,
    ).raise_if_wrong()  # fmt: skip


def _claims(problem: Problem, claimed: Any, order: int) -> tuple[list[float], list[float] | None]:
    """Return the claimed numbers, and those of a second call if they come from a function."""
    if claimed is None:
        return problem.claims(problem.own_gradient(order), order), None
    if callable(claimed):
        first, second = (problem.claims(claimed(problem.x_for_a_claim()), order) for _ in range(2))
        return first, second
    return problem.claims(claimed, order), None


def _allowed(problem: Problem, verdict: Verdict, order: int, tolerance: float | None,
             precision: str, notes: list[str]) -> list[float]:  # fmt: skip
    """Return the error that is allowed in each truth, its own uncertainty included."""
    truths = verdict.truths
    if any(t.error > 1e-8 * t.size > 0 for t in truths):
        sure = max(t.error / t.size for t in truths if t.size)
        notes.append(f"the oracle itself is only sure to {sure:.0e}: is f computed in float32?")
    if tolerance is not None:
        return [tolerance * t.size + t.error for t in truths]
    if problem.recorded and not verdict.directions:
        bounds = gradient_bounds(*problem.recorded, order, precision)
        if bounds:
            half = math.sqrt(unit_roundoff(precision))
            if any(b > half * abs(t.value) > 0 for b, t in zip(bounds, truths, strict=True)):
                notes.append("ill conditioned: rounding alone may cost half of the digits or more")
            return [b + t.error for b, t in zip(bounds, truths, strict=True)]
    assumed = ASSUMED * unit_roundoff(precision)
    notes.append(f"no bound could be earned without a recorded graph: {assumed:.0e} is assumed")
    return [assumed * t.size + t.error for t in truths]


def _along(verdict: Verdict, claims: Sequence[float]) -> list[float]:
    return [sum(g * d for g, d in zip(claims, t, strict=True)) for t in verdict.directions]


def _close(a: Sequence[float], b: Sequence[float], allowed: Sequence[float]) -> bool:
    return all(x == y or not abs(x - y) > e for x, y, e in zip(a, b, allowed, strict=True))


def _of_a_changing_claim(problem: Problem, truths: Sequence[Truth], allowed: Sequence[float],
                         claims: list[float], again: list[float],
                         notes: list[str]) -> tuple[list[float], list[float]]:  # fmt: skip
    """Return the claims to judge first. Raises ValueError if they change for no visible reason."""
    trues = [nearest(t.value) for t in truths]
    added = [b - a for a, b in zip(claims, again, strict=True)]
    loose = [max(e, 1e-6 * abs(t)) for e, t in zip(allowed, trues, strict=True)]
    if not (_close(added, trues, loose) or _close(added, claims, loose)):
        raise ValueError(
            "check_gradient: the claimed gradient is not deterministic: for the same x its "
            f"function returned {claims[:4]} and then {again[:4]}"
        )
    notes.append("called a second time, the claiming function added to what was there")
    return (again, claims) if _close(claims, trues, allowed) else (claims, again)


def _components(problem: Problem, verdict: Verdict, order: int, claims: Sequence[float],
                allowed: Sequence[float]) -> list[Component]:  # fmt: skip
    names = problem.names
    if verdict.directions:
        names = [f"direction {k}" for k in range(1, len(claims) + 1)]
    elif order == 2:
        names = [f"{a}, {b}" for a in names for b in names]
    return [
        Component(name, claim, t.value, bound, t.oracle, t.error, t.sides)
        for name, claim, t, bound in zip(names, claims, verdict.truths, allowed, strict=True)
    ]


def _edges(verdict: Verdict) -> list[Edge]:
    if verdict.replay is None:
        return []
    return [
        Edge(v, i, x, nearest(d), float(derivatives(v)[i]))
        for v, i, x, d, _ in verdict.replay.locals
        if d is not None  # else nothing hangs on it
    ]
