"""A fit that diverged: which epoch and batch, which operation, and what the model has now."""

from __future__ import annotations

from math import isfinite
from typing import Any

from autograd import lines, why
from autograd.why_words import Answer
from nn.training.engines import Objective
from nn.training.history import History
from nn.training.samples import Samples


class DivergedError(FloatingPointError):
    """Say that loss, gradient or parameters were not finite any more.

    `epoch` and `batch` count from 1, `answer` is what `autograd.why` says of it (None if the step
    itself overflowed), `history` that of the whole epochs before.
    """

    def __init__(
        self, message: str, epoch: int, batch: int, answer: Answer | None, history: History
    ) -> None:
        super().__init__(message)
        self.epoch, self.batch, self.answer, self.history = epoch, batch, answer, history


def reason(objective: Objective, values: list[Any], part: Samples) -> Answer | None:
    """Return what `why` says of the loss of a batch, else of its first gradient that is odd.

    The graph is recorded once more, now with source lines.
    """
    for p in values:
        p.grad = None
    with lines():
        total, _ = objective(part.rows, part.targets)
    if not isfinite(total.data):
        return why(total)
    total.backward()
    odd = [p for p in values if p.grad is not None and not isfinite(p.grad)]
    return why(odd[0], total) if odd else None
