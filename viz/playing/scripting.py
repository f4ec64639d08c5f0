"""A number that writes itself down as JavaScript: the rule table, evaluated on it, is a script.

`Script("v[0]") * 2` is the text `v[0] * 2`. Whatever `autograd.rules` computes from such numbers,
values and derivatives alike, comes out as an expression in them; no derivative is written here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NoReturn

from autograd.numbers import OwnFunctions
from viz.playing.script_text import Node, ScriptError, Writer, part

_BRANCHES = 6  # one after the other, that Python may take in a function

Operator = Callable[[Any, Any], Any]


def _operator(head: str) -> tuple[Operator, Operator]:
    def method(self: Any, other: Any) -> Any:
        return Script.of(head, self, other)

    def reflected(self: Any, other: Any) -> Any:
        return Script.of(head, other, self)

    return method, reflected


def _comparison(head: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: Condition(Node(head, part(self), part(other)))


class Plain:
    """Calculate with expressions, and compare them; functions are `Script`'s."""

    __slots__ = ("node",)

    def __init__(self, node: Node | str) -> None:
        self.node = Node(node) if isinstance(node, str) else node

    __sub__, __rsub__ = _operator("-")
    __truediv__, __rtruediv__ = _operator("/")
    __pow__, __rpow__ = _operator("power")
    __floordiv__, __rfloordiv__ = _operator("floordiv")
    __mod__, __rmod__ = _operator("mod")

    __lt__, __le__ = _comparison("<"), _comparison("<=")
    __gt__, __ge__ = _comparison(">"), _comparison(">=")
    __eq__, __ne__ = _comparison("==="), _comparison("!==")
    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Any:
        if self.node.head == "sum":  # Python's sum() goes on: it is to be rounded once
            return Script(Node("sum", *self.node.args, part(other)))
        return Script.of("+", self, other)

    def __radd__(self, other: Any) -> Any:
        starts = type(other) is int and other == 0  # so does Python's sum()
        return Script.of("sum", self) if starts else Script.of("+", other, self)

    def __mul__(self, other: Any) -> Any:
        return self if type(other) is int and other == 1 else Script.of("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self if type(other) is int and other == 1 else Script.of("*", other, self)

    def __neg__(self) -> Any:
        return Script.of("neg", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return Script.of("Math.abs", self)

    def _refuse(self, *_: Any) -> NoReturn:
        raise ScriptError("it needs the number itself, as math.exp(x) and float(x) do")

    __float__ = __int__ = __index__ = __bool__ = __len__ = _refuse


class Script(Plain, OwnFunctions):
    """Stand for a number of the page: every function of `autograd.numbers` gives an expression.

    >>> x, y = Script("x"), Script("y")
    >>> (2 * (x + 1) / -y).text
    '2 * (x + 1) / -y'
    >>> Script.tanh(x * y).text
    'Math.tanh(x * y)'
    """

    __slots__ = ()

    @classmethod
    def of(cls, head: str, *operands: Any) -> Script:
        """Return the expression that applies an operator or a function of the page."""
        return cls(Node(head, *map(part, operands)))

    @property
    def data(self) -> Plain:
        """Return the same expression as a plain number, as `numbers.plain` wants it."""
        return Plain(self.node)

    @property
    def text(self) -> str:
        """Return the expression as JavaScript."""
        return Writer().expression(self)

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        """Return a where the condition holds, else b."""
        if not isinstance(condition, Condition):
            return a if condition else b
        return Script(Node("?:", condition.holds, part(a), part(b)))


class Condition:
    """Stand for a truth value of the page; `if` follows both branches, see `every_way`."""

    __slots__ = ("holds",)
    _mpi_ = None  # by this autograd.numbers.where knows a comparison that is open
    where = staticmethod(Script.where)

    def __init__(self, holds: Node) -> None:
        self.holds = holds

    @property
    def node(self) -> Node:
        """Return 1 where it holds, else 0."""
        return Node("?:", self.holds, 1, 0)

    def __and__(self, other: Any) -> Any:
        return self._joined("&&", other, other is True)

    def __or__(self, other: Any) -> Any:
        return self._joined("||", other, other is False)

    __rand__, __ror__ = __and__, __or__

    def _joined(self, head: str, other: Any, changes_nothing: bool) -> Any:
        if isinstance(other, Condition):
            return Condition(Node(head, self.holds, other.holds))
        return self if changes_nothing else bool(other)

    def __add__(self, other: Any) -> Any:
        return Script(self.node) + other

    def __radd__(self, other: Any) -> Any:
        return other + Script(self.node)

    def __mul__(self, other: Any) -> Any:
        return Script(self.node) * other

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        path = _path.get()
        if path is None:
            raise ScriptError("whether it holds is decided in the page")
        return path.choose(self)


class _Open(Exception):  # noqa: N818  (no error: it says where two ways part)
    def __init__(self, condition: Condition) -> None:
        self.condition = condition


class _Path:
    """Hold the ways taken so far at the branches of a Python function."""

    def __init__(self, taken: tuple[bool, ...]) -> None:
        self._taken = iter(taken)

    def choose(self, condition: Condition) -> bool:
        for holds in self._taken:
            return holds
        raise _Open(condition)


_path: ContextVar[_Path | None] = ContextVar("path", default=None)


def every_way(function: Callable[[], Any], taken: tuple[bool, ...] = ()) -> Any:
    """Return what a function of Scripts returns, its branches in Python written as conditions.

    >>> x = Script("x")
    >>> every_way(lambda: x * x if x > 0 else 0.0).text
    'x > 0 ? x * x : 0'
    """
    token = _path.set(_Path(taken))
    try:
        return function()
    except _Open as fork:
        condition = fork.condition
    finally:
        _path.reset(token)
    if len(taken) == _BRANCHES:
        raise ScriptError(f"it decides more than {_BRANCHES} times what to do")
    a, b = (every_way(function, (*taken, holds)) for holds in (True, False))
    if isinstance(a, (list, tuple)):
        return [Script.where(condition, *pair) for pair in zip(a, b, strict=True)]
    return Script.where(condition, a, b)
