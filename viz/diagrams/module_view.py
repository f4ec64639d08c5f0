"""The view of any model: a box for each module, what it holds, and what flows between them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from typing import Any

from graphviz import Digraph

from autograd import Value, nodes
from viz.diagrams.canvas import CLUSTER, KEEPS_ORDER, in_order, locals_of, sheet, size
from viz.diagrams.detail import add_values
from viz.diagrams.digits import digits
from viz.diagrams.kernels import CAPTION as KERNELS
from viz.diagrams.kernels import count_of, kernels_of, pictures
from viz.diagrams.labels import escape
from viz.diagrams.layers import row, stack
from viz.diagrams.modules import Block, blocks, deepest_unit
from viz.diagrams.particulars import width_of
from viz.diagrams.roles import ACTIVATION, INPUT, INTERMEDIATE, OUTPUT, PARAMETER, Role
from viz.diagrams.sorting import Box, Sorted, sort
from viz.diagrams.telling import lines_of, rows_of, steps_of, title_of
from viz.diagrams.titles import sign, title, which

_MOST_BOXES = 12
_COUNT = "#4B5563"
CAPTION = "edge: how many values flow along it;  a number alone is the local derivative"


def readable_module_depth(model: Any, ys: Sequence[Value]) -> int:
    """Return how deep the modules can be opened for a screen to hold their boxes.

    It is at least 1, but for a model that is one layer or cell, and no layer or cell is opened.
    """
    found, order = blocks(model), nodes(*ys) if ys else []
    deepest = deepest_unit(found)
    depth = min(1, deepest)
    while depth < deepest:
        if len(sort(order, ys, found, depth + 1).boxes) > _MOST_BOXES:
            break
        depth += 1
    return depth


def module_view(model: Any, ys: Sequence[Value] = (), depth: int = 1,
                kept: Set[Value] | None = None) -> str:  # fmt: skip
    """Return the DOT text of a model by its modules, left to right.

    The depth is 0 for one box, 1 for one for each part of the model, 2 for the parts of those...
    With ys, which it computed, arrows say what flows; without, which module holds which.
    """
    found = blocks(model)
    order = [v for v in nodes(*ys) if kept is None or v in kept] if ys else []
    parts = sort(order, ys, found, depth)
    caption = CAPTION if parts.arrows else "" if order or depth == 0 else "edge: holds"
    if any(box.block is not None and kernels_of(box.block.module) for box in parts.boxes):
        caption = r"\l".join(filter(None, (caption, KERNELS)))
    g = sheet(caption, rankdir="LR", nodesep="0.3", ranksep="0.6", **KEEPS_ORDER)
    outputs = set(ys)
    inside: dict[Block | None, list[Box]] = defaultdict(list)
    for box in parts.boxes:
        inside[box.frame if order else None].append(box)
    _add_frame(g, None, inside, found[0].inside, parts, outputs, order)
    names = {box: box.name for box in parts.boxes}
    alike = Counter((source, target.frame, n) for (source, target), n in parts.arrows.items())
    said: set[object] = set()
    for (source, target), count in parts.arrows.items():
        flow = _flow(source, parts, count)
        look, same = _look(source, target, count, flow), (source, target.frame, count)
        if count > 1 and target.frame and alike[same] > 1:  # labels in a row would tangle arrows
            look["label"] = "" if same in said else f"{flow} each"
            said.add(same)
        g.edge(names[source], names[target], **look)
    if not order:
        by_block = {box.block: box for box in parts.boxes}
        for box in parts.boxes:
            if box.block is not None and box.block.parent is not None:
                g.edge(by_block[box.block.parent].name, box.name)
    return str(g.source)


def _add_frame(g: Digraph, frame: Block | None, inside: dict[Block | None, list[Box]],
               found: Sequence[Block], parts: Sorted, outputs: Set[Value],
               order: Sequence[Value]) -> None:  # fmt: skip
    for box in inside[frame]:
        _add_box(g, box, parts, outputs, order)
    beside = [box for box in inside[frame] if box.block is not None and box.block is not frame]
    if frame is not None and not any((a, b) in parts.arrows for a in beside for b in beside):
        in_order(g, [box.name for box in beside], framed=True)
    for i, block in enumerate(found):
        holder = block.parent if block.parent is not found[0] else None
        if i and holder is frame and any(inside[inner] for inner in block.inside):
            with g.subgraph(name=f"cluster_{i}") as c:
                c.attr(label=escape(f"{_place(block, parts)}: {block.kind}"), **CLUSTER)
                _add_frame(c, block, inside, found, parts, outputs, order)


def _add_box(g: Digraph, box: Box, parts: Sorted, outputs: Set[Value],
             order: Sequence[Value]) -> None:  # fmt: skip
    if box.block is None and len(box.values) == 1:
        add_values(g, box.values, {box.values[0]: box.name}, outputs)
        return
    if box.block is None:
        stack(g, box.name, _name_of_group(box), [row("values", box.values)],
              INTERMEDIATE if box.values[0].rule else INPUT)  # fmt: skip
        return
    norm = _norm([p.grad for p in box.parameters if p.grad is not None])
    foot = "" if norm is None else f"norm of the gradient {digits(norm)}"
    kernels, steps = kernels_of(box.block.module), steps_of(box, order)
    lines = lines_of(box, parts, steps)
    if kernels and (more := count_of(kernels)):
        lines.append(more)
    stack(g, box.name, title_of(box, steps), rows_of(box), _role(box, parts, outputs), foot,
          _place(box.block, parts), lines, pictures(kernels) if kernels else "")  # fmt: skip


def _place(block: Block, parts: Sorted) -> str:
    """Return where a module is in the model, with how many like it follow."""
    alike = parts.members[block]
    if not block.path or len(alike) == 1:
        return block.path
    last = alike[-1].path.rpartition(".")[2]
    to = f" to {last}" if last != block.path.rpartition(".")[2] else ""
    return f"{block.path}{to}, ×{len(alike)}"


def _role(box: Box, parts: Sorted, outputs: Set[Value]) -> Role:
    if any(v in outputs for v in box.values):
        return OUTPUT
    if box.values:
        return ACTIVATION
    return PARAMETER if any(parts.uses[p] for p in box.parameters) else INTERMEDIATE


def _name_of_group(box: Box) -> str:
    first = box.values[0]
    if first.rule is None:
        return f"{len(box.values):,} inputs"
    words = list(dict.fromkeys(title(v) for v in box.values))
    if len(words) > 1:
        words = list(dict.fromkeys(sign(v) for v in box.values))
    shown = " ".join(words[:4]) + (" ..." if len(words) > 4 else "")
    return f"{shown} ×{len(box.values):,}"


def _norm(grads: Sequence[Any]) -> Any:
    if not grads:
        return None
    return math.nan if any(g != g for g in grads) else math.hypot(*map(size, grads))


def _flow(source: Box, parts: Sorted, count: int) -> str:
    """Return how many values flow, as a product if they are so many for each step or place."""
    width, box, seen = None, source, {source}
    while box.block is not None and (width := width_of(box.block.module)) is None:
        before = {a for a, b in parts.arrows if b is box} - seen
        if box.parameters or len(before) != 1:
            break  # only of what has no parameters is what comes out as what came in
        [box] = before
        seen.add(box)
    if width and count > width > 1 and count % width == 0:
        return f"{width:,} × {count // width:,} values"
    return f"{count:,} values"


def _look(source: Box, target: Box, count: int, flow: str) -> dict[str, str]:
    if count > 1:
        return {"label": flow, "penwidth": "2", "fontcolor": _COUNT}
    if target.block is not None or len(target.values) > 1:
        return {}
    [v] = target.values
    of = set(source.values) | set(source.parameters)
    at = [i for i, x in enumerate(v.inputs) if type(x) is Value and x in of]
    words = []
    for i in at:
        slope = locals_of(v)[i]
        side = f"{which(v, i)}: " if which(v, i) else ""
        words.append(side + ("no number" if slope is None else digits(slope)))
    return {"label": ", ".join(words)}
