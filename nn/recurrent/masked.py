"""Sequences of unequal lengths in one array: steps say themselves whether they are real."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograd import Value, dot, sum
from nn.inputs import Inputs, is_row, listed
from nn.layers.sequential import Sequential
from nn.losses import find_loss
from nn.losses.reduction import Loss
from nn.module import Module
from nn.recurrent.bidirectional import Bidirectional
from nn.recurrent.recurrent import Recurrent

REDUCTIONS = ("mean", "sum")


class Masked(Sequential):
    """Run a chain over the real steps of a sequence that was filled up.

    The last number of each step is its mask, 1 or 0, as `nn.data.with_mask` puts it there; the
    parts get the steps without it. Those that are recurrent get the mask, too, and keep their state
    where it is 0. Raises ValueError for steps without a mask, and for a part with recurrent ones
    inside, which would get none. The labels are a Sequential's.

    >>> from nn.recurrent.rnn import RNN
    >>> total = Masked(RNN(1, 1, activation="relu", init=lambda *_: 1.0, last=True))
    >>> total([[1.0, 1], [2.0, 1], [9.0, 0]])
    [Value(3.0)]
    """

    def __init__(self, *parts: Module | Callable[[Any], Any] | str) -> None:
        super().__init__(*parts)
        for part in self.parts:
            if isinstance(part, (Recurrent, Bidirectional)) or not isinstance(part, Module):
                continue
            if hidden := [m for _, m in part.named_modules() if isinstance(m, Recurrent)]:
                raise ValueError(
                    f"Masked: {hidden[0]!r} inside {part!r} would not get the mask; "
                    "give recurrent parts to Masked itself"
                )

    def __call__(self, x: Inputs) -> Any:
        return self.batch([x])[0]

    def batch(self, rows: Iterable[Any]) -> list[Any]:
        """Return the outputs for many samples, which go through each part together."""
        apart = [_apart(x, self) for x in rows]
        found: list[Any] = [steps for steps, _ in apart]
        for part in self.parts:
            if isinstance(part, (Recurrent, Bidirectional)):
                found = [part(x, mask) for x, (_, mask) in zip(found, apart, strict=True)]
            else:
                found = part.batch(found) if isinstance(part, Module) else [part(x) for x in found]
        return found

    def __repr__(self) -> str:
        return super().__repr__().replace("Sequential", "Masked", 1)


def masked_loss(loss: str | Loss, reduction: str = "mean") -> Loss:
    """Return the loss of a filled up sequence: the mean, or sum, over its real steps of `loss`.

    Targets have a row for each step, whose last number is its mask, 1 or 0. `loss` is the name or
    function of one step's. Raises ValueError for another reduction, and for as many targets as
    there are no steps.

    >>> squares = masked_loss("mean_squared_error")
    >>> squares([5.0, 6.0, 7.0], [[4.0, 1], [3.0, 1], [0.0, 0]])  # (1 + 9) / 2
    5.0
    """
    of_step = find_loss(loss)
    if reduction not in REDUCTIONS:
        raise ValueError(f"masked_loss(reduction={reduction!r}): it is one of mean, sum")

    def of_sequence(outputs: Any, targets: Any) -> Any:
        steps, mask = _apart(targets, masked_loss)
        if len(steps) != len(outputs):
            raise ValueError(f"masked_loss: {len(outputs)} outputs and {len(steps)} targets")
        alone = [t[0] if len(t) == 1 else t for t in steps]
        total = dot(mask, [of_step(y, t) for y, t in zip(outputs, alone, strict=True)])
        return total / sum(mask) if reduction == "mean" else total

    of_sequence.__name__ = f"masked_{getattr(of_step, '__name__', 'loss')}"
    return of_sequence


def _apart(x: Any, caller: object) -> tuple[list[list[Any]], list[Any]]:
    """Return steps without their mask, and the mask."""
    rows = [list(step) if is_row(step) else [step] for step in listed(x)]
    if any(len(row) < 2 for row in rows):
        name = getattr(caller, "__name__", None) or repr(caller)
        raise ValueError(
            f"{name}: a step of {min(map(len, rows))} number; the last one of each is its mask, "
            "and there are others: see nn.data.with_mask"
        )
    return [row[:-1] for row in rows], [_number(row[-1]) for row in rows]


def _number(real: Any) -> Any:
    """Return a mask's number such that one program serves all masks, also of whole numbers."""
    return Value(1) * real if hasattr(real, "within") else real
