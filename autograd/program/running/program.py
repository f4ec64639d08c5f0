"""One recording made into a program, and the rows that it is for."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.program.lifting import layout
from autograd.program.lifting.biases import with_bias_columns
from autograd.program.lifting.layout import TooIrregular, lift
from autograd.program.lifting.scalars import Scalars
from autograd.program.recording.arguments import Array, Column, SharedArgument
from autograd.program.recording.record import DRAWS, Recording
from autograd.program.running.machine import Machine
from autograd.program.running.native import most_groups, reason_against
from autograd.program.running.workspace import Workspace
from autograd.value import Value, detached


class Program:
    """Hold a lifted recording, with a machine for each set of inputs to differentiate by."""

    def __init__(
        self,
        recording: Recording,
        columns: Mapping[str, Column],
        row: int,
        first: Sequence[Value],
        dtype: Any,
        threads: int | None,
        native: bool | None = None,
    ) -> None:
        self.output, self.row = recording.output, row
        scalars = Scalars.of(recording, first)
        lifted = lift(scalars, recording.selecting, most_groups(native))
        if len(lifted.groups) > layout.MOST_GROUPS and reason_against(lifted, native, dtype):
            raise TooIrregular.of(lifted.recorded, len(lifted.groups))
        self.plain, self.lifted = lifted, with_bias_columns(lifted)  # plain: for other engines
        self.dtype, self.threads, self.native = dtype, threads, native
        self.shared = self.lifted.shared
        self.places = {v: k for k, v in enumerate(self.shared)}
        self.argument_slots_of = {
            name: [self.places[v] for v in values] for name, values in recording.arguments.items()
        }
        self.outlines = recording.outlines  # of shared arguments: see `Nested.outline`
        self.row_shapes = {c.place: (c.shape, c.kind) for c in columns.values()}
        arguments = set(recording.shared)
        self.first = len(first)
        self.others = [
            (k, v) for k, v in enumerate(self.shared) if k >= len(first) and v not in arguments
        ]
        self.fixed = [
            *[(name, k, plain) for name, k, plain in recording.keyed],
            *[(c.place, None, c.array[row]) for c in columns.values() if c.kind == "constant"],
        ]
        self.bounds = [
            (name, k, -i.bound if i.least is None else i.least, i.bound)
            for name, found in recording.integers.items()
            for k, i in enumerate(found) if i.bound is not None
        ]  # fmt: skip
        self.way = (
            tuple(recording.guards.values()),
            tuple(map(repr, self.fixed)),
            tuple(self.bounds),
        )
        self.branched_at = [condition.place for condition in recording.guards]
        self.draws = recording.draws
        self.example = _example(recording)  # the numbers of the row that was recorded
        self.selects = recording.selects or self.lifted.filled
        self.audited = False  # compared with the function itself, on other numbers
        self.checked = False  # see `Bound`
        self.seen: list[bytes] = []  # the numbers it was first run on
        self._machines: dict[Any, Machine] = {}
        self._lock = threading.Lock()

    @property
    def guarded(self) -> bool:
        """Say whether some rows may need another program."""
        return bool(self.lifted.guards or self.fixed or self.bounds)

    def machine(self, wanted: Mapping[str, Sequence[int]] | None) -> Machine:
        """Return the machine that differentiates by these places of the inputs, None for no."""
        key = None if wanted is None else tuple((k, *v) for k, v in sorted(wanted.items()))
        with self._lock:
            if key not in self._machines:
                places = None
                if wanted is not None:
                    places = {k: np.array(v, dtype=np.intp) for k, v in wanted.items()}
                self._machines[key] = Machine(
                    self.lifted, places, self.dtype, self.threads, self.native
                )
            return self._machines[key]

    def latest(self) -> Machine:
        """Return the machine that was made last: with its reverse program, if there is one."""
        return (
            self._machines[next(reversed(self._machines))] if self._machines else self.machine(None)
        )

    def candidates(self, columns: Mapping[str, Column], rows: Array) -> Array:
        """Return those rows that have the plain ints, strings, ... of the recording.

        And whose indices are inside the sequences: for another one, Python has the error.
        """
        for name, k, plain in self.fixed:
            rows = rows[_numbers(columns[name], k)[rows] == plain]
        for name, k, least, bound in self.bounds:
            found = _numbers(columns[name], k)[rows]
            rows = rows[(found >= least) & (found < bound)]
        return rows

    def within_bounds(self, columns: Mapping[str, Column]) -> bool:
        """Say whether all indices are inside the sequences that they are used on."""
        return all(
            _numbers(columns[name], k).min() >= least and _numbers(columns[name], k).max() < bound
            for name, k, least, bound in self.bounds
        )

    def fill(
        self, space: Workspace, shared: Mapping[str, SharedArgument], first: Array | None = None
    ) -> None:
        """Put this call's shared numbers into a workspace."""
        s = space.s
        if first is not None and self.first:
            s[: self.first] = first
        for k, v in self.others:
            s[k] = v.data
        for name, places in self.argument_slots_of.items():
            nested = shared[name].nested
            assert nested is not None
            for k, x in zip(places, nested.leaves, strict=True):
                s[k] = detached(x)

    def argument_slots(self, name: str) -> list[int]:
        """Return the places of an argument's numbers in the shared store."""
        return self.argument_slots_of[name]

    def columns_for(self, columns: Mapping[str, Column], rows: Any = None) -> dict[str, Array]:
        """Return the numbers of the rows by store, as (rows, numbers)."""
        result = {}
        for place, (store, _) in self.lifted.columns.items():
            if place == DRAWS:  # they are no argument
                continue
            column = columns[place] if rows is None else columns[place].take(rows)
            result[store] = column.matrix(self.dtype)
        return result


def _example(recording: Recording) -> dict[str, Array]:
    sizes: dict[str, int] = {}
    for source in recording.rows.values():
        sizes[source.name] = max(sizes.get(source.name, 0), source.index + 1)
    found = {name: np.zeros(size) for name, size in sizes.items()}
    for v, source in recording.rows.items():
        found[source.name][source.index] = v.data
    return found


def _numbers(column: Column, k: int | None) -> Array:
    """Return the k-th number of every row, or what the rows are where that is no number."""
    return column.array if k is None else column.array.reshape(len(column.array), -1)[:, k]
