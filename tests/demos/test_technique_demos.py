"""The demos of techniques: what they print is true, and what they say of themselves holds."""

from __future__ import annotations

import numpy as np
import pytest
from running_demos import figures, run

from autograd import gradients, no_grad
from demos import adversarial, augmentation, distillation, low_rank, pruning, quantisation, transfer
from demos._digits import digits
from demos._report import Report
from demos._steps import layers_in, steps_in_use
from nn.layers.dropout import Dropout
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.sequential import Sequential
from nn.losses import cross_entropy
from nn.optimizers.adam import Adam
from nn.training.fit import fit


def shares(rows, first, count):
    """Return the percentages in the row of a table that begins with a word."""
    [row] = [row for row in rows if row[:1] == [first] and len(row) == count]
    return [float(cell.rstrip("%")) / 100 for cell in row if cell.endswith("%")]


@pytest.mark.demo
def test_pruning(tmp_path, capsys):
    status, rows, said, written = run("pruning", tmp_path, capsys)
    assert status == 0
    assert written == {"accuracy.svg", "weights.svg"}
    _, tuned, smallest, at_random = shares(rows, "30%", 5)
    assert tuned == pytest.approx(figures(said)["accuracy with 30% of the weights"], abs=1e-3)
    assert tuned > smallest > at_random
    [counted] = [row[1] for row in rows if row[:1] == ["10%"] and len(row) == 5]
    assert counted == "1,702"  # of 64·128 + 128·64 + 64·10 = 17,024


def test_the_mask_keeps_the_smallest_weights_at_zero_while_others_learn():
    model = MLP(2, [6, 2], activation="tanh", seed=1)
    before = pruning.numbers_of(model)
    kept = pruning.prune(model, 0.25, pruning.by_size)
    weights = pruning.is_weight(model)
    assert weights.sum() == 6 * 2 + 2 * 6
    assert kept.sum() == 6 + 8  # a quarter of the weights, and all biases
    assert kept[~weights].all()
    assert np.abs(before[weights & kept]).min() >= np.abs(before[~kept]).max()
    pruned = pruning.numbers_of(model)
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    fit(model, X, y, optimizer=Adam(lr=0.1), epochs=5, batch_size=2, progress=False, seed=0,
        callbacks=[pruning.Mask(kept)])  # fmt: skip
    after = pruning.numbers_of(model)
    assert (after[~kept] == 0).all()
    assert (after[kept] != pruned[kept]).sum() >= 6  # those of neurons that nothing looks at stay


@pytest.mark.demo
def test_quantisation(tmp_path, capsys):
    status, rows, said, written = run("quantisation", tmp_path, capsys)
    assert status == 0
    assert written == {"accuracy.svg", "steps.svg"}
    assert figures(said)["size at 8 bits, of that before"] == pytest.approx(
        (17_024 + 4 * (202 + 3)) / (8 * (17_024 + 202)), abs=1e-4
    )
    [before] = shares(rows, "64", 3)
    eight, two = shares(rows, "8", 6), shares(rows, "2", 6)
    assert before - eight[0] == pytest.approx(figures(said)["accuracy lost at 8 bits"], abs=1e-3)
    assert all(a > b for a, b in zip(eight, two, strict=True))


@pytest.mark.parametrize("by_row", [False, True])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_weight_is_rounded_by_half_a_step_at_most(bits, by_row):
    W = np.random.RandomState(0).standard_normal((7, 11)) * np.logspace(-2, 2, 7)[:, None]
    W[3] = 0.0
    found = quantisation.quantised(W, bits, by_row=by_row)
    assert found.k.dtype == np.int32
    assert np.abs(found.k).max() == 2 ** (bits - 1) - 1
    assert (np.abs(W - found.numbers) <= found.scale / 2 * (1 + 1e-12)).all()
    assert (quantisation.quantised(-W, bits, by_row=by_row).k == -found.k).all()
    if by_row:
        assert found.scale.shape == (7, 1)


