"""What surrounds each part of a transformer's block: a skip, a layer norm and dropout."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from nn.initialisers import Seed, generator
from nn.layers.dropout import Dropout
from nn.layers.normalisation import LayerNorm
from nn.layers.residual import Residual
from nn.module import Module

Vectors = list[list[Any]]


class Sublayer(Module):
    """Compute x + dropout(part(norm(x))) of a sequence, or norm(x + dropout(part(x))).

    The first is called pre-norm, the second post-norm. The norm is taken of each element. Sources:
    Vaswani et al. 2017, "Attention Is All You Need", sections 3.1 and 5.4; for pre-norm Xiong et
    al. 2020, "On Layer Normalization in the Transformer Architecture", table 1.

    >>> sublayer = Sublayer(2)
    >>> sublayer.around([[1.0, 3.0]], lambda x: [[0.0, 5.0] for step in x])
    [[1.0, 8.0]]
    """

    def __init__(
        self, size: int, *, dropout: float = 0.0, pre_norm: bool = True, seed: Seed = None
    ) -> None:
        self.norm = LayerNorm(size)
        self.dropout = Dropout(dropout, seed=Random(generator(seed).uniform(0, 1)))
        self.pre_norm = pre_norm

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"size": len(self.norm.gamma), "dropout": self.dropout.p, "pre_norm": self.pre_norm}

    def around(self, x: Vectors, part: Callable[[Any], Any]) -> Vectors:
        """Return the sequence after the part, which takes a sequence and gives one."""
        total: Vectors = Residual(lambda x: self.dropout(part(self.seen(x))))(x)
        return total if self.pre_norm else self.normed(total)

    def seen(self, x: Vectors) -> Vectors:
        """Return what the part is called with: with pre-norm the norm of x, else x."""
        return self.normed(x) if self.pre_norm else x

    def normed(self, x: Vectors) -> Vectors:
        """Return the norm of each element."""
        return [self.norm(step) for step in x]

    def __repr__(self) -> str:
        return f"Sublayer({len(self.norm.gamma)}{'' if self.pre_norm else ', pre_norm=False'})"
