"""While a function is recorded: comparisons are noted, and what would be baked in is refused.

A comparison of Values gives a `Condition`. Its truth value is that of the recorded row; asking for
it, as `if` does, makes it a guard of the program. `where` takes the condition itself, and no guard
is needed. Reading `.data` would put a number of this one row into the program for all rows.
"""

from __future__ import annotations

import operator
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Real
from types import FrameType
from typing import Any, NoReturn

from autograd import numbers
from autograd.program.recording.draws import Draws
from autograd.rules import find
from autograd.value import Value, apply, detached, restore, trace_here, tracing

_slots: dict[str, Any] = {name: Value.__dict__[name] for name in ("data", "grad")}
_lock = threading.Lock()
_watchers = 0


class Condition:
    """Hold a comparison of Values, `left op right`, and how it came out for the recorded row.

    `&` and `|` combine conditions for `where`; `and`, `or` and `not` ask for the truth.
    """

    __slots__ = ("left", "name", "place", "right", "trace", "truth")

    def __init__(self, trace: Trace, name: str, left: Any, right: Any, truth: bool) -> None:
        self.place = ""  # where Python branched on it
        self.trace, self.name, self.left, self.right, self.truth = trace, name, left, right, truth

    def __bool__(self) -> bool:
        self.trace.guard(self)
        return self.truth

    def __and__(self, other: Any) -> Condition:
        return self._joined("and", other)

    def __or__(self, other: Any) -> Condition:
        return self._joined("or", other)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> NoReturn:
        raise TypeError(
            "~ of a comparison: ~True is -2 in Python, and that is true as well. Write the opposite"
            " comparison, where(condition, b, a), or `not`"
        )

    def _joined(self, name: str, other: Any) -> Condition:
        if not isinstance(other, Condition):
            other = Condition(self.trace, "constant", bool(other), None, bool(other))
        a, b = self.truth, other.truth
        return Condition(self.trace, name, self, other, (a and b) if name == "and" else (a or b))

    def __eq__(self, other: object) -> bool:
        return bool(self) == (bool(other) if isinstance(other, Condition) else other)

    def __xor__(self, other: Any) -> bool:
        return bool(self) != bool(other)

    __rxor__ = __xor__

    def __int__(self) -> int:
        return int(bool(self))

    def __float__(self) -> float:
        return float(bool(self))

    __index__ = __int__
    __hash__ = object.__hash__

    def choice(self, a: Any, b: Any) -> Value:
        """Record a selection; the branch not taken is kept, for the rows that take it."""
        if not self.trace.selecting:
            return Value.where(bool(self), a, b)
        self.trace.selected = True
        a, b = (x if isinstance(x, Value) else Value(x) for x in (a, b))
        data = numbers.where(self.truth, detached(a), detached(b))
        return restore(data, None, find("where"), (self, a, b), "")


def _mask(name: str, swapped: bool = False) -> Callable[..., Any]:
    """Return the operation of a mask, as in (x > 0) * x: a selection between 1 and 0."""
    operation: Any = getattr(operator, name)

    def method(*xs: Any) -> Any:
        ys = [x.choice(1.0, 0.0) if isinstance(x, Condition) else x for x in xs]
        return operation(*(ys[::-1] if swapped else ys))

    return method


for _name in ("add", "sub", "mul", "truediv", "pow"):
    setattr(Condition, f"__{_name}__", _mask(_name))
    setattr(Condition, f"__r{_name}__", _mask(_name, swapped=True))
for _name in ("neg", "pos", "abs", "lt", "le", "gt", "ge"):
    setattr(Condition, f"__{_name}__", _mask(_name))


class Trace:
    """Collect what a recording has to know besides the graph: the comparisons branched on."""

    def __init__(self, selecting: bool, draws: Draws, row: int) -> None:
        self.guards: dict[Condition, bool] = {}
        self.selecting = selecting  # where() selects; else it is one more guard
        self.selected = False
        self.draws, self.row = draws, row
        self.drawn: list[Value] = []
        self.generators: list[Callable[[], float]] = []

    def guard(self, condition: Condition) -> None:
        """Note that Python branched on a comparison, and where."""
        if condition not in self.guards:
            condition.place = place_of(sys._getframe(2))
            self.guards[condition] = condition.truth

    def compare(self, name: str, left: Value, right: Any, truth: Any) -> Any:
        """Return the condition that a comparison of Values makes; with another thing, its truth."""
        if isinstance(right, (Value, Real)) or hasattr(right, "_mpf_"):
            return Condition(self, name, left, right, bool(truth))
        return truth

    def draw(self, generator: Callable[[], float]) -> Value:
        """Return a number that is drawn anew for every row and call."""
        number = self.draws.one(self.row, len(self.drawn), generator)
        self.drawn.append(Value(number, f"draw{len(self.drawn) + 1}"))
        self.generators.append(generator)
        return self.drawn[-1]

    @staticmethod
    def detach(v: Value) -> Value:
        """Return a node with the number of v, for every row its own, and no derivative."""
        return apply(find("stop gradient"), v)  # type: ignore[no-any-return]


class _Watch:
    """Stand in for the slots `Value.data` and `Value.grad` while something is recorded."""

    def __init__(self, name: str) -> None:
        self.name, self.slot = name, _slots[name]

    def __get__(self, v: Any, owner: Any = None) -> Any:
        if v is None:
            return self
        if not _reader_is_ours():
            _refuse(v, self.name, "read")
        return self.slot.__get__(v, owner)

    def __set__(self, v: Any, number: Any) -> None:
        if self.name == "data" and not _reader_is_ours():
            _refuse(v, self.name, "set")
        self.slot.__set__(v, number)


def _reader_is_ours() -> bool:
    if not isinstance(trace_here(), Trace):
        return True
    name: str = sys._getframe(2).f_globals.get("__name__", "")
    return name.startswith("autograd.")


def place_of(frame: FrameType) -> str:
    """Return the file, line and function of a frame, or of the first outside that called it."""
    while frame.f_globals.get("__name__", "").startswith("autograd.") and frame.f_back is not None:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}, in {frame.f_code.co_name}"


def _refuse(v: Value, slot: str, what: str) -> NoReturn:
    place = place_of(sys._getframe(2))
    instead = {
        ("data", "read"): "Compute with the Value itself; compare it, as v > 0; stop its gradient "
                          "with v.detach(); or use autograd.where",
        ("data", "set"): "Make a new Value, as by v + 1",
        ("grad", "read"): "Use autograd.grad, which gives Values",
    }[slot, what]  # fmt: skip
    raise TypeError(
        f"{place}: {v.label or 'v'}.{slot} is {what} while a program is recorded. The number of "
        f"this one row, {_slots[slot].__get__(v, Value)!r}, would be baked in for every row. "
        f"{instead}"
    )


@contextmanager
def traced(trace: Trace) -> Iterator[Trace]:
    """Make this thread's comparisons conditions of the trace, and guard `.data`."""
    global _watchers
    with _lock:
        _watchers += 1
        if _watchers == 1:
            for name in _slots:
                setattr(Value, name, _Watch(name))
    try:
        with tracing(trace):
            yield trace
    finally:
        with _lock:
            _watchers -= 1
            if _watchers == 0:
                for name, slot in _slots.items():
                    setattr(Value, name, slot)
