"""Parameters: found, named, in order, zeroed."""

from __future__ import annotations

import copy
import json
import pickle
import random
from fractions import Fraction

import numpy as np
import pytest

import nn
from autograd import Value
from nn.layers.dropout import Dropout
from nn.layers.normalisation import BatchNorm
from nn.layers.sequential import Sequential


def test_parameters_of_an_mlp_come_neuron_by_neuron_weights_before_bias():
    model = nn.MLP(2, [2, 1], seed=0)
    by_hand = [p for layer in model.layers for n in layer.neurons for p in [*n.w, n.b]]
    assert [id(p) for p in model.parameters()] == [id(p) for p in by_hand]


def test_names_are_paths_and_labels_count_from_one():
    model = nn.MLP(2, [2, 1], seed=0)
    assert [(name, p.label) for name, p in model.named_parameters()] == [
        ("layers.0.neurons.0.w.0", "w1,1,1"),
        ("layers.0.neurons.0.w.1", "w1,1,2"),
        ("layers.0.neurons.0.b", "b1,1"),
        ("layers.0.neurons.1.w.0", "w1,2,1"),
        ("layers.0.neurons.1.w.1", "w1,2,2"),
        ("layers.0.neurons.1.b", "b1,2"),
        ("layers.1.neurons.0.w.0", "w2,1,1"),
        ("layers.1.neurons.0.w.1", "w2,1,2"),
        ("layers.1.neurons.0.b", "b2,1"),
    ]


def test_labels_of_a_layer_and_of_a_neuron_leave_out_what_is_not_there():
    assert [p.label for p in nn.Layer(1, 2).parameters()] == ["w1,1", "b1", "w2,1", "b2"]
    assert [p.label for p in nn.Neuron(2).parameters()] == ["w1", "w2", "b"]


def test_without_bias_there_is_none():
    model = nn.MLP(2, [1], bias=False)
    assert model.layers[0].neurons[0].b is None
    assert len(model.parameters()) == 2


class Tied(nn.Module):
    """Hold modules and Values in a dict and a tuple, one of them twice, and results."""

    def __init__(self) -> None:
        self.scale = Value(2.0)
        self.parts = {"a": nn.Neuron(1, seed=0), "b": (Value(1.0), self.scale)}
        self.name, self.last = "tied", self.scale * 3

    def __call__(self, x):
        return self.parts["a"]([x]) * self.scale


def test_own_modules_are_searched_shared_ones_counted_once_results_left_out():
    assert [n for n, _ in Tied().named_parameters()] == [
        "scale", "parts.a.w.0", "parts.a.b", "parts.b.0"
    ]  # fmt: skip


class MicrogradStyle(nn.Module):
    """Override `parameters`, as micrograd's own classes do."""

    def __init__(self) -> None:
        self.first, self.second = nn.Neuron(1), nn.Neuron(1)

    def parameters(self):
        return self.second.parameters()


def test_zero_grad_follows_an_overridden_parameters():
    model = MicrogradStyle()
    model.zero_grad()
    assert [p.grad for p in model.second.parameters()] == [0.0, 0.0]
    assert [p.grad for p in model.first.parameters()] == [None, None]


def test_zero_grad_keeps_exact_numbers_exact():
    model = nn.Neuron(1)
    model.w[0].data = Fraction(1, 3)
    model.zero_grad()
    assert [type(p.grad) for p in model.parameters()] == [int, float]


def test_copies_and_pickles_hold_the_same_numbers_in_values_of_their_own():
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert [p.data for p in other.parameters()] == [p.data for p in model.parameters()]
        assert not set(other.parameters()) & set(model.parameters())
        assert other([1.0, 2.0]).data == model([1.0, 2.0]).data


# --- freezing ---


def test_frozen_parameters_are_named_and_zeroed_but_not_trained():
    model = nn.MLP(2, [2, 1], seed=0)
    everything = [name for name, _ in model.named_parameters()]
    assert model.layers[0].freeze() is model.layers[0]
    assert [p.label for p in model.parameters()] == ["w2,1,1", "w2,1,2", "b2,1"]
    assert [name for name, _ in model.named_parameters()] == everything
    assert set(model.state_dict()) == set(everything)
    model([1.0, 2.0]).backward()
    model.zero_grad()
    assert {p.grad for _, p in model.named_parameters()} == {0.0}
    model.unfreeze()
    assert len(model.parameters()) == len(everything)


def test_a_parameter_that_a_frozen_module_holds_too_is_frozen():
    model = Tied()
    model.parts["a"].freeze()
    model.parts["a"].shared = model.scale
    assert model.parameters() == [model.parts["b"][0]]


def test_a_module_that_holds_its_parent_is_no_endless_walk():
    model = nn.Module()
    model.child = nn.Neuron(1)
    model.child.parent = model
    assert [name for name, _ in model.named_parameters()] == ["child.w.0", "child.b"]
    assert [path for path, _ in model.named_modules()] == ["", "child"]


# --- train and eval ---


def test_modes_reach_every_module_and_predict_puts_them_back():
    model = Sequential(nn.Layer(1, 2), BatchNorm(2), Sequential(Dropout(0.5, seed=0)))
    assert all(m.training for _, m in model.named_modules())
    assert model.eval() is model
    assert not any(m.training for _, m in model.named_modules())
    model.train()
    model.parts[1].eval()
    before = model.state_dict(), model.random_state()
    assert model.predict([[1.0], [2.0]]).shape == (2, 2)
    assert (model.state_dict(), model.random_state()) == before
    assert [m.training for _, m in model.named_modules()][-4:] == [True, False, True, True]


