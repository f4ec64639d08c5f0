"""Random numbers of a call: each row draws its own once, whichever program it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from autograd.value import Value, trace_here

Array = np.ndarray[Any, Any]
Generator = Callable[[], float]


class Draws:
    """Hold the numbers drawn in one call: the k-th of a row, by the generator that made it.

    They are drawn row by row, as a loop over the rows would draw them.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.drawn: dict[tuple[int, Generator], tuple[Array, Array]] = {}

    def one(self, row: int, k: int, generator: Generator) -> float:
        """Return the k-th number of a row, drawn if it has not been."""
        numbers, known = self._column(k, generator)
        if not known[row]:
            numbers[row], known[row] = float(generator()), True
        return float(numbers[row])

    def ahead(self, wanted: Iterable[tuple[Sequence[Generator], Array]]) -> None:
        """Draw the numbers of rows that have other generators each, in the order of the rows."""
        each = []
        for generators, rows in wanted:
            columns = [
                (*self._column(k, generator), generator) for k, generator in enumerate(generators)
            ]
            each += [(row, columns) for row in rows.tolist()]
        for row, columns in sorted(each, key=itemgetter(0)):
            for numbers, known, generator in columns:
                if not known[row]:
                    numbers[row], known[row] = float(generator()), True

    def of(self, generators: Sequence[Generator], rows: Array) -> Array:
        """Return the numbers of these rows, (rows, numbers)."""
        columns = [self._column(k, generator) for k, generator in enumerate(generators)]
        wanted = np.stack([~known[rows] for _, known in columns], axis=1)
        for i, k in np.argwhere(wanted).tolist():
            columns[k][0][rows[i]] = float(generators[k]())
        for _, known in columns:
            known[rows] = True
        return np.stack([numbers[rows] for numbers, _ in columns], axis=1)

    def _column(self, k: int, generator: Generator) -> tuple[Array, Array]:
        key = k, generator
        if key not in self.drawn:
            self.drawn[key] = np.zeros(self.count), np.zeros(self.count, bool)
        return self.drawn[key]


class Replay:
    """Run a function on one row as it is, with the numbers that the row has drawn."""

    def __init__(self, draws: Draws, row: int) -> None:
        self.draws, self.row, self.drawn = draws, row, 0

    def draw(self, generator: Generator) -> float:
        """Return the next number of the row."""
        self.drawn += 1
        return self.draws.one(self.row, self.drawn - 1, generator)

    @staticmethod
    def compare(name: str, left: Value, right: Any, truth: bool) -> bool:
        """Return the truth: nothing is recorded."""
        return truth

    @staticmethod
    def detach(v: Value) -> Value:
        """Return a leaf, as `Value.detach` does."""
        return Value(v.data, v.label)


def draw(generator: Generator) -> Any:
    """Return generator(), declared as random: a compiled function draws it anew for every row.

    Write `draw(source.random)` for `source.random()` in a function that is compiled, as dropout
    does; otherwise the number of the recording would be baked in.

    >>> draw(iter([0.25]).__next__)
    0.25
    """
    trace = trace_here()
    return generator() if trace is None else trace.draw(generator)
