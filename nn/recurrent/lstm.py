"""The long short-term memory: cells that keep what they hold, and gates that decide."""

from __future__ import annotations

from typing import Any

from autograd import tanh
from autograd.real import plain_number
from nn.initialisers import Initialiser, Seed, generator
from nn.inputs import listed
from nn.layers.layer import Layer
from nn.recurrent.gate import Gate
from nn.recurrent.recurrent import Recurrent, State


class LSTM(Recurrent):
    """Compute, with z = [x_t, h_t-1], for every step of a sequence

    i = sigmoid(W_i z + b_i), f = sigmoid(W_f z + b_f), g = tanh(W_g z + b_g),
    c_t = f*c_t-1 + i*g, o = sigmoid(W_o z + b_o), h_t = o*tanh(c_t).

    The layers are `input_gate`, `forget_gate`, `candidate` and `output_gate`; the state is (h, c).
    With `peephole=True` the gates see their cells as well: i and f see c_t-1, o sees c_t. The
    forget gates' biases start at `forget_bias`, so that a new network remembers. The other options,
    shapes and errors are those of `nn.recurrent.recurrent.Recurrent`.

    Sources: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; Gers, Schmidhuber and
    Cummins 2000, "Learning to Forget" (the forget gate); Gers, Schraudolph and Schmidhuber 2002,
    "Learning Precise Timing with LSTM Recurrent Networks", equations 1 to 6 (peepholes);
    Jozefowicz, Zaremba and Sutskever 2015, "An Empirical Exploration of Recurrent Network
    Architectures", section 3.1 (the bias of 1).

    >>> memory = LSTM(1, 1, init="zeros", forget_bias=1000.0)  # never forgets
    >>> h, c = memory.step([7.0], ([0.0], [2.0]))
    >>> c
    [Value(2.0)]
    """  # fmt: skip

    symbols = "hc"

    def __init__(
        self,
        nin: int,
        hidden: int,
        *,
        peephole: bool = False,
        forget_bias: float = 1.0,
        last: bool = False,
        learned_start: bool = False,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        super().__init__(nin, hidden, last=last, learned_start=learned_start)
        source, width = generator(seed), nin + hidden
        self.peephole = bool(peephole)
        self.forget_bias = plain_number(forget_bias, f"LSTM(forget_bias={forget_bias!r})")
        self.input_gate = Gate(width, hidden, peephole=peephole, init=init, seed=source)
        self.forget_gate = Gate(width, hidden, peephole=peephole, init=init, seed=source)
        self.candidate = Layer(width, hidden, activation="tanh", init=init, seed=source)
        self.output_gate = Gate(width, hidden, peephole=peephole, init=init, seed=source)
        for neuron in self.forget_gate.neurons:
            neuron.b.data = self.forget_bias  # type: ignore[union-attr]  # it has one
        self.relabel()

    def advance(self, x: list[Any], state: State) -> State:
        """Return (h_t, c_t)."""
        h, c = state
        z = [*x, *h]
        i, f, g = self.input_gate(z, c), self.forget_gate(z, c), listed(self.candidate(z))
        c = [f * c + i * g for f, c, i, g in zip(f, c, i, g, strict=True)]
        o = self.output_gate(z, c)
        return [o * tanh(c) for o, c in zip(o, c, strict=True)], c

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {**super().options(), "peephole": self.peephole, "forget_bias": self.forget_bias}
