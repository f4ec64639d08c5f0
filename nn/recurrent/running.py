"""Chains of recurrent layers step by step: for sequences that are made while they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nn.inputs import Inputs
from nn.layers.dropout import Dropout
from nn.layers.each import Each
from nn.layers.sequential import Elementwise, Sequential
from nn.module import Module
from nn.recurrent.recurrent import Recurrent, State


def step(
    model: Module, x: Inputs, states: Sequence[State] | None = None
) -> tuple[Any, list[State]]:
    """Return (output, states) of a chain after one more step of its sequence.

    The chain is a recurrent layer or a Sequential of such, of `Each` and of what takes numbers one
    by one; `states` has that of every recurrent layer, in order; without it the sequence begins.
    Raises TypeError for a part that cannot be run step by step, ValueError for other states.

    >>> from nn.recurrent.rnn import RNN
    >>> total = RNN(1, 1, activation="relu", init=lambda *_: 1.0)
    >>> y, states = step(total, 1.0)
    >>> step(total, 2.0, states)[0]
    [Value(3.0)]
    """
    parts = parts_of(model)
    count = sum(isinstance(part, Recurrent) for part in parts)
    if states is not None and len(states) != count:
        raise ValueError(f"step: {len(states)} states for {count} recurrent layers")
    found: list[State] = []
    for part in parts:
        if isinstance(part, Recurrent):
            found.append(part.step(x, states[len(found)] if states else None))
            x = found[-1][0]
        else:
            x = part.module(x) if isinstance(part, Each) else part(x)
    return x, found


def parts_of(chain: Any) -> list[Any]:
    """Return the parts of a chain in their order, of which one that is used twice is two.

    Raises TypeError for a part that cannot be run step by step.
    """
    if type(chain) is Sequential:
        return [part for inner in chain.parts for part in parts_of(inner)]
    if isinstance(chain, (Recurrent, Each, Elementwise, Dropout)):
        return [chain]
    raise TypeError(
        f"{chain!r} cannot be run step by step; a chain is made of RNN, LSTM, GRU, Each, Dropout "
        "and activations, as nn.Sequential(nn.GRU(1, 8), nn.Each(nn.Layer(8, 1)))"
    )


def free_running(
    model: Module,
    x: Inputs,
    states: Sequence[State] | None = None,
    choose: Callable[[Any], Any] = lambda y: y,
) -> Iterator[Any]:
    """Yield choose(output) for ever, each of which is the input of the next step; x is the first.

    It is what a model does that was trained to say the next step of the sequences it was given,
    which is called teacher forcing: there, x_t is the truth, here its own word. Arguments are those
    of `step`. Source: Williams and Zipser 1989, "A Learning Algorithm for Continually Running Fully
    Recurrent Neural Networks".

    >>> from itertools import islice
    >>> from nn.recurrent.rnn import RNN
    >>> total = RNN(1, 1, activation="relu", init=lambda *_: 1.0)
    >>> list(islice(free_running(total, 1.0), 3))
    [[Value(1.0)], [Value(2.0)], [Value(4.0)]]
    """
    while True:
        y, states = step(model, x, states)
        x = choose(y)
        yield x
