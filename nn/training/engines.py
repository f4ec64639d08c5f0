"""What makes the steps of `fit`: engines by name, each made once, with objective and numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from autograd import Value, mean
from autograd.real import short
from nn.data.arrays import unknown
from nn.losses.reduction import Loss
from nn.module import Module
from nn.training.flat import Flat
from nn.training.samples import Samples

if TYPE_CHECKING:
    from nn.training.run import Run

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


class Engine(Protocol):
    """Be what makes the steps of a fit."""

    told: str  # its name, and why it is this one if another was wanted
    leads: bool  # whether this process is the one that writes files and shows how far it is

    def step(self, run: Run, samples: Samples) -> None:
        """Make the step of a batch and tell the run by `run.stepped`.

        Raises NotFiniteError, with the run as it was, if the loss, its gradient or what the step
        leads to is not finite.
        """

    def settle(self, run: Run) -> None:
        """Bring the numbers home: parameters, gradient and the optimizer's state."""

    def look_again(self) -> None:
        """Notice what callbacks may have changed in the model besides its numbers."""


Maker = Callable[[Objective, Flat], Engine]


def find_engine(
    engine: str, devices: Any = None, shard: str | None = None, dtype: str = "float64"
) -> Maker:
    """Return what makes the engine of that name. Raises ValueError for others.

    "compiled" runs programs, "eager" graphs, and "auto" programs where it can; "jax" runs them on
    `devices`, which with `shard` and `dtype` are for it alone.

    >>> find_engine("eager").__name__
    'Eager'
    """
    from nn.training.compiled import Auto, Compiled
    from nn.training.host import Eager
    from nn.training.on_jax.engine import OnDevices

    engines: dict[str, Maker] = {"auto": Auto, "compiled": Compiled, "eager": Eager}
    if engine == "jax":
        return partial(OnDevices, devices=devices, shard=shard, dtype=dtype)
    if engine not in engines:
        raise unknown("engine", engine, [*engines, "jax"])
    for name, given, usual in (
        ("devices", devices, None), ("shard", shard, None), ("dtype", dtype, "float64")
    ):  # fmt: skip
        if given != usual:
            raise ValueError(
                f"{name}={short(given)}: engine={engine!r} computes in float64 on this machine's "
                "CPU; for other devices give engine='jax'"
            )
    return engines[engine]
