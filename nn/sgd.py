"""Gradient descent, with or without momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd import Value
from nn.optimiser import Optimiser, checked_decay


class SGD(Optimiser):
    """Step down the gradient: v <- momentum * v + grad; p <- p - lr * v, v from 0.

    Parameters that no backward pass has reached (grad None) stay. Raises ValueError for lr <= 0
    and for a momentum outside [0, 1). Sources: Robbins and Monro 1951, "A Stochastic Approximation
    Method"; Polyak 1964, "Some methods of speeding up the convergence of iteration methods".

    >>> x = Value(3.0)
    >>> optimiser = SGD([x], lr=0.5)
    >>> (x * x).backward()
    >>> optimiser.step()
    >>> x.data
    0.0
    """

    def __init__(self, params: Iterable[Value], lr: float = 0.01, momentum: float = 0) -> None:
        super().__init__(params, lr)
        self.momentum = checked_decay("momentum", momentum)
        self._velocities: list[Any] = [0] * len(self.params)

    def step(self) -> None:
        """Move every parameter once."""
        for i, p in enumerate(self.params):
            if p.grad is not None:
                self._velocities[i] = self.momentum * self._velocities[i] + p.grad
                p.data = p.data - self.lr * self._velocities[i]
