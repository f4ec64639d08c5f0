"""NIST's certified nonlinear regressions: parameters, sums of squares, standard deviations.

At 50 digits Newton's method, on our gradients and Hessians, starts from the certified 11 digits;
what it converges to must round to exactly these 11 digits, and so must the standard deviations
s * sqrt(diag((J'J)^-1)) made of our Jacobian J. Floats are then held to the 50 digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
from mpmath import mpf
from nist import FOLDER, MODELS, Problem, read
from published import flat
from scipy.optimize import least_squares

from autograd import Value, dot, grad, hessian, jacobian
from autograd.check import reference_gradients

EPSILON = 2.0**-53  # the relative error of one rounding
CERTIFIED = 11  # significant digits

every_problem = pytest.mark.parametrize("problem", [read(name) for name in MODELS], ids=MODELS)


class Fit(NamedTuple):
    """Hold what NIST certifies of a fit."""

    parameters: list[Any]
    sum_of_squares: Any
    residual_standard_deviation: Any
    standard_deviations: list[Any]


def certified(problem: Problem, number: Any) -> Fit:
    return Fit(
        [number(b) for b in problem.parameters],
        number(problem.sum_of_squares),
        number(problem.residual_standard_deviation),
        [number(s) for s in problem.standard_deviations],
    )


def sum_of_squares(problem: Problem, number: Any) -> Any:
    residuals = problem.residuals(number)

    def squares(b: Sequence[Any]) -> Any:
        r = residuals(b)
        return dot(r, r)

    return squares


def statistics(problem: Problem, b: list[Any]) -> Fit:
    """Return the fit at parameters of many digits."""
    square = sum_of_squares(problem, mpf)(b)
    s = mpmath.sqrt(square / problem.degrees_of_freedom)
    j = mpmath.matrix(jacobian(problem.residuals(mpf))(b))
    covariance = (j.T * j) ** -1
    return Fit(b, square, s, [s * mpmath.sqrt(covariance[i, i]) for i in range(len(b))])


def converged(problem: Problem) -> Fit:
    """Return the fit that Newton's method finds, of 50 digits, from the certified parameters."""
    square = sum_of_squares(problem, mpf)
    b = certified(problem, mpf).parameters
    for _ in range(4):  # 11 digits double to 22, 44 and more
        step = mpmath.lu_solve(mpmath.matrix(hessian(square)(b)), mpmath.matrix(grad(square)(b)))
        b = [x - d for x, d in zip(b, step, strict=True)]
    assert mpmath.norm(step) <= mpmath.norm(mpmath.matrix(b)) * mpf("1e-40")
    return statistics(problem, b)


@every_problem
def test_fit_at_50_digits_rounds_to_the_certified_digits(problem: Problem) -> None:
    with mpmath.workdps(50):
        for found, expected in zip(
            flat(converged(problem)), flat(certified(problem, mpf)), strict=True
        ):
            assert mpf(mpmath.nstr(found, CERTIFIED)) == expected


@every_problem
def test_gradient_vanishes_as_far_as_the_certified_digits_allow(problem: Problem) -> None:
    """It is H (b - b*) to first order, where each b has half a unit of its last digit to err.

    The second order is smaller by another 1e-11 times a curvature that 1 % more bounds amply.
    """
    with mpmath.workdps(50):
        b = certified(problem, mpf).parameters
        square = sum_of_squares(problem, mpf)
        slack = [mpf(10) ** (mpmath.floor(mpmath.log10(x)) + 1 - CERTIFIED) / 2 for x in b]
        for g, row in zip(grad(square)(b), hessian(square)(b), strict=True):
            reach = mpmath.fsum(abs(h) * d for h, d in zip(row, slack, strict=True))
            assert 0 < abs(g) <= reach * mpf("1.01")


