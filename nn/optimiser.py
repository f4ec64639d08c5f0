"""What optimisers have in common: the parameters, and a rate above zero."""

from __future__ import annotations

from collections.abc import Iterable

from autograd import Value


class Optimiser:
    """Hold the parameters that `step` changes.

    Raises ValueError if there are none or for a rate of zero or below, TypeError for what is not
    a Value.
    """

    def __init__(self, params: Iterable[Value], lr: float) -> None:
        self.params, self.lr = list(params), lr
        name = type(self).__name__
        if not self.params:
            raise ValueError(f"{name}([]): no parameters; pass model.parameters()")
        for p in self.params:
            if not isinstance(p, Value):
                raise TypeError(f"{name}: {p!r} is not a Value; pass model.parameters()")
        if not lr > 0:
            raise ValueError(f"{name}(lr={lr!r}): the learning rate must be above zero")

    def zero_grad(self) -> None:
        """Set the grad of every parameter to zero."""
        for p in self.params:
            p.grad = 0.0 if isinstance(p.data, float) else 0

    def step(self) -> None:
        """Change every parameter that a backward pass has reached."""
        raise NotImplementedError(f"{type(self).__name__}.step()")


def checked_decay(name: str, decay: float) -> float:
    """Return the decay of a running average. Raises ValueError unless 0 <= decay < 1."""
    if not 0 <= decay < 1:
        raise ValueError(f"{name}={decay!r}: it must be at least 0 and below 1")
    return decay
