"""Values sorted into the boxes of a picture of modules: theirs, and like operations between."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import groupby

from autograd import Value
from viz.diagrams.homes import homes
from viz.diagrams.modules import Block

_MOST_SIBLINGS = 12  # of one module that are drawn each, if they are alike
_FEWEST_ALIKE = 3
_MOST_GROUPS = 40


@dataclass(eq=False)
class Box:
    """Hold what one box stands for: a module's values, or like operations, or inputs.

    The frame is the module that is drawn around it, None for the whole model.
    """

    name: str
    frame: Block | None = None
    block: Block | None = None
    values: list[Value] = field(default_factory=list)
    parameters: list[Value] = field(default_factory=list)


@dataclass
class Sorted:
    """Hold the boxes in order, and how many values flow from one to the other."""

    boxes: list[Box]
    arrows: dict[tuple[Box, Box], int]
    uses: Counter[Value]  # how many operations a parameter is used by
    members: dict[Block, list[Block]]  # which blocks each that is shown stands for


def shown_blocks(found: Sequence[Block], depth: int) -> dict[Block, Block]:
    """Return the block that each is drawn as: its holder at this depth, the first of many alike."""
    shown: dict[Block, Block] = {block: block for block in found if block.parent is None}
    for holder in found:
        drawn = shown[holder]
        if depth < holder.opens_at:
            shown.update(dict.fromkeys(holder.children, drawn))
        elif drawn is holder:
            shown.update(zip(holder.children, _first_alike(holder.children), strict=True))
        else:  # it has the same form, and so children like these
            shown.update(
                (child, shown[like])
                for child, like in zip(holder.children, drawn.children, strict=True)
            )
    return shown


def _first_alike(siblings: Sequence[Block]) -> list[Block]:
    """Return for each sibling the first of those alike beside it, if there are many."""
    if len(siblings) <= _MOST_SIBLINGS:
        return list(siblings)
    answer = []
    for _, run in groupby(siblings, lambda block: block.form):
        alike = list(run)
        answer += alike[:1] * len(alike) if len(alike) >= _FEWEST_ALIKE else alike
    return answer


def sort(order: Sequence[Value], ys: Sequence[Value], found: Sequence[Block],
         depth: int) -> Sorted:  # fmt: skip
    """Return the boxes of a graph at a depth: 0 is the whole model as one, 1 its parts, ..."""
    shown = shown_blocks(found, depth)
    boxes: dict[Block, Box] = {}
    for i, block in enumerate(found):
        if shown[block] is block:
            boxes[block] = Box(f"m{i}", _frame(block), block)
    members: dict[Block, list[Block]] = defaultdict(list)
    for block in found:
        box = boxes[shown[block]]
        if block.depth == shown[block].depth:
            members[shown[block]].append(block)
        box.parameters += block.own
    place = homes(order, found)
    of: dict[Value, Box] = {p: box for box in boxes.values() for p in box.parameters}
    alone = set(ys)
    groups: list[Box] = []
    for coarse in (False, True):
        made = dict(of)
        groups = _into_groups(order, place, shown, boxes, made, alone, depth, coarse)
        if len(groups) <= _MOST_GROUPS:
            break
    for box in boxes.values():
        box.values = [v for v in order if v.rule is not None and made.get(v) is box]
    groups += _inputs(order, made)
    arrows: dict[tuple[Box, Box], set[Value]] = defaultdict(set)
    uses: Counter[Value] = Counter()
    for v in order:
        for x in {x: None for x in v.inputs if type(x) is Value}:
            uses[x] += x in of
            if x in made and v in made and made[x] is not made[v]:
                arrows[made[x], made[v]].add(x)
    kept = [b for b in boxes.values() if b.parameters or b.values or not order]
    if order:
        kept = [b for b in kept if b.values or not _is_open(b.block, depth) or any(
            uses[p] for p in b.parameters)]  # fmt: skip
    return Sorted([*kept, *groups], {ends: len(xs) for ends, xs in arrows.items()}, uses, members)


def _frame(block: Block) -> Block | None:
    parent = block.parent
    return None if parent is None or parent.parent is None else parent


def _is_open(block: Block | None, depth: int) -> bool:
    return block is not None and block.opens_at <= depth and bool(block.children)


def _into_groups(order: Sequence[Value], place: Mapping[Value, Block], shown: dict[Block, Block],
                 boxes: Mapping[Block, Box], made: dict[Value, Box], alone: Set[Value],
                 depth: int, coarse: bool) -> list[Box]:  # fmt: skip
    """Sort operations into modules and, between them, into groups, which are returned.

    A group is the same operation on what comes from the same boxes; if coarse, all that comes
    after the same modules, which makes few groups of very many operations.
    """
    groups: dict[object, Box] = {}
    sources_of: dict[Box, set[Box]] = {}
    before: dict[Value, frozenset[Box]] = {}  # the modules that a value was made by
    for v in order:
        inputs = [x for x in v.inputs if type(x) is Value]
        if coarse:
            before[v] = frozenset().union(*(before.get(x, ()) for x in inputs))
        block = shown[place[v]] if v in place else None
        if v.rule is not None and not (
            block is None
            or (_is_open(block, depth) and all(made.get(x) is not boxes[block] for x in inputs))
        ):
            sources = [made[x] for x in inputs if x in made]
            made[v] = box = boxes[block] if coarse else _called(boxes[block], sources, groups)
            if box is not boxes[block]:
                box.values.append(v)
        elif v.rule is not None:
            frame = block if block is not None and block.parent is not None else None
            sources = [made[x] for x in inputs if x in made]
            group = None if coarse or v in alone else _joined(v, sources, sources_of)
            if group is None:
                like = before[v] if coarse else (v.rule, frozenset(sources))
                mark = v.number if v in alone else (frame, like)
                group = groups.setdefault(mark, Box(f"g{len(groups)}", frame))
                sources_of.setdefault(group, set(sources))
            group.values.append(v)
            made[v] = group
            continue
        if coarse and v in made:
            before[v] |= {made[v]}
    return [group for group in groups.values() if group.name.startswith("g")]


def _called(box: Box, sources: Sequence[Box], groups: dict[object, Box]) -> Box:
    """Return the box of a call: one without parameters has a box for each place it is used at."""
    block = box.block
    if block is None or block.parent is None or block.parameters:
        return box
    for source in sources:
        if source.block is block:
            return source
    mark = (block, frozenset(sources))
    if not any(type(m) is tuple and m[0] is block for m in groups):
        groups[mark] = box
    return groups.setdefault(mark, Box(f"g{len(groups)}", box.frame, block))


def _joined(v: Value, sources: Sequence[Box], sources_of: dict[Box, set[Box]]) -> Box | None:
    """Return the group that v goes on with, as an addition to a running sum does."""
    for box in sources:
        others = {source for source in sources if source is not box}
        if box in sources_of and box.values[-1].rule is v.rule and others <= sources_of[box]:
            return box
    return None


def _inputs(order: Sequence[Value], made: dict[Value, Box]) -> list[Box]:
    """Sort the leaves that are no parameters by where they are used."""
    used: dict[Value, dict[str, None]] = defaultdict(dict)
    for v in order:
        for x in v.inputs:
            if type(x) is Value and x.rule is None and x not in made:
                used[x][made[v].name] = None
    groups: dict[object, Box] = {}
    for x in order:
        if x.rule is None and x not in made:
            mark = frozenset(used[x])
            group = groups.setdefault(mark, Box(f"x{len(groups)}"))
            group.values.append(x)
            made[x] = group
    return list(groups.values())
