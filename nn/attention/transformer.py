"""The encoder-decoder transformer: from one sequence of tokens to another."""

from __future__ import annotations

from typing import Any

from nn.attention.masks import Mask, padding_mask
from nn.attention.stacks import TransformerDecoder, TransformerEncoder
from nn.attention.tokens import TokenEmbedding
from nn.initialisers import Seed, generator
from nn.inputs import checked_size, is_row, listed
from nn.layers.layer import Layer
from nn.layers.sequential import number_labels
from nn.module import Module


class Transformer(Module):
    """Compute output(decoder(embedding(target), encoder(embedding(source)))).

    A sample is [source, target], two lists of tokens, whole numbers from 0 to `tokens` - 1, of one
    table; it gives logits [place][token] of the token that follows each place of the target, from
    all of the source and the target up to that place. While it learns, the target is the right one
    behind a token that starts it (teacher forcing). Shorter sequences are filled up at their end;
    what equals `padding` in the source is not looked at then, but for its first token. `layers` is
    how many blocks encoder and decoder have each; the other options are an EncoderBlock's. Raises
    IndexError for unknown tokens, ValueError for a padding that is no token, for anything but two
    sequences and for those longer than `length`, and as the blocks do. Source: Vaswani et al. 2017,
    "Attention Is All You Need", section 3.

    >>> model = Transformer(tokens=5, size=4, heads=2, layers=1, seed=0)
    >>> logits = model([[1, 2, 3], [0, 3, 2]])
    >>> len(logits), len(logits[0])
    (3, 5)
    """

    def __init__(
        self,
        tokens: int,
        size: int,
        heads: int,
        layers: int,
        *,
        length: int | None = None,
        padding: int | None = None,
        dropout: float = 0.0,
        seed: Seed = None,
        **block: Any,
    ) -> None:
        source = generator(seed)
        if padding is not None and padding not in range(checked_size("tokens", tokens)):
            raise ValueError(
                f"padding={padding!r}: the token that fills up is one of 0 to {tokens - 1}"
            )
        self.embedding = TokenEmbedding(tokens, size, length=length, dropout=dropout, seed=source)
        block["dropout"] = dropout
        self.encoder = TransformerEncoder(size, heads, layers, seed=source, **block)
        self.decoder = TransformerDecoder(size, heads, layers, seed=source, **block)
        self.output = Layer(size, tokens, activation="linear", seed=source)
        self.padding = None if padding is None else int(padding)
        number_labels(self)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return self.decoder.options() | {"tokens": self.embedding.count,
                "length": self.embedding.length, "padding": self.padding}  # fmt: skip

    def __call__(self, x: Any) -> list[list[Any]]:
        source, target = self._pair(x)
        return self.decode(target, source, self.encode(source))

    def encode(self, source: Any) -> list[list[Any]]:
        """Return what the encoder makes of a source: a vector for each token."""
        return self.encoder(self.embedding(source), self._mask(source, len(source)))

    def decode(self, target: Any, source: Any, context: Any) -> list[list[Any]]:
        """Return the logits [place][token] that follow a target, given source and `encode(source)`.

        So a source is encoded once, while its target grows.
        """
        mask = self._mask(source, len(target))
        y = self.decoder(self.embedding(target), context, context_mask=mask)
        return [listed(self.output(step)) for step in y]

    def cross_weights(self, x: Any) -> list[list[list[list[Any]]]]:
        """Return the weights [block][head][place of target][place of source] of such a call."""
        source, target = self._pair(x)
        return self.decoder.cross_weights(
            self.embedding(target), self.encode(source),
            context_mask=self._mask(source, len(target)),
        )  # fmt: skip

    def _mask(self, source: Any, queries: int) -> Mask | None:
        return None if self.padding is None else padding_mask(source, self.padding, queries)

    def _pair(self, x: Any) -> tuple[Any, Any]:
        parts = list(x) if is_row(x) else [x]
        if len(parts) != 2 or not all(map(is_row, parts)):
            raise ValueError(
                f"Transformer: a sample is [source, target], two lists of tokens; given was {x!r}"
            )
        return parts[0], parts[1]

    def __repr__(self) -> str:
        return f"Transformer({self.embedding!r}, {self.encoder!r}, {self.decoder!r})"
