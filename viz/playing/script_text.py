"""Expressions of JavaScript as text: few parentheses, and a name for what is used twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ScriptError(TypeError):
    """Say what JavaScript can't do."""


class Node:
    """Hold an expression: an operator, function or name (`head`) and what it is applied to."""

    __slots__ = ("args", "head")

    def __init__(self, head: str, *args: Any) -> None:
        self.head = head
        self.args = args


def part(x: Any) -> Any:
    """Return what a node keeps of an operand: the operand's own node, an int or a float."""
    if hasattr(x, "node"):
        return x.node
    if isinstance(x, int) and abs(x) <= 2**53:
        return int(x)
    if isinstance(x, int):
        raise ScriptError(f"{x} is an int with more digits than JavaScript's numbers have")
    if isinstance(x, float):
        return float(x)  # NumPy's, too
    if type(x) is Node:
        return x
    raise ScriptError(f"{x!r} is a {type(x).__name__}, and JavaScript has only floats")


_LEVELS = {"?:": 1, "||": 2, "&&": 3, "===": 4, "!==": 4, "<": 5, "<=": 5, ">": 5, ">=": 5,
           "+": 6, "-": 6, "*": 7, "/": 7, "neg": 8, "**": 9}  # fmt: skip
_ATOM = 10


def literal(x: float) -> str:
    """Return a Python number as JavaScript.

    >>> literal(-0.5), literal(2.0), literal(float("-inf")), literal(float("nan"))
    ('-0.5', '2', '-Infinity', 'NaN')
    """
    if x != x:
        return "NaN"
    text = repr(x).replace("inf", "Infinity")
    return text.removesuffix(".0")


class Writer:
    """Write expressions; what occurs twice in one statement gets a name of its own."""

    def __init__(self) -> None:
        self._count = 0
        self.calls: set[str] = set()  # the functions that are no method of Math
        self._names: dict[Node, str] = {}

    def expression(self, x: Any) -> str:
        """Return one expression."""
        return self._written(part(x))[0]

    def statements(self, targets: Sequence[tuple[str, Any]]) -> list[str]:
        """Return a line "target = expression;" each, after lines for what they share.

        >>> s = Node("+", Node("Math.exp", Node("x")), 1)
        >>> Writer().statements([("a", Node("*", s, Node("y"))), ("b", s), ("c", 2.0)])
        ['const t1 = Math.exp(x) + 1;', 'a = t1 * y;', 'b = t1;', 'c = 2;']
        """
        parts = [(target, part(x)) for target, x in targets]
        shared = self._shared([part for _, part in parts])
        lines = []
        for node in shared:
            text = self._written(node)[0]
            self._count += 1
            self._names[node] = f"t{self._count}"
            lines.append(f"const {self._names[node]} = {text};")
        return lines + [f"{target} = {self._written(part)[0]};" for target, part in parts]

    def _shared(self, roots: Sequence[Any]) -> list[Node]:
        """Return the nodes that are used more than once, operands first."""
        uses: dict[Node, int] = {}
        order: list[Node] = []

        def visit(x: Any) -> None:
            if not isinstance(x, Node) or not x.args:
                return
            uses[x] = uses.get(x, 0) + 1
            if uses[x] == 1:
                for arg in x.args:
                    visit(arg)
                order.append(x)

        for root in roots:
            visit(root)
        return [node for node in order if uses[node] > 1 and node.head != "neg"]

    def _written(self, x: Any) -> tuple[str, int]:
        """Return an expression and how tightly it holds together."""
        if not isinstance(x, Node):
            text = literal(x)
            return text, _LEVELS["neg"] if text.startswith("-") else _ATOM
        if x in self._names:
            return self._names[x], _ATOM
        head, args = x.head, x.args
        if not args:
            return head, _ATOM
        if head == "power" and (head := _power(*args)) == "**":
            return f"{self._in(args[0], _ATOM)} ** {self._in(args[1], 8)}", _LEVELS[head]
        if head == "sum" and len(args) < 3:  # rounded once in any case
            head, args = ("+", args) if len(args) == 2 else ("", args)
            if not head:
                return self._written(args[0])
        level = _LEVELS.get(head)
        if level is None:
            if not head.startswith("Math."):
                self.calls.add(head)
            return f"{head}({', '.join(self._in(arg, 1) for arg in args)})", _ATOM
        if head == "neg":
            text = self._in(args[0], level)
            return (f"-({text})" if text.startswith("-") else f"-{text}"), level
        if head == "?:":
            a, b, c = self._in(args[0], 2), self._in(args[1], 2), self._in(args[2], 1)
            return f"{a} ? {b} : {c}", level
        return f"{self._in(args[0], level)} {head} {self._in(args[1], level + 1)}", level

    def _in(self, x: Any, least: int) -> str:
        text, level = self._written(x)
        return text if level >= least else f"({text})"


def _power(base: Any, exponent: Any) -> str:
    """Return ** for a constant exponent; else a function, as 1 ** NaN is not 1 in JavaScript."""
    constant = not isinstance(exponent, Node) and abs(exponent) < float("inf")
    return "**" if constant or (base == 2 and not isinstance(base, Node)) else "power"
