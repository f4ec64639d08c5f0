"""The neuron: a weighted sum, a bias and an activation, each a node that can be seen."""

from __future__ import annotations

from typing import Any

from autograd import Value, dot
from nn.activations import TITLES, Activation, find_activation, name_of
from nn.initialisers import Initialiser, Seed, find_initialiser, generator, of_layer
from nn.inputs import Inputs, checked, checked_size
from nn.layers.prelu import PReLU
from nn.module import Module


class Neuron(Module):
    """Compute activation(w1*x1 + ... + wn*xn + b).

    `activation` is a name (`nn.activations.TITLES`) or a function of one Value, which may be a
    Module with parameters, as `nn.PReLU()`; `nonlin=False` means "linear". `init` is a name
    (`nn.initialisers.INITIALISERS`; micrograd's is "uniform") or a function, chosen by the
    activation unless said; `seed=None` draws from Python's `random`. `fan_out` is the width of the
    neuron's layer, for initialisers that ask. Raises ValueError for sizes below 1, unknown names,
    and a call with other than `nin` inputs.

    >>> neuron = Neuron(2, activation="tanh", seed=0)
    >>> neuron.w[0].data, neuron.w[1].data, neuron.b.data = -3.0, 1.0, 6.8813735870195432
    >>> f"{neuron([2.0, 0.0]):.4f}"
    '0.7071'
    """

    w: list[Value]
    b: Value | None
    activation: str

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: Activation = "relu",
        bias: bool = True,
        init: str | Initialiser | None = None,
        seed: Seed = None,
        fan_out: int = 1,
    ) -> None:
        nin = checked_size("nin", nin)
        name, function = find_activation(activation if nonlin else "linear")
        source = generator(seed)
        draw = of_layer(find_initialiser(init, name), source, nin, 1)
        self.w = [Value(draw(source, nin, fan_out)) for _ in range(nin)]
        self.b = Value(0.0) if bias else None
        self.activation, self.function = name, function
        self.relabel()

    @property
    def nonlin(self) -> bool:
        """Say whether there is an activation."""
        return self.activation != "linear"

    def relabel(self, place: str = "") -> None:
        """Label the weights w1, w2, ... and the bias b, with the neuron's place put in between.

        >>> neuron = Neuron(2)
        >>> neuron.relabel("1,3")  # layer 1, neuron 3
        >>> [p.label for p in neuron.parameters()]
        ['w1,3,1', 'w1,3,2', 'b1,3']
        """
        for i, w in enumerate(self.w, 1):
            w.label = f"w{place},{i}" if place else f"w{i}"
        if self.b is not None:
            self.b.label = f"b{place}"
        if self.activation == "prelu" and isinstance(self.function, PReLU):
            self.function.relabel(place)  # it is this neuron's own

    def __call__(self, x: Inputs) -> Value:
        total = dot(self.w, checked(x, len(self.w), self))
        y: Value = self.function(total if self.b is None else total + self.b)
        return y

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        activation = name_of(self.activation, self.function)
        return {"nin": len(self.w), "activation": activation, "bias": self.b is not None}

    def __repr__(self) -> str:
        return f"{TITLES.get(self.activation, self.activation)}Neuron({len(self.w)})"
