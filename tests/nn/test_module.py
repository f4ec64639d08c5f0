"""Parameters: found, named, in order, zeroed."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import nn
from autograd import Value


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
