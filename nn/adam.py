"""Adam: a step of about the learning rate in every coordinate, whatever the gradient's size."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from autograd import Value
from nn.optimiser import Optimiser, checked_decay


class Adam(Optimiser):
    """Step by running means of the gradient and of its square, both corrected for their start at 0.

        m <- b1 * m + (1 - b1) * grad         v <- b2 * v + (1 - b2) * grad**2
        p <- p - lr * (m / (1 - b1**t)) / (sqrt(v / (1 - b2**t)) + eps)      t = 1, 2, ...

    Parameters that no backward pass has reached (grad None) stay, and their t with them. Raises
    ValueError for lr <= 0, eps <= 0 and betas outside [0, 1). Source: Kingma and Ba 2015, "Adam: A
    Method for Stochastic Optimization", algorithm 1.

    >>> x = Value(3.0)
    >>> optimiser = Adam([x], lr=0.5)
    >>> (x * x).backward()
    >>> optimiser.step()
    >>> f"{x.data:.6f}"
    '2.500000'
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr)
        self.betas = (checked_decay("betas[0]", betas[0]), checked_decay("betas[1]", betas[1]))
        if not eps > 0:
            raise ValueError(f"Adam(eps={eps!r}): it keeps the division from 0/0; above zero")
        self.eps = eps
        self._moments = [(0.0, 0.0)] * len(self.params)
        self._steps = [0] * len(self.params)

    def step(self) -> None:
        """Move every parameter once."""
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            m, v = self._moments[i]
            m = b1 * m + (1 - b1) * p.grad
            v = b2 * v + (1 - b2) * p.grad * p.grad
            self._moments[i] = m, v
            self._steps[i] = t = self._steps[i] + 1
            p.data = p.data - self.lr * (m / (1 - b1**t)) / (sqrt(v / (1 - b2**t)) + self.eps)
