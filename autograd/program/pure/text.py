"""A graph of arrays as the text of a function: a line an operation, rows first.

With `many`, some inputs have an axis more in front, of k models, and so has what depends on them:
one text trains them all.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.program.pure.graph import Array, Numbers, numbers_of
from autograd.program.writing.expressions import CALLS, UFUNCS

_SIGNS = {"add": ("+", 4), "sub": ("-", 4), "mul": ("*", 5), "div": ("/", 5), "lt": ("<", 1),
          "le": ("<=", 1), "gt": (">", 1), "ge": (">=", 1), "eq": ("==", 1), "ne": ("!=", 1),
          "and": ("&", 3), "or": ("|", 2)}  # fmt: skip
Text = tuple[str, int]  # and how it binds
_ATOM, _UNARY, _PRODUCT = 9, 6, 5
_LONGEST = 60  # of an expression inside another
WIDTH = 96  # of a line in the body of a function


@dataclass
class Writer:
    """Write arrays as lines of text; `constants` are the arrays that these read by name.

    `many` are the numbers of the inputs that have an axis of models.
    """

    many: frozenset[int] = frozenset()
    constants: dict[str, Numbers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = {_held(x): name for name, x in self.constants.items()}

    def lines(
        self, inputs: Iterable[Array], results: Sequence[Array]
    ) -> tuple[list[str], list[str]]:
        """Return the lines that compute arrays, and the names of these."""
        order = needed(results)
        self.uses = Counter(x.number for y in order for x in y.inputs if isinstance(x, Array))
        self.uses.update([x.number for x in results])
        self.names: dict[int, str] = {}
        self.taken = {*_RESERVED, *self.constants, *[x.op for x in order if x.op in CALLS]}
        self.models: set[int] = set()
        self.written: dict[int, tuple[str, int]] = {}
        for x in inputs:
            self.names[x.number] = self._fresh(x.name)
        lines = []
        for x in order:
            inside = any(isinstance(y, Array) and y.number in self.models for y in x.inputs)
            if inside or x.number in self.many:
                self.models.add(x.number)
            if x.op in ("input", "constant"):
                continue
            text, level = self._expression(x)
            if not x.name and self.uses[x.number] == 1 and len(text) <= _LONGEST:
                self.written[x.number] = text, level
                continue
            name = self.names[x.number] = self._fresh(x.name or f"a{len(self.names)}")
            lines += _wrapped(name, text, self._shape(x))
        return lines, [self._text(x) for x in results]

    def filled(self, x: Array, *, row: bool) -> str:
        """Return a result as text, with its axes of models and rows whether it changes or not."""
        return self._filled(x, "k" + "r" * row, x.grid)

    def _fresh(self, name: str) -> str:
        return fresh(name, self.taken)

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
        numbers = numbers_of(x)
        key = _held(numbers)
        if key not in self.known:
            letter = "i" if numbers.dtype.kind == "i" else "c"
            name = self._fresh(f"{letter}{len(self.constants) + 1}")
            self.constants[name], self.known[key] = numbers, name
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
            a = self._beside(x.inputs[0], leads, _ATOM)
            return f"{a}**2" if a.isidentifier() else f"{a} ** 2", _UNARY
        args = [self._beside(y, leads) for y in x.inputs]
        return f"{UFUNCS.get(x.op, x.op)}({', '.join(args)})", _ATOM

    def _reshape(self, x: Array, a: Array) -> str:
        if a.op.endswith(" kept") and a.number in self.written and _without(a) == x.grid:
            return self._reduced(a.op.removesuffix(" kept"), a.options, a.inputs[0])
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
        at = ", ".join([":"] * len(self._leads(x)) + [self._text(index)])
        return f"{self._text(a, _ATOM)}[{at}]"

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
        return self._reduced(x.op, x.options, a)

    def _reduced(self, op: str, axes: Sequence[int], a: Array) -> str:
        skip = len(self._leads(a))
        axes = [k + skip for k in axes]
        text = str(axes[0]) if len(axes) == 1 else str(tuple(axes))
        name, _, kept = op.partition(" ")
        return f"{self._text(a, _ATOM)}.{name}({text}{', keepdims=True' * bool(kept)})"

    _sum = _sum_kept = _max_kept = _min_kept = _prod_kept = _any_kept = _reduce

    def _sum_rows(self, x: Array, a: Array) -> str:
        return f"{self._text(a, _ATOM)}.sum({len(self._leads(a)) - 1})"

    def _cumprod(self, x: Array, a: Array) -> str:
        return f"{self._text(a, _ATOM)}.cumprod({len(self._leads(a)) + len(a.grid) - 1})"

    def _integer(self, x: Array, a: Array) -> str:
        return f"{self._text(a, _ATOM)}.astype(int)"

    def _same(self, x: Array, a: Array) -> tuple[str, int]:
        return self.written.get(a.number, (self._text(a), _ATOM))

    def _copy(self, x: Array, a: Array) -> str:
        return f"stop_gradient({self._text(a)})"

    def _zeros(self, x: Array) -> str:
        sizes = ["n"] * x.row + [*map(str, x.grid)]
        return f"zeros(({', '.join(sizes)}{',' if len(sizes) == 1 else ''}))"

    def _lookup(self, x: Array, table: Array, at: Array) -> str:
        models = ""
        if table.number in self.models:
            own = at.number in self.models  # each model looks up other rows
            models = f"arange(k).reshape(k{', 1' * (len(at.grid) + at.row)}), " if own else ":, "
        return f"{self._text(table, _ATOM)}[{models}{self._text(at)}]"

    def _add_rows(self, x: Array, a: Array, at: Array) -> str:
        where = self._text(at)
        if at.number in self.models:
            added = self._filled(a, "k" + "r" * a.row, a.grid)
            return f"add_rows({added}, {where}, {x.grid[0]}, k)"
        return f"add_rows({self._text(a)}, {where}, {x.grid[0]})"

    def _einsum(self, x: Array, a: Array, b: Array) -> Text:
        """Return a product: of matrices where it is one."""
        terms, out = x.options.split("->")
        first, second = terms.split(",")
        for p, q, m, n in ((a, b, first, second), (b, a, second, first)):
            if (text := self._matrix_product(p, q, m, n, out)) is not None:
                return text, _PRODUCT
        if x.number in self.models or len(first) == len(second) == 1:
            for p, q, m, n in ((a, b, first, second), (b, a, second, first)):
                if (product := self._vector_product(p, q, m, n, out)) is not None:
                    return product
        first, second = ("k" * (y.number in self.models) + each
                         for y, each in ((a, first), (b, second)))  # fmt: skip
        out = "k" * (x.number in self.models) + out
        return f"einsum('{first},{second}->{out}', {self._text(a)}, {self._text(b)})", _ATOM

    def _matrix_product(self, a: Array, b: Array, m: str, n: str, out: str) -> str | None:
        """Return a @ b with the one or both transposed, None if it is something else."""
        if (a.number in self.models or b.number in self.models) and len(out) < 2:
            return None
        matrix_by_vector = len(m) == 2 and len(n) == 1 and out == m[0] and n == m[1]
        if matrix_by_vector or (len(m) == 1 and n.startswith(m) and out == n[1:]):
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

    def _vector_product(self, a: Array, b: Array, m: str, n: str, out: str) -> Text | None:
        """Return a product of each model's matrix and vector, or of two vectors, without einsum.

        einsum takes longer to find out what to do than that takes.
        """
        x, v = self._text(a, _ATOM), self._text(b, _ATOM)
        of_a, of_b = (y.number in self.models for y in (a, b))
        if len(m) == len(n) == 1 and out == m + n:
            return f"{x}[:, {':, ' * of_a}None] * {v}{'[:, None]' * of_b}", _PRODUCT
        if len(m) != 2 or len(n) != 1 or n not in m or out != m.replace(n, ""):
            return None
        last = m[1] == n
        if of_a and of_b:
            whole = f"({x} @ {v}[:, :, None])[:, :, 0]" if last else f"({v}[:, None] @ {x})[:, 0]"
            return whole, _ATOM
        if of_a and last:
            return f"{x} @ {v}", _PRODUCT
        return f"{v} @ {x}{'.T' * (last and not of_a)}", _PRODUCT

    def _turned(self, x: Array) -> str:
        turned = ".swapaxes(-1, -2)" if x.number in self.models else ".T"
        return f"{self._text(x, _ATOM)}{turned}"


_RESERVED = (
    "n", "k", "p", "forward", "reverse", "concatenate", "einsum", "pad", "scatter",
    "add_rows", "stop_gradient", "broadcast_to", "zeros", "matrix", "where", "arange", "matrices",
    "isinf", "inf", "nan", "int", "len", *UFUNCS.values(),
)  # fmt: skip


def fresh(name: str, taken: set[str]) -> str:
    """Return the name, with a number behind it if it is taken, and take it."""
    made, k = name, 2
    while made in taken:
        made, k = f"{name}_{k}", k + 1
    taken.add(made)
    return made


def _one(x: Array) -> str | None:
    """Return the one number that all of a constant are, as text; None if they differ."""
    numbers = numbers_of(x)
    number = float(numbers.flat[0])
    if numbers.dtype.kind != "f" or not np.array_equal(
        numbers, np.full_like(numbers, number), True
    ):
        return None
    return f"({number!r})" if number < 0 else repr(number)


def _held(numbers: Numbers) -> Any:
    """Return what two constants have in common if they are one."""
    return numbers.dtype.kind, numbers.shape, numbers.tobytes()


def _without(a: Array) -> tuple[int, ...]:
    """Return a grid without the axes that were reduced."""
    return tuple([n for k, n in enumerate(a.grid) if k not in a.options])


def _wrapped(name: str, text: str, shape: str) -> list[str]:
    """Return an assignment, in parentheses over several lines if it is long."""
    line = f"{name} = {text}  # {shape}"
    if len(line) <= WIDTH:
        return [line]
    indent = "    "
    parts = textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return [f"{name} = (  # {shape}", *parts, ")"]


def needed(results: Sequence[Array], known: Container[Array] = ()) -> list[Array]:
    """Return what results are computed from, themselves too, in order; not what is known."""
    found: dict[int, Array] = {}
    waiting = list(results)
    while waiting:
        x = waiting.pop()
        if x.number not in found and x not in known:
            found[x.number] = x
            waiting += [y for y in x.inputs if isinstance(y, Array)]
    return [found[k] for k in sorted(found)]
