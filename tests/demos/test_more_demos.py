"""The demos of whole trainings: matrices and `nn` agree, and what is printed is true."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from running_demos import run

from autograd import dot
from autograd.check import check_gradient
from demos import _digits, _surface_training, comparison, mlp, surface
from demos._matrix_network import descend, loss_and_gradients, matrices, predict
from demos._report import Report
from nn.initialisers import uniform
from nn.layers.mlp import MLP
from nn.optimizers.sgd import SGD
from nn.training.fit import fit

ROOT = Path(__file__).parents[2]


def small(points=20):
    """Return a network 2-8-8-8-1 of `nn`, and points of the surface, standardised."""
    X, z = _surface_training.sampled(points)
    model = MLP(2, [8, 8, 8, 1], init=uniform(-1, 1), seed=0)
    return model, (X - X.mean(axis=0)) / X.std(axis=0), (z - z.mean()) / z.std()


def test_the_gradients_by_hand_are_right():
    pytest.importorskip("mpmath")
    model = MLP(2, [3, 2, 1], init=uniform(-1, 1), seed=3)
    for layer in model.layers:
        for i, neuron in enumerate(layer.neurons):
            neuron.b.data = 0.1 * i + 0.05  # else no gradient of a bias would differ from another
    _, X, z = small(5)
    layers = matrices(model)

    def loss(flat):
        numbers = iter(flat)
        shaped = [
            ([[next(numbers) for _ in row] for row in W], [next(numbers) for _ in b])
            for W, b in layers
        ]
        total = 0
        for x, (target,) in zip(X.tolist(), z.tolist(), strict=True):
            for i, (W, b) in enumerate(shaped, 1):
                x = [dot(row, x) + c for row, c in zip(W, b, strict=True)]
                x = [y.relu() for y in x] if i < len(shaped) else x
            total = total + (x[0] - target) ** 2
        return total / len(z)

    def flat(pairs):
        return [float(number) for W, b in pairs for number in (*W.ravel(), *b)]

    found, gradients = loss_and_gradients(layers, X, z)
    # the plain sums that BLAS reorders differ by some rounding errors, of 2**-53 each, from loss
    report = check_gradient(loss, flat(layers), flat(gradients), tolerance=1e-14)
    assert report.ok, report
    assert sum(g != 0 for g in flat(gradients)) > 12
    assert found == pytest.approx(np.mean((predict(layers, X) - z) ** 2), rel=1e-15)


def test_a_step_by_hand_in_fractions():
    """One ReLU neuron and a linear one, all numbers binary: matrices give the exact result."""
    w, b, v, c, x, t = map(Fraction, ("1/2", "1/4", "-2", "1", "3", "1/2"))
    h = w * x + b
    y = v * h + c
    dy = 2 * (y - t)
    exact = [dy * v * x, dy * v, dy * h, dy]
    layers = [(np.array([[0.5]]), np.array([0.25])), (np.array([[-2.0]]), np.array([1.0]))]
    loss, [(dw, db), (dv, dc)] = loss_and_gradients(layers, np.array([[3.0]]), np.array([[0.5]]))
    assert loss == (y - t) ** 2
    assert [dw.item(), db.item(), dv.item(), dc.item()] == exact


def test_fit_has_the_losses_of_the_matrices_for_100_epochs():
    model, X, z = small()
    layers = matrices(model)
    by_hand = descend(layers, X, z, 0.01, 100)
    history = fit(model, X, z[:, 0], loss="mean_squared_error", optimizer=SGD(lr=0.01),
                  epochs=100, batch_size=None, progress=False)  # fmt: skip
    # the bound that is asked for; both only round differently, so far less is seen
    np.testing.assert_allclose(history["loss"], by_hand, rtol=1e-9, atol=0)
    assert by_hand[-1] < 0.2 * by_hand[0]
    for (W, b), (V, c) in zip(layers, matrices(model), strict=True):
        np.testing.assert_allclose(W, V, rtol=0, atol=1e-9)
        np.testing.assert_allclose(b, c, rtol=0, atol=1e-9)


def test_blocks_are_the_same_as_rows():
    model, X, z = small()
    loss, gradients = loss_and_gradients(matrices(model), X, z)
    again, blocked = loss_and_gradients(matrices(model), X.reshape(4, 5, 2), z.reshape(4, 5, 1))
    assert again == pytest.approx(loss, rel=1e-14)  # sums of 20 numbers, in another order
    for pair, other in zip(gradients, blocked, strict=True):
        for a, b in zip(pair, other, strict=True):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-14 * np.abs(a).max())


def test_the_surface_at_points_known_by_hand():
    points = np.array([[0.0, 0.0], [3.0, 2.0], [-3.0, 1.0]])
    np.testing.assert_array_equal(_surface_training.surface(points), [1, 9 + 6 + 2 + 3, 7 + 3**-1])


@pytest.mark.demo
def test_surface(tmp_path, capsys):
    status, rows, said, written = run("surface", tmp_path, capsys)
    assert status == 0
    assert written == {"loss.svg", "200.svg", "200_weights.svg"}
    [compared] = [row for row in rows if row[:1] == ["0"]]
    assert compared[1] == compared[2]
    losses = {row[1]: float(row[2]) for row in rows if row[:1] == ["200"] and len(row) in (3, 4)}
    assert list(losses) == ["0", "100", "200"]
    assert losses["200"] < losses["100"] < losses["0"]
    assert [row[1] for row in rows if row[:1] in (["1"], ["2"], ["3"], ["4"]) and len(row) == 6] == [
        "128", "4,096", "4,096", "64",
    ]  # fmt: skip
    assert "CHALKGRAD_FULL=1" in said


def test_a_matrix_that_differs_is_a_problem(capsys, monkeypatch):
    right = surface.descend
    monkeypatch.setattr(surface, "descend", lambda *given: [x * (1 + 2e-9) for x in right(*given)])
    report = Report()
    surface.compare(MLP(2, [3, 1], seed=0), 4, 2, report)
    assert len(report.problems) == 1
    assert "differ by 2.0e-09" in report.problems[0]


def test_a_matrix_that_is_nan_is_a_problem(monkeypatch):
    monkeypatch.setattr(surface, "descend", lambda *given: [1.0, float("nan")])
    report = Report()
    surface.compare(MLP(2, [3, 1], seed=0), 4, 2, report)
    assert len(report.problems) == 1


@pytest.mark.demo
def test_mlp(tmp_path, capsys):
    status, rows, said, written = run("mlp", tmp_path, capsys)
    assert status == 0
    assert written == {"curves.svg", "wrong.svg"}
    assert "1,347 digits to learn from, 450 others" in said
    [last] = [row for row in rows if row[:2] == ["epoch", "2/2"]]
    [told] = [float(row[1]) for row in rows if row[:1] == ["accuracy:"]]
    assert float(last[last.index("val_accuracy") + 1]) == told
    table = [row for row in rows if len(row) == 12 and row[0].isdigit()]
    counts = np.array([[int(n) for n in row[1:-1]] for row in table])
    assert counts.sum() == 450
    assert np.trace(counts) / 450 == told


def test_the_digits_are_apart_and_whole():
    (X, y), (V, w) = _digits.digits()
    assert X.shape == (1347, 64)
    assert V.shape == (450, 64)
    assert X.min() == 0
    assert X.max() == 1
    assert np.bincount(np.concatenate([y, w])).tolist() == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180,  # as UCI's description counts them
    ]  # fmt: skip


def test_the_full_run_is_chosen_by_the_environment(monkeypatch):
    for value, points in (("1", [1000, 10_000]), ("0", [1000]), ("", [1000])):
        monkeypatch.setenv("CHALKGRAD_FULL", value)
        assert surface.chosen(quick=False)[1] == points
    monkeypatch.setenv("CHALKGRAD_FULL", "1")
    assert surface.chosen(quick=True) == ([100, 200], [200])


def test_wrong_digits_are_named_with_their_chance():
    pytest.importorskip("matplotlib")
    X, y = np.zeros((3, 64)), np.array([3, 4, 5])
    outputs = np.full((3, 10), -1000.0)
    outputs[0, 3] = 0.0
    outputs[1, [4, 9]] = np.log([0.25, 0.75])
    outputs[2, 8] = 0.0
    titles = [axes.get_title() for axes in mlp.wrong_digits(X, y, outputs).axes]
    assert titles == ["5 taken for 8\n100% sure", "4 taken for 9\n75% sure"]


@pytest.mark.demo
def test_comparison(tmp_path, capsys):
    status, rows, _, written = run("comparison", tmp_path, capsys)
    assert status == 0
    assert written == {"activations.svg", "losses.svg", "optimizers.svg", "schedules.svg"}
    named = {row[0]: row[1:] for row in rows if row}
    assert set(comparison.ACTIVATIONS) | set(comparison.LOSSES) | set(comparison.OPTIMIZERS) <= set(
        named
    )
    starts = {named[name][1] for name in comparison.OPTIMIZERS}
    assert starts == {named["tanh"][0]}  # the same weights, so the same loss
    assert named["Adam"][1:] == named["tanh"]  # the same run, under both names


def test_outliers_pull_the_mean_squared_error_most():
    """Of a sample that is 4 off, the slopes of the losses are 8, 1, 1 and tanh(4)."""
    errors = {}
    x, y = comparison.samples()
    kept = np.delete(np.arange(comparison.POINTS), comparison.OUTLIERS)
    for name in ("mean_squared_error", "huber", "mean_absolute_error"):
        model, losses = comparison.regression(name, 100)
        assert losses[-1] < losses[0]
        errors[name] = np.abs(model.predict(x[kept])[:, 0] - y[kept]).mean()
    assert errors["mean_absolute_error"] < errors["huber"] < errors["mean_squared_error"]


@pytest.mark.parametrize("demo", ["surface", "mlp", "comparison"])
def test_without_matplotlib_the_numbers_are_there(demo, tmp_path):
    code = (
        "import sys; sys.modules['matplotlib'] = None; from demos.__main__ import main; "
        f"sys.exit(main(['{demo}', '--quick', '--out', {str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("problem: ")]
    assert len(lines) == {"surface": 3, "mlp": 2, "comparison": 4}[demo]
    assert all("pip install 'chalkgrad[plot]'" in line for line in lines)
    assert list(tmp_path.glob("*/*")) == []
