"""Warm-up: a schedule before another schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograd.real import short
from nn.optimizers.schedule import Schedule
from nn.optimizers.schedules import OneCycle


@dataclass(eq=False, repr=False)
class WarmUp(Schedule):
    """Rise on a line from the share `start` of the rate to all of it, then go on as `then` says.

    The factor is start + (1 - start) * t / steps for t < steps and then(t - steps) from there on, 1
    without `then`. `per` is that of `then`. Source: Goyal et al. 2017, "Accurate, Large Minibatch
    SGD: Training ImageNet in 1 Hour", section 2.2.

    >>> from nn.optimizers.schedules import ExponentialDecay
    >>> warm = WarmUp(steps=2, start=0.5, then=ExponentialDecay(factor=0.5))
    >>> [warm(t) for t in range(5)]
    [0.5, 0.75, 1.0, 0.5, 0.25]
    """

    steps: int = field(kw_only=True)
    start: Any = field(default=0.1, kw_only=True)
    then: Schedule | None = field(default=None, kw_only=True)

    def check(self) -> None:
        """Raise ValueError unless steps >= 1, 0 <= start <= 1 and `then` has no optimizer."""
        self.steps = self._count("steps")
        self.start = self._share("start")
        if self.then is None:
            return
        if not isinstance(self.then, Schedule):
            raise TypeError(f"{self._given('then')}: give a schedule, as nn.CosineDecay()")
        if self.then.optimizer is not None:
            raise ValueError(
                f"{self._given('then')}: give the optimizer to WarmUp alone, which sets its rate"
            )
        if isinstance(self.then, OneCycle):
            raise ValueError(
                f"{self._given('then')}: OneCycle warms up itself; set its start, rise"
            )
        self.per = self.then.per

    def __call__(self, t: int) -> Any:
        if t < self.steps:
            return self.start + (1 - self.start) * t / self.steps
        return self.then(t - self.steps) if self.then else 1

    def plan(self, steps: int | None) -> None:
        """Leave the steps after the warm-up to the other schedule."""
        if self.then is not None:
            self.then.plan(None if steps is None else max(steps - self.steps, 1))

    @property
    def needs_plan(self) -> bool:
        """Say whether the other schedule leaves its steps to `fit`."""
        return self.then is not None and self.then.needs_plan

    def restart(self) -> None:
        """Go back to t = 0, the other schedule too."""
        super().restart()
        if self.then is not None:
            self.then.restart()

    def observe(self, loss: Any) -> None:
        """Let the other schedule look at the loss once it is its turn."""
        if self.then is not None and self.t >= self.steps:
            self.then.observe(loss)

    def state_dict(self) -> dict[str, Any]:
        """Return where both schedules stand."""
        return {**super().state_dict(), "then": self.then.state_dict() if self.then else None}

    def check_saved(self, saved: Mapping[str, Any]) -> None:
        """Raise ValueError or TypeError unless the saved state fits both schedules."""
        super().check_saved(saved)
        then = saved["then"]
        if (self.then is None) != (then is None):
            raise ValueError(f"{self!r}: the saved state is of one with then={short(then)}")
        if self.then is not None:
            self.then.check_saved(then)

    def take(self, saved: Mapping[str, Any]) -> None:
        """Go where a checked state says, both schedules."""
        super().take(saved)
        if self.then is not None:
            self.then.take(saved["then"])
