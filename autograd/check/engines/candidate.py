"""Somebody's engine under examination: its values, and programs run on them and on ours.

A program is Python text such as "u = a * b; u * u + a", whose last part is the result. What is
true of it comes from the replay of our own values, which uses no rule, and is kept for the next
candidate.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from autograd import functions
from autograd.check.engines.mistakes import NO_NUMBER
from autograd.check.oracles.precise import Kink
from autograd.check.oracles.replay import references
from autograd.check.ulps import nearest
from autograd.value import Value

FUNCTIONS = {  # ours: what engines call the method
    "relu": ("relu", "reLU", "ReLU"), "tanh": ("tanh",), "sigmoid": ("sigmoid", "sigmod"),
    "exp": ("exp",), "log": ("log", "ln"), "sqrt": ("sqrt",), "sin": ("sin",), "cos": ("cos",),
    "tan": ("tan",), "sinh": ("sinh",), "cosh": ("cosh",), "asin": ("asin", "arcsin"),
    "acos": ("acos", "arccos"), "atan": ("atan", "arctan"), "softplus": ("softplus",),
    "silu": ("silu", "swish"), "log1p": ("log1p",), "expm1": ("expm1",), "erf": ("erf",),
}  # fmt: skip
OURS: dict[str, Any] = {name: getattr(functions, name) for name in FUNCTIONS}
UNITS = 4096


class Wrong(Exception):  # noqa: N818 - an answer, not an accident
    """Say what was expected, what came, and which mistake usually causes that.

    `raised` says that there was an exception where a number should have been computed.
    """

    def __init__(self, expected: str, came: str, mistake: str, raised: bool = False) -> None:
        super().__init__(expected, came, mistake, raised)
        self.expected, self.came, self.mistake, self.raised = expected, came, mistake, raised


class NotThere(Exception):  # noqa: N818
    """Say that the candidate does not have what an exercise is about."""


class Truth(NamedTuple):
    """Hold a program's value and, by input, its derivative and the size of the terms added up."""

    value: float
    gradient: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Mistakes:
    """Hold what usually causes an exception, a wrong value and a wrong gradient of a program."""

    raised: str
    value: str
    gradient: str


@dataclass
class Candidate:
    """Hold an engine: how to make a value of a float, read it, and go backward from it.

    `epsilon` is the distance of its numbers next to 1, `functions` has its methods under our
    names for them, and `passed` the exercises that it has passed so far.
    """

    make: Callable[[float], Any]
    read: Callable[[Any], Any]
    read_gradient: Callable[[Any], Any]
    go_backward: Callable[[Any], Any]
    epsilon: float = sys.float_info.epsilon
    functions: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)

    def values(self, *numbers: float) -> list[Any]:
        """Return a new leaf for each number."""
        return [self.make(float(x)) for x in numbers]

    def data(self, v: Any) -> float:
        """Return the number in a value. Raises Wrong if there is none."""
        try:
            return number(self.read(v))
        except Exception as error:
            raise Wrong("a value with a number in it", shown(v), NO_NUMBER) from error

    def gradient(self, v: Any) -> float | None:
        """Return the gradient of a value, None if there is none yet. Raises Wrong if no number."""
        g = self.read_gradient(v)
        try:
            return None if g is None else number(g)
        except Exception as error:
            raise Wrong("a gradient that is a number", shown(g), NO_NUMBER) from error

    def backward(self, y: Any, mistake: str) -> None:
        """Go backward from y; blame the mistake if that raises."""
        try:
            self.go_backward(y)
        except Exception as error:
            raise Wrong("a backward pass", said(error), mistake) from error

    def near(self, came: float | None, true: float, size: float = 0.0) -> bool:
        """Say whether a number is true but for rounding; None stands for a gradient of 0.

        A program has at most some 20 operations, none of which magnifies errors by much; each may
        be off by a few units, as a / b computed as a * b**-1 is: 4096 units allow for all.
        """
        came = 0.0 if came is None else came
        if math.isinf(true):
            return came == true
        return abs(came - true) <= UNITS * self.epsilon * max(size, abs(true))

    def expect(self, name: str, came: float | None, true: float, mistake: str,
               size: float = 0.0, where: str = "") -> None:  # fmt: skip
        """Raise Wrong, with this mistake, unless a number is true but for rounding."""
        if not self.near(came, true, size):
            raise Wrong(f"{name} = {digits(true)}{where}", f"{name} = {digits(came)}", mistake)

    def check(self, program: str, inputs: Mapping[str, float], mistakes: Mistakes,
              optional: bool = False, means: str = "") -> None:  # fmt: skip
        """Compare value and gradient of a program with the truth, if it has a gradient there.

        `means` is a program that says what this one computes, if not the same. Raises Wrong;
        NotThere instead if it raises while computing and is optional.
        """
        true = truth(means or program, tuple(inputs.items()))
        if true is None:
            return
        where = f" at {', '.join(f'{name} = {x:g}' for name, x in inputs.items())}"
        xs = {name: self.make(float(x)) for name, x in inputs.items()}
        try:
            y = run(program, self.functions | xs)
        except NotThere:
            raise
        except Exception as error:
            if optional:
                raise NotThere(said(error)) from error
            expected = f"the value {digits(true.value)}{where}"
            raise Wrong(expected, said(error), mistakes.raised, raised=True) from error
        self.expect("the value", self.data(y), true.value, mistakes.value, where=where)
        self.backward(y, mistakes.gradient)
        for name, x in xs.items():
            g, size = true.gradient[name]
            self.expect(f"{name}.grad", self.gradient(x), g, mistakes.gradient, size, where)


def number(x: Any) -> float:
    """Return a number as a float: Python's, NumPy's, a tensor of one element."""
    item = getattr(x, "item", None)
    return float(item() if callable(item) else x)


def digits(x: float | None) -> str:
    """Return enough digits of a number to see an error of 1e-8."""
    return "None" if x is None else f"{x:.12g}"


def shown(x: Any) -> str:
    """Return the type and the beginning of the repr of something unexpected."""
    return f"{type(x).__name__}: {x!r}"[:90]


def said(error: BaseException) -> str:
    """Return the name of an exception and the beginning of what it says."""
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}"[:110] if text else type(error).__name__


@cache
def _compiled(program: str) -> tuple[CodeType, CodeType]:
    head, _, tail = program.rpartition(";")
    return compile(head.strip(), program, "exec"), compile(tail.strip(), program, "eval")


def run(program: str, names: Mapping[str, Any]) -> Any:
    """Return the result of a program whose inputs and functions have these names.

    >>> run("u = a * b; u + 1", {"a": 2, "b": 3})
    7
    """
    known = {"np": np, **names}
    head, tail = _compiled(program)
    exec(head, known)
    return eval(tail, known)


@cache
def truth(program: str, inputs: tuple[tuple[str, float], ...]) -> Truth | None:
    """Return value and gradient of a program by replay, None where there is none.

    >>> truth("a * b", (("a", 2.0), ("b", 3.0)))
    Truth(value=6.0, gradient={'a': (3.0, 3.0), 'b': (2.0, 2.0)})
    """
    xs = {name: Value(x) for name, x in inputs}
    y = run(program, OURS | xs)
    if math.isnan(y.data):
        return None
    try:
        found = references(y, list(xs.values()))
    except Kink:
        return None
    terms = [(nearest(g), nearest(size)) for g, size in found]
    return Truth(float(y.data), dict(zip(xs, terms, strict=True)))
