"""The layer: neurons that look at the same inputs."""

from __future__ import annotations

from autograd import Value
from nn.activations import Activation
from nn.initialisers import Initialiser, Seed, generator
from nn.inputs import Inputs, checked, checked_size
from nn.module import Module
from nn.neuron import Neuron


class Layer(Module):
    """Compute the outputs of `nout` neurons of `nin` inputs each; the options are a Neuron's.

    Called with `nin` numbers it returns a list of `nout` Values, or the Value itself if there is
    only one. Raises ValueError as a Neuron does.

    >>> Layer(3, 2, activation="tanh", seed=0)
    Layer of [TanhNeuron(3), TanhNeuron(3)]
    """

    neurons: list[Neuron]

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
        self.neurons = [
            Neuron(nin, nonlin, activation=activation, bias=bias, init=init, seed=source,
                   fan_out=nout)
            for _ in range(nout)
        ]  # fmt: skip
        self.relabel()

    def relabel(self, place: str = "") -> None:
        """Label the parameters w<place>,<neuron>,<input> and b<place>,<neuron>, from 1."""
        for i, neuron in enumerate(self.neurons, 1):
            neuron.relabel(f"{place},{i}" if place else f"{i}")

    def __call__(self, x: Inputs) -> Value | list[Value]:
        xs = checked(x, len(self.neurons[0].w), self)
        outputs = [neuron(xs) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"
