"""How good many models are on validation samples: losses and metrics by one program, in use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from nn.data.arrays import Floats, Ints
from nn.losses.reduction import Loss
from nn.metrics.names import Metric
from nn.module import Module
from nn.training.engines import Objective
from nn.training.many.program import ManyProgram
from nn.training.many.recording import modes_kept
from nn.training.samples import Samples
from nn.training.tally import mean_of, measured


class Validation:
    """Judge models by the samples at `held`, (samples,) for all or (models, samples)."""

    def __init__(
        self, models: Sequence[Module], loss: Loss, metrics: dict[str, Metric], samples: Samples,
        held: Ints,
    ) -> None:  # fmt: skip
        self.models, self.loss, self.metrics = models, loss, metrics
        self.samples, self.held = samples, held

    @cached_property
    def program(self) -> ManyProgram:
        """Return the program of losses and outputs."""
        objectives = [Objective(model, self.loss) for model in self.models]
        apart = self.held.ndim > 1
        some = self.samples.take(self.held[0] if apart else self.held)
        return ManyProgram(objectives, some, apart, "numpy")

    def __call__(self, numbers: Floats) -> list[dict[str, float]]:
        """Return {"val_loss": ..., ...} of each model, with these parameters."""
        with modes_kept(self.models), np.errstate(all="ignore"):
            for model in self.models:
                model.eval()
            losses, outputs = self.program.of_samples(numbers, self.samples, self.held)
        targets = np.broadcast_to(
            self.samples.y[self.held], (*losses.shape, *self.samples.y.shape[1:])
        )
        return [self._row(*each) for each in zip(losses, outputs, targets, strict=True)]

    def _row(self, losses: Floats, outputs: Floats, targets: Floats) -> dict[str, float]:
        loss = mean_of(losses.tolist(), [1] * len(losses))
        found = {"loss": loss, **measured(self.metrics, [outputs], [targets])}
        return {f"val_{name}": number for name, number in found.items()}
