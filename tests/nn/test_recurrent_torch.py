"""Recurrent networks against PyTorch's in float64, on the cases of torch_cases/recurrent.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import compile, dot, sum
from nn.inputs import flattened

CASES = json.loads(
    (Path(__file__).parent / "torch_cases" / "recurrent.json").read_text(encoding="utf-8")
)
KINDS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
# torch's rows of weights, gate by gate, and which of its matrices our layer looks through
BOTH = ("ih", "hh")
GATES = {
    nn.RNN: [("cell", 0, BOTH)],
    nn.LSTM: [("input_gate", 0, BOTH), ("forget_gate", 1, BOTH), ("candidate", 2, BOTH),
              ("output_gate", 3, BOTH)],
    nn.GRU: [("reset_gate", 0, BOTH), ("update_gate", 1, BOTH), ("candidate", 2, ("ih",)),
             ("memory", 2, ("hh",))],
}  # fmt: skip


def network(name):
    """Return the model and [(torch's suffix, recurrent layer), ...], its numbers torch's."""
    kind, *rest = name.split("_")
    made = KINDS[kind]
    hidden = 2
    if rest == ["stacked"]:
        layers = [made(3, hidden), made(hidden, hidden)]
        model, places = nn.Sequential(*layers), ["l0", "l1"]
    elif rest in (["bidirectional"], ["packed"]):
        layers = [made(3, hidden), made(3, hidden)]
        model, places = nn.Bidirectional(*layers), ["l0", "l0_reverse"]
    else:
        activation = {"activation": "relu"} if rest == ["relu"] else {}
        layers = [made(3, hidden, **activation)]
        [model], places = layers, ["l0"]
    return model, list(zip(places, layers, strict=True))


def pairs(numbers, places):
    """Return [(our parameter, torch's number), ...], of parameters or of gradients."""
    found = []
    for place, layer in places:
        for name, row, seen in GATES[type(layer)]:
            neurons = getattr(layer, name).neurons
            block = slice(row * len(neurons), (row + 1) * len(neurons))
            weights = np.hstack([np.array(numbers[f"weight_{m}_{place}"])[block] for m in seen])
            biases = np.array(numbers[f"bias_{seen[0]}_{place}"])[block]
            for neuron, w, b in zip(neurons, weights, biases, strict=True):
                found += [*zip(neuron.w, w, strict=True), (neuron.b, b)]
    return found


def close(found, expected):
    expected = np.asarray(expected)
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_are_torchs(name):
    case = CASES[name]
    model, places = network(name)
    for p, number in pairs(case["parameters"], places):
        p.data = float(number)
    assert len(pairs(case["parameters"], places)) == len(model.parameters())
    lengths = case["lengths"] or [len(x) for x in case["x"]]
    masks = [[float(t < n) for t in range(len(x))] for n, x in zip(lengths, case["x"], strict=True)]
    starts = list(zip(*case["start"], strict=True)) or [()] * len(masks)

    def outputs(x, mask, start):
        extra = {"state": tuple(start)} if start else {}
        if case["lengths"]:
            extra = {"mask": mask}
        found = model(x, **extra)
        # torch gives zeros where there is no step
        return [[m * y for y in row] for m, row in zip(mask, found, strict=True)]

    def loss(x, mask, factors, start):
        return dot(flattened(factors), flattened(outputs(x, mask, start)))

    rows = list(zip(case["x"], masks, case["factors"], starts, strict=True))
    total = sum([loss(*row) for row in rows]) / len(rows)
    total.backward()
    eager = [[[float(y.data) for y in row] for row in outputs(x, m, s)] for x, m, _, s in rows]
    close(eager, case["outputs"])
    ours, theirs = zip(*pairs(case["gradients"], places), strict=True)
    close([p.grad for p in ours], theirs)

    columns = ["x", "mask", "factors", "start"]
    arrays = [np.array(part) for part in zip(*rows, strict=True)]

    def loss_of_row(x, mask, factors, start):
        return loss(x.tolist(), mask.tolist(), factors.tolist(), start.tolist())

    def outputs_of_row(x, mask, factors, start):
        return flattened(outputs(x.tolist(), mask.tolist(), start.tolist()))

    found = np.stack(compile(outputs_of_row, rows=columns)(*arrays), axis=1)
    close(found.reshape(np.shape(case["outputs"])), case["outputs"])
    bound = compile(loss_of_row, rows=columns, reduce="mean").bind(model)
    value, gradient = bound.value_and_grad(*arrays)
    close(value, total.data)
    at = {p: i for i, p in enumerate(model.parameters())}
    close(gradient[[at[p] for p in ours]], theirs)
