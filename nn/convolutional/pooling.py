"""Pooling: the largest number of every window, or their mean, for each channel on its own."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, ClassVar

from autograd import max as largest
from autograd import mean
from nn.convolutional.sizes import (
    Sizes,
    checked_channels,
    checked_window,
    shortest,
    sizes,
    written,
)
from nn.convolutional.windows import at_places, padded, windows
from nn.module import Module


class Pool(Module):
    """Look through the windows of each channel, and keep one number of each."""

    dimensions: ClassVar[int]
    fill: ClassVar[Any]

    def __init__(self, kernel: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        self.kernel = sizes("kernel", kernel, self.dimensions)
        self.stride = sizes("stride", kernel if stride is None else stride, self.dimensions)
        self.padding = sizes("padding", padding, self.dimensions, 0)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel, strict=True)):
            raise ValueError(
                f"padding={padding!r}: with more than half of kernel={kernel!r} a window would see "
                "nothing of the input"
            )

    def kept(self, window: Sequence[Any]) -> Any:
        """Return the number that stands for a window."""
        raise NotImplementedError

    def __call__(self, x: Any) -> list[Any]:
        found = checked_channels(x, self.dimensions, self)
        margins, ones = [(p, p) for p in self.padding], [1] * self.dimensions
        checked_window(found, margins, self.kernel, self)
        return [
            at_places(
                self.kept,
                windows(padded(channel, margins, self.fill), self.kernel, self.stride, ones),
                self.dimensions,
            )
            for channel in x
        ]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {
            "kernel": shortest(self.kernel),
            "stride": None if self.stride == self.kernel else shortest(self.stride),
            "padding": shortest(self.padding),
        }

    def __repr__(self) -> str:
        return written(self, self.options())


class MaxPool(Pool):
    """Keep the largest number; beyond the edge there is minus infinity."""

    fill: ClassVar[Any] = -inf

    def kept(self, window: Sequence[Any]) -> Any:
        """Return max(window)."""
        return largest(window)


class AvgPool(Pool):
    """Keep the mean; beyond the edge there are zeros, which count."""

    fill: ClassVar[Any] = 0

    def kept(self, window: Sequence[Any]) -> Any:
        """Return mean(window)."""
        return mean(window)


class MaxPool1d(MaxPool):
    """Compute y[c][t] = max over a < k of x[c][s t + a - p], the stride s being k unless given.

    A signal [channels][length] becomes [channels][floor((length + 2p - k) / s) + 1]: what is left
    over at the end is seen by no window. Ties share the gradient evenly (PyTorch gives it to the
    first). Raises ValueError for a sample of another form, a window larger than the signal, sizes
    below 1 and padding above k / 2. Source: Goodfellow, Bengio and Courville 2016, "Deep Learning",
    section 9.3.

    >>> MaxPool1d(2)([[1.0, 5.0, 2.0, 3.0]])
    [[5.0, 3.0]]
    """

    dimensions: ClassVar[int] = 1


class MaxPool2d(MaxPool):
    """Compute y[c][i][j] = max over a, b < k of x[c][s i + a - p][s j + b - p].

    Of an image [channels][height][width]; sizes, ties and errors are those of `MaxPool1d`, each
    size one number or (vertical, horizontal).

    >>> MaxPool2d(2)([[[1.0, 5.0, 2.0, 3.0], [4.0, 0.0, 7.0, 6.0]]])
    [[[5.0, 7.0]]]
    """

    dimensions: ClassVar[int] = 2


class AvgPool1d(AvgPool):
    """Compute y[c][t] = mean over a < k of x[c][s t + a - p]; zeros of the padding count.

    Sizes and errors are those of `MaxPool1d`. Source: LeCun et al. 1998, "Gradient-Based Learning
    Applied to Document Recognition", section II.B (there with a weight and a bias a channel).

    >>> AvgPool1d(2)([[1.0, 5.0, 2.0, 3.0]])
    [[3.0, 2.5]]
    """

    dimensions: ClassVar[int] = 1


class AvgPool2d(AvgPool):
    """Compute y[c][i][j] = mean over a, b < k of x[c][s i + a - p][s j + b - p].

    Sizes and errors are those of `MaxPool2d`; zeros of the padding count, as in `AvgPool1d`.

    >>> AvgPool2d(2)([[[1.0, 5.0, 2.0, 3.0], [4.0, 2.0, 7.0, 6.0]]])
    [[[3.0, 4.5]]]
    """

    dimensions: ClassVar[int] = 2
