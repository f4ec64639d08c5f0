"""Expressions as lines of NumPy that allocate nothing: scratch arrays are reused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.program.writing.expressions import CALLS, UFUNCS, Symbol

# NumPy has to make an array of a number at each call; and for these two, vector instructions are
# used only where both operands are whole arrays.
_FASTER = ("maximum", "minimum", "lt", "le", "gt", "ge")


class Scratch:
    """Lend arrays of a shape by name; what is given back is lent again."""

    def __init__(
        self, numbered: Callable[[str], str], declare: Callable[[str, Any, str], None],
        filled: Callable[[Any, Any], str],
    ) -> None:  # fmt: skip
        self.numbered, self.declare, self.filled = numbered, declare, filled
        self.free: dict[Any, list[str]] = {}
        self.shape_of: dict[str, Any] = {}

    def take(self, shape: Any, flag: bool = False) -> str:
        """Return the name of an array of this shape that nobody uses."""
        free = self.free.setdefault((shape, flag), [])
        if free:
            return free.pop()
        name = self.numbered("m" if flag else "t")
        self.shape_of[name] = shape, flag
        self.declare(name, shape, "bool" if flag else "")
        return name

    def give(self, name: str) -> None:
        """Take an array back."""
        if name in self.shape_of:
            self.free[self.shape_of[name]].append(name)


def write(expression: Any, out: str, shape: Any, scratch: Scratch, flag: bool = False) -> list[str]:
    """Return the lines that evaluate an expression into the array `out`, of flags or numbers."""
    writer = _Writer(shape, scratch, flag)
    lines = writer.lines(expression, out)
    for name in writer.held:
        scratch.give(name)
    return lines


class _Writer:
    def __init__(self, shape: Any, scratch: Scratch, flag: bool) -> None:
        self.shape, self.scratch, self.flag = shape, scratch, flag
        self.held: set[str] = set()
        self.text: list[str] = []
        self.names: dict[int, str] = {}
        self.uses: dict[int, int] = {}

    def lines(self, expression: Any, out: str) -> list[str]:
        if not isinstance(expression, Symbol):
            return [f"{out}[...] = {self.name(expression)}"]
        self.count(expression)
        name = self.name(expression, out)
        if name != out:
            self.text.append(f"copyto({out}, {name})")
        return self.text

    def count(self, x: Symbol) -> None:
        pending = [x]
        while pending:
            x = pending.pop()
            self.uses[id(x)] = self.uses.get(id(x), 0) + 1
            if self.uses[id(x)] == 1 and x.op not in ("name", "flag"):
                pending += [y for y in x.args if isinstance(y, Symbol)]

    def name(self, x: Any, out: str | None = None) -> str:
        """Return the name of the array that holds x, after the lines that compute it."""
        if not isinstance(x, Symbol):
            return repr(float(x) if isinstance(x, float) else x)  # not np.float64(0.5)
        if x.op in ("name", "flag"):
            return str(x.args[0])
        if id(x) in self.names:
            return self.names[id(x)]
        args = [self.name(y) for y in x.args]
        self.release(x)
        if out is None or x.is_flag != self.flag:
            out = self.scratch.take(self.shape, x.is_flag)
            self.held.add(out)
        self.names[id(x)] = out
        if x.op in _FASTER:
            shape = self.shape if x.op in ("maximum", "minimum") else ()
            args = [
                name if isinstance(y, Symbol) else self.scratch.filled(y, shape)
                for name, y in zip(args, x.args, strict=True)
            ]
        self.text += _operation(x, args, out)
        return out

    def release(self, x: Symbol) -> None:
        """Give back the arrays of operands that nobody needs after this."""
        if x.op == "where":
            return  # it is written before its operands are all read
        for y in x.args:
            if isinstance(y, Symbol) and id(y) in self.names:
                self.uses[id(y)] -= 1
                if not self.uses[id(y)] and (name := self.names[id(y)]) in self.held:
                    self.held.discard(name)
                    self.scratch.give(name)


def _operation(x: Symbol, args: list[str], out: str) -> list[str]:
    if x.op == "where":
        condition, a, b = args
        return [f"copyto({out}, {b})", f"copyto({out}, {a}, where={condition})"]
    if x.op in CALLS:
        return [f"{out}[...] = {x.op}({', '.join(args)})"]
    if x.op == "div" and args[0] == "1":
        return [f"reciprocal({args[1]}, out={out})"]
    return [f"{UFUNCS[x.op]}({', '.join(args)}, out={out})"]
