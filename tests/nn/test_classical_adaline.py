"""ADALINE: Widrow and Hoff's rule, where it comes to rest, and what it cannot learn from."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import nn
from nn.classical.adaline import Adaline
from nn.storage.description import describe

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
AND, XOR = [-1, -1, -1, 1], [-1, 1, 1, -1]


def test_an_epoch_is_the_delta_rule_in_fractions():
    """w <- w + lr (t - s) x, b <- b + lr (t - s), sample by sample; lr is a power of two."""
    rate, w, b, squares = Fraction(1, 4), [Fraction(0)] * 2, Fraction(0), []
    for x, t in zip(CORNERS, AND, strict=True):
        error = t - (sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b)
        squares.append(error**2)
        w, b = [wi + rate * error * xi for wi, xi in zip(w, x, strict=True)], b + rate * error
    unit = Adaline(2, lr=0.25)
    learned = unit.fit(CORNERS, AND, epochs=1)
    assert [p.data for p in unit.parameters()] == [*w, b]
    assert learned.errors == [sum(squares) / 4]
    assert learned.mistakes == [1]


@pytest.mark.parametrize("targets", [AND, XOR])
def test_small_steps_end_at_the_weights_of_linear_regression(targets):
    unit = Adaline(2, lr=0.01)
    learned = unit.fit(CORNERS, targets, epochs=1000)
    design = np.column_stack([CORNERS, np.ones(4)])
    best, [rest], *_ = np.linalg.lstsq(design, np.array(targets, float), rcond=None)
    # the path circles the solution at a distance of the order of the rate
    assert [p.data for p in unit.parameters()] == pytest.approx(best.tolist(), abs=0.03)
    assert learned.errors[-1] == pytest.approx(rest / 4, abs=0.05)
    assert (learned.mistakes[-1] == 0) is (targets is AND)


def test_it_steps_where_the_perceptron_stands_still():
    """All samples are right, and the sums are still off: the perceptron would not move."""
    unit = Adaline(1, lr=0.1)
    unit.w[0].data = 0.5
    learned = unit.fit([[1.0], [-1.0]], [1, -1], epochs=20)
    assert learned.mistakes == [0] * 20
    assert all(
        after < before for before, after in zip(learned.errors, learned.errors[1:], strict=False)
    )
    assert unit.w[0].data == pytest.approx(1, abs=0.05)


def test_it_decides_by_the_sign_of_its_sum():
    unit = Adaline(2)
    unit.w[0].data, unit.b.data = 2.0, -1.0
    assert unit([1.0, 5.0]).data == 1.0
    assert [unit.decide([x, 0.0]) for x in (1.0, 0.5, 0.0)] == [1, -1, -1]
    assert repr(unit) == "Adaline(2)"
    assert describe(unit) == {"class": "Adaline", "nin": 2, "lr": 0.01}
    assert isinstance(unit, nn.Neuron)


def test_a_rate_below_the_bound_stays_finite_and_one_far_above_is_named():
    rows, targets = [[1.0, 2.0], [2.0, 1.0]], [1, -1]
    bound = 2 / (1 + 5)
    assert max(Adaline(2, lr=0.99 * bound).fit(rows, targets, epochs=500).errors) < 100
    with pytest.raises(ValueError, match=r"lr=1.0 is too large.*2 / \(1 \+ \|x\|\*\*2\) = 0.333"):
        Adaline(2, lr=1.0).fit(rows, targets, epochs=1000)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda u: u.fit(CORNERS, [0, 1, 1, 1]), ValueError, r"target 0 is neither -1 nor 1: write 2\*t - 1"),
        (lambda u: u.fit(CORNERS, [3, 1, 1, 1]), ValueError, "target 3 is neither -1 nor 1$"),
        (lambda u: u.fit([[1.0]], [1]), ValueError, r"Adaline\(2\): X has rows of 1 numbers"),
        (lambda u: u.fit([[np.inf, 0.0]], [1]), ValueError, "not finite"),
        (lambda u: u.fit([], []), ValueError, "no data"),
        (lambda u: u.fit(CORNERS, AND, epochs=0), ValueError, "epochs=0"),
        (lambda u: Adaline(2, lr=-1), ValueError, "must be above zero"),
        (lambda u: Adaline(0), ValueError, "nin=0"),
    ],
)  # fmt: skip
def test_wrong_input(call, error, message):
    with pytest.raises(error, match=message):
        call(Adaline(2))
