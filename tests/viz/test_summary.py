"""The summary of a network: from its parameters alone, and with one sample through it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from autograd import Value, dot, mean
from viz.diagrams.summary import summary

GOLDEN = Path(__file__).with_name("small_network.dot")


def network(*sizes: int) -> Any:
    data = iter(range(1, 1000))
    layers = []
    for depth, (nin, nout) in enumerate(itertools.pairwise(sizes), 1):
        neurons = []
        for i in range(1, nout + 1):
            w = [
                Value(next(data) * 0.1 * (-1) ** j, f"w{depth},{i},{j}") for j in range(1, nin + 1)
            ]
            b = Value(0.5, f"b{depth},{i}")
            neurons.append(SimpleNamespace(w=w, b=b, activation="tanh"))
        layers.append(SimpleNamespace(neurons=neurons))
    return SimpleNamespace(layers=layers)


def run(model: Any, xs: list[Any]) -> Value:
    for layer in model.layers:
        xs = [(dot(n.w, xs) + n.b).tanh() for n in layer.neurons]
    return xs[0]


def test_a_small_network_with_a_loss_is_the_stored_text() -> None:
    model = network(2, 2, 1)
    loss = (run(model, [Value(1.0, "x1"), Value(-2.0, "x2")]) - Value(0.5, "y")) ** 2
    loss.label = "loss"
    loss.backward()
    assert summary(model, [loss]) == GOLDEN.read_text(encoding="utf-8")


def test_arrows_enter_at_the_row_of_their_weight() -> None:
    source = summary(network(2, 2, 1))
    ends = re.findall(r"(\w+):(?:\w+:)?e -> (\w+):(\w+):w", source)
    assert ends == [
        ("x0", "u0", "w0"), ("x1", "u0", "w1"), ("x0", "u1", "w0"), ("x1", "u1", "w1"),
        ("u0", "u2", "w0"), ("u1", "u2", "w1"),
    ]  # fmt: skip


def test_a_negative_weight_is_dashed() -> None:
    lines = [line for line in summary(network(1, 2)).splitlines() if ":w0:w" in line]
    assert ["dashed" in line for line in lines] == [True, True]
    model = network(1, 1)
    model.layers[0].neurons[0].w[0].data = 0.3
    assert "dashed" not in summary(model).split("u0:w0:w")[1]


def test_the_model_alone_shows_neither_sums_nor_gradients() -> None:
    source = summary(network(2, 2, 1))
    assert "Σ" not in source
    assert ">grad<" not in source
    assert "|grad|" not in source


def test_many_samples_show_parameters_with_gradients_only() -> None:
    model = network(2, 2, 1)
    loss = run(model, [1.0, 2.0]) + run(model, [3.0, 4.0])
    loss.backward()
    source = summary(model, [loss])
    assert "Σ" not in source
    assert source.count(">grad<") == 3 + 1


def test_the_loss_of_many_samples_is_shown_and_how_many_there_were() -> None:
    model = network(2, 2, 1)
    loss = (
        mean([run(model, [float(i), 2.0]) for i in range(5)])
        + 0.1 * model.layers[0].neurons[0].w[0]
    )
    loss.label = "loss"
    for depth in range(4):
        source = summary(model, [loss], depth)
        assert source.count("> loss<") == 1
        assert source.count('"5 samples"') == 1
    assert "samples" not in summary(model, [run(model, [1.0, 2.0])])


def test_one_sample_of_plain_numbers_shows_them() -> None:
    model = network(2, 1)
    source = summary(model, [run(model, [1.25, -2.0])])
    assert source.count("Σ") == 1
    assert "1.25" in source
    assert "-2" in source


def test_the_widest_arrow_is_that_of_the_largest_gradient() -> None:
    model = network(2, 1)
    for w, grad in zip(model.layers[0].neurons[0].w, (-8.0, 2.0), strict=True):
        w.grad = grad
    assert re.findall(r"penwidth=([\d.]+)", summary(model).split("->", 1)[1])[:2] == ["4", "1.38"]