def test_products_of_whole_numbers_are_near_those_of_floats():
    """With 14 bits little is lost; the sums stay below 2^31 at these sizes."""
    steps = steps_in_use(MLP(3, [4, 2], seed=0))
    X = np.random.RandomState(0).uniform(0, 1, (20, 3))
    weights = [quantisation.quantised(layer.weights, 14) for layer in layers_in(steps)]
    found = quantisation.in_whole_numbers(steps, weights, X, X)
    np.testing.assert_allclose(found, MLP(3, [4, 2], seed=0).predict(X), atol=2e-3, rtol=0)


@pytest.mark.demo
def test_low_rank(tmp_path, capsys):
    status, rows, said, written = run("low_rank", tmp_path, capsys)
    assert status == 0
    assert written == {"accuracy.svg", "singular_values.svg"}
    assert "norm" not in said  # no distance that Eckart and Young deny
    assert figures(said)["parameters at rank 16, of all"] == pytest.approx(
        (16 * (64 + 128) + 128 + 16 * (128 + 64) + 64 + 650) / 17_226, abs=1e-4
    )
    assert shares(rows, "16", 5)[-1] == pytest.approx(
        figures(said)["accuracy at rank 16, trained on"], abs=1e-3
    )


def test_a_matrix_of_full_rank_is_itself_and_the_network_too():
    model = Sequential(Layer(5, 4, seed=0), Dropout(0.5, seed=0), Layer(4, 3, seed=1))
    steps = steps_in_use(model)
    U, V = low_rank.factors(layers_in(steps)[0].weights, 4)
    np.testing.assert_allclose(U @ V, layers_in(steps)[0].weights, atol=1e-14)
    split = low_rank.at_rank(steps, 4)
    assert [layer.weights.shape for layer in layers_in(split)] == [(4, 5), (4, 4), (3, 4)]
    X = np.random.RandomState(0).standard_normal((6, 5))
    np.testing.assert_allclose(
        low_rank.network_of(split, "test").predict(X), model.predict(X), atol=1e-13
    )


def test_a_factor_that_is_not_the_nearest_is_a_problem(monkeypatch, capsys):
    W, report = np.diag([3.0, 2.0, 1.0]), Report()
    low_rank.check_distance(W, 2, report)
    assert report.problems == []
    monkeypatch.setattr(
        low_rank, "factors", lambda W, rank: (np.eye(3)[:, 1:], np.diag([2.0, 1.0]) @ np.eye(3)[1:])
    )
    low_rank.check_distance(W, 2, report)
    assert len(report.problems) == 2  # 3 away in both norms, and 1 is said


@pytest.mark.demo
def test_adversarial(tmp_path, capsys):
    status, rows, said, written = run("adversarial", tmp_path, capsys)
    assert status == 0
    assert written == {"accuracy.svg", "digits.svg"}
    usual, at_random, taught, _ = shares(rows, "0.1", 5)
    assert usual == pytest.approx(figures(said)["usual network, attacked with ε = 0.1"], abs=1e-3)
    assert usual < taught < at_random


def test_the_attack_moves_every_pixel_by_epsilon_up_its_gradient_and_cuts_off():
    model = MLP(4, [5, 3], activation="tanh", seed=0)
    X = np.array([[0.5, 0.4, 0.0, 1.0], [0.3, 0.05, 0.97, 0.5]])
    y = np.array([2, 0])
    moved = adversarial.Attack(model)(X, y, 0.1)
    for row, target, found in zip(X.tolist(), y.tolist(), moved, strict=True):
        xs = [adversarial.autograd.Value(x) for x in row]
        slopes = gradients(cross_entropy(model(xs), target), xs)
        steps = [0.1 if slope > 0 else -0.1 for slope in slopes]
        wanted = [min(1, max(0, x + step)) for x, step in zip(row, steps, strict=True)]
        np.testing.assert_allclose(found, wanted, atol=1e-15)
    with no_grad():
        losses = [
            [cross_entropy(model(row), t) for row, t in zip(rows.tolist(), y.tolist(), strict=True)]
            for rows in (X, moved)
        ]
    assert all(after > before for before, after in zip(*losses, strict=True))


