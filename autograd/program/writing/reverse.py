"""The reverse program of a stage: for each group, last first, what its operands' adjoints get."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.program.lifting.groups import SHARED_FLAGS, SHARED_STORE, Group, Ref
from autograd.program.writing.adjoints import Adjoints
from autograd.program.writing.arrays import squeezed
from autograd.program.writing.expressions import Symbol, evaluated, term_slope
from autograd.program.writing.forward import merges, pays_by_row, product_axes
from autograd.program.writing.kernels import write


class Reverse(Adjoints):
    """Write groups in reverse."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.aliases = {}

    def add_reverse(self, line: str) -> None:
        """Write a line of the reverse program."""
        self.stage.reverse.append(line)

    def seeds(self) -> None:
        """Start with the adjoint of the first output, `seed`: the others are there to be read."""
        store, place = self.e.lifted.outputs[0]
        is_row = store not in (SHARED_STORE, SHARED_FLAGS)
        if is_row == self.row and self.e.active[store][place]:
            sign = "+=" if self.e.written[store][place] else "="
            self.add_reverse(f"d{store}[{place}] {sign} seed")
            self.e.written[store][place] = True

    def backward(self, g: Group) -> None:
        """Write the lines that add what a group's operands get, if that is wanted."""
        places = slice(g.start, g.start + g.size)
        if not self.e.active[g.store][places].any() or not self.e.written[g.store][places].any():
            return  # not wanted, or no path from the result: only conditions read it
        forms: dict[str, Callable[[Group, str], None]] = {
            "map": self._pull_map, "terms": self._pull_terms, "total": self._pull_total,
            "reduction": self._pull_reduction, "product": self._pull_product,
            "dot": self._pull_dot, "lookup": self._pull_lookup,
        }  # fmt: skip
        forms[g.form](g, self.adjoint(g))

    # groups of equal operations -------------------------------------------------------------------

    def _pull_map(self, g: Group, dy: str) -> None:
        pool: dict[Any, Symbol] = {}
        xs = self.symbols(g, pool)
        y = Symbol.named(self.output(g), pool)
        at = [i for i in range(len(xs)) if i not in [k for k, _ in g.literals]]
        for i, ref in zip(at, g.operands, strict=True):
            if self.e.is_active(ref):
                slope = 1 if g.op == "spread" else evaluated(g.op, i, xs, y)
                if slope is not None:
                    self._pull(g, ref, dy, slope, pool)

    def _pull_terms(self, g: Group, dy: str) -> None:
        pool: dict[Any, Symbol] = {}
        xs = self.symbols(g, pool)
        for i, ref in enumerate(g.operands):
            if self.e.is_active(ref):
                slope = term_slope(xs, g.products, g.signs, i)
                if i < 2 * g.products and xs[i] is xs[i ^ 1]:  # a square: both at once
                    if i % 2:
                        continue
                    slope = 2 * slope
                self._pull(g, ref, dy, slope, pool)

    def _pull(self, g: Group, ref: Ref, dy: str, slope: Any, pool: dict[Any, Symbol]) -> None:
        """Add dy * slope to the adjoints of an operand."""
        shape = self.shape(g.grid, g.row)
        d = Symbol.named(dy, pool)
        term = d * slope
        scale, rest = _scaled(slope, d, term) if self.adds_up(ref) else (1, term)

        def compute(out: str) -> None:
            self.stage.reverse += write(rest, out, shape, self.scratch)

        if len(g.operands) == 1 and self._only_reader(ref, g):
            if term is not d:
                compute(dy)  # the adjoints of the operand take the place of the result's
            self.aliases[int(ref.index.flat[0])] = dy
            self.e.written[ref.store][ref.index] = True
        elif rest is d:
            self.accumulate(ref, None, done=dy, scale=scale)
        else:
            self.accumulate(ref, compute, scale=scale)

    def _only_reader(self, ref: Ref, g: Group) -> bool:
        """Say whether a group reads all of another, in order, and nobody else does."""
        other = self.e.starts.get((ref.store, int(ref.index.flat[0])))
        if ref.store != g.store or other is None or other.size != ref.index.size:
            return False
        whole = np.arange(other.start, other.start + other.size).reshape(squeezed(other))
        return (
            squeezed(other) == g.grid
            and np.array_equal(ref.index, whole)
            and bool((self.e.readers[ref.store][whole] == 1).all())
        )

    # groups that add up, or reduce ----------------------------------------------------------------

    def _pull_total(self, g: Group, dy: str) -> None:
        [ref] = g.operands

        def compute(out: str) -> None:
            if -1 in g.signs:
                self.add_reverse(f"multiply({dy}[:, None], {self.signs(g, g.signs)}, out={out})")
            else:
                self.add_reverse(f"copyto({out}, {dy}[:, None])")

        self.accumulate(ref, compute)

    def _pull_reduction(self, g: Group, dy: str) -> None:
        [ref] = g.operands
        x, y = self.swapped(self.read(ref, whole=True)), self.output(g)
        self.accumulate(
            ref,
            lambda out: self.add_reverse(f"pull({g.op!r}, {dy}, {y}, {x}, {out}.swapaxes(0, 1))"),
        )

    def _pull_dot(self, g: Group, dy: str) -> None:
        n = g.operands[0].index.shape[1]
        a, b = (self.read(ref, whole=True) for ref in g.operands[:2])
        signs = g.signs[:n]
        pairs = list(zip(g.operands[:2], (b, a), strict=True))
        given = dy
        if a == b and g.operands[0].store == g.operands[1].store:  # squares: both at once
            pairs, dy = pairs[:1], self.scratch.take(self.shape(g.grid, g.row))
            self.add_reverse(f"add({given}, {given}, out={dy})")
        for ref, other in pairs:
            if not self.e.is_active(ref):
                continue
            summed = self.row and not ref.row

            def compute(out: str, other: str = other, summed: bool = summed) -> None:
                if summed:
                    self.add_reverse(f"einsum('mr,mnr->mn', {dy}, {other}, out={out})")
                else:
                    self.add_reverse(f"multiply({dy}[:, None], {other}, out={out})")
                if -1 in signs:
                    each = self.e.index(np.array(signs, float)) if summed else self.signs(g, signs)
                    self.add_reverse(f"multiply({out}, {each}, out={out})")

            self.accumulate(ref, compute, summed=summed)
        self.scratch.give(dy)
        self._pull_addends(g, given, g.operands[2:], g.signs[n:])

    def _pull_addends(self, g: Group, dy: str, refs: Sequence[Ref], signs: Sequence[int]) -> None:
        for ref, sign in zip(refs, signs, strict=True):
            if self.e.is_active(ref):
                each = Ref(ref.store, ref.index.reshape(squeezed(g)), ref.row)
                if sign > 0:
                    self.accumulate(each, None, done=dy)
                else:
                    self.accumulate(
                        each, lambda out: self.add_reverse(f"negative({dy}, out={out})")
                    )

    def _pull_lookup(self, g: Group, dy: str) -> None:
        table = g.operands[1]
        if self.e.is_active(table):
            self.clear(table.store, table.index)
            shape = self.shape(g.grid, g.row)
            places = self.flat(self.found_at(g), shape)
            self.add_reverse(f"add.at(d{table.store}, {places}, {self.flat(dy, shape)})")

    # matrix products ------------------------------------------------------------------------------

    def _pull_product(self, g: Group, dy: str) -> None:
        self._pull_addends(g, dy, g.operands[2:], g.signs[1:])
        first, second = self.factors(g)
        if first.row and pays_by_row(g):
            self._pull_by_row(g, dy, first, second)
            return
        second = Ref(second.store, second.index[: len(second.index) - self._biases(g)], second.row)
        lines = self._product_lines(g, dy)
        if g.grid == (1, 1, 1) and not self.row and _same(first, second):
            total = self.scratch.take((1,))  # a sum of squares: both at once
            self.add_reverse(f"add({dy}, {dy}, out={total})")
            lines = (self._product_lines(g, total)[0], lines[1])
            self.scratch.give(total)
            second = Ref(second.store, second.index[:0], second.row)
        for ref, line in zip((first, second), lines, strict=True):
            if self.e.is_active(ref):
                self.accumulate(
                    ref,
                    lambda out, line=line: self.add_reverse(line(out)),  # type: ignore[misc]
                    summed=True,
                    merges=merges(g),
                )

    def _pull_by_row(self, g: Group, dy: str, first: Ref, second: Ref) -> None:
        a, b = self.copied_by_row(first), self.copied_by_row(second)
        d = self.scratch.take(("n", *squeezed(g)))
        self.add_reverse(f"copyto({d}, {self.rows_first(dy, len(squeezed(g)))})")
        for ref, product in (
            (first, f"{d}, {b}.swapaxes(-2, -1)"),
            (second, f"{a}.swapaxes(-2, -1), {d}"),
        ):
            if not self.e.is_active(ref):
                continue

            def compute(out: str, ref: Ref = ref, product: str = product) -> None:
                found = self.scratch.take(("n", *ref.index.shape))
                self.add_reverse(f"matmul({product}, out={found})")
                self.add_reverse(f"copyto({out}, {self.rows_last(found, ref.index.ndim)})")
                self.scratch.give(found)

            self.accumulate(ref, compute)
        self.scratch.give(d)

    def _biases(self, g: Group) -> int:
        """Return 1 if the last column of the weights of a product is the biases, else 0."""
        second = g.operands[1]
        return int(second.index[0, -1, 0] in self.e.lifted.ones.get(second.store, ()))

    def product_into(self, out: str) -> str:
        """Return the faster matrix product into an array: dot, which needs all of it."""
        return "dot" if out in self.whole else "matmul"

    def _product_lines(
        self, g: Group, dy: str
    ) -> tuple[Callable[[str], str], Callable[[str], str]]:
        """Return what writes the products with dy that the two factors get, summed over rows."""
        first, second = self.factors(g)
        a, b = self.factor_names(g)
        h, p, q = g.grid
        x, z = product_axes(g)
        n = first.index.shape[-1]
        if first.row:
            return (
                lambda out: f"einsum('{x}p{z}r,{x}n{z}r->{x}pnr', {dy}, {b}, out={out})",
                lambda out: f"einsum('{x}p{z}r,{x}pnr->{x}n{z}r', {dy}, {a}, out={out})",
            )
        flat = (h,) if h > 1 else ()
        if merged := merges(g):
            b, dy = self.merged(b, (*flat, n, f"{q}*n")), self.merged(dy, (*flat, p, f"{q}*n"))

        if self._biases(g):
            alone, n = first.index[:, :-1], n - 1
            a = self.view(first.store, alone, "", whole=True) or f"{a}[:, :-1]"

        def right(out: str) -> str:
            out = self.merged(out, (*flat, n, f"{q}*n")) if merged else out
            product = self.product_into(out) if p == 1 else "matmul"  # faster for vectors alone
            return f"{product}({_transposed(a, h)}, {dy}, out={out})"

        if second.row or z:
            return (
                lambda out: f"{self.product_into(out)}({dy}, {_transposed(b, h)}, out={out})",
                right,
            )
        return (
            lambda out: f"multiply({dy}[:, None], {b}, out={out})",
            lambda out: f"matmul({dy}, {a}, out={out})",
        )


def _scaled(slope: Any, d: Symbol, term: Any) -> tuple[float, Any]:
    """Return d * slope, the term, as a number times the rest."""
    if isinstance(slope, (int, float)):
        return slope, d
    return (-1, term.args[0]) if term.op == "neg" else (1, term)


def _same(a: Ref, b: Ref) -> bool:
    """Say whether two operands are the same places in the same order."""
    return a.store == b.store and np.array_equal(a.index.ravel(), b.index.ravel())


def _transposed(name: str, h: int) -> str:
    return f"{name}.swapaxes(1, 2)" if h > 1 else f"{name}.T"
