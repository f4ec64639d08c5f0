"""The state of a running fit: all that callbacks may look at and that a checkpoint keeps."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, nan
from typing import Any

import numpy as np

from nn.data.arrays import Floats, set_state, state_of
from nn.metrics.names import Metric
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.schedule import Schedule
from nn.training.callbacks import shows_progress
from nn.training.checkpoint import Checkpoint
from nn.training.engines import Engine, Objective, Outputs
from nn.training.flat import Flat
from nn.training.history import History
from nn.training.samples import Samples
from nn.training.source import Source
from nn.training.tally import Tally


@dataclass(eq=False, repr=False)
class Run:
    """Hold the state of a fit; callbacks are given it.

    While it runs, the numbers of the parameters are in `parameters`, a flat array;
    `write_back()` gives them to the model, with the gradient of the last batch. `epoch` and `batch`
    count from 1 while callbacks are called, `loss` is that of the last batch, `error` what ended
    the fit, if anything did.
    """

    objective: Objective
    engine: Engine
    rule: Optimizer  # whose state may be on devices: ask for `optimizer` to look at it
    schedule: Schedule | None
    flat: Flat
    samples: Source
    validation: Source | None
    metrics: dict[str, Metric]
    callbacks: list[Any]
    history: History
    epochs: int
    batch_size: int
    shuffle: bool
    source: np.random.RandomState
    settings: dict[str, Any]
    held_out: list[int]

    finished: int = 0  # whole epochs
    batch: int = 0  # whole batches of the present epoch
    order: dict[str, Any] | None = None  # what the source was like before it drew that of an epoch
    stopped: str = ""
    loss: float = nan
    error: BaseException | None = None
    _gradient: Floats | None = None
    _last_finite: Floats | None = None

    def __post_init__(self) -> None:
        self.model = self.objective.model
        self.tally = self.new_tally()
        self.part: Samples | None = None  # the batch of the present step, or of the last
        # a walk over all of a model takes longer than a step
        self.generators = list(self.model.generators().values())
        self.counts = any(module.buffers for _, module in self.model.named_modules())

    @property
    def batches(self) -> int | None:
        """Return how many batches an epoch has, None if it is not known yet."""
        count = self.samples.count
        return None if count is None else ceil(count / self.batch_size)

    def of_batches(self, number: int) -> str:
        """Return a number of batches as a message tells it, "2 of 3"."""
        return f"{number}" if self.batches is None else f"{number} of {self.batches}"

    def batches_left(self) -> Generator[Samples, None, None]:
        """Return the batches that are left of the present epoch, which may be a new one."""
        source = self.source
        if self.order is None:
            self.order = state_of(source)
        else:
            source = np.random.RandomState(0)
            set_state(source, self.order)
        return self.samples.batches(self.batch_size, source if self.shuffle else None, self.batch)

    def new_tally(self) -> Tally:
        """Return what adds up an epoch, with nothing in it."""
        return Tally(self.metrics, self.samples.in_memory)

    @property
    def losses(self) -> list[float]:
        """Return the losses of the batches of the present epoch."""
        return self.tally.losses

    @property
    def parameters(self) -> Floats:
        """Return the numbers of the parameters: the array that the optimizer changes."""
        self.engine.settle(self)
        return self.flat.numbers

    @property
    def optimizer(self) -> Optimizer:
        """Return the optimizer, with the state of the last step."""
        self.engine.settle(self)
        return self.rule

    @property
    def gradient(self) -> Floats | None:
        """Return the gradient of the last batch, None before the first step."""
        self.engine.settle(self)
        return self._gradient

    @property
    def last_finite(self) -> Floats | None:
        """Return the parameters that `loss` was computed with."""
        self.engine.settle(self)
        return self._last_finite

    def moved(self, last_finite: Floats, gradient: Floats) -> None:
        """Note what the last step was made from: a gradient, and the parameters before."""
        self._last_finite, self._gradient = last_finite, gradient

    def stepped(self, loss: float, outputs: Outputs) -> None:
        """Note that a step was made."""
        self.loss = loss
        assert self.part is not None
        self.tally.add(loss, outputs, self.part)
        self.batch += 1
        if self.schedule and self.schedule.per == "batch":
            self.schedule.step(loss)

    def let_gradients_go(self) -> None:
        """Forget the gradient, and those of the model."""
        self.engine.settle(self)
        self._gradient = None
        for _, p in self.model.named_parameters():
            p.grad = None

    @property
    def epoch(self) -> int:
        """Return the number of the present epoch, from 1; of the last one at the end."""
        return min(self.finished + 1, self.epochs)

    @property
    def over(self) -> bool:
        """Say whether no epoch is left."""
        return bool(self.stopped) or self.finished >= self.epochs

    def stop(self, why: str = "a callback stopped it") -> None:
        """End the fit after this epoch; `why` will be `history.stopped`."""
        self.stopped = why

    def write_back(self) -> None:
        """Give the model's Values the numbers that the parameters have now, and the gradient."""
        self.engine.settle(self)
        self.flat.write(gradient=self.gradient)

    def snapshot(self) -> dict[str, Any]:
        """Return the model's numbers, buffers included, for `restore`."""
        self.write_back()
        return self.model.state_dict()

    def restore(self, numbers: Mapping[str, Any]) -> None:
        """Give the model, and this run, the numbers of a snapshot."""
        self.model.load_state_dict(numbers)
        self.flat.read()

    def keep(self) -> tuple[Any, Any]:
        """Return what a forward pass in training changes: generators, and statistics of batches."""
        return (
            [generator.getstate() for generator in self.generators],
            self.model.state_dict() if self.counts else None,
        )

    def put_back(self, kept: tuple[Any, Any]) -> None:
        """Undo what a forward pass changed since `keep`; the parameters stay."""
        states, numbers = kept
        for generator, state in zip(self.generators, states, strict=True):
            generator.setstate(state)
        if numbers is not None:
            self.model.load_state_dict(numbers)
            self.flat.write()

    def callback_states(self) -> list[Any]:
        """Return what every callback, and the schedule, remembers; None of those without memory."""
        return [c.state_dict() if hasattr(c, "state_dict") else None for c in self._keepers()]

    def load_callback_states(self, states: Sequence[Any]) -> None:
        """Give callbacks and schedule back what they remembered."""
        for c, remembered in zip(self._keepers(), states, strict=True):
            if remembered is not None:
                c.load_state_dict(remembered)

    def _keepers(self) -> list[Any]:
        """Return what may remember: a resumed fit may have other checkpoints and displays."""
        remember = [c for c in self.callbacks if not isinstance(c, Checkpoint)]
        return [*(c for c in remember if not shows_progress(c)), self.schedule]
