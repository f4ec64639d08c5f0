"""Mistakes in one operation of a formula that the function uses again and again, as in a loop.

Operations belong together if the expressions below them have the same form, or, more narrowly, the
same form with the same variables, as those of one neuron for all samples. No path has two of them,
so that changing all of them changes the gradient by the sum of what each one does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from autograd.check.diagnosis.evidence import Evidence, Guess, Vector, shown
from autograd.check.diagnosis.factors import near
from autograd.check.diagnosis.flow import Flow
from autograd.check.diagnosis.wrong_operations import Slopes, kind_of, rarity, text_of_all
from autograd.check.diagnosis.wrong_paths import ENOUGH, Projection
from autograd.check.diagnosis.wrong_slopes import NOTHING, TWICE
from autograd.value import Value


class Pattern(NamedTuple):
    """Hold edges of the same form, and what all of them may be by mistake: how, bits, numbers."""

    edges: list[int]
    wrong: list[tuple[str, float, Vector]]


def patterns(evidence: Evidence, flow: Flow, table: Slopes) -> list[Pattern]:
    """Return all edges that are the same input of expressions of the same form."""
    return [Pattern(edges, list(_wrong(table, edges))) for edges in _groups(evidence, flow)]


def pattern_guesses(evidence: Evidence, flow: Flow, known: list[Pattern],
                    projection: Projection) -> Iterator[Guess]:  # fmt: skip
    """Yield changes of all edges of a pattern that the error points to."""
    found: list[tuple[str, float, int, dict[int, float]]] = []
    for edges, formulas in known:
        cost = math.log2(len(known) + 1) + 1 + rarity(evidence.edges[edges[0]])
        right = np.array([flow.local[e] for e in edges])
        along = projection.along[edges]
        for how, bits, wrong in formulas:
            if np.all(np.abs((wrong - right) @ along - projection.error) <= ENOUGH):
                change = dict(zip(edges, wrong.tolist(), strict=True))
                found.append((how, cost + bits, 0, change))
        for how, factor in ((NOTHING, 0.0), (TWICE, 2.0)):
            some = _subset(projection.error, right[:, None] * along * (factor - 1))
            if 1 < len(some) < len(edges):
                change = {edges[k]: factor * float(right[k]) for k in some}
                found.append((how, cost + 1 + len(edges), 0, change))
        whole = right @ along
        square = float(whole @ whole)
        step = float(whole @ projection.error) / square if square > 0 else math.inf
        if not np.all(np.abs(projection.error - step * whole) <= ENOUGH):
            continue
        for k in near(evidence, 1 + step):
            if k.value not in (1, -1, 2, 0.5):
                change = dict(zip(edges, (k.value * right).tolist(), strict=True))
                found.append((f"{k.name} times what it is", cost + 2 + k.bits, 0, change))
        change = dict(zip(edges, ((1 + step) * right).tolist(), strict=True))
        found.append((f"{shown(1 + step)} times what it is", cost + 3, 1, change))
    predictions = flow.gradients([change for *_, change in found])
    for (how, bits, free, change), prediction in zip(found, predictions, strict=True):
        say = partial(text_of_all, evidence, how, change)
        yield Guess(kind_of(how), say, prediction, bits, free, frozenset(change))


def _subset(error: Vector, changes: Vector) -> list[int]:
    """Return the changes that add up to the error, if just one choice of them does."""
    if len(changes) > len(error):
        return []
    shares, _, rank, _ = np.linalg.lstsq(changes.T, error)
    taken = np.clip(np.round(shares), 0, 1)
    if rank < len(changes) or not np.all(np.abs(taken @ changes - error) <= ENOUGH):
        return []
    return [int(k) for k in np.flatnonzero(taken)]


def _wrong(table: Slopes, edges: list[int]) -> Iterator[tuple[str, float, Vector]]:
    for how, slope in table[edges[0]].items():
        if all(how in table[e] for e in edges):
            yield how, slope.bits, np.array([table[e][how].value for e in edges])


def _groups(evidence: Evidence, flow: Flow) -> list[list[int]]:
    """Return the edges by the form of the expression that they are the same input of."""
    groups: dict[tuple[int, int, bool], list[int]] = {}
    for of_the_same in (False, True):
        form = _forms(flow, of_the_same)
        for e, edge in enumerate(evidence.edges):
            rule = edge.v.rule
            argument = -1 if rule is not None and rule.all_partials else edge.i
            groups.setdefault((form[edge.v], argument, of_the_same), []).append(e)
    different = {tuple(edges) for edges in groups.values() if len(edges) > 1}
    return sorted(map(list, different))


def _forms(flow: Flow, of_the_same: bool) -> dict[Value, int]:
    """Return a number for every value, equal for expressions of the same form (and variables)."""
    forms: dict[tuple[object, ...], int] = {}
    form: dict[Value, int] = {}
    for v in flow.nodes:
        name = v.rule.name if v.rule else v.number if of_the_same else "variable"
        below = [form.get(x, -1) if type(x) is Value else -1 for x in v.inputs]
        form[v] = forms.setdefault((name, *below), len(forms))
    return form
