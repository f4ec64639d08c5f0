"""Many points at once: the same numbers as one by one, whatever the model does with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from nn.activations import TITLES
from viz.plotting.columns import at_points
from viz.plotting.running import scores

ROWS = np.random.RandomState(0).standard_normal((60, 2)) * 3
ROWS[0] = 0.0  # kinks


@pytest.mark.parametrize("activation", TITLES)
@pytest.mark.parametrize("output", ["linear", "sigmoid", "softmax", "log_softmax"])
def test_networks_say_of_columns_what_they_say_of_rows(activation: str, output: str) -> None:
    model = nn.MLP(2, [4, 3], activation=activation, output=output, seed=0)
    # columns are added in another order than the sums of floats, which are rounded once
    assert np.allclose(scores(model, ROWS), model.predict(ROWS), rtol=1e-13, atol=1e-14)


def test_a_model_that_branches_is_asked_row_by_row() -> None:
    calls = []

    class Branching(nn.Module):
        def __call__(self, x: Any) -> Any:
            calls.append(1)
            return x[0] * 2 if x[0] > x[1] else x[1] * 3

    expected = [[2 * a if a > b else 3 * b] for a, b in ROWS.tolist()]
    assert scores(Branching(), ROWS).tolist() == expected
    assert len(calls) == len(ROWS)  # too few to make a program of
    many = np.concatenate([ROWS, -ROWS])
    expected += [[2 * a if a > b else 3 * b] for a, b in (-ROWS).tolist()]
    del calls[:]
    assert scores(Branching(), many).tolist() == expected
    assert len(calls) < 9  # a recording for each branch, and what checks them


def test_a_model_that_answers_otherwise_for_columns_is_asked_row_by_row() -> None:
    x = Value(0.0)

    def odd() -> Any:  # np.size tells a column from a number, which no operation does
        return x * float(np.size(x.data))

    assert at_points(odd, [x], [[1.0], [2.0], [3.0], [4.0]]).ravel().tolist() == [1, 2, 3, 4]


def test_numbers_are_put_back_whatever_happens() -> None:
    x = Value(7.0)
    for function in (lambda: x + 1, lambda: x if x > 0 else -x):
        at_points(function, [x], [[1.0], [-2.0]])
        assert x.data == 7.0
    with pytest.raises(ZeroDivisionError):
        at_points(lambda: 1 / 0, [x], [[1.0], [-2.0]])
    assert x.data == 7.0


def test_infinite_and_undefined_numbers_are_answers() -> None:
    x = Value(1.0)
    found = at_points(lambda: autograd.log(x), [x], [[1.0], [0.0], [-1.0], [float("inf")]]).ravel()
    assert np.array_equal(found, [0.0, -np.inf, np.nan, np.inf], equal_nan=True)