@every_problem
def test_floats_at_the_certified_parameters(problem: Problem) -> None:
    """The same statistics in float64, against 50 digits, and J against differences at 100.

    The model is within 16 roundings of the truth. So is a residual y - model up to |y|, and the
    sum of squares errs by up to the sum of 2 |r| * 16 EPSILON |y|; its root by half as much,
    relatively. A column of J is right to 16 EPSILON of its largest entry (the small ones of Rat43
    go through log(1 + tiny) and lose more); QR magnifies that by the condition of J with its
    columns scaled to length 1 (van der Sluis 1969), which is 15 to 52.
    """
    residuals = problem.residuals(float)
    b = certified(problem, float).parameters
    r = np.array(residuals(b))
    y = np.array([float(y) for y, _ in problem.rows])
    j = np.array(jacobian(residuals)(b))
    lengths = np.linalg.norm(j, axis=0)
    triangle = np.linalg.qr(j / lengths, mode="r")
    square = r @ r
    s = np.sqrt(square / problem.degrees_of_freedom)
    deviations = s * np.linalg.norm(np.linalg.inv(triangle), axis=1) / lengths

    with mpmath.workdps(50):
        true = statistics(problem, [mpf(x) for x in b])
    xs = [Value(x) for x in b]
    true_j = np.array([reference_gradients(y, xs) for y in residuals(xs)], dtype=float)
    assert np.all(np.abs(j - true_j) <= 16 * EPSILON * np.abs(true_j).max(axis=0))
    square_error = 32 * EPSILON * float(np.abs(r) @ np.abs(y)) / square
    assert abs(square / float(true.sum_of_squares) - 1) <= square_error
    for found, expected in zip(deviations, true.standard_deviations, strict=True):
        error = square_error / 2 + 16 * EPSILON * np.linalg.cond(j / lengths) * len(b)
        assert abs(found / float(expected) - 1) <= error
    # and so 9 of the certified digits: the parameters' own last digit moves the 10th, by up to 3e-11
    for found, text in zip(deviations, problem.standard_deviations, strict=True):
        assert abs(found / float(text) - 1) <= 1e-10


@every_problem
def test_gradient_against_differences_at_100_digits_at_a_start(problem: Problem) -> None:
    """Away from the optimum, at the second start, where no gradient cancels."""
    start = [float(b) for b in problem.starts[1]]
    xs = [Value(b) for b in start]
    y = sum_of_squares(problem, float)(xs)
    for found, true in zip(
        grad(sum_of_squares(problem, float))(start), reference_gradients(y, xs), strict=True
    ):
        # a term of up to 16 roundings for each observation, each term at most about the sum
        assert abs(found - float(true)) <= 16 * EPSILON * abs(float(true)) * len(problem.rows)


@every_problem
@pytest.mark.parametrize("start", [0, 1], ids=["start 1", "start 2"])
@pytest.mark.parametrize("method", ["lm", "trf"])
def test_scipy_fits_with_our_jacobian(problem: Problem, start: int, method: str) -> None:
    """From both of NIST's starts; least_squares stops where the sum of squares no longer falls.

    It is flat there: parameters off by t standard deviations add t**2 / (degrees of freedom) of
    it, and a fall by its 1e-15 is as good as none. With at most 51 degrees of freedom t is 2e-7,
    and no standard deviation is above 0.54 of its parameter: 1e-7 relatively.
    """
    residuals = problem.residuals(float)
    fit = least_squares(
        residuals, [float(b) for b in problem.starts[start]], jac=jacobian(residuals),
        method=method, x_scale="jac", xtol=1e-15, ftol=1e-15, gtol=1e-15,
    )  # fmt: skip
    expected = certified(problem, float)
    assert np.max(np.abs(fit.x / expected.parameters - 1)) <= 1e-7
    assert abs(2 * fit.cost / expected.sum_of_squares - 1) <= 10.0 ** (1 - CERTIFIED)


def test_every_file_is_read() -> None:
    assert sorted(MODELS) == sorted(path.stem for path in FOLDER.glob("*.dat"))


def test_a_damaged_file_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nist.FOLDER", tmp_path)
    text = (FOLDER / "DanWood.dat").read_text()
    for old, new, message in (
        ("Residual Sum of Squares:", "Sum:", "no line 'Residual Sum of Squares"),
        ("  b2 =", "  b2 ?", "1 parameters"),
        (text.splitlines()[-1], "", "5 rows"),
    ):
        (tmp_path / "DanWood.dat").write_text(text.replace(old, new))
        with pytest.raises(ValueError, match=message):
            read("DanWood")
