"""What the batches of an epoch have given so far, and the row of the history that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import Any

import numpy as np

from nn.data.arrays import Array
from nn.metrics.names import MEANS, Metric
from nn.training.interrupts import uninterrupted
from nn.training.samples import Samples


class Tally:
    """Add up losses and metrics of batches.

    Metrics are of all outputs together, which are kept till then. Where memory does not hold the
    samples, one that is a mean over them is taken of every batch, and no output is kept for it.
    """

    def __init__(self, metrics: Mapping[str, Metric], in_memory: bool = True) -> None:
        self.metrics = metrics
        self.means: dict[str, list[float]] = {  # of the batches
            name: [] for name, metric in metrics.items()
            if not in_memory and any(getattr(metric, "func", metric) is mean for mean in MEANS)
        }  # fmt: skip
        self.losses: list[float] = []
        self.sizes: list[int] = []
        self.outputs: list[Array] = []
        self.targets: list[Array] = []

    def add(self, loss: float, outputs: Any, samples: Samples) -> None:
        """Note the mean loss of a batch, and what the model gave for it."""
        self.add_each([loss], outputs, samples, [len(samples)])

    def add_each(
        self, losses: Sequence[float], outputs: Any, samples: Samples, sizes: Sequence[int] = ()
    ) -> None:
        """Note losses, each of so many samples (of one), and what the model gave for all."""
        self.losses += losses
        self.sizes += sizes or [1] * len(losses)
        if self.metrics:
            self.outputs.append(np.array(outputs))
            self.targets.append(np.array(samples.targets))

    def settle(self) -> None:
        """Take the means of batches that were added, and keep no more outputs than must be."""
        metrics = {name: self.metrics[name] for name in self.means}
        done = min(map(len, self.means.values()), default=len(self.sizes))
        for late in range(len(self.sizes) - done, 0, -1):
            found = measured(metrics, [self.outputs[-late]], [self.targets[-late]])
            with uninterrupted():
                for name, number in found.items():
                    self.means[name].append(number)
        if len(self.means) == len(self.metrics):
            self.outputs, self.targets = [], []

    def row(self) -> dict[str, float]:
        """Return {"loss": mean over the samples, metric: ...}."""
        self.settle()
        row = {"loss": mean_of(self.losses, self.sizes)}
        others = {k: metric for k, metric in self.metrics.items() if k not in self.means}
        found = measured(others, self.outputs, self.targets)
        found |= {name: mean_of(numbers, self.sizes) for name, numbers in self.means.items()}
        return row | {name: found[name] for name in self.metrics}

    def state_dict(self) -> dict[str, Any]:
        """Return all of it as JSON can keep it."""
        return {
            "losses": self.losses, "sizes": self.sizes, "means": self.means,
            "outputs": [outputs.tolist() for outputs in self.outputs],
            "targets": [targets.tolist() for targets in self.targets],
        }  # fmt: skip

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self.losses, self.sizes = list(saved["losses"]), list(saved["sizes"])
        self.means = {name: list(numbers) for name, numbers in saved["means"].items()}
        self.outputs = [np.array(outputs) for outputs in saved["outputs"]]
        self.targets = [np.array(targets) for targets in saved["targets"]]


def measured(
    metrics: Mapping[str, Metric], outputs: Sequence[Array], targets: Sequence[Array]
) -> dict[str, float]:
    """Return every metric of the outputs of batches."""
    if not metrics:
        return {}
    ys, ts = np.concatenate(outputs), np.concatenate(targets)
    return {name: float(metric(ys, ts)) for name, metric in metrics.items()}


def mean_of(losses: Sequence[float], counts: Sequence[int]) -> float:
    """Return the mean of losses, each of so many samples: the exact sum, rounded once if finite.

    >>> mean_of([1.0, 4.0], [2, 1])
    2.0
    """
    terms = [loss * count for loss, count in zip(losses, counts, strict=True)]
    try:
        return fsum(terms) / sum(counts)
    except (OverflowError, ValueError):  # what fsum has no answer to: inf - inf, and sums beyond
        return sum(terms) / sum(counts)
