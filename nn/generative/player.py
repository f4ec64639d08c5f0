"""One side of an adversarial training: a network's loss as a program, and the steps down it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import compile
from autograd.program.bound import Bound
from nn.data.arrays import Floats
from nn.module import Module
from nn.optimizers.optimizer import Optimizer
from nn.training.finite import what_is_odd
from nn.training.interrupts import uninterrupted


class NotFiniteError(FloatingPointError):
    """Say what of a step was not finite any more."""


class Player:
    """Make steps of one of two networks down the mean of a loss that depends on both.

    `loss` is that of one row, called with the arguments named in `rows`. The numbers of both
    networks are in one array, of which only its own part moves here; `see` takes over the other's.
    """

    def __init__(
        self, loss: Callable[..., Any], rows: Sequence[str], networks: Sequence[Module], which: int,
        name: str, optimizer: Optimizer,
    ) -> None:  # fmt: skip
        self.bound: Bound = compile(loss, rows=rows, reduce="mean").bind(*networks)
        sizes = [len(network.parameters()) for network in networks]
        first = sum(sizes[:which])
        self.own = slice(first, first + sizes[which])
        self.numbers: Floats = self.bound.parameters[self.own]
        self.values = self.bound.values[self.own]
        self.name, self.optimizer = name, optimizer.bind(self.values)

    def step(self, *rows: Floats) -> float:
        """Return the mean loss of these rows, and step down its gradient.

        Raises NotFiniteError, with nothing changed, if a number is not finite.
        """
        loss, slopes = self.bound.value_and_grad(*rows)
        gradient = slopes[self.own]
        if odd := what_is_odd(loss, gradient, self.values):
            raise NotFiniteError(f"the {self.name}: {odd}")
        with uninterrupted():
            before = self.numbers.copy()
            self.optimizer.step_array(self.numbers, gradient)
            if not np.isfinite(self.numbers).all():
                self.numbers[:] = before
                raise NotFiniteError(f"the {self.name}: the step of {self.optimizer!r} overflows")
        return loss

    def see(self, other: Player) -> None:
        """Take over the numbers that the other player has moved."""
        self.bound.parameters[other.own] = other.numbers

    def write_back(self) -> None:
        """Give its network's Values the numbers that it has now."""
        for v, number in zip(self.values, self.numbers.tolist(), strict=True):
            v.data = number
