"""The surface z = x² + xy + y + 3^(x/3), points of it, and a network of matrices that learns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from demos._matrix_network import Matrices, descend, loss_and_gradients, predict
from demos._progress import progress
from nn.data.scaling import Standardiser

LEARNING_RATE = 2e-4  # weights this large allow no more: with 1e-3 the loss overflows
BLOCK = 100  # points that the matrices take together


@dataclass(frozen=True)
class Learned:
    """Hold the network before and after, its losses by epoch, and how numbers were scaled."""

    points: int
    start: Matrices
    stages: dict[int, Matrices]  # by epoch
    losses: list[float]
    inputs: Standardiser
    outputs: Standardiser

    @property
    def layers(self) -> Matrices:
        """Return the network after the last epoch."""
        return self.stages[len(self.losses) - 1]

    def z(self, points: Any, epoch: int) -> Any:
        """Return what the network says after that epoch, in the surface's own units."""
        scaled = predict(self.stages[epoch], self.inputs.transform(points))
        return self.outputs.inverse_transform(scaled)[:, 0]


def surface(points: Any) -> Any:
    """Return z = x² + xy + y + 3^(x/3) for rows (x, y)."""
    x, y = points[:, 0], points[:, 1]
    return x**2 + x * y + y + 3 ** (x / 3)


def sampled(count: int) -> tuple[Any, Any]:
    """Return so many random points of [-10, 10]², and a column of their z."""
    points = np.random.RandomState(0).uniform(-10, 10, size=(count, 2))
    return points, surface(points)[:, None]


def learned(start: Matrices, points: int, stages: list[int]) -> Learned:
    """Return the network that the matrices make of the start, kept after each of the stages."""
    X, z = sampled(points)
    inputs, outputs = Standardiser().fit(X), Standardiser().fit(z)
    X, z = inputs.transform(X), outputs.transform(z)
    X, z = (rows.reshape(-1, BLOCK, rows.shape[1]) for rows in (X, z))
    losses: list[float] = []
    layers, kept = copied(start), {}
    with progress(f"{points:,} points, by matrices", stages[-1]) as advance:
        for last in stages:
            losses += descend(layers, X, z, LEARNING_RATE, last - len(losses),
                              lambda loss: advance(f"loss {loss:.4f}"))  # fmt: skip
            kept[last] = copied(layers)
    losses.append(loss_and_gradients(layers, X, z)[0])
    return Learned(points, start, kept, losses, inputs, outputs)


def copied(layers: Matrices) -> Matrices:
    """Return a copy."""
    return [(W.copy(), b.copy()) for W, b in layers]
