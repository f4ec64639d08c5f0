"""What computes loss and gradient in `fit`: engines by name, each a class that is called.

An engine is made once, with what is to be made small and the flat numbers. It is called for every
batch, as engine(numbers, samples), and gives the mean loss, its gradient as an array like
`numbers`, and the outputs of each sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from autograd import Value, mean
from autograd.real import short
from nn.data.arrays import Floats, unknown
from nn.inputs import numbers_of
from nn.losses.reduction import Loss
from nn.module import Module
from nn.training.flat import Flat
from nn.training.samples import Samples

Rows = Sequence[Any]  # of numbers, or of lists in lists
Outputs = list[Any]  # of a sample each: numbers in a list, or in lists in lists
Penalty = Callable[[list[Value]], Any]


@dataclass(frozen=True)
class Objective:
    """Compute what a fit makes small: the mean of the samples' losses, and the penalty if any."""

    model: Module
    loss: Loss
    penalty: Penalty | None = None

    def __call__(self, rows: Rows, targets: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Return it for a batch, with the model's outputs."""
        outputs = self.model.batch(rows)
        total = mean([self.loss(y, t) for y, t in zip(outputs, targets, strict=True)])
        if self.penalty is not None:
            total = total + self.penalty(self.model.parameters())
        return total, outputs


class LossAndGradient(Protocol):
    """Be what computes loss and gradient of every batch of a fit."""

    told: str  # its name, and why it is this one if another was wanted

    def __call__(self, numbers: Floats, samples: Samples) -> tuple[float, Floats, Outputs]:
        """Return loss, gradient and outputs of a batch."""

    def look_again(self) -> None:
        """Notice what callbacks may have changed in the model besides its numbers."""


class Eager:
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

    def look_again(self) -> None:
        """Do nothing: every batch sees the model as it is."""


Engine = Callable[[Objective, Flat], LossAndGradient]


def find_engine(engine: str) -> Engine:
    """Return the engine of that name. Raises ValueError for others.

    "compiled" runs programs, "eager" graphs, and "auto" programs where it can.

    >>> find_engine("eager") is Eager
    True
    """
    from nn.training.compiled import Auto, Compiled

    engines: dict[str, Engine] = {"auto": Auto, "compiled": Compiled, "eager": Eager}
    if engine not in engines:
        raise unknown("engine", engine, engines)
    return engines[engine]
