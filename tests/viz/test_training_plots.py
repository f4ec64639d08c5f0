"""The plots of training: their numbers are the engine's, and no model is changed."""

from __future__ import annotations

import copy
import io
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import autograd
import nn
from autograd import mean
from viz.activation_plots import ACTIVATIONS, activations, value_and_slope
from viz.boundary import boundary
from viz.gradient_flow import gradient_flow, slopes_by_layer, update_ratios
from viz.landscape import landscape, plane_through
from viz.plots import curves, training_curves
from viz.surface import surface
from viz.weights import attention, filters, weights

X, Y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]


def png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=50)
    return out.getvalue()


def axes() -> Any:
    return Figure().add_subplot()


def network() -> Any:
    return nn.MLP(2, [3, 1], activation="tanh", seed=0)


def loss(model: Any) -> Any:
    return mean([(y - t) ** 2 for y, t in zip(model.batch(X), Y, strict=True)])


# curves


def test_curves_start_where_they_are_told_and_can_be_logarithmic() -> None:
    ax = axes()
    figure = curves({"loss": [3.0, 0.0, 1.0]}, start=1, every=5, logarithmic=True, ax=ax)
    assert figure is ax.figure
    assert list(ax.lines[0].get_xdata()) == [1, 6, 11]
    assert ax.get_yscale() == "log"
    png(figure)
    with pytest.raises(ValueError, match="every=0"):
        curves({"loss": [1.0]}, every=0)


