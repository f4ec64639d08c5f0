"""Gradient descent, with or without momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nn.optimizers.optimizer import Optimizer
from nn.optimizers.options import in_use


@dataclass(eq=False, repr=False)
class SGD(Optimizer):
    """Step down the gradient: v <- momentum * v + g; p <- p - lr * v, v from 0.

    With `nesterov` the step is lr * (g + momentum * v): one ahead of the velocity. Exact numbers
    stay exact. Other options and errors are those of every `Optimizer`; ValueError also for a
    momentum outside [0, 1) and for `nesterov` without momentum. Sources: Robbins and Monro 1951, "A
    Stochastic Approximation Method"; Polyak 1964, "Some methods of speeding up the convergence of
    iteration methods"; Nesterov 1983 in the form of Sutskever et al. 2013, "On the importance of
    initialization and momentum in deep learning".

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> optimizer = SGD([x], lr=0.5)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> x.data
    0.0
    """

    kept: ClassVar[tuple[str, ...]] = ("velocity",)

    lr: Any = 0.01
    momentum: Any = 0
    nesterov: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.momentum = self._decay_rate("momentum")
        if self.nesterov and not self.momentum:
            raise ValueError(
                "SGD(nesterov=True): it looks ahead along the momentum; give one, as momentum=0.9"
            )

    def update(self, p: Any, g: Any, state: dict[str, Any]) -> Any:
        """Return p - lr * v."""
        p, g = self.decay(p, g)
        if not in_use(self.momentum):
            return p - self.lr * g
        state["velocity"] = v = self.momentum * state.get("velocity", 0) + g
        return p - self.lr * (g + self.momentum * v if self.nesterov else v)
