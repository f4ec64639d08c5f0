"""The simple recurrent network: a layer that sees the new inputs and its own last outputs."""

from __future__ import annotations

from typing import Any

from nn.activations import Activation
from nn.initialisers import Initialiser, Seed
from nn.inputs import listed
from nn.layers.layer import Layer
from nn.recurrent.recurrent import Recurrent, State


class RNN(Recurrent):
    """Compute h_t = tanh(W [x_t, h_t-1] + b) for every step of a sequence.

    W has a row for each hidden unit: its weights for the `nin` inputs, then for the `hidden` units
    of the step before. `activation` is a Layer's, "relu" say. The other options, shapes and errors
    are those of `nn.recurrent.recurrent.Recurrent`. Stack them in a Sequential. Source: Elman 1990,
    "Finding Structure in Time".

    >>> unit = RNN(1, 1, activation="relu", init=lambda *_: 1.0)  # adds up
    >>> unit([1.0, 2.0, 3.0])
    [[Value(1.0)], [Value(3.0)], [Value(6.0)]]
    >>> RNN(1, 1, activation="relu", init=lambda *_: 1.0, last=True)([1.0, 2.0, 3.0])
    [Value(6.0)]
    """

    def __init__(
        self,
        nin: int,
        hidden: int,
        *,
        activation: Activation = "tanh",
        last: bool = False,
        learned_start: bool = False,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        super().__init__(nin, hidden, last=last, learned_start=learned_start)
        self.cell = Layer(nin + hidden, hidden, activation=activation, init=init, seed=seed)
        self.relabel()

    def advance(self, x: list[Any], state: State) -> State:
        """Return (h_t,)."""
        [h] = state
        return (listed(self.cell([*x, *h])),)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {**super().options(), "activation": self.cell.options()["activation"]}
