"""The arrays that a program works in: one set for the call, and some for each thread's blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.lifting.groups import SHARED_FLAGS, SHARED_STORE
from autograd.program.running.namespace import filled

if TYPE_CHECKING:
    from autograd.program.running.machine import Machine

Array = np.ndarray[Any, Any]
_MOST_SIZES = 4  # numbers of rows that a thread keeps arrays for


class Block:
    """Hold the arrays for so many rows, and the functions that fill them."""

    def __init__(self, machine: Machine, n: int, *shared: Array) -> None:
        lifted, dtype = machine.lifted, machine.dtype
        whole = {name: filled((size, n), 1, dtype) for name, size in lifted.widths.items()}
        self.columns = {name: whole[name][:size] for name, size in lifted.columns.values()}
        self.gradients = {c: filled(whole[c].shape, 0, dtype) for c in machine.columns_wanted}
        self.forward, self.reverse, self.stores = machine.rows(
            n, *shared, *whole.values(), *self.gradients.values()
        )
        self.stores |= whole

    def fill(self, columns: Mapping[str, Array], start: int, stop: int) -> None:
        """Copy rows in."""
        for name, array in self.columns.items():
            array[...] = columns[name][start:stop].T

    def copy_gradients(self, into: dict[str, Array] | None, start: int, stop: int) -> None:
        """Copy gradients by the rows out, where they are wanted."""
        if into is None:
            return
        for name, gradient in self.gradients.items():
            into[name][start:stop] = gradient[: len(self.columns[name])].T


class Lane:
    """Hold what one thread works with: blocks by their number of rows, and adjoints."""

    def __init__(self, machine: Machine, s: Array, ds: Array, *flags: Array) -> None:
        self.machine, self.ds = machine, ds
        self.shared = (s, ds, *flags)
        self.blocks: dict[int, Block] = {}

    def filled(self, columns: Mapping[str, Array], start: int, stop: int) -> Block:
        """Return the arrays for these rows, with the rows copied in."""
        n = stop - start
        block = self.blocks.get(n)
        if block is None:
            if len(self.blocks) >= _MOST_SIZES:
                self.blocks.clear()
            block = self.blocks[n] = Block(self.machine, n, *self.shared)
        block.fill(columns, start, stop)
        return block


class Workspace:
    """Hold the numbers of a program and all the arrays it works with."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        lifted, dtype = machine.lifted, machine.dtype
        size = lifted.sizes[SHARED_STORE]
        self.s = filled(size, 0, dtype)
        first = len(lifted.shared)
        self.s[first : first + len(lifted.constants)] = lifted.constants
        if SHARED_STORE in lifted.ones:
            self.s[lifted.ones[SHARED_STORE]] = 1
        self.ds = filled(size, 0, dtype)  # of the whole call
        self.parameters = self.s[:first]
        self.gradient = self.ds[:first]
        flags = lifted.sizes.get(SHARED_FLAGS)
        self.flags = {SHARED_FLAGS: np.zeros(flags, bool)} if flags else {}
        self.lane = Lane(
            machine, self.s, self.ds, *self.flags.values()
        )  # for rows that fit one block
        self.lanes: list[Lane] = []  # one for each thread, with adjoints of its own
        self.sums = np.zeros((0, size), dtype)  # adjoints of the strips
        if machine.has_shared:
            self.forward, self.reverse, _ = machine.shared(self.s, self.ds, *self.flags.values())

    def prepare(self, threads: int, strips: int) -> None:
        """Make what so many threads and strips need."""
        while len(self.lanes) < threads:
            lane = Lane(
                self.machine, self.s, filled(len(self.ds), 0, self.ds.dtype), *self.flags.values()
            )
            self.lanes.append(lane)
        if len(self.sums) < strips:
            self.sums = np.zeros((strips, len(self.ds)), self.ds.dtype)
