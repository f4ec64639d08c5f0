"""AdaGrad: the more a coordinate has moved, the smaller its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from autograd.numbers import sqrt
from nn.optimizers.optimizer import Optimizer


@dataclass(eq=False, repr=False)
class AdaGrad(Optimizer):
    """Divide by the root of the sum of all squares so far.

        s <- s + g**2                         p <- p - lr * g / (sqrt(s) + eps)      s from 0

    Options and errors are those of every `Optimizer`; ValueError also for eps <= 0. Source: Duchi,
    Hazan and Singer 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization", figure 1 with diagonal matrices.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> optimizer = AdaGrad([x], lr=0.5)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> f"{x.data:.6f}"
    '2.500000'
    """

    kept: ClassVar[tuple[str, ...]] = ("s",)

    lr: Any = 0.01
    eps: Any = 1e-10

    def __post_init__(self) -> None:
        super().__post_init__()
        self.eps = self._above_zero("eps", "it keeps the division from 0/0; above zero")

    def update(self, p: Any, g: Any, state: dict[str, Any]) -> Any:
        """Return p - lr * g / (sqrt(s) + eps)."""
        p, g = self.decay(p, g)
        state["s"] = s = state.get("s", 0) + g * g
        return p - self.lr * (g / (sqrt(s) + self.eps))
