"""Every module of `nn`, found by walking through it: none may be forgotten by what all can do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import nn
from nn.attention.sublayer import Sublayer
from nn.classical.adaline import Adaline
from nn.classical.boltzmann import RestrictedBoltzmann
from nn.graph.attention import GraphAttention
from nn.graph.convolution import GraphConv
from nn.graph.graphs import Graph
from nn.graph.messages import MessagePassing
from nn.graph.readout import Readout
from nn.inputs import numbers_of
from nn.module import Module
from nn.recurrent.gate import Gate
from nn.storage.description import _classes, build, describe
from nn.storage.models import load
from nn.storage.sizes import _LEAST, size
from nn.storage.summary import summary

NEAR = Graph(3, [(0, 1), (1, 2)])
ROWS = [[0.5, -1.0], [2.0, 0.25], [-0.5, 1.5]]  # a sequence of 3 steps, or 3 nodes
IMAGE = [[[float((3 * i + j) % 5) - 2 for j in range(4)] for i in range(4)]]
SIGNAL = [[0.5, -1.0, 2.0, 0.0, 1.0, -0.5]]
Case = tuple[Callable[[], Module], Any]  # a model, and a sample of it


def small(nin: int, nout: int, seed: int = 0) -> nn.Layer:
    return nn.Layer(nin, nout, activation="linear", seed=seed)


CASES: dict[str, list[Case]] = {
    "Neuron": [(lambda: nn.Neuron(2, activation="prelu", seed=0), [1.0, 2.0])],
    "Perceptron": [(lambda: nn.Perceptron(2, lr=0.5), [1.0, 2.0])],
    "Adaline": [(lambda: Adaline(2, lr=0.5), [1.0, 2.0])],
    "RestrictedBoltzmann": [(lambda: RestrictedBoltzmann(3, 2, steps=2, seed=0), [1, 0, 1])],
    "Layer": [(lambda: nn.Layer(2, 3, activation="softmax", bias=False, seed=0), [1.0, 2.0])],
    "MLP": [(lambda: nn.MLP(2, [3, 2], activation="gelu", output="softmax", seed=0), [1.0, 2.0])],
    "PReLU": [(lambda: nn.PReLU(2), [1.0, -2.0])],
    "Dropout": [(lambda: nn.Dropout(0.25, seed=0), [1.0, -2.0])],
    "Noise": [(lambda: nn.Noise(0.5, seed=0), [1.0, -2.0])],
    "LayerNorm": [(lambda: nn.LayerNorm(2, eps=1e-3), [1.0, -2.0])],
    "BatchNorm": [(lambda: nn.BatchNorm(2, momentum=0.5).eval(), [1.0, -2.0])],
    "Embedding": [(lambda: nn.Embedding(4, 3, seed=0), 2)],
    "Flatten": [(nn.Flatten, IMAGE)],
    "Each": [(lambda: nn.Each(small(2, 3)), ROWS)],
    "Elementwise": [(lambda: nn.Sequential("relu").parts[0], ROWS)],
    "Residual": [(lambda: nn.Residual(small(2, 3), small(2, 3, 1)), [1.0, 2.0])],
    "Sequential": [(lambda: nn.Sequential(small(2, 3), "tanh", "softmax"), [1.0, 2.0])],
    "Masked": [(lambda: nn.Masked(nn.RNN(1, 2, seed=0), nn.Each(small(2, 1))), ROWS)],
    "Conv1d": [(lambda: nn.Conv1d(1, 2, 3, stride=2, padding=1, dilation=2, seed=0), SIGNAL)],
    "Conv2d": [
        (lambda: nn.Conv2d(1, 2, 3, padding="same", activation="prelu", seed=0), IMAGE),
        (lambda: nn.Conv2d(1, 3, (1, 2), bias=False, seed=0), IMAGE),
    ],
    "TransposedConv1d": [(lambda: nn.TransposedConv1d(1, 2, 3, stride=2, seed=0), SIGNAL)],
    "TransposedConv2d": [
        (lambda: nn.TransposedConv2d(1, 2, 2, stride=2, output_padding=1, seed=0), IMAGE)
    ],
    "MaxPool1d": [(lambda: nn.MaxPool1d(2, stride=1), SIGNAL)],
    "MaxPool2d": [(lambda: nn.MaxPool2d(2, padding=1), IMAGE)],
    "AvgPool1d": [(lambda: nn.AvgPool1d(2), SIGNAL)],
    "AvgPool2d": [(lambda: nn.AvgPool2d((1, 2)), IMAGE)],
    "GlobalAvgPool": [(nn.GlobalAvgPool, IMAGE)],
    "GlobalMaxPool": [(nn.GlobalMaxPool, IMAGE)],
    "Upsample": [(lambda: nn.Upsample(2), IMAGE)],
    "UNet": [
        (lambda: nn.UNet(1, 2, channels=2, depth=2, seed=0), IMAGE),
        (lambda: nn.UNet(30, 60, channels=1, depth=1, seed=0), IMAGE * 30),
    ],
    "RNN": [(lambda: nn.RNN(2, 3, activation="relu", last=True, seed=0), ROWS)],
    "LSTM": [
        (lambda: nn.LSTM(2, 3, peephole=True, learned_start=True, forget_bias=2.0, seed=0), ROWS)
    ],
    "GRU": [(lambda: nn.GRU(2, 3, last=True, seed=0), ROWS)],
    "Gate": [(lambda: Gate(5, 3, peephole=True, seed=0), ([0.5] * 5, [1.0, 2.0, 3.0]))],
    "Bidirectional": [(lambda: nn.Bidirectional(nn.GRU(2, 1, seed=0), nn.LSTM(2, 3, seed=1)), ROWS)],
    "EncoderDecoder": [
        (lambda: nn.EncoderDecoder(nn.RNN(2, 3, seed=0), nn.RNN(2, 3, seed=1), 2), ROWS)
    ],
    "MultiHeadAttention": [(lambda: nn.MultiHeadAttention(2, 2, bias=False, seed=0), ROWS)],
    "EncoderBlock": [
        (lambda: nn.EncoderBlock(2, 1, causal=True, dropout=0.25, pre_norm=False, seed=0), ROWS),
        (lambda: nn.EncoderBlock(2, 1, hidden=1, seed=0), ROWS),
    ],
    "DecoderBlock": [(lambda: nn.DecoderBlock(2, 2, hidden=3, seed=0), (ROWS, ROWS[:2]))],
    "TransformerEncoder": [(lambda: nn.TransformerEncoder(2, 2, layers=2, seed=0), ROWS)],
    "TransformerDecoder": [
        (lambda: nn.TransformerDecoder(2, 1, layers=2, seed=0), (ROWS, ROWS[:1]))
    ],
    "Sublayer": [(lambda: Sublayer(2, dropout=0.5, pre_norm=False, seed=0), None)],
    "PositionalEncoding": [(lambda: nn.PositionalEncoding(2), ROWS)],
    "LearnedPositions": [(lambda: nn.LearnedPositions(3, 2, seed=0), ROWS)],
    "TokenEmbedding": [
        (lambda: nn.LanguageModel(5, 2, 1, 1, length=4, dropout=0.5, seed=0).embedding, [1, 4, 1])
    ],
    "LanguageModel": [
        (lambda: nn.LanguageModel(5, 2, 1, layers=2, length=4, seed=0), [1, 4, 0])
    ],
    "Transformer": [
        (lambda: nn.Transformer(5, 2, 1, layers=1, hidden=3, seed=0), [[1, 4, 1], [0, 2]])
    ],
    "Autoencoder": [(lambda: nn.Autoencoder(small(2, 1), small(1, 2)), [1.0, 2.0])],
    "VariationalAutoencoder": [
        (lambda: nn.VariationalAutoencoder(small(2, 2), small(1, 2), "normal", 0.5, seed=0),
         [1.0, 2.0])
    ],
    "Graph": [(lambda: Graph(3, [(0, 1)]), None)],
    "GraphConv": [(lambda: GraphConv(2, 3, graph=NEAR, bias=False, seed=0), ROWS)],
    "MessagePassing": [(lambda: MessagePassing(2, 3, "mean", graph=NEAR, seed=0), ROWS)],
    "GraphAttention": [
        (lambda: GraphAttention(2, 3, 2, join="mean", graph=NEAR, activation="relu", seed=0), ROWS)
    ],
    "Readout": [(lambda: Readout("max"), ROWS)],
}  # fmt: skip
ALL = [
    pytest.param(make, x, id=f"{name} {i}" if i else name)
    for name, cases in CASES.items()
    for i, (make, x) in enumerate(cases)
]
# options whose size costs nothing before the model is used
_FREE = {
    "stride", "padding", "dilation", "output_padding", "factor", "steps", "question", "heads",
    ("MaxPool1d", "kernel"), ("MaxPool2d", "kernel"), ("AvgPool1d", "kernel"),
    ("AvgPool2d", "kernel"), ("PositionalEncoding", "size"),
}  # fmt: skip


def said(model: Module, x: Any) -> Any:
    """Return what a model gives in use, as numbers; nothing for a module that is not called."""
    if x is None:
        return []
    states = model.random_state()
    modes = [(m, m.training) for _, m in model.named_modules()]
    y = model.eval()(*x) if isinstance(x, tuple) else model.eval()(x)
    for module, mode in modes:
        module.training = mode
    model.set_random_state(states)
    return numbers_of(y)


def moved(model: Module) -> Module:
    """Change every number, so that what a seed alone gives again would be found out."""
    state = model.state_dict()
    model.load_state_dict(
        {name: x + 0.01 * (i % 7 + 1) for i, (name, x) in enumerate(state.items())}
    )
    return model


def test_every_class_of_nn_has_a_case() -> None:
    told = set(_classes())
    exported = {
        name for name, thing in vars(nn).items()
        if isinstance(thing, type) and issubclass(thing, Module) and thing is not Module
    }  # fmt: skip
    bases = {"Kernels", "Convolution", "TransposedConvolution", "Pool", "MaxPool", "AvgPool",
             "GlobalPool", "Normalisation", "Recurrent"}  # fmt: skip
    assert exported - told == set()
    assert told - bases == set(CASES)
    for name, cases in CASES.items():
        assert {type(make()).__name__ for make, _ in cases} == {name}


@pytest.mark.parametrize(("make", "x"), ALL)
def test_a_description_builds_it_again(make: Callable[[], Module], x: Any) -> None:
    model = moved(make())
    again = build(describe(model))
    assert describe(again) == describe(model)
    assert repr(again) == repr(model)
    again.load_state_dict(model.state_dict())
    assert said(again, x) == said(model, x)


@pytest.mark.parametrize(("make", "x"), ALL)
def test_a_file_gives_it_back(make: Callable[[], Module], x: Any, tmp_path: Any) -> None:
    pytest.importorskip("safetensors", reason='pip install "chalkgrad[save]"')
    model = moved(make())
    model.save(tmp_path / "m")
    kept = load(tmp_path / "m")
    assert type(kept) is type(model)
    assert kept.state_dict() == model.state_dict()
    assert kept.random_state() == model.random_state()
    assert [p.label for p in kept.parameters()] == [p.label for p in model.parameters()]
    assert said(kept, x) == said(model, x)
    other = make()
    load(tmp_path / "m", into=other)
    assert said(other, x) == said(model, x)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))],
                         ids=["deepcopy", "pickle"])  # fmt: skip
@pytest.mark.parametrize(("make", "x"), ALL)
def test_a_copy_is_its_own(copied: Any, make: Callable[[], Module], x: Any) -> None:
    model = moved(make())
    before, state = said(model, x), model.state_dict()
    twin = copied(model)
    assert said(twin, x) == before
    assert set(map(id, twin.parameters())).isdisjoint(map(id, model.parameters()))
    moved(twin)
    assert model.state_dict() == state
    assert said(model, x) == before


@pytest.mark.parametrize(("make", "x"), ALL)
def test_its_summary_counts_every_parameter(make: Callable[[], Module], x: Any) -> None:
    model = make()
    states, state = model.random_state(), model.state_dict()
    for sample in [None] if x is None or isinstance(x, tuple) else [None, x]:
        found = summary(model, sample)
        assert found.parameters == len(model.named_parameters())
        assert str(found).startswith(type(model).__name__)
        if sample is not None:
            shapes = [row.output for row in found.rows]
            assert (model.random_state(), model.state_dict()) == (states, state)
            y = shape_of(model.eval()(x))
            assert (" × ".join(map(str, y)) or "1") in shapes


def shape_of(y: Any) -> tuple[int, ...]:
    return (len(y), *shape_of(y[0])) if isinstance(y, list) else ()


@pytest.mark.parametrize(("make", "x"), ALL)
def test_the_least_size_is_no_larger_than_the_model(make: Callable[[], Module], x: Any) -> None:
    model = make()
    count, least = len(model.state_dict()), size(describe(model))
    assert least <= count
    if count > 3:
        assert least >= count / 10


@pytest.mark.parametrize(("make", "x"), ALL)
def test_a_forged_option_is_larger_than_any_file(make: Callable[[], Module], x: Any) -> None:
    model = make()
    told = describe(model)
    name = told["class"]
    for option, value in told.items():
        if isinstance(value, bool) or option in _FREE or (name, option) in _FREE:
            continue
        if isinstance(value, int):
            assert size({**told, option: 10**10}) > 10**9, option
        elif isinstance(value, list) and value and all(isinstance(n, int) for n in value):
            assert size({**told, option: [10**10, *value[1:]]}) > 10**9, option


def test_an_option_left_out_hides_no_size() -> None:
    assert size({"class": "UNet", "nin": 1, "nout": 1, "depth": 40}) > 10**20
    assert size({"class": "GraphAttention", "nin": 10**6, "nout": 10**6}) == 10**12
    assert size({"class": "EncoderBlock", "size": 10**6, "heads": 1}) >= 10**12
    assert size({"class": "UNet", "nin": 1, "nout": 1, "depth": 10**12}) > 10**20
    assert (
        size([{"class": "Layer", "nin": 10, "nout": 10}, {"class": "LayerNorm", "n": -50}]) == 100
    )
    assert set(_LEAST) <= set(CASES)
