"""Every row of the table: right on floats, and evaluated on every other kind of number.

`python -m pytest tests/autograd/test_rules.py -s` prints the worst error of every row. The truth
is mpmath's, from the independent formulas of `samples.py`, differenced at 100 digits or more.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table
from samples import SAMPLES

import autograd
from autograd import Value, gradients, numbers
from autograd.check import Component, Kink, check_primitive
from autograd.check.oracles.precise import context, difference, exactly, sensitivity
from autograd.check.oracles.replay import is_parameter
from autograd.rules import TABLE, Rule, find
from autograd.value import apply

ROWS = sorted(importlib.import_module("autograd.primitive")._BUILT_IN)
INF, NAN = math.inf, math.nan
every_row = pytest.mark.parametrize("name", ROWS)
found: dict[str, list[Component]] = {}  # what was measured, for the table


def test_every_row_has_sample_points() -> None:
    assert set(ROWS) == set(SAMPLES)
    assert all(sample.points for sample in SAMPLES.values())


# Floats, against mpmath


def judged(rule: Rule, points: Sequence[tuple[Any, ...]]) -> list[Component]:
    """Return values and partials at the points beside those of the independent formula."""
    formula = SAMPLES[rule.name].formula

    def truth(*xs: Any) -> Any:
        return formula(numbers.context(*xs), *xs)

    return check_primitive(rule, points, truth=truth).components


@every_row
def test_value_and_partials_are_within_8_ulp_or_what_the_condition_number_allows(name: str) -> None:
    found[name] = judged(find(name), SAMPLES[name].points)
    wrong = [(x.name, x.claimed, float(x.true), x.ulps) for x in found[name] if not x.ok]
    assert wrong == []


@every_row
@settings(max_examples=30, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(data=st.data())
def test_drawn_points_are_right(name: str, data: st.DataObject) -> None:
    rule = find(name)
    xs = tuple(
        data.draw(st.integers(*ends) if is_parameter(rule, i) else st.floats(*ends))
        for i, ends in enumerate(SAMPLES[name].domain)
    )
    try:
        components = judged(rule, [xs])
    except (Kink, ValueError, ZeroDivisionError):  # a kink, a pole, an edge: conventions, below
        assume(False)
    wrong = [(x.name, x.claimed, float(x.true), x.ulps) for x in components if not x.ok]
    assert wrong == []


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Print, when all is done, the worst error of every row that was measured."""
    yield
    table = Table("row", "points", title="worst errors: 8 ulp, or 4 ulp * (1 + condition number)")
    for heading in ("value, ulp", "partial, ulp", "ill-conditioned, ulp / (1 + condition)"):
        table.add_column(heading, justify="right")
    for name, components in found.items():
        values = [x for x in components if not x.name.startswith("d ")]
        partials = [x for x in components if x.name.startswith("d ")]
        ill = [x for x in components if x.ulps > 8]
        table.add_row(
            name, str(len(values)), *[_worst(x.ulps for x in xs if x.ulps <= 8) for xs in (values, partials)],
            _worst(4 * x.error / x.allowed for x in ill) + f" ({len(ill)} of {len(components)})" if ill else "",
        )  # fmt: skip
    if found:
        Console(width=110).print(table)


def _worst(errors: Iterator[float]) -> str:
    return f"{max(errors, default=0):.2f}"


# The judge itself: planted errors


def ordinary_points(name: str) -> list[tuple[Any, ...]]:
    """Return sample points of usual size, at which nothing under- or overflows."""
    sizes = [
        (xs, [abs(x) for i, x in enumerate(xs) if not is_parameter(find(name), i)])
        for xs in SAMPLES[name].points
    ]
    return [xs for xs, size in sizes if min(size) >= 1e-3 and max(size) <= 12]


