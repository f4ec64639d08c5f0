"""Dropout: in training each number is left out by chance, so that none is relied upon alone."""

from __future__ import annotations

from typing import Any

from autograd import draw, where
from nn.initialisers import Seed, own_generator
from nn.inputs import Inputs, mapped
from nn.module import Module


class Dropout(Module):
    """Multiply each number by 0 with probability p, else by 1/(1 - p); in use return it as it is.

    So the expected output is the input, and nothing has to be rescaled later. The generator is its
    own, started by `seed` (None draws one from Python's `random`): Dropouts of one seed leave out
    the same places. Raises ValueError for p outside [0, 1). Source: Srivastava et al. 2014,
    "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", with the scaling in
    training of its section 10.

    >>> dropout = Dropout(0.5, seed=1)
    >>> dropout([1.0, 2.0, 3.0, 4.0])
    [0.0, 4.0, 6.0, 0.0]
    >>> dropout.eval()([1.0, 2.0, 3.0, 4.0])
    [1.0, 2.0, 3.0, 4.0]
    """

    def __init__(self, p: float = 0.5, *, seed: Seed = None) -> None:
        if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0 <= p < 1:
            raise ValueError(
                f"Dropout(p={p!r}): the share of numbers left out is at least 0 and below 1"
            )
        self.p = p
        self.generator = own_generator(seed)

    def __call__(self, x: Inputs) -> Any:
        if not self.training or self.p == 0:
            return x
        scale = 1 / (1 - self.p)
        next_number = self.generator.random
        return mapped(lambda x: x * where(draw(next_number) < self.p, 0.0, scale), x)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"p": float(self.p)}

    def __repr__(self) -> str:
        return f"Dropout({self.p})"