def test_predict_puts_the_modes_back_after_an_error_too():
    model = Sequential(nn.Layer(2, 1), Dropout(0.5))
    with pytest.raises(ValueError, match="Layer of 2 inputs: 3 were given"):
        model.predict([[1.0, 2.0, 3.0]])
    assert all(m.training for _, m in model.named_modules())


def test_predict_gives_a_row_for_each_sample():
    model = nn.MLP(2, [3, 1], seed=0)
    rows = [[0.5, -1.0], [2.0, 0.0], [1.0, 1.0]]
    expected = [[model(row).data] for row in rows]
    for X in (rows, np.array(rows), tuple(rows)):
        found = model.predict(X)
        assert (found.dtype, found.tolist()) == (np.float64, expected)
    assert nn.MLP(1, [2, 3], seed=0).predict([1.0, 2.0]).shape == (2, 3)


@pytest.mark.parametrize(
    ("X", "message"), [([], "no data"), ([[1.0, 2.0], [1.0]], "row 1 has 1 numbers, row 0 has 2")]
)
def test_predict_of_no_table(X, message):
    with pytest.raises(ValueError, match=message):
        nn.MLP(2, [1]).predict(X)


# --- state ---


def test_a_state_goes_through_json_and_gives_the_same_bits():
    model = Sequential(nn.Layer(2, 3, seed=0), BatchNorm(3), nn.Layer(3, 1, seed=1).freeze())
    model.batch([[1.0, 2.0], [0.5, -0.3], [0.1, 0.2]])
    other = Sequential(nn.Layer(2, 3, seed=2), BatchNorm(3), nn.Layer(3, 1, seed=3))
    other.load_state_dict(json.loads(json.dumps(model.state_dict())))
    assert other.state_dict() == model.state_dict()
    assert other.predict([[0.3, 0.4]]) == model.predict([[0.3, 0.4]])
    names = list(model.state_dict())
    assert names[:3] == ["parts.0.neurons.0.w.0", "parts.0.neurons.0.w.1", "parts.0.neurons.0.b"]
    assert names[-1] == "parts.1.running_variance.2"
    assert list(BatchNorm(1).state_dict()) == [
        "gamma.0", "beta.0", "running_mean.0", "running_variance.0"
    ]  # fmt: skip


def test_numbers_of_a_state_keep_their_kind_but_whole_numbers_stay_floats():
    model = nn.Neuron(1)
    model.load_state_dict({"w.0": 1, "b": Fraction(1, 3)})
    assert repr(model.w[0].data) == "1.0"
    assert model.b.data == Fraction(1, 3)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda d: d.pop("b"), ValueError, "'b' is missing. The model has 3 numbers, 2 were given"),
        (lambda d: d.update(c=1.0), ValueError, "'c' is unknown"),
        (lambda d: (d.pop("b"), d.update(c=1.0)), ValueError, "'b' is missing and 'c' is unknown"),
        (dict.clear, ValueError, "'w.0', 'w.1' and 1 more are missing"),
        (lambda d: d.update(b="2"), TypeError, "'b': '2' is text"),
        (lambda d: d.update(b=None), TypeError, "'b': None is nothing"),
        (lambda d: d.update(b=[1.0]), TypeError, r"'b': \[1.0\] is a collection"),
    ],
)
def test_a_wrong_state_changes_nothing(change, error, message):
    model = nn.Neuron(2, seed=0)
    before = model.state_dict()
    state = dict.fromkeys(before, 7.0)
    change(state)
    with pytest.raises(error, match=message):
        model.load_state_dict(state)
    assert model.state_dict() == before


def test_a_state_that_is_no_dict():
    with pytest.raises(TypeError, match="is no dict of numbers by name"):
        nn.Neuron(1).load_state_dict([1.0, 2.0])


def test_random_states_go_through_json_and_repeat_what_was_drawn():
    model = Sequential(Dropout(0.5, seed=0), Sequential(Dropout(0.5)))
    state = json.loads(json.dumps(model.random_state()))
    assert list(state) == ["parts.0.generator", "parts.1.parts.0.generator"]
    first = [model([1.0] * 30) for _ in range(3)]
    model.set_random_state(state)
    assert [model([1.0] * 30) for _ in range(3)] == first


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "'parts.0.generator', 'parts.1.generator' are missing"),
        ({"parts.0.generator": 1, "parts.1.generator": 2}, "'parts.0.generator' is no state"),
        (
            {"parts.0.generator": "good", "parts.1.generator": [3, [1, 2], None]},
            "'parts.1.generator' is no state",
        ),
    ],
)
def test_a_wrong_random_state_changes_nothing(state, message):
    model = Sequential(Dropout(0.5, seed=0), Dropout(0.5, seed=1))
    before = model.random_state()
    version, numbers, rest = random.Random(7).getstate()
    state = {k: [version, list(numbers), rest] if v == "good" else v for k, v in state.items()}
    with pytest.raises(ValueError, match=message):
        model.set_random_state(state)
    assert model.random_state() == before
