"""Oracles that use the rules they are asked about: rounding and plumbing are judged, no more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath

from autograd.check.oracles.precise import context, exactly, public
from autograd.check.oracles.verdict import Truth, Verdict, not_applicable, recorded
from autograd.check.problem import Problem
from autograd.numbers import plain
from autograd.passes import gradients, push_forward
from autograd.transforms import hvp


def by_fractions(problem: Problem, claims: Sequence[float], order: int, digits: int) -> Verdict:
    """Compute the gradient exactly, in fractions, by the same rules."""
    try:
        y, xs = problem.record([Fraction(x) for x in problem.leaves])
        found = gradients(y, xs, create_graph=order == 2)
        if order == 2:
            found = [d for g in found for d in gradients(g, xs)]
    except (TypeError, ArithmeticError) as error:
        raise not_applicable("fractions", problem, error) from error
    name = "exact fractions, by the same rules: rounding and plumbing are judged, not the rules"
    c = context(100)
    return Verdict(
        [Truth(public(exactly(c, d)), abs(float(d)), 0.0, name) for d in map(plain, found)]
    )


def by_forward_mode(problem: Problem, claims: Sequence[float], order: int, digits: int) -> Verdict:
    """Compute the gradient in forward mode, by the same rules, one column at a time."""
    y, xs = recorded(problem, "forward")
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
