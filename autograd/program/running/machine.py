"""A lifted program, ready to run: rows in blocks that fit a cache, blocks over threads.

The text of the program is executed once for each number of rows in a block; that makes its arrays
and views, and later calls only fill them. Sums over rows are taken in an order that depends on the
number of rows alone, so results have the same bits on any number of threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd.program.lifting.groups import ROW_FLAGS, ROW_STORE, SHARED_FLAGS, SHARED_STORE, Lifted
from autograd.program.running.code import TextCode
from autograd.program.running.native import NativeCode, reason_against
from autograd.program.running.threads import cores, share, strips
from autograd.program.running.workspace import Workspace

Array = np.ndarray[Any, Any]
Look = Callable[[Mapping[str, Array], int, int], None]
_CACHE = 1 << 22  # bytes that the arrays of a block may take: about what is near a core
_LEAST_ROWS, _MOST_ROWS = 64, 4096  # of a block


class Machine:
    """Run a lifted program on arrays; with derivatives by the inputs that are `wanted`, if any."""

    def __init__(
        self, lifted: Lifted, wanted: Mapping[str, Array] | None, dtype: Any,
        threads: int | None, native: bool | None = None,
    ) -> None:  # fmt: skip
        self.lifted, self.dtype, self.wanted = lifted, np.dtype(dtype), wanted
        self.not_native = reason_against(lifted, native, dtype)
        self.code = (TextCode if self.not_native else NativeCode)(lifted, wanted, self.dtype)
        self.rows, self.shared = self.code.rows, self.code.shared
        self.has_rows, self.has_shared = self.code.has_rows, self.code.has_shared
        self.columns_wanted = self.code.columns_wanted
        self.threads = threads or cores()
        numbers_of_a_row = 2 * lifted.sizes.get(ROW_STORE, 0) + sum(lifted.widths.values())
        fitting = _CACHE // max(1, numbers_of_a_row * self.dtype.itemsize)
        self.block = min(_MOST_ROWS, max(_LEAST_ROWS, fitting))
        self.is_row = lifted.outputs[0][0] not in (SHARED_STORE, SHARED_FLAGS)
        self._free: list[Workspace] = []
        self._lock = threading.Lock()

    @property
    def source(self) -> str:
        """Return the code that runs, as text."""
        return self.code.source

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """Lend a workspace: two threads never have the same."""
        with self._lock:
            space = self._free.pop() if self._free else None
        space = space or Workspace(self)
        try:
            yield space
        finally:
            with self._lock:
                self._free.append(space)

    # running ------------------------------------------------------------------------------------

    def outputs(self, space: Workspace, stores: Mapping[str, Array]) -> list[Any]:
        """Return what the program computed last, number by number, an array for the rows' own."""
        return [
            space.s[place] if store == SHARED_STORE
            else space.flags[store][place] if store == SHARED_FLAGS else stores[store][place]
            for store, place in self.lifted.outputs
        ]  # fmt: skip

    def holds(self, space: Workspace, stores: Mapping[str, Array], n: int) -> Array:
        """Return for each row whether Python would have branched as it did in the recording."""
        result = np.ones(n, bool)
        for store, place, truth in self.lifted.guards:
            if store == ROW_FLAGS:
                result &= stores[store][place] == truth
            elif store == SHARED_FLAGS:
                result &= bool(space.flags[store][place]) == truth
            else:
                result &= bool(space.s[place]) == truth
        return result

    def run(
        self, space: Workspace, columns: Mapping[str, Array], n: int
    ) -> tuple[list[Array], Array]:
        """Return outputs, each a number or an array over rows, and which rows it is for."""
        if not self.has_rows:
            with np.errstate(all="ignore"):
                if self.has_shared:
                    space.forward()
            return [np.array(x) for x in self.outputs(space, {})], self.holds(space, {}, n)
        whole: list[Any] = []
        held = np.empty(n, bool)

        def keep(stores: Mapping[str, Array], start: int, stop: int) -> None:
            found = self.outputs(space, stores)
            with self._lock:
                whole.extend([np.empty(n, x.dtype) if np.ndim(x) else np.array(x) for x in found]
                             if not whole else ())  # fmt: skip
            for mine, x in zip(whole, found, strict=True):
                if mine.ndim:
                    mine[start:stop] = x
            held[start:stop] = self.holds(space, stores, stop - start)

        with np.errstate(all="ignore"):
            if self.has_shared:
                space.forward()
            parts = strips(n, self.block)
            threads = min(self.threads, len(parts))
            alone = len(parts) == 1
            space.prepare(0 if alone else threads, 0)

            def work(thread: int, tasks: Iterator[int]) -> None:
                lane = space.lane if alone else space.lanes[thread]
                with np.errstate(all="ignore"):
                    for k in tasks:
                        for start, stop in parts[k]:
                            block = lane.filled(columns, start, stop)
                            block.forward()
                            keep(block.stores, start, stop)

            share(len(parts), threads, work)
        return whole, held

    def value_and_gradient(
        self, space: Workspace, columns: Mapping[str, Array], n: int, seed: float,
        row_gradients: dict[str, Array] | None = None, look: Look | None = None,
    ) -> float:  # fmt: skip
        """Return seed * the sum over rows of the first output; its gradient is in the workspace.

        Gradients by columns are written to `row_gradients`, arrays (rows, numbers). After each
        block look(stores, start, stop) may read what was computed there.
        """
        store, place = self.lifted.outputs[0]
        is_row = self.is_row
        with np.errstate(all="ignore"):
            if self.has_shared:
                space.forward()
            if not self.has_rows:
                space.reverse(seed * n)
                if look is not None:
                    look({}, 0, n)
                return float(space.s[place]) * seed * n
            if n <= self.block:
                block = space.lane.filled(columns, 0, n)
                block.forward()
                block.reverse(seed)
                total = np.add.reduce(block.stores[store][place]) if is_row else 0.0
                if row_gradients is not None:
                    block.copy_gradients(row_gradients, 0, n)
                if look is not None:
                    look(block.stores, 0, n)
            else:
                total = self._run_strips(space, columns, n, seed, row_gradients, look)
            if self.has_shared:
                space.reverse(seed if is_row else seed * n)  # what is shared is there in every row
        return float(total * seed if is_row else space.s[place] * seed * n)

    def _run_strips(
        self, space: Workspace, columns: Mapping[str, Array], n: int, seed: float,
        row_gradients: dict[str, Array] | None, look: Look | None,
    ) -> float:  # fmt: skip
        """Run all blocks, in strips whose sums are added in order."""
        store, place = self.lifted.outputs[0]
        parts = strips(n, self.block)
        threads = min(self.threads, len(parts))
        space.prepare(threads, len(parts))
        sums = space.sums[: len(parts)]
        totals = np.zeros(len(parts))

        def work(thread: int, tasks: Iterator[int]) -> None:
            lane = space.lanes[thread]
            with np.errstate(all="ignore"):
                for k in tasks:
                    for i, (start, stop) in enumerate(parts[k]):
                        block = lane.filled(columns, start, stop)
                        block.forward()
                        block.reverse(seed)
                        if self.is_row:
                            totals[k] += np.add.reduce(block.stores[store][place])
                        if i:
                            np.add(sums[k], lane.ds, out=sums[k])
                        else:
                            np.copyto(sums[k], lane.ds)
                        block.copy_gradients(row_gradients, start, stop)
                        if look is not None:
                            look(block.stores, start, stop)

        share(len(parts), threads, work)
        np.add.reduce(sums, axis=0, out=space.ds)
        return float(totals.sum())
