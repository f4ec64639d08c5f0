"""Positions: what is added to the vectors of a sequence, for attention does not see their order."""

from __future__ import annotations

from math import cos, sin
from typing import Any

from nn.attention.scaled_dot_product import checked_vectors
from nn.initialisers import Initialiser, Seed
from nn.inputs import checked_size
from nn.layers.embedding import Embedding
from nn.module import Module


class PositionalEncoding(Module):
    """Add waves to each element: sin(t / 10000^(i/size)) for even i, cos(t / 10000^((i-1)/size)).

    t is the element's place, i that of the number in its vector, both from 0. There are no
    parameters and no longest sequence. Raises ValueError for vectors of another size. Source:
    Vaswani et al. 2017, "Attention Is All You Need", section 3.5.

    >>> PositionalEncoding(2)([[0.0, 0.0], [0.0, 0.0]]) == [[0.0, 1.0], [sin(1.0), cos(1.0)]]
    True
    """

    def __init__(self, size: int) -> None:
        self.size = checked_size("size", size)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"size": self.size}

    def encoding(self, t: int) -> list[float]:
        """Return what is added to the element at place t."""
        size = self.size
        return [
            cos(t / 10000 ** ((i - 1) / size)) if i % 2 else sin(t / 10000 ** (i / size))
            for i in range(size)
        ]

    def __call__(self, x: Any) -> list[list[Any]]:
        x = checked_vectors(f"{self!r}: x", x, self.size)
        return [_sum(step, self.encoding(t)) for t, step in enumerate(x)]

    def __repr__(self) -> str:
        return f"PositionalEncoding({self.size})"


class LearnedPositions(Module):
    """Add a learned vector to each element, one for each of `length` places: an Embedding of them.

    Raises ValueError for a sequence longer than that, and for vectors of another size. Source:
    Gehring et al. 2017, "Convolutional Sequence to Sequence Learning", section 3.1.

    >>> LearnedPositions(3, 2, init=lambda *_: 0.5)([[1.0, 2.0]])
    [[Value(1.5), Value(2.5)]]
    """

    def __init__(
        self, length: int, size: int, *, init: str | Initialiser = "normal", seed: Seed = None
    ) -> None:
        self.length, self.size = checked_size("length", length), checked_size("size", size)
        self.table = Embedding(length, size, init=init, seed=seed)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"length": self.length, "size": self.size}

    def __call__(self, x: Any) -> list[list[Any]]:
        x = checked_vectors(f"{self!r}: x", x, self.size)
        if len(x) > self.length:
            raise ValueError(
                f"{self!r}: a sequence of {len(x)} elements, but only {self.length} places were "
                "learned; give a part of it, or use PositionalEncoding, which has no longest one"
            )
        return [_sum(step, self.table(t)) for t, step in enumerate(x)]

    def __repr__(self) -> str:
        return f"LearnedPositions({self.length}, {self.size})"


def _sum(x: list[Any], y: list[Any]) -> list[Any]:
    return [a + b for a, b in zip(x, y, strict=True)]
