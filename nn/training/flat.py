"""The numbers of a running fit: one flat float64 array that owns them, and the way to the Values.

While `fit` runs, optimizers and engines see only the array; the Values are written when an engine
computes with them, when a callback asks, and when the fit ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograd import Value
from nn.data.arrays import Floats


class Flat:
    """Own the numbers of leaf Values, in their order, in the array `numbers`.

    Raises TypeError for numbers that float64 would round: fractions, and those of mpmath.

    >>> w = Value(2.0)
    >>> flat = Flat([w])
    >>> flat.numbers[0] = 3.0
    >>> flat.write()
    >>> w.data
    3.0
    """

    def __init__(self, values: Sequence[Value]) -> None:
        for v in values:
            if not isinstance(v.data, (float, int)):
                raise TypeError(
                    f"fit computes with floats, and {v.label or 'a parameter'} is a "
                    f"{type(v.data).__name__}; train exact numbers with optimizer.step()"
                )
        self.values = list(values)
        self.numbers: Floats = np.array([v.data for v in values], dtype=np.float64)

    def write(self, numbers: Floats | None = None, gradient: Floats | None = None) -> None:
        """Write the numbers, its own unless others are given, to the Values, and their gradient."""
        given = self.numbers if numbers is None else numbers
        for v, number in zip(self.values, given.tolist(), strict=True):
            v.data = number
        for v, number in (
            () if gradient is None else zip(self.values, gradient.tolist(), strict=True)
        ):
            v.grad = number

    def read(self) -> None:
        """Take the numbers that the Values have now."""
        self.numbers[:] = [v.data for v in self.values]

    def gradient(self) -> Floats:
        """Return the gradients of the Values as an array, 0 where no backward pass arrived."""
        return np.array([0.0 if v.grad is None else v.grad for v in self.values], dtype=np.float64)
