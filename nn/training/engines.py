"""What computes loss and gradient in `fit`: engines by name, each a function that makes a function.

An engine is called once, with what is to be made small and the flat numbers. What it returns is
called for every batch, as loss_and_gradient(numbers, rows, targets), and gives the mean loss, its
gradient as an array like `numbers`, and the outputs, a row a sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd import Value, mean
from autograd.real import short
from autograd.value import detached
from nn.data.arrays import Floats, unknown
from nn.losses.reduction import Loss
from nn.module import Module
from nn.training.flat import Flat

Rows = Sequence[Sequence[float]]
Outputs = list[list[float]]
Penalty = Callable[[list[Value]], Any]
LossAndGradient = Callable[[Floats, Rows, Sequence[Any]], tuple[float, Floats, Outputs]]


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


Engine = Callable[[Objective, Flat], LossAndGradient]


def eager(objective: Objective, flat: Flat) -> LossAndGradient:
    """Record the graph of every batch anew, as `model(x)` and `backward()` at the prompt do."""
    leaves = [p for _, p in objective.model.named_parameters()]  # a graph reaches frozen ones too

    def loss_and_gradient(
        numbers: Floats, rows: Rows, targets: Sequence[Any]
    ) -> tuple[float, Floats, Outputs]:
        flat.write(numbers)
        for p in leaves:
            p.grad = None
        total, outputs = objective(rows, targets)
        if type(total) is not Value:
            raise TypeError(
                f"fit: the loss is {short(total)}, a plain number that depends on no parameter; "
                "compute it from the model's output with operations on Values"
            )
        total.backward()
        return float(total.data), flat.gradient(), [listed(output) for output in outputs]

    return loss_and_gradient


ENGINES: dict[str, Engine] = {"auto": eager, "eager": eager}


def find_engine(engine: str) -> Engine:
    """Return the engine of that name; "auto" is the best there is. Raises ValueError for others.

    >>> find_engine("auto") is find_engine("eager")
    True
    """
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    return ENGINES[engine]


def listed(output: Any) -> list[float]:
    """Return what a model returns for one sample, a Value or a list of them, as floats."""
    if isinstance(output, (list, tuple)):
        return [float(detached(y)) for y in output]
    return [float(detached(output))]
