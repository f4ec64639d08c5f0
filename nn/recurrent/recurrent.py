"""What recurrent networks share: the state, its start, masks, and the loop over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograd import Value, where
from nn.inputs import Inputs, checked_size, is_row, listed
from nn.layers.layer import Layer
from nn.module import Module

State = tuple[list[Any], ...]  # of `hidden` numbers each; the first is the output


class Recurrent(Module):
    """Run a cell through a sequence: state_t = advance(x_t, state_t-1), whose first part is h_t.

    A sequence is a list of steps, each a list of `nin` numbers (or a number, if it is only one).
    Called with it, this returns [h_1, h_2, ...], or h of the last step alone with `last=True`. The
    state starts at zeros; with `learned_start=True` at parameters that are zeros at first.

    `mask` has a number for each step: at 0 the state stays as it is, so that what a sequence was
    filled up with leaves no trace; `nn.Masked` reads it from a sample. `state` is one to start
    from, as `step` returns it. Raises ValueError for sizes below 1, an empty sequence, a step with
    another number of features, a state or mask of another size; TypeError for one number.
    """

    symbols = "h"  # one for each part of the state
    start: State

    def __init__(self, nin: int, hidden: int, *, last: bool, learned_start: bool) -> None:
        self.nin, self.hidden = checked_size("nin", nin), checked_size("hidden", hidden)
        self.last, self.learned_start = bool(last), bool(learned_start)
        self.start = tuple(
            [Value(0.0) if learned_start else 0 for _ in range(hidden)] for _ in self.symbols
        )

    def advance(self, x: list[Any], state: State) -> State:
        """Return the state after a step: the cell's formula."""
        raise NotImplementedError(f"{type(self).__name__} lacks advance(self, x, state)")

    def step(self, x: Inputs, state: State | None = None) -> State:
        """Return the state after one step, from the start or from a state that this returned.

        Its first part is the output.
        """
        return self.advance(self._features(x, ""), self._checked(state))

    def states(
        self, x: Iterable[Any], mask: Sequence[Any] | None = None, state: State | None = None
    ) -> list[State]:
        """Return the state after every step; the arguments are those of a call."""
        if not is_row(x):
            raise TypeError(f"{self!r}: {x!r} is one number; a sequence is a list of steps")
        steps, state = list(x), self._checked(state)
        if not steps:
            raise ValueError(f"{self!r}: an empty sequence; give one step or more")
        if mask is not None and len(mask) != len(steps):
            raise ValueError(f"{self!r}: a mask of {len(mask)} numbers for {len(steps)} steps")
        found = []
        for t, xt in enumerate(steps):
            new = self.advance(self._features(xt, f"step {t} has "), state)
            state = new if mask is None else _kept(mask[t], new, state)
            found.append(state)
        return found

    def __call__(
        self, x: Iterable[Any], mask: Sequence[Any] | None = None, state: State | None = None
    ) -> list[Any]:
        outputs = [h for h, *_ in self.states(x, mask, state)]
        return outputs[-1] if self.last else outputs

    def relabel(self, place: str = "") -> None:
        """Label weights w<place>,<gate>,<neuron>,<input>; a learned start h<place>,<i>, from 1."""
        for name, part in vars(self).items():
            if isinstance(part, Layer):
                gate = name.removesuffix("_gate")
                part.relabel(f"{place},{gate}" if place else gate)
        for symbol, numbers in zip(self.symbols, self.start, strict=True):
            for i, v in enumerate(numbers, 1):
                if isinstance(v, Value):
                    v.label = f"{symbol}{place},{i}" if place else f"{symbol}{i}"

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {
            "nin": self.nin, "hidden": self.hidden, "last": self.last,
            "learned_start": self.learned_start,
        }  # fmt: skip

    def __repr__(self) -> str:
        last = ", last=True" if self.last else ""
        return f"{type(self).__name__}({self.nin}, {self.hidden}{last})"

    def _features(self, x: Inputs, which: str) -> list[Any]:
        xs = listed(x)
        if len(xs) != self.nin or any(map(is_row, xs)):
            found = "lists in a list" if any(map(is_row, xs)) else f"{len(xs)} numbers"
            raise ValueError(
                f"{self!r}: {which or 'a step of '}{found}; its features are {self.nin}"
            )
        return xs

    def _checked(self, state: State | None) -> State:
        if state is None:
            return self.start
        sizes = [len(list(part)) if is_row(part) else 0 for part in listed(state)]
        if sizes != [self.hidden] * len(self.symbols):
            raise ValueError(
                f"{self!r}: a state with lists of {sizes} numbers; give what step() returned, "
                f"({', '.join(self.symbols)},) of {self.hidden} each"
            )
        return state


def _kept(real: Any, new: State, old: State) -> State:
    """Return the new state where the step is real, else the old one."""
    return tuple(
        [where(real > 0, a, b) for a, b in zip(*pair, strict=True)]
        for pair in zip(new, old, strict=True)
    )
