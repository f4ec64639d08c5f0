"""Two recurrent networks side by side, one through the sequence and one against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from nn.inputs import is_row
from nn.module import Module
from nn.recurrent.recurrent import Recurrent


class Bidirectional(Module):
    """Compute [forward h_t, backward h_t] for every step: what came before it, and what follows.

    `backward` reads the sequence from its end. With `last=True` in both this returns what each of
    them ends with. The mask is as in `nn.recurrent.recurrent.Recurrent`. Raises TypeError for what
    is not recurrent, ValueError if they differ in `last` or in inputs. Source: Schuster and Paliwal
    1997, "Bidirectional Recurrent Neural Networks".

    >>> from nn.recurrent.rnn import RNN
    >>> ones = {"activation": "relu", "init": lambda *_: 1.0}
    >>> Bidirectional(RNN(1, 1, **ones), RNN(1, 1, **ones))([1.0, 2.0, 4.0])
    [[Value(1.0), Value(7.0)], [Value(3.0), Value(6.0)], [Value(7.0), Value(4.0)]]
    """

    def __init__(self, forward: Recurrent, backward: Recurrent) -> None:
        for name, part in (("forward", forward), ("backward", backward)):
            if not isinstance(part, Recurrent):
                raise TypeError(f"Bidirectional({name}={part!r}): give an nn.RNN, LSTM or GRU")
        if (forward.last, forward.nin) != (backward.last, backward.nin):
            raise ValueError(
                f"Bidirectional({forward!r}, {backward!r}): both need the same inputs and `last`"
            )
        if forward is backward:
            raise ValueError("Bidirectional: forward and backward are one; give each its own")
        self.forward, self.backward = forward, backward
        self.relabel()

    def relabel(self, place: str = "") -> None:
        """Label the parameters as those of two layers at <place>,forward and <place>,backward."""
        for name, part in (("forward", self.forward), ("backward", self.backward)):
            part.relabel(f"{place},{name}" if place else name)

    def __call__(self, x: Iterable[Any], mask: Sequence[Any] | None = None) -> list[Any]:
        steps: Any = list(x) if is_row(x) else x  # of which the layers say that it is none
        before = self.forward(steps, mask)
        after = self.backward(steps[::-1], None if mask is None else mask[::-1])
        if self.forward.last:
            return [*before, *after]
        return [[*a, *b] for a, b in zip(before, after[::-1], strict=True)]

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments that make one like it, but for its numbers."""
        return {"forward": self.forward, "backward": self.backward}

    def __repr__(self) -> str:
        return f"Bidirectional({self.forward!r}, {self.backward!r})"
