"""Confusion matrix and residuals: their numbers are those of the metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from nn.metrics.confusion import confusion_matrix
from viz.plotting.verdicts import confusion, residuals

X, Y = nn.toys.moons(60, noise=0.3, seed=0)


def cells(figure: Any) -> list[int]:
    return [int(text.get_text()) for text in figure.axes[0].texts]


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_the_counts_are_those_of_the_metric(outputs: int) -> None:
    model = nn.MLP(2, [4, outputs], seed=outputs)
    expected = confusion_matrix(model.predict(X), Y)
    shown = np.array(cells(confusion(model, X, Y))).reshape(max(outputs, 2), -1)
    assert shown[: len(expected), : len(expected)].tolist() == expected.tolist()
    assert shown.sum() == 60


def test_names_and_bad_input() -> None:
    model = nn.MLP(2, [1], seed=0)
    figure = confusion(model, X, Y, ["$up$", "down"])
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == [r"\$up\$", "down"]
    with pytest.raises(ValueError, match="1 names for 2 classes"):
        confusion(model, X, Y, ["a"])
    with pytest.raises(ValueError, match=r"the class 2; the model knows 0 to 1"):
        confusion(model, X[:2], [0, 2])
    with pytest.raises(ValueError, match="a row and a number for each"):
        confusion(model, X, Y[:3])
    with pytest.raises(ValueError, match="2 outputs"):
        residuals(nn.MLP(2, [2], seed=0), X, Y)


def test_residuals_are_truth_minus_model() -> None:
    figure = residuals(lambda rows: rows[:, 0], [1.0, 2.0, 4.0], [1.5, 1.0, 4.0])
    _, points = figure.axes[0].lines
    assert points.get_xydata().tolist() == [[1.0, 0.5], [2.0, -1.0], [4.0, 0.0]]
