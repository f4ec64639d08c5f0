"""The learning-rate range test: train a little with a growing rate; where does the loss fall?"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from autograd.real import plain_number, short
from nn.data.arrays import ArraySeed, random_source, whole
from nn.losses import find_loss
from nn.losses.reduction import Loss
from nn.module import Module, left_as_it_was, same_modes
from nn.optimizers.adam import Adam
from nn.optimizers.optimizer import Optimizer
from nn.training.compiled import Auto
from nn.training.engines import Objective, Penalty
from nn.training.flat import Flat
from nn.training.samples import Samples
from nn.training.source import Source, find_source
from nn.training.trial import check_batches, try_out


@dataclass(frozen=True, repr=False)
class RateSearch:
    """Hold the rates tried, the loss before each step, and the rate of the steepest fall.

    `suggestion` is None if the loss fell nowhere.
    """

    rates: list[float]
    losses: list[float]
    suggestion: float | None

    def __repr__(self) -> str:
        found = f"{self.suggestion:.2g}" if self.suggestion else "none, the loss fell nowhere"
        return (
            f"suggested learning rate: {found} (steepest fall of the loss; "
            f"{len(self.rates)} rates from {self.rates[0]:.2g} to {self.rates[-1]:.2g})"
        )


def find_rate(
    model: Module,
    X: Any,
    y: Any = None,
    loss: str | Loss = "cross_entropy",
    optimizer: Optimizer | None = None,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    seed: ArraySeed = None,
    penalty: Penalty | None = None,
) -> RateSearch:
    """Train along `steps` batches, with rates that grow from lowest to highest, and return losses.

    The i-th rate is lowest * (highest / lowest)**(i / (steps - 1)); other arguments are those of
    `fit`. It ends early when the mean of five losses exceeds four times the first one. Model and
    optimizer are left as they were. The suggestion is the rate at which the loss falls most by the
    logarithm of the rate. Raises ValueError unless 0 < lowest < highest, for less than 10
    steps, and if the loss is not finite from the start. Source: Smith 2017, "Cyclical Learning
    Rates for Training Neural Networks", section 3.3.

    >>> from nn.layers.mlp import MLP
    >>> X = [[i / 10, j / 10] for i in range(-5, 5) for j in range(-5, 5)]
    >>> y = [int(a + b > 0) for a, b in X]
    >>> found = find_rate(MLP(2, [4, 2], activation="tanh", seed=0), X, y, seed=0)
    >>> 1e-3 < found.suggestion < 1
    True
    """
    if not isinstance(model, Module):
        raise TypeError(f"find_rate: {short(model)} is not a Module, as nn.MLP(2, [16, 1]) is")
    samples, function = find_source(X, y), find_loss(loss)
    first, last = (plain_number(rate, "find_rate") for rate in (lowest, highest))
    if not 0 < first < last < float("inf"):
        raise ValueError(
            f"lowest={lowest!r}, highest={highest!r}: give rates, 0 < lowest < highest"
        )
    steps, batch_size = whole("steps", steps, 10), whole("batch_size", batch_size, 1)
    own = _copied(optimizer)
    if not model.parameters():
        raise ValueError("find_rate: the model has no parameters; are all of them frozen?")
    try_out(model, samples, function, ("X", "y"))
    check_batches(model, samples.count, batch_size)
    flat = Flat(model.parameters())
    source = random_source(seed)
    rates: list[float] = []
    losses: list[float] = []
    endless = _without_end(samples, batch_size, source)
    with left_as_it_was(model), same_modes(model), closing(endless) as batches:
        model.train()
        compute = Auto(Objective(model, function, penalty), flat)
        for i, part in zip(range(steps), batches, strict=False):
            height, gradient, _ = compute(flat.numbers, part)
            if not isfinite(height) or not np.isfinite(gradient).all():
                break
            own.lr = first * (last / first) ** (i / (steps - 1))
            rates.append(own.lr)
            losses.append(height)
            if np.mean(losses[-5:]) > losses[0] + 3 * abs(losses[0]):
                break
            own.step_array(flat.numbers, gradient)
    if not losses:
        raise ValueError("find_rate: the loss or its gradient is not finite, before any step")
    return RateSearch(rates, losses, steepest_fall(rates, losses))


def _without_end(
    samples: Source, batch_size: int, source: np.random.RandomState
) -> Generator[Samples, None, None]:
    while True:
        yield from samples.batches(batch_size, source)


def steepest_fall(rates: list[float], losses: list[float]) -> float | None:
    """Return the rate where the loss falls most by log(rate), or None if it falls nowhere.

    The slope at a rate is that of the line of least squares through the fifth of all points around
    it; only rates up to the one with the lowest mean around it are looked at.

    >>> steepest_fall([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0], [9.0, 9.0, 8.0, 4.0, 1.0, 1.0, 7.0])
    8.0
    """
    half = max(len(losses) // 10, 1)
    centers = range(half, len(losses) - half)
    windows = [np.array(losses[i - half : i + half + 1]) for i in centers]
    if not windows:
        return None
    offsets = np.arange(-half, half + 1)
    slopes = [float(offsets @ window) for window in windows]  # the rates' logarithms are even
    lowest = int(np.argmin([window.mean() for window in windows]))
    steepest = int(np.argmin(slopes[: lowest + 1]))
    return rates[centers[steepest]] if slopes[steepest] < 0 else None


def _copied(optimizer: Optimizer | None) -> Optimizer:
    """Return an optimizer of the same kind and options, without parameters and state."""
    if optimizer is None:
        return Adam()
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer={short(optimizer)}: give one, as nn.Adam(lr=0.01)")
    return type(optimizer)(**optimizer.options)