def test_a_panel_a_quantity_with_the_best_validation_marked() -> None:
    history = nn.History(
        {"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 1.5, 2.0], "lr": [0.1, 0.1, 0.1]}
    )
    first, second = training_curves(history).axes[:2]
    assert [line.get_linestyle() for line in first.lines[:2]] == ["-", "--"]
    assert list(first.lines[0].get_xdata()) == [1, 2, 3]  # epochs are counted from 1
    assert (list(first.lines[2].get_xdata()), list(first.lines[2].get_ydata())) == ([2], [1.5])
    assert second.get_title() == "lr"  # whose best nobody knows
    assert len(second.lines) == 1
    assert len(training_curves({"loss": [1.0, 2.0]}).axes[0].lines) == 1
    with pytest.raises(TypeError, match="no history"):
        training_curves([1.0, 2.0])


# boundary and surface


def test_the_boundary_is_where_the_score_is_the_threshold() -> None:
    for threshold in (0.0, 0.5):
        ax = boundary(lambda rows: rows[:, 0], X, Y, threshold=threshold).axes[0]
        [line] = [c for c in ax.collections if c.get_linewidth()[0] == 1.3][:1]
        # linear interpolation between grid points is exact but for rounding
        assert np.allclose(line.get_paths()[0].vertices[:, 0], threshold, rtol=0, atol=1e-12)


def test_samples_have_the_marker_of_their_class_and_wrong_ones_a_ring() -> None:
    ax = boundary(lambda rows: rows[:, 0] - 0.5, X, Y).axes[0]
    zero, one, wrong = ax.lines
    assert zero.get_xydata().tolist() == [X[0], X[3]]
    assert one.get_xydata().tolist() == [X[1], X[2]]
    assert zero.get_marker() != one.get_marker()
    assert wrong.get_xydata().tolist() == [X[1], X[3]]
    assert wrong.get_label() == "wrong: 2 of 4"
    ax = boundary(lambda rows: rows[:, 0], X, [0, 0, 1, 1], threshold=1.5).axes[0]
    assert ax.lines[2].get_label() == "wrong: 2 of 4"  # none is above


def test_of_several_outputs_the_largest_is_the_class() -> None:
    ax = boundary(
        lambda rows: np.stack([-rows[:, 0], rows[:, 0] - 1, 0 * rows[:, 0] - 9], 1), X, [0, 0, 1, 1]
    )
    assert len(ax.axes[0].lines) == 3  # no sample is wrong
    png(ax)


def test_models_without_predict_are_called_row_by_row() -> None:
    class Plain:
        def __init__(self) -> None:
            self.layers = network().layers

        def __call__(self, x: Any) -> Any:
            for layer in self.layers:
                x = layer(x)
            return x

    assert png(boundary(Plain(), X, Y, points=9)) == png(boundary(network(), X, Y, points=9))


def test_the_surface_stands_beside_the_truth() -> None:
    figure = surface(
        lambda rows: rows.sum(axis=1), X, [0, 1, 1, 2], lambda rows: rows[:, 0], points=9
    )
    assert [ax.get_title() for ax in figure.axes[:2]] == ["the truth", "the model"]
    error = figure.axes[2]
    assert error.get_title() == "model - truth (rms 0 at the samples)"
    # the model minus the truth is x2, from 0 to 1
    assert (error.collections[0].zmin, error.collections[0].zmax) == (0.0, 1.0)
    png(figure)
    png(surface(network(), X, Y, points=9))
    ax = axes()
    surface(
        lambda rows: 2 * rows[:, 0],
        [0.0, 1.0],
        [0.0, 2.0],
        lambda rows: rows[:, 0],
        points=5,
        ax=ax,
    )
    samples, model, truth = ax.lines
    assert np.array_equal(model.get_ydata(), 2 * model.get_xdata())
    assert np.array_equal(truth.get_ydata(), truth.get_xdata())
    assert samples.get_xydata().tolist() == [[0, 0], [1, 2]]


def test_bad_maps_are_told() -> None:
    with pytest.raises(ValueError, match="a row of 2 numbers"):
        boundary(network(), [[1.0]], [0])
    with pytest.raises(ValueError, match="class 2"):
        boundary(network(), X, [0, 1, 2, 0])
    with pytest.raises(ValueError, match="a class for each"):
        boundary(network(), X, [0])
    with pytest.raises(TypeError, match="neither a model"):
        boundary("model", X, Y)
    with pytest.raises(ValueError, match="for 10201 rows"):
        boundary(lambda rows: 1.0, X, Y)
    with pytest.raises(ValueError, match="several axes"):
        surface(network(), X, Y, ax=axes())
    with pytest.raises(ValueError, match="2 outputs"):
        surface(nn.MLP(2, [2], seed=0), X, Y, points=3)


# activations


def test_functions_and_derivatives_are_the_engines() -> None:
    figure = activations(["tanh", lambda x: 3 * x], low=-1, high=1, points=5)
    function, slope = figure.axes[0].lines[:2]
    assert list(function.get_ydata()) == [autograd.tanh(x) for x in (-1, -0.5, 0, 0.5, 1)]
    assert list(slope.get_ydata()) == [
        autograd.grad(autograd.tanh)(x) for x in (-1.0, -0.5, 0.0, 0.5, 1.0)
    ]
    assert set(figure.axes[1].lines[1].get_ydata()) == {3.0}
    assert function.get_linestyle() != slope.get_linestyle()


@pytest.mark.parametrize(("name", "breaks"), [("relu", 1), ("hardtanh", 2), ("selu", 1), ("leaky_relu", 1),
                                              ("elu", 0), ("gelu", 0), ("tanh", 0)])  # fmt: skip
def test_a_derivative_that_jumps_is_broken_there(name: str, breaks: int) -> None:
    slope = activations(name).axes[0].lines[1].get_ydata()
    assert np.isnan(slope).sum() == breaks


def test_all_are_drawn_and_bad_ones_told() -> None:
    figure = activations(points=41)
    assert [ax.get_title() for ax in figure.axes] == list(ACTIVATIONS)
    assert np.isnan(value_and_slope(autograd.log, -1.0)[1])
    png(activations(["log", "sqrt", "exp"], low=-900, high=900, points=9))
    with pytest.raises(ValueError, match="'rely' is unknown"):
        activations("rely")
    with pytest.raises(TypeError, match="no activation"):
        activations([3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="one axes for 2"):
        activations(["relu", "tanh"], ax=axes())
    with pytest.raises(ValueError, match="low < high"):
        activations("relu", low=1, high=1)


# gradient flow


def test_slopes_tell_dead_and_saturated_units() -> None:
    model = nn.MLP(2, [3, 1], activation="relu", seed=0)
    first, second, third = model.layers[0].neurons
    for neuron, bias in ((first, -100.0), (second, 100.0), (third, 0.0)):
        neuron.w[0].data, neuron.w[1].data, neuron.b.data = 1.0, 1.0, bias
    hidden, output = slopes_by_layer(model, X)
    assert hidden.T.tolist() == [[0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 1, 1]]
    assert output.tolist() == [[1.0]] * 4
    loss(model).backward()
    shown = [t.get_text() for t in gradient_flow(model, X).axes[1].texts]
    assert shown == ["1 dead of 3 units", ""]
    model = nn.MLP(2, [1, 1], activation="sigmoid", seed=0)
    model.layers[0].neurons[0].b.data = 30.0
    loss(model).backward()
    assert gradient_flow(model, X).axes[1].texts[0].get_text() == "1 saturated of 1 units"


def test_a_sigmoids_slope_is_measured_against_its_steepest() -> None:
    model = nn.MLP(1, [1], output="sigmoid", seed=0)
    [[slope]] = slopes_by_layer(model, [[0.0]])[0]
    assert slope == 1.0  # 1/4 of 1/4


def test_updates_are_measured_against_the_weights() -> None:
    model = network()
    before = copy.deepcopy(model)
    for p in model.parameters():
        p.data = 1.5 * p.data
    # rounded three times: the product, and numerator and denominator of the rms
    assert update_ratios(model, before) == pytest.approx([0.5, 0.5], rel=1e-15)
    loss(model).backward()
    assert len(gradient_flow(model, X, before=before).axes) == 3
    with pytest.raises(ValueError, match="other layers"):
        gradient_flow(model, before=nn.MLP(2, [4, 1]))


def test_gradients_are_counted_and_left_alone() -> None:
    model = network()
    with pytest.raises(ValueError, match="no gradients yet"):
        gradient_flow(model)
    loss(model).backward()
    model.layers[0].neurons[0].w[0].grad = 0.0
    model.layers[0].neurons[0].w[1].grad = float("nan")
    before = [p.data for p in model.parameters()], repr([p.grad for p in model.parameters()])
    figure = gradient_flow(model, X)
    assert figure.axes[0].texts[0].get_text() == "1 of 6 are 0; 1 of 6 are not finite"
    assert (
        [p.data for p in model.parameters()],
        repr([p.grad for p in model.parameters()]),
    ) == before
    png(figure)
    model.zero_grad()
    png(gradient_flow(model))  # all 0


# landscape


def test_directions_have_each_neurons_length_and_leave_biases() -> None:
    model = network()
    parameters = model.parameters()
    for direction in plane_through(model, None, "random", 3).directions:
        at = dict(zip(parameters, direction, strict=True))
        for neuron in (n for layer in model.layers for n in layer.neurons):
            own = np.linalg.norm([w.data for w in neuron.w])
            # a norm of at most 3 numbers scaled by two rounded factors
            assert np.linalg.norm([at[w] for w in neuron.w]) == pytest.approx(own, rel=1e-14)
            assert at[neuron.b] == 0.0
    again = plane_through(model, None, "random", 3).directions
    assert np.array_equal(again, plane_through(model, None, "random", 3).directions)
    assert not np.array_equal(again, plane_through(model, None, "random", 4).directions)


def test_the_plane_of_a_flat_path_holds_it() -> None:
    model = network()
    centre = np.array([p.data for p in model.parameters()])
    one, two = np.eye(len(centre))[:2]
    path = [centre + 3 * one, centre + one + two, centre]
    plane = plane_through(model, path, "path", 0)
    # orthonormal directions: the points come back to rounding
    assert np.allclose(centre + plane.path @ plane.directions, path, rtol=0, atol=1e-12)


def test_the_loss_is_that_of_the_moved_parameters_and_they_are_put_back() -> None:
    model = network()
    before = [p.data for p in model.parameters()]
    seen = []

    def recorded(model: Any) -> Any:
        seen.append([p.data for p in model.parameters()])
        return loss(model)

    figure = landscape(model, recorded, points=3, radius=0.5, seed=1)
    plane = plane_through(model, None, "random", 1)
    expected = [plane.centre + a * plane.directions[0] + b * plane.directions[1]
                for b in (-0.5, 0.0, 0.5) for a in (-0.5, 0.0, 0.5)]  # fmt: skip
    assert np.array_equal(seen, expected)
    assert [p.data for p in model.parameters()] == before
    png(figure)
    for broken, error in (
        (lambda model: 1 / 0, ZeroDivisionError),
        (lambda model: float("nan"), ValueError),
    ):
        with pytest.raises(error):
            landscape(model, broken, points=3)
        assert [p.data for p in model.parameters()] == before
    png(landscape(model, lambda model: 1.0, points=3))


def test_the_path_is_drawn_and_a_bad_one_told() -> None:
    model = network()
    path = [[p.data + step for p in model.parameters()] for step in (0.3, 0.1, 0.0)]
    figure = landscape(model, loss, path, points=4)
    assert len(figure.axes[0].lines[0].get_xdata()) == 3
    assert png(figure) == png(landscape(model, loss, path, points=4))
    with pytest.raises(ValueError, match="13 parameters, the points of the path have 2"):
        landscape(model, loss, [[1.0, 2.0]])
    with pytest.raises(ValueError, match="3 points or more"):
        landscape(model, loss, directions="path")
    with pytest.raises(ValueError, match="'random' or 'path'"):
        landscape(model, loss, directions="steepest")


# weights as images


def test_images_hold_the_weights() -> None:
    model = nn.MLP(4, [3, 2], seed=0)
    first = weights(model).axes[0].images[0].get_array()
    assert first.tolist() == [[w.data for w in n.w] for n in model.layers[0].neurons]
    figure = filters(model, (2, 2), count=2)
    shown = [ax.images[0].get_array().ravel().tolist() for ax in figure.axes[:2]]
    assert shown == first.tolist()[:2]
    with pytest.raises(ValueError, match="4 weights"):
        filters(model, (2, 3))
    with pytest.raises(ValueError, match="layers are 1 to 2"):
        filters(model, (2, 2), layer=0)


def test_a_grey_copy_tells_the_sign() -> None:
    from viz.panels import signed_colours

    light = signed_colours()(np.linspace(0, 1, 64))[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > 0).all()


def test_attention_maps_have_their_words_and_refuse_other_numbers() -> None:
    maps = [autograd.softmax([1.0, 2.0]), autograd.softmax([nn.Neuron(1).w[0], 0.0])]
    ax = axes()
    figure = attention(maps, ["$a$", "b"], ax=ax)
    assert [t.get_text() for t in ax.get_xticklabels()] == [r"\$a\$", "b"]
    assert figure is ax.figure
    png(figure)
    with pytest.raises(ValueError, match="from 0 to 1"):
        attention([[1.5]])
    with pytest.raises(ValueError, match="1 keys for 2"):
        attention([[0.5, 0.5]], ["a"])


def test_pyplot_is_never_imported() -> None:
    code = (
        "import sys, viz.network, viz.boundary, viz.surface, viz.activation_plots, viz.gradient_flow;"
        "import viz.landscape, viz.weights, viz.report;"
        "assert 'matplotlib' not in sys.modules;"
        "viz.attention([[0.5]]).savefig(__import__('io').BytesIO());"
        "viz.activations('tanh');"
        "assert 'matplotlib.pyplot' not in sys.modules;"
        "assert 'nn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
