"""What learning-rate schedules have in common: a factor as a function of time, and who applies it.

A schedule is a function of t = 0, 1, 2, ... whose value multiplies the rate that the optimizer was
made with. In a loop of one's own it is given the optimizer, and `step()` moves on:

    schedule = CosineDecay(optimizer, steps=50)
    for epoch in range(50):
        ...                 # train for one epoch
        schedule.step()

`fit(schedule=CosineDecay())` binds it, and steps after every epoch or batch, as `per` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from autograd.numbers import plain
from autograd.real import plain_number, short
from nn.data.arrays import whole
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.options import Options


@dataclass(eq=False, repr=False)
class Schedule(Options):
    """Set optimizer.lr to rate * schedule(t), rate the lr that it had, and t the steps so far.

    `per` is "epoch" or "batch": after what `fit` steps. Raises ValueError for options out of range,
    TypeError for what is no optimizer.
    """

    optimizer: Optimizer | None = None
    per: str = field(default="epoch", kw_only=True)

    def __post_init__(self) -> None:
        self.rate: Any = None
        if self.per not in ("epoch", "batch"):
            raise ValueError(f"{self._given('per')}: 'epoch' or 'batch'")
        self.check()
        self.restart()
        if self.optimizer is not None:
            optimizer, self.optimizer = self.optimizer, None
            self.bind(optimizer)

    def check(self) -> None:
        """Raise ValueError for options out of range."""

    def __call__(self, t: int) -> Any:
        """Return the factor at time t."""
        raise NotImplementedError(f"{type(self).__name__}.__call__(t): return the factor here")

    def bind(self, optimizer: Optimizer, steps: int | None = None) -> Self:
        """Start at t = 0 with the rate that the optimizer has, and return self.

        With the optimizer that it has already it starts again, with the rate from before unless
        the optimizer has been given another one since. `steps`
        is how many will be taken in all, for a schedule that was not told. Raises ValueError for
        an optimizer whose rate another schedule has brought to 0.
        """
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{type(self).__name__}({short(optimizer)}): the first argument is an optimizer, "
                "as nn.SGD(model.parameters()), or none, for fit"
            )
        is_own = optimizer is self.optimizer and optimizer.lr == self.rate * self(self.t)
        rate = self.rate if is_own else optimizer.lr
        if not rate > 0:
            raise ValueError(
                f"{type(self).__name__}: optimizer.lr is {rate!r}, is it at the end of another "
                "schedule? Set it first: a schedule multiplies it"
            )
        self.plan(steps)
        self.restart()
        self(0)  # an error before anything is changed
        self.optimizer, self.rate = optimizer, rate
        self.apply(optimizer)
        return self

    def restart(self) -> None:
        """Go back to t = 0."""
        self.t = 0

    def plan(self, steps: int | None) -> None:
        """Note how many steps there will be."""

    @property
    def needs_plan(self) -> bool:
        """Say whether the schedule depends on how many steps `fit` is going to take."""
        return False

    def observe(self, loss: Any) -> None:
        """Look at the loss of the epoch that ended, if the schedule asks for it."""

    def apply(self, optimizer: Optimizer) -> None:
        """Set what the schedule sets at time t."""
        optimizer.lr = self.rate * self(self.t)

    def step(self, loss: Any = None) -> None:
        """Move on by one epoch or batch, and set the rate for the next.

        `loss` is a number or Value, and needed by schedules that look at it. Raises ValueError
        without an optimizer.
        """
        optimizer = self._bound()
        self.observe(plain(loss))
        self.t += 1
        self.apply(optimizer)

    def state_dict(self) -> dict[str, Any]:
        """Return where the schedule stands, as a dict that JSON keeps to the last bit."""
        return {
            "schedule": type(self).__name__,
            **{name: getattr(self, name) for name in self.kept},
        }

    @property
    def kept(self) -> tuple[str, ...]:
        """Return the names of what a saved state holds."""
        return ("t", "rate")

    def check_saved(self, saved: Mapping[str, Any]) -> None:
        """Raise ValueError or TypeError for what no such schedule returns by `state_dict()`."""
        name = type(self).__name__
        if not isinstance(saved, Mapping) or saved.keys() != self.state_dict().keys():
            raise ValueError(f"{name}: {short(saved)} is not what {name}.state_dict() returns")
        if saved["schedule"] != name:
            raise ValueError(f"{name}: the saved state is of {saved['schedule']!r}")
        whole(f"{name}: t", saved["t"], 0)
        for kept in self.kept:
            if saved[kept] is not None:
                plain_number(saved[kept], f"{name}: {kept}={short(saved[kept])}")

    def take(self, saved: Mapping[str, Any]) -> None:
        """Go where a checked state says."""
        vars(self).update({name: saved[name] for name in self.kept})

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go where a saved schedule stood, and set the rate.

        Everything is looked at before anything is changed. Raises ValueError for another kind.
        """
        self.check_saved(saved)
        self.take(saved)
        if self.optimizer is not None:
            self.apply(self.optimizer)

    def __repr__(self) -> str:
        shown = [
            f"{f.name}={getattr(self, f.name)!r}"
            for f in fields(self)
            if f.name != "optimizer" and getattr(self, f.name) != f.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _bound(self) -> Optimizer:
        if self.optimizer is None:
            name = type(self).__name__
            raise ValueError(
                f"{name}.step(): this schedule has no optimizer; write {name}(optimizer, ...), "
                "or give it to fit, which steps itself"
            )
        return self.optimizer


@dataclass(eq=False, repr=False)
class CustomSchedule(Schedule):
    """Multiply the rate by factor(t), a function of your own. `fit` takes the function itself, too.

    >>> CustomSchedule(factor=lambda t: 1 / (1 + t))(3)
    0.25
    """

    factor: Callable[[int], Any] = field(kw_only=True)

    def check(self) -> None:
        """Raise TypeError for what is no function."""
        if not callable(self.factor):
            raise TypeError(f"{self._given('factor')}: give a function of t, as lambda t: 0.95**t")

    def __call__(self, t: int) -> Any:
        return self.factor(t)


def find_schedule(schedule: Schedule | Callable[[int], Any]) -> Schedule:
    """Return a schedule as it is, and one made of a function of t. Raises TypeError for else."""
    if isinstance(schedule, Schedule):
        return schedule
    if isinstance(schedule, type) or not callable(schedule):
        raise TypeError(
            f"schedule={schedule!r}: give a schedule, as nn.CosineDecay(steps=50), or a function "
            "of the epoch that returns a factor, as lambda t: 0.95**t"
        )
    return CustomSchedule(factor=schedule)
