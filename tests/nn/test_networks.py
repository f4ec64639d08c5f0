"""Neurons, layers and networks: activations, starting weights, wrong input."""

from __future__ import annotations

import random
from math import sqrt

import numpy as np
import pytest

import autograd
import nn
from autograd import nodes
from nn.activations import TITLES


@pytest.mark.parametrize("name", [n for n in TITLES if n not in ("linear", "prelu")])
def test_every_activation_by_name_is_the_engines(name):
    neuron = nn.Neuron(1, activation=name, bias=False)
    neuron.w[0].data = -0.7
    y = neuron([1.0])
    assert y.data == getattr(autograd, name)(-0.7)
    assert neuron.activation == name
    assert repr(neuron) == f"{TITLES[name]}Neuron(1)"


def test_a_function_is_an_activation_too():
    neuron = nn.Neuron(1, activation=autograd.sin, seed=0)
    assert neuron([2.0]).data == autograd.sin(neuron.w[0].data * 2.0)
    assert neuron.activation == "sin"


def test_a_neuron_records_one_node_for_the_sum_one_for_the_bias_one_for_the_activation():
    y = nn.Neuron(50, activation="tanh")(range(50))
    assert [v.rule.name for v in nodes(y) if v.rule] == ["dot", "add", "tanh"]


def test_hidden_layers_get_the_activation_and_the_last_one_the_output():
    model = nn.MLP(2, [3, 3, 1], activation="tanh", output="sigmoid")
    assert [layer.neurons[0].activation for layer in model.layers] == ["tanh", "tanh", "sigmoid"]


def test_the_same_seed_gives_the_same_weights_and_leaves_pythons_random_alone():
    state = random.getstate()
    a, b, c = (nn.MLP(3, [4, 2], seed=seed) for seed in (0, 0, 1))
    assert [p.data for p in a.parameters()] == [p.data for p in b.parameters()]
    assert [p.data for p in a.parameters()] != [p.data for p in c.parameters()]
    assert random.getstate() == state


def test_layers_and_neurons_of_one_seed_have_weights_of_their_own():
    weights = [p.data for p in nn.MLP(3, [3, 3], init="uniform", bias=False, seed=0).parameters()]
    assert len(set(weights)) == 18


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ({"activation": "relu"}, sqrt(6 / 4)),  # He: variance 2 / fan_in
        ({"activation": "tanh"}, sqrt(6 / (4 + 2000))),  # Glorot: 2 / (fan_in + fan_out)
        ({"activation": "relu", "init": "glorot"}, sqrt(6 / (4 + 2000))),
        ({"activation": "tanh", "init": "he"}, sqrt(6 / 4)),
        ({"init": nn.uniform(-2, 2)}, 2.0),
        ({"init": "uniform"}, 1.0),
    ],
)
def test_starting_weights_fill_the_published_range(options, limit):
    weights = [w.data for n in nn.Layer(4, 2000, seed=0, **options).neurons for w in n.w]
    assert 0.99 * limit < max(weights) <= limit
    assert -limit <= min(weights) < -0.99 * limit
    # 8000 draws: the mean square is within 5 standard errors of the variance limit**2 / 3
    spread = limit**2 * sqrt(4 / 45 / 8000)
    assert abs(np.mean(np.square(weights)) - limit**2 / 3) < 5 * spread


@pytest.mark.parametrize(("nin", "nout"), [(4, 3), (3, 4)])
def test_orthogonal_weights_are_drawn_for_the_whole_layer(nin, nout):
    weights = np.array(
        [[w.data for w in n.w] for n in nn.Layer(nin, nout, init="orthogonal", seed=0).neurons]
    )
    gram = weights @ weights.T if nout < nin else weights.T @ weights
    # products of at most 4 numbers below 1, each a few times rounded
    assert np.abs(gram - np.eye(3)).max() < 1e-15
    assert sum(w.data**2 for w in nn.Neuron(3, init="orthogonal", seed=0).w) == pytest.approx(
        1, abs=1e-15
    )


def test_rows_of_arrays_are_inputs():
    model = nn.MLP(2, [3, 1], seed=0)
    assert model(np.array([0.5, -1.0])).data == model([0.5, -1.0]).data


@pytest.mark.parametrize("make", [nn.Neuron, lambda n: nn.Layer(n, 2), lambda n: nn.MLP(n, [2])])
@pytest.mark.parametrize("inputs", [[1.0], [1.0, 2.0, 3.0], [], 1.0])
def test_a_wrong_number_of_inputs_is_named(make, inputs):
    given = 1 if inputs == 1.0 else len(inputs)
    model = make(2)
    with pytest.raises(ValueError, match=f"{type(model).__name__} of 2 inputs: {given} were given"):
        model(inputs)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Neuron(0), "nin=0: it must be a whole number, 1 or more"),
        (lambda: nn.Layer(2, 0), "nout=0"),
        (lambda: nn.Layer(2, 2.0), "nout=2.0"),
        (lambda: nn.MLP(2, []), "give the size of every layer"),
        (lambda: nn.MLP(2, 3), "give the size of every layer"),
        (lambda: nn.MLP(2, [1], activation="rleu", output="rleu"), "did you mean 'relu'"),
        (lambda: nn.Neuron(2, activation="sotfmax"), "The names are linear, elu"),
        (lambda: nn.Neuron(2, init="zero"), "init='zero' is unknown"),
    ],
)
def test_wrong_options_say_what_is_allowed(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("options", [{"activation": 3}, {"init": 3}, {"seed": "a"}])
def test_options_of_the_wrong_type(options):
    [(name, given)] = options.items()
    with pytest.raises(TypeError, match=f"{name}={given!r}"):
        nn.Neuron(2, **options)


def test_an_unknown_activation_is_told_by_a_network_of_one_layer_too():
    with pytest.raises(ValueError, match="did you mean 'relu'"):
        nn.MLP(2, [3], activation="rulu")
    assert nn.MLP(2, [3], activation="softmax", seed=0).layers[0].activation == "linear"
