"""What is not finite in a step of training, where it is found and how it is told."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from autograd import Value
from nn.data.arrays import Floats
from nn.optimizers.optimizer import Optimizer


class NotFiniteError(ArithmeticError):
    """Say what is not finite; `computed` is whether loss or gradient are, before any step."""

    def __init__(self, odd: str, computed: bool) -> None:
        super().__init__(odd)
        self.odd, self.computed = odd, computed


def what_is_odd(loss: float, gradient: Floats, values: Sequence[Value]) -> str:
    """Return what is not finite, "the loss is nan"; "" if everything is finite."""
    if not isfinite(loss):
        return f"the loss is {loss}"
    odd = np.flatnonzero(~np.isfinite(gradient)).tolist()
    if not odd:
        return ""
    label = values[odd[0]].label or f"parameter {odd[0]}"
    return f"the gradient of {label} is {gradient[odd[0]]}"


def overflow(optimizer: Optimizer) -> NotFiniteError:
    """Return the error of a step that leads out of the numbers there are."""
    return NotFiniteError(f"the step of {optimizer!r} overflows", computed=False)
