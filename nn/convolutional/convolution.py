"""The convolution: one small neuron that looks at every window of a signal or an image in turn."""

from __future__ import annotations

from typing import Any, ClassVar

from autograd import dot
from nn.activations import Activation
from nn.convolutional.kernels import Kernels
from nn.convolutional.sizes import (
    Sizes,
    checked_channels,
    checked_window,
    shortest,
    sizes,
)
from nn.initialisers import Initialiser, Seed
from nn.inputs import flattened

Padding = Sizes | str


class Convolution(Kernels):
    """Compute activation(sum over a window of w * x + b) for each channel and each window."""

    def __init__(
        self,
        nin: int,
        nout: int,
        kernel: Sizes,
        stride: Sizes = 1,
        padding: Padding = 0,
        dilation: Sizes = 1,
        *,
        activation: Activation = "linear",
        bias: bool = True,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        super().__init__(nin, nout, kernel, stride, dilation, activation, bias, init, seed)
        if padding == "same":
            if set(self.stride) != {1}:
                raise ValueError(
                    f"padding='same' with stride={stride!r}: the output is as large as the input "
                    f"only with stride=1; write padding={shortest([n // 2 for n in self.reach])}"
                )
            self.margins = [(n // 2, n - n // 2) for n in self.reach]
            self.padding: tuple[int, ...] | str = padding
        elif isinstance(padding, str):
            raise ValueError(f"padding={padding!r}: give 'same', or how many zeros at each side")
        else:
            self.padding = sizes("padding", padding, self.dimensions, 0)
            self.margins = [(n, n) for n in self.padding]

    def __call__(self, x: Any) -> list[Any]:
        found = checked_channels(x, self.dimensions, self, self.nin)
        checked_window(found, self.margins, [n + 1 for n in self.reach], self)
        patches = self.patches(x, self.margins, 0, self.stride)
        return self.channels(patches, [flattened(w) for w in self.w], dot)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        padding = self.padding if isinstance(self.padding, str) else shortest(self.padding)
        return super().options() | {"padding": padding}


class Conv1d(Convolution):
    """Compute y[o][t] = activation(sum_c,a w[o][c][a] x[c][s t + d a - p] + b[o]).

    A signal [nin][length] becomes [nout][new length] with floor((length + 2p - d(k - 1) - 1) / s)
    + 1 places: kernel k, stride s, padding p (zeros at each side), dilation d. padding="same" keeps
    the length, at stride 1. As in PyTorch and all networks the kernel is not reversed: strictly, it
    is a cross-correlation. `activation`, `init` and `seed` are a Neuron's ("prelu" learns a slope a
    channel), linear unless said. Raises ValueError for a sample of another form or with another
    number of channels, a window larger than the signal, and sizes below 1. Sources: Waibel et al.
    1989, "Phoneme Recognition Using Time-Delay Neural Networks"; Goodfellow, Bengio and Courville
    2016, "Deep Learning", equation 9.4.

    >>> difference = Conv1d(1, 1, 2)
    >>> difference.w[0][0][0].data, difference.w[0][0][1].data = -1.0, 1.0
    >>> [y.data for y in difference([[1.0, 4.0, 9.0, 16.0]])[0]]
    [3.0, 5.0, 7.0]
    """

    dimensions: ClassVar[int] = 1


class Conv2d(Convolution):
    """Compute y[o][i][j] = activation(sum w[o][c][a][b] x[c][s i + d a - p][s j + d b - p] + b[o]).

    The sum is over c, a and b. An image [nin][height][width] becomes [nout][...][...]; `kernel`,
    `stride`, `padding` and `dilation` are one number or (vertical, horizontal), with the sizes,
    options and errors of `Conv1d`. Sources: LeCun et al. 1989, "Backpropagation Applied to
    Handwritten Zip Code Recognition"; Goodfellow, Bengio and Courville 2016, "Deep Learning",
    equation 9.6; Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning",
    section 2.

    >>> mean = Conv2d(1, 1, 2, stride=2, init=lambda *_: 0.25)
    >>> mean([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])
    [[[Value(3.5), Value(5.5)]]]
    >>> mean
    Conv2d(1, 1, 2, stride=2)
    """

    dimensions: ClassVar[int] = 2
