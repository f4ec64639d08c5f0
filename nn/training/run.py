"""The state of a running fit: all that callbacks may look at and that a checkpoint keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, nan
from typing import Any

import numpy as np

from nn.data.arrays import Floats
from nn.metrics.names import Metric
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.schedule import Schedule
from nn.storage.description import difference
from nn.training.callbacks import shows_progress
from nn.training.checkpoint import Checkpoint
from nn.training.engines import Objective, Outputs
from nn.training.flat import Flat
from nn.training.history import History
from nn.training.samples import Samples


@dataclass(eq=False, repr=False)
class Run:
    """Hold the state of a fit; callbacks are given it.

    While it runs, the numbers of the parameters are in `parameters`, a flat array;
    `write_back()` gives them to the model, with the gradient of the last batch. `epoch` and `batch`
    count from 1 while callbacks are called, `loss` is that of the last batch, `error` what ended
    the fit, if anything did.
    """

    objective: Objective
    optimizer: Optimizer
    schedule: Schedule | None
    flat: Flat
    samples: Samples
    validation: Samples | None
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
    order: list[int] = field(default_factory=list)  # of the samples in the present epoch
    losses: list[float] = field(default_factory=list)  # of its batches
    outputs: Outputs = field(default_factory=list)  # of its samples, if there are metrics
    stopped: str = ""
    loss: float = nan
    gradient: Floats | None = None  # of the last batch
    error: BaseException | None = None
    last_finite: Floats | None = None  # the parameters that `loss` was computed with

    def __post_init__(self) -> None:
        self.model = self.objective.model
        self.batches = ceil(len(self.samples) / self.batch_size)
        # a walk over all of a model takes longer than a step
        self.generators = list(self.model.generators().values())
        self.counts = any(module.buffers for _, module in self.model.named_modules())

    @property
    def parameters(self) -> Floats:
        """Return the numbers of the parameters: the array that the optimizer changes."""
        return self.flat.numbers

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

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the rest of the fit depends on, as JSON can keep it."""
        source: Any = self.source.get_state(legacy=False)
        twister = {**source["state"], "key": source["state"]["key"].tolist()}
        return {
            "settings": self.settings,
            "held_out": self.held_out,
            "model": self.snapshot(),
            "random_state": self.model.random_state(),
            "optimizer": self.optimizer.state_dict(),
            "callbacks": self.callback_states(),
            "history": self.history.columns,
            "finished": self.finished,
            "batch": self.batch,
            "order": self.order,
            "losses": self.losses,
            "outputs": self.outputs,
            "stopped": self.stopped,
            "source": {**source, "state": twister},
        }

    def check(self, saved: Mapping[str, Any], name: str) -> None:
        """Raise ValueError if a checkpoint is of a fit with other settings, naming them."""
        theirs = saved.get("settings")
        if not isinstance(theirs, dict) or saved.keys() != {"format", *self.state_dict()}:
            raise ValueError(f"resume={name!r}: not a checkpoint of a fit")
        differ = [
            "{} was {} and is {}".format(key, *difference(theirs.get(key), now, ""))
            for key, now in self.settings.items()
            if theirs.get(key) != now
        ]
        if differ:
            raise ValueError(
                f"resume={name!r}: this fit is another one: {'; '.join(differ)}. An exact resume "
                "needs the same; to go on otherwise, start a new fit from the trained model"
            )

    def load_state_dict(self, saved: Mapping[str, Any], name: str) -> None:
        """Go where a checkpoint stood. Raises ValueError, changing nothing, if it is damaged."""
        before = self.state_dict()
        try:
            self._load(saved)
        except (ValueError, TypeError, KeyError, IndexError) as error:
            self._load(before)
            raise ValueError(f"resume={name!r}: the checkpoint does not fit: {error}") from error

    def _load(self, saved: Mapping[str, Any]) -> None:
        self.restore(saved["model"])
        self.model.set_random_state(saved["random_state"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.load_callback_states(saved["callbacks"])
        source = saved["source"]
        key = np.array(source["state"]["key"], dtype=np.uint32)
        self.source.set_state({**source, "state": {**source["state"], "key": key}})
        self.history = History(saved["history"])
        self.finished, self.batch, self.order = saved["finished"], saved["batch"], saved["order"]
        self.losses, self.outputs = saved["losses"], saved["outputs"]
        self.stopped = saved["stopped"]
