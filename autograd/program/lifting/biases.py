"""Biases as the last column of the weights: [W b] @ [x; 1] is one product, W @ x + b two steps.

Parameters of a neuron lie side by side, so [W b] is a plain view, and so is its gradient; the row
of ones is laid after what is multiplied. It saves two passes over the results, one each way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autograd.program.lifting.groups import (
    SHARED_STORE,
    Array,
    Group,
    Lifted,
    Ref,
    strides_of,
)  # fmt: skip

_Key = tuple[str, int]  # ones are laid before this place of a store


def with_bias_columns(lifted: Lifted) -> Lifted:
    """Return the program with biases moved into the products that they are added to."""
    found: dict[int, tuple[int, Array, _Key]] = {}  # group: addend, [W b], where its ones are
    for at, g in enumerate(lifted.groups):
        k, both = _bias(g)
        if both is not None and (end := _end(lifted, g)) is not None:
            found[at] = k, both, (g.operands[1].store, end)
    counts: dict[_Key, int] = {}
    for at, (_, _, key) in found.items():
        q = 1 if _is_constant(lifted, lifted.groups[at].operands[1]) else lifted.groups[at].grid[2]
        counts[key] = q if counts.get(key, q) == q else 0  # products of unlike width: neither
    spans = [*_spans(lifted.groups)]
    counts = {
        (store, end): q for (store, end), q in counts.items()
        if q and not any(s == store and low < end <= high for s, low, high in spans)
    }  # fmt: skip
    return _rebuilt(lifted, found, counts) if counts else lifted


def _bias(g: Group) -> tuple[int, Array | None]:
    """Return which addend is the column after the weights, and the places of both together."""
    if g.form != "product" or g.grid[0] != 1 or g.operands[0].row:
        return 0, None
    weights = g.operands[0].index
    if weights.shape[2] < 2:
        return 0, None
    for k, ref in enumerate(g.operands[2:], 2):
        index = ref.index.reshape(g.grid)
        if ref.store != g.operands[0].store or g.signs[k - 1] < 0:
            continue
        both = np.concatenate([weights, index[:, :, :1]], axis=2)
        steps = strides_of(both)
        if steps is not None and steps[2] == 1 and (index == index[:, :, :1]).all():
            return k, both
    return 0, None


def _is_constant(lifted: Lifted, ref: Ref) -> bool:
    """Say whether all that an operand reads are constants of the recording."""
    first = len(lifted.shared)
    stop = first + len(lifted.constants)
    within = (first <= ref.index) & (ref.index < stop)
    return ref.store == SHARED_STORE and bool(within.all())


def _end(lifted: Lifted, g: Group) -> int | None:
    """Return the place after what is multiplied, None if no ones can be laid there."""
    ref = g.operands[1]
    first = len(lifted.shared) + len(lifted.constants) if ref.store == SHARED_STORE else 0
    flat = ref.index.ravel()
    if _is_constant(lifted, ref):
        return first  # what is multiplied is copied once, so ones can be taken from anywhere
    if ref.row != g.row:
        return None
    if ref.store not in lifted.sizes and (ref.store, len(flat)) not in lifted.columns.values():
        return None
    whole = flat[0] >= first and np.array_equal(flat, np.arange(flat[0], flat[0] + len(flat)))
    return int(flat[-1]) + 1 if whole else None


def _spans(groups: Sequence[Group]) -> list[tuple[str, int, int]]:
    """Return the ranges, (store, first, last), that must stay in one piece."""
    spans = [(g.store, g.start, g.start + g.size - 1) for g in groups]
    for g in groups:
        for ref in g.operands:
            if strides_of(ref.index) is not None:
                spans.append((ref.store, int(ref.index.min()), int(ref.index.max())))
    return spans


def _rebuilt(
    lifted: Lifted, found: dict[int, tuple[int, Array, _Key]], counts: dict[_Key, int]
) -> Lifted:
    tables: dict[str, Array] = {}
    ones: dict[str, list[Array]] = {}
    sizes = dict(lifted.sizes)
    for store in {store for store, _ in counts if store in sizes}:
        added = np.zeros(sizes[store] + 1, np.intp)
        for (of, end), q in counts.items():
            if of == store:
                added[end] += q
        tables[store] = np.arange(sizes[store] + 1) + np.cumsum(added)
        sizes[store] += int(added.sum())

    def moved(ref: Ref) -> Ref:
        return replace(
            ref, index=tables[ref.store][ref.index] if ref.store in tables else ref.index
        )

    def place(store: str, at: int) -> int:
        return int(tables[store][at]) if store in tables else at

    groups = []
    for at, g in enumerate(lifted.groups):
        operands, signs = [moved(ref) for ref in g.operands], g.signs
        if at in found and (key := found[at][2]) in counts:
            k, both, (store, end) = found[at]
            q = counts[key]
            row = np.arange(q) + (int(tables[store][end]) - q if store in tables else end)
            ones.setdefault(store, []).append(row)
            operands[0] = replace(operands[0], index=both)
            row = np.broadcast_to(row, (1, 1, g.grid[2]))
            below = np.concatenate([operands[1].index, row], axis=1)
            operands[1] = replace(operands[1], index=below)
            del operands[k]
            signs = (*signs[: k - 1], *signs[k:])
        groups.append(replace(g, operands=operands, signs=signs, start=place(g.store, g.start)))
    return replace(
        lifted, groups=groups, sizes=sizes,
        outputs=[(store, place(store, at)) for store, at in lifted.outputs],
        guards=[(store, place(store, at), truth) for store, at, truth in lifted.guards],
        ones={store: np.unique(np.concatenate(rows)) for store, rows in ones.items()},
    )  # fmt: skip
