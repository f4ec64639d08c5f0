"""Global pooling: one number for each channel, however large the signal or image is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import max as largest
from autograd import mean
from nn.convolutional.sizes import checked_channels
from nn.inputs import flattened
from nn.module import Module


class GlobalPool(Module):
    """Keep one number of each channel."""

    def kept(self, numbers: Sequence[Any]) -> Any:
        """Return the number that stands for a channel."""
        raise NotImplementedError

    def __call__(self, x: Any) -> list[Any]:
        checked_channels(x, None, self)
        return [self.kept(flattened(channel)) for channel in x]

    def options(self) -> dict[str, Any]:
        """Return the arguments that make a layer of this form again: none."""
        return {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class GlobalAvgPool(GlobalPool):
    """Compute y[c] = mean of x[c], for signals [channels][length] and images alike.

    Raises ValueError for lists of unequal lengths and for a sample without channels. Source: Lin,
    Chen and Yan 2014, "Network In Network", section 3.2.

    >>> GlobalAvgPool()([[[1.0, 5.0], [2.0, 4.0]]])
    [3.0]
    """

    def kept(self, numbers: Sequence[Any]) -> Any:
        """Return mean(numbers)."""
        return mean(numbers)


class GlobalMaxPool(GlobalPool):
    """Compute y[c] = max of x[c], for signals [channels][length] and images alike.

    Ties share the gradient evenly. Raises ValueError as `GlobalAvgPool` does.

    >>> GlobalMaxPool()([[[1.0, 5.0], [2.0, 4.0]]])
    [5.0]
    """

    def kept(self, numbers: Sequence[Any]) -> Any:
        """Return max(numbers)."""
        return largest(numbers)
