"""Upsampling: a signal or an image made larger by repeating each number."""

from __future__ import annotations

from typing import Any

from nn.convolutional.sizes import checked_channels
from nn.inputs import checked_size, is_row
from nn.module import Module


class Upsample(Module):
    """Compute y[c][i][j] = x[c][floor(i / f)][floor(j / f)]: every number f times, both ways.

    For signals [channels][length] and images [channels][height][width]. Raises ValueError for a
    factor below 1, lists of unequal lengths, and a sample without channels. Source: Odena,
    Dumoulin and Olah 2016, "Deconvolution and Checkerboard Artifacts" (why it is often better than
    a transposed convolution).

    >>> Upsample(2)([[[1.0, 2.0]]])
    [[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]
    """

    def __init__(self, factor: int = 2) -> None:
        self.factor = checked_size("factor", factor)

    def __call__(self, x: Any) -> list[Any]:
        checked_channels(x, None, self)
        return [self._repeated(channel) for channel in x]

    def _repeated(self, grid: Any) -> Any:
        if not is_row(grid):
            return grid
        return [part for line in grid for part in [self._repeated(line)] * self.factor]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"factor": self.factor}

    def __repr__(self) -> str:
        return f"Upsample({self.factor})"
