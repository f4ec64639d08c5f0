"""Which module each operation of a graph belongs to, found from the graph alone.

Calls leave no trace, so that a graph which is not drawn costs nothing. But a call is a stretch of
time, and Values are numbered in the order of their creation: what was made between the first and
the last use of a module's parameters in one call was made in that call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autograd import Value
from viz.diagrams.modules import Block

_REDUCTIONS = {"sum", "mean", "norm", "max", "min", "logsumexp"}


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
    _fill_calls(order, fixed, place)
    _add_activations(order, place)
    _add_statistics(order, fixed, place)
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


def common(of: set[Block]) -> Block | None:
    """Return the innermost block that holds all of these, None for none of a kind."""
    first, *rest = of
    lineage = first.lineage
    for block in rest:
        other = set(block.lineage)
        lineage = [b for b in lineage if b in other]
    return lineage[-1] if lineage else None


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


def _add_activations(order: Sequence[Value], place: dict[Value, Block]) -> None:
    """Give operations right after a module to it, or to what follows it and has no parameters."""
    for v in order:
        if v.rule is None or not _is_between(v, place):
            continue
        if v.rule.name == "add" and (residual := _residual(v, place)):
            place[v] = residual
            continue
        rules = [x.rule if x in place else None for x in v.inputs if type(x) is Value]
        if not rules or None in rules or v.rule in rules:
            continue
        block = common({place[x] for x in v.inputs if type(x) is Value})
        found = _after(v, v.rule.name, block) if block else None
        if found:
            place[v] = found


def _residual(v: Value, place: Mapping[Value, Block]) -> Block | None:
    """Return the innermost residual connection that gave one of v's operands, and so adds here."""
    held = [place[x] for x in v.inputs if type(x) is Value and x in place]
    around = [b for block in held for b in block.lineage[:-1] if b.kind == "Residual"]
    return max(around, key=lambda b: b.depth, default=None)


def _is_between(v: Value, place: Mapping[Value, Block]) -> bool:
    return v not in place or bool(place[v].children)


def _after(v: Value, rule: str, block: Block) -> Block | None:
    """Return whose an operation on what a block gives can be."""
    for b in reversed(block.lineage):
        if b.activation == rule:
            return b
        after = b.parent.children[b.parent.children.index(b) + 1 :] if b.parent else []
        for sibling in after:
            if any(inner.own for inner in sibling.inside):
                break
            scales = rule == "mul" and not all(type(x) is Value for x in v.inputs)  # dropout
            if sibling.activation == rule or (sibling.activation is None and scales):
                return sibling
    return None


def _add_statistics(order: Sequence[Value], fixed: Mapping[Value, Block],
                    place: dict[Value, Block]) -> None:  # fmt: skip
    """Give a mean, and what was made with it, to the module that alone uses them next."""
    users: dict[Value, list[Value]] = defaultdict(list)
    for v in order:
        for x in v.inputs:
            if type(x) is Value:
                users[x].append(v)
    started: list[Value] = []
    for v in order:
        if v in fixed:
            block = fixed[v]
            for x in reversed(started):
                if users[x] and all(place.get(u) is block for u in users[x]):
                    place[x] = block
            started.clear()
        elif v.rule is None or not _is_between(v, place):
            continue
        elif started or v.rule.name in _REDUCTIONS:
            started.append(v)
