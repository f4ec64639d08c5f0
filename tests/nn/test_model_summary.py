"""The summary: rows, shapes and counts, checked against what the model itself says and gives."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

import nn
from autograd import Value
from nn.layers.dropout import Dropout
from nn.layers.embedding import Embedding
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.neuron import Neuron
from nn.layers.normalisation import BatchNorm, LayerNorm
from nn.layers.prelu import PReLU
from nn.layers.residual import Residual
from nn.layers.sequential import Sequential
from nn.module import Module
from nn.storage.summary import summary


class Own(Module):
    """Hold a parameter of its own, a network, and a part of that network again."""

    def __init__(self) -> None:
        self.scale = Value(1.0)
        self.parts = {"net": MLP(2, [3, 1])}
        self.again = self.parts["net"].layers[0]


def big() -> Sequential:
    return Sequential(
        Embedding(10, 3), Layer(6, 8, nonlin=False), "tanh", Dropout(0.2), LayerNorm(8), PReLU(),
        Residual(Sequential(Layer(8, 5), Layer(5, 4)), Layer(8, 4)), BatchNorm(4),
        MLP(4, [4, 3], activation="prelu"), "softmax",
    )  # fmt: skip


def test_the_table_of_a_chain():
    model = big()
    model.parts[1].freeze()
    assert str(summary(model)) == "\n".join([
        "Sequential: 255 parameters, 199 to train and 56 frozen",
        "",
        "layer                   kind        output  activation  parameters",
        "parts.0                 Embedding   3 each              30",
        "parts.1                 Layer       8       linear      56 (frozen)",
        "parts.2                 activation  8       tanh",
        "parts.3                 Dropout     8",
        "parts.4                 LayerNorm   8                   16",
        "parts.5                 PReLU       8                   1",
        "parts.6                 Residual    4",
        "parts.6.module.parts.0  Layer       5       relu        45",
        "parts.6.module.parts.1  Layer       4       relu        24",
        "parts.6.projection      Layer       4       relu        36",
        "parts.7                 BatchNorm   4                   8",
        "parts.8.layers.0        Layer       4       prelu       24",
        "parts.8.layers.1        Layer       3       linear      15",
        "parts.9                 activation  3       softmax",
    ])  # fmt: skip


def test_output_shapes_are_those_of_a_call():
    model = Sequential(*big().parts[1:]).eval()
    x = [0.1] * 6
    rows = {row.name: row.output for row in summary(model).rows}
    for i, part in enumerate(model.parts):
        x = part(x)
        shown = rows.get(f"parts.{i}") or rows[f"parts.{i}.layers.1"]
        assert shown == str(len(x))


@pytest.mark.parametrize("make", [big, Own, lambda: Neuron(3), lambda: Residual(Layer(2, 2)), PReLU,
                                  lambda: MLP(2, [3, 3, 1], activation=PReLU())])  # fmt: skip
def test_every_parameter_counts_once(make):
    model = make()
    found = summary(model)
    assert found.parameters == len(model.named_parameters())
    next(m for _, m in reversed(model.named_modules())).freeze()
    found = summary(model)
    assert found.trainable == len(model.parameters()) < found.parameters


def test_an_own_class_shows_its_own_numbers_and_its_parts():
    assert [(r.name, r.kind, r.output, r.parameters) for r in summary(Own()).rows] == [
        ("", "Own", "", 1),
        ("parts.net.layers.0", "Layer", "3", 9),
        ("parts.net.layers.1", "Layer", "1", 4),
    ]


def test_what_follows_an_own_class_is_of_unknown_shape():
    rows = summary(Sequential(Own(), Dropout(0.5), Layer(1, 2), Dropout(0.5))).rows
    assert [r.output for r in rows if r.kind == "Dropout"] == ["", "2"]


def test_a_partly_frozen_layer_says_how_many():
    model = MLP(2, [2, 1])
    model.layers[0].neurons[0].freeze()
    assert "6 (frozen 3)" in str(summary(model))


def test_rich_shows_the_same_cells():
    found = summary(big())
    text = io.StringIO()
    Console(file=text, width=120).print(found)
    for row in found.rows:
        line = next(x for x in text.getvalue().splitlines() if row.name in x.split())
        assert " ".join(line.split()) == " ".join(" ".join(row.cells()).split())


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match="give a Module"):
        summary([Layer(1, 1)])


def test_a_sample_tells_the_shapes_that_only_a_call_can():
    model = nn.Sequential(
        nn.Each(nn.Layer(2, 3, seed=0)), nn.Dropout(0.5, seed=0),
        nn.Residual(nn.Each(nn.Layer(3, 3, seed=1))), nn.Flatten(), nn.Layer(12, 2, seed=2),
    )  # fmt: skip
    states, numbers = model.random_state(), model.state_dict()
    rows = model.summary(sample=[[1.0, 2.0]] * 4).rows
    assert [(row.name, row.output) for row in rows] == [
        ("parts.0", "4 × 3"), ("parts.0.module", "3"), ("parts.1", "4 × 3"),
        ("parts.2", "4 × 3"), ("parts.2.module", "4 × 3"), ("parts.2.module.module", "3"),
        ("parts.3", "12"), ("parts.4", "2"),
    ]  # fmt: skip
    assert (model.random_state(), model.state_dict(), model.training) == (states, numbers, True)
    assert [row.output for row in model.summary().rows][:2] == ["", "3"]


def test_shapes_go_into_no_holder_whose_way_of_calling_is_unknown():
    halves = nn.Layer(4, 2, seed=0), nn.Sequential("tanh", nn.Layer(2, 4, seed=0))
    rows = summary(nn.Sequential(nn.Layer(8, 4, seed=0), nn.Autoencoder(*halves))).rows
    assert [row.output for row in rows] == ["4", "", "2", "", "4"]
