"""The plots of training: their numbers are the engine's, and no model is changed."""

from __future__ import annotations

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
from nn.activations import TITLES
from viz.plotting.activation_plots import ACTIVATIONS, activations, value_and_slope
from viz.plotting.boundary import boundary, threshold_of
from viz.plotting.columns import at_points
from viz.plotting.gradient_flow import gradient_flow
from viz.plotting.landscape import landscape
from viz.plotting.plane import plane_through
from viz.plotting.plots import curves, training_curves
from viz.plotting.slopes import slopes_by_layer
from viz.plotting.surface import surface
from viz.plotting.weights import attention, filters, weights
from viz.training.recorder import Recorder

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
    assert second.get_title() == "learning rate"  # whose best nobody knows
    assert len(second.lines) == 1
    assert len(training_curves({"loss": [1.0, 2.0]}).axes[0].lines) == 1
    with pytest.raises(TypeError, match="no history"):
        training_curves([1.0, 2.0])


def test_a_wide_range_is_logarithmic_and_a_vain_wait_is_shaded() -> None:
    stopped = "val_loss was not better for 2 epochs than 0.5 in epoch 2"
    history = nn.History({"loss": [9.0, 1.0, 0.1, 0.01], "val_loss": [9.0, 0.5, 0.6, 0.7],
                          "accuracy": [0.5, 0.6, 0.7, 0.8]}, stopped)  # fmt: skip
    first, second = training_curves(history).axes[:2]
    assert (first.get_yscale(), second.get_yscale()) == ("log", "linear")
    [shade] = [patch for patch in first.patches if "early stop after 4" in str(patch.get_label())]
    assert shade.get_extents().width > 0
    assert not second.patches
    ax = axes()
    assert training_curves(history, only="accuracy", ax=ax) is ax.figure
    assert ax.get_title() == "accuracy"
    only_validation = training_curves({"val_loss": [1.0, 2.0]}).axes[0].lines[0]
    assert only_validation.get_linestyle() == "--"
    with pytest.raises(ValueError, match="the quantities are loss, accuracy"):
        training_curves(history, only="f1")
    with pytest.raises(ValueError, match="say which quantity"):
        training_curves(history, ax=axes())


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


def test_probabilities_shade_the_regions() -> None:
    def words(figure: Any) -> list[str]:
        return [text.get_text() for text in figure.axes[0].texts]

    logit = boundary(lambda rows: 4 * rows[:, 0], X, Y, points=41)
    assert words(logit) == ["shade: sigmoid of the output"]
    # the colour of class 1 is the fuller, the farther from the boundary
    levels = [c.levels.tolist() for c in logit.axes[0].collections if hasattr(c, "levels")]
    assert [0.9, 1.01] in levels
    assert [0.6, 0.75] in levels
    share = boundary(lambda rows: rows[:, 0] / 3 + 0.4, X, Y, threshold=0.5)
    assert words(share) == ["shade: probability of the class"]
    assert words(boundary(lambda rows: 9 * rows[:, 0], X, Y, threshold=0.5)) == []
    assert words(boundary(nn.MLP(2, [2, 3], seed=0), X, Y)) == ["shade: softmax of the outputs"]
    sure = nn.MLP(2, [2, 3], output="softmax", seed=0)
    assert words(boundary(sure, X, Y)) == ["shade: probability of the class"]


def test_a_last_sigmoid_moves_the_threshold() -> None:
    for model in (nn.MLP(2, [2, 1], output="sigmoid", seed=0),
                  nn.Sequential(nn.Layer(2, 1, nonlin=False, seed=0), "sigmoid")):  # fmt: skip
        assert threshold_of(model) == 0.5
    assert threshold_of(nn.MLP(2, [2, 1])) == 0.0


def test_estimators_with_probabilities_are_models() -> None:
    class Estimator:
        def predict(self, rows: Any) -> Any:
            raise AssertionError("classes say less than probabilities")

        def predict_proba(self, rows: Any) -> Any:
            return np.stack([rows[:, 0] <= 0.5, rows[:, 0] > 0.5], axis=1).astype(float)

    assert len(boundary(Estimator(), X, [0, 0, 1, 1]).axes[0].lines) == 2  # none is wrong


