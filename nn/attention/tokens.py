"""From tokens to vectors: an embedding of each, and of its place."""

from __future__ import annotations

from random import Random
from typing import Any

from nn.attention.positions import LearnedPositions, PositionalEncoding
from nn.initialisers import Seed, generator
from nn.inputs import is_row
from nn.layers.dropout import Dropout
from nn.layers.each import Each
from nn.layers.embedding import Embedding
from nn.layers.sequential import number_labels
from nn.module import Module


class TokenEmbedding(Module):
    """Compute table[token] + position for each of a sequence's tokens, whole numbers from 0.

    Positions are waves (PositionalEncoding) or, with a longest `length`, learned. Raises IndexError
    for a token that is not in the table, ValueError for a sequence that is empty or longer than
    `length`, and for many sequences. Source: Vaswani et al. 2017, "Attention Is All You Need",
    sections 3.4 and 3.5 (the table starts with variance 1 instead of being scaled by sqrt(size)).

    >>> [len(step) for step in TokenEmbedding(10, 4, seed=0)([7, 2, 2])]
    [4, 4, 4]
    """

    positions: PositionalEncoding | LearnedPositions

    def __init__(
        self,
        count: int,
        size: int,
        *,
        length: int | None = None,
        dropout: float = 0.0,
        seed: Seed = None,
    ) -> None:
        source = generator(seed)
        self.table = Each(Embedding(count, size, seed=source))
        self.positions = (
            PositionalEncoding(size)
            if length is None
            else LearnedPositions(length, size, seed=source)
        )
        self.dropout = Dropout(dropout, seed=Random(source.uniform(0, 1)))
        self.count, self.size, self.length = count, size, length
        number_labels(self)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"count": self.count, "size": self.size, "length": self.length,
                "dropout": self.dropout.p}  # fmt: skip

    def __call__(self, x: Any) -> Any:
        tokens = list(x) if is_row(x) else [x]
        if not tokens:
            raise ValueError(f"{self!r}: an empty sequence; give one token or more")
        if is_row(tokens[0]):
            raise ValueError(
                f"{self!r}: token 0 is a list; a sequence is one sample, a list of tokens, and for "
                "many samples there are batch(rows) and predict(X)"
            )
        return self.dropout(self.positions(self.table(tokens)))

    def __repr__(self) -> str:
        length = "" if self.length is None else f", length={self.length}"
        return f"TokenEmbedding({self.count}, {self.size}{length})"
