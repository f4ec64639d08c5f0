"""Optimisers, against the published formulas evaluated here on exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest

import nn
from autograd import Value

GRADIENTS = [0.5, -2.0, 0.125, 3.0, -1e-3]


def test_adams_first_steps_are_algorithm_1():
    """Kingma and Ba 2015: with every number exact but the square root, at 50 digits."""
    mpmath = pytest.importorskip("mpmath")
    p = Value(1.0)
    optimiser = nn.Adam([p], lr=0.1, betas=(0.75, 0.96875), eps=1e-6)
    b1, b2, eps, lr = map(Fraction, (0.75, 0.96875, 1e-6, 0.1))
    theta, m, v = mpmath.mpf(1), Fraction(0), Fraction(0)
    with mpmath.workdps(50):
        for t, g in enumerate(map(Fraction, GRADIENTS), 1):
            p.grad = float(g)
            optimiser.step()
            m = b1 * m + (1 - b1) * g
            v = b2 * v + (1 - b2) * g**2
            m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
            root = mpmath.sqrt(mpmath.mpf(v_hat.numerator) / v_hat.denominator)
            up = mpmath.mpf((lr * m_hat).numerator) / (lr * m_hat).denominator
            theta -= up / (root + mpmath.mpf(eps.numerator) / eps.denominator)
            assert abs(p.data - theta) < 1e-15 * t


def test_adams_first_step_has_the_size_of_the_learning_rate():
    ps = [Value(0.0), Value(0.0)]
    ps[0].grad, ps[1].grad = 1e-3, -1e3
    nn.Adam(ps).step()
    assert [p.data for p in ps] == pytest.approx([-1e-3, 1e-3], rel=1e-4)


def test_gradient_descent_is_exact_on_fractions():
    p = Value(Fraction(2))
    optimiser = nn.SGD([p], lr=Fraction(1, 3))
    p.grad = Fraction(1, 7)
    optimiser.step()
    assert p.data == 2 - Fraction(1, 21)


def test_momentum_is_the_published_recursion():
    p = Value(Fraction(1))
    lr, momentum = Fraction(1, 10), Fraction(9, 10)
    optimiser = nn.SGD([p], lr=lr, momentum=momentum)
    theta, velocity = Fraction(1), Fraction(0)
    for g in map(Fraction, GRADIENTS):
        p.grad = g
        optimiser.step()
        velocity = momentum * velocity + g
        theta -= lr * velocity
        assert p.data == theta


@pytest.mark.parametrize("make", [nn.SGD, nn.Adam])
def test_a_parameter_that_no_gradient_reached_stays(make):
    used, unused = Value(1.0), Value(1.0)
    optimiser = make([used, unused], lr=0.1)
    (used * 2).backward()
    optimiser.step()
    assert used.data != 1.0
    assert (unused.data, unused.grad) == (1.0, None)


@pytest.mark.parametrize("make", [nn.SGD, nn.Adam])
def test_zero_grad_and_parameters_from_a_generator(make):
    ps = [Value(1.0), Value(2)]
    make(p for p in ps).zero_grad()
    assert [repr(p.grad) for p in ps] == ["0.0", "0"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.SGD([]), ValueError, r"SGD\(\[\]\): no parameters"),
        (lambda: nn.Adam([1.0]), TypeError, "1.0 is not a Value"),
        (lambda: nn.SGD([Value(1.0)], lr=0), ValueError, "above zero"),
        (lambda: nn.Adam([Value(1.0)], lr=float("nan")), ValueError, "above zero"),
        (lambda: nn.SGD([Value(1.0)], momentum=1), ValueError, "momentum=1"),
        (lambda: nn.Adam([Value(1.0)], betas=(0.9, 1.0)), ValueError, r"betas\[1\]=1.0"),
        (lambda: nn.Adam([Value(1.0)], eps=0), ValueError, "eps=0"),
    ],
)
def test_wrong_options(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "make", [lambda ps: nn.SGD(ps, lr=0.05, momentum=0.9), lambda ps: nn.Adam(ps, lr=0.1)]
)
def test_both_find_the_minimum_of_a_bowl(make):
    x, y = Value(3.0), Value(-2.0)
    optimiser = make([x, y])
    for _ in range(400):
        optimiser.zero_grad()
        ((x - 1) ** 2 + 10 * (y - 2) ** 2).backward()
        optimiser.step()
    assert [x.data, y.data] == pytest.approx([1.0, 2.0], abs=1e-4)
