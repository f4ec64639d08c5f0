"""Learning-rate schedules: each a formula for the factor at t = 0, 1, 2, ... epochs or batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, pi
from typing import Any

from nn.data.arrays import whole
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.schedule import Schedule


@dataclass(eq=False, repr=False)
class StepDecay(Schedule):
    """Multiply the rate by `factor` every so many steps: factor**floor(t / every).

    >>> [StepDecay(every=2, factor=0.5)(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    every: int = field(kw_only=True)
    factor: Any = field(default=0.1, kw_only=True)

    def check(self) -> None:
        """Raise ValueError unless every >= 1 and 0 < factor <= 1."""
        self.every = self._count("every")
        self.factor = self._share("factor", above_zero=True)

    def __call__(self, t: int) -> Any:
        return self.factor ** (t // self.every)


@dataclass(eq=False, repr=False)
class MultiStepDecay(Schedule):
    """Multiply the rate by `factor` at each of the milestones.

    >>> [MultiStepDecay(at=[1, 3], factor=0.5)(t) for t in range(5)]
    [1.0, 0.5, 0.5, 0.25, 0.25]
    """

    at: Sequence[int] = field(kw_only=True)
    factor: Any = field(default=0.1, kw_only=True)

    def check(self) -> None:
        """Raise ValueError unless the milestones are whole numbers and 0 < factor <= 1."""
        if not isinstance(self.at, Sequence) or isinstance(self.at, str) or not self.at:
            raise ValueError(f"{self._given('at')}: give the milestones, as at=[30, 80]")
        for i, milestone in enumerate(self.at):
            whole(f"MultiStepDecay: at[{i}]", milestone, 1)
        self.factor = self._share("factor", above_zero=True)

    def __call__(self, t: int) -> Any:
        return self.factor ** sum(milestone <= t for milestone in self.at)


@dataclass(eq=False, repr=False)
class ExponentialDecay(Schedule):
    """Multiply the rate by `factor` at every step: factor**t.

    >>> [ExponentialDecay(factor=0.5)(t) for t in range(4)]
    [1.0, 0.5, 0.25, 0.125]
    """

    factor: Any = field(kw_only=True)

    def check(self) -> None:
        """Raise ValueError unless 0 < factor <= 1."""
        self.factor = self._share("factor", above_zero=True)

    def __call__(self, t: int) -> Any:
        return self.factor**t


@dataclass(eq=False, repr=False)
class PlannedSchedule(Schedule):
    """Go from start to end in `steps` steps, and stay there; if None, in as many as fit takes."""

    steps: int | None = field(default=None, kw_only=True)

    def check(self) -> None:
        """Raise ValueError unless steps >= 1."""
        if self.steps is not None:
            self.steps = self._count("steps")
        self._planned = self.steps

    def plan(self, steps: int | None) -> None:
        """Take the number of steps, unless the option says another."""
        if self.steps is None and steps is not None:
            self._planned = whole("steps", steps, 1)

    @property
    def needs_plan(self) -> bool:
        """Say whether the option `steps` is left to `fit`."""
        return self.steps is None

    @property
    def total(self) -> int:
        """Return the number of steps. Raises ValueError if nobody has said it."""
        if self._planned is None:
            name = type(self).__name__
            raise ValueError(f"{name}: in how many steps? Write {name}(optimizer, steps=50)")
        return self._planned


@dataclass(eq=False, repr=False)
class PolynomialDecay(PlannedSchedule):
    """Lower the rate to its share `lowest`: lowest + (1 - lowest) * (1 - t / steps)**power.

    >>> [PolynomialDecay(steps=4)(t) for t in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    power: Any = field(default=1, kw_only=True)
    lowest: Any = field(default=0, kw_only=True)

    def check(self) -> None:
        """Raise ValueError unless steps >= 1, power > 0 and 0 <= lowest <= 1."""
        super().check()
        self.power = self._above_zero("power", "it must be above zero")
        self.lowest = self._share("lowest")

    def __call__(self, t: int) -> Any:
        rest = 1 - min(t, self.total) / self.total
        return self.lowest + (1 - self.lowest) * rest**self.power


@dataclass(eq=False, repr=False)
class CosineDecay(PlannedSchedule):
    """Lower the rate along half a cosine: lowest + (1 - lowest) * (1 + cos(pi * t / steps)) / 2.

    Source: Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    equation 5, without restarts.

    >>> [round(CosineDecay(steps=4)(t), 3) for t in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """

    lowest: Any = field(default=0, kw_only=True)

    def check(self) -> None:
        """Raise ValueError unless steps >= 1 and 0 <= lowest <= 1."""
        super().check()
        self.lowest = self._share("lowest")

    def __call__(self, t: int) -> Any:
        return _cosine(1, self.lowest, min(t, self.total) / self.total)


@dataclass(eq=False, repr=False)
class CosineRestarts(Schedule):
    """Repeat CosineDecay, each time `growth` times as long as the last one.

    Source: Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    equation 5.

    >>> [round(CosineRestarts(period=2, growth=2)(t), 3) for t in range(7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    period: int = field(kw_only=True)
    growth: int = field(default=1, kw_only=True)
    lowest: Any = field(default=0, kw_only=True)

    def check(self) -> None:
        """Raise ValueError unless period and growth are whole numbers and 0 <= lowest <= 1."""
        self.period = self._count("period")
        self.growth = self._count("growth")
        self.lowest = self._share("lowest")

    def __call__(self, t: int) -> Any:
        period = self.period
        if self.growth == 1:
            t %= period
        while t >= period:
            t, period = t - period, period * self.growth
        return _cosine(1, self.lowest, t / period)


@dataclass(eq=False, repr=False)
class OneCycle(PlannedSchedule):
    """Rise from the share `start` of the rate to all of it, then fall to the share `end`.

    The rise takes the part `rise` of all steps; both follow half a cosine, or a line with
    `shape="linear"`. With `momentum=(low, high)` the optimizer's momentum (Adam's first beta) goes
    the other way: high, low, high. Made for one step per batch. Source: Smith and Topin 2018,
    "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates".

    >>> cycle = OneCycle(steps=7, rise=3 / 7, start=0.5, end=0.0, shape="linear")
    >>> [cycle(t) for t in range(7)]
    [0.5, 0.75, 1.0, 0.75, 0.5, 0.25, 0.0]
    """

    rise: Any = field(default=0.3, kw_only=True)
    start: Any = field(default=1 / 25, kw_only=True)
    end: Any = field(default=1 / 250_000, kw_only=True)
    shape: str = field(default="cosine", kw_only=True)
    momentum: tuple[Any, Any] | None = field(default=None, kw_only=True)
    per: str = field(default="batch", kw_only=True)

    def check(self) -> None:
        """Raise ValueError for shares outside 0 to 1, momenta outside [0, 1), unknown shapes."""
        super().check()
        for name in ("rise", "start", "end"):
            setattr(self, name, self._share(name))
        if self.shape not in ("cosine", "linear"):
            raise ValueError(f"{self._given('shape')}: 'cosine' or 'linear'")
        if self.momentum is not None:
            pair = isinstance(self.momentum, (tuple, list)) and len(self.momentum) == 2
            if not pair or not 0 <= self.momentum[0] <= self.momentum[1] < 1:
                raise ValueError(f"{self._given('momentum')}: low and high, as (0.85, 0.95)")

    def __call__(self, t: int) -> Any:
        return self.between(t, self.start, 1, self.end)

    def between(self, t: int, start: Any, peak: Any, end: Any) -> Any:
        """Return the point at time t of a way from start over peak to end."""
        curve = _cosine if self.shape == "cosine" else _line
        last = self.total - 1
        top = max(self.rise * self.total - 1, 0)
        t = min(t, last)
        if t <= top:
            return curve(start, peak, t / top if top else 1)
        return curve(peak, end, (t - top) / (last - top))

    def apply(self, optimizer: Optimizer) -> None:
        """Set the rate, and the momentum if the schedule has one."""
        if self.momentum is not None:
            low, high = self.momentum
            momentum = self.between(self.t, high, low, high)
            if hasattr(optimizer, "betas"):
                optimizer.betas = (momentum, *optimizer.betas[1:])
            elif getattr(optimizer, "momentum", 0):
                optimizer.momentum = momentum  # type: ignore[attr-defined]
            else:
                raise ValueError(
                    f"{self._given('momentum')}: {optimizer!r} has none to set; make it with one"
                )
        super().apply(optimizer)


def _cosine(start: Any, end: Any, share: float) -> Any:
    return end + (start - end) * (1 + cos(pi * share)) / 2


def _line(start: Any, end: Any, share: float) -> Any:
    return start + (end - start) * share