def test_the_true_boundary_is_drawn_over_the_models() -> None:
    figure = boundary(lambda rows: rows[:, 0] - 0.5, X, Y, lambda rows: rows[:, 1] > 0.5, points=41)
    ax = figure.axes[0]
    [line] = [c for c in ax.collections if c.get_linewidth()[0] == 1.8]
    heights = line.get_paths()[0].vertices[:, 1]
    assert np.abs(heights - 0.5).max() <= 1.4 / 40  # within a cell of the grid
    assert "the truth" in [text.get_text() for text in ax.get_legend().get_texts()]
    png(figure)


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
    surface(lambda rows: rows[:, 0], [0.0, 1.0], [0.5, 3.0], ax=(ax := axes()))
    [residuals] = ax.collections
    assert [path.tolist() for path in residuals.get_segments()] == [
        [[0, 0.5], [0, 0]],
        [[1, 3], [1, 1]],
    ]
    alone = surface(lambda rows: rows[:, 0], [0.0, 1.0], [0.5, 3.0], title="a line")
    png(alone)
    [ax] = alone.axes
    above = ax.get_legend().get_window_extent()  # nothing of the curves is below it
    assert ax.get_window_extent().y1 <= above.y0
    assert above.y1 <= ax.title.get_window_extent().y0


def test_bad_maps_are_told() -> None:
    with pytest.raises(ValueError, match="a row of 2 numbers"):
        boundary(network(), [[1.0]], [0])
    with pytest.raises(ValueError, match="class 2"):
        boundary(network(), X, [0, 1, 2, 0])
    with pytest.raises(ValueError, match="a class for each"):
        boundary(network(), X, [0])
    with pytest.raises(TypeError, match="neither a model"):
        boundary("model", X, Y)
    with pytest.raises(ValueError, match="for 25921 rows"):
        boundary(lambda rows: 1.0, X, Y)
    with pytest.raises(ValueError, match=r"X\[1\]\[0\] is nan"):
        boundary(network(), [[0.0, 1.0], [float("nan"), 1.0]], [0, 1])
    with pytest.raises(ValueError, match="X is no array of numbers"):
        boundary(network(), [["a", "b"]], [0])
    with pytest.raises(ValueError, match="z is no array of numbers"):
        surface(network(), X, ["a"] * 4)
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
    with pytest.raises(TypeError, match="no activation"):
        activations(3)  # type: ignore[arg-type]
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


def test_a_recorder_measures_updates_against_the_weights() -> None:
    model, recorder = network(), Recorder()
    recorder.look(model)
    for p in model.parameters():
        p.data = 1.5 * p.data
    recorder.look(model)
    # rounded three times: the product, and numerator and denominator of the rms
    assert recorder.ratios.tolist() == [pytest.approx([0.5, 0.5], rel=1e-15)]
    assert recorder.path[1].tolist() == [p.data for p in model.parameters()]
    loss(model).backward()
    figure = gradient_flow(model, X, recorder=recorder)
    assert [
        list(line.get_ydata()) for line in figure.axes[2].lines[:2]
    ] == recorder.ratios.T.tolist()
    with pytest.raises(ValueError, match="it has seen no step"):
        gradient_flow(model, recorder=Recorder())
    with pytest.raises(ValueError, match="and had 13"):
        recorder.look(nn.MLP(2, [4, 1]))
    with pytest.raises(ValueError, match="most=1"):
        Recorder(most=1)


def test_a_recorder_in_a_fit_has_the_start_every_step_and_the_end() -> None:
    model, recorder = network(), Recorder()
    start = [p.data for p in model.parameters()]
    optimizer = nn.SGD(lr=0.5)
    nn.fit(model, X, Y, "mean_squared_error", optimizer, epochs=3, batch_size=2, seed=0,
           progress=False, callbacks=[recorder])  # fmt: skip
    assert recorder.steps == [*range(7)]
    assert recorder.path[0].tolist() == start
    assert recorder.path[-1].tolist() == [p.data for p in model.parameters()]
    assert recorder.ratios.shape == (6, 2)
    moved = [np.linalg.norm(recorder.path[i + 1] - recorder.path[i]) for i in range(6)]
    assert min(moved) > 0
    assert recorder.settings["epochs"] == 3


def test_a_long_path_is_thinned_and_keeps_both_ends() -> None:
    model, recorder = network(), Recorder(most=4)
    for step in range(14):
        model.parameters()[0].data = float(step)
        recorder.look(model)
    assert recorder.steps == [0, 4, 8, 12, 13]
    assert recorder.path[:, 0].tolist() == recorder.steps
    assert len(recorder.ratios) == 4


@pytest.mark.parametrize("name", TITLES)
def test_an_activation_that_is_a_part_has_the_slopes_of_one_in_the_layer(name: str) -> None:
    inside = nn.MLP(2, [3], output=name, seed=0)
    apart = nn.Sequential(nn.Layer(2, 3, nonlin=False), name)
    for one, other in zip(apart.parts[0].neurons, inside.layers[0].neurons, strict=True):
        for p, q in zip([*one.w, one.b], [*other.w, other.b], strict=True):
            p.data = q.data  # a PReLU has slopes besides
    assert np.array_equal(slopes_by_layer(apart, X), slopes_by_layer(inside, X))


