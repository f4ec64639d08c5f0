"""The forward program of a stage: a few lines of NumPy for each group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.program.lifting.groups import ROW_FLAGS, SHARED_FLAGS, Group, Ref
from autograd.program.writing.arrays import Arrays, squeezed
from autograd.program.writing.expressions import Symbol, evaluated, sum_of_terms
from autograd.program.writing.kernels import write

_LEAST_REUSE = 3


class Forward(Arrays):
    """Write groups forward."""

    def forward(self, g: Group) -> None:
        """Write the lines that compute a group."""
        forms: dict[str, Callable[[Group, str], None]] = {
            "map": self._map, "terms": self._terms, "total": self._total,
            "reduction": self._reduction, "product": self._product, "dot": self._dot,
            "lookup": self._lookup,
        }  # fmt: skip
        forms[g.form](g, self.output(g))
        last = self.stage.forward
        if last and "  #" not in last[-1]:
            last[-1] += f"  # {self.e.namer.describe(g)}"

    def add_line(self, line: str) -> None:
        """Write a line of the forward program."""
        self.stage.forward.append(line)

    # groups of equal operations -------------------------------------------------------------------

    def symbols(self, g: Group, pool: dict[Any, Symbol]) -> list[Any]:
        """Return the operands of a map as Symbols, constants and literals as numbers."""
        xs: list[Any] = []
        for ref in g.operands:
            x: Any = self.e.lifted.constant_of(ref)
            if x is None:
                flag = ref.store in (ROW_FLAGS, SHARED_FLAGS)
                x = Symbol.named(self.read(ref), pool, flag)
            xs.append(x)
        for at, value in g.literals:
            xs.insert(at, value)
        return xs

    def _map(self, g: Group, y: str) -> None:
        expression = evaluated(g.op, None, self.symbols(g, {}))
        flag = g.store in (ROW_FLAGS, SHARED_FLAGS)
        shape = self.shape(g.grid, g.row)
        self.stage.forward += write(expression, y, shape, self.scratch, flag)

    def _terms(self, g: Group, y: str) -> None:
        expression = sum_of_terms(self.symbols(g, {}), g.products, g.signs)
        self.stage.forward += write(expression, y, self.shape(g.grid, g.row), self.scratch)

    # groups that add up, or reduce ----------------------------------------------------------------

    def signs(self, g: Group, signs: Sequence[int]) -> str:
        """Return the name of the signs of n terms, shaped (1, n) or (1, n, 1)."""
        return self.e.index(np.array(signs, float).reshape(1, -1, *[1] * g.row))

    def signed(self, g: Group, signs: Sequence[int], name: str, ref: Ref) -> str:
        """Return the name of an array of operands times the signs of their terms."""
        if -1 not in signs:
            return name
        key = ("signed", name, tuple(signs))
        if key not in self.views:
            out = self.numbered("g")
            with_rows = self.row and ref.row
            shape = self.shape(ref.index.shape, with_rows)
            self.declare(out, (*shape, 1) if self.row and not ref.row else shape)
            self.add_line(f"multiply({name}, {self.signs(g, signs)}, out={out})")
            self.views[key] = out
        return self.views[key]

    def _total(self, g: Group, y: str) -> None:
        [ref] = g.operands
        x = self.signed(g, g.signs, self.read(ref, whole=True), ref)
        self.add_line(f"add.reduce({x}, 1, None, {y})")

    def _reduction(self, g: Group, y: str) -> None:
        [ref] = g.operands
        self.add_line(f"{y}[...] = evaluate({g.op!r}, {self.swapped(self.read(ref, whole=True))})")

    def _dot(self, g: Group, y: str) -> None:
        n = g.operands[0].index.shape[1]
        a, b = (self.read(ref, whole=True) for ref in g.operands[:2])
        a = self.signed(g, g.signs[:n], a, g.operands[0])
        r = "r" if self.row else ""
        self.add_line(f"einsum('mn{r},mn{r}->m{r}', {a}, {b}, out={y})")
        self._add_addends(g, y, g.operands[2:], g.signs[n:])

    def found_at(self, g: Group) -> str:
        """Return the name of the places in the shared store that a lookup finds."""
        key = ("found at", g.store, g.start)
        if key not in self.views:
            index, table = g.operands
            at, places = self.numbered("k"), self.numbered("k")
            self.declare(at, self.shape(index.index.shape, index.row), "int")
            self.declare(places, self.shape(g.grid, g.row), "int")
            self.add_line(f"copyto({at}, {self.read(index)}, 'unsafe')")  # floats as integers
            self.add_line(f"take({self.e.index(table.index)}, {at}, 1, {places}, 'wrap')")
            self.views[key] = places
        return self.views[key]

    def _lookup(self, g: Group, y: str) -> None:
        self.add_line(f"take({g.operands[1].store}, {self.found_at(g)}, 0, {y}, 'clip')")

    # matrix products ------------------------------------------------------------------------------

    def factors(self, g: Group) -> tuple[Ref, Ref]:
        """Return the operands of a product in the shapes in which they are multiplied."""
        (h, _, q), (a, b) = g.grid, g.operands[:2]
        a_index, b_index = a.index, b.index
        if h == 1:
            a_index, b_index = a_index[0], b_index[0]
            if q == 1:
                b_index = b_index[:, 0]
        return Ref(a.store, a_index, a.row), Ref(b.store, b_index, b.row)

    def factor_names(self, g: Group) -> tuple[str, str]:
        """Return the names of the two arrays that are multiplied."""
        first, second = self.factors(g)
        return self.factor(first, "W"), self.factor(second, "x", merges=merges(g))

    def copied_by_row(self, ref: Ref) -> str:
        """Return the name of a copy of the rows' own matrices, one after another."""
        name = self.factor(ref, "x")
        key = ("by row", name)
        if key not in self.views:
            copy = self.views[key] = self.numbered("g")
            self.declare(copy, ("n", *ref.index.shape))
            self.add_line(f"copyto({copy}, {self.rows_first(name, ref.index.ndim)})")
        return self.views[key]

    def _product(self, g: Group, y: str) -> None:
        first, second = self.factors(g)
        a, b = self.factor_names(g)
        h, p, q = g.grid
        x, z = product_axes(g)
        n = first.index.shape[-1]
        if first.row and pays_by_row(g):
            a, b = self.copied_by_row(first), self.copied_by_row(second)
            axes = len(squeezed(g))
            product = self.scratch.take(("n", *squeezed(g)))
            self.add_line(f"matmul({a}, {b}, out={product})")
            self.add_line(f"copyto({y}, {self.rows_last(product, axes)})")
            self.scratch.give(product)
        elif first.row:
            self.add_line(f"einsum('{x}pnr,{x}n{z}r->{x}p{z}r', {a}, {b}, out={y})")
        elif merges(g):
            flat = (h,) if h > 1 else ()
            b, out = self.merged(b, (*flat, n, f"{q}*n")), self.merged(y, (*flat, p, f"{q}*n"))
            self.add_line(f"matmul({a}, {b}, out={out})")
        else:
            self.add_line(f"matmul({a}, {b}, out={y})")
        self._add_addends(g, y, g.operands[2:], g.signs[1:])

    def _add_addends(self, g: Group, y: str, refs: Sequence[Ref], signs: Sequence[int]) -> None:
        for ref, sign in zip(refs, signs, strict=True):
            x = self.read(Ref(ref.store, ref.index.reshape(squeezed(g)), ref.row))
            self.add_line(f"{'add' if sign > 0 else 'subtract'}({y}, {x}, out={y})")


def product_axes(g: Group) -> tuple[str, str]:
    """Return the letters for einsum of the axes h and q that a product has."""
    h, _, q = g.grid
    return "h" if h > 1 else "", "q" if h > 1 or q > 1 else ""


def pays_by_row(g: Group) -> bool:
    """Say whether products of the rows' own matrices are worth copying these, each in one piece.

    Then the matrix library multiplies them; else einsum does, many rows at a time. At least 3
    multiplications for each number copied was found to be faster for 1 to 128 rows; a vector,
    which is what `matmul` would take for something else, never has so many.
    """
    (_, p, q), n = g.grid, int(g.operands[0].index.shape[-1])
    return p * n * q >= _LEAST_REUSE * (p * n + n * q + p * q)


def merges(g: Group) -> bool:
    """Say whether a product takes the axis q and the rows for one: shared numbers times rows."""
    first, second = g.operands[:2]
    return second.row and not first.row and product_axes(g)[1] == "q"
