"""A stage of a lifted program as a tape: a row for each group, and the places of its operands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.program.lifting.groups import (
    ROW_FLAGS,
    ROW_STORE,
    SHARED_FLAGS,
    SHARED_STORE,
    Group,
    Lifted,
)  # fmt: skip
from autograd.program.running import opcodes

Array = np.ndarray[Any, Any]


def key_of(g: Group) -> Any:
    """Return the operation of the tape that computes a group, None if there is none."""
    if g.form in ("total", "dot", "product"):
        return "sums"
    if g.form == "terms":
        key: Any = (g.products, g.signs)
        return key if key in opcodes.codes() else "sums"
    key = g.op
    if g.literals:
        key = (g.op, g.literals[0][1])
        if g.op == "pow" and key not in opcodes.codes():
            key = opcodes.ANY_POWER
    flags = [ref.store in (SHARED_FLAGS, ROW_FLAGS) for ref in g.operands]
    if flags != opcodes.flags_among(key, len(flags)) or g.form == "reduction":
        return None
    return key if key in opcodes.codes() else None


class Tape:
    """Hold one stage of a program as arrays: that of the shared numbers, or that of the rows.

    All numbers of a stage lie in one array: the shared store, and for rows after it the row store
    and the columns. So do the flags.
    """

    def __init__(self, lifted: Lifted, row: bool) -> None:
        self.lifted = lifted
        self.places, self.size = _side_by_side(lifted, row)
        flags = {name: lifted.sizes.get(name, 0) for name in (SHARED_FLAGS, ROW_FLAGS)}
        self.flags = sum(flags.values())
        self.places |= {SHARED_FLAGS: 0, ROW_FLAGS: flags[SHARED_FLAGS]}
        self.factors: list[float] = []
        lists: list[Array] = []
        rows: list[tuple[int, ...]] = []
        length = 0
        for g in lifted.groups:
            if g.row != row:
                continue
            key = key_of(g)
            members, pairs, signs = self._operands(g, key)
            rows.append((
                opcodes.codes()[key], self.places[g.store] + g.start, length, g.size,
                members.size // g.size, pairs, len(self.factors),
            ))  # fmt: skip
            self.factors += signs
            lists.append(members.ravel())
            length += members.size
        table = np.array(rows, np.uint64).reshape(-1, 7)
        at = np.concatenate(lists).astype(np.uint32) if lists else np.zeros(0, np.uint32)
        self.groups = [g for g in lifted.groups if g.row == row]
        self.forward = table, np.array(self.factors, float), at  # what the loops are given

    @classmethod
    def of(cls, lifted: Lifted, row: bool) -> Tape:
        """Return the tape of a stage, made once."""
        if row not in lifted.tapes:
            lifted.tapes[row] = cls(lifted, row)
        tape: Tape = lifted.tapes[row]
        return tape

    def reverse(self, active: Mapping[str, Array]) -> tuple[Array, Array, Array]:
        """Return what the loop back is given, where adjoints of these places are wanted."""
        table, factors, at = self.forward
        kept = [
            g.store not in (SHARED_FLAGS, ROW_FLAGS)
            and bool(active[g.store][g.start : g.start + g.size].any())
            for g in self.groups
        ]
        return np.ascontiguousarray(table[np.array(kept, bool)]), factors, at

    def _operands(self, g: Group, key: Any) -> tuple[Array, int, list[float]]:
        """Return the places of a group's operands, how many pairs there are, and signs."""
        indices = [ref.index + self.places[ref.store] for ref in g.operands]
        if key != "sums":
            numbers = [float(g.literals[0][1])] if key == opcodes.ANY_POWER else []
            return np.concatenate([index.ravel() for index in indices]), 0, numbers
        if g.form == "terms":
            signs = [float(x) for x in g.signs]
            return np.stack([x.ravel() for x in indices], axis=1), g.products, signs
        if g.form == "total":
            n = indices[0].shape[1]
            return indices[0], 0, [float(x) for x in g.signs] or [1.0] * n
        a, b, *addends = indices
        signs = [float(x) for x in g.signs]
        if g.form == "product":  # (h, p, n) and (h, n, q)
            h, p, q = g.grid
            n = a.shape[-1]
            shape = (h, p, q, n)
            a = np.broadcast_to(a[:, :, None], shape).reshape(-1, n)
            b = np.broadcast_to(b.swapaxes(1, 2)[:, None], shape).reshape(-1, n)
            signs = [1.0] * n + signs[1:]
        n = a.shape[1]
        both = np.stack([a, b], axis=2).reshape(len(a), 2 * n)
        return np.concatenate([both, *[x.reshape(-1, 1) for x in addends]], axis=1), n, signs


def _side_by_side(lifted: Lifted, row: bool) -> tuple[dict[str, int], int]:
    """Return where each store begins in an array of all, and how long that is."""
    sizes = {SHARED_STORE: lifted.sizes[SHARED_STORE]}
    if row:
        sizes |= {ROW_STORE: lifted.sizes.get(ROW_STORE, 0), **lifted.widths}
    places, length = {}, 0
    for name, size in sizes.items():
        places[name] = length
        length += size
    return places, length
