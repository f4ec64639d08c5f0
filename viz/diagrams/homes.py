"""Which module each operation of a graph belongs to, found from the graph alone.

Calls leave no trace, so that a graph which is not drawn costs nothing. But a call is a stretch of
time, and Values are numbered in the order of their creation: what was made between the first and
the last use of a module's parameters in one call was made in that call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autograd import Value
from viz.diagrams.beside import add_ends_of_steps, add_what_comes_before, add_what_follows, user_of
from viz.diagrams.modules import Block, common


@dataclass
class _Call:
    """Hold a call that is under way: whose, since which Value, and the parameters it has used."""

    block: Block
    start: int
    used: set[Value] = field(default_factory=set)


def homes(order: Sequence[Value], found: Sequence[Block]) -> dict[Value, Block]:
    """Return the innermost module of each value that was made in one, and of each parameter.

    Operations on parameters are the fixed points. Those between two of them in one call are in
    that call's module; so are an activation that the module names, right after it, and what a
    module of statistics computes right before its parameters come in. All other operations are
    between the modules, and not in the answer.
    """
    holder = {p: block for block in found for p in block.own}
    rank = {block: i for i, block in enumerate(found)}
    place = {x: holder[x] for x in order if x in holder}
    fixed = _fixed(order, holder, rank)
    place.update(fixed)
    for v, block in fixed.items():
        if block.kind == "Embedding":  # it hands its parameters on: what follows computes
            place[v] = user_of(v, block) or block
    _fill_calls(order, fixed, place)
    add_ends_of_steps(order, fixed, place)
    add_what_follows(order, place)
    add_what_comes_before(order, fixed, place)
    return place


def _fixed(order: Sequence[Value], holder: Mapping[Value, Block],
           rank: Mapping[Block, int]) -> dict[Value, Block]:  # fmt: skip
    """Return the module of each operation on parameters.

    Of several, as where a neuron takes a row of an embedding, it is one that does something with
    its parameters alone, else the last.
    """
    owners = {}
    for v in order:
        if v.rule is not None:
            of = {holder[x] for x in v.inputs if type(x) is Value and x in holder}
            if of:
                owners[v] = of
    active = {next(iter(of)) for of in owners.values() if len(of) == 1}
    answer = {}
    for v, of in owners.items():
        doing = of & active
        answer[v] = (common(doing) if doing else None) or max(of, key=rank.__getitem__)
    return answer


def _fill_calls(order: Sequence[Value], fixed: Mapping[Value, Block],
                place: dict[Value, Block]) -> None:  # fmt: skip
    """Give what was made between two fixed points to the innermost call that has both."""
    calls: list[_Call] = []
    inside = {b for block in set(fixed.values()) for b in block.lineage}
    own = {block: set(block.parameters) for block in inside}
    latest: dict[Value, int] = {}  # the last fixed point that a value was made of
    waiting: list[Value] = []
    for v in order:
        if v.rule is None:
            continue
        before = max((latest[x] for x in v.inputs if type(x) is Value and x in latest), default=-1)
        if v not in fixed:
            latest[v] = before
            waiting.append(v)
            continue
        latest[v] = v.number
        lineage = fixed[v].lineage
        used = {x for x in v.inputs if type(x) is Value and x in own[fixed[v]]}
        kept = 0
        for call, block in zip(calls, lineage, strict=False):
            if call.block is not block or _is_new(call, used, before, own[block]):
                break
            kept += 1
        if kept:
            place.update(dict.fromkeys(waiting, calls[kept - 1].block))
        waiting.clear()
        calls = calls[:kept] + [_Call(block, v.number) for block in lineage[kept:]]
        for call in calls:
            call.used |= used


def _is_new(call: _Call, used: set[Value], before: int, own: set[Value]) -> bool:
    """Say whether what is made now from the parameters used is in another call than this one.

    It is if one is used again for what was not made in this call, as for another sample, or
    after all others were, as in the next step of a recurrent network.
    """
    again = used & call.used
    is_part = call.block.parent is not None
    return bool(again) and (before < call.start or (is_part and call.used == own))
