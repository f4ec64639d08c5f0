"""What modules compute beside their parameters: after the last of them, or before the first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Value
from viz.diagrams.modules import Block, common
from viz.diagrams.particulars import is_cell, is_on_graphs, is_recurrent, makes

_REDUCTIONS = {"sum", "mean", "norm", "max", "min", "logsumexp", "dot"}
_ADDING = {"Residual", "EncoderBlock", "DecoderBlock"}


def add_ends_of_steps(order: Sequence[Value], fixed: Mapping[Value, Block],
                      place: dict[Value, Block]) -> None:  # fmt: skip
    """Give what the next step of a recurrent network takes, made of its own numbers alone, to it.

    The last step has no next one; it ends like the others.
    """
    wanted: dict[Value, Block] = {}
    for v in reversed(order):
        block = (_recurrent(place[v]) if v in place else None) or wanted.get(v)
        if block is not None:
            of = [x for x in v.inputs if type(x) is Value]
            wanted.update((x, block) for x in of if _is_between(x, place))
    for v in order:
        if v in wanted and v.rule is not None:
            of = [x for x in v.inputs if type(x) is Value]
            if all(x in place and wanted[v] in place[x].lineage for x in of):
                place[v] = wanted[v]
    ends: dict[object, list[Any]] = {}
    for v, after in _stretches(order, fixed):
        if (block := _recurrent(fixed[v])) is not None:
            of = [x for x in v.inputs if type(x) is Value and x.rule is None and x in place]
            end = [x.rule for x in after if place.get(x) is block]
            usual = ends.setdefault((block, frozenset(of)), end)
            for i, x in enumerate(after):
                made_of = [place.get(a) for a in x.inputs if type(a) is Value]
                is_masked = x.rule is not None and x.rule.name == "where"  # the state is kept
                if not (is_masked or (i < len(usual) and x.rule is usual[i])) or any(
                    b is None or block not in b.lineage for b in made_of
                ):
                    break
                place[x] = block


def _stretches(
    order: Sequence[Value], fixed: Mapping[Value, Block]
) -> list[tuple[Value, list[Value]]]:
    """Return each operation on parameters, with the other operations up to the next."""
    found: list[tuple[Value, list[Value]]] = []
    for v in order:
        if v in fixed:
            found.append((v, []))
        elif v.rule is not None and found:
            found[-1][1].append(v)
    return found


def _recurrent(block: Block) -> Block | None:
    return next((b for b in reversed(block.lineage) if is_recurrent(b.module)), None)


def add_what_follows(order: Sequence[Value], place: dict[Value, Block]) -> None:
    """Give operations right after a module to it, or to what follows it and has no parameters."""
    for v in order:
        if v.rule is None or not _is_between(v, place):
            continue
        inputs = [x for x in v.inputs if type(x) is Value]
        cell = place[v] if v in place and is_cell(place[v].module) else None
        if v.rule.name == "add" and len(inputs) > 1 and (residual := _residual(v, place)):
            place[v] = place[v] if cell else residual
            continue
        if not inputs or not all(x in place and x.rule for x in inputs):
            continue
        block = common({place[x] for x in inputs})
        found = user_of(v, block) if block else None
        if found and not any(x.rule is v.rule and place[x] is found for x in inputs):
            place[v] = place[v] if cell and cell not in found.lineage else found


def _residual(v: Value, place: Mapping[Value, Block]) -> Block | None:
    """Return the innermost residual connection that gave one of v's operands, and so adds here."""
    held = [place[x] for x in v.inputs if type(x) is Value and x in place]
    around = [b for block in held for b in block.lineage[:-1] if b.kind in _ADDING]
    return max(around, key=lambda b: b.depth, default=None)


def _is_between(v: Value, place: Mapping[Value, Block]) -> bool:
    return v not in place or bool(place[v].children)


def user_of(v: Value, block: Block) -> Block | None:
    """Return whose an operation on what a block gives can be."""
    rule = v.rule.name if v.rule else ""
    by_constant = not all(type(x) is Value for x in v.inputs)  # as dropout, noise and positions do
    for b in reversed(block.lineage):
        if b.activation == rule or rule in makes(b.module):
            return b
        siblings = b.parent.children if b.parent else []
        for sibling in siblings[siblings.index(b) + 1 :] if b.parent else []:
            if any(inner.own for inner in sibling.inside):
                break
            if known := makes(sibling.module):
                if rule in known and (rule != "add" or by_constant):
                    return sibling
            elif sibling.activation == rule or (
                sibling.activation is None and rule == "mul" and by_constant
            ):
                return sibling
        if rule == "max":  # no loss or norm has it: a module that is called in between
            for sibling in siblings:
                if rule in makes(sibling.module):
                    return sibling
    return None


def add_what_comes_before(order: Sequence[Value], fixed: Mapping[Value, Block],
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
            cell = next((b for b in block.lineage if is_on_graphs(b.module)), None)
            for x in reversed(started):
                of = {place.get(u) for u in users[x]}
                if cell and of and all(b is not None and cell in b.lineage for b in of):
                    place[x] = cell
                elif of == {block}:
                    place[x] = block
            started.clear()
        elif v.rule is None or not _is_between(v, place):
            continue
        elif started or v.rule.name in _REDUCTIONS:
            started.append(v)
