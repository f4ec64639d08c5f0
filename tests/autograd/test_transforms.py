"""Transforms of functions: forms of arguments, orders, and nothing confused."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
from scipy.optimize import least_squares, minimize, rosen, rosen_der, rosen_hess, rosen_hess_prod

import autograd
from autograd import (
    Value,
    derivative,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)  # fmt: skip


class Point(NamedTuple):
    x: Any
    y: Any


def test_a_gradient_has_the_form_of_its_argument() -> None:
    def f(p: Any) -> Any:
        return p["w"][0] * p["w"][1][0] + p["b"].x * p["b"].y + autograd.sum(p["a"].ravel() ** 2)

    p = {"w": [2.0, (3.0,)], "b": Point(5.0, 7.0), "a": np.array([[1.0, 2.0], [3.0, 4.0]])}
    g = grad(f)(p)
    assert g["w"] == [3.0, (2.0,)]
    assert g["b"] == Point(7.0, 5.0)
    assert type(g["b"]) is Point
    np.testing.assert_array_equal(g["a"], [[2.0, 4.0], [6.0, 8.0]])
    assert g["a"].dtype == float


def test_argnums_and_keywords() -> None:
    def f(x: Any, y: Any, *, k: float) -> Any:
        return k * x * y**2

    assert grad(f)(2.0, 3.0, k=10.0) == 90.0
    assert grad(f, argnums=1)(2.0, 3.0, k=10.0) == 120.0
    assert grad(f, argnums=(1, 0))(2.0, 3.0, k=1.0) == (12.0, 9.0)
    assert grad(f, argnums=-1)(2.0, 3.0, k=1.0) == 12.0
    assert value_and_grad(f)(2.0, 3.0, k=1.0) == (18.0, 9.0)


def test_a_constant_function_has_gradient_zero() -> None:
    assert grad(lambda x: 3.0)(2.0) == 0.0
    assert grad(lambda x: 3.0)([1.0, 2.0]) == [0.0, 0.0]
    assert derivative(lambda x: 3.0, 2)(1.0) == 0.0
    np.testing.assert_array_equal(jacobian(lambda x: np.ones(2))(np.ones(3)), np.zeros((2, 3)))
    assert jvp(lambda x: 3.0, (1.0,), (1.0,)) == (3.0, 0.0)


def test_perturbations_are_not_confused() -> None:
    """Siskind and Pearlmutter 2005: d/dx (x * d/dy (x + y)) at 1 is 1, and not 2."""
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert grad(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1])(1.0) == 1.0
    assert jvp(lambda x: x * grad(lambda y: x * y)(2.0), (3.0,), (1.0,)) == (9.0, 6.0)
    # the inner variable takes the outer one as its argument
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(3.0) == 12.0  # d/dx (2 x x) = 4 x
    assert grad(lambda x: grad(lambda y: y * y * y)(x * x))(2.0) == 3 * 4 * 8.0  # 3 (x^2)^2 = 3 x^4


@pytest.mark.parametrize("order", range(7))
def test_derivatives_of_any_order_against_mpmath(order: int) -> None:
    functions = {
        "tanh": (autograd.tanh, mpmath.tanh),
        "sin exp": (lambda x: autograd.sin(autograd.exp(x)), lambda x: mpmath.sin(mpmath.exp(x))),
        "x^x": (lambda x: x**x, lambda x: x**x),
        "gelu": (autograd.gelu, lambda x: x * mpmath.ncdf(x)),
    }
    with mpmath.workdps(50):
        for name, (f, oracle) in functions.items():
            x = mpmath.mpf("0.7")
            expected = mpmath.diff(oracle, x, order)
            found = derivative(f, order)(x)
            assert abs(found - expected) <= abs(expected) * mpmath.mpf("1e-25"), (
                name
            )  # diff's own error


def test_nested_grads_equal_derivative() -> None:
    f = autograd.sin
    assert grad(grad(grad(f)))(0.3) == derivative(f, 3)(0.3) == -math.cos(0.3)


def test_results_depend_on_outside_values_as_values() -> None:
    w = Value(2.0)
    d = grad(lambda x: w * x * x)(3.0)
    assert type(d) is Value
    assert gradients(d, [w]) == [6.0]
    value, d = value_and_grad(lambda x: w * x)(3.0)
    assert gradients(value, [w]) == [3.0]
    with no_grad():
        assert grad(lambda x: w * x * x)(3.0) == 12.0
        assert type(grad(lambda x: w * x * x)(3.0)) is float


def test_scipys_rosenbrock_function_unchanged() -> None:
    x = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
    # SciPy's formulas round in another order: compare to 8 ulp of the largest term, 1200 x^2
    bound = 8 * np.finfo(float).eps * 1200 * 1.9**3
    assert np.abs(grad(rosen)(x) - rosen_der(x)).max() <= bound
    assert np.abs(hessian(rosen)(x) - rosen_hess(x)).max() <= bound
    v = np.array([1.0, -2.0, 3.0, 0.0, 1.0])
    assert np.abs(hvp(rosen, x, v) - rosen_hess_prod(x, v)).max() <= 7 * bound  # |v|_1 = 7


def test_results_plug_into_scipy_optimize() -> None:
    found = minimize(value_and_grad(rosen), np.array([1.3, 0.7, 0.8]), jac=True, tol=1e-10)
    assert np.abs(found.x - 1).max() < 1e-6  # the minimiser's own tolerance on a flat valley

    times = np.arange(5.0)

    def residuals(p: Any) -> Any:
        return p[0] * np.exp(p[1] * times) - (2.0 * np.exp(0.3 * times))

    fit = least_squares(residuals, [1.0, 0.1], jac=jacobian(residuals))
    assert np.abs(fit.x - [2.0, 0.3]).max() < 1e-8  # least_squares' xtol


def test_jacobian_forms() -> None:
    def f(x: Any) -> Any:
        return np.array([[x[0] * x[1], x[1]], [x[2] ** 2, x[0]]])

    j = jacobian(f)(np.array([2.0, 3.0, 4.0]))
    assert j.shape == (2, 2, 3)
    np.testing.assert_array_equal(j[0, 0], [3.0, 2.0, 0.0])
    np.testing.assert_array_equal(j[1, 0], [0.0, 0.0, 8.0])
    nested = jacobian(lambda p: {"s": p["a"] * p["b"], "l": [p["a"]]})({"a": 2.0, "b": 3.0})
    assert nested == {"s": {"a": 3.0, "b": 2.0}, "l": [{"a": 1.0, "b": 0.0}]}
    both = jacobian(lambda x, y: [x * y], argnums=(0, 1))(2.0, 3.0)
    assert both == [(3.0, 2.0)]
    mixed = jacobian(lambda x: np.array([x["u"], x["u"] * x["v"][0]]))({"u": 2.0, "v": [5.0]})
    np.testing.assert_array_equal(mixed["u"], [1.0, 5.0])
    np.testing.assert_array_equal(mixed["v"][0], [0.0, 2.0])


def test_hessian_of_nested_lists_and_exact_numbers() -> None:
    h = hessian(lambda x: x[0] ** 2 * x[1] / 3)([Fraction(3), Fraction(5, 7)])
    assert h == [[Fraction(10, 21), Fraction(2)], [Fraction(2), 0]]


def test_forward_and_reverse_agree_in_random_directions() -> None:
    """<c, J t> = <J^T c, t>, exactly, on fractions."""

    def f(p: Any) -> list[Any]:
        a, b, c = p
        return [a * b / c + a**3, (a - b) ** 2 * c, autograd.dot([a, b], [c, a])]

    p = [Fraction(2, 3), Fraction(-5, 7), Fraction(3, 2)]
    t, c = (
        [Fraction(1, 2), Fraction(3), Fraction(-2, 5)],
        [Fraction(4), Fraction(1, 9), Fraction(-1)],
    )
    value, tangent = jvp(f, (p,), (t,))
    again, pullback = vjp(f, p)
    (gradient,) = pullback(c)
    assert value == again
    assert sum(ci * ti for ci, ti in zip(c, tangent, strict=True)) == sum(
        gi * ti for gi, ti in zip(gradient, t, strict=True)
    )


def test_vjp_gives_one_gradient_per_argument() -> None:
    value, pullback = vjp(lambda x, y: x * y, 3.0, 4.0)
    assert value == 12.0
    assert pullback(1.0) == (4.0, 3.0)
    assert pullback(2.0) == (8.0, 6.0)  # a pullback can be used again


def test_functions_of_numpy_vectors() -> None:
    x = np.array([0.3, 0.4])
    two_ulp = 2 * np.finfo(float).eps  # x / |x| rounds twice
    np.testing.assert_allclose(grad(np.linalg.norm)(np.array([3.0, 4.0])), [0.6, 0.8], rtol=two_ulp)
    checks = {
        "exp": (np.exp, np.exp), "sin": (np.sin, np.cos), "log": (np.log, lambda x: 1 / x),
        "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)), "arctan": (np.arctan, lambda x: 1 / (1 + x * x)),
        "mean of squares": (lambda x: np.mean(np.square(x)) * 2, lambda x: 2 * x),
    }  # fmt: skip
    for name, (f, df) in checks.items():
        found = grad(lambda x, f=f: np.sum(f(x)))(x)
        np.testing.assert_allclose(found, df(x), rtol=4 * np.finfo(float).eps, err_msg=name)


def test_numpy_meets_value_in_both_orders() -> None:
    v = Value(2.0)
    assert type(np.float64(3.0) * v) is Value
    assert type(np.float32(3.0) - v) is Value
    assert type(np.int64(3) / v) is Value
    for product in (np.array([1.0, 2.0]) * v, v * np.array([1.0, 2.0])):
        assert product.dtype == object
        assert [x.data for x in product] == [2.0, 4.0]
    assert (np.array([v, v]) @ np.array([1.0, 2.0])).data == 6.0
    assert ((np.array([v, -v]) > 0) * np.array([v, v]))[1].data == 0.0  # a mask is 0 or 1
    assert np.array([v, 1.0]).dtype == object


def test_a_selection_keeps_fractions_and_digits() -> None:
    """The constant that is chosen becomes the kind of number that the other branch is."""
    third = Fraction(1, 3)
    assert grad(lambda x: autograd.maximum(x, 1) / 7 * x)(third) == Fraction(1, 7)
    assert grad(lambda x: (autograd.relu(x) + 1) / 7 * x)(-third) == Fraction(1, 7)
    assert grad(lambda x: autograd.maximum(x, 1))(Fraction(1)) == Fraction(1, 2)
    with mpmath.workdps(50):
        x = -mpmath.mpf(1) / 3
        assert grad(lambda x: (autograd.relu(x) + 1) / 7 * x)(x) == mpmath.mpf(1) / 7
        assert grad(lambda x: autograd.clip(x, 0, 1) / 7 + x / 7)(x) == mpmath.mpf(1) / 7


def test_second_derivatives_in_saturation_are_finite() -> None:
    for f in (autograd.tanh, autograd.mish, autograd.sigmoid, autograd.softplus):
        for x in (800.0, -800.0):
            assert derivative(f, 2)(x) == 0.0


def test_a_division_by_zero_can_be_differentiated_again() -> None:
    assert derivative(lambda x: x / 0.0, 1)(1.0) == math.inf
    [d] = gradients((x := Value(1.0)) / 0.0, [x], create_graph=True)
    assert d.data == math.inf


def test_leaves_that_the_function_makes_itself_are_constants() -> None:
    def accumulated(xs: Any) -> Any:
        total = Value(0.0)
        for x in xs:
            total = total + x * x.detach()
        return total

    assert grad(lambda x: x * Value(2.0))(3.0) == 2.0
    assert type(grad(lambda x: x * Value(2.0))(3.0)) is float
    assert value_and_grad(accumulated)([3.0, 4.0]) == (25.0, [3.0, 4.0])


def test_zeros_are_of_the_kind_of_the_argument() -> None:
    found = grad(lambda p: p[0])([Fraction(1), 2.0, Fraction(3)])
    assert found == [1, 0.0, 0]
    assert [type(g) for g in found] == [int, float, int]


def test_dicts_are_matched_by_their_keys() -> None:
    primal, tangent = {"a": 2.0, "b": 3.0}, {"b": 0.0, "a": 1.0}
    assert jvp(lambda p: p["a"] * p["b"], (primal,), (tangent,)) == (6.0, 3.0)


def test_a_pullback_can_be_differentiated_by_its_cotangent() -> None:
    """The cotangent's variable is younger than the call that made the pullback."""
    _, pullback = vjp(lambda x: x * x, 3.0)
    assert grad(lambda c: pullback(c)[0] ** 2)(1.0) == 72.0  # d/dc (6 c)^2
