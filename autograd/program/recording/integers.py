"""Integers that differ from row to row: a program of its own for each, unless nobody looks."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

from autograd.rules import find
from autograd.value import Value, detached, restore


class RowInteger:
    """Stand for a row's integer while a function is recorded, and notice what it is used for.

    Arithmetic with Values makes it a number of the row, and `take(xs, i)` an index; the program
    then serves every integer. Any other use asks for the plain int, `used` says so, and the
    program serves the rows with that int alone.
    """

    __slots__ = ("bound", "least", "number", "plain", "used")

    def __init__(self, plain: int, number: Value) -> None:
        self.plain, self.number, self.used = plain, number, False
        self.bound: int | None = None  # the length of the shortest sequence it was an index of
        self.least: int | None = None  # 0 where it may not count from the end

    def within(self, count: int) -> RowInteger:
        """Return it, noting that it is from 0 to count - 1 in every row that the program serves."""
        if not 0 <= self.plain < count:
            raise IndexError(f"{self.plain} is not from 0 to {count - 1}")
        self.bound = count if self.bound is None else min(self.bound, count)
        self.least = 0
        return self

    def element_of(self, xs: Sequence[Any]) -> Any:
        """Record xs[i] for any i: what `autograd.take` does with it."""
        if not any(isinstance(x, Value) for x in xs):
            return xs[self.__index__()]
        if not -len(xs) <= self.plain < len(xs):
            raise IndexError(f"take(xs, {self.plain}): xs has {len(xs)} elements")
        self.bound = len(xs) if self.bound is None else min(self.bound, len(xs))
        values = [x if isinstance(x, Value) else Value(x) for x in xs]
        return restore(detached(values[self.plain]), None, find("take"), (self, *values), "")

    def __index__(self) -> int:
        self.used = True
        return self.plain

    __int__ = __trunc__ = __index__

    def __float__(self) -> float:
        return float(self.__index__())

    def __bool__(self) -> bool:
        return bool(self.__index__())

    def __hash__(self) -> int:
        return hash(self.__index__())

    def __repr__(self) -> str:
        return repr(self.__index__())

    def __format__(self, spec: str) -> str:
        return format(self.__index__(), spec)


Integral.register(RowInteger)


def _method(name: str, swapped: bool) -> Callable[..., Any]:
    operation: Any = getattr(operator, name)

    def method(self: RowInteger, *others: Any) -> Any:
        of_values = any(isinstance(other, Value) for other in others)
        mine: Any = self.number if of_values else self.__index__()
        theirs = [x.__index__() if isinstance(x, RowInteger) else x for x in others]
        return operation(*theirs, mine) if swapped else operation(mine, *theirs)

    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and_", "or_", "xor",
              "lshift", "rshift"):  # fmt: skip
    setattr(RowInteger, f"__{_name.rstrip('_')}__", _method(_name, False))
    setattr(RowInteger, f"__r{_name.rstrip('_')}__", _method(_name, True))
for _name in ("eq", "ne", "lt", "le", "gt", "ge", "neg", "pos", "abs", "invert"):
    setattr(RowInteger, f"__{_name}__", _method(_name, False))
