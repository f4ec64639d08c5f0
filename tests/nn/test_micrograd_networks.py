"""What micrograd's users rely on: change the import and go on."""

from __future__ import annotations

import random

import pytest

import nn
from autograd import Value


def test_seed_1337_gives_micrograds_starting_weights_in_its_order():
    random.seed(1337)
    model = nn.MLP(2, [16, 16, 1], init="uniform")
    weights = [p.data for p in model.parameters()]

    random.seed(1337)  # micrograd: layer by layer, neuron by neuron, its weights, a bias of 0
    expected = []
    for nin, nout in [(2, 16), (16, 16), (16, 1)]:
        for _ in range(nout):
            expected += [random.uniform(-1, 1) for _ in range(nin)] + [0]
    assert weights == expected
    assert len(weights) == 337  # as micrograd's demo notebook prints


def test_repr_reads_like_micrograds():
    assert repr(nn.MLP(2, [2, 1])) == (
        "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    )
    assert repr(nn.Neuron(3, nonlin=False)) == "LinearNeuron(3)"


@pytest.mark.parametrize("nonlin", [True, False])
def test_a_neuron_is_the_sum_of_products_then_relu(nonlin):
    neuron = nn.Neuron(2, nonlin=nonlin)
    for w, number in zip(neuron.parameters(), (-3.0, 1.0, 0.5), strict=True):
        w.data = number
    y = neuron([2, Value(1.0)])
    assert y.data == (0.0 if nonlin else -4.5)
    assert neuron.nonlin is nonlin


def test_one_output_is_the_value_itself_more_are_a_list():
    assert type(nn.MLP(2, [3, 1])([1, 2])) is Value
    assert [type(y) for y in nn.MLP(2, [3, 2])([1, 2])] == [Value, Value]
    assert type(nn.Layer(2, 1, nonlin=False)([1.0, 2.0])) is Value


def test_a_hidden_layer_of_one_neuron_feeds_the_next_one():
    assert type(nn.MLP(1, [1, 1])(0.5)) is Value


def test_the_demos_training_loop_runs_and_the_loss_goes_down():
    random.seed(1337)
    points = [[random.uniform(-1, 1), random.uniform(-1, 1)] for _ in range(20)]
    targets = [1 if x * y > 0 else -1 for x, y in points]
    model = nn.MLP(2, [8, 1], init="uniform")
    losses = []
    for _ in range(10):
        scores = [model(list(map(Value, point))) for point in points]
        margins = [(1 + -t * s).relu() for t, s in zip(targets, scores, strict=True)]
        total = sum(margins) * (1.0 / len(margins)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
        losses.append(total.data)
    assert losses[-1] < losses[0]
