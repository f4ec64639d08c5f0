"""The embedding: a table of learned numbers, a row for each thing that can be looked up."""

from __future__ import annotations

import operator
from typing import Any

from autograd import Value, take
from nn.initialisers import Initialiser, Seed, find_initialiser, generator, of_layer
from nn.inputs import Inputs, checked_size, listed
from nn.module import Module


class Embedding(Module):
    """Return the parameters of row `index`: `size` of them for each of `count` things, from 0.

    For a list of indices it returns their rows one after another, as a layer that looks at several
    words takes them. An index may be a whole float, as in a table of data. `init` is a Neuron's;
    "normal" has mean 0 and variance 1. Raises
    ValueError for sizes below 1, IndexError for an index that is not in the table, TypeError for
    what is no whole number. Source: Bengio et al. 2003, "A Neural Probabilistic Language Model",
    section 2.

    >>> table = Embedding(3, 2, init=lambda *_: 0.5)
    >>> table(2)
    [Value(0.5, label='e3,1'), Value(0.5, label='e3,2')]
    >>> len(table([0, 2]))
    4
    """

    rows: list[list[Value]]

    def __init__(
        self,
        count: int,
        size: int,
        *,
        init: str | Initialiser = "normal",
        seed: Seed = None,
    ) -> None:
        count, size = checked_size("count", count), checked_size("size", size)
        source = generator(seed)
        draw = of_layer(find_initialiser(init, "linear"), source, size, count)
        self.rows = [[Value(draw(source, size, count)) for _ in range(size)] for _ in range(count)]
        self.relabel()

    def relabel(self, place: str = "") -> None:
        """Label the parameters e<place>,<row>,<column>, from 1."""
        for i, row in enumerate(self.rows, 1):
            for j, v in enumerate(row, 1):
                v.label = f"e{place},{i},{j}" if place else f"e{i},{j}"

    def __call__(self, x: Inputs) -> list[Value]:
        indices = [self._checked(index) for index in listed(x)]
        return [take(column, i) for i in indices for column in zip(*self.rows, strict=True)]

    def _checked(self, index: Any) -> Any:
        if hasattr(index, "within"):  # of a row that is being recorded
            return index.within(len(self.rows))
        try:
            if isinstance(index, bool):
                raise TypeError
            whole = isinstance(index, float) and index.is_integer()
            i = int(index) if whole else operator.index(index)
        except TypeError:
            raise TypeError(
                f"{self!r}: the index {index!r} is no whole number; no gradient flows into an index"
            ) from None
        if not 0 <= i < len(self.rows):
            raise IndexError(f"{self!r}: the index {index!r} is not in 0 to {len(self.rows) - 1}")
        return i

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"count": len(self.rows), "size": len(self.rows[0])}

    def __repr__(self) -> str:
        return f"Embedding({len(self.rows)}, {len(self.rows[0])})"
