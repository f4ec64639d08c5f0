"""What a recording depends on besides its arguments: the modules, numbers and settings in use.

`described(x)` is a key: equal ones say that a recording made with the one thing is right for the
other. Values are known by their identity, since their numbers are read at every call; plain numbers
and texts by what they are; models, lists, dicts and other objects by what is in them. Anything else
is known by its identity, through a weak reference, so that nothing is kept alive and a new thing at
an old address is not mistaken for the old one.
"""

from __future__ import annotations

import functools
import weakref
from array import array
from collections.abc import Hashable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd.value import Value

_MOST_ITEMS = 50_000  # looked at in one key; what is beyond is known by its identity
_SMALL_ARRAY = 4096  # bytes: an array is compared by its numbers up to here
_PLAIN = (int, str, bytes, bool, type(None))
_BY_VALUE = frozenset((*_PLAIN, float))


class Same:
    """Equal another of the same object alone, without keeping it alive where that is possible."""

    __slots__ = ("number", "of")

    def __init__(self, x: Any) -> None:
        self.number = id(x)
        try:
            self.of: Any = weakref.ref(x)
        except TypeError:
            self.of = lambda: x

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Same) or self.number != other.number:
            return False
        mine = self.of()
        return mine is not None and mine is other.of()

    def __hash__(self) -> int:
        return self.number

    @property
    def gone(self) -> bool:
        """Say whether nobody has the object any more."""
        return self.of() is None


def described(x: Any) -> Hashable:
    """Return what a recording that uses x depends on."""
    return _Walk().of(x)


def is_gone(key: Any) -> bool:
    """Say whether a key speaks of an object that nobody has any more: it fits nothing again."""
    if isinstance(key, Same):
        return key.gone
    return isinstance(key, tuple) and any(map(is_gone, key))


class _Walk:
    def __init__(self) -> None:
        self.left = _MOST_ITEMS
        self.entered: dict[int, int] = {}

    def of(self, x: Any) -> Hashable:
        kind = type(x)
        if kind is Value:
            return "Value", id(x)  # a program holds the Values it reads
        if kind is float:
            return repr(x)  # so that nan equals nan, and 0.0 not -0.0
        if kind in _PLAIN:
            return kind, x
        self.left -= 1
        if self.left < 0 or isinstance(x, (FunctionType, MethodType, BuiltinFunctionType, type)):
            return Same(x.__func__) if isinstance(x, MethodType) else Same(x)
        if isinstance(x, np.generic):
            return kind, repr(x)
        if isinstance(x, np.ndarray):
            small = x.nbytes <= _SMALL_ARRAY and x.dtype != object
            return (x.shape, x.dtype.str, x.tobytes()) if small else Same(x)
        if id(x) in self.entered:
            return "again", self.entered[id(x)]
        self.entered[id(x)] = len(self.entered)
        if isinstance(x, (list, tuple)):
            kinds = set(map(type, x))
            if kinds == {float}:  # data, and the weights of a layer: the long ones
                return kind, array("d", x).tobytes()
            if kinds == {Value}:
                return kind, "Values", *map(id, x)
            self.left -= len(x)
            return (kind, *map(self.of, x)) if self.left > 0 else Same(x)
        if isinstance(x, dict):
            self.left -= len(x)
            return kind, tuple([(self.of(key), self.of(item)) for key, item in x.items()])
        if isinstance(x, functools.partial):
            return kind, self.of(x.func), self.of(x.args), self.of(x.keywords)
        if hasattr(x, "surroundings"):  # a compiled function: what it closes over counts here, too
            return Same(x), *map(self.of, x.surroundings.contents())
        if not hasattr(x, "__dict__") or isinstance(x, ModuleType):
            return Same(x)
        inside = {
            name: part for name, part in vars(x).items() if name not in ("training", "frozen")
        }
        mode = getattr(x, "training", None)
        return Same(x), mode, *[(name, self.of(part)) for name, part in inside.items()]


class Surroundings:
    """Hold where a function's closed-over and global variables are to be found."""

    def __init__(self, f: Any) -> None:
        self.objects: list[Any] = []  # callable objects and partial arguments
        self.functions: list[FunctionType] = []
        self.written: set[int] = set()  # variables that the function writes to
        pending = [f]
        while pending:
            f = pending.pop()
            if isinstance(f, FunctionType):
                self.functions.append(f)
                if (wrapped := getattr(f, "__wrapped__", None)) is not None:
                    pending.append(wrapped)
            elif isinstance(f, MethodType):
                pending.append(f.__func__)
                self.objects.append(f.__self__)
            elif isinstance(f, functools.partial):
                pending.append(f.func)
                self.objects += [f.args, f.keywords]
            else:
                self.objects.append(f)
        self.names = [
            (f.__globals__, name) for f in self.functions for name in _global_names(f.__code__)
        ]

    def contents(self) -> Iterator[Any]:
        """Yield what the variables hold now."""
        yield from self.objects
        for f in self.functions:
            for cell in f.__closure__ or ():
                try:
                    yield cell.cell_contents
                except ValueError:  # not set yet
                    yield None
        for variables, name in self.names:
            x = variables.get(name)
            if not isinstance(x, (ModuleType, type, BuiltinFunctionType)):
                yield x

    def key(self) -> Hashable:
        """Return what a recording depends on, looked at now."""
        return tuple([
            "written" if k in self.written else _Walk().of(x)
            for k, x in enumerate(self.contents())
        ])  # fmt: skip

    def changed(self, before: Any) -> bool:
        """Say whether the function, having run, has changed a number, list or dict since `before`.

        What it writes itself, as a count of its calls, is not what it depends on.
        """
        now: Any = self.key()
        written = {
            k for k, (a, b, x) in enumerate(zip(before, now, self.contents(), strict=True))
            if a != b and (x is None or isinstance(x, (int, float, str, list, dict, set)))
        }  # fmt: skip
        self.written |= written
        return bool(written)

    def glance(self) -> tuple[Any, ...]:
        """Return what can be seen at once: what the variables hold, and the modes of models."""
        return tuple([x if type(x) in _BY_VALUE else id(x) for x in self.contents()])


def _global_names(code: CodeType) -> list[str]:
    """Return the names that a function, and those written inside it, look up outside."""
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _global_names(constant)
    return list(dict.fromkeys(names))
