"""The layer: neurons that look at the same inputs."""

from __future__ import annotations

from typing import Any

from autograd import Value, functions
from nn.activations import LAYER_TITLES, Activation, find_activation, of_a_layer
from nn.initialisers import Initialiser, Seed, find_initialiser, generator, of_layer
from nn.inputs import Inputs, checked, checked_size, only
from nn.layers.neuron import Neuron
from nn.module import Module


class Layer(Module):
    """Compute the outputs of `nout` neurons of `nin` inputs each; the options are a Neuron's.

    Besides a neuron's activations there are "softmax" and "log_softmax", which turn the sums of
    all neurons, themselves linear then, into probabilities or their logarithms. Called with `nin`
    numbers it returns a list of `nout` Values, or the Value itself if there is only one. Raises
    ValueError as a Neuron does, and for a softmax of one neuron.

    >>> Layer(3, 2, activation="tanh", seed=0)
    Layer of [TanhNeuron(3), TanhNeuron(3)]
    >>> layer = Layer(2, 3, activation="softmax", seed=0)
    >>> round(sum(y.data for y in layer([1.0, -1.0])), 12)
    1.0
    """

    neurons: list[Neuron]
    activation: str

    def __init__(
        self,
        nin: int,
        nout: int,
        nonlin: bool = True,
        *,
        activation: Activation = "relu",
        bias: bool = True,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        nout = checked_size("nout", nout)
        source = generator(seed)
        whole = of_a_layer(activation) if nonlin else None
        if whole and nout == 1:
            raise ValueError(
                f"activation={whole!r} of one neuron does not depend on its inputs: "
                "give nout=2 or more, or activation='sigmoid'"
            )
        each: Activation = activation if nonlin and not whole else "linear"
        name, _ = find_activation(each)
        draw = of_layer(find_initialiser(init, name), source, checked_size("nin", nin), nout)
        self.neurons = [
            Neuron(nin, activation=each, bias=bias, init=draw, seed=source, fan_out=nout)
            for _ in range(nout)
        ]
        self.activation = whole or name
        self.relabel()

    def relabel(self, place: str = "") -> None:
        """Label the parameters w<place>,<neuron>,<input> and b<place>,<neuron>, from 1."""
        for i, neuron in enumerate(self.neurons, 1):
            neuron.relabel(f"{place},{i}" if place else f"{i}")

    def __call__(self, x: Inputs) -> Value | list[Value]:
        xs = checked(x, len(self.neurons[0].w), self)
        outputs: list[Any] = [neuron(xs) for neuron in self.neurons]
        if self.activation in LAYER_TITLES:
            outputs = getattr(functions, self.activation)(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        first = only([neuron.options() for neuron in self.neurons], self)
        if self.activation in LAYER_TITLES:
            first["activation"] = self.activation
        return {"nin": first.pop("nin"), "nout": len(self.neurons), **first}

    def __repr__(self) -> str:
        title = LAYER_TITLES.get(self.activation, "")
        return f"{title}Layer of [{', '.join(map(str, self.neurons))}]"
