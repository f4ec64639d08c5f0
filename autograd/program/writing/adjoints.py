"""Where adjoints go: summed over what an operand served, then set or added at its places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.program.lifting.groups import Group, Ref
from autograd.program.writing.arrays import Array, merges_with_rows, squeezed
from autograd.program.writing.forward import Forward

_LEAST_PLACES = 64  # on average, for each time that contributions are added up list by list
Step = tuple[tuple[Any, ...], Callable[[str, str], None]]  # a shape, and what writes into it


class Adjoints(Forward):
    """Write what adds to the adjoints of operands."""

    aliases: dict[int, str]  # start of a group: the array that has its adjoints

    def adjoint(self, g: Group) -> str:
        """Return the name of the adjoints of a group's results, with zeros where none came."""
        if g.start in self.aliases:
            return self.aliases[g.start]
        index = np.arange(g.start, g.start + g.size).reshape(squeezed(g))
        self.clear(g.store, index)
        return self.view(f"d{g.store}", index, f"d{self.e.namer.result(g)}") or ""

    def clear(self, store: str, index: Array) -> None:
        """Set the adjoints at these places that nothing has been written to yet to zero."""
        written = self.e.written[store]
        flat = np.unique(index)
        missing = flat[~written[flat]]
        if len(missing):
            written[missing] = True
            at = f"{missing[0]}:{missing[-1] + 1}"
            if len(missing) <= missing[-1] - missing[0]:
                at = self.e.index(missing)
            self.stage.reverse.append(f"d{store}[{at}] = 0")

    def accumulate(
        self,
        ref: Ref,
        compute: Callable[[str], None] | None,
        *,
        done: str = "",
        summed: bool = False,
        merges: bool = False,
        scale: float = 1,
    ) -> None:
        """Add a contribution, of the shape of an operand, to the adjoints of the operand.

        `compute(out)` writes the lines that make it, or it is in the array `done` already;
        `summed` says that it is a sum over rows where the operand is shared, `merges` that
        `compute` takes the last axis of its array and the rows for one. It counts `scale` times,
        where it is added up: there `scale` multiplies what is left then.
        """
        over_rows = self.row and not ref.row and not summed
        steps: list[Step] = []
        if compute is not None:
            shape = self.shape(ref.index.shape, ref.row or over_rows)
            steps.append((shape, lambda _, out: compute(out)))
        if over_rows:  # rows first: then only few numbers are left to add
            steps.append((ref.index.shape, self._sum_rows))
        places, more = self._distinct(ref)
        steps += more
        if scale != 1:

            def add_scaled(name: str, out: str) -> None:
                line = f"negative({name}" if scale == -1 else f"multiply({name}, {scale!r}"
                self.stage.reverse.append(f"{line}, out={out})")

            steps.append((self.shape(places.shape, ref.row), add_scaled))
        written = self.e.written[ref.store]
        fresh = not written[places].any()
        target = self.view(f"d{ref.store}", places, self.e.namer.adjoint(ref.store, places))
        direct = fresh and not (merges and len(steps) == 1 and not merges_with_rows(places))
        held = []
        for k, (shape, line) in enumerate(steps):
            if direct and target and k == len(steps) - 1:
                line(done, target)
                break
            out = self.scratch.take(shape)
            held.append(out)
            line(done, out)
            done = out
        else:
            if not fresh:
                self.clear(ref.store, places)
            self._deliver(ref.store, places, target, fresh, done)
        written[places] = True
        for name in held:
            self.scratch.give(name)

    def adds_up(self, ref: Ref) -> bool:
        """Say whether contributions to an operand are added up before they are delivered."""
        return (self.row and not ref.row) or len(np.unique(ref.index)) < ref.index.size

    def _sum_rows(self, name: str, out: str) -> None:
        self.stage.reverse.append(f"matmul({name}, ones, out={out})")

    def _distinct(self, ref: Ref) -> tuple[Array, list[Step]]:
        """Return the places without repeats, and the steps that add up what is for the same."""
        index = ref.index
        reverse = self.stage.reverse
        steps: list[Step] = []
        axes = tuple(
            k for k, n in enumerate(index.shape) if n > 1 and (index == index.take([0], k)).all()
        )
        if axes:
            for k in axes:
                index = index.take([0], k)
            over = axes if len(axes) > 1 else axes[0]

            def add_axes(name: str, out: str) -> None:
                reverse.append(f"add.reduce({name}, {over}, None, {out}, True)")

            steps.append((self.shape(index.shape, ref.row), add_axes))
        flat = index.ravel()
        wanted = np.flatnonzero(self.e.active[ref.store][flat])  # a border of zeros is not
        order = wanted[np.argsort(flat[wanted], kind="stable")]
        places, starts, counts = np.unique(flat[order], return_index=True, return_counts=True)
        if len(places) == len(flat):
            return index, steps
        shape = self.shape((len(order),), ref.row)
        most = int(counts.max())
        if len(order) >= _LEAST_PLACES * most:
            first = np.argsort(-counts, kind="stable")  # those that get most stand first
            lists = [order[starts[first[counts[first] > k]] + k] for k in range(most)]
            places = places[first]
            names = ", ".join([self.e.index(each) for each in lists])

            def add_lists(name: str, out: str) -> None:
                part = self.scratch.take(self.shape((len(lists[min(1, most - 1)]),), ref.row))
                whole = self._listed(name, index, ref.row)
                reverse.append(f"add_lists({whole}, [{names}], {part}, {out})")
                self.scratch.give(part)

            steps.append((self.shape((len(places),), ref.row), add_lists))
            return places, steps
        sort, at = self.e.index(order), self.e.index(starts)

        def sort_them(name: str, out: str) -> None:
            whole = self._listed(name, index, ref.row)
            reverse.append(f"take({whole}, {sort}, 0, {out}, 'clip')")

        if len(order) == len(flat) and (order[1:] > order[:-1]).all():

            def add_equal(name: str, out: str) -> None:
                whole = self._listed(name, index, ref.row)
                reverse.append(f"add.reduceat({whole}, {at}, 0, None, {out})")

        else:
            steps.append((shape, sort_them))

            def add_equal(name: str, out: str) -> None:
                reverse.append(f"add.reduceat({name}, {at}, 0, None, {out})")

        steps.append((self.shape((len(places),), ref.row), add_equal))
        return places, steps

    def _listed(self, name: str, index: Array, row: bool) -> str:
        """Return a view of an array of contributions as a list of them."""
        if index.ndim == 1:
            return name
        text = ", ".join(map(str, self.shape((index.size,), row)))
        return self.made(("list", name), self.e.namer.fresh(f"{name}f"), f"{name}.reshape({text})")

    def _deliver(
        self, store: str, places: Array, target: str | None, fresh: bool, name: str
    ) -> None:
        """Set or add to the adjoints at places that do not repeat."""
        if target and fresh:
            line = f"copyto({target}, {name})"
        elif target:
            line = f"add({target}, {name}, out={target})"
        else:
            line = f"d{store}[{self.e.index(places)}] {'=' if fresh else '+='} {name}"
        self.stage.reverse.append(line)
