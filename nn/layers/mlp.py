"""The multi-layer perceptron: layers, each fed with the outputs of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from nn.activations import Activation, find_activation, of_a_layer
from nn.initialisers import Initialiser, Seed, generator
from nn.inputs import Inputs, checked, only
from nn.layers.layer import Layer
from nn.module import Module


class MLP(Module):
    """Compute layer_n(... layer_1(x)): hidden layers with an activation, the last one linear.

    `MLP(2, [16, 16, 1])` has 2 inputs, two hidden layers of 16 and one output. `output` is the
    activation of the last layer; the other options are a Neuron's. Parameters are labelled
    w<layer>,<neuron>,<input> and b<layer>,<neuron>, counted from 1. Called with `nin` numbers it
    returns a list of Values, or the Value itself if there is one output. Raises ValueError as a
    Neuron does, and for a network without layers.

    With `init="uniform"` and no seed the weights are drawn as in micrograd, so `random.seed(1337)`
    gives its starting weights.

    >>> model = MLP(2, [2, 1], seed=0)
    >>> model
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
    >>> [p.label for p in model.parameters()]
    ['w1,1,1', 'w1,1,2', 'b1,1', 'w1,2,1', 'w1,2,2', 'b1,2', 'w2,1,1', 'w2,1,2', 'b2,1']
    """

    layers: list[Layer]

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: Activation = "relu",
        output: Activation = "linear",
        bias: bool = True,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        if not isinstance(nouts, Sequence) or not nouts:
            raise ValueError(f"nouts={nouts!r}: give the size of every layer, as MLP(2, [16, 1])")
        if not of_a_layer(activation):
            find_activation(activation)  # a name that is wrong is told, though no layer uses it
        source = generator(seed)
        activations = [activation] * (len(nouts) - 1) + [output]
        self.layers = [
            Layer(nin, nout, activation=function, bias=bias, init=init, seed=source)
            for (nin, nout), function in zip(pairwise([nin, *nouts]), activations, strict=True)
        ]
        for i, layer in enumerate(self.layers, 1):
            layer.relabel(f"{i}")

    def __call__(self, x: Inputs) -> Any:
        x = checked(x, len(self.layers[0].neurons[0].w), self)
        for layer in self.layers:
            x = layer(x)
        return x

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        if any(type(layer) is not Layer for layer in self.layers):
            raise ValueError("an MLP holds more than Layers (a Sequential may hold anything)")
        layers = [layer.options() for layer in self.layers]
        return {
            "nin": layers[0]["nin"],
            "nouts": [layer["nout"] for layer in layers],
            "activation": only([layer["activation"] for layer in layers[:-1]] or ["relu"], self),
            "output": layers[-1]["activation"],
            "bias": only([layer["bias"] for layer in layers], self),
        }

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"
