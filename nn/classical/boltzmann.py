"""The restricted Boltzmann machine: hidden units that learn how likely states of others are."""

from __future__ import annotations

from itertools import product
from typing import Any

from autograd import Value, dot, draw, logsumexp, sigmoid, softplus, sum, where
from nn.initialisers import Initialiser, Seed, find_initialiser, normal, of_layer, own_generator
from nn.inputs import Inputs, checked, checked_size
from nn.module import Module

MOST_UNITS = 16  # on the smaller side, whose 2**16 states are summed over


class RestrictedBoltzmann(Module):
    """Give states v of 0 and 1 the probability exp(-F(v)) / Z, through hidden units h of 0 and 1.

    E(v, h) = -a.v - b.h - h.Wv, and F(v) = -ln sum over h of exp(-E(v, h)). Called with v it
    returns what `steps` rounds of Gibbs sampling make of it, drawn by its own generator (`seed`,
    which starts the weights, too). It learns by contrastive divergence, `nn.fit(machine, V, V,
    loss=machine.contrast)`, whose loss is no measure of success: `log_likelihood` is. Raises
    ValueError for sizes and steps below 1 and another number of visible units.

    Sources: Smolensky 1986, "Information Processing in Dynamical Systems: Foundations of Harmony
    Theory"; Hinton 2002, "Training Products of Experts by Minimizing Contrastive Divergence";
    Hinton 2012, "A Practical Guide to Training Restricted Boltzmann Machines", section 8 (weights
    start small).

    >>> machine = RestrictedBoltzmann(3, 2, seed=0)
    >>> [p > 0.4 for p in machine.hidden([1, 0, 1])]
    [True, True]
    >>> machine([1, 0, 1])
    [0.0, 0.0, 0.0]
    """

    w: list[list[Value]]  # a row for each hidden unit
    a: list[Value]  # biases of the visible units
    b: list[Value]  # biases of the hidden units

    def __init__(
        self,
        visible: int,
        hidden: int,
        *,
        steps: int = 1,
        init: str | Initialiser | None = None,
        seed: Seed = None,
    ) -> None:
        visible, hidden = checked_size("visible", visible), checked_size("hidden", hidden)
        self.generator = source = own_generator(seed)
        start = normal(std=0.01) if init is None else find_initialiser(init, "sigmoid")
        one = of_layer(start, source, visible, hidden)
        self.w = [[Value(one(source, visible, hidden)) for _ in range(visible)]
                  for _ in range(hidden)]  # fmt: skip
        self.a = [Value(0.0) for _ in range(visible)]
        self.b = [Value(0.0) for _ in range(hidden)]
        self.steps = checked_size("steps", steps)
        self.relabel()

    def relabel(self, place: str = "") -> None:
        """Label w<place>,<hidden>,<visible>, a<place>,<visible> and b<place>,<hidden>, from 1."""
        comma = "," if place else ""
        for j, row in enumerate(self.w, 1):
            for i, w in enumerate(row, 1):
                w.label = f"w{place}{comma}{j},{i}"
        for name, biases in (("a", self.a), ("b", self.b)):
            for i, v in enumerate(biases, 1):
                v.label = f"{name}{place}{comma}{i}"

    def energy(self, v: Inputs, h: Inputs) -> Any:
        """Return E(v, h) = -a.v - b.h - h.Wv."""
        vs, hs = checked(v, len(self.a), self), list(h)
        return -dot(self.a, vs) - dot(self.b, hs) - dot(hs, [dot(row, vs) for row in self.w])

    def hidden(self, v: Inputs) -> list[Any]:
        """Return P(h_j = 1 | v) = sigmoid(b_j + sum_i w_ji v_i) for each hidden unit."""
        return [sigmoid(x) for x in self._into_hidden(v)]

    def visible(self, h: Inputs) -> list[Any]:
        """Return P(v_i = 1 | h) = sigmoid(a_i + sum_j h_j w_ji) for each visible unit."""
        return [sigmoid(x) for x in self._into_visible(h)]

    def free_energy(self, v: Inputs) -> Any:
        """Return F(v) = -a.v - sum_j ln(1 + exp(b_j + sum_i w_ji v_i)).

        >>> machine = RestrictedBoltzmann(1, 1, init="zeros")
        >>> f"{machine.free_energy([1.0]):.6f}"  # -ln 2: both states of h have the energy 0
        '-0.693147'
        """
        vs = checked(v, len(self.a), self)
        return -dot(self.a, vs) - sum([softplus(x) for x in self._into_hidden(vs)])

    def gibbs(self, v: Inputs) -> list[Any]:
        """Return new visible units, drawn given hidden ones that are drawn given v."""
        return self._drawn(self.visible(self._drawn(self.hidden(v))))

    def __call__(self, v: Inputs) -> list[Any]:
        vs = checked(v, len(self.a), self)
        for _ in range(self.steps):
            vs = self.gibbs(vs)
        return vs

    def contrast(self, drawn: Inputs, v: Inputs) -> Any:
        """Return F(v) - F(drawn): its gradient is that of contrastive divergence.

        `drawn` is what the machine returned for v, constants without a path back. With ever more
        steps its mean gradient comes to that of -`log_likelihood`. Source: Hinton 2002, equation 5.
        """
        return self.free_energy(v) - self.free_energy(drawn)

    def log_partition(self) -> Any:
        """Return ln Z, Z = sum over all v and h of exp(-E(v, h)), exactly.

        One side is summed in closed form, the other state by state. Raises ValueError for more than
        16 units on the smaller side.

        >>> machine = RestrictedBoltzmann(3, 2, init="zeros")
        >>> f"{machine.log_partition():.6f}"  # 5 ln 2: all 32 states have the energy 0
        '3.465736'
        """
        fewer = min(len(self.a), len(self.b))
        if fewer > MOST_UNITS:
            raise ValueError(
                f"{self!r}.log_partition(): the smaller side has {fewer} units, and each of its "
                f"states is visited; at most {MOST_UNITS} can be"
            )
        states = product((0.0, 1.0), repeat=fewer)
        if fewer == len(self.a):
            return logsumexp([-self.free_energy(v) for v in states])
        return logsumexp([
            dot(self.b, h) + sum([softplus(x) for x in self._into_visible(h)]) for h in states
        ])  # fmt: skip

    def log_likelihood(self, v: Inputs) -> Any:
        """Return ln P(v) = -F(v) - ln Z, exactly: for machines of a few units."""
        return -self.free_energy(v) - self.log_partition()

    def _into_hidden(self, v: Inputs) -> list[Any]:
        vs = checked(v, len(self.a), self)
        return [b + dot(row, vs) for b, row in zip(self.b, self.w, strict=True)]

    def _into_visible(self, h: Inputs) -> list[Any]:
        columns = zip(*self.w, strict=True)
        return [a + dot(column, h) for a, column in zip(self.a, columns, strict=True)]

    def _drawn(self, chances: list[Any]) -> list[Any]:
        next_number = self.generator.random
        return [where(draw(next_number) < chance, 1.0, 0.0) for chance in chances]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"visible": len(self.a), "hidden": len(self.b), "steps": self.steps}

    def __repr__(self) -> str:
        return f"RestrictedBoltzmann({len(self.a)}, {len(self.b)})"
