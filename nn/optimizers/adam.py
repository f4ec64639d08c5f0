"""Adam: a step of about the learning rate in every coordinate, whatever the gradient's size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from autograd.numbers import maximum, sqrt
from autograd.real import plain_number
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.options import checked_decay


@dataclass(eq=False, repr=False)
class Adam(Optimizer):
    """Step by running means of the gradient and of its square, both corrected for their start at 0.

        m <- b1 * m + (1 - b1) * g            v <- b2 * v + (1 - b2) * g**2
        p <- p - lr * (m / (1 - b1**t)) / (sqrt(v / (1 - b2**t)) + eps)      t = 1, 2, ...

    Parameters that no backward pass has reached (grad None) stay, and their t with them. Options
    and errors are those of every `Optimizer`; ValueError also for eps <= 0 and betas outside
    [0, 1). Source: Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> optimizer = Adam([x], lr=0.5)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> f"{x.data:.6f}"
    '2.500000'
    """

    kept: ClassVar[tuple[str, ...]] = ("t", "m", "v")

    lr: Any = 0.001
    betas: tuple[Any, Any] = (0.9, 0.999)
    eps: Any = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.betas, (tuple, list)) or len(self.betas) != 2:
            raise TypeError(f"{self._given('betas')}: give two numbers, as betas=(0.9, 0.999)")
        name = type(self).__name__
        b1, b2 = (
            checked_decay(f"{name}: betas[{i}]={b!r}", plain_number(b, f"{name}: betas[{i}]"))
            for i, b in enumerate(self.betas)
        )
        self.betas = b1, b2
        self.eps = self._above_zero("eps", "it keeps the division from 0/0; above zero")

    def update(self, p: Any, g: Any, state: dict[str, Any]) -> Any:
        """Return p - lr * mean / (root mean square + eps)."""
        p, g = self.decay(p, g)
        b1, b2 = self.betas
        state["t"] = t = state.get("t", 0) + 1
        state["m"] = m = b1 * state.get("m", 0) + (1 - b1) * g
        state["v"] = v = b2 * state.get("v", 0) + (1 - b2) * (g * g)
        v = self.second_moment(v, state)
        mean, square = m / (1 - _power(b1, t)), v / (1 - _power(b2, t))
        return p - self.lr * (mean / (sqrt(square) + self.eps))

    def second_moment(self, v: Any, state: dict[str, Any]) -> Any:
        """Return the second moment to divide by: v itself."""
        return v


@dataclass(eq=False, repr=False)
class AdamW(Adam):
    """Step as Adam does, after p <- p - lr * weight_decay * p, which no running mean dampens.

    Options and errors are Adam's, with a weight decay of 0.01 unless said. Source: Loshchilov and
    Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> optimizer = AdamW([x], lr=0.5, weight_decay=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> f"{x.data:.6f}"
    '2.350000'
    """

    weight_decay: Any = field(default=0.01, kw_only=True)

    def decay(self, p: Any, g: Any) -> tuple[Any, Any]:
        """Return the smaller p, and g as it is."""
        return p * (1 - self.lr * self.weight_decay), g


@dataclass(eq=False, repr=False)
class AMSGrad(Adam):
    """Step as Adam does, divided by the largest v so far: a rate that cannot grow again.

    Options and errors are Adam's. Source: Reddi, Kale and Kumar 2018, "On the Convergence of Adam
    and Beyond", algorithm 2, with Adam's two corrections kept, as in PyTorch.

    >>> optimizer = AMSGrad(lr=0.01)
    >>> state = {}
    >>> p = optimizer.update(1.0, 100.0, state)  # one large gradient
    >>> p - optimizer.update(p, 0.5, state) < 0.01
    True
    """

    kept: ClassVar[tuple[str, ...]] = ("t", "m", "v", "v_max")

    def second_moment(self, v: Any, state: dict[str, Any]) -> Any:
        """Return the largest v so far."""
        state["v_max"] = v = maximum(state.get("v_max", 0), v)
        return v


def _power(decay: Any, t: Any) -> Any:
    """Return decay**t, for a count of steps or an array of them, with the bits of Python's pow."""
    if not isinstance(t, np.ndarray):
        return decay**t
    counts, places = np.unique(t, return_inverse=True)
    return np.array([decay ** int(count) for count in counts])[places]
