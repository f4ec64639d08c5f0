"""Reduce on plateau: the one schedule that looks at the loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograd.real import plain_number
from nn.optimizers.schedule import Schedule


@dataclass(eq=False, repr=False)
class ReduceOnPlateau(Schedule):
    """Multiply the rate by `factor` when `step(loss)` has seen no progress for `patience` epochs.

    Progress is a loss below best - threshold * |best|, or above best + threshold * |best| with
    `mode="max"`, for a score. For `cooldown` epochs after a reduction none is counted as bad. The
    rate does not fall below its share `lowest`. Raises ValueError for a step without a loss.

    >>> from nn.optimizers.sgd import SGD
    >>> optimizer = SGD(lr=1.0)
    >>> schedule = ReduceOnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.5]:
    ...     schedule.step(loss)
    >>> optimizer.lr
    0.5
    """

    factor: Any = field(default=0.1, kw_only=True)
    patience: int = field(default=10, kw_only=True)
    threshold: Any = field(default=1e-4, kw_only=True)
    cooldown: int = field(default=0, kw_only=True)
    lowest: Any = field(default=0, kw_only=True)
    mode: str = field(default="min", kw_only=True)

    def check(self) -> None:
        """Raise ValueError for options out of range."""
        self.factor = self._share("factor", above_zero=True)
        if self.factor == 1:
            raise ValueError(f"{self._given('factor')}: below 1, or the rate would stay")
        self.patience = self._count("patience", least=0)
        self.cooldown = self._count("cooldown", least=0)
        self.threshold = self._share("threshold")
        self.lowest = self._share("lowest")
        if self.mode not in ("min", "max"):
            raise ValueError(f"{self._given('mode')}: 'min' for a loss, 'max' for a score")

    def restart(self) -> None:
        """Go back to t = 0, with nothing seen."""
        super().restart()
        self.best: Any = None
        self.bad = self.cooling = self.reductions = 0

    @property
    def kept(self) -> tuple[str, ...]:
        """Return the names of what a saved state holds."""
        return (*super().kept, "best", "bad", "cooling", "reductions")

    def __call__(self, t: int) -> Any:
        return max(self.factor**self.reductions, self.lowest)

    def observe(self, loss: Any) -> None:
        """Count a bad epoch, or note a better one."""
        if loss is None:
            raise ValueError("ReduceOnPlateau.step(): it looks at the loss, as schedule.step(loss)")
        loss = plain_number(loss, f"step({loss!r})")
        if self._is_better(loss):
            self.best, self.bad = loss, 0
        else:
            self.bad += 1
        if self.cooling:
            self.cooling, self.bad = self.cooling - 1, 0
        if self.bad > self.patience:
            self.reductions += 1
            self.cooling, self.bad = self.cooldown, 0

    def _is_better(self, loss: Any) -> bool:
        if self.best is None:
            return bool(loss == loss)  # nan is not
        margin = self.threshold * abs(self.best)
        better = loss < self.best - margin if self.mode == "min" else loss > self.best + margin
        return bool(better)
