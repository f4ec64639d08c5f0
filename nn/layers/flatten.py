"""From images and sequences to one list of numbers, as a layer of neurons takes it."""

from __future__ import annotations

from typing import Any

from nn.inputs import Inputs, flattened
from nn.module import Module


class Flatten(Module):
    """Return all numbers of lists in lists as one list, the last index running fastest.

    >>> Flatten()([[[1.0, 2.0], [3.0, 4.0]]])
    [1.0, 2.0, 3.0, 4.0]
    """

    def __call__(self, x: Inputs) -> list[Any]:
        return flattened(x)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {}

    def __repr__(self) -> str:
        return "Flatten()"
