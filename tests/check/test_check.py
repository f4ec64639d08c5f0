"""The checker: its truth against closed forms, and planted errors that it must catch."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest

import autograd
from autograd import Value, grad, primitive
from autograd.check import (
    GradientMismatch,
    Kink,
    assert_gradient,
    assert_primitive,
    check_gradient,
    check_primitive,
    reference_gradients,
    ulps,
)
from autograd.check.oracles.blackbox import complex_step, estimate, ridders
from autograd.check.oracles.precise import context, difference
from autograd.rules import TABLE, find
from autograd.value import apply


@pytest.fixture(autouse=True)
def only_the_rows_of_the_table() -> Iterator[None]:
    """Take the primitives that a test has added out of the table again."""
    before = set(TABLE)
    yield
    for name in set(TABLE) - before:
        del TABLE[name]


def close(x: Any, true: Any, digits: int = 45) -> bool:
    return bool(abs(x - true) <= abs(true) * mpmath.mpf(10) ** -digits)


# The reference


def test_a_reference_has_50_digits_of_the_closed_form() -> None:
    x, w = Value(0.7), Value(-1.3)
    y = (x * w + 0.1).tanh() * x.exp() / (w**2 + 1)
    dx, dw = reference_gradients(y, [x, w])
    with mpmath.workdps(60):
        a, b, bias = mpmath.mpf(0.7), mpmath.mpf(-1.3), mpmath.mpf(0.1)
        t, e, q = mpmath.tanh(a * b + bias), mpmath.exp(a), b * b + 1
        assert close(dx, ((1 - t * t) * b + t) * e / q)
        assert close(dw, (1 - t * t) * a * e / q - 2 * b * t * e / q**2)


def test_a_reference_does_not_trust_the_rule_that_it_judges() -> None:
    wrong = replace(find("sin"), partials=(lambda y, x: 7,))
    x = Value(0.5)
    y = apply(wrong, x) * 2
    y.backward()
    assert x.grad == 14
    assert float(reference_gradients(y, [x])[0]) == pytest.approx(2 * math.cos(0.5), rel=1e-15)


def test_the_cost_is_linear_in_nodes_not_in_paths() -> None:
    x = Value(1.0)
    y = x
    for _ in range(100):
        y = y + y
    assert close(reference_gradients(y, [x])[0], mpmath.mpf(2) ** 100)


def test_nothing_is_mutated_and_the_global_precision_is_left_alone() -> None:
    x = Value(2.0)
    y = x.exp() * x
    digits = mpmath.mp.dps
    reference_gradients(y, [x], digits=200)
    assert (mpmath.mp.dps, x.grad, y.grad, x.data) == (digits, None, None, 2.0)


def test_threads_do_not_share_a_precision() -> None:
    def error(digits: int) -> float:
        x = Value(0.3)
        [d] = reference_gradients((x.sin() * x).exp(), [x], digits=digits)
        return float(d)

    with ThreadPoolExecutor(4) as pool:
        results = set(pool.map(error, [90, 150, 100, 300] * 4))
    assert len(results) == 1


def test_leaves_may_be_fractions_and_mpmath_numbers() -> None:
    x = Value(Fraction(1, 3))
    assert close(reference_gradients(x**3, [x])[0], mpmath.fraction(1, 3), 14)
    with mpmath.workdps(60):
        z = Value(mpmath.mpf(1) / 3)
        assert close(reference_gradients(z.exp(), [z])[0], mpmath.exp(mpmath.mpf(1) / 3))


def test_what_there_is_no_path_to_has_gradient_0() -> None:
    x, z = Value(1.0), Value(2.0)
    assert reference_gradients(x * 2, [z, x]) == [0, 2]


def test_parameters_are_not_perturbed() -> None:
    x, z = Value(1.5), Value(0.25)
    y = autograd.polygamma(2, x) + autograd.where(True, x, z) + round(x, 1) * 0
    y = y + autograd.softmax([x, z])[1] + autograd.leaky_relu(-x, 0.125)
    for ours, true in zip(
        autograd.gradients(y, [x, z]), reference_gradients(y, [x, z]), strict=True
    ):
        assert ours == pytest.approx(float(true), rel=1e-14)


@pytest.mark.parametrize(("name", "x"), [("tanh", 300.0), ("sigmoid", 600.0), ("erf", 20.0)])
def test_digits_are_raised_until_a_saturated_derivative_is_seen(name: str, x: float) -> None:
    v = Value(x)
    y = getattr(v, name)()
    [true] = reference_gradients(y, [v])
    y.backward()
    assert 0 < true < 1e-170
    assert v.grad == pytest.approx(float(true), rel=1e-13)


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: abs(x - 1), "abs .*a kink at .*-1.0 from below and 1.0 from above"),
        (lambda x: (x - 1).relu(), "relu has no derivative by its argument 0"),
        (lambda x: autograd.maximum(x, 1.0), "maximum"),
        (lambda x: autograd.max([x, 1.0]), "max"),
        (lambda x: autograd.norm([x - 1, 0.0]), "norm"),
        (lambda x: (x - 1).cbrt(), "cbrt"),
        (lambda x: (x - 1).sqrt(), "sqrt .*an edge of the domain"),
        (lambda x: (x - 1).log(), "log .*an edge of the domain"),
        (lambda x: autograd.floor(x), "floor"),
        (lambda x: x.sign() / (x - 1), "div"),
    ],
)
def test_a_kink_is_named(f: Callable[[Value], Value], words: str) -> None:
    x = Value(1.0)
    with pytest.raises(Kink, match=words):
        reference_gradients(f(x), [x])


@pytest.mark.parametrize(
    ("f", "true"),
    [
        (lambda c, x: c.cos(x), 0),
        (lambda c, x: x * abs(x), 0),
        (lambda c, x: x**4 - 3, 0),
        (lambda c, x: x * 0 + 5, 0),
        (lambda c, x: c.expm1(x), 1),
    ],
)
def test_a_smooth_function_has_no_kink_at_0(f: Callable[..., Any], true: int) -> None:
    c = context(100)
    assert abs(difference(c, lambda x: f(c, x), [c.zero], 0) - true) < 1e-24  # h, for x * |x|


@pytest.mark.parametrize("x", [1e-300, 1e-9, 0.3, 1e4, 1e150, 1e300])
def test_a_difference_is_right_at_any_scale(x: float) -> None:
    c = context(100)
    x = c.mpf(x)
    assert close(difference(c, c.log, [x], 0), 1 / x)
    assert close(difference(c, lambda z, a: z - a, [x, x], 0), 1)
    assert close(
        difference(c, lambda z: c.cosh(z) if z < 1e5 else z, [x], 0), c.sinh(x) if x < 1e5 else 1
    )


# Distances


@pytest.mark.parametrize(
    ("claimed", "true", "expected"),
    [
        (1.0, mpmath.mpf(1), 0),
        (math.nextafter(1.0, 2), mpmath.mpf(1), 1),
        (math.inf, mpmath.mpf(10) ** 309, 0),
        (math.inf, -(mpmath.mpf(10) ** 309), math.inf),
        (-math.inf, mpmath.ninf, 0),
        (math.nan, mpmath.mpf(1), math.inf),
        (0.0, mpmath.mpf(10) ** -330, 0),
        (5e-324, mpmath.mpf(0), 1),
    ],
)
def test_ulps(claimed: float, true: Any, expected: float) -> None:
    if expected == math.inf:
        assert ulps(claimed, true) > 1e15
    else:
        assert ulps(claimed, true) == pytest.approx(expected, abs=1e-5)


# Primitives


def test_a_right_primitive_passes() -> None:
    hill = primitive("hill", lambda x, a: autograd.exp(-a * x * x),
                     lambda y, x, a: -2 * a * x * y, lambda y, x, a: -x * x * y)  # fmt: skip
    report = check_primitive(hill, [(0.3, 1.5), (-1.0, 0.1)])
    assert report.ok
    assert len(report.components) == 4
    assert "100 digits" in report.oracle


def test_a_wrong_partial_is_reported_with_its_argument_both_numbers_and_ulp() -> None:
    product = primitive("product", lambda a, b: a * b, lambda y, a, b: b, lambda y, a, b: b)
    report = check_primitive(product, [(2.0, 5.0)])
    assert not report.ok
    assert [x.name for x in report.components if not x.ok] == ["d product(2.0, 5.0) / d input 1"]
    worst = report.worst
    assert worst is not None
    assert (worst.claimed, worst.true) == (5.0, 2)
    assert worst.ulps == 3 * 2**51
    for words in ("1 of 2 WRONG", "input 1", "5", "2.0", "differences at 100 digits"):
        assert words in str(report)
    with pytest.raises(GradientMismatch, match="1 of 2 WRONG") as caught:
        assert_primitive(product, [(2.0, 5.0)])
    assert caught.value.report.worst.claimed == 5.0


@pytest.mark.parametrize("factor", [-1.0, 2.0, 1 + 1e-9, 1 + 1e-14, math.nan, math.inf])
def test_a_factor_is_caught_by_one_call(factor: float) -> None:
    wrong = primitive("wrong", autograd.tanh, lambda y, x: (1 - y) * (1 + y) * factor)
    with pytest.raises(GradientMismatch):
        assert_primitive(wrong, [0.3])


def test_an_int_for_a_partial_and_a_parameter() -> None:
    scaled = primitive("scaled", lambda x, n: x * n, lambda y, x, n: n, None)
    assert_primitive(scaled, [(2.5, 3)])
    shifted = primitive("shifted", lambda x: x + 3, 2)
    assert not check_primitive(shifted, [1.0]).ok


@pytest.mark.parametrize("right", [True, False])
def test_a_function_of_floats_only_is_judged_by_extrapolated_differences(right: bool) -> None:
    f = primitive("f", lambda x: x * math.sin(x),
                  lambda y, x: math.sin(x) + (1 if right else 1.0001) * x * math.cos(x))  # fmt: skip
    report = check_primitive(f, [0.5, 30.0, -2.0])
    assert report.ok is right
    assert report.oracle == "Ridders' differences"


def test_a_function_of_complex_numbers_is_judged_by_a_complex_step() -> None:
    f = primitive("f", lambda x: x * float(np.sin(x)) if isinstance(x, float) else x * np.sin(x),
                  lambda y, x: float(np.sin(x) + x * np.cos(x)))  # fmt: skip
    report = check_primitive(f, [0.5, -2.0])
    assert report.ok
    assert report.oracle == "complex step"


def test_a_truth_from_another_context_is_refused() -> None:
    with pytest.raises(TypeError, match=r"x\.context\.sin\(x\), not mpmath\.sin\(x\)"):
        check_primitive("sin", [0.5], truth=mpmath.sin)
    assert check_primitive("sin", [0.5], truth=lambda x: x.context.sin(x)).ok


def test_a_primitive_at_its_kink_raises() -> None:
    with pytest.raises(Kink, match=r"-1\.0 from below and 1\.0 from above"):
        check_primitive("abs", [0.0])


def test_a_row_that_returns_ints_for_mpmath_numbers_is_judged_by_them() -> None:
    report = check_primitive("relu", [-1.0, 2.0])
    assert report.ok
    assert "100 digits" in report.oracle


# Black boxes


def test_ridders_knows_its_own_error() -> None:
    for f, x, true in [
        (math.sin, 1.0, math.cos(1.0)),
        (math.exp, 10.0, math.exp(10.0)),
        (math.log, 0.01, 100.0),
        (lambda x: math.sin(50 * x), 1.0, 50 * math.cos(50.0)),
        (math.atan, 0.0, 1.0),
    ]:
        found = ridders(f, x)
        assert abs(found.derivative - true) <= 10 * found.error <= 1e-6 * max(1, abs(true))


def test_a_complex_step_is_not_believed_where_it_is_silently_wrong() -> None:
    def f(x: Any) -> Any:
        return x * abs(x)

    assert complex_step(f, 3.0) != 6
    assert estimate(f, 3.0).oracle == "Ridders' differences"
    assert estimate(f, 3.0).derivative == pytest.approx(6, rel=1e-9)


# Gradients


def rosenbrock(x: Any) -> Any:
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


@pytest.mark.parametrize("x", [[0.3, -1.2, 2.0], np.array([0.3, -1.2, 2.0]), (0.3, -1.2)])
def test_our_gradient_is_right(x: Any) -> None:
    report = check_gradient(rosenbrock, x)
    assert report.ok
    assert report.oracle == "replay and differences at 100 digits"
    assert report.worst is not None
    assert report.worst.ulps < 100


@pytest.mark.parametrize("spoil", [1 + 1e-9, -1.0, 0.5, math.nan])
def test_a_wrong_component_is_named(spoil: float) -> None:
    def claimed(p: dict[str, Any]) -> dict[str, Any]:
        gradient = grad(f)(p)
        gradient["w"][1] *= spoil
        return gradient

    def f(p: dict[str, Any]) -> Any:
        return autograd.dot(p["w"], [2.0, 3.0]).tanh() * p["b"]

    point = {"w": np.array([0.1, -0.2]), "b": 1.5}
    assert_gradient(f, point)
    report = check_gradient(f, point, claimed)
    assert [x.name for x in report.components if not x.ok] == ["x['w'][1]"]
    assert report.worst is not None
    assert report.worst.name == "x['w'][1]"
    with pytest.raises(GradientMismatch, match="1 of 3 WRONG"):
        assert_gradient(f, point, claimed)


def test_cancellation_between_paths_is_no_error() -> None:
    def f(x: Any) -> Any:
        return (x * 1e8).sin() - (x * 1e8).sin() * (1 + 1e-15)

    assert_gradient(f, 0.3)


def test_a_function_of_floats_needs_a_claim_and_gets_a_judge() -> None:
    def f(x: list[float]) -> float:
        return math.exp(x[0]) * x[1]

    right = [math.exp(0.5) * 2, math.exp(0.5)]
    assert_gradient(f, [0.5, 2.0], right)
    oracles = [x.oracle for x in check_gradient(f, [0.5, 2.0], right).components]
    assert oracles == ["Ridders' differences", "complex step"]  # f is linear in x[1]
    with pytest.raises(GradientMismatch):
        assert_gradient(f, [0.5, 2.0], [right[0], right[1] * 1.0001])
    with pytest.raises(TypeError, match="silently lose its derivative"):
        check_gradient(f, [0.5, 2.0])


def test_a_numpy_function_that_is_not_recorded_is_judged_by_a_complex_step() -> None:
    def f(x: Any) -> Any:
        return np.linalg.det(x.reshape(2, 2))

    x = np.array([1.0, 2.0, 3.0, 5.0])
    report = check_gradient(f, x, np.array([5.0, -3.0, -2.0, 1.0]))
    assert report.ok, report
    assert report.oracle in ("complex step", "complex step, Ridders' differences")


@pytest.mark.parametrize("claimed", [[1.0], [1.0, 2.0, 3.0], 1.0, np.ones((2, 1)), [[1.0, 2.0]]])
def test_a_claimed_gradient_of_another_shape_is_refused(claimed: Any) -> None:
    wanted = r"the claimed gradient has (the|no) shape.* it should have the shape \(2,\)"
    with pytest.raises(ValueError, match=wanted):
        check_gradient(rosenbrock, [1.0, 2.0], claimed)


def test_a_constant_function_has_gradient_0() -> None:
    assert_gradient(lambda x: 5.0, 2.0)
    assert not check_gradient(lambda x: 5.0, 2.0, 1.0).ok


def test_without_mpmath_one_line_names_the_extra() -> None:
    code = "import sys; sys.modules['mpmath'] = None; import autograd.check"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'pip install "chalkgrad[check]"' in done.stderr.splitlines()[-1]
