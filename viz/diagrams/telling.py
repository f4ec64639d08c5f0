"""What the box of a module says: its title, its options, and a row for each kind of its numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from math import inf

from autograd import Value
from viz.diagrams.layers import Row, row
from viz.diagrams.modules import Block
from viz.diagrams.particulars import is_cell, is_recurrent, is_unit, words_of, wrapped
from viz.diagrams.sorting import Box, Sorted

_MOST_NAMED = 8
_MOST_RUNS = 4


def title_of(box: Box, steps: int) -> str:
    """Return what a module is, as "Conv2d" or "LSTM × 20 steps"."""
    kind = _block(box).kind
    return f"{kind} × {steps:,} steps" if steps > 1 else kind


def steps_of(box: Box, order: Sequence[Value]) -> int:
    """Return the steps of a recurrent network, 0 for others: the most uses of a weight in a row."""
    block = _block(box)
    if not is_recurrent(block.module):
        return 0
    first = next((p for child in block.children for p in child.parameters), None)
    steps: dict[Value, int] = defaultdict(int)
    for v in order:
        if v.rule is not None:
            of = [x for x in v.inputs if type(x) is Value]
            steps[v] = max((steps[x] for x in of), default=0) + any(x is first for x in of)
    return max((steps[v] for v in box.values), default=0)


def lines_of(box: Box, parts: Sorted, steps: int) -> list[str]:
    """Return a module's options, its activation or what it holds, and how often it was used."""
    block = _block(box)
    words = words_of(block.module)
    if block.activation:
        words.append(block.activation)
    elif not (is_unit(block.module) or _is_named(block) or _is_open(block, parts)):
        runs = [(kind, len(list(run))) for kind, run in groupby(c.kind for c in block.children)]
        words += [f"{n} × {kind}" if n > 1 else kind for kind, n in runs[:_MOST_RUNS]]
        words += ["..."] * (len(runs) > _MOST_RUNS)
        kinds = dict.fromkeys(b.activation for b in block.inside if b.activation)
        words += ["/".join(kinds)] if kinds else []
    used = [parts.uses[p] for p in box.parameters if parts.uses[p]]
    if used and min(used) > max(1, steps):
        words.append(f"used ×{min(used):,}")
    return wrapped(words)


def rows_of(box: Box) -> list[Row]:
    """Return rows of the parameters, by gate or part where these have names, and of the values."""
    block = _block(box)
    rows = [row("parameters", box.parameters)]
    if _is_named(block):
        rows = [row(_name(c), c.parameters) for c in block.children if c.parameters]
        rows.append(row("others" if rows else "parameters", block.own))
    shares = [v for v in box.values if v.rule and v.rule.name == "softmax"]
    inside = set(box.values)
    scores = {x: None for v in shares for x in v.inputs if type(x) is Value and x in inside}
    masked = {x: None for x in scores if x.data == -inf}  # nothing that went wrong
    apart = {*masked}
    if is_cell(block.module):
        rows += [row("scores", (x for x in scores if x not in masked)), row("softmax", shares)]
        apart |= {*scores, *shares}
    rows.append(row("masked", masked))
    return [*rows, row("values", (v for v in box.values if v not in apart))]


def _is_open(block: Block, parts: Sorted) -> bool:
    return any(box.block is not None and box.block.parent is block for box in parts.boxes)


def _is_named(block: Block) -> bool:
    """Say whether a closed block has parts that are known by their names, as gates are."""
    with_numbers = [c for c in block.children if c.parameters]
    names = [c.path.rpartition(".")[2] for c in with_numbers]
    return 1 < len(names) <= _MOST_NAMED and not any(name.isdigit() for name in names)


def _name(block: Block) -> str:
    return block.path.rpartition(".")[2].replace("_", " ")


def _block(box: Box) -> Block:
    assert box.block is not None
    return box.block
