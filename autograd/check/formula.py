"""The formula of a claimed gradient: is it wrong, or right and loses digits in floats?

A gradient such as 1 - tanh(x)**2 cancels where ours does not. A claiming function that can be
recorded is judged by itself, in high precision, and its rounding errors by its own graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd
from autograd.check.diagnosis import Cause
from autograd.check.oracles.precise import public
from autograd.check.oracles.replay import replay
from autograd.check.oracles.verdict import Truth
from autograd.check.problem import Problem
from autograd.check.rounding import rounding_bounds, unit_roundoff
from autograd.check.ulps import nearest
from autograd.numbers import plain
from autograd.value import Value

SMALL = 2.0**10  # unit roundoffs of the gradient's size, 1e-13 in float64: 1e-9 is never that


def allow_rounding(problem: Problem, claimed: Callable[[Any], Any], order: int, precision: str,
                   truths: Sequence[Truth], claims: Sequence[float], allowed: Sequence[float],
                   ) -> tuple[list[float], list[str], list[Cause]]:  # fmt: skip
    """Return the errors allowed after a look at the claim's formula; with notes, or the cause.

    Where the formula is right and the claimed number is as far off as error analysis of the
    formula's own graph explains, that is allowed if it is small beside the whole gradient. If it
    is not, as with finite differences, it is the cause.
    """
    off = [k for k, t in enumerate(truths) if not abs(t.value - claims[k]) <= allowed[k]]
    rounding = _of_right_formulas(problem, claimed, order, precision, truths, allowed, off)
    explained = [k for k in rounding if abs(truths[k].value - claims[k]) <= rounding[k]]
    if not explained:
        return list(allowed), [], []
    limit = SMALL * unit_roundoff(precision) * _natural_size(problem, truths)
    wider = [
        max(e, min(rounding[k], limit)) if k in explained else e for k, e in enumerate(allowed)
    ]
    lost = max(nearest(abs(truths[k].value - claims[k])) for k in explained)
    text = (
        "the formula that was claimed is right, replayed in high precision it agrees, but in "
        f"{precision} it cancels: its rounding costs up to {lost:.1e}"
    )
    left = [k for k in off if not abs(truths[k].value - claims[k]) <= wider[k]]
    if not left:
        return wider, [f"{text}, little beside the whole gradient"], []
    causes = [Cause("cancellation", text)] if set(left) <= set(explained) else []
    return wider, [], causes


def _of_right_formulas(problem: Problem, claimed: Callable[[Any], Any], order: int, precision: str,
                       truths: Sequence[Truth], allowed: Sequence[float],
                       off: Sequence[int]) -> dict[int, float]:  # fmt: skip
    """Return the rounding error to be expected in those components whose formula is right."""
    if not off or problem.recorded is None:
        return {}
    try:
        leaves = claimed(problem.argument.fill([Value(x) for x in problem.leaves]))
        found = problem.claimed_leaves(leaves, order)
        ys = {k: found[k] for k in off if type(found[k]) is Value}
        exact = replay(autograd.sum(list(ys.values())), []).numbers
    except Exception:  # whatever a function of floats or tensors raises for Values
        return {}
    bounds = rounding_bounds(list(ys.values()), precision) or []
    return {
        k: bound + allowed[k]
        for (k, y), bound in zip(ys.items(), bounds, strict=False)
        if abs(truths[k].value - public(exact[y])) <= allowed[k]
    }


def _natural_size(problem: Problem, truths: Sequence[Truth]) -> float:
    """Return the size of the gradient: its largest component, or that of the slope f/x."""
    assert problem.recorded is not None
    here = abs(float(plain(problem.recorded[0])))
    far = max(1.0, *(abs(float(x)) for x in problem.leaves))
    return max(here / far, *(nearest(abs(t.value)) for t in truths))
