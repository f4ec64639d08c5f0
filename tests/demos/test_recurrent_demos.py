"""The demos of recurrent networks: what they claim, and the baselines that they are measured by."""

from __future__ import annotations

import numpy as np
import pytest
from running_demos import figures, run

from demos import _recall, gru, lstm, rnn


@pytest.mark.demo
def test_rnn(tmp_path, capsys):
    status, rows, said, written = run("rnn", tmp_path, capsys)
    assert status == 0
    assert written == {"next_letters.svg", "memory.svg"}
    assert "by letters alone 2.848" in said
    assert figures(said)["nats a letter"] < 2.416
    table = {row[0]: [float(x) for x in row[1:3]] for row in rows if row[-1].endswith("%")}
    assert list(table) == ["2", "5", "60"]
    last, first = table["60"]
    # every step back multiplies by weights of length about 1 and slopes below 1
    assert first < 1e-4 * last
    assert figures(said)["recalled after 60 steps, mean"] < 0.8


@pytest.mark.demo
def test_lstm(tmp_path, capsys):
    status, _, said, written = run("lstm", tmp_path, capsys)
    assert status == 0
    assert written == {"losses.svg", "gates.svg"}
    assert figures(said)["mean squared error of the LSTM"] < 0.03
    assert figures(said)["mean squared error of the RNN, which fails"] > 0.1


@pytest.mark.demo
def test_gru(tmp_path, capsys):
    status, rows, _, written = run("gru", tmp_path, capsys)
    assert status == 0
    assert written == {"forecasts.svg", "errors.svg", "gates.svg"}
    errors = {
        " ".join(row[:-2]): float(row[-1]) for row in rows if row[:1] in (["GRU"], ["persistence"])
    }
    assert errors["GRU"] < 0.5 * errors["persistence"]


@pytest.mark.demo
def test_networks_that_learned_nothing_are_a_problem(tmp_path, capsys, monkeypatch):
    for name, small in (("EPOCHS", 1), ("STEPS", 6), ("SAMPLES", 64)):
        monkeypatch.setattr(lstm, f"QUICK_{name}", small)
    status, _, said, _ = run("lstm", tmp_path, capsys)
    assert status == 1
    assert "problem: mean squared error of the LSTM" in said
    assert "problem: mean squared error of the RNN" not in said


def test_two_numbers_are_marked_and_added():
    X, y = lstm.adding(200, 10, seed=3)
    marks = X[..., 1] == 1
    assert (marks[:, :5].sum(axis=1) == 1).all()
    assert (marks[:, 5:].sum(axis=1) == 1).all()
    np.testing.assert_allclose(y, [x[m].sum() for x, m in zip(X[..., 0], marks, strict=True)])
    assert ((1 - y) ** 2).mean() == pytest.approx(1 / 6, abs=0.03)
    x, total = lstm.shown((X, y))
    assert x[x[:, 1] == 1, 0].sum() == pytest.approx(total)


def test_autoregression_continues_one_sine_for_ever():
    """A sine is a linear recurrence, x_t = 2 cos(w) x_t-1 - x_t-2: two lags are enough for one."""
    waves = np.sin(0.5 * np.arange(101) + np.arange(20)[:, None])
    found = gru.autoregressed(waves[:, :61], waves[:, : gru.KNOWN], lags=2)
    np.testing.assert_allclose(found, waves[:, gru.KNOWN : gru.KNOWN + gru.AHEAD], atol=1e-9)


def test_sines_have_their_noise():
    clean, noisy = gru.sines(300, 50, seed=0)
    assert np.std(noisy - clean) == pytest.approx(gru.NOISE, rel=0.02)
    assert np.abs(clean).max() <= 1


def test_names_are_told_one_letter_late():
    X, y = rnn.told(["ann", "jo"])
    assert [rnn.LETTERS.decode(row) for row in X] == [".ann", ".jo."]
    assert [rnn.LETTERS.decode(row[..., 0]) for row in y] == ["ann.", "jo.."]
    assert y[..., 1].tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]


def test_counts_of_letters_and_of_pairs():
    """Of aa the letters are a, a and the end; every pair has half a count beforehand."""
    n = len(rnn.LETTERS)
    alone, after = rnn.counted(["aa"], ["aa"])
    everything = 3 + n * n / 2
    a, end = 2 + n / 2, 1 + n / 2
    assert alone == pytest.approx(-np.log([a, a, end] / np.array(everything)).mean())
    # .a has been once of 1 + n/2; aa and a. once each of 2 + n/2
    assert after == pytest.approx(-np.log([1.5 / (1 + n / 2), *[1.5 / (2 + n / 2)] * 2]).mean())


def test_gradients_by_step_are_those_of_differences():
    steps, count = 4, 3
    sizes = _recall.gradient_sizes(steps, count)
    cell, readout = _recall.untrained(0).parts
    expected = np.zeros(steps)
    for x, t in zip(*(part.tolist() for part in _recall.noise(count, steps, 1)), strict=True):
        for at in range(steps):
            slope = []
            for unit in range(_recall.UNITS):
                ends = []
                for shift in (1e-6, -1e-6):
                    h = [float(v.data) for v in cell.states(x[: at + 1])[-1][0]]
                    h[unit] += shift
                    if at + 1 < steps:
                        h = cell.states(x[at + 1 :], state=(h,))[-1][0]
                    ends.append(_recall.binary_cross_entropy_with_logits(readout(h), t).data)
                slope.append((ends[0] - ends[1]) / 2e-6)
            expected[at] += np.linalg.norm(slope) / count
    np.testing.assert_allclose(sizes, expected, rtol=1e-6)
