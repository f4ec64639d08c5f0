"""The open table: a user's function works in every mode, also when it is pickled."""

from __future__ import annotations

import pickle
from fractions import Fraction

import mpmath
import numpy as np

import autograd
from autograd import Value, grad, gradients, hessian, jvp, primitive

cube_plus = primitive("cube_plus", lambda x, b: x * x * x + b, lambda y, x, b: 3 * x * x, 1)
softsign = primitive(
    "softsign", lambda x: x / (1 + abs(x)), lambda y, x: 1 / (1 + autograd.abs(x)) ** 2
)


def test_a_users_primitive_works_in_every_mode() -> None:
    assert cube_plus(2.0, 1.0) == 9.0
    assert grad(cube_plus, argnums=(0, 1))(2.0, 1.0) == (12.0, 1)
    assert grad(grad(cube_plus))(2.0, 1.0) == 12.0
    assert jvp(cube_plus, (2.0, 1.0), (1.0, 10.0)) == (9.0, 22.0)
    assert grad(cube_plus)(Fraction(1, 2), 1) == Fraction(3, 4)
    assert hessian(lambda v: cube_plus(v[0], v[1]))([2.0, 1.0]) == [[12.0, 0.0], [0.0, 0.0]]
    with mpmath.workdps(40):
        assert grad(softsign)(mpmath.mpf(1) / 3) == mpmath.mpf(9) / 16
    assert grad(lambda a: np.sum(a))(np.array([1.0, 2.0])).tolist() == [1.0, 1.0]


def test_graphs_with_a_users_primitive_are_pickled_by_name() -> None:
    x = Value(2.0)
    y, x2 = pickle.loads(pickle.dumps((cube_plus(x, 1.0), x)))
    assert gradients(y, [x2]) == [12.0]


def test_a_users_primitive_may_be_defined_again() -> None:
    f = primitive("again", lambda x: x, 1)
    g = primitive("again", lambda x: 2 * x, 2)
    assert (grad(f)(1.0), grad(g)(1.0)) == (1, 2)
