"""Rosenblatt's perceptron: his rule, Novikoff's bound, and what it cannot learn."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import autograd
from autograd import Value
from nn.classical.perceptron import Perceptron, one_epoch, step

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
GATES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "NAND": [1, 1, 1, 0], "left": [0, 0, 1, 1]}
XOR = [0, 1, 1, 0]


def classes(unit, rows):
    return [unit(row).data for row in rows]


@pytest.mark.parametrize("gate", GATES)
def test_it_learns_what_a_line_separates(gate):
    unit = Perceptron(2)
    learning = unit.fit(CORNERS, GATES[gate])
    assert learning.converged
    assert learning.repeats is None
    assert learning.mistakes[-1] == 0
    assert all(learning.mistakes[:-1])  # it stops at once
    assert classes(unit, CORNERS) == GATES[gate]
    assert unit.predict(CORNERS).ravel().tolist() == GATES[gate]


def test_an_epoch_by_hand():
    """AND, looked at sample by sample with the weights of that moment."""
    samples = list(zip(CORNERS, GATES["AND"], strict=True))
    assert one_epoch((0, 0, 0), samples, 1) == ((1, 1, 1), 1)  # only (1, 1) is missed
    # (0, 0): 1 > 0, so the bias falls to 0; (0, 1): 1 > 0, so (1, 0, -1); (1, 0): 0 is right;
    # (1, 1): 0 is not above 0, so (2, 1, 0)
    assert one_epoch((1, 1, 1), samples, 1) == ((2, 1, 0), 3)


def test_xor_is_never_learned_and_the_report_proves_it():
    unit = Perceptron(2)
    learning = unit.fit(CORNERS, XOR, epochs=50)
    assert not learning.converged
    assert len(learning.mistakes) == 50
    assert min(learning.mistakes) > 0
    assert learning.repeats == (2, 3)
    assert "never will" in str(learning)
    assert classes(unit, CORNERS) != XOR


def separable(seed, n=40, d=3):
    """Return rows, targets, and the exact weights (bias last) of a unit that separates them."""
    source = random.Random(seed)
    secret = [Fraction(source.randint(-9, 9)) for _ in range(d)] + [Fraction(source.randint(-3, 3))]
    rows, targets = [], []
    while len(rows) < n:
        x = [Fraction(source.randint(-8, 8), 4) for _ in range(d)]  # exact as floats too
        side = sum(w * v for w, v in zip(secret, [*x, 1], strict=True))
        if abs(side) >= 1:
            rows.append(x)
            targets.append(int(side > 0))
    return rows, targets, secret


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("lr", [1.0, 0.25])
def test_the_mistakes_stay_below_novikoffs_bound(seed, lr):
    """Novikoff 1962: at most (R / g)**2, in exact fractions."""
    rows, targets, secret = separable(seed)
    learning = Perceptron(3, lr=lr).fit(
        [[float(v) for v in x] for x in rows], targets, epochs=10_000
    )
    longest = max(sum(v * v for v in [*x, 1]) for x in rows)
    nearest = min(abs(sum(w * v for w, v in zip(secret, [*x, 1], strict=True))) for x in rows)
    bound = longest * sum(w * w for w in secret) / nearest**2
    assert learning.converged
    assert 0 < sum(learning.mistakes) <= bound


@pytest.mark.parametrize("targets", list(product([0, 1], repeat=4)))
def test_of_the_sixteen_functions_of_two_bits_all_but_two_are_learned(targets):
    """Minsky and Papert 1969, "Perceptrons": XOR and its opposite are the two."""
    learning = Perceptron(2).fit(CORNERS, targets)
    never = list(targets) in (XOR, [1, 0, 0, 1])
    assert learning.converged is not never
    assert (learning.repeats is not None) is never


def test_weights_that_stand_still_by_rounding_prove_nothing():
    """0.5 is missed in every epoch, but -1 + 2**-60 is -1 for floats; a point between would do."""
    unit = Perceptron(1, lr=2**-60)
    unit.w[0].data, unit.b.data = 1.0, -1.0
    learning = unit.fit([[0.0], [0.5]], [0, 1], epochs=5)
    assert (unit.w[0].data, unit.b.data) == (1.0, -1.0)
    assert learning.mistakes == [1] * 5
    assert learning.repeats is None


def test_mistakes_that_only_rounding_makes_prove_nothing():
    """The start is right about both samples, but for floats 1 + 2**-60 is 1, and the sum is 0."""
    unit = Perceptron(2)
    for p, number in zip(unit.parameters(), (1.0, 1.0, -1.0), strict=True):
        p.data = number
    learning = unit.fit([[1.0, 2**-60], [1.0, 0.0]], [1, 0], epochs=3)
    assert learning.mistakes == [2] * 3
    assert learning.repeats is None


def test_the_learning_rate_only_scales():
    one, half = Perceptron(2), Perceptron(2, lr=0.5)
    assert one.fit(CORNERS, GATES["AND"]) == half.fit(CORNERS, GATES["AND"])
    assert [p.data for p in one.parameters()] == [2 * p.data for p in half.parameters()]


def test_fit_goes_on_from_where_it_is():
    unit, other = Perceptron(2), Perceptron(2)
    parts = [unit.fit(CORNERS, GATES["AND"], epochs=1).mistakes[0] for _ in range(6)]
    assert parts == other.fit(CORNERS, GATES["AND"]).mistakes


def test_gradients_do_not_teach_it():
    unit = Perceptron(2)
    unit.w[0].data = 1.0
    y = unit([Value(1.0), 1.0])
    y.backward()
    assert y.data == 1.0
    assert [p.grad for p in unit.parameters()] == [0.0, 0.0, 0.0]
    assert [step(x) for x in (3.0, -0.0, -3.0)] == [1.0, 0.0, 0.0]


def test_it_is_a_neuron_one_can_see():
    unit = Perceptron(2)
    assert repr(unit) == "Perceptron(2)"
    assert [p.label for p in unit.parameters()] == ["w1", "w2", "b"]
    assert [v.rule.name for v in autograd.nodes(unit([1, 1])) if v.rule] == [
        "dot",
        "add",
        "sign",
        "relu",
    ]


def test_reports_say_how_it_ended():
    assert str(Perceptron(1).fit([[1.0]], [0])) == (
        "mistakes by epoch: 0\nconverged: the last of 1 epoch has no mistake"
    )
    assert str(Perceptron(2).fit(CORNERS, GATES["AND"], epochs=2)) == (
        "mistakes by epoch: 1, 3\n"
        "not converged in 2 epochs: more epochs may do, if a hyperplane separates the classes"
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda u: u.fit([[1.0]], [1]), ValueError, r"Perceptron\(2\): X has rows of 1 numbers"),
        (lambda u: u.fit([[1.0, 2.0], [1.0]], [1, 0]), ValueError, "row 1 has 1 numbers"),
        (lambda u: u.fit([], []), ValueError, "no data"),
        (lambda u: u.fit(CORNERS, [0, 1]), ValueError, "4 samples and 2 targets"),
        (lambda u: u.fit(CORNERS, [-1, 1, 1, 1]), ValueError, r"target -1 is neither 0 nor 1: write \(1 \+ t\) / 2"),
        (lambda u: u.fit(CORNERS, [0, 2, 1, 1]), ValueError, "target 2 is neither 0 nor 1"),
        (lambda u: u.fit([[np.nan, 0.0]], [1]), ValueError, "row 0, column 0 is nan"),
        (lambda u: u.fit([[0.0, np.inf]], [1]), ValueError, r"X\[0\]\[1\] is inf, not finite"),
        (lambda u: u.fit([[1.0, 2.0]], [[0, 1]]), ValueError, r"targets of shape \(1, 2\); give one"),
        (lambda u: u.freeze().fit(CORNERS, XOR), ValueError, "frozen; unfreeze"),
        (lambda u: u.fit(CORNERS, XOR, epochs=0), ValueError, "epochs=0"),
        (lambda u: u.fit(CORNERS, XOR, epochs=1.5), TypeError, "epochs=1.5"),
        (lambda u: Perceptron(2, lr=0), ValueError, "the learning rate must be above zero"),
        (lambda u: Perceptron(2, lr=float("nan")), ValueError, "lr=nan"),
        (lambda u: Perceptron(2, lr=float("inf")), ValueError, "lr=inf"),
        (lambda u: Perceptron(0), ValueError, "nin=0"),
        (lambda u: u([1.0]), ValueError, "Perceptron of 2 inputs: 1 were given"),
    ],
)  # fmt: skip
def test_wrong_input(call, error, message):
    with pytest.raises(error, match=message):
        call(Perceptron(2))
