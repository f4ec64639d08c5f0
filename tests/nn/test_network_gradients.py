"""Gradients of a network, against backpropagation written out by hand in exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import count

import pytest

import nn

INPUTS = [Fraction(3, 7), Fraction(-5, 3)]
TARGET = Fraction(11, 13)


def exact_model():
    """Return an MLP 2-3-1 of small fractions; with INPUTS one of its hidden neurons is off."""
    model = nn.MLP(2, [3, 1], seed=0)
    for i, p in zip(count(1), model.parameters(), strict=False):
        p.data = Fraction((-1) ** (i // 2) * i, i + 4)
    return model


def backpropagation(weights, biases, x, target):
    """Return d((y - target)**2)/d(weights, biases) of a relu MLP with a linear output.

    Source: Nielsen 2015, "Neural Networks and Deep Learning", chapter 2, equations BP1 to BP4.
    """
    activations, sums = [x], []
    for layer, (w, b) in enumerate(zip(weights, biases, strict=True)):
        sums.append([sum(wi * ai for wi, ai in zip(row, activations[-1], strict=True)) + bi
                     for row, bi in zip(w, b, strict=True)])  # fmt: skip
        last = layer == len(weights) - 1
        activations.append(sums[-1] if last else [max(z, Fraction(0)) for z in sums[-1]])
    delta = [2 * (activations[-1][0] - target)]
    found = []
    for layer in reversed(range(len(weights))):
        found.insert(0, ([[d * a for a in activations[layer]] for d in delta], delta))
        if layer:
            back = [sum(weights[layer][j][k] * delta[j] for j in range(len(delta)))
                    for k in range(len(sums[layer - 1]))]  # fmt: skip
            delta = [
                d if z > 0 else Fraction(0) for d, z in zip(back, sums[layer - 1], strict=True)
            ]
    return found, sums


def test_a_relu_network_has_the_exact_gradients():
    model = exact_model()
    loss = (model(INPUTS) - TARGET) ** 2
    loss.backward()

    weights = [[[w.data for w in n.w] for n in layer.neurons] for layer in model.layers]
    biases = [[n.b.data for n in layer.neurons] for layer in model.layers]
    expected, sums = backpropagation(weights, biases, INPUTS, TARGET)
    assert {z > 0 for z in sums[0]} == {True, False}  # both sides of the kink are tried

    for layer, (dw, db) in zip(model.layers, expected, strict=True):
        for neuron, row, bias in zip(layer.neurons, dw, db, strict=True):
            assert [w.grad for w in neuron.w] == row
            assert neuron.b.grad == bias
            assert all(isinstance(p.grad, (Fraction, int)) for p in neuron.parameters())


def test_a_tanh_network_agrees_with_differences_at_50_digits():
    mpmath = pytest.importorskip("mpmath")
    model = nn.MLP(2, [3, 2], activation="tanh", seed=3)
    x, target = [0.3, -1.2], 1

    def loss(numbers):
        """Return the cross-entropy, written out once more on mpmath numbers."""
        n = iter(numbers)
        hidden = [mpmath.tanh(next(n) * x[0] + next(n) * x[1] + next(n)) for _ in range(3)]
        logits = [mpmath.fsum(next(n) * h for h in hidden) + next(n) for _ in range(2)]
        return mpmath.log(mpmath.fsum(map(mpmath.exp, logits))) - logits[target]

    y = nn.cross_entropy(model(x), target)
    y.backward()
    data = [p.data for p in model.parameters()]
    with mpmath.workdps(50):
        start = list(map(mpmath.mpf, data))
        assert abs(loss(start) - y.data) < 4e-16
        step = mpmath.mpf(10) ** -16
        for i, p in enumerate(model.parameters()):
            up, down = start[:], start[:]
            up[i], down[i] = start[i] + step, start[i] - step
            expected = (loss(up) - loss(down)) / (2 * step)
            # 8 ulp: the chain is dot, tanh, dot, softmax, each right to an ulp or two
            assert abs(p.grad - expected) <= 8 * 2.0**-52 * abs(expected)
