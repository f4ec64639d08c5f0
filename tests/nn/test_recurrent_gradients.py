"""Gradients of recurrent networks, of first and second order, judged with 100 digits."""

from __future__ import annotations

import pytest
from test_recurrent import data, shaken

import nn
from autograd import dot
from autograd.check import check_gradient
from nn.inputs import flattened

MODELS = {
    "rnn": lambda: nn.RNN(1, 2),
    "lstm": lambda: nn.LSTM(1, 1),
    "peephole": lambda: nn.LSTM(1, 1, peephole=True, learned_start=True),
    "gru": lambda: nn.GRU(1, 1),
    "bidirectional": lambda: nn.Bidirectional(nn.GRU(1, 1), nn.RNN(1, 1)),
    "stacked": lambda: nn.Sequential(nn.RNN(1, 1), nn.GRU(1, 1, last=True)),
    "masked": lambda: nn.Masked(nn.LSTM(1, 1), nn.Each(nn.Layer(1, 1, activation="tanh"))),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", MODELS)
def test_gradients_by_parameters_and_inputs(name, order):
    model = shaken(MODELS[name]())
    sequence = data(2 if order == 2 else 3, 1)
    masks = [[1.0], [0.0], [1.0]] if name == "masked" else [[]] * 3
    paths = list(model.state_dict())
    count = len(paths)

    def f(point):
        put(model, paths, point[:count])
        found = flattened(model([[x, *m] for x, m in zip(point[count:], masks, strict=False)]))
        return dot([0.5 + 0.25 * i for i in range(len(found))], found)

    start = list(model.state_dict().values()) + flattened(sequence)
    report = check_gradient(f, start, order=order)
    assert report.ok, report


def put(model, paths, values):
    """Put Values in the place of parameters, which are at attributes and indices."""
    for path, value in zip(paths, values, strict=True):
        *way, last = path.split(".")
        holder = model
        for name in way:
            holder = holder[int(name)] if name.isdigit() else getattr(holder, name)
        if last.isdigit():
            holder[int(last)] = value
        else:
            setattr(holder, last, value)
