"""The U-Net: an image made small and deep, then large again with what was seen on the way."""

from __future__ import annotations

from typing import Any

from nn.convolutional.convolution import Conv2d
from nn.convolutional.pooling import MaxPool2d
from nn.convolutional.sizes import checked_channels, written
from nn.convolutional.transposed import TransposedConv2d
from nn.initialisers import Initialiser, Seed, generator
from nn.inputs import checked_size
from nn.layers.sequential import Sequential, number_labels
from nn.module import Module


class UNet(Module):
    """Compute a number for each pixel and each of `nout` channels, which may be logits of classes.

    On the way down there are `depth` levels: two 3×3 convolutions with relu, of `channels`, then
    twice as many, ..., each level halving the sides by max pooling; below them two more
    convolutions. On the way up a transposed convolution doubles the sides and halves the channels,
    what the same level saw on the way down is put beside it as more channels, and two
    convolutions look at both. A 1×1 convolution makes the output. An image [nin][height][width]
    becomes [nout][height][width]: borders are padded (in the paper they are cut off). Raises
    ValueError for sides that cannot be halved `depth` times, for other forms and other channels.
    Source: Ronneberger, Fischer and Brox 2015, "U-Net: Convolutional Networks for Biomedical Image
    Segmentation", section 2 and figure 1.

    >>> model = UNet(1, 2, channels=2, depth=1, seed=0)
    >>> from nn.inputs import shape
    >>> shape(model([[[0.0, 1.0, 0.0, 1.0]] * 4]))
    (2, 4, 4)
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        channels: int = 8,
        depth: int = 2,
        *,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        source = generator(seed)
        self.nin, self.nout = checked_size("nin", nin), checked_size("nout", nout)
        self.channels, self.depth = checked_size("channels", channels), checked_size("depth", depth)
        widths = [channels * 2**level for level in range(depth + 1)]

        def twice(many: int, few: int) -> Sequential:
            """Return two convolutions of 3×3 with relu."""
            return Sequential(
                Conv2d(many, few, 3, padding="same", activation="relu", init=init, seed=source),
                Conv2d(few, few, 3, padding="same", activation="relu", init=init, seed=source),
            )

        self.contracting = [twice(a, b) for a, b in zip([nin, *widths], widths[:-1], strict=False)]
        self.pool = MaxPool2d(2)
        self.bottom = twice(widths[-2], widths[-1])
        self.enlarging = [
            TransposedConv2d(2 * width, width, 2, stride=2, init=init, seed=source)
            for width in widths[-2::-1]
        ]
        self.expanding = [twice(2 * width, width) for width in widths[-2::-1]]
        self.output = Conv2d(channels, nout, 1, init=init, seed=source)
        number_labels(self)

    def __call__(self, x: Any) -> list[Any]:
        factor = 2**self.depth
        found = checked_channels(x, 2, self, self.nin)
        if any(n % factor for n in found):
            up = [-(-n // factor) * factor for n in found]
            raise ValueError(
                f"{self!r}: an image of {found[0]}×{found[1]} cannot be halved {self.depth} times: "
                f"height and width must be multiples of {factor}; pad it to {up[0]}×{up[1]}, or "
                "take a smaller depth"
            )
        seen = []
        for convolutions in self.contracting:
            x = convolutions(x)
            seen.append(x)
            x = self.pool(x)
        x = self.bottom(x)
        for enlarge, convolutions in zip(self.enlarging, self.expanding, strict=True):
            x = convolutions([*seen.pop(), *enlarge(x)])
        return self.output(x)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {
            "nin": self.nin, "nout": self.nout, "channels": self.channels, "depth": self.depth
        }  # fmt: skip

    def __repr__(self) -> str:
        return written(self, self.options())
