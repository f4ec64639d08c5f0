"""Stacks of blocks: the encoder and the decoder of a transformer, from vectors to vectors."""

from __future__ import annotations

from typing import Any

from nn.attention.blocks import DecoderBlock, EncoderBlock
from nn.attention.masks import Mask
from nn.initialisers import Seed, generator
from nn.inputs import checked_size
from nn.layers.normalisation import LayerNorm
from nn.layers.sequential import number_labels
from nn.module import Module


class TransformerEncoder(Module):
    """Compute norm(block_n(... block_1(x))) of a sequence x [element][size].

    The options are an EncoderBlock's; with post-norm blocks there is no norm at the end, as the
    last block has taken it. Raises ValueError for no layers, and as the blocks do.

    >>> encoder = TransformerEncoder(4, heads=2, layers=2, seed=0)
    >>> len(encoder([[0.0, 1.0, 2.0, 3.0]] * 3))
    3
    """

    def __init__(
        self, size: int, heads: int, layers: int, *, seed: Seed = None, **block: Any
    ) -> None:
        source = generator(seed)
        self.blocks = [
            EncoderBlock(size, heads, seed=source, **block)
            for _ in range(checked_size("layers", layers))
        ]
        self.norm = LayerNorm(size) if self.blocks[0].around_attention.pre_norm else None
        number_labels(self)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"layers": len(self.blocks)} | self.blocks[0].options()

    def __call__(self, x: Any, mask: Mask | None = None) -> list[list[Any]]:
        for block in self.blocks:
            x = block(x, mask)
        return _normed(self.norm, x)

    def weights(self, x: Any, mask: Mask | None = None) -> list[list[list[list[Any]]]]:
        """Return the attention weights [block][head][element][other] of such a call."""
        found = []
        for block in self.blocks:
            found.append(block.weights(x, mask))
            x = block(x, mask)
        return found

    def __repr__(self) -> str:
        return f"TransformerEncoder of {len(self.blocks)} × {self.blocks[0]!r}"


class TransformerDecoder(Module):
    """Compute norm(block_n(... block_1(x, context), context)) of a sequence x [element][size].

    The options are a DecoderBlock's. Raises ValueError for no layers, and as the blocks do.

    >>> decoder = TransformerDecoder(4, heads=2, layers=1, seed=0)
    >>> len(decoder([[0.0, 1.0, 2.0, 3.0]] * 2, context=[[1.0, 1.0, 0.0, 0.0]] * 3))
    2
    """

    def __init__(
        self, size: int, heads: int, layers: int, *, seed: Seed = None, **block: Any
    ) -> None:
        source = generator(seed)
        self.blocks = [
            DecoderBlock(size, heads, seed=source, **block)
            for _ in range(checked_size("layers", layers))
        ]
        self.norm = LayerNorm(size) if self.blocks[0].around_attention.pre_norm else None
        number_labels(self)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"layers": len(self.blocks)} | self.blocks[0].options()

    def __call__(  # type: ignore[override]  # there is no decoder without a context
        self, x: Any, context: Any, mask: Mask | None = None, context_mask: Mask | None = None
    ) -> list[list[Any]]:
        for block in self.blocks:
            x = block(x, context, mask, context_mask)
        return _normed(self.norm, x)

    def cross_weights(
        self, x: Any, context: Any, mask: Mask | None = None, context_mask: Mask | None = None
    ) -> list[list[list[list[Any]]]]:
        """Return the weights [block][head][element][other] with which it looks at the context."""
        found = []
        for block in self.blocks:
            found.append(block.cross_weights(x, context, mask, context_mask))
            x = block(x, context, mask, context_mask)
        return found

    def __repr__(self) -> str:
        return f"TransformerDecoder of {len(self.blocks)} × {self.blocks[0]!r}"


def _normed(norm: LayerNorm | None, x: list[list[Any]]) -> list[list[Any]]:
    return x if norm is None else [norm(step) for step in x]
