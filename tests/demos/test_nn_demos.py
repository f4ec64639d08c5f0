"""The demos of the network layer: what they print is true, and their pictures are written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from running_demos import run

from autograd import explain
from demos import vanishing_gradients, weights_step_by_step

ROOT = Path(__file__).parents[2]


def test_weights_step_by_step(tmp_path, capsys):
    """By hand: y = 0.9 + 0.4 + 2.4 = 3.7, e = 0.7, L = 0.49, dL/dw = 2 e x = 1.4, 2.8, 8.4."""
    status, rows, said, written = run("weights_step_by_step", tmp_path, capsys)
    assert status == 0
    assert written == {"step.svg", "weights.svg"}
    for row in (
        "w1 1.4 -0.01 · 1.4 = -0.014 0.9 - 0.014 = 0.886",
        "w2 2.8 -0.01 · 2.8 = -0.028 0.2 - 0.028 = 0.172",
        "w3 8.4 -0.01 · 8.4 = -0.084 0.4 - 0.084 = 0.316",
        "0 3.16 0.9000 0.2000 0.4000",  # (0.7² + 2.2² + 0.2² + 2.7²) / 4 = 3.165
    ):
        assert row.split() in rows
    # then y = 0.886 + 0.344 + 1.896 = 3.126
    assert "loss 0.49 before the step, 0.015876 after it" in said
    assert "= 1.4 · 1 · 1 · 6" in said


def test_the_rule_shown_is_the_one_applied():
    weights = [weights_step_by_step.Value(w) for w in (0.5, 0.25, -1.0)]
    loss = weights_step_by_step.forward(weights, [1.0, 2.0, 6.0], 3.0)
    loss.backward()
    shown = [explain(loss, w).gradient for w in weights]
    assert [w.grad for w in weights] == shown == [-16.0, -32.0, -96.0]  # 2 * -8 * x
    weights_step_by_step.step(weights)
    assert [w.data for w in weights] == [0.5 + 0.16, 0.25 + 0.32, -1.0 + 0.96]
    assert [w.grad for w in weights] == [0.0] * 3


def test_weights_far_from_a_third_are_a_problem(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(weights_step_by_step, "QUICK_EPOCHS", 1)
    status, _, said, _ = run("weights_step_by_step", tmp_path, capsys)
    assert status == 1
    assert "the weights are not within 0.001 of 1/3" in said


@pytest.mark.demo
def test_vanishing_gradients(tmp_path, capsys):
    status, rows, _, written = run("vanishing_gradients", tmp_path, capsys)
    assert status == 0
    assert written == {"gradients.svg", "dying_relus.svg"}
    [first] = [row for row in rows if row[:1] == ["1"]]
    [last] = [row for row in rows if row[:1] == ["9"]]
    # Glorot's weights keep the variance, a sigmoid's slope is at most 1/4: eight give at most 2e-5,
    # with a factor of 10 for one draw; tanh and relu have slopes of up to 1
    assert float(first[1]) / float(last[1]) < 10 * 0.25**8
    assert all(float(first[i]) / float(last[i]) > 0.05 for i in (2, 3))
    dead = {
        row[0].rstrip(",") + row[3]: [int(n) for n in row[4:]]
        for row in rows
        if row[1:3] == ["learning", "rate"]
    }
    assert dead["relu10.0"][-1] > dead["relu0.1"][-1] == 0
    assert dead["leaky_relu10.0"] == [0, 0, 0]


def test_a_dead_neuron_answers_0_everywhere():
    model = vanishing_gradients.MLP(1, [2, 1], activation="relu", seed=0)
    for neuron, w, b in zip(model.layers[0].neurons, (1.0, 1.0), (0.0, -5.0), strict=True):
        neuron.w[0].data, neuron.b.data = w, b
    assert vanishing_gradients.dead_neurons(model, [[1.0], [4.0]]) == 1
    assert vanishing_gradients.dead_neurons(model, [[1.0], [6.0]]) == 0
    assert vanishing_gradients.dead_neurons(model, [[-1.0], [0.0]]) == 2


@pytest.mark.demo
def test_overfitting(tmp_path, capsys):
    status, rows, said, written = run("overfitting", tmp_path, capsys)
    assert status == 0
    assert written == {"losses.svg", "maps.svg"}
    losses = {
        row[0]: [float(x) for x in row[-3:-1]] for row in rows if row and row[-1].endswith("%")
    }
    train, validation = losses["nothing"]
    assert list(losses) == ["nothing", "L1", "L2", "dropout", "early"]
    assert all(t > train and v < validation for name, (t, v) in losses.items() if name != "nothing")
    assert "Without a remedy the validation loss is least after" in said


def test_without_matplotlib_there_is_one_line(tmp_path):
    code = (
        "import sys; sys.modules['matplotlib'] = None; from demos.__main__ import main; "
        f"sys.exit(main(['weights_step_by_step', '--quick', '--out', {str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("problem: ")]
    assert "pip install 'chalkgrad[plot]'" in line
