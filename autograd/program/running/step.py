"""A bound program run again on arrays of the form that came last: what a training loop does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from autograd.program.bound import Bound
    from autograd.program.recording.arguments import Column
    from autograd.program.running.program import Program


class Step:
    """Run value and gradient with nothing looked up that was the same before.

    It is for programs that hold for every row; at one row, what surrounds the matrix products is
    most of the time.
    """

    def __init__(self, bound: Bound, program: Program, columns: Mapping[str, Column]) -> None:
        self.machine, self.space = bound._space(program)
        self.see, self.seen = bound._seen, bound._seen()
        self.parameters = bound.parameters
        self.head = self.space.s[: len(self.parameters)]
        self.mean = bound.compiled.reduce == "mean"
        self.others = program.others
        stores = program.lifted.columns
        self.forms = [
            (c.array.dtype, c.shape, stores[c.place][0] if c.place in stores else None)
            for c in columns.values()
        ]
        machine = self.machine
        self.store, self.place = machine.lifted.outputs[0]
        self.rows = 0  # how many the arrays are for that are held on to
        self.small = machine.has_rows and machine.is_row and not machine.has_shared

    @staticmethod
    def fits(program: Program, machine: Any, columns: Mapping[str, Column]) -> bool:
        """Say whether nothing has to be looked at before and after the program."""
        lifted = machine.lifted
        return not (
            program.guarded or program.draws or program.bounds or len(lifted.outputs) > 1
            or len(program.shared) > program.first + len(program.others)
        ) and all(c.array.dtype == machine.dtype for c in columns.values())  # fmt: skip

    def __call__(self, rows: Sequence[Any]) -> float | None:
        """Return the value, None if the rows are not of the form."""
        if len(rows) != len(self.forms) or self.seen != self.see():
            return None
        n = len(rows[0]) if rows and type(rows[0]) is np.ndarray and rows[0].ndim else 1
        for x, (kind, shape, _) in zip(rows, self.forms, strict=True):
            if type(x) is not np.ndarray or x.dtype is not kind or x.shape != (n, *shape) or not n:
                return None
        np.copyto(self.head, self.parameters)
        for k, v in self.others:
            self.space.s[k] = v.data
        seed = 1.0 / n if self.mean else 1.0
        if n != self.rows:
            self.rows = 0
            columns = {
                store: x.reshape(n, -1)
                for x, (_, _, store) in zip(rows, self.forms, strict=True) if store is not None
            }  # fmt: skip
            value = self.machine.value_and_gradient(self.space, columns, n, seed)
            self.keep(n)
            return value
        with np.errstate(all="ignore"):
            for x, into in zip(rows, self.into, strict=True):
                if into is not None:
                    np.copyto(into, x.T)
            self.forward()
            self.reverse(seed)
            return float(np.add.reduce(self.out)) * seed

    def keep(self, n: int) -> None:
        """Hold on to the arrays of so many rows, if they fit one block."""
        block = self.space.lane.blocks.get(n) if self.small and n <= self.machine.block else None
        if block is None or any(len(shape) > 1 for _, shape, _ in self.forms):
            return
        self.rows, self.forward, self.reverse = n, block.forward, block.reverse
        self.out = block.stores[self.store][self.place]
        self.into = [None if store is None else block.columns[store] for _, _, store in self.forms]
