"""The surface z = x² + xy + y + 3^(x/3), points of it, and a network that learns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from demos._matrix_network import Matrices, matrices, predict
from demos._progress import Advance, progress
from nn.data.scaling import Standardiser
from nn.layers.mlp import MLP
from nn.optimizers.sgd import SGD
from nn.training.evaluate import evaluate
from nn.training.fit import fit

LEARNING_RATE = 2e-4  # weights this large allow no more: with 1e-3 the loss overflows


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


def learned(model: MLP, points: int, stages: list[int]) -> Learned:
    """Return what `nn.fit` makes of the model: the network after each of the stages."""
    X, z = sampled(points)
    inputs, outputs = Standardiser().fit(X), Standardiser().fit(z)
    X, z = inputs.transform(X), outputs.transform(z)[:, 0]
    start = matrices(model)
    with progress(f"{points:,} points", stages[-1]) as advance:
        kept = _Stages(stages, advance)
        losses = fit(
            model, X, z, "mean_squared_error", SGD(lr=LEARNING_RATE), epochs=stages[-1],
            batch_size=None, shuffle=False, callbacks=[kept], progress=False,
        )["loss"]  # fmt: skip
    losses.append(evaluate(model, X, z, "mean_squared_error")["loss"])
    return Learned(points, start, kept.found, losses, inputs, outputs)


class _Stages:
    """Keep the network after some epochs, and count all of them on a display."""

    def __init__(self, stages: list[int], advance: Advance) -> None:
        self.stages, self.advance = stages, advance
        self.found: dict[int, Matrices] = {}

    def on_epoch_end(self, run: Any) -> None:
        self.advance(f"loss {run.loss:.4f}")
        if run.epoch in self.stages:
            run.write_back()
            self.found[run.epoch] = matrices(run.model)