@pytest.mark.demo
def test_distillation(tmp_path, capsys):
    status, rows, said, written = run("distillation", tmp_path, capsys)
    assert status == 0
    assert written == {"doubts.svg", "students.svg"}
    reached = figures(said)
    by_all = reached["accuracy with digits that have no labels"]
    by_labels = by_all - reached["gained by the teacher's outputs for the same digits"]
    assert by_labels < by_all
    [table] = [row for row in rows if row[:1] == ["student"] and row[3:5] == ["digits,", "labels"]]
    assert table[1:3] == ["910", "50"]


def test_the_loss_of_a_student_is_hintons():
    """At 0 outputs all is even; the teacher's softmax is scaled, and the loss by T²."""
    z = np.array([[2.0, 0.0, -2.0]])
    np.testing.assert_allclose(
        distillation.softened(z, 2.0), np.exp(z / 2) / np.exp(z / 2).sum(), atol=1e-15
    )
    assert distillation.softened(z, 1e9)[0] == pytest.approx([1 / 3] * 3)


@pytest.mark.demo
def test_augmentation(tmp_path, capsys):
    status, rows, said, written = run("augmentation", tmp_path, capsys)
    assert status == 0
    assert written == {"copies.svg"}
    tables = [row for row in rows if row[:1] == ["100"] and len(row) == 4]
    copies, noise, none = [float(cell.rstrip("%")) / 100 for cell in tables[0][1:]]
    [gained] = [figure for what, figure in figures(said).items() if what.startswith("gained")]
    assert copies - none == pytest.approx(gained, abs=2e-3)
    assert noise < copies


def test_resampled_images_known_by_hand():
    image = np.zeros((5, 5))
    image[1, 2] = 1.0
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    np.testing.assert_allclose(augmentation.resampled(image, np.eye(2), np.zeros(2)), image)
    turned = augmentation.resampled(image, quarter, np.zeros(2))
    assert np.argwhere(turned > 0.5).tolist() == [[2, 3]]  # where A p is (-1, 0): p = (0, 1)
    np.testing.assert_allclose(turned, np.rot90(image, -1), atol=1e-15)
    half = augmentation.resampled(image, np.eye(2), np.array([0.0, 0.5]))
    assert half[1].tolist() == [0, 0.5, 0.5, 0, 0]
    gone = augmentation.resampled(image, np.eye(2), np.array([9.0, 0.0]))
    assert not gone.any()


@pytest.mark.demo
def test_transfer(tmp_path, capsys):
    status, rows, said, written = run("transfer", tmp_path, capsys)
    assert status == 0
    assert written == {"digits.svg"}
    tuned, frozen, scratch = shares(rows, "25", 4)
    reached = figures(said)
    assert tuned - scratch == pytest.approx(
        reached["gained by fine-tuning, 25 digits anywhere"], abs=2e-3
    )
    assert frozen - scratch == pytest.approx(reached["gained by a new last layer alone"], abs=2e-3)


def test_the_two_tasks_share_no_digit_and_nothing_is_cut_off():
    (X, y), (V, w) = digits()
    task = transfer.task(2, quick=True)
    assert task.side == 12
    old, new = task.old[0], task.new[0]
    assert len(new) == (y >= 5).sum()
    assert len(old) == transfer.QUICK_COPIES * (y < 5).sum()
    assert set(task.new[1]) == set(task.old[1]) == set(range(5))
    np.testing.assert_allclose(np.sort(new.sum(axis=1)), np.sort(X[y >= 5].sum(axis=1)))
    np.testing.assert_allclose(task.test_new[0].sum(axis=1), V[w >= 5].sum(axis=1))


def test_few_digits_are_as_many_of_each_class():
    X, y = np.arange(40.0)[:, None], np.arange(40) % 5
    rows, classes = transfer.few((X, y), 15, seed=1)
    assert np.bincount(classes).tolist() == [3] * 5
    assert (y[rows[:, 0].astype(int)] == classes).all()
