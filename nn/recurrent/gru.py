"""The gated recurrent unit: one gate mixes old and new, another looks away from the old."""

from __future__ import annotations

from typing import Any

from autograd import tanh
from nn.initialisers import Initialiser, Seed, generator
from nn.inputs import listed
from nn.layers.layer import Layer
from nn.recurrent.recurrent import Recurrent, State


class GRU(Recurrent):
    """Compute, with z = [x_t, h_t-1], for every step of a sequence

    r = sigmoid(W_r z + b_r), u = sigmoid(W_u z + b_u),
    n = tanh(W_n x_t + b_n + r*(V_n h_t-1 + c_n)), h_t = (1 - u)*n + u*h_t-1.

    The layers are `reset_gate`, `update_gate`, `candidate` (W_n, b_n) and `memory` (V_n, c_n). As
    in PyTorch the reset gate acts behind the weights V_n; in Cho's paper it acts before them, on
    h_t-1. The other options, shapes and errors are those of `nn.recurrent.recurrent.Recurrent`.
    Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder for
    Statistical Machine Translation", equations 5 to 8.

    >>> unit = GRU(1, 1, init="zeros")  # u is 1/2, n is 0
    >>> [h] = unit.step([7.0], ([2.0],))
    >>> h
    [Value(1.0)]
    """

    def __init__(
        self,
        nin: int,
        hidden: int,
        *,
        last: bool = False,
        learned_start: bool = False,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        super().__init__(nin, hidden, last=last, learned_start=learned_start)
        source, width = generator(seed), nin + hidden
        gate: dict[str, Any] = {"activation": "sigmoid", "init": init, "seed": source}
        linear: dict[str, Any] = {"activation": "linear", "init": init, "seed": source}
        self.reset_gate = Layer(width, hidden, **gate)
        self.update_gate = Layer(width, hidden, **gate)
        self.candidate = Layer(nin, hidden, **linear)
        self.memory = Layer(hidden, hidden, **linear)
        self.relabel()

    def advance(self, x: list[Any], state: State) -> State:
        """Return (h_t,)."""
        [h] = state
        r, u = listed(self.reset_gate([*x, *h])), listed(self.update_gate([*x, *h]))
        new, old = listed(self.candidate(x)), listed(self.memory(h))
        n = [tanh(a + r * b) for a, r, b in zip(new, r, old, strict=True)]
        return ([(1 - u) * n + u * h for u, n, h in zip(u, n, h, strict=True)],)
