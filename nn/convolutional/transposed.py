"""The transposed convolution: each number stamps a kernel, so that an image grows."""

from __future__ import annotations

from typing import Any, ClassVar

from autograd import Value, dot
from nn.activations import Activation
from nn.convolutional.kernels import Kernels
from nn.convolutional.sizes import Sizes, checked_channels, shortest, sizes, times
from nn.convolutional.windows import stretched
from nn.initialisers import Initialiser, Seed
from nn.inputs import flattened


class TransposedConvolution(Kernels):
    """Compute what a convolution's gradient by its input does, with weights of its own."""

    inputs_first: ClassVar[bool] = True

    def __init__(
        self,
        nin: int,
        nout: int,
        kernel: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        dilation: Sizes = 1,
        *,
        activation: Activation = "linear",
        bias: bool = True,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        super().__init__(nin, nout, kernel, stride, dilation, activation, bias, init, seed)
        self.padding = sizes("padding", padding, self.dimensions, 0)
        self.output_padding = sizes("output_padding", output_padding, self.dimensions, 0)
        if any(p > n for p, n in zip(self.padding, self.reach, strict=True)):
            raise ValueError(
                f"padding={padding!r}: it cuts off more than a kernel reaches beyond the first "
                f"number; at most dilation * (kernel - 1) = {shortest(self.reach)}"
            )
        steps = zip(self.output_padding, self.stride, self.dilation, strict=True)
        if any(more >= max(s, d) for more, s, d in steps):
            raise ValueError(
                f"output_padding={output_padding!r}: it must be below the stride, "
                f"{shortest(self.stride)}, or the dilation, {shortest(self.dilation)}"
            )
        self.margins = [
            (n - p, n - p + more)
            for n, p, more in zip(self.reach, self.padding, self.output_padding, strict=True)
        ]

    def __call__(self, x: Any) -> list[Any]:
        self._check_room(checked_channels(x, self.dimensions, self, self.nin))
        ones = [1] * self.dimensions
        apart = [stretched(channel, self.stride, None) for channel in x]
        patches = self.patches(apart, self.margins, None, ones)
        # a number that lies left of a place reaches it with the right part of its stamp
        kernels = [
            [w for of_input in self.w for w in flattened(of_input[o])[::-1]]
            for o in range(self.nout)
        ]
        return self.channels(patches, kernels, _meeting)

    def _check_room(self, found: tuple[int, ...]) -> None:
        apart = [s * (n - 1) + 1 for n, s in zip(found, self.stride, strict=True)]
        rest = [n + a + b - r for n, (a, b), r in zip(apart, self.margins, self.reach, strict=True)]
        if min(rest) < 1:
            raise ValueError(
                f"{self!r}: of an input of {times(found)} padding={shortest(self.padding)} cuts "
                "off all that was stamped; give less padding, or a larger input"
            )

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return super().options() | {
            "padding": shortest(self.padding),
            "output_padding": shortest(self.output_padding),
        }


class TransposedConv1d(TransposedConvolution):
    """Compute y[o][u] = activation(sum of w[c][o][a] x[c][t] where s t + d a - p = u, + b[o]).

    So each number of a signal [nin][length] stamps its kernel, scaled, at every s-th place, and
    stamps add up where they overlap: [nout][s (length - 1) + d (k - 1) + 1 - 2p + output_padding]
    with kernel k, stride s, padding p (cut off at each side) and dilation d. With the same weights
    it is the adjoint of `Conv1d`: <conv x, y> = <x, transposed y>. Options and errors are those of
    `Conv1d`, but padding is at most d (k - 1) and must leave something, and output_padding (places
    more at the end, for several lengths shrink to the same one) is below s or d. Source: Dumoulin
    and Visin 2016, "A guide to convolution arithmetic for deep learning", section 4.

    >>> TransposedConv1d(1, 1, 2, stride=2, init=lambda *_: 1.0)([[1.0, 5.0]])
    [[Value(1.0), Value(1.0), Value(5.0), Value(5.0)]]
    """

    dimensions: ClassVar[int] = 1


class TransposedConv2d(TransposedConvolution):
    """Compute y[o][u][v], the sum of all stamps w[c][o] * x[c][i][j] that reach that place, + b[o].

    An image [nin][height][width] becomes a larger one; sizes, options and errors are those of
    `TransposedConv1d`, each size one number or (vertical, horizontal). Sources: Zeiler et al. 2010,
    "Deconvolutional Networks"; Dumoulin and Visin 2016, section 4.

    >>> TransposedConv2d(1, 1, (1, 2), stride=2, init=lambda *_: 1.0)([[[1.0, 5.0]]])
    [[[Value(1.0), Value(1.0), Value(5.0), Value(5.0)]]]
    """

    dimensions: ClassVar[int] = 2


def _meeting(kernel: list[Value], patch: list[Any]) -> Any:
    """Return the sum of w * x without the gaps: places that no input stands at."""
    pairs = [(w, x) for w, x in zip(kernel, patch, strict=True) if x is not None]
    return dot([w for w, _ in pairs], [x for _, x in pairs]) if pairs else 0