def test_layers_in_any_module_have_their_flow() -> None:
    model = nn.Sequential(
        nn.Layer(2, 3, nonlin=False, seed=0), nn.BatchNorm(3), "tanh",
        nn.Residual(nn.Layer(3, 3, nonlin=False, seed=1)), nn.Layer(3, 2, nonlin=False, seed=2),
        "sigmoid", nn.Layer(2, 1, nonlin=False, seed=3),
    )  # fmt: skip
    loss(model.eval()).backward()
    figure = gradient_flow(model, X)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["1  tanh", "2  linear", "3  sigmoid", "4  linear"]
    slopes = slopes_by_layer(model, X)
    # layer 3 is linear, and a part of its own comes after it: its sigmoid's slope, of 1/4
    sums = [[float(np.dot([w.data for w in n.w], h)) + n.b.data for n in model.layers[2].neurons]
            for h in (np.array([y.data for y in model.parts[3](model.parts[2](model.parts[1](
                model.parts[0](x))))]) for x in X)]  # fmt: skip
    expected = [[4 * autograd.grad(autograd.sigmoid)(t) for t in row] for row in sums]
    assert np.allclose(slopes[2], expected, rtol=1e-12, atol=0)
    # layer 1 goes through a normalisation before its tanh: the slope is that of the tanh alone
    given = [[y.data for y in model.parts[1](model.parts[0](x))] for x in X]
    expected = [[autograd.grad(autograd.tanh)(t) for t in row] for row in given]
    assert np.allclose(slopes[0], expected, rtol=1e-12, atol=0)
    mixed = nn.Sequential(nn.Layer(2, 3, nonlin=False, seed=0), nn.LayerNorm(3), "tanh",
                          nn.Layer(3, 1, seed=1))  # fmt: skip
    given = [[y.data for y in mixed.parts[1](mixed.parts[0](x))] for x in X]
    expected = [[autograd.grad(autograd.tanh)(t) for t in row] for row in given]
    assert np.allclose(slopes_by_layer(mixed, X)[0], expected, rtol=1e-12, atol=0)
    twice = nn.Sequential(nn.Layer(2, 3, nonlin=False, seed=0), nn.LayerNorm(3), "tanh",
                          nn.LayerNorm(3), nn.Layer(3, 1, seed=1))  # fmt: skip
    with pytest.raises(ValueError, match="it is not clear what becomes of"):
        slopes_by_layer(twice, X)
    for alone in (
        nn.Layer(2, 1, seed=0),
        nn.Neuron(2, seed=0),
        nn.Residual(nn.Layer(2, 2, seed=0)),
    ):
        total = alone([1.0, 2.0])
        (total if type(total) is autograd.Value else autograd.sum(total)).backward()
        assert len(slopes_by_layer(alone, X)) == 1
        png(gradient_flow(alone, X))


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
    plane = plane_through(model, path, "pca", 0)
    # orthonormal directions: the points come back to rounding
    assert np.allclose(centre + plane.path @ plane.directions, path, rtol=0, atol=1e-12)
    assert plane.share == pytest.approx(1.0, rel=1e-12)
    away = plane_through(model, path, "random", 0)
    shares = [np.linalg.norm(p @ away.directions) ** 2 for p in away.path]
    whole = [np.linalg.norm(p - centre) ** 2 for p in path]
    assert away.share == pytest.approx(sum(shares) / sum(whole), rel=1e-12)
    assert away.share < 0.9


def test_the_loss_is_that_of_the_moved_parameters_and_they_are_put_back() -> None:
    model = network()
    before = [p.data for p in model.parameters()]
    plane = plane_through(model, None, "random", 1)
    grid = [(a, b) for b in (-0.5, 0.0, 0.5) for a in (-0.5, 0.0, 0.5)]
    expected = []
    for a, b in grid:
        other = network()
        moved = plane.centre + a * plane.directions[0] + b * plane.directions[1]
        for p, number in zip(other.parameters(), moved.tolist(), strict=True):
            p.data = number
        expected.append(loss(other).data)
    figure = landscape(model, loss, points=3, radius=0.5, seed=1)
    found = at_points(lambda: loss(model), model.parameters(), plane.at(np.array(grid)))
    # sums of columns are not added as exactly as those of floats
    assert np.allclose(found[:, 0], expected, rtol=1e-13, atol=0)
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


def test_a_wide_range_of_losses_has_logarithmic_levels() -> None:
    model = network()
    steep = landscape(model, lambda model: autograd.exp(9 * loss(model)), points=5)
    assert steep.axes[1].get_ylabel() == "loss, logarithmic"
    flat = landscape(model, lambda model: 1 + 0.01 * loss(model), points=5)
    assert flat.axes[1].get_ylabel() == "loss"


