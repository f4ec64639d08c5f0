"""What is known about a wrong gradient, and when an explanation of it is believed.

An explanation simulates a mistake and predicts the gradient that it gives. It is believed if the
prediction is right in every component and says more about the claim than the explanation itself
takes to say, both counted in bits: a wrong component predicted to 40 bits outweighs the choice
among a thousand operations (10 bits), a factor fitted to it does not.
Source: Rissanen 1978, "Modeling by shortest data description".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np

from autograd.check.diagnosis.factors import Factor, named_factors
from autograd.check.diagnosis.flow import Flow
from autograd.lines import line_of
from autograd.show import formula, naming, number
from autograd.value import Value, nodes

Vector = np.ndarray[Any, np.dtype[np.float64]]
MARGIN = 10.0  # bits by which the claim must outweigh an explanation: odds of a thousand to one


@dataclass(frozen=True)
class Edge:
    """Hold one argument of one operation: x is the i-th input of v, `true` its local derivative.

    `true` comes from differences in high precision, `by_rule` from the table of rules.
    """

    v: Value
    i: int
    x: Value
    true: float
    by_rule: float


@dataclass(frozen=True)
class Block:
    """Hold where the components of one array, or of one run of numbers, lie in the flat list."""

    name: str
    start: int
    stop: int
    shape: tuple[int, ...] | None


@dataclass(frozen=True)
class Guess:
    """Hold a mistake, the gradient that it would give, and the bits that it takes to say.

    `text` may be a function, to be called if the guess is believed; `free` is the number of
    parameters that were fitted to the claim; `place` are the edges that were changed: of several
    names for what is wrong there, one is enough.
    """

    kind: str
    text: str | Callable[[], str]
    prediction: Vector
    bits: float
    free: int = 0
    place: frozenset[int] | None = None


@dataclass(frozen=True)
class Evidence:
    """Hold all that is known about a claimed gradient: components, graph, a second call.

    `shapes` are those of the arrays in x in order, None for a number; with `order` 2 the claims
    and truths are a flat square matrix. `edges` are all between y and xs, in topological order of
    v. `ours` says that the claim is our own gradient, `again` is what the claiming function
    returned when it was called a second time, and `f` is the function of flat floats.
    """

    names: list[str]
    claims: list[float]
    trues: list[float]
    allowed: list[float]
    shapes: list[tuple[int, ...] | None]
    order: int = 1
    xs: list[Value] = field(default_factory=list)
    y: Value | None = None
    edges: list[Edge] = field(default_factory=list)
    ours: bool = False
    again: list[float] | None = None
    f: Callable[[list[float]], float] | None = None

    @cached_property
    def claim(self) -> Vector:
        """Return the claimed components."""
        return np.array(self.claims, dtype=float)

    @cached_property
    def true(self) -> Vector:
        """Return the true components."""
        return np.array(self.trues, dtype=float)

    @cached_property
    def error(self) -> Vector:
        """Return claimed - true."""
        return self.claim - self.true

    @cached_property
    def flow(self) -> Flow | None:
        """Return the graph as arrays, None for a black box, an order of 2 or a pole in it."""
        if self.y is None or self.order != 1 or not all(math.isfinite(e.true) for e in self.edges):
            return None
        return Flow(self.y, self.xs, self.edges)

    @cached_property
    def size(self) -> Vector:
        """Return for every component the size of what the chain rule adds up in it."""
        if self.flow is None:
            return np.abs(self.true)
        sizes: Vector = np.maximum(np.abs(self.true), self.flow.sizes())
        return sizes

    def slack(self, prediction: Vector, blur: float) -> Vector:
        """Return how far a prediction may be off, if claims have a relative error of blur."""
        size = np.maximum(np.maximum(np.abs(self.claim), np.abs(prediction)), self.size)
        tiny = np.finfo(float).tiny
        slack: Vector = np.array(self.allowed, dtype=float) * 4 + blur * size + tiny
        return slack

    def explains(self, guess: Guess, blur: float) -> bool:
        """Say whether the prediction is right and takes fewer bits than it explains."""
        slack = self.slack(guess.prediction, blur)
        if not np.all(np.abs(guess.prediction - self.claim) <= slack):
            return False
        saved = np.maximum(np.log2(np.maximum(np.abs(self.error), slack) / slack), 0)
        paid = guess.bits + guess.free * float(saved.max(initial=0))
        return float(saved.sum()) >= paid + MARGIN

    @cached_property
    def blocks(self) -> list[Block]:
        """Return the arrays in x, and the runs of numbers that have all but the last index."""
        if self.order == 2 or len(self.names) != len(self.claims):
            m = math.isqrt(len(self.claims))
            return [Block("the Hessian", 0, len(self.claims), (m, m))]
        return list(self._blocks())

    def _blocks(self) -> Iterator[Block]:
        start = 0
        for is_number, shapes in groupby(self.shapes, lambda shape: shape is None):
            if is_number:
                run = self.names[start : start + len(list(shapes))]
                for name, names in groupby(run, _without_last_index):
                    stop = start + len(list(names))
                    yield Block(name if stop - start > 1 else self.names[start], start, stop, None)
                    start = stop
                continue
            for shape in shapes:
                stop = start + math.prod(shape or ())
                if stop > start:
                    name = _without_last_index(self.names[start])
                    yield Block(name if shape else self.names[start], start, stop, shape)
                start = stop

    @cached_property
    def factors(self) -> list[Factor]:
        """Return the factors that have a name for this function."""
        return named_factors(self)

    @cached_property
    def _name_of(self) -> Callable[[Any], str]:
        assert self.y is not None
        by_label = naming(nodes(self.y))
        components = dict(zip(self.xs, self.names, strict=False))
        return lambda x: components.get(x) or by_label(x) if type(x) is Value else number(x)

    def name(self, v: Value) -> str:
        """Return the name of a value: a component of x, its label, or v1, v2 as in a table."""
        return self._name_of(v)

    def operations(self, *vs: Value) -> str:
        """Return operations with their operands, names and source lines: `tanh(v2)` (v3 at m.py:7).

        The names are those of `autograd.show.table`, but for the components of x.
        """
        shown = [f"`{formula(v, self._name_of)}`" for v in vs]
        lines = dict.fromkeys(str(line) for line in map(line_of, vs) if line)
        names = ", ".join(map(self._name_of, vs))
        return f"{listed(shown)} ({names}{f' at {listed(list(lines))}' if lines else ''})"


def _without_last_index(name: str) -> str:
    return name.rpartition("[")[0] or name


def listed(parts: list[str]) -> str:
    """Return "a", "a and b", or "a, b and c".

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def shown(x: float) -> str:
    """Return a number for a sentence: six digits are enough to find it by."""
    return f"{x:.6g}"
