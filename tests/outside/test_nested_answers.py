"""Derivatives within derivatives: published answers of programs that systems are known to get wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import pytest
from mpmath import mpf
from nested_programs import Function, Mode, Vector, forward, miss, particle, reverse, saddle

from autograd import Value, derivative, exp, grad, jvp

MODES = {"forward": forward, "reverse": reverse}
every_mode = pytest.mark.parametrize("outer", MODES.values(), ids=[f"{m} over" for m in MODES])
every_inner = pytest.mark.parametrize("inner", MODES.values(), ids=list(MODES))

# The particle's path has 354 steps, each of which rounds a position of up to 10 and a velocity
PATH = 2 * 354 * 2.0**-50  # 6e-13

Slope = Callable[[Callable[[Any], Any], Any], Any]
SLOPES: dict[str, Slope] = {
    "grad": lambda f, x: grad(f)(x),
    "jvp": lambda f, x: jvp(f, (x,), (1.0,))[1],
    "derivative": lambda f, x: derivative(f)(x),
}
every_slope = pytest.mark.parametrize("d", SLOPES.values(), ids=SLOPES)
every_other = pytest.mark.parametrize("e", SLOPES.values(), ids=SLOPES)


@every_slope
@every_other
def test_perturbations_of_two_variables(d: Slope, e: Slope) -> None:
    """d/dx (x * d/dy (x + y) at y = 1) at x = 1 is 1; who confuses them says 2.

    Source: Siskind and Pearlmutter 2005, "Perturbation confusion and referential transparency".
    """
    assert d(lambda x: x * e(lambda y: x + y, 1.0), 1.0) == 1.0


@every_slope
@every_other
def test_derivative_of_a_function_that_is_returned(d: Slope, e: Slope) -> None:
    """D(f) = d/du (x -> f(x + u)) at u = 0 is f', so D(D(f)) is f''; who confuses them says 0.

    Source: Manzyuk, Pearlmutter, Radul, Rush and Siskind 2019, "Perturbation confusion in forward
    automatic differentiation of higher-order functions".
    """

    def shifted(slope: Slope, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: slope(lambda u: f(x + u), 0.0)

    assert shifted(d, shifted(e, exp))(1.0) == exp(1.0)
    assert shifted(d, shifted(e, lambda x: x * x * x))(5.0) == 30.0


def test_saddle_point() -> None:
    """All four numbers print so in Siskind and Pearlmutter's Scheme, in ATS and in GradBench."""
    assert saddle(reverse, reverse) == [8.246324826140356e-06] * 4


@every_mode
@every_inner
def test_one_step_towards_the_saddle_point(outer: Mode, inner: Mode) -> None:
    """The gradient through the inner descent, in every pair of modes: of |p|**2, at (1, 1)."""
    seen: list[Vector] = []

    def first_gradient(f: Function) -> Callable[[Vector], tuple[Any, Vector]]:
        def both(x: Vector) -> tuple[Any, Vector]:
            y, slope = outer(f)(x)
            seen.append(slope)
            return y, [0.0 for _ in slope]  # which ends the descent

        return both

    saddle(first_gradient, inner)
    assert seen == [[2.0, 2.0]]


def test_charged_particle() -> None:
    """GradBench prints 0.2071918746486116, ATS 0.20719187464861194.

    A path that is off by PATH moves w by a twelfth of that.
    """
    assert abs(particle(reverse, reverse) - 0.2071918746486116) <= PATH / 10


def differences(f: Function) -> Callable[[Vector], tuple[Any, Vector]]:
    """Return f and its gradient by differences with a step of 1e-30."""

    def both(x: Vector) -> tuple[Any, Vector]:
        x = [mpf(a) for a in x]
        h = mpf("1e-30")

        def along(i: int, step: Any) -> Any:
            return f([a + step if j == i else a for j, a in enumerate(x)])

        return f(x), [(along(i, h) - along(i, -h)) / (2 * h) for i in range(len(x))]

    return both


@every_mode
@every_inner
def test_path_of_the_particle_against_differences_of_differences(outer: Mode, inner: Mode) -> None:
    """Both derivatives by differences at 120 digits, which know no rule and no modes."""
    w = 0.2
    value, [slope] = outer(lambda ws: miss(ws[0], inner))([w])
    with mpmath.workdps(120):
        h = mpf("1e-15")  # the inner derivative is right to 60 digits, so this one to 30
        below, here, above = [miss(mpf(w) + d, differences) for d in (-h, mpf(0), h)]
        true = float((above - below) / (2 * h))
    # value is x**2 with x = 0.083, slope is 2 * x * dx/dw with dx/dw = -11.4
    assert abs(value - float(here)) <= 2 * 0.083 * PATH
    assert abs(slope - true) <= 2 * 11.4 * PATH


def test_nested_transforms_of_a_long_program_leave_no_values() -> None:
    """The modes return plain numbers at the outside, whatever is recorded inside."""
    assert type(miss(0.2, reverse)) is float
    assert type(miss(Value(0.2), reverse)) is Value
