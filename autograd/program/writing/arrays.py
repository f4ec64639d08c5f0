"""The arrays of a stage: views of the stores, gathered operands, results and adjoints, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.lifting.groups import (
    ROW_FLAGS,
    SHARED_FLAGS,
    SHARED_STORE,
    Group,
    Ref,
    strides_of,
)  # fmt: skip
from autograd.program.writing.kernels import Scratch

if TYPE_CHECKING:
    from autograd.program.writing.emit import Emitter, Stage

Array = np.ndarray[Any, Any]


class Arrays:
    """Name the arrays of one stage, and write what makes them."""

    def __init__(self, emitter: Emitter, stage: Stage, row: bool) -> None:
        self.e, self.stage, self.row = emitter, stage, row
        self.scratch = Scratch(self.numbered, self.declare, self.filled)
        self.views: dict[Any, str] = {}
        self.counts: Counter[str] = Counter()
        self.whole: set[str] = set()  # matrices without gaps between their rows

    def numbered(self, letter: str) -> str:
        """Return a name that is not taken, of a letter and a number: g1, g2, ..."""
        self.counts[letter] += 1
        return self.e.namer.fresh(f"{letter}{self.counts[letter]}")

    def declare(self, name: str, shape: Any, kind: str = "") -> None:
        """Make an array once, when the stage is set up: of numbers, or of this kind."""
        if len(shape) == 2:
            self.whole.add(name)
        if shape[:1] == ("n",):
            text = f"by_row({_shape_text(shape[1:])}, n)"
        else:
            text = f"empty({_shape_text(shape)}{f', {kind}' * bool(kind)})"
        self.stage.setup.append(f"{name} = {text}")

    def filled(self, x: Any, shape: Any) -> str:
        """Return the name of an array that holds a number everywhere."""
        key = ("filled", repr(x), shape)
        if key not in self.views:
            word = {0: "zero", 1: "one", 2: "two"}.get(x, "c")
            text = f"full({_shape_text(shape)}, {x!r})"
            return self.made(
                key, self.numbered(f"{word}s") if shape else self.e.namer.fresh(word), text
            )
        return self.views[key]

    def shape(self, grid: Sequence[int], row: bool) -> tuple[Any, ...]:
        """Return the shape of an array: that of the grid, and the rows if it has them."""
        return (*grid, "n") if row else tuple(grid)

    def made(self, key: Any, name: str, text: str) -> str:
        """Return the name of an array that is made when the stage is set up, made once."""
        if key not in self.views:
            self.views[key] = name
            if name != text:
                self.stage.setup.append(f"{name} = {text}")
        return self.views[key]

    # operands -----------------------------------------------------------------------------------

    def view(self, store: str, index: Array, label: str, *, whole: bool = False) -> str | None:
        """Return the name of a view of a store, None if the places have no even steps.

        An axis along which the places do not change has length 1, or its own if `whole`.
        """
        steps = strides_of(index)
        if steps is None:
            return None
        whole = whole and any(not s and n > 1 for s, n in zip(steps, index.shape, strict=True))
        key = ("view", store, index.shape, index.tobytes(), whole)
        if key in self.views:
            return self.views[key]
        shape = index.shape if whole else tuple(
            [n if step else 1 for n, step in zip(index.shape, steps, strict=True)]
        )  # fmt: skip
        start = int(index.flat[0])
        text = _view_text(store, start, shape, steps)
        columns = self.e.lifted.columns.values()
        whole_argument = (store, index.size) in columns and store not in self.e.lifted.ones
        if whole_argument and np.array_equal(index, np.arange(index.size)):
            return self.made(key, store, store)  # all of a row argument
        name = self.e.namer.array(store, index, label + "_" * whole)
        rows = store.removeprefix("d") != SHARED_STORE
        if len(shape) + rows == 2 and store[0] == "d" and not text.startswith("view("):
            self.whole.add(name)
        return self.made(key, name, text)

    def gathered(self, store: str, index: Array, row: bool) -> str:
        """Return the name of a copy of places that have no even steps, in this shape."""
        key = ("gathered", store, index.shape, index.tobytes())
        if key not in self.views:
            name, at = self.numbered("g"), self.e.index(index)
            if self.e.lifted.is_constant(store, index):
                return self.made(key, name, f"{store}[{at}]")
            kind = "bool" if store in (ROW_FLAGS, SHARED_FLAGS) else ""
            self.declare(name, self.shape(index.shape, row), kind)
            self.stage.forward.append(f"take({store}, {at}, 0, {name}, 'clip')")
            self.views[key] = name
        return self.views[key]

    def read(self, ref: Ref, *, whole: bool = False) -> str:
        """Return the name of an array of operands; shared ones get an axis for the rows.

        An axis along which the operands are the same has length 1, but not if `whole`.
        """
        name = self.view(ref.store, ref.index, "", whole=whole)
        name = name or self.gathered(ref.store, ref.index, ref.row)
        if self.row and not ref.row:
            key = ("beside rows", name)
            if key not in self.views:
                self.made(key, self.e.namer.fresh(f"{name}c"), f"{name}[..., None]")
            return self.views[key]
        return name

    def factor(self, ref: Ref, label: str, *, merges: bool = False) -> str:
        """Return the name of an array of operands that a matrix product reads fast."""
        steps = strides_of(ref.index)
        whole = steps and all(s for s, n in zip(steps, ref.index.shape, strict=True) if n > 1)
        if whole and (not merges or merges_with_rows(ref.index)):
            return self.view(ref.store, ref.index, label) or ""
        return self.gathered(ref.store, ref.index, ref.row)

    def merged(self, name: str, shape: tuple[Any, ...]) -> str:
        """Return a view in which the last axis and the rows are one."""
        key = ("merged", name)
        if key not in self.views:
            text = f"{name}.reshape({', '.join(map(str, shape))})"
            self.made(key, self.e.namer.fresh(f"{name}m"), text)
        return self.views[key]

    def swapped(self, name: str) -> str:
        """Return a view with the first two axes exchanged."""
        key = ("swapped", name)
        if key not in self.views:
            self.made(key, self.e.namer.fresh(f"{name}t"), f"{name}.swapaxes(0, 1)")
        return self.views[key]

    def rows_first(self, name: str, axes: int) -> str:
        """Return a view in which the rows come before so many axes."""
        order = ", ".join(map(str, (axes, *range(axes))))
        return self.made(
            ("rows first", name), self.e.namer.fresh(f"{name}r"), f"{name}.transpose({order})"
        )

    def rows_last(self, name: str, axes: int) -> str:
        """Return a view of an array with the rows first in which they come after the axes."""
        order = ", ".join(map(str, (*range(1, axes + 1), 0)))
        return self.made(
            ("rows last", name), self.e.namer.fresh(f"{name}l"), f"{name}.transpose({order})"
        )

    def flat(self, name: str, shape: tuple[Any, ...]) -> str:
        """Return a view of an array without gaps as a list."""
        count = "*".join(map(str, shape))
        return self.made(("flat", name), self.e.namer.fresh(f"{name}f"), f"{name}.reshape({count})")

    # results ------------------------------------------------------------------------------------

    def output(self, g: Group) -> str:
        """Return the name of the view that a group's results go to."""
        grid = squeezed(g)
        text = f"{g.store}[{g.start}:{g.start + g.size}]"
        if len(grid) > 1:
            text += f".reshape({', '.join(map(str, self.shape(grid, g.row)))})"
        index = np.arange(g.start, g.start + g.size).reshape(grid)
        key = ("view", g.store, index.shape, index.tobytes(), False)
        return self.made(key, self.e.namer.result(g), text)


def merges_with_rows(index: Array) -> bool:
    """Say whether places follow each other along the last axis, so that the rows go on from it."""
    return index.shape[-1] == 1 or bool((np.diff(index, axis=-1) == 1).all())


def squeezed(g: Group) -> tuple[int, ...]:
    """Return the grid without the axes of length 1 that a product has."""
    if g.form != "product":
        return g.grid
    h, p, q = g.grid
    return (p,) if h == q == 1 else (p, q) if h == 1 else (h, p, q)


def _shape_text(shape: tuple[Any, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _view_text(store: str, start: int, shape: Sequence[int], steps: Sequence[int]) -> str:
    size = int(np.prod(shape, dtype=int))
    contiguous: list[int] = []
    step = 1
    for n in reversed(shape):
        contiguous.insert(0, step)
        step *= n
    if all(n == 1 or a == b for n, a, b in zip(shape, steps, contiguous, strict=True)):
        text = f"{store}[{start}:{start + size}]"
        if len(shape) == 1:
            return text
        tail = f" + {store}.shape[1:]" if store.removeprefix("d") != SHARED_STORE else ""
        return f"{text}.reshape({tuple(shape)}{tail})"
    return f"view({store}, {start}, {tuple(shape)}, {tuple(steps)})"
