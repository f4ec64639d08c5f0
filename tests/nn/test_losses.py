"""Losses and accuracy: values, gradients, errors."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest

import nn
from autograd import Value, gradients, nodes


@pytest.mark.parametrize("scale", [1.0, 30.0, 700.0])
def test_cross_entropy_has_the_gradient_softmax_minus_onehot(scale):
    mpmath = pytest.importorskip("mpmath")
    source = random.Random(0)
    bound = 4 + scale  # ulp; e**d of a difference d rounded to half an ulp is off by |d| / 2 ulp
    worst = 0.0
    for _ in range(100):
        numbers = [source.uniform(-scale, scale) for _ in range(5)]
        target = source.randrange(5)
        logits = list(map(Value, numbers))
        loss = nn.cross_entropy(logits, target)
        found = gradients(loss, logits)
        with mpmath.workdps(50 + round(scale)):  # 1 - p must keep its digits
            powers = [mpmath.exp(mpmath.mpf(x)) for x in numbers]
            shares = [p / mpmath.fsum(powers) for p in powers]
            assert abs(loss.data + mpmath.log(shares[target])) <= bound * math.ulp(loss.data)
            for i, (got, p) in enumerate(zip(found, shares, strict=True)):
                expected = p - (i == target)
                # below the normal numbers there are fewer digits to be right in
                error = abs(got - expected) / max(abs(expected) * 2.0**-52, math.ulp(0.0))
                worst = max(worst, float(error))
    assert worst <= bound


def test_cross_entropy_is_a_log_softmax_and_a_sign():
    loss = nn.cross_entropy([Value(1.0), 2.0, 3.0], np.int64(2))
    assert [v.rule.name for v in nodes(loss) if v.rule] == ["log_softmax", "neg"]


@pytest.mark.parametrize("target", [-1, 3])
def test_cross_entropy_refuses_a_class_that_is_not_there(target):
    with pytest.raises(ValueError, match=f"target={target} is none of the 3 classes, 0 to 2"):
        nn.cross_entropy([1.0, 2.0, 3.0], target)


def test_cross_entropy_wants_the_number_of_the_class():
    with pytest.raises(TypeError, match=r"target='setosa' must be the number of a class"):
        nn.cross_entropy([1.0, 2.0], "setosa")


def test_mean_squared_error_and_its_gradient_are_exact_on_fractions():
    ps = [Value(Fraction(1, 3)), Value(Fraction(5, 7)), Value(Fraction(-2))]
    ts = [Fraction(1), Fraction(1, 2), Fraction(-2)]
    loss = nn.mean_squared_error(ps, ts)
    assert loss.data == sum((p.data - t) ** 2 for p, t in zip(ps, ts, strict=True)) / 3
    assert gradients(loss, ps) == [2 * (p.data - t) / 3 for p, t in zip(ps, ts, strict=True)]


def test_hinge_is_exact_on_fractions_on_both_sides_of_the_margin():
    scores = [Value(Fraction(1, 3)), Value(Fraction(4)), Value(Fraction(1, 2))]
    loss = nn.hinge(scores, [1, 1, -1])
    assert loss.data == (Fraction(2, 3) + 0 + Fraction(3, 2)) / 3
    assert gradients(loss, scores) == [Fraction(-1, 3), 0, Fraction(1, 3)]


def test_hinge_refuses_classes_0_and_1():
    with pytest.raises(ValueError, match="targets are -1 or 1, not 0"):
        nn.hinge([1.0, 2.0], [0, 1])


def test_accuracy_of_values_lists_arrays_and_scores():
    logits = [[Value(1.0), Value(2.0)], np.array([3.0, 0.0]), (0.0, 0.0)]
    assert nn.accuracy(logits, [1, 0, 1]) == 2 / 3
    assert nn.accuracy([Value(0.1), -0.2, 0.3, -0.4], [1, -1, -1, 1]) == 0.5


@pytest.mark.parametrize("measure", [nn.mean_squared_error, nn.hinge, nn.accuracy])
@pytest.mark.parametrize(("outputs", "targets"), [([1.0], [1, 1]), ([], [])])
def test_unequal_or_no_samples(measure, outputs, targets):
    with pytest.raises(ValueError, match=rf"{measure.__name__}: {len(outputs)} outputs and"):
        measure(outputs, targets)
