"""Multi-head attention: several attentions side by side, each in projections of its own."""

from __future__ import annotations

from itertools import chain
from typing import Any

from nn.attention.masks import Mask
from nn.attention.scaled_dot_product import attention_weights, checked_vectors, scaled_dot_product
from nn.initialisers import Initialiser, Seed, generator
from nn.inputs import checked_size, listed
from nn.layers.layer import Layer
from nn.module import Module


class MultiHeadAttention(Module):
    """Compute concat(head_1, ..., head_h) Wo, head_i = attention(Q Wq_i, K Wk_i, V Wv_i).

    Called with a sequence x [element][size], it looks at x itself (self-attention); with a context
    [other][size], at that (cross-attention: queries are of x, keys and values of the context).
    mask[element][other] says what may be looked at. It returns [element][size]. The heads share the
    size evenly: head i has the i-th part of what the layers `query`, `key` and `value` give. Raises
    ValueError for heads that do not divide the size, and for vectors of another size. Source:
    Vaswani et al. 2017, "Attention Is All You Need", section 3.2.2.

    >>> attention = MultiHeadAttention(4, heads=2, seed=0)
    >>> [len(y) for y in attention([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])]
    [4, 4]
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        bias: bool = True,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        if checked_size("size", size) % checked_size("heads", heads):
            raise ValueError(
                f"MultiHeadAttention({size}, heads={heads}): the heads share the {size} numbers "
                f"evenly, so {size} must be a multiple of heads"
            )
        source = generator(seed)
        self.size, self.heads, self.bias = size, heads, bias
        self.query, self.key, self.value, self.output = (
            Layer(size, size, activation="linear", bias=bias, init=init, seed=source)
            for _ in range(4)
        )
        self.relabel()

    def relabel(self, place: str = "") -> None:
        """Label the parameters w<place>,query,<neuron>,<input> and so on, from 1."""
        for name in ("query", "key", "value", "output"):
            getattr(self, name).relabel(f"{place},{name}" if place else name)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"size": self.size, "heads": self.heads, "bias": self.bias}

    def __call__(self, x: Any, context: Any = None, mask: Mask | None = None) -> list[list[Any]]:
        heads = [scaled_dot_product(q, k, v, mask) for q, k, v in self._projected(x, context)]
        side_by_side = [list(chain(*rows)) for rows in zip(*heads, strict=True)]
        return [listed(self.output(row)) for row in side_by_side]

    def weights(
        self, x: Any, context: Any = None, mask: Mask | None = None
    ) -> list[list[list[Any]]]:
        """Return the attention weights [head][element][other] of such a call.

        >>> attention = MultiHeadAttention(2, heads=1, seed=0)
        >>> attention.weights([[1.0, 2.0], [1.0, 2.0]])
        [[[Value(0.5), Value(0.5)], [Value(0.5), Value(0.5)]]]
        """
        return [attention_weights(q, k, mask) for q, k, _ in self._projected(x, context)]

    def _projected(self, x: Any, context: Any) -> list[tuple[Any, Any, Any]]:
        """Return (queries, keys, values) of each head."""
        x = checked_vectors(f"{self!r}: x", x, self.size)
        if context is None:
            context = x
        else:
            context = checked_vectors(f"{self!r}: context", context, self.size)
        queries = [listed(self.query(step)) for step in x]
        keys = [listed(self.key(step)) for step in context]
        values = [listed(self.value(step)) for step in context]
        width = self.size // self.heads
        parts = [slice(i, i + width) for i in range(0, self.size, width)]
        return [
            ([q[part] for q in queries], [k[part] for k in keys], [v[part] for v in values])
            for part in parts
        ]

    def __repr__(self) -> str:
        return f"MultiHeadAttention({self.size}, heads={self.heads})"