def test_a_recorder_is_a_path_with_its_end_where_the_model_is() -> None:
    model, recorder = network(), Recorder()
    nn.fit(model, X, Y, "mean_squared_error", epochs=4, seed=0, progress=False,
           callbacks=[recorder])  # fmt: skip
    figure = landscape(model, loss, recorder, directions="pca", points=5)
    names = [str(line.get_label()) for line in figure.axes[0].lines]
    assert names[1:] == ["start", "the model"]
    model.parameters()[0].data += 1.0
    figure = landscape(model, loss, recorder, directions="pca", points=5)
    assert [str(line.get_label()) for line in figure.axes[0].lines][1:] == [
        "start", "end of the path", "the model"]  # fmt: skip


def test_the_path_is_drawn_and_a_bad_one_told() -> None:
    model = network()
    path = [[p.data + step for p in model.parameters()] for step in (0.3, 0.1, 0.0)]
    figure = landscape(model, loss, path, points=4)
    assert len(figure.axes[0].lines[0].get_xdata()) == 3
    told = " ".join(text.get_text() for text in figure.axes[0].texts).replace("\n", " ")
    for p, number in zip(model.parameters(), path[0], strict=True):
        p.data = number
    true = loss(model).data
    for p, number in zip(model.parameters(), path[-1], strict=True):
        p.data = number
    assert f"(start), the loss is {true:.3g}, on the plane" in told
    plane = plane_through(model, path, "random", 0)
    for p, number in zip(model.parameters(), plane.at(plane.path)[0].tolist(), strict=True):
        p.data = number
    assert told.endswith(f"on the plane {loss(model).data:.3g}")
    for p, number in zip(model.parameters(), path[-1], strict=True):
        p.data = number
    share = plane_through(model, path, "random", 0).share
    assert f"holds {100 * share:.2g} % of the path's squared distances" in told
    assert png(figure) == png(landscape(model, loss, path, points=4))
    with pytest.raises(ValueError, match="13 parameters, the points of the path have 2"):
        landscape(model, loss, [[1.0, 2.0]])
    with pytest.raises(ValueError, match="3 points or more"):
        landscape(model, loss, directions="pca")
    with pytest.raises(ValueError, match="the path have none"):
        landscape(model, loss, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'random' or 'pca'"):
        landscape(model, loss, directions="steepest")

    class Line:
        w, b, activation = [autograd.Value(1.0)], None, "linear"

    with pytest.raises(ValueError, match="3 points of 1 parameters has no two"):
        landscape(Line(), loss, [[0.0], [0.5], [1.0]], directions="pca")
    with pytest.raises(TypeError, match="give a function of the model"):
        landscape(model, 3.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the loss gave 4 numbers"):
        landscape(model, lambda model: model.batch(X), points=3)
    for options in ({"points": "a"}, {"points": 2}, {"radius": float("inf")}, {"radius": 0}):
        with pytest.raises(ValueError, match=f"landscape.{next(iter(options))}="):
            landscape(model, loss, **options)


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
    with pytest.raises(TypeError, match=r"give \(rows, columns\)"):
        filters(model, 4)  # type: ignore[arg-type]


def test_numbers_are_in_cells_with_room_for_them() -> None:
    figure = weights(nn.MLP(4, [8, 8, 2, 12], seed=0))
    png(figure)
    images = [ax for ax in figure.axes if ax.images]
    assert [len(ax.texts) for ax in images] == [32, 0, 0, 24]
    square = attention(np.full((12, 12), 0.00066))
    png(square)
    for ax in (images[0], images[3], square.axes[0]):
        cell = ax.get_window_extent().width / ax.images[0].get_array().shape[1]
        assert max(text.get_window_extent().width for text in ax.texts) < cell


def test_a_grey_copy_tells_the_sign() -> None:
    from viz.plotting.panels import signed_colours

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
    with pytest.raises(TypeError, match="no matrix: give rows"):
        attention(3)
    with pytest.raises(ValueError, match="1 keys for 2"):
        attention([[0.5, 0.5]], ["a"])


def test_pyplot_is_never_imported() -> None:
    code = (
        "import sys, viz.plotting.network, viz.plotting.boundary, viz.plotting.surface, viz.plotting.activation_plots, viz.plotting.gradient_flow;"
        "import viz.plotting.landscape, viz.plotting.weights, viz.training.report, viz.training.recorder, viz.plotting.verdicts;"
        "assert 'matplotlib' not in sys.modules;"
        "viz.attention([[0.5]]).savefig(__import__('io').BytesIO());"
        "viz.activations('tanh');"
        "assert 'matplotlib.pyplot' not in sys.modules;"
        "assert 'nn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
