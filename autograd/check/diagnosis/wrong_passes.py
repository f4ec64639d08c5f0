"""Mistakes of whole engines: gradients assigned, visited in a wrong order, left from before.

Each is a reverse pass with one thing wrong in it, run on the recorded graph.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from autograd.check.diagnosis.evidence import Evidence, Guess
from autograd.check.diagnosis.flow import Flow

_MOST = 5  # visits per edge, after which a pass that visits again and again is given up

_ASSIGNED = "is grad assigned (=) where it should be added to (+=)?"
_ORDER = "sort the graph topologically first, each value once, and go through it backwards"


def pass_guesses(evidence: Evidence, flow: Flow) -> Iterator[Guess]:
    """Yield the gradients of engines with one mistake."""
    for kind, text, grads, bits in (
        *_assigned(flow),
        *_unsorted(flow),
        *_stale(flow),
        *_overwritten(evidence, flow),
    ):
        if grads is not None:
            prediction = np.array([grads[k] for k in flow.ends])
            yield Guess(kind, text, prediction, bits)
    yield from _repeated(evidence, flow)


Mistake = tuple[str, str, list[float] | None, float]


def _topological(flow: Flow) -> list[int]:
    """Return the nodes in the order that a depth-first search finishes them, backwards."""
    done: list[int] = []
    seen = {flow.start}
    waiting = [(flow.start, iter(flow.made[flow.start]))]
    while waiting:
        node, edges = waiting[-1]
        for e in edges:
            head = flow.heads[e]
            if head not in seen:
                seen.add(head)
                waiting.append((head, iter(flow.made[head])))
                break
        else:
            done.append(node)
            waiting.pop()
    return done[::-1]


def _assigned(flow: Flow) -> Iterator[Mistake]:
    """Yield the passes in which one use of a value overwrites what the others gave."""
    leaves = {k for k, made in enumerate(flow.made) if not made}
    by_age = range(len(flow.nodes) - 1, -1, -1)
    for order in (by_age, _topological(flow)):
        for only, where in ((None, ""), (leaves, " of inputs"), (leaves, " of interior values")):
            for last in (True, False):
                interior = where.endswith("interior values")
                grads = _overwriting(flow, order, last, only, interior)
                which = "last" if last else "first"
                text = f"only the {which} use counts in the gradients{where}: {_ASSIGNED}"
                yield "assigned", text, grads, (2 if not where else 3) + (not last)


def _overwriting(flow: Flow, order: Sequence[int], last: bool, leaves: set[int] | None,
                 interior: bool) -> list[float]:  # fmt: skip
    grads = [0.0] * len(flow.nodes)
    grads[flow.start] = 1.0
    reached = set()
    for tail in order:
        for e in flow.made[tail]:
            head = flow.heads[e]
            term = grads[tail] * flow.local[e]
            if leaves is not None and (head in leaves) == interior:
                grads[head] += term
            elif last or head not in reached:
                grads[head] = term
            reached.add(head)
    return grads


def _overwritten(evidence: Evidence, flow: Flow) -> Iterator[Mistake]:
    """Yield gradients of which a block keeps only one use of each component, or loses the first."""
    whole = flow.adjoints
    for block in evidence.blocks:
        ends = [k for k in flow.ends[block.start : block.stop] if len(flow.uses[k]) > 1]
        for which, kept in (
            ("only the last use of each component counts", slice(-1, None)),
            ("only the first use of each component counts", slice(0, 1)),
            ("the first use of each component is lost", slice(1, None)),
        ):
            grads = list(whole)
            for k in ends:
                used = flow.uses[k][kept]
                grads[k] = sum(whole[flow.tails[e]] * flow.local[e] for e in used)
            yield "assigned", f"{block.name}: {which}: {_ASSIGNED}", grads, 3


def _unsorted(flow: Flow) -> Iterator[Mistake]:
    """Yield the passes that do not wait for all uses of a value before they go on from it."""
    for once in (True, False):
        again = "" if once else ", and again at each use"
        text = f"values are visited depth first{again}: {_ORDER}"
        yield "order", text, _depth_first(flow, once), 3
        text = f"each input is followed at once{again}: {_ORDER}"
        yield "order", text, _following(flow, once), 4
        text = f"values are visited breadth first{again}: {_ORDER}"
        yield "order", text, _breadth_first(flow, once), 3


def _visits(flow: Flow) -> Callable[[], bool]:
    left = iter(range(_MOST * len(flow.local)))
    return lambda: next(left, None) is None


def _send(flow: Flow, grads: list[float], tail: int) -> None:
    for e in flow.made[tail]:
        grads[flow.heads[e]] += grads[tail] * flow.local[e]


def _depth_first(flow: Flow, once: bool) -> list[float] | None:
    grads = [0.0] * len(flow.nodes)
    grads[flow.start] = 1.0
    waiting, seen, too_many = [flow.start], set(), _visits(flow)
    while waiting:
        tail = waiting.pop()
        if once and tail in seen:
            continue
        seen.add(tail)
        if too_many():
            return None
        _send(flow, grads, tail)
        waiting.extend(flow.heads[e] for e in reversed(flow.made[tail]))
    return grads


def _breadth_first(flow: Flow, once: bool) -> list[float] | None:
    grads = [0.0] * len(flow.nodes)
    grads[flow.start] = 1.0
    waiting, seen, too_many = deque([flow.start]), {flow.start}, _visits(flow)
    while waiting:
        tail = waiting.popleft()
        if too_many():
            return None
        _send(flow, grads, tail)
        for e in flow.made[tail]:
            head = flow.heads[e]
            if not (once and head in seen):
                seen.add(head)
                waiting.append(head)
    return grads


def _following(flow: Flow, once: bool) -> list[float] | None:
    grads = [0.0] * len(flow.nodes)
    grads[flow.start] = 1.0
    waiting, seen = [(flow.start, iter(flow.made[flow.start]))], {flow.start}
    too_many = _visits(flow)
    while waiting:
        tail, edges = waiting[-1]
        e = next(edges, None)
        if e is None:
            waiting.pop()
            continue
        if too_many():
            return None
        head = flow.heads[e]
        grads[head] += grads[tail] * flow.local[e]
        if not (once and head in seen):
            seen.add(head)
            waiting.append((head, iter(flow.made[head])))
    return grads


def _stale(flow: Flow) -> Iterator[Mistake]:
    """Yield later passes that start from the gradients that earlier ones left behind."""
    order = range(len(flow.nodes) - 1, -1, -1)
    leaves = [k for k, made in enumerate(flow.made) if not made]
    for zeroed in (True, False):
        for seed_adds in (False, True):
            grads = [0.0] * len(flow.nodes)
            for passes in (1, 2, 3):
                grads[flow.start] = grads[flow.start] + 1.0 if seed_adds else 1.0
                if zeroed:
                    for k in leaves:
                        grads[k] = 0.0
                for tail in order:
                    _send(flow, grads, tail)
                if passes > 1:
                    which = "second" if passes == 2 else "third"
                    kept = "interior values kept theirs" if zeroed else "nothing was zeroed"
                    text = f"it is from a {which} pass, in which {kept} from the one before"
                    yield "stale", text, list(grads), 3 + seed_adds + (passes == 3)


def _repeated(evidence: Evidence, flow: Flow) -> Iterator[Guess]:
    """Yield the pass in which an operation that takes one value twice gives it one share."""
    again: list[int] = []
    before: list[int] = []
    for made in flow.made:
        for edges, found in ((made, again), (made[::-1], before)):
            seen: set[int] = set()
            for e in edges:
                if flow.heads[e] in seen:
                    found.append(e)
                seen.add(flow.heads[e])
    if again:
        example = evidence.edges[again[0]].v
        for edges, prediction in zip(
            (again, before),
            flow.gradients([dict.fromkeys(again, 0.0), dict.fromkeys(before, 0.0)]),
            strict=True,
        ):
            yield Guess(
                "repeated",
                lambda: (
                    f"{evidence.operations(example)} takes one value twice, "
                    "but only one of the two counts: are inputs kept in a set?"
                ),
                prediction,
                2 + (edges is before),
            )
