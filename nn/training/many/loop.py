"""The loop of `fit_many`: every step is one of all models; what is each one's own is kept apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np

from nn.data.arrays import Array, Floats, Ints
from nn.metrics.names import Metric
from nn.training.engines import Objective
from nn.training.history import History
from nn.training.interrupts import uninterrupted
from nn.training.many.members import Trainee
from nn.training.many.on_numpy import Batch, OnNumPy
from nn.training.many.program import ManyProgram
from nn.training.many.recording import modes_kept
from nn.training.many.step import Carry, Report, begin, options_of
from nn.training.many.validation import Validation
from nn.training.progress import Progress
from nn.training.samples import Samples
from nn.training.tally import mean_of, measured


@dataclass(eq=False, repr=False)
class ManyRun:
    """Hold the state of trainings that run at once. `Progress` shows it as it does a fit."""

    trainees: list[Trainee]
    samples: Samples
    objectives: list[Objective]
    validation: Validation | None
    metrics: dict[str, Metric]
    epochs: int
    size: int
    shuffle: bool
    engine: str

    finished: int = 0
    batch: int = 0
    stopped: str = ""
    error: BaseException | None = None
    varying: set[str] = field(default_factory=set)  # options of the optimizer
    notes: list[Report] = field(default_factory=list)  # of the present epoch

    def __post_init__(self) -> None:
        first = self.trainees[0]
        self.models = [objective.model for objective in self.objectives]
        self.batches = ceil(len(first.places) / self.size)
        self.schedule = first.schedule
        self.history = History({name: [] for name in first.history.columns})  # medians
        self.varying |= {"lr"} if self.schedule else set()
        others = [trainee for trainee in self.trainees if trainee.seed != first.seed]
        apart = bool(others) and (self.shuffle or first.held is not None)
        with modes_kept(self.models):
            for model in self.models:
                model.train()
            some = self.samples.take(first.places)
            self.program = ManyProgram(self.objectives, some, apart, self.engine)
        self.runner = self._runner()
        numbers = np.array([[p.data for p in own] for own in self.program.parameters], float)
        self.carry = begin(
            self.runner.xp, first.optimizer, self._options(), numbers[:, self.program.order]
        )

    @property
    def epoch(self) -> int:
        """Return the number of the present epoch, from 1."""
        return min(self.finished + 1, self.epochs)

    @property
    def place(self) -> str:
        """Return how far it is, for messages."""
        return f"epoch {self.epoch} of {self.epochs}, after {self.batch} of {self.batches} batches"

    def train(self, display: Progress | None) -> None:
        """Run all epochs, or those until no model is left; models get their numbers in the end."""
        shown: Any = self
        with modes_kept(self.models), np.errstate(all="ignore"):
            for model in self.models:
                model.train()
            if display:
                display.on_fit_start(shown)
            try:
                while self.finished < self.epochs and self.goes.any():
                    self._epoch()
                    if display and self.goes.any():
                        display.on_epoch_end(shown)
                    self.finished, self.batch = self.finished + 1, 0
            except BaseException as error:
                self.error = error
                raise
            finally:
                self._write_back()
                if display:
                    display.on_fit_end(shown)

    @property
    def goes(self) -> Array:
        """Return which models go on."""
        return np.asarray(self.carry.goes)

    @property
    def numbers(self) -> Floats:
        """Return the parameters of all models in their order, (models, parameters)."""
        now = np.asarray(self.carry.now, np.float64)
        found = np.empty_like(now)
        found[:, self.program.order] = now
        return found

    # steps ----------------------------------------------------------------------------------------

    def _epoch(self) -> None:
        orders = [trainee.order(self.shuffle) for trainee in self.trainees]
        order = np.array(orders) if self.program.apart else orders[0]
        starts = range(0, order.shape[-1], self.size)
        self.notes = []
        each = self.schedule is not None and self.schedule.per == "batch"
        together = 1 if each or self.engine == "numpy" else len(starts)
        options = self._options()
        for first in range(0, len(starts), together):
            batches = []
            for start in starts[first : first + together]:
                part = order[..., start : start + self.size]
                batches.append(Batch(part, self.program.draws(part.shape[-1]), options))
            self._advance(batches)
            options = self._options() if each else options
            if not self.goes.any():
                return
        self._epoch_end(order)

    def _advance(self, batches: list[Batch]) -> None:
        """Make steps; again, one by one and with what was missing, if a program was missing."""
        carry, reports = self.runner(self.carry, batches)
        going = self.goes
        odd = []
        for report in reports:
            odd += np.flatnonzero(going & np.isnan(report.loss)).tolist()
            going = report.goes
        if odd and len(batches) > 1:
            for batch in batches:
                self._advance([batch])
            return
        with uninterrupted():  # program and carry change together
            learned = [self._learn(k, batches[0]) for k in dict.fromkeys(odd)]
        if any(learned):
            self._advance(batches)
            return
        with uninterrupted():
            for report in reports:
                self._note(report)
            self.carry = carry

    def _learn(self, k: int, batch: Batch) -> bool:
        before = self.program.order
        order = batch.order[k] if batch.order.ndim > 1 else batch.order
        if not self.program.learn(self.numbers[k], self.samples.take(order)):
            return False
        moved = np.argsort(before)[self.program.order]  # where numbers were that are now in order
        now, last, state, goes = self.carry
        state = {name: x[:, moved] if np.ndim(x) else x for name, x in state.items()}
        self.carry = Carry(now[:, moved], last[:, moved], state, goes)
        self.runner = self._runner()
        return True

    def _note(self, report: Report) -> None:
        self.notes.append(report)
        self.batch += 1
        before = self.notes[-2].goes if len(self.notes) > 1 else self.goes
        for k in np.flatnonzero(before & ~report.goes).tolist():
            self._fell(k, report)
        if self.schedule is not None and self.schedule.per == "batch":
            for k in np.flatnonzero(report.goes).tolist():
                self.trainees[k].schedule.step(float(report.loss[k]))  # type: ignore[union-attr]

    def _fell(self, k: int, report: Report) -> None:
        trainee = self.trainees[k]
        if not np.isfinite(report.loss[k]):
            odd = f"the loss is {report.loss[k]}"
        elif not np.isfinite(report.slope[k]):
            place = self.program.order[report.at[k]]
            label = self.program.parameters[k][place].label or f"parameter {place}"
            odd = f"the gradient of {label} is {report.slope[k]}"
        else:
            odd = f"the step of {trainee.optimizer!r} overflows"
        trainee.history.stopped = (
            f"diverged: {odd} in epoch {self.epoch}, batch {self.batch} of {self.batches}; "
            "it has the parameters of its last finite loss"
        )

    def _options(self) -> dict[str, Any]:
        return options_of([trainee.optimizer for trainee in self.trainees], self.varying)

    def _runner(self) -> Any:
        rule = self.trainees[0].optimizer
        if self.engine == "numpy":
            return OnNumPy(self.program, self.samples, rule)
        from nn.training.many.on_jax import OnJax

        return OnJax(self.program, self.samples, rule, bool(self.metrics), self.size)

    # epochs ---------------------------------------------------------------------------------------

    def _epoch_end(self, order: Ints) -> None:
        """Write the epoch down for every model that goes on."""
        sizes = [min(self.size, order.shape[-1] - i * self.size) for i in range(self.batches)]
        losses = np.stack([report.loss for report in self.notes])
        judged = self.validation(self.numbers) if self.validation else None
        rows = {}
        for k in np.flatnonzero(self.goes).tolist():
            trainee = self.trainees[k]
            row = {"loss": mean_of(losses[:, k].tolist(), sizes)}
            if self.metrics:
                outputs = [self._shaped(report.outputs[k]) for report in self.notes]
                mine = order[k] if order.ndim > 1 else order
                row |= measured(self.metrics, outputs, [self.samples.y[mine]])
            if judged is not None:
                row |= judged[k]
            if trainee.schedule is not None:
                row["lr"] = trainee.optimizer.lr
            rows[k] = row
        columns = {name: [row[name] for row in rows.values()] for name in self.history.columns}
        with uninterrupted():
            for k, row in rows.items():
                trainee = self.trainees[k]
                trainee.history.append(row)
                if trainee.schedule is not None and trainee.schedule.per == "epoch":
                    trainee.schedule.step(row.get("val_loss", row["loss"]))
            self.history.append({name: float(np.median(x)) for name, x in columns.items()})

    def _shaped(self, outputs: Array) -> Array:
        return outputs.reshape(len(outputs), *self.program.recorded.shape)

    def _write_back(self) -> None:
        for own, numbers in zip(self.program.parameters, self.numbers.tolist(), strict=True):
            for p, number in zip(own, numbers, strict=True):
                p.data, p.grad = number, None
