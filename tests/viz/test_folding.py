"""What stands for many: rounds that repeat, neurons as rows, layers and networks as one box."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from test_summary import network, run

from autograd import Value, nodes
from viz import draw
from viz.diagrams.folding import contents, repeats
from viz.diagrams.layers import LAYERS, NEURONS, PARAMETERS, readable_depth
from viz.diagrams.summary import summary

HERE = Path(__file__).parent


def loop(rounds: int) -> Value:
    x, w = Value(1.0, "x"), Value(0.5, "w")
    h = x
    for _ in range(rounds):
        h = (h * w + x).tanh()
    return h


def trained() -> tuple[Any, Value]:
    model: Any = network(2, 3, 1)
    loss = (run(model, [Value(1.0, "x_1"), Value(-2.0, "x_2")]) - Value(0.5, "y")) ** 2
    loss.label = "loss"
    loss.backward()
    return model, loss


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_each_depth_is_the_stored_text(depth: int) -> None:
    model, loss = trained()
    golden = HERE / f"network_depth_{depth}.dot"
    assert draw(loss, model=model, depth=depth).source == golden.read_text(encoding="utf-8")


def test_a_folded_loop_is_the_stored_text() -> None:
    golden = HERE / "folded_loop.dot"
    assert draw(loop(400)).source == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(("sizes", "depth"), [
    ((2, 4, 4, 1), PARAMETERS),
    ((2, 16, 16, 1), NEURONS),
    ((2, 40, 1), LAYERS),
    ((32, 32, 32), LAYERS),  # 2,048 arrows
    ((784, 1), LAYERS),
])  # fmt: skip
def test_by_default_as_much_is_shown_as_a_screen_holds(sizes: tuple[int, ...], depth: int) -> None:
    model = wide(*sizes)
    assert readable_depth(model) == depth
    assert draw(model=model).source == summary(model, depth=depth)


def wide(*sizes: int) -> Any:
    """Return a network of any size, all weights equal."""
    model: Any = network(*[1] * len(sizes))
    for nin, nout, layer in zip(sizes, sizes[1:], model.layers, strict=False):
        kind = type(layer.neurons[0])
        layer.neurons = [
            kind(w=[Value(0.5) for _ in range(nin)], b=Value(0.0), activation="tanh")
            for _ in range(nout)
        ]
    return model


def test_a_layer_box_says_the_largest_of_each_kind_in_size() -> None:
    model: Any = network(2, 2, 1)
    model.layers[0].neurons[1].w[0].data = -7.25
    model.layers[0].neurons[0].w[1].grad = Fraction(-1, 3)
    source = draw(model=model, depth=1).source
    assert source.count("> 7.25<") == 1
    assert source.count("> 1/3<") == 1


def test_a_nan_among_many_is_what_a_layer_shows() -> None:
    model: Any = network(2, 2, 1)
    model.layers[0].neurons[1].w[0].data = math.nan
    assert draw(model=model, depth=1).source.count("> nan") == 1


def test_many_equal_layers_are_one_box() -> None:
    source = draw(model=wide(4, *[4] * 16, 1), depth=1).source
    assert "layers 1 to 16, ×16: 4 × tanh" in source
    assert re.findall(r"^\t(layer\d+) \[", source, flags=re.MULTILINE) == ["layer0", "layer1"]
    few = draw(model=wide(4, 4, 4, 1), depth=1).source
    assert "layer 2: 4 × tanh" in few
    assert "layers" not in few


def test_rows_of_neurons_stay_in_order_and_their_arrows_meet_them() -> None:
    model, loss = trained()
    source = draw(loss, model=model, depth=2).source
    assert re.findall(r">neuron (\d)<", source) == ["1", "2", "3", "1"]
    ends = re.findall(r"(\w+):(?:(\w+):)?e -> (\w+):(\w+):w", source)
    assert ends == [
        *[(f"x{j}", "", "u0", f"in{i}") for i in range(3) for j in range(2)],
        *[("u0", f"out{i}", "u1", "in0") for i in range(3)],
    ]


@pytest.mark.parametrize("depth", [-1, 4, 1.5, "layers"])
def test_a_depth_that_is_none(depth: Any) -> None:
    with pytest.raises(ValueError, match="0 the network, 1 layers, 2 neurons, 3 parameters"):
        draw(model=network(1, 1), depth=depth)


def test_depth_needs_a_network() -> None:
    with pytest.raises(ValueError, match=r"depth=1 folds a network: give model="):
        draw(loop(3), depth=1)


def test_rounds_are_folded_but_the_first_and_the_last() -> None:
    y = loop(500)
    [fold] = repeats(nodes(y))
    assert fold.words == "×498: × + tanh"
    assert len(fold.members) == 3 * 498
    made = [v for v in nodes(y) if v.rule is not None]
    assert fold.members == set(made[3:-3])


def test_few_rounds_are_shown() -> None:
    assert repeats(nodes(loop(3))) == []
    assert len(repeats(nodes(loop(4)))) == 1


def test_a_round_that_differs_is_seen() -> None:
    h = x = Value(1.0)
    for i in range(20):
        h = (h * x).tanh() if i != 10 else (h + x).tanh()
    shown = [v for v in nodes(h) if v.rule is not None and v.rule.name == "add"]
    folded = {v for fold in repeats(nodes(h)) for v in fold.members}
    assert len(repeats(nodes(h))) == 2
    assert not folded.intersection(shown)


def test_a_value_from_further_back_makes_another_round() -> None:
    steps = [Value(1.0), Value(1.0)]
    for i in range(20):
        steps.append(steps[-1] + steps[-2 if i % 7 else 0])
    assert all(len(fold.members) < 20 for fold in repeats(nodes(steps[-1])))


def test_constants_do_not_stop_a_fold() -> None:
    h = Value(1.0)
    for i in range(400):
        h = (h * (i / 7)).sin() + i
    assert "×398" in draw(h).source


def test_force_draws_every_round() -> None:
    assert "fold0" not in draw(loop(400), force=True).source


def test_contents() -> None:
    assert contents(nodes(loop(2))) == "2 leaves, 2 mul, 2 add, 2 tanh"
