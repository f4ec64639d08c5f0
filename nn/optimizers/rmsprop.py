"""RMSprop: AdaGrad with a memory that fades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from autograd.numbers import maximum, sqrt
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.options import in_use


@dataclass(eq=False, repr=False)
class RMSprop(Optimizer):
    """Divide by a running root mean square of the gradient.

        s <- alpha * s + (1 - alpha) * g**2   p <- p - lr * g / (sqrt(s) + eps)      s from 0

    `centered` divides by the running standard deviation, sqrt(s - a**2) with the running mean a;
    with `momentum` the steps add up: v <- momentum * v + g / (...), p <- p - lr * v. Other options
    and errors are those of every `Optimizer`; ValueError also for eps <= 0, alpha and momentum
    outside [0, 1). Sources: Tieleman and Hinton 2012, "Neural Networks for Machine Learning",
    lecture 6.5; Graves 2013, "Generating Sequences With Recurrent Neural Networks", equations 38
    to 41, for the centered form.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> optimizer = RMSprop([x], lr=0.5, alpha=0.75)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> f"{x.data:.6f}"
    '2.000000'
    """

    kept: ClassVar[tuple[str, ...]] = ("s", "a", "velocity")

    lr: Any = 0.01
    alpha: Any = 0.99
    eps: Any = 1e-8
    momentum: Any = 0
    centered: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.alpha = self._decay_rate("alpha")
        self.momentum = self._decay_rate("momentum")
        self.eps = self._above_zero("eps", "it keeps the division from 0/0; above zero")

    def update(self, p: Any, g: Any, state: dict[str, Any]) -> Any:
        """Return p - lr * g / (sqrt(s) + eps), or - lr * v."""
        p, g = self.decay(p, g)
        state["s"] = s = self.alpha * state.get("s", 0) + (1 - self.alpha) * (g * g)
        if self.centered:
            state["a"] = a = self.alpha * state.get("a", 0) + (1 - self.alpha) * g
            s = maximum(s - a * a, 0)  # rounding may leave it below zero
        g = g / (sqrt(s) + self.eps)
        if in_use(self.momentum):
            state["velocity"] = g = self.momentum * state.get("velocity", 0) + g
        return p - self.lr * g
