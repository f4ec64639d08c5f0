"""Convolutions, pooling and the U-Net have PyTorch's outputs and gradients, eager and compiled."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from nn.inputs import flattened, mapped, numbers_of

CASES = json.loads((Path(__file__).parent / "torch_cases" / "convolutional.json").read_text())
del CASES["source"]

MODELS = {
    "conv1d": lambda: nn.Conv1d(2, 3, 3),
    "conv1d, all options": lambda: nn.Conv1d(
        2, 2, 2, stride=2, padding=3, dilation=3, bias=False, activation="tanh"
    ),
    "conv1d, same, even kernel": lambda: nn.Conv1d(1, 2, 4, padding="same"),
    "conv2d": lambda: nn.Conv2d(2, 3, 3),
    "conv2d, pairs": lambda: nn.Conv2d(
        2, 2, (2, 3), stride=(2, 1), padding=(1, 0), dilation=(1, 2)
    ),
    "conv2d, same": lambda: nn.Conv2d(1, 2, (3, 2), padding="same", dilation=(1, 3)),
    "conv2d, prelu": lambda: nn.Conv2d(1, 2, 2, padding=1, activation="prelu"),
    "conv2d, 1 by 1": lambda: nn.Conv2d(3, 2, 1),
    "transposed1d": lambda: nn.TransposedConv1d(2, 3, 3, stride=2),
    "transposed1d, all options": lambda: nn.TransposedConv1d(
        2, 2, 3, stride=3, padding=2, output_padding=1, dilation=2, bias=False, activation="sigmoid"
    ),
    "transposed2d, doubling": lambda: nn.TransposedConv2d(3, 2, 2, stride=2),
    "transposed2d, pairs": lambda: nn.TransposedConv2d(
        2, 2, (3, 2), stride=(2, 1), padding=(1, 0), output_padding=(1, 0), dilation=(1, 2)
    ),
    "max pool 1d": lambda: nn.MaxPool1d(3, 2, 1),
    "max pool 2d": lambda: nn.MaxPool2d(2),
    "max pool 2d, pairs": lambda: nn.MaxPool2d((3, 2), stride=(1, 2), padding=(1, 1)),
    "avg pool 1d": lambda: nn.AvgPool1d(2),
    "avg pool 2d, pairs": lambda: nn.AvgPool2d((3, 2), stride=(1, 2), padding=(1, 1)),
    "global avg pool": nn.GlobalAvgPool,
    "global max pool": nn.GlobalMaxPool,
    "upsample 1d": lambda: nn.Upsample(2),
    "upsample 2d": lambda: nn.Upsample(3),
    "lenet": lambda: nn.Sequential(
        nn.Conv2d(1, 2, 3, padding="same", activation="relu"), nn.MaxPool2d(2),
        nn.Conv2d(2, 3, 2), "tanh", nn.AvgPool2d(2), nn.Flatten(), nn.Layer(3, 2, nonlin=False),
    ),
    "unet, one level": lambda: nn.UNet(2, 2, channels=2, depth=1),
    "unet, two levels": lambda: nn.UNet(1, 1, channels=1, depth=2),
}  # fmt: skip


def in_the_order_of_the_file(model):
    """Return the parameters layer by layer, the weights of all neurons before their biases."""
    found = []
    for _, module in model.named_modules():
        if isinstance(module, nn.Layer):
            found += [w for neuron in module.neurons for w in neuron.w]
            found += [neuron.b for neuron in module.neurons]
    others = [p for p in model.parameters() if p not in set(found)]
    return others + found


def prepared(name):
    model, case = MODELS[name](), CASES[name]
    parameters = in_the_order_of_the_file(model)
    for p, number in zip(parameters, case["parameters"], strict=True):
        p.data = number
    return model, parameters, case


def agree(found, expected):
    found, expected = np.array(found, dtype=float), np.array(expected, dtype=float)
    assert found.shape == expected.shape
    # the promise is 1e-12 of the largest; sums have at most a few hundred terms of size 30 or less
    assert np.all(np.abs(found - expected) <= 1e-12 * max(1, np.abs(expected).max(initial=0)))


def weighted(model, c, x):
    return autograd.dot(flattened(c), flattened(model(x)))


@pytest.mark.parametrize("name", MODELS)
def test_eager_outputs_and_gradients_are_pytorchs(name):
    model, parameters, case = prepared(name)
    rows = mapped(Value, case["x"])
    agree([numbers_of(model(x)) for x in rows], case["y"])
    autograd.sum([weighted(model, case["c"], x) for x in rows]).backward()
    agree(mapped(lambda x: x.grad or 0.0, rows), case["x_grad"])  # None: a pixel no window sees
    agree([p.grad for p in parameters], case["grads"])


@pytest.mark.parametrize("name", MODELS)
def test_compiled_outputs_and_gradients_are_pytorchs(name):
    model, parameters, case = prepared(name)
    X = np.array(case["x"])
    outputs = autograd.compile(lambda x: model(x), rows=["x"])(X)
    agree(np.moveaxis(outputs, -1, 0), case["y"])

    def loss(x):
        return weighted(model, case["c"], x)

    total = autograd.compile(loss, rows=["x"], reduce="sum")
    agree(total.grad(X), case["x_grad"])
    assert "def forward" in total.source  # as a program
    if parameters:
        bound = total.bind(model)
        _, gradient = bound.value_and_grad(X)
        found = dict(zip(bound.values, gradient, strict=True))
        agree([found[p] for p in parameters], case["grads"])


def test_every_stored_case_is_used():
    assert CASES.keys() == MODELS.keys()
