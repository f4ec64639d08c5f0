"""ADALINE: a linear unit that learns from how far its sum is off, before the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

from autograd import gradients
from nn.classical.perceptron import checked_rows
from nn.data.arrays import whole
from nn.inputs import Inputs
from nn.layers.neuron import Neuron


@dataclass(frozen=True)
class Adaptation:
    """Hold, for each epoch, the mean of (t - s)**2 and how many samples fell on the wrong side.

    Each sample counts as it was before the weights moved for it.
    """

    errors: list[float]
    mistakes: list[int]


class Adaline(Neuron):
    """Compute s = w1*x1 + ... + wn*xn + b, whose sign is the class, with weights that start at 0.

    It learns with `fit`, by the delta rule. Raises ValueError for nin below 1 and lr not above 0.
    Source: Widrow and Hoff 1960, "Adaptive Switching Circuits".

    >>> unit = Adaline(2, lr=0.1)
    >>> corners, either = [[-1, -1], [-1, 1], [1, -1], [1, 1]], [-1, 1, 1, 1]
    >>> unit.fit(corners, either, epochs=5).mistakes
    [2, 0, 0, 0, 0]
    >>> [unit.decide(x) for x in corners] == either
    True
    """

    def __init__(self, nin: int, lr: float = 0.01) -> None:
        super().__init__(nin, activation="linear", init="zeros")
        if not lr > 0:
            raise ValueError(f"Adaline(lr={lr!r}): the learning rate must be above zero")
        self.lr = lr

    def decide(self, x: Inputs) -> int:
        """Return the class: 1 if s > 0, else -1."""
        return 1 if self(x) > 0 else -1

    def fit(self, X: Any, y: Any, epochs: int = 100) -> Adaptation:
        """Go through the samples in order, down the gradient of (t - s)**2 / 2 for each.

        That is the delta rule: w <- w + lr*(t - s)*x and b <- b + lr*(t - s). X is a row for each
        sample, y the targets, -1 or 1. The error is least at the weights of linear regression, in
        whose neighbourhood it stays if lr < 2 / (1 + |x|**2) for every x. Raises ValueError for
        ragged, empty and non-finite data, other targets, epochs below 1, frozen weights, and an
        lr with which the weights grow without end. Source: Widrow and Stearns 1985, "Adaptive
        Signal Processing", chapter 6.

        >>> unit = Adaline(1, lr=0.5)
        >>> [round(e, 4) for e in unit.fit([[1.0]], [1], epochs=3).errors]
        [1.0, 0.0, 0.0]
        """
        samples, epochs = checked_rows(self, X, y, (-1, 1)), whole("epochs", epochs, 1)
        parameters = self.parameters()
        learned = Adaptation([], [])
        for _ in range(epochs):
            squares, mistakes = [], 0
            for xs, target in samples:
                s = self(xs)
                mistakes += (s > 0) is not (target > 0)
                error = (target - s) ** 2
                squares.append(error.data)
                for p, slope in zip(parameters, gradients(error / 2, parameters), strict=True):
                    p.data -= self.lr * slope
            learned.errors.append(sum(squares) / len(squares))
            learned.mistakes.append(mistakes)
            if not isfinite(learned.errors[-1]):
                longest = max(1 + sum(x * x for x in xs) for xs, _ in samples)
                raise ValueError(
                    f"{self!r}: lr={self.lr} is too large, the weights grow without end; below "
                    f"2 / (1 + |x|**2) = {2 / longest:.3g}, x the longest sample, they do not"
                )
        return learned

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"nin": len(self.w), "lr": float(self.lr)}

    def __repr__(self) -> str:
        return f"Adaline({len(self.w)})"
