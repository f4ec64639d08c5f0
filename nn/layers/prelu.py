"""The rectifier that learns how much of the negative side to let through."""

from __future__ import annotations

from typing import Any

from autograd import Value, leaky_relu
from nn.inputs import Inputs, checked, checked_size, like, mapped
from nn.module import Module


class PReLU(Module):
    """Compute x where x > 0, else a * x, with a learnable slope a for each or for all inputs.

    With `count=1` all numbers share one slope; otherwise the input is a list of `count` numbers.
    Called with a number it returns a Value, with a list a list. The activation named "prelu" gives
    each neuron a slope of its own; `activation=PReLU()` is one that all neurons share. Raises
    ValueError for a count below 1. Source: He et al. 2015, "Delving Deep into Rectifiers", equation
    1 and section 2.1, with its start at 0.25.

    >>> PReLU()([2.0, -2.0])
    [Value(2.0), Value(-0.5)]
    """

    slopes: list[Value]

    def __init__(self, count: int = 1, start: float = 0.25) -> None:
        self.slopes = [Value(start) for _ in range(checked_size("count", count))]
        self.relabel()

    def relabel(self, place: str = "") -> None:
        """Label the slopes a<place>,<input>; a single one a<place>."""
        for i, slope in enumerate(self.slopes, 1):
            where = f"{place},{i}" if place else f"{i}"
            slope.label = f"a{place}" if len(self.slopes) == 1 else f"a{where}"

    def __call__(self, x: Inputs) -> Any:
        if len(self.slopes) == 1:
            return mapped(lambda x: leaky_relu(x, self.slopes[0]), x)
        xs = checked(x, len(self.slopes), self)
        return like(x, [leaky_relu(x, a) for x, a in zip(xs, self.slopes, strict=True)])

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"count": len(self.slopes)}

    def __repr__(self) -> str:
        return f"PReLU({len(self.slopes)})" if len(self.slopes) > 1 else "PReLU"
