"""What may look at a running fit and stop it: callbacks, and early stopping as the chief of them.

A callback is any object with some of the methods of `Callback`, or a function, which is then
called at the end of every epoch. Each is given the `Run` (see run.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

from autograd.real import plain_number, short
from nn.data.arrays import unknown, whole
from nn.training.history import best_direction

if TYPE_CHECKING:
    from nn.training.run import Run


class Callback:
    """Do nothing at every occasion: a class of your own overrides what it needs.

    `state_dict` returns what JSON can keep; an exact resume gives it to `load_state_dict`. One
    that only shows the fit says so by `shows_progress`: it takes the place of fit's own display,
    and a resumed fit may do without it.
    """

    shows_progress = False

    def on_fit_start(self, state: Run) -> None:
        """Be told that everything given to `fit` was checked; raise ValueError to refuse."""

    def on_batch_end(self, state: Run) -> None:
        """Be told that a step was made; `state.loss` is the loss of the batch."""

    def on_epoch_end(self, state: Run) -> None:
        """Be told that `state.history` has a new row."""

    def on_interrupt(self, state: Run) -> None:
        """Be told that Ctrl-C or an error broke in, the state being that of the last whole step."""

    def on_fit_end(self, state: Run) -> None:
        """Be told that the fit is over, however it ended: see `state.error`."""

    def state_dict(self) -> dict[str, Any]:
        """Return what the callback remembers."""
        return {}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Remember again what `state_dict` returned."""


class FunctionCallback(Callback):
    """Call a function at the end of every epoch."""

    def __init__(self, function: Callable[[Run], Any]) -> None:
        self.function = function

    def on_epoch_end(self, state: Run) -> None:
        """Call it."""
        self.function(state)


OCCASIONS = ("on_fit_start", "on_batch_end", "on_epoch_end", "on_interrupt", "on_fit_end")


def checked_callbacks(callbacks: Sequence[Any]) -> list[Any]:
    """Return callbacks as they are, and functions made into one.

    Raises TypeError for what is neither, and for what is no list of them.
    """
    if not isinstance(callbacks, (list, tuple)):
        raise TypeError(f"callbacks={short(callbacks)}: give a list, as [nn.EarlyStopping()]")
    found: list[Any] = []
    for c in callbacks:
        if not isinstance(c, type) and any(hasattr(c, occasion) for occasion in OCCASIONS):
            found.append(c)
        elif callable(c) and not isinstance(c, type):
            found.append(FunctionCallback(c))
        else:
            raise TypeError(
                f"callbacks: {short(c)} is no callback: give a function of the state, or an object "
                f"with one of the methods {', '.join(OCCASIONS)}, as nn.EarlyStopping()"
            )
    return found


def shows_progress(callback: Any) -> bool:
    """Say whether a callback is a display, which has no part in the training."""
    return getattr(callback, "shows_progress", False) is True


def tell(callbacks: Sequence[Any], occasion: str, state: Run) -> None:
    """Call this method of every callback that has it."""
    for c in callbacks:
        if method := getattr(c, occasion, None):
            method(state)


class EarlyStopping(Callback):
    """Stop when `monitor` was not better, by more than `min_delta`, for `patience` epochs.

    With `restore` the model then has the parameters of its best epoch, also if the fit ends in
    another way. `best` is "lowest" or "highest"; without it the name decides. Raises ValueError
    for options out of range and, when the fit starts, for a name that it does not record. Source:
    Prechelt 1998, "Early Stopping - But When?", the criterion UP.

    >>> EarlyStopping("val_accuracy", patience=3)
    EarlyStopping('val_accuracy', patience=3, min_delta=0.0, restore=True)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 10,
        min_delta: float = 0.0,
        restore: bool = True,
        best: str | None = None,
    ) -> None:
        self.monitor, self.restore, self.best = monitor, restore, best
        self.patience = whole("patience", patience, 1)
        self.min_delta = plain_number(min_delta, f"EarlyStopping(min_delta={min_delta!r})")
        if not self.min_delta >= 0:
            raise ValueError(f"EarlyStopping(min_delta={min_delta!r}): it must be 0 or above")
        if best is not None:
            best_direction(monitor, best)  # an unknown word is told at once
        self.sign, self.best_epoch, self.best_value = 1, 0, inf
        self.best_model: dict[str, Any] | None = None

    def on_fit_start(self, state: Run) -> None:
        """Begin anew."""
        if self.monitor not in state.history:
            error = unknown("monitor", self.monitor, state.history.columns)
            hint = "; give fit validation=" if self.monitor.startswith("val_") else ""
            raise ValueError(f"EarlyStopping: {error}{hint}")
        self.sign = 1 if best_direction(self.monitor, self.best) == "lowest" else -1
        self.best_epoch, self.best_value, self.best_model = 0, self.sign * inf, None

    def on_epoch_end(self, state: Run) -> None:
        """Compare the newest value with the best one."""
        value = state.history[self.monitor][-1]
        gain = self.sign * (self.best_value - value)
        if gain > self.min_delta:  # nan never is
            self.best_epoch, self.best_value = state.epoch, value
            if self.restore:
                self.best_model = state.snapshot()
        elif state.epoch - self.best_epoch >= self.patience:
            state.stop(
                f"{self.monitor} was not better for {self.patience} epochs than "
                f"{self.best_value:.6g} in epoch {self.best_epoch}"
            )

    def on_fit_end(self, state: Run) -> None:
        """Give the model its best parameters back."""
        if self.best_model is not None:
            state.restore(self.best_model)

    def state_dict(self) -> dict[str, Any]:
        """Return the best epoch, its value and the model of then."""
        return {"epoch": self.best_epoch, "value": self.best_value, "model": self.best_model}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Remember the best epoch of a fit that is resumed."""
        self.best_epoch, self.best_value = saved["epoch"], saved["value"]
        self.best_model = saved["model"]

    def __repr__(self) -> str:
        return (
            f"EarlyStopping({self.monitor!r}, patience={self.patience}, "
            f"min_delta={self.min_delta!r}, restore={self.restore!r})"
        )
