"""The demos of the classical networks, and of residual depth: what they print is true."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from running_demos import figures, run

from demos import hopfield, perceptron, resnet
from demos._letters import letters
from demos._stripes import stripes


@pytest.mark.demo
def test_perceptron(tmp_path, capsys):
    status, rows, said, written = run("perceptron", tmp_path, capsys)
    assert status == 0
    assert written == {"and.svg", "xor.svg", "epochs.svg"}
    assert "converged: the last of 6 epochs has no mistake" in said  # AND
    assert "and it never will" in said  # XOR
    assert figures(said) == {
        "share right, perceptron, AND": 1, "share right, ADALINE, AND": 1,
        "share right, network, XOR": 1, "share right, perceptron, XOR": 0.5,
        "share right, ADALINE, XOR": 0.25,
    }  # fmt: skip
    [network] = [row for row in rows if row[:2] == ["network,", "XOR"]]
    assert [float(score) > 0 for score in network[2:]] == [False, True, True, False]
    [unit] = [row for row in rows if row[:2] == ["perceptron,", "XOR"] and len(row) > 2]
    assert unit.count("✗") == 2


@pytest.mark.demo
def test_a_network_that_learned_nothing_is_a_problem(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(perceptron, "QUICK_EPOCHS", 1)
    status, _, said, _ = run("perceptron", tmp_path, capsys)
    assert status == 1
    assert "problem: share right, network, XOR" in said


@pytest.mark.demo
def test_hopfield(tmp_path, capsys):
    status, _, said, written = run("hopfield", tmp_path, capsys)
    assert status == 0
    assert written == {"recall.svg", "energy.svg", "capacity.svg", "likelihood.svg", "dreams.svg"}
    found = figures(said)
    [steps] = [what for what in found if what.startswith("largest change of the energy")]
    assert found[steps] < 0
    assert found["half-erased letters recalled, share"] == 1
    assert found["hebb: the same at 0.4"] > 0.05
    assert found["projection: the same at 0.4"] == 0
    assert -np.log(512) + 2 < found["mean ln P of a pattern"] < -np.log(14)


def test_letters_and_cues():
    assert set(map(len, letters().values())) == {64}
    assert all(set(pattern) == {-1, 1} for pattern in letters().values())
    pattern = letters()["X"]
    changed = [a != b for a, b in zip(pattern, hopfield.noisy(pattern, Random(3)), strict=True)]
    assert sum(changed) == round(0.2 * 64)
    assert hopfield.upper_half(pattern)[32:] == [0] * 32


def test_stripes_are_those_that_one_row_or_one_column_tells():
    images = stripes().reshape(-1, 3, 3)
    assert len(images) == len({image.tobytes() for image in images}) == 2 * 2**3 - 2
    assert all((i == i[0]).all() or (i == i[:, :1]).all() for i in images)


@pytest.mark.demo
def test_resnet(tmp_path, capsys, monkeypatch):
    status, rows, said, written = run("resnet", tmp_path, capsys)
    assert status == 0
    assert written == {"gradients.svg", "accuracy.svg", "planes.svg"}
    found = figures(said)
    assert found["plain, 50 layers: test accuracy"] <= 0.7
    assert found["skips, 50 layers: test accuracy"] >= 0.85
    first = {" ".join(row[:-5]): float(row[-5]) for row in rows if row[-2:] == ["not", "trained"]}
    assert first["relu and skips"] > 1e6 * first["relu, skips and LayerNorm"]


def test_the_sizes_of_gradients_are_those_of_the_loss_over_these_samples():
    model = resnet.deep(2, skips=True, norm=True)
    assert len(model.layers) == 4
    X, y = resnet.spirals(6, seed=0)
    sizes = resnet.gradient_sizes(model, (X, y))
    step, weight = 1e-6, model.layers[0].neurons[0].w[0]

    def loss():
        rows = zip(X.tolist(), y.tolist(), strict=True)
        return np.mean([resnet.cross_entropy(model(x), t).data for x, t in rows])

    slopes = []
    for weight in [w for neuron in model.layers[0].neurons for w in neuron.w]:
        start = weight.data
        weight.data = start + step
        up = loss()
        weight.data = start - step
        slopes.append(abs(up - loss()) / (2 * step))
        weight.data = start
    assert sizes[0] == pytest.approx(np.mean(slopes), rel=1e-6)
    assert {p.grad for p in model.parameters()} == {0.0}
