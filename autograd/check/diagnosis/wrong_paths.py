"""Mistakes at one place of the graph: a path missing or counted twice, a wrong local derivative.

Changing the local derivative of one edge changes the gradient by a multiple of that edge's own
contribution. So the error of a claim names the edges whose contribution is parallel to it, and for
each the number that must have been used there. Contributions are compared along a few random
directions, each edge at a cost that does not depend on the number of components.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from autograd.check.diagnosis.evidence import Evidence, Guess, shown
from autograd.check.diagnosis.factors import near
from autograd.check.diagnosis.flow import Change, Flow
from autograd.check.diagnosis.wrong_operations import ONE_PATH, Slopes, rarity, wrong_slope_text

_DIRECTIONS = 12
ENOUGH = 8.0  # how far apart, in units of the slack, the sides of a coincidence may be
_MOST = 64  # places that a fitted number is tried at, those first that are wrong more often


class Projection(NamedTuple):
    """Hold, along a few directions and in units of the slack, the error and what could make it.

    `along[e]` is the change of the gradient with the local derivative of edge e, `tangents[k]`
    that with the adjoint of node k.
    """

    error: Any
    along: Any
    tangents: Any


class _Place(NamedTuple):
    """Hold an edge or a node, the number that was used there, and how exactly that is known."""

    at: int
    used: float
    unsure: float


class _Found(NamedTuple):
    kind: str
    bits: float
    free: int
    change: Change
    text: tuple[Any, ...]


def path_guesses(evidence: Evidence, flow: Flow, table: Slopes,
                 projection: Projection) -> Iterator[Guess]:  # fmt: skip
    """Yield changes of one edge, or of all uses of one value, that the error points to."""
    error, along, tangents = projection
    at_edges = list(_parallel(error, along, np.array(flow.local)))
    shared = [k for k, uses in enumerate(flow.uses) if len(uses) > 1]
    at_nodes = list(_parallel(error, tangents[shared], np.array(flow.adjoints)[shared]))
    found = [
        *_paths(flow, at_edges),
        *_slopes(evidence, flow, table, at_edges),
        *_values(flow, [_Place(shared[p.at], p.used, p.unsure) for p in at_nodes]),
    ]
    found.sort(key=lambda f: f.bits)
    found = [f for f in found if not f.free] + [f for f in found if f.free][:_MOST]
    for f, prediction in zip(found, flow.gradients([f.change for f in found]), strict=True):
        text = partial(_text, evidence, flow, *f.text)
        place = frozenset(f.change) if f.kind == "operation" else None
        yield Guess(f.kind, text, prediction, f.bits, f.free, place)


def projected(evidence: Evidence, flow: Flow, blur: float) -> Projection:
    """Return the error, and the changes that edges and nodes can make, along random directions."""
    n = len(evidence.claims)
    directions = np.eye(n)
    if n > _DIRECTIONS:
        directions = np.random.default_rng(0).standard_normal((n, _DIRECTIONS)) / math.sqrt(n)
    weights = np.where(evidence.size > 0, 1 / evidence.slack(evidence.claim, blur), 0)
    directions = directions * weights[:, None]
    with np.errstate(all="ignore"):
        tangents = flow.tangents(directions)
        along = np.array(flow.adjoints)[flow.tails, None] * tangents[flow.heads]
        return Projection(evidence.error @ directions, along, tangents)


def _parallel(error: Any, along: Any, right: Any) -> Iterator[_Place]:
    """Yield the places whose contribution is parallel to the error."""
    if not len(along):
        return
    with np.errstate(all="ignore"):
        squared = np.einsum("ek,ek->e", along, along)
        step = along @ error / squared
        rest = np.abs(error - step[:, None] * along).max(axis=1)
        unsure = ENOUGH / np.sqrt(squared)
    good = np.isfinite(step) & (squared > 0) & (rest <= ENOUGH)
    for k in np.flatnonzero(good):
        yield _Place(int(k), float(right[k] + step[k]), float(unsure[k]))


def _bits(flow: Flow, e: int) -> float:
    """Return the bits that say which edge: fewer for those where paths part."""
    parting = len(flow.uses[flow.heads[e]]) > 1
    return math.log2(len(flow.local)) + (1 if parting else 3)


def _paths(flow: Flow, places: list[_Place]) -> Iterator[_Found]:
    """Yield paths that are missing or counted twice; edges of one path are one guess."""
    for how, factor in (("is missing", 0), ("is counted twice", 2)):
        edges = {
            p.at
            for p in places
            if flow.local[p.at] and abs(p.used - factor * flow.local[p.at]) <= p.unsure
        }
        while edges:
            path = _connected(flow, edges)
            edges -= path
            best = min(path, key=lambda e: (_bits(flow, e), e))
            change = {best: factor * flow.local[best]}
            yield _Found("path", _bits(flow, best), 0, change, (how, best, sorted(path)))


def _connected(flow: Flow, edges: set[int]) -> set[int]:
    first = min(edges)
    path, waiting = {first}, [first]
    for e in waiting:
        for k in (*flow.made[flow.heads[e]], *flow.uses[flow.tails[e]]):
            if k in edges and k not in path:
                path.add(k)
                waiting.append(k)
    return path


def _slopes(evidence: Evidence, flow: Flow, table: Slopes,
            places: list[_Place]) -> Iterator[_Found]:  # fmt: skip
    """Yield wrong local derivatives of one edge: by a formula, a named factor, or as fitted."""
    for p in places:
        right = flow.local[p.at]
        bits = _bits(flow, p.at) + rarity(evidence.edges[p.at])
        named = False
        for how, slope in table[p.at].items():
            if how in ONE_PATH or slope.value == right:
                continue
            if abs(slope.value - p.used) <= p.unsure:
                named = True
                change = {p.at: slope.value}
                yield _Found(
                    "operation", bits + 1 + slope.bits, 0, change, (how, p.at, slope.value)
                )
        if named or not right or abs(p.used) <= p.unsure:
            continue
        bits += 2
        for k in near(evidence, p.used / right):
            value = k.value * right
            if k.value not in (1, -1, 2) and abs(value - p.used) <= p.unsure:
                how = f"{k.name} times that"
                yield _Found("operation", bits + k.bits, 0, {p.at: value}, (how, p.at, value))
        yield _Found("operation", bits, 1, {p.at: p.used}, ("", p.at, p.used))


def _values(flow: Flow, places: list[_Place]) -> Iterator[_Found]:
    """Yield values whose gradient is dropped, doubled, or kept of one use only."""
    for p in places:
        right, uses = flow.adjoints[p.at], flow.uses[p.at]
        bits = math.log2(len(places)) + 2
        for how, factor in (("is dropped: is it detached?", 0), ("is passed on twice", 2)):
            if abs(p.used - factor * right) <= p.unsure and right:
                change = {e: factor * flow.local[e] for e in uses}
                yield _Found("path", bits + 2, 0, change, ("value " + how, p.at, uses))
        for e in uses:
            if abs(flow.adjoints[flow.tails[e]] * flow.local[e] - p.used) <= p.unsure:
                change = {k: flow.local[k] if k == e else 0.0 for k in uses}
                more = bits + math.log2(len(uses)) + 1
                yield _Found("assigned", more, 0, change, ("only", p.at, e))


def _text(evidence: Evidence, flow: Flow, how: str, at: int, more: Any) -> str:
    if how.startswith("value "):
        name = evidence.name(flow.nodes[at])
        used = evidence.operations(evidence.edges[more[0]].v)
        return f"the gradient of {name}, used {len(more)} times, such as in {used}, {how[6:]}"
    if how == "only":
        name = evidence.name(flow.nodes[at])
        used = evidence.operations(evidence.edges[more].v)
        return (
            f"of the {len(flow.uses[at])} uses of {name} only that in {used} counts: "
            "is its gradient assigned where it should be added to?"
        )
    if how in ("is missing", "is counted twice"):
        operations = dict.fromkeys(evidence.edges[e].v for e in more[:3])
        through = evidence.operations(*operations) + (" ..." if len(more) > 3 else "")
        start = evidence.name(flow.nodes[flow.heads[more[0]]])
        return (
            f"the path from {start} through {through} {how}{_contribution(evidence, flow, at, how)}"
        )
    return wrong_slope_text(evidence, evidence.edges[at], more, how)


def _contribution(evidence: Evidence, flow: Flow, e: int, how: str) -> str:
    [without] = flow.gradients([{e: 0.0}])
    terms = evidence.true - without
    j = int(np.argmax(np.abs(terms)))
    was = "was dropped" if how == "is missing" else "was added again"
    return f": its contribution {shown(terms[j])} to {evidence.names[j]} {was}"
