"""A graph of arrays as the text of a function: a line an operation, rows first.

With `many`, some inputs have an axis more in front, of as many models, and so has what depends on
them: one text trains them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.program.pure.graph import Array, Numbers
from autograd.program.writing.expressions import UFUNCS

_SIGNS = {"add": ("+", 4), "sub": ("-", 4), "mul": ("*", 5), "div": ("/", 5), "lt": ("<", 1),
          "le": ("<=", 1), "gt": (">", 1), "ge": (">=", 1), "eq": ("==", 1), "ne": ("!=", 1),
          "and": ("&", 3), "or": ("|", 2)}  # fmt: skip
_ATOM, _UNARY, _PRODUCT = 9, 6, 5
_LONGEST = 60  # of an expression inside another


@dataclass
class Writer:
    """Write arrays as lines of text; `constants` are the arrays that these read by name."""

    many: frozenset[str] = frozenset()
    constants: dict[str, Numbers] = field(default_factory=dict)
    indent: str = "    "

    def __post_init__(self) -> None:
        self.known: dict[str, str] = {}  # constants by what they hold

    def lines(
        self, inputs: Iterable[Array], results: Sequence[Array]
    ) -> tuple[list[str], list[str]]:
        """Return the lines that compute arrays, and the names of these."""
        order = _needed(results)
        self.uses = Counter(x.number for y in order for x in y.inputs if isinstance(x, Array))
        self.uses.update([x.number for x in results])
        self.names: dict[int, str] = {}
        self.taken = {*_RESERVED, *self.constants}
        self.models: set[int] = set()
        self.written: dict[int, tuple[str, int]] = {}
        for x in inputs:
            self.names[x.number] = self._fresh(x.name)
        lines = []
        for x in order:
            if any(isinstance(y, Array) and y.number in self.models for y in x.inputs) or (
                x.op == "input" and x.name in self.many
            ):
                self.models.add(x.number)
            if x.op in ("input", "constant"):
                continue
            text, level = self._expression(x)
            if not x.name and self.uses[x.number] == 1 and len(text) <= _LONGEST:
                self.written[x.number] = text, level
                continue
            name = self.names[x.number] = self._fresh(x.name or f"a{len(self.names)}")
            lines.append(f"{name} = {text}  # {self._shape(x)}")
        return lines, [self._text(x) for x in results]

    def _fresh(self, name: str) -> str:
        made, k = name, 2
        while made in self.taken:
            made, k = f"{name}_{k}", k + 1
        self.taken.add(made)
        return made

    def _shape(self, x: Array) -> str:
        sizes = ["models"] * (x.number in self.models) + ["rows"] * x.row + [*map(str, x.grid)]
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"

    # operands -------------------------------------------------------------------------------------

    def _leads(self, x: Array) -> str:
        """Return a letter for each axis before the grid: k for models, r for rows."""
        return "k" * (x.number in self.models) + "r" * x.row

    @staticmethod
    def _sizes(leads: str) -> list[str]:
        return ["k" if c == "k" else "n" for c in leads]

    def _text(self, x: Any, level: int = 0) -> str:
        """Return an operand as text, in parentheses if it binds less than the level."""
        if not isinstance(x, Array):
            return repr(float(x) if isinstance(x, float) else x)
        if x.number in self.names:
            return self.names[x.number]
        if x.op == "constant":
            return self._constant(x)
        text, mine = self.written[x.number]
        return text if mine >= level else f"({text})"

    def _beside(self, x: Any, leads: str, level: int = 0) -> str:
        """Return an operand as text, such that its grid meets those of arrays with these axes."""
        if isinstance(x, Array):
            if x.op == "constant" and (number := _one(x)) is not None:
                return number
            if self._leads(x) == "k" and leads == "kr":
                return f"{self._text(x, _ATOM)}[:, None]"
        return self._text(x, level)

    def _constant(self, x: Array) -> str:
        kind, *_ = x.options
        key = repr(x.options)
        if key not in self.known:
            name = f"{'i' if kind == 'int' else 'c'}{len(self.constants) + 1}"
            self.constants[name], self.known[key] = numbers_of(x), name
        return self.known[key]

    # operations -----------------------------------------------------------------------------------

    def _expression(self, x: Array) -> tuple[str, int]:
        """Return an operation as text, and how it binds."""
        method = getattr(self, f"_{x.op.replace(' ', '_')}", None)
        if method is not None:
            found = method(x, *x.inputs)
            return found if isinstance(found, tuple) else (found, _ATOM)
        leads = self._leads(x)
        if x.op in _SIGNS:
            sign, level = _SIGNS[x.op]
            a = self._beside(x.inputs[0], leads, level + (level == 1))
            return f"{a} {sign} {self._beside(x.inputs[1], leads, level + 1)}", level
        if x.op == "neg":
            return f"-{self._beside(x.inputs[0], leads, _UNARY)}", _UNARY
        if x.op == "square":
            return f"{self._beside(x.inputs[0], leads, _ATOM)} ** 2", _UNARY
        args = [self._beside(y, leads) for y in x.inputs]
        return f"{UFUNCS.get(x.op, x.op)}({', '.join(args)})", _ATOM

    def _reshape(self, x: Array, a: Array) -> str:
        sizes = [*self._sizes(self._leads(x)), *map(str, x.grid)]
        return f"{self._text(a, _ATOM)}.reshape({', '.join(sizes) or '()'})"

    def _transpose(self, x: Array, a: Array) -> str:
        skip = len(self._leads(x))
        if not skip and x.options == (1, 0):
            return f"{self._text(a, _ATOM)}.T"
        order = [*range(skip), *[k + skip for k in x.options]]
        return f"{self._text(a, _ATOM)}.transpose({', '.join(map(str, order))})"

    def _slice(self, x: Array, a: Array) -> str:
        spans = [
            ":" if (start, stop) == (0, n) else f"{start}:{stop}"
            for (start, stop), n in zip(x.options, a.grid, strict=True)
        ]
        while len(spans) > 1 and spans[-1] == ":":
            spans.pop()
        return f"{self._text(a, _ATOM)}[{', '.join([':'] * len(self._leads(x)) + spans)}]"

    def _pad(self, x: Array, a: Array) -> str:
        widths = ["(0, 0)"] * len(self._leads(x)) + [
            f"({start}, {n - stop})" for (start, stop), n in zip(x.options, x.grid, strict=True)
        ]
        return f"pad({self._text(a)}, ({', '.join(widths)},))"

    def _take(self, x: Array, a: Array, index: Array) -> str:
        places = numbers_of(index)
        at = self._text(index)
        if len(places) > 1 and (places == places[0]).all():
            at = f"[{places[0]}] * {len(places)}"
        return f"{self._text(a, _ATOM)}[{', '.join([':'] * len(self._leads(x)) + [at])}]"

    def _scatter(self, x: Array, a: Array, index: Array) -> str:
        return f"scatter({self._text(a)}, {self._text(index)}, {x.grid[0]})"

    def _concat(self, x: Array, *parts: Array) -> str:
        leads = self._leads(x)
        texts = [self._filled(part, leads, part.grid) for part in parts]
        return f"concatenate(({', '.join(texts)}), {x.options + len(leads)})"

    def _spread(self, x: Array, a: Array) -> str:
        return self._filled(a, self._leads(x), x.grid)

    def _filled(self, a: Array, leads: str, grid: Sequence[int]) -> str:
        """Return an operand with all of these axes, and in this grid."""
        if self._leads(a) == leads and a.grid == tuple(grid):
            return self._text(a)
        sizes = [*self._sizes(leads), *map(str, grid)]
        comma = "," if len(sizes) == 1 else ""
        return f"broadcast_to({self._beside(a, leads)}, ({', '.join(sizes)}{comma}))"

    def _reduce(self, x: Array, a: Array) -> str:
        skip = len(self._leads(a))
        axes = [k + skip for k in x.options]
        text = str(axes[0]) if len(axes) == 1 else str(tuple(axes))
        name, _, kept = x.op.partition(" ")
        return f"{self._text(a, _ATOM)}.{name}({text}{', keepdims=True' * bool(kept)})"

    _sum = _sum_kept = _max_kept = _min_kept = _prod_kept = _any_kept = _reduce

    def _sum_rows(self, x: Array, a: Array) -> str:
        return f"{self._text(a, _ATOM)}.sum({len(self._leads(a)) - 1})"

    def _cumprod(self, x: Array, a: Array) -> str:
        return f"{self._text(a, _ATOM)}.cumprod({len(self._leads(a)) + len(a.grid) - 1})"

    def _integer(self, x: Array, a: Array) -> str:
        return f"{self._text(a, _ATOM)}.astype(int)"

    def _copy(self, x: Array, a: Array) -> str:
        return f"stop_gradient({self._text(a)})"

    def _zeros(self, x: Array) -> str:
        sizes = ["n"] * x.row + [*map(str, x.grid)]
        return f"zeros(({', '.join(sizes)}{',' if len(sizes) == 1 else ''}))"

    def _lookup(self, x: Array, table: Array, at: Array) -> str:
        models = ":, " * (table.number in self.models)
        return f"{self._text(table, _ATOM)}[{models}{self._text(at)}]"

    def _add_rows(self, x: Array, a: Array, at: Array) -> str:
        return f"add_rows({self._text(a)}, {self._text(at)}, {x.grid[0]})"

    def _einsum(self, x: Array, a: Array, b: Array) -> tuple[str, int]:
        """Return a product: of matrices where it is one."""
        terms, out = x.options.split("->")
        first, second = terms.split(",")
        for p, q, m, n in ((a, b, first, second), (b, a, second, first)):
            if (text := self._matrix_product(p, q, m, n, out)) is not None:
                return text, _PRODUCT
        first, second = ("k" * (y.number in self.models) + each
                         for y, each in ((a, first), (b, second)))  # fmt: skip
        out = "k" * (x.number in self.models) + out
        return f"einsum('{first},{second}->{out}', {self._text(a)}, {self._text(b)})", _ATOM

    def _matrix_product(self, a: Array, b: Array, m: str, n: str, out: str) -> str | None:
        """Return a @ b with the one or both transposed, None if it is something else."""
        if (a.number in self.models or b.number in self.models) and len(out) < 2:
            return None
        if len(m) == 2 and len(n) == 1 and out == m[0] and n == m[1]:
            return f"{self._text(a, _ATOM)} @ {self._text(b, _ATOM)}"
        if not len(m) == len(n) == len(out) == 2 or m == n:
            return None
        [*both] = [c for c in m if c in n]
        if len(both) != 1 or both[0] in out:
            return None
        [c] = both
        if out != m.replace(c, "") + n.replace(c, ""):
            return None
        left = self._turned(a) if m[0] == c else self._text(a, _ATOM)
        right = self._turned(b) if n[1] == c else self._text(b, _ATOM)
        return f"{left} @ {right}"

    def _turned(self, x: Array) -> str:
        turned = ".swapaxes(-1, -2)" if x.number in self.models else ".T"
        return f"{self._text(x, _ATOM)}{turned}"


_RESERVED = (
    "n", "k", "p", "forward", "reverse", "concatenate", "einsum", "pad", "scatter",
    "add_rows", "stop_gradient", "broadcast_to", "zeros", "matrix", "where", *UFUNCS.values(),
)  # fmt: skip


def numbers_of(x: Array) -> Numbers:
    """Return the numbers of a constant."""
    kind, shape, data = x.options
    dtype = {"float": np.float64, "bool": np.bool_, "int": np.intp}[kind]
    return np.frombuffer(data, dtype).reshape(shape)


def _one(x: Array) -> str | None:
    """Return the one number that all of a constant are, as text; None if they differ."""
    numbers = numbers_of(x)
    number = float(numbers.flat[0])
    if numbers.dtype.kind != "f" or not np.array_equal(
        numbers, np.full_like(numbers, number), True
    ):
        return None
    return repr(number) if number >= 0 else f"({number!r})"


def _needed(results: Sequence[Array]) -> list[Array]:
    """Return what results are computed from, themselves too, in order."""
    found: dict[int, Array] = {}
    waiting = list(results)
    while waiting:
        x = waiting.pop()
        if x.number not in found:
            found[x.number] = x
            waiting += [y for y in x.inputs if isinstance(y, Array)]
    return [found[k] for k in sorted(found)]
