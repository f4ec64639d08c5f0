"""The blocks that transformers are stacks of: attention, then a small network for each element."""

from __future__ import annotations

from typing import Any

from nn.activations import Activation
from nn.attention.feed_forward import feed_forward
from nn.attention.masks import Mask, both_masks, causal_mask
from nn.attention.multi_head import MultiHeadAttention
from nn.attention.scaled_dot_product import checked_vectors
from nn.attention.sublayer import Sublayer
from nn.initialisers import Initialiser, Seed, generator
from nn.layers.sequential import number_labels
from nn.module import Module


class EncoderBlock(Module):
    """Compute x + attention(norm(x)), then x + feed_forward(norm(x)), of a sequence.

    With `causal` an element looks at itself and those before it: the block of decoder-only models.
    `hidden` is the width of the feed-forward part, 4 * size unless said. `pre_norm=False` takes the
    norms of the sums instead. Called with x [element][size] and, if some may not be looked at, a
    mask [element][element]; it returns [element][size]. Raises ValueError for heads that do not
    divide the size, and for vectors and masks that do not fit. Sources: Vaswani et al. 2017,
    "Attention Is All You Need", sections 3.1 and 3.3; decoder-only: Radford et al. 2018, "Improving
    Language Understanding by Generative Pre-Training", section 3.1.

    >>> block = EncoderBlock(4, heads=2, causal=True, seed=0)
    >>> [[round(w.data, 2) for w in row] for row in block.weights([[0.0] * 4] * 2)[0]]
    [[1.0, 0.0], [0.5, 0.5]]
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        hidden: int | None = None,
        causal: bool = False,
        activation: Activation = "relu",
        dropout: float = 0.0,
        pre_norm: bool = True,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        source = generator(seed)
        self.attention = MultiHeadAttention(size, heads, init=init, seed=source)
        self.around_attention = Sublayer(size, dropout=dropout, pre_norm=pre_norm, seed=source)
        self.feed_forward = feed_forward(size, hidden, activation, init, source)
        self.around_feed_forward = Sublayer(size, dropout=dropout, pre_norm=pre_norm, seed=source)
        self.causal = causal
        number_labels(self)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return _options(self) | {"causal": self.causal}

    def __call__(self, x: Any, mask: Mask | None = None) -> list[list[Any]]:
        x = checked_vectors(f"{self!r}: x", x, self.attention.size)
        mask = self._mask(x, mask)
        x = self.around_attention.around(x, lambda x: self.attention(x, mask=mask))
        return self.around_feed_forward.around(x, self.feed_forward)

    def weights(self, x: Any, mask: Mask | None = None) -> list[list[list[Any]]]:
        """Return the attention weights [head][element][other] of such a call."""
        x = checked_vectors(f"{self!r}: x", x, self.attention.size)
        return self.attention.weights(self.around_attention.seen(x), mask=self._mask(x, mask))

    def _mask(self, x: list[list[Any]], mask: Mask | None) -> Mask | None:
        return both_masks(causal_mask(len(x)), mask) if self.causal else mask

    def __repr__(self) -> str:
        causal = ", causal=True" if self.causal else ""
        return f"EncoderBlock({self.attention.size}, heads={self.attention.heads}{causal})"


class DecoderBlock(Module):
    """Compute x + attention(norm(x)), x + cross(norm(x), context), x + feed_forward(norm(x)).

    The first attention is causal; the second looks at the context [other][size], what an encoder
    gives. Called with x [element][size], the context, and masks if some may not be looked at:
    mask[element][element], context_mask[element][other]. Options and errors are an EncoderBlock's.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.1.

    >>> block = DecoderBlock(2, heads=1, seed=0)
    >>> y = block([[1.0, 0.0]], context=[[0.5, 0.5], [0.0, 1.0], [1.0, 2.0]])
    >>> len(y), len(y[0])
    (1, 2)
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        hidden: int | None = None,
        activation: Activation = "relu",
        dropout: float = 0.0,
        pre_norm: bool = True,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        source = generator(seed)
        self.attention = MultiHeadAttention(size, heads, init=init, seed=source)
        self.around_attention = Sublayer(size, dropout=dropout, pre_norm=pre_norm, seed=source)
        self.cross = MultiHeadAttention(size, heads, init=init, seed=source)
        self.around_cross = Sublayer(size, dropout=dropout, pre_norm=pre_norm, seed=source)
        self.feed_forward = feed_forward(size, hidden, activation, init, source)
        self.around_feed_forward = Sublayer(size, dropout=dropout, pre_norm=pre_norm, seed=source)
        number_labels(self)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return _options(self)

    def __call__(  # type: ignore[override]  # there is no decoder without a context
        self, x: Any, context: Any, mask: Mask | None = None, context_mask: Mask | None = None
    ) -> list[list[Any]]:
        x, context = self._attended(x, mask), self._context(context)
        x = self.around_cross.around(x, lambda x: self.cross(x, context, context_mask))
        return self.around_feed_forward.around(x, self.feed_forward)

    def cross_weights(
        self, x: Any, context: Any, mask: Mask | None = None, context_mask: Mask | None = None
    ) -> list[list[list[Any]]]:
        """Return the weights [head][element][other] with which such a call looks at the context."""
        x, context = self._attended(x, mask), self._context(context)
        return self.cross.weights(self.around_cross.seen(x), context, context_mask)

    def _context(self, context: Any) -> Any:
        if context is None:  # which MultiHeadAttention takes for x itself
            raise ValueError(f"{self!r}: no context; give [other][size], what an encoder gives")
        return context

    def _attended(self, x: Any, mask: Mask | None) -> list[list[Any]]:
        """Return the sequence after its attention to itself."""
        x = checked_vectors(f"{self!r}: x", x, self.attention.size)
        mask = both_masks(causal_mask(len(x)), mask)
        return self.around_attention.around(x, lambda x: self.attention(x, mask=mask))

    def __repr__(self) -> str:
        return f"DecoderBlock({self.attention.size}, heads={self.attention.heads})"


def _options(block: EncoderBlock | DecoderBlock) -> dict[str, Any]:
    attention, around = block.attention, block.around_attention
    inner: Any = block.feed_forward.module
    return {
        "size": attention.size, "heads": attention.heads, "hidden": len(inner[0].neurons),
        "activation": inner[0].options()["activation"], "dropout": around.dropout.p,
        "pre_norm": around.pre_norm,
    }  # fmt: skip
