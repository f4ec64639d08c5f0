"""What convolutions have in common: kernels of weights, the same at every place, and biases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import product
from math import prod
from typing import Any, ClassVar

from autograd import Value
from nn.activations import TITLES, Activation, find_activation
from nn.convolutional.sizes import Sizes, shortest, sizes, written
from nn.convolutional.windows import Grid, Margins, at_places, joined, padded, windows
from nn.initialisers import Initialiser, Seed, find_initialiser, generator, of_layer
from nn.inputs import checked_size, flattened
from nn.layers.prelu import PReLU
from nn.module import Module


class Kernels(Module):
    """Hold weights w, biases b and activation: a neuron a channel, at work in every window."""

    dimensions: ClassVar[int]
    inputs_first: ClassVar[bool] = False  # w[in][out] instead of w[out][in]
    w: list[Any]
    b: list[Value] | None

    def __init__(
        self, nin: int, nout: int, kernel: Sizes, stride: Sizes, dilation: Sizes,
        activation: Activation, bias: bool, init: str | Initialiser | None, seed: Seed,
    ) -> None:  # fmt: skip
        self.nin, self.nout = checked_size("nin", nin), checked_size("nout", nout)
        self.kernel = sizes("kernel", kernel, self.dimensions)
        self.stride = sizes("stride", stride, self.dimensions)
        self.dilation = sizes("dilation", dilation, self.dimensions)
        self.reach = [d * (k - 1) for k, d in zip(self.kernel, self.dilation, strict=True)]
        self.activation, _ = find_activation(activation)
        source, seen = generator(seed), prod(self.kernel)
        seeing = max(1, seen // prod(self.stride))  # of windows that see one number, about
        fan_in, fan_out = nin * seen, nout * seeing
        if self.inputs_first:
            fan_in, fan_out = nin * seeing, nout * seen
        shape = self.shape
        draw = of_layer(find_initialiser(init, self.activation), source, prod(shape[1:]), shape[0])
        self.w = nested(shape, lambda: Value(draw(source, fan_in, fan_out)))
        self.b = [Value(0.0) for _ in range(nout)] if bias else None
        self.functions = [find_activation(activation)[1] for _ in range(nout)]
        self.relabel()

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of w."""
        ends = (self.nin, self.nout) if self.inputs_first else (self.nout, self.nin)
        return *ends, *self.kernel

    def relabel(self, place: str = "") -> None:
        """Label the parameters w<place>,<indices of w> and b<place>,<channel>, from 1."""
        first = f"{place}," if place else ""
        indices = product(*[range(1, n + 1) for n in self.shape])
        for w, index in zip(flattened(self.w), indices, strict=True):
            w.label = f"w{first}{','.join(map(str, index))}"
        for i, b in enumerate(self.b or [], 1):
            b.label = f"b{first}{i}"
        for i, function in enumerate(self.functions, 1):
            if self.activation == "prelu" and isinstance(function, PReLU):
                function.relabel(f"{first}{i}")  # it is this channel's own

    def patches(
        self, x: Iterable[Grid], margins: Margins, fill: Any, stride: Sequence[int]
    ) -> Grid:
        """Return at each place what is seen there in all channels, one after another."""
        seen = [
            windows(padded(channel, margins, fill), self.kernel, stride, self.dilation)
            for channel in x
        ]
        return joined(seen, self.dimensions)

    def channels(
        self, patches: Grid, kernels: Sequence[list[Value]], total: Callable[[Any, Any], Any]
    ) -> list[Any]:
        """Return activation(total(kernel, patch) + b) for each kernel, at each place."""
        biases: Sequence[Any] = self.b or [None] * self.nout
        return [
            at_places(partial(_neuron, partial(total, kernel), b, f), patches, self.dimensions)
            for kernel, b, f in zip(kernels, biases, self.functions, strict=True)
        ]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        name, function = self.activation, self.functions[0]
        known = name == "prelu" or (name in TITLES and find_activation(name)[1] is function)
        return {
            "nin": self.nin,
            "nout": self.nout,
            "kernel": shortest(self.kernel),
            "stride": shortest(self.stride),
            "dilation": shortest(self.dilation),
            "activation": name if known else function,
            "bias": self.b is not None,
        }

    def __repr__(self) -> str:
        return written(self, {**self.options(), "activation": self.activation})


def nested(shape: Sequence[int], make: Callable[[], Any]) -> Any:
    """Return lists in lists of that shape, filled with what `make` returns, one after another."""
    return [nested(shape[1:], make) for _ in range(shape[0])] if shape else make()


def _neuron(total: Callable[[Any], Any], b: Value | None, f: Callable[[Any], Any], x: Any) -> Any:
    return f(total(x) if b is None else total(x) + b)
