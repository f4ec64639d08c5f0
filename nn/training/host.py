"""Steps on the host: loss and gradient of a batch, then the optimizer moves the flat numbers.

The eager engine is the plainest of those that make them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value
from autograd.real import short
from nn.data.arrays import Floats
from nn.inputs import numbers_of
from nn.training.engines import Objective, Outputs
from nn.training.finite import NotFiniteError, overflow, what_is_odd
from nn.training.flat import Flat
from nn.training.interrupts import uninterrupted
from nn.training.samples import Samples

if TYPE_CHECKING:
    from nn.training.run import Run


class OnHost:
    """Make steps on the flat array: loss and gradient first, which a subclass computes."""

    told = ""
    leads = True

    def __call__(self, numbers: Floats, samples: Samples) -> tuple[float, Floats, Outputs]:
        """Return the mean loss of a batch, its gradient as an array, and the samples' outputs."""
        raise NotImplementedError

    def step(self, run: Run, samples: Samples) -> None:
        """Make the step of a batch; Ctrl-C comes before it or after it."""
        loss, gradient, outputs = self(run.parameters, samples)
        if odd := what_is_odd(loss, gradient, run.flat.values):
            raise NotFiniteError(odd, computed=True)
        with uninterrupted():
            before = run.parameters.copy()
            run.optimizer.step_array(run.parameters, gradient)
            if not np.isfinite(run.parameters).all():
                run.parameters[:] = before
                raise overflow(run.optimizer)
            run.moved(before, gradient)
            run.stepped(loss, outputs)

    def settle(self, run: Run) -> None:
        """Do nothing: the numbers are at home."""

    def look_again(self) -> None:
        """Do nothing: every batch sees the model as it is."""


class Eager(OnHost):
    """Record the graph of every batch anew, as `model(x)` and `backward()` at the prompt do."""

    told = "eager"

    def __init__(self, objective: Objective, flat: Flat) -> None:
        self.objective, self.flat = objective, flat
        # a graph reaches frozen ones too
        self.leaves = [p for _, p in objective.model.named_parameters()]

    def __call__(self, numbers: Floats, samples: Samples) -> tuple[float, Floats, Outputs]:
        self.flat.write(numbers)
        for p in self.leaves:
            p.grad = None
        total, outputs = self.forward(samples)
        total.backward()
        return float(total.data), self.flat.gradient(), [numbers_of(output) for output in outputs]

    def forward(self, samples: Samples) -> tuple[Value, list[Any]]:
        """Return the loss of a batch and the outputs, with their graph.

        Raises TypeError for a loss that is a plain number.
        """
        total, outputs = self.objective(samples.rows, samples.targets)
        if type(total) is not Value:
            raise TypeError(
                f"fit: the loss is {short(total)}, a plain number that depends on no parameter; "
                "compute it from the model's output with operations on Values"
            )
        return total, outputs
