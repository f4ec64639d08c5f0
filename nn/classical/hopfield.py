"""Hopfield's network: an energy with a valley for each pattern that it remembers."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import dot
from nn.data.arrays import unknown, whole
from nn.initialisers import Seed, generator
from nn.inputs import listed, shape

State = list[Any]  # a unit each: -1 or 1; 0 is unknown
RULES = ("hebb", "projection")


@dataclass(frozen=True)
class Recall:
    """Hold the states of a recall, the first one given, and how it ended.

    A state follows when a unit has changed, or, in synchronous recall, when several have at once.
    It is `settled` if no unit wants to change any more; a synchronous recall that goes to and fro
    between two states for ever is a `cycle`.
    """

    states: list[State]
    settled: bool
    cycle: bool = False

    @property
    def state(self) -> State:
        """Return the last state."""
        return self.states[-1]


class Hopfield:
    """Remember patterns of -1 and 1 as minima of E(s) = -1/2 sum_ij w_ij s_i s_j.

    The weights are symmetric, with w_ii = 0. By the rule "hebb" w_ij = sum over patterns p_i p_j:
    about 0.138 n random patterns of n units are kept, nearly without errors, and beyond that none.
    "projection" takes P P^+ without its diagonal, P with a pattern in each column: fewer than n
    random ones are all kept exactly. Raises ValueError for no patterns, unequal lengths, other
    numbers, fewer than two units and an unknown rule.

    Sources: Hopfield 1982, "Neural Networks and Physical Systems with Emergent Collective
    Computational Abilities", equations 2 and 7; Amit, Gutfreund and Sompolinsky 1985, "Storing
    Infinite Numbers of Patterns in a Spin-Glass Model of Neural Networks" (the capacity); for the
    projection Personnaz, Guyon and Dreyfus 1985, "Information Storage and Retrieval in Spin-Glass
    Like Neural Networks".

    >>> memory = Hopfield([[1, 1, 1, -1, -1, -1], [1, -1, 1, -1, 1, -1]])
    >>> memory.recall([1, 1, -1, -1, -1, -1]).state
    [1, 1, 1, -1, -1, -1]
    >>> memory.energy([1, 1, 1, -1, -1, -1]), memory.energy([1, 1, -1, -1, -1, -1])
    (-14.0, -2.0)
    """

    w: list[list[Any]]

    def __init__(self, patterns: Iterable[Iterable[Any]], rule: str = "hebb") -> None:
        if rule not in RULES:
            raise unknown("rule", rule, RULES)
        rows = [listed(pattern) for pattern in listed(patterns)]
        size = shape(rows)
        if len(size) != 2 or size[1] < 2:
            raise ValueError(
                f"Hopfield: patterns of shape {size}; give a list of them, of two units or more"
            )
        self.patterns = [_checked(row, size[1], (-1, 1)) for row in rows]
        products = hebb(self.patterns) if rule == "hebb" else projection(self.patterns)
        self.w = [[0 if i == j else w for j, w in enumerate(row)] for i, row in enumerate(products)]

    def field(self, state: Sequence[Any], i: int) -> Any:
        """Return sum_j w_ij s_j = -dE/ds_i: its sign is what unit i wants to be."""
        return dot(self.w[i], state)

    def energy(self, state: Sequence[Any]) -> Any:
        """Return E(s) = -1/2 sum_ij w_ij s_i s_j; the numbers may be Values.

        >>> Hopfield([[1, 1]]).energy([1, -1])
        1.0
        """
        return -dot(state, [self.field(state, i) for i in range(len(self.w))]) / 2

    def recall(
        self,
        state: Iterable[Any],
        *,
        synchronous: bool = False,
        seed: Seed = 0,
        most: int = 100,
    ) -> Recall:
        """Let units follow the sign of their field until none wants to change, or `most` rounds.

        A unit is -1, 1, or 0 if it is not known; one without a field stays as it is. Units go one
        after another, in an order drawn anew for each round (`seed`): each change lowers the
        energy, so it always settles. With `synchronous` all go at once, which ends in a state or a
        cycle of two. Raises ValueError for another number of units, other numbers and `most` below
        1.
        Sources: Hopfield 1982, equation 8; Goles, Fogelman and Pellegrin 1985, "Decreasing Energy
        Functions as a Tool for Studying Threshold Networks" (the cycles).

        >>> memory = Hopfield([[1, 1]])
        >>> memory.recall([0, 1]).states
        [[0, 1], [1, 1]]
        >>> memory.recall([-1, 1], synchronous=True).cycle
        True
        """
        now = _checked(list(state), len(self.w), (-1, 0, 1))
        units, source = list(range(len(now))), random.Random(generator(seed).uniform(0, 1))
        states = [now]
        for _ in range(whole("most", most, 1)):
            before = states[-1]
            if synchronous:
                now = [self._wanted(before, i) for i in units]
                if now != before:
                    states.append(now)
                if len(states) > 2 and now == states[-3]:
                    return Recall(states, settled=False, cycle=True)
            else:
                source.shuffle(units)
                for i in units:
                    now = states[-1]
                    if (wanted := self._wanted(now, i)) != now[i]:
                        states.append([*now[:i], wanted, *now[i + 1 :]])
            if states[-1] is before:
                return Recall(states, settled=True)
        return Recall(states, settled=False)

    def _wanted(self, state: State, i: int) -> Any:
        field = self.field(state, i)
        return 1 if field > 0 else -1 if field < 0 else state[i]

    def __repr__(self) -> str:
        return f"Hopfield of {len(self.patterns)} patterns of {len(self.w)} units"


def hebb(patterns: Sequence[State]) -> list[list[Any]]:
    """Return sum over patterns of p_i p_j: what fires together is wired together.

    >>> hebb([[1, -1], [1, 1]])
    [[2, 0], [0, 2]]
    """
    units = list(zip(*patterns, strict=True))
    return [[dot(a, b) for b in units] for a in units]


def projection(patterns: Sequence[State]) -> list[list[Any]]:
    """Return P P^+, which maps each pattern, a column of P, to itself, to multiples of 2**-40.

    Sums of such multiples are exact, so that no unit is moved by what rounding left of a field 0.

    >>> projection([[1, 1]])
    [[0.5, 0.5], [0.5, 0.5]]
    """
    columns = np.array(patterns, dtype=float).T
    products = columns @ np.linalg.pinv(columns)
    symmetric = (products + products.T) / 2  # which rounding made it not
    found: list[list[Any]] = (np.round(symmetric * 2**40) / 2**40).tolist()
    return found


def _checked(state: Sequence[Any], units: int, allowed: tuple[int, ...]) -> State:
    """Return the units as whole numbers; raise ValueError for another number of them or others."""
    if len(state) != units:
        raise ValueError(f"Hopfield: {len(state)} units where there must be {units}")
    if odd := [s for s in state if s not in allowed]:
        hint = ": write 2*x - 1 for pixels of 0 and 1" if odd[0] == 0 else ""
        raise ValueError(f"Hopfield: a unit is {odd[0]!r}, none of {allowed}{hint}")
    return [int(s) for s in state]