def planted(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """Yield copies of a rule, each with one partial that is wrong."""
    wrongs = {
        "sign": lambda d: 1 if type(d) is int and d == 0 else -d,
        "factor": lambda d: 1e-9 if type(d) is int and d == 0 else d * (1 + 1e-9),
    }
    if all_partials := rule.all_partials:
        for label, wrong in wrongs.items():
            yield label, replace(rule, all_partials=lambda y, *xs, w=wrong: [
                w(d) if i == len(rule.partials) else d for i, d in enumerate(all_partials(y, *xs))
            ])  # fmt: skip
        if rule.name not in ("sum", "mean"):
            shift = len(rule.partials)
            yield "rotated", replace(rule, all_partials=lambda y, *xs: [
                *(ps := list(all_partials(y, *xs)))[:shift], *ps[shift + 1 :], ps[shift]
            ])  # fmt: skip
        return
    ps = rule.partials
    for i, p in enumerate(ps):
        for label, wrong in wrongs.items():
            if p is not None:
                wrong_partial = (
                    (lambda y, *xs, p=p, w=wrong: w(p(y, *xs))) if callable(p) else wrong(p)
                )
                yield f"{label} {i}", replace(rule, partials=(*ps[:i], wrong_partial, *ps[i + 1 :]))
    if len(ps) == 2 and None not in ps and ps[0] != ps[1]:
        yield "swapped", replace(rule, partials=ps[::-1])


@every_row
def test_a_planted_wrong_partial_is_caught(name: str) -> None:
    points = ordinary_points(name)
    points = points[:: max(1, len(points) // 16)]
    missed = []
    for label, wrong in planted(find(name)):
        # one point may forgive (a partial that is 0 there); all together must not
        if all(x.ok for x in judged(wrong, points)):
            missed.append(label)
    assert missed == []


def test_a_planted_error_is_caught_at_the_largest_floats() -> None:
    wrong = replace(find("hypot"), partials=(0, 0))
    assert not any(x.ok for x in judged(wrong, [(1.5e300, 1.5e300)])[1:])


def test_planted_wrong_value_is_caught() -> None:
    wrong = replace(find("erf"), function=lambda x: math.erf(x) * (1 + 1e-14))
    assert not all(x.ok for x in judged(wrong, [(0.5,)]))


# Values: the second derivatives


@every_row
def test_a_row_on_values_gives_second_derivatives(name: str) -> None:
    rule, formula = find(name), SAMPLES[name].formula
    c = context(100)
    for point in ordinary_points(name)[::4][:5]:
        inputs = [i for i in range(len(point)) if not is_parameter(rule, i)]
        xs = [Value(x) if i in inputs else x for i, x in enumerate(point)]
        exact = [exactly(c, x) if i in inputs else x for i, x in enumerate(point)]
        y = numbers.where(*xs) if name == "where" else apply(rule, *xs)
        for i in inputs:

            def slope(*zs: Any, i: int = i) -> Any:
                return difference(c, lambda *ws: formula(c, *ws), zs, i)

            [first] = gradients(y, [xs[i]], create_graph=True)
            size = abs(slope(*exact))
            for j in inputs:
                second = gradients(first, [xs[j]])[0] if type(first) is Value else 0.0
                true = difference(c, slope, exact, j)
                assert abs(second - true) <= 1e-12 * (abs(true) + size / abs(exact[j])), (
                    point,
                    i,
                    j,
                )


# mpmath numbers, fractions, arrays


@every_row
def test_a_row_on_mpmath_numbers_is_right_to_45_of_50_digits(name: str) -> None:
    rule, formula = find(name), SAMPLES[name].formula
    few, many = context(50), context(120)
    for point in ordinary_points(name)[::4][:8]:
        if any(0 < abs(abs(x) - 1) < 1e-5 for x in point):
            continue  # the differences lose digits themselves so near to an edge
        inputs = [i for i in range(len(point)) if not is_parameter(rule, i)]
        xs = [exactly(few, x) if i in inputs else x for i, x in enumerate(point)]
        zs = [exactly(many, x) if i in inputs else x for i, x in enumerate(point)]
        y = rule.function(*xs)
        ps = rule.derivatives(y, xs, [True] * len(xs))
        pairs = [(y, lambda *ws: formula(many, *ws))]
        for i in inputs:
            pairs.append(
                (ps[i], lambda *ws, i=i: difference(many, lambda *v: formula(many, *v), ws, i))
            )
        for claimed, f in pairs:
            true = f(*zs)
            error = abs(many.mpf(claimed) - true)
            assert error <= many.mpf(10) ** -45 * (abs(true) + sensitivity(many, f, zs, inputs)), (
                point
            )


F = Fraction
HALF, THIRD = F(1, 2), F(1, 3)
EXACT: list[tuple[str, tuple[Any, ...], Any, list[Any]]] = [
    ("add", (HALF, THIRD), F(5, 6), [1, 1]),
    ("sub", (HALF, THIRD), F(1, 6), [1, -1]),
    ("mul", (HALF, THIRD), F(1, 6), [THIRD, HALF]),
    ("div", (HALF, THIRD), F(3, 2), [3, F(-9, 2)]),
    ("div", (1, F(7)), F(1, 7), [F(1, 7), F(-1, 49)]),
    ("floordiv", (F(7, 2), F(2)), 1, [0, 0]),
    ("mod", (F(7, 2), F(2)), F(3, 2), [1, -1]),
    ("neg", (HALF,), -HALF, [-1]),
    ("identity", (HALF,), HALF, [1]),
    ("abs", (-HALF,), HALF, [-1]),
    ("sign", (-HALF,), -1, [0]),
    ("floor", (F(-7, 3),), -3, [0]),
    ("ceil", (F(-7, 3),), -2, [0]),
    ("round", (F(5, 2), 0), 2, [0, None]),
    ("round", (F(1, 3), 2), F(33, 100), [0, None]),
    ("maximum", (HALF, THIRD), HALF, [1, 0]),
    ("maximum", (HALF, HALF), HALF, [HALF, HALF]),
    ("minimum", (HALF, THIRD), THIRD, [0, 1]),
    ("clip", (F(5), HALF, F(2)), 2, [0, 0, 1]),
    ("where", (True, HALF, THIRD), HALF, [None, 1, 0]),
    ("relu", (-HALF,), 0, [0]),
    ("relu", (HALF,), HALF, [1]),
    ("leaky_relu", (-HALF, THIRD), F(-1, 6), [THIRD, -HALF]),
    ("sum", (HALF, THIRD, F(1, 6)), 1, [1, 1, 1]),
    ("mean", (HALF, THIRD, F(1, 6)), THIRD, [THIRD, THIRD, THIRD]),
    ("prod", (HALF, THIRD, F(0)), 0, [0, 0, F(1, 6)]),
    ("dot", (HALF, THIRD, F(2), F(3)), 2, [2, 3, HALF, THIRD]),
    ("max", (HALF, THIRD, HALF), HALF, [HALF, 0, HALF]),
    ("min", (HALF, THIRD, HALF), THIRD, [0, 1, 0]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "xs", "value", "partials"), EXACT)
def test_a_rational_row_on_fractions_is_exact(
    name: str, xs: tuple[Any, ...], value: Any, partials: list[Any]
) -> None:
    rule = find(name)
    y = rule.function(*xs)
    ds = rule.derivatives(y, xs, [True] * len(xs))
    assert y == value
    assert [None if p is None else d for p, d in zip(partials, ds, strict=True)] == partials
    assert not any(isinstance(x, float) for x in (y, *ds))


def test_a_power_of_a_fraction_is_exact_by_its_base() -> None:
    rule = find("pow")
    assert rule.derivatives(F(4, 9), (F(2, 3), 2), [True, False]) == [F(4, 3), 0]
    assert rule.derivatives(F(9, 4), (F(2, 3), -2), [True, False]) == [F(-27, 4), 0]
    assert rule.derivatives(F(1), (F(2, 3), 0), [True, False]) == [0, 0]


def cancelling_terms(name: str, i: int, xs: tuple[Any, ...]) -> float:
    """Return the sum of the magnitudes of the terms of a partial that cancel, 0 if none do.

    The slope of gelu is normal_cdf(x) + x density(x), and 0 at its minimum, near a sample.
    """
    if (name, i) != ("gelu", 1):
        return 0.0
    x = xs[0]
    density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return float(numbers.normal_cdf(x) + abs(x) * density)


@every_row
def test_a_row_on_arrays_equals_the_row_on_their_numbers(name: str) -> None:
    rule = find(name)
    points = ordinary_points(name)
    points = [xs for xs in points if len(xs) == len(points[0])]  # as many columns
    parameters = [x for i, x in enumerate(points[0]) if is_parameter(rule, i)]
    points = [xs for xs in points if list(xs[: len(parameters)]) == parameters or name == "round"]
    if name == "round":
        points = [xs for xs in points if xs[1] == points[0][1]]
    columns = [
        points[0][i] if is_parameter(rule, i) else np.array(column)
        for i, column in enumerate(zip(*points, strict=True))
    ]
    y = rule.function(*columns)
    partials = rule.derivatives(y, columns, [True] * len(columns))
    for k, xs in enumerate(points):
        one = rule.function(*xs)
        ds = rule.derivatives(one, xs, [True] * len(xs))
        for i, (array, number) in enumerate(zip([y, *partials], [one, *ds], strict=True)):
            if i == 0 or not is_parameter(rule, i - 1):
                got = np.broadcast_to(array, len(points))[k]
                # NumPy's own exp, tanh, ... are a few units off math's
                terms = cancelling_terms(name, i, xs)
                bound = 1e-13 * abs(number) + 4e-15 * terms
                assert got == pytest.approx(number, rel=0, abs=max(bound, 1e-300)), (xs, i)


# Conventions


LIMITS: list[tuple[str, tuple[Any, ...], float, list[float | None]]] = [
    ("div", (1.0, 0.0), INF, [INF, -INF]),
    ("div", (-1.0, 0.0), -INF, [INF, INF]),
    ("div", (1.0, -0.0), -INF, [-INF, -INF]),
    ("div", (0.0, 0.0), NAN, [INF, NAN]),
    ("mod", (1.0, 0.0), NAN, [1.0, -INF]),
    ("pow", (-8.0, 1 / 3), NAN, [NAN, NAN]),
    ("pow", (0.0, -1.0), INF, [-INF, -INF]),
    ("pow", (0.0, 0.5), 0.0, [INF, 0.0]),
    ("pow", (0.0, 0.0), 1.0, [0.0, -INF]),
    ("pow", (0.0, 1.0), 0.0, [1.0, 0.0]),
    ("pow", (0.0, 2.0), 0.0, [0.0, 0.0]),
    ("pow", (-2.0, 3.0), -8.0, [12.0, NAN]),
    ("pow", (1e200, 2.0), INF, [2e200, INF]),
    ("exp", (1000.0,), INF, [INF]),
    ("exp", (-1000.0,), 0.0, [0.0]),
    ("exp", (-INF,), 0.0, [0.0]),
    ("exp2", (1e4,), INF, [INF]),
    ("expm1", (-1e4,), -1.0, [0.0]),
    ("expm1", (1e4,), INF, [INF]),
    ("log", (0.0,), -INF, [INF]),
    ("log", (-1.0,), NAN, [-1.0]),
    ("log2", (0.0,), -INF, [INF]),
    ("log10", (0.0,), -INF, [INF]),
    ("log1p", (-1.0,), -INF, [INF]),
    ("sqrt", (0.0,), 0.0, [INF]),
    ("sqrt", (-1.0,), NAN, [NAN]),
    ("cbrt", (0.0,), 0.0, [INF]),
    ("sin", (INF,), NAN, [NAN]),
    ("asin", (1.0,), math.pi / 2, [INF]),
    ("asin", (2.0,), NAN, [NAN]),
    ("acos", (-1.0,), math.pi, [-INF]),
    ("atan", (INF,), math.pi / 2, [0.0]),
    ("atan2", (0.0, 0.0), 0.0, [NAN, NAN]),
    ("hypot", (0.0, 0.0), 0.0, [0.0, 0.0]),
    ("cosh", (1e4,), INF, [INF]),
    ("sinh", (-1e4,), -INF, [INF]),
    ("tanh", (1e4,), 1.0, [0.0]),
    ("acosh", (1.0,), 0.0, [INF]),
    ("acosh", (0.5,), NAN, [NAN]),
    ("atanh", (1.0,), INF, [INF]),
    ("atanh", (2.0,), NAN, [-1 / 3]),
    ("gamma", (-1.0,), NAN, [NAN]),
    ("gamma", (0.0,), INF, [-INF]),
    ("gamma", (1e4,), INF, [INF]),
    ("lgamma", (0.0,), INF, [-INF]),
    ("lgamma", (-1.0,), INF, [NAN]),
    ("digamma", (0.0,), -INF, [INF]),
    ("polygamma", (1, 0.0), INF, [None, -INF]),
    ("erfc", (1e4,), 0.0, [-0.0]),
    ("normal_cdf", (-1e4,), 0.0, [0.0]),
    ("gaussian", (1.7e308,), 0.0, [0.0]),
    ("sigmoid", (-1e4,), 0.0, [0.0]),
    ("sigmoid", (1e4,), 1.0, [0.0]),
    ("softplus", (1e4,), 1e4, [1.0]),
    ("softplus", (-1e4,), 0.0, [0.0]),
    ("logsigmoid", (-1e4,), -1e4, [1.0]),
    ("silu", (-1e4,), 0.0, [0.0]),
    ("gelu", (-1e4,), 0.0, [0.0]),
    ("gelu", (1e4,), 1e4, [1.0]),
    ("mish", (-1e4,), 0.0, [0.0]),
    ("mish", (1e4,), 1e4, [1.0]),
    ("norm", (0.0, 0.0), 0.0, [0.0, 0.0]),
    ("norm", (1e200, 0.0), 1e200, [1.0, 0.0]),
    ("logsumexp", (-INF, 0.0), 0.0, [0.0, 1.0]),
    ("logsumexp", (1e4, -1e4), 1e4, [1.0, 0.0]),
    ("softmax", (0, 1e4, -1e4), 1.0, [None, 0.0, 0.0]),
    ("log_softmax", (1, 1e4, -1e4), -2e4, [None, -1.0, 1.0]),
    # kinks
    ("abs", (0.0,), 0.0, [0.0]),
    ("sign", (0.0,), 0.0, [0.0]),
    ("floor", (2.0,), 2.0, [0.0]),
    ("ceil", (2.0,), 2.0, [0.0]),
    ("round", (2.5, 0), 2.0, [0.0, None]),
    ("relu", (0.0,), 0.0, [0.0]),
    ("leaky_relu", (0.0, 0.01), 0.0, [0.01, 0.0]),
    ("elu", (0.0, 2.0), 0.0, [2.0, 0.0]),
    ("maximum", (3.0, 3.0), 3.0, [0.5, 0.5]),
    ("minimum", (3.0, 3.0), 3.0, [0.5, 0.5]),
    ("max", (3.0, 3.0, 1.0, 3.0), 3.0, [1 / 3, 1 / 3, 0.0, 1 / 3]),
    ("min", (3.0, 3.0, 5.0), 3.0, [0.5, 0.5, 0.0]),
    ("clip", (1.0, 1.0, 2.0), 1.0, [1.0, 0.0, 0.0]),
    ("clip", (2.0, 1.0, 2.0), 2.0, [1.0, 0.0, 0.0]),
]


@pytest.mark.parametrize(("name", "xs", "value", "partials"), LIMITS)
def test_floats_follow_ieee_754_and_kinks_their_convention(
    name: str, xs: tuple[Any, ...], value: float, partials: list[float | None]
) -> None:
    rule = find(name)
    y = rule.function(*xs)
    ds = rule.derivatives(y, xs, [True] * len(xs))
    assert type(y) is float
    assert y == pytest.approx(value, rel=1e-15, abs=0, nan_ok=True)
    for d, expected in zip(ds, partials, strict=True):
        assert expected is None or d == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


EXTREMES = [0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1.7e308, -1.7e308, INF, -INF, NAN]


@every_row
def test_no_float_makes_a_row_raise_or_turn_complex(name: str) -> None:
    rule = find(name)
    point = SAMPLES[name].points[0]
    for x in EXTREMES:
        for z in EXTREMES if len(point) > 1 else [0.0]:
            xs = [p if is_parameter(rule, i) else x for i, p in enumerate(point)]
            xs[-1] = xs[-1] if is_parameter(rule, len(xs) - 1) or len(xs) == 1 else z
            y = rule.function(*xs)
            ds = rule.derivatives(y, xs, [True] * len(xs))
            kept = [d for i, d in enumerate(ds) if not is_parameter(rule, i)]
            assert all(type(d) in (float, int) for d in (y, *kept)), (xs, y, ds)


@pytest.mark.parametrize("x", [F(1, 2), 2, F(1)])
def test_exact_numbers_raise_where_a_result_is_not_exact(x: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        find("div").function(x, x - x)
    if type(x) is Fraction:
        with pytest.raises(TypeError, match="is not a fraction"):
            autograd.exp(x)
        with pytest.raises(TypeError, match="is not a fraction"):
            find("pow").function(x + 1, F(1, 2))
    with pytest.raises(ZeroDivisionError):
        find("pow").function(x - x, -1)


def test_an_unknown_row_is_refused() -> None:
    with pytest.raises(LookupError, match="did you mean 'softplus'"):
        find("sofplus")
    assert set(TABLE) >= set(ROWS)


def test_a_power_of_zero_has_no_slope_by_its_base_whatever_that_is() -> None:
    rule = find("pow")
    bases = [float("nan"), INF, -INF, 0.0, 2.0]
    arrays = rule.derivatives(np.ones(5), (np.array(bases), np.zeros(5)), [True, False])
    assert list(arrays[0]) == [0.0] * 5
    for base in bases:
        assert rule.derivatives(1.0, (base, 0.0), [True, False])[0] == 0
