"""The drawing of circles and lines: every weight a line, every neuron a circle, nothing changed."""

from __future__ import annotations

import io
from math import nan, tanh
from typing import Any

import pytest

import nn
from autograd import Value, no_grad
from viz.plotting.network import network


def lines(figure: Any) -> Any:
    [found] = [c for c in figure.axes[0].collections if c.get_label() == "weights"]
    return found


def words(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def circles(figure: Any) -> int:
    return sum(patch.get_zorder() == 2 for patch in figure.axes[0].patches)


def two_one() -> Any:
    """Return 2 inputs, 2 tanh neurons, 1 linear output, with weights that are easy to follow."""
    model = nn.MLP(2, [2, 1], activation="tanh", seed=0)
    for p, number in zip(
        model.parameters(), (1.0, -2.0, 0.0, 0.5, 0.0, 0.0, 4.0, -1.0, 0.25), strict=True
    ):
        p.data = number
    return model


def test_every_weight_is_a_line_of_its_size_dashed_below_zero() -> None:
    drawn = lines(network(two_one()))
    # the strongest last: 0, 0.5, 1, -1, -2, 4; the width is 0.5 + 3.5 * |w| / 4, in three digits
    assert list(drawn.get_linewidths()) == [0.5, 0.938, 1.38, 1.38, 2.25, 4.0]
    assert [dashes[1] is not None for dashes in drawn.get_linestyles()] == [
        False,
        False,
        False,
        True,
        True,
        False,
    ]
    colours = {tuple(c) for c in drawn.get_colors()}
    assert len(colours) == 2


def test_lines_lead_from_the_input_to_the_neuron() -> None:
    drawn = lines(network(two_one())).get_segments()
    ends = {(tuple(a), tuple(b)) for a, b in drawn}
    # w1,2,2 = 0.0 from the second input (below) to the second neuron (below)
    assert len(ends) == 6
    assert [tuple(p) for p in drawn[-1]] == [(2.6, 0.5), (5.2, 0.0)]  # 4.0, from the first neuron


def test_circles_hold_what_the_neurons_compute_of_a_sample() -> None:
    model = two_one()
    hidden = [tanh(1.0 * 0.5 - 2.0 * 1.0), tanh(0.5 * 0.5)]
    shown = words(network(model, [0.5, 1.0]))
    for number in (*hidden, 4 * hidden[0] - hidden[1] + 0.25):
        assert f"{number:.2g}".replace("-", "−") in shown
    assert "−0.91" not in words(network(model))
    inputs = [patch.get_facecolor() for patch in network(model, [-1.0, 1.0]).axes[0].patches[:2]]
    assert (
        inputs[0][0] > inputs[0][2]
    )  # orange: more red than blue, as the line of a weight below 0
    assert inputs[1][0] < inputs[1][2]


def test_a_softmax_layer_shows_its_probabilities() -> None:
    model = nn.MLP(2, [3], output="softmax", seed=0)
    for p in model.parameters():
        p.data = 0.0
    assert words(network(model, [1.0, 2.0])).count("0.33") == 3


def test_gradients_of_weights_and_neurons_after_backward() -> None:
    model = two_one()
    y = model([0.5, 1.0])
    (y * 3.0).backward()
    figure = network(model, graph=y, show="gradients")
    grads = sorted(
        abs(p.grad) for n in (n for layer in model.layers for n in layer.neurons) for p in n.w
    )
    assert list(lines(figure).get_linewidths()) == [
        float(f"{0.5 + 3.5 * g / grads[-1]:.3g}") for g in grads
    ]
    shown = words(figure)
    assert {"3", "12", "−3"} <= set(shown)  # dL/dy = 3, and 3 * (4, -1) of the hidden neurons


def test_nothing_is_changed() -> None:
    model = nn.Sequential(nn.Layer(2, 3, seed=0), nn.Dropout(0.5, seed=0), nn.Layer(3, 1, seed=1))
    before = model.random_state(), model.state_dict(), [p.grad for p in model.parameters()]
    with no_grad():
        network(model, [1.0, 2.0])
    assert (
        model.random_state(),
        model.state_dict(),
        [p.grad for p in model.parameters()],
    ) == before
    assert all(part.training for _, part in model.named_modules())


def test_large_layers_are_cut_and_say_so() -> None:
    figure = network(nn.MLP(30, [50, 2], seed=0), largest_layer=6)
    assert circles(figure) == 5 + 5 + 2 * 2  # outputs have a double border
    assert words(figure).count("⋮") == 2
    assert any("50 of them" in text for text in words(figure))
    assert len(lines(figure).get_segments()) == 5 * 5 + 5 * 2


def test_strange_numbers_are_drawn() -> None:
    model = nn.MLP(2, [2, 1], seed=0)
    for p, number in zip(model.parameters(), (nan, float("inf"), 1e-300, 1e300), strict=False):
        p.data = number
    network(model, [1.0, nan]).savefig(io.BytesIO())
    from fractions import Fraction

    for p in model.parameters():
        p.data = Fraction(1, 3)
    network(model, [Fraction(1), Fraction(2)]).savefig(io.BytesIO())


def test_it_draws_into_axes_given() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    ax = figure.add_subplot()
    assert network(two_one(), ax=ax) is figure
    assert ax.patches


def test_bad_input_is_told() -> None:
    model = two_one()
    with pytest.raises(ValueError, match="no gradient yet"):
        network(model, show="gradients")
    with pytest.raises(ValueError, match="'weights' or 'gradients'"):
        network(model, show="biases")
    with pytest.raises(ValueError, match="not both"):
        network(model, [1.0, 2.0], graph=Value(1.0))
    with pytest.raises(ValueError, match="did not make this graph"):
        network(model, graph=two_one()([1.0, 2.0]))
    with pytest.raises(ValueError, match="largest_layer=2"):
        network(model, largest_layer=2)
    with pytest.raises(TypeError, match="no network"):
        network(nn.Neuron)
    with pytest.raises(ValueError, match="layer 2 takes 4 numbers and the layer before it gives 3"):
        network(nn.Sequential(nn.Layer(2, 3), lambda x: [*x, 1.0], nn.Layer(4, 1)))
    with pytest.raises(TypeError, match="one matplotlib Axes"):
        network(model, ax=[1])  # type: ignore[arg-type]


def test_neurons_layers_and_chains_of_parts_are_networks_too() -> None:
    neuron = nn.Neuron(2, seed=0)
    shown = words(network(neuron, [1.0, -2.0]))
    assert f"{neuron([1.0, -2.0]).data:.2g}".replace("-", "−") in shown
    assert circles(network(nn.Layer(2, 3, seed=0))) == 2 + 2 * 3
    perceptron = nn.Perceptron(2)
    perceptron.w[0].data = 1.0
    assert words(network(perceptron, [3.0, 1.0])).count("1") == 3  # x2, what it says, and the scale
    chain = nn.Sequential(nn.Layer(2, 2, nonlin=False, seed=0), "tanh", nn.Layer(2, 1, seed=1))
    hidden = [y.data for y in chain.parts[1](chain.parts[0]([0.5, 0.25]))]  # type: ignore[union-attr,operator]
    assert {f"{h:.2g}".replace("-", "−") for h in hidden} <= set(words(network(chain, [0.5, 0.25])))


def test_a_scale_says_which_width_is_which_weight() -> None:
    figure = network(two_one())
    scale = [c for c in figure.axes[0].collections if c.get_label() == "scale"]
    assert [float(c.get_linewidths()[0]) for c in scale] == [4.0, 1.38, 1.38, 4.0]
    assert [c.get_linestyles()[0][1] is not None for c in scale] == [True, True, False, False]
    assert {"−4", "−1", "1", "4"} <= set(words(figure))
    assert "all are 0" in words(network(nn.Perceptron(2)))
