"""What is right at a kink: the convex hull of the gradients nearby, Clarke's subdifferential."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from autograd.check.oracles.precise import Kink, context, exactly, public
from autograd.check.problem import Problem, shifted
from autograd.check.ulps import nearest
from autograd.value import nodes

OFFSET = -60  # gradients are taken 2**-60 from the kink: far beyond the differences' own step
APART = 10  # they are compared with those 2**10 times as far away
WORK = 100_000  # nodes visited in all
_DIGITS = 120


def subgradients(problem: Problem, claims: Sequence[float]) -> list[list[Any]]:
    """Return different gradients of f at points close to x, on all sides of a kink.

    One is taken in the direction of what is claimed: where the subdifferential is round, as
    that of a norm at 0, a few points and their hull leave out most of its rim.

    Raises Kink if the gradients grow without bound as the points draw nearer, or if there are
    none.
    """
    assert problem.recorded is not None
    n = len(problem.leaves)
    c = context(_DIGITS)
    found: dict[tuple[float, ...], list[Any]] = {}

    def look(t: Sequence[float]) -> None:
        near, far = (_gradient_near(c, problem, t, offset) for offset in (OFFSET, OFFSET + APART))
        if near is None:
            return
        for a, b in zip(near, far or near, strict=True):
            if abs(a) > abs(b) * 11 / 10 and abs(a - b) > 1:
                raise Kink(f"the gradient grows without bound near here: {nearest(a):.3g}")
        limit = _at_the_kink(c, near, far) if far else near
        found.setdefault(tuple(float(f"{nearest(g):.12g}") for g in limit), limit)

    for t in _directions(n, max(8, min(4 * n + 32, WORK // len(nodes(problem.recorded[0]))))):
        look(t)
    largest = max(map(abs, claims))
    if 0 < largest < math.inf:
        look([g / largest for g in claims])
    if not found:
        raise Kink("there is no gradient anywhere near here")
    return list(found.values())


def _at_the_kink(c: Any, near: Sequence[Any], far: Sequence[Any]) -> list[Any]:
    """Return the limit of a gradient that is linear on its way: that of x |x| at 0 is 0."""
    limits = []
    for a, b in zip(near, far, strict=True):
        a, b = exactly(c, a), exactly(c, b)
        limit = a - (b - a) / (2**APART - 1)
        curved = c.ldexp(abs(b - a), OFFSET + 2 * APART)  # what is left if it is not quite linear
        limits.append(public(c.zero if abs(limit) <= curved else limit))
    return limits


def _directions(n: int, tries: int) -> Iterator[list[float]]:
    """Yield directions: along each axis, both ways and slightly tilted, then any."""
    draw = random.Random(0)
    axes = ((k, s) for k in range(n) for s in (1, -1))
    anywhere = ((None, 0) for _ in range(tries))
    for (k, s), _ in zip(chain(axes, anywhere), range(tries), strict=False):
        tilt = 1.0 if k is None else 0.05
        t = [tilt * draw.uniform(-1, 1) for _ in range(n)]
        if k is not None:
            t[k] += s
        yield t


def _gradient_near(c: Any, problem: Problem, t: Sequence[float], offset: int) -> list[Any] | None:
    try:
        found = problem.references_near(c, shifted(c, problem.leaves, t, c.ldexp(1, offset)))
    except (ValueError, ArithmeticError):  # outside the domain, or another kink
        return None
    return [g for g, _ in found] if all(c.isfinite(g) for g, _ in found) else None


def nearest_in_hull(points: Sequence[Sequence[Any]], claimed: Sequence[float]) -> list[Any]:
    """Return the convex combination of the points that is nearest to what is claimed.

    >>> [round(float(g), 14) for g in nearest_in_hull([[0.0, 1.0], [1.0, 0.0]], [0.7, 0.7])]
    [0.5, 0.5]
    """
    columns = np.array([[float(g) for g in point] for point in points]).T
    target = np.nan_to_num(np.array(claimed, dtype=float))
    scale = float(np.abs(columns).max()) or float(np.abs(target).max()) or 1.0
    a = np.vstack([columns / scale, np.ones(columns.shape[1])])  # the weights add up to 1
    found = _nonnegative_least_squares(a, np.append(target / scale, 1.0))
    used = [int(i) for i in np.flatnonzero(found)]
    first, *rest = used  # with the weights that are not 0 known, the sum is made exactly 1
    edges = columns[:, rest] - columns[:, [first]]
    steps = np.linalg.lstsq(edges, target - columns[:, first], rcond=None)[0].clip(0, 1)
    weights = [1 - steps.sum(), *steps]
    return [sum(points[i][k] * w for i, w in zip(used, weights, strict=True))
            for k in range(len(target))]  # fmt: skip


def _nonnegative_least_squares(a: Any, b: Any) -> Any:
    """Return w >= 0 with the smallest |a w - b|.

    Source: Lawson and Hanson 1974, "Solving least squares problems", chapter 23.
    """
    w = np.zeros(a.shape[1])
    used: list[int] = []
    for _ in range(10 * a.shape[1]):
        slope = a.T @ (b - a @ w)
        slope[used] = -np.inf
        best = int(np.argmax(slope))
        if slope[best] <= 1e-12 * (1 + np.abs(b).max()):
            break
        used.append(best)
        s = np.linalg.lstsq(a[:, used], b, rcond=None)[0]
        while (s <= 0).any():  # go back to where the first weight becomes 0, and drop it
            old = w[used]
            step = min(o / (o - new) for o, new in zip(old, s, strict=True) if new <= 0)
            w[used] = old + step * (s - old)
            dropped = [i for i in used if w[i] <= 1e-14]
            w[dropped] = 0
            used = [i for i in used if i not in dropped]
            s = np.linalg.lstsq(a[:, used], b, rcond=None)[0]
        w[used] = s
    return w
