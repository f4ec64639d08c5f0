"""Steps of many models on NumPy, and what a step is given there and on JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nn.data.arrays import Array, Ints
from nn.optimizers.optimizer import Optimizer
from nn.training.many.program import ManyProgram
from nn.training.many.step import Carry, Report, step
from nn.training.samples import Samples


class Batch(NamedTuple):
    """Hold what a step needs: places of samples (rows,) or (models, rows), draws, options."""

    order: Ints
    draws: Array | None
    options: dict[str, Any]


class OnNumPy:
    """Make steps one after another with arrays of NumPy."""

    xp = np

    def __init__(self, program: ManyProgram, samples: Samples, rule: Optimizer) -> None:
        self.program, self.samples, self.rule = program, samples, rule

    def __call__(self, carry: Carry, batches: Sequence[Batch]) -> tuple[Carry, list[Report]]:
        """Return where models are after the batches, and what each step says."""
        reports = []
        for order, draws, options in batches:
            rows = self.program.rows(self.samples, order)
            count = order.shape[-1]
            batch = rows, np.full(count, 1 / count), draws
            carry, report = step(
                np, self.program.value_and_gradient, self.rule, options, carry, *batch
            )
            reports.append(report)
        return carry, reports
