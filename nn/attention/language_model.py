"""The decoder-only transformer: which token comes next, after each of a sequence."""

from __future__ import annotations

from typing import Any

from nn.attention.stacks import TransformerEncoder
from nn.attention.tokens import TokenEmbedding
from nn.initialisers import Seed, generator
from nn.inputs import listed
from nn.layers.layer import Layer
from nn.layers.sequential import number_labels
from nn.module import Module


class LanguageModel(Module):
    """Compute output(blocks(embedding(tokens))): for each place logits of the token that follows.

    `tokens` is how many there are; a sample is a list of them, whole numbers from 0, and gives
    [place][token]. The blocks are causal, so the logits of a place depend on the tokens up to it;
    what shorter sequences are filled up with at their end changes nothing before it. Positions are
    waves or, with a longest `length`, learned. The other options are an EncoderBlock's. Raises
    IndexError for unknown tokens, ValueError for sequences that are longer than `length`, and as
    the blocks do. Source: Radford et al. 2018, "Improving Language Understanding by Generative
    Pre-Training", section 3.1.

    >>> model = LanguageModel(tokens=10, size=4, heads=2, layers=1, seed=0)
    >>> logits = model([3, 1, 4])
    >>> len(logits), len(logits[0])
    (3, 10)
    """

    def __init__(
        self,
        tokens: int,
        size: int,
        heads: int,
        layers: int,
        *,
        length: int | None = None,
        dropout: float = 0.0,
        seed: Seed = None,
        **block: Any,
    ) -> None:
        source = generator(seed)
        self.embedding = TokenEmbedding(tokens, size, length=length, dropout=dropout, seed=source)
        self.blocks = TransformerEncoder(
            size, heads, layers, causal=True, dropout=dropout, seed=source, **block
        )
        self.output = Layer(size, tokens, activation="linear", seed=source)
        number_labels(self)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        block = self.blocks.options()
        block.pop("causal")
        return block | {"tokens": self.embedding.count, "length": self.embedding.length}

    def __call__(self, x: Any) -> list[list[Any]]:
        return [listed(self.output(step)) for step in self.blocks(self.embedding(x))]

    def weights(self, x: Any) -> list[list[list[list[Any]]]]:
        """Return the attention weights [block][head][place][other] of such a call."""
        return self.blocks.weights(self.embedding(x))

    def __repr__(self) -> str:
        return f"LanguageModel({self.embedding!r}, {self.blocks!r})"
