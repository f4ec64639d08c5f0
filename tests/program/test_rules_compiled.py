"""Every row of the table, compiled: values and derivatives are those of eager mode, kinks included."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from samples import SAMPLES

import autograd
from autograd.program.writing.expressions import Symbol, evaluated
from autograd.rules import TABLE, find
from autograd.value import Value, apply

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, math.inf, -math.inf, math.nan, 1e-320, 1e308, -1e308]
CASES = [(name, length) for name, sample in SAMPLES.items()
         for length in sorted({len(p) for p in sample.points})]  # fmt: skip
BY_NAME = [(name, length) for name, length in CASES if name != "where"]
SMOOTH = [(name, length) for name, length in BY_NAME if name not in ("floordiv", "mod", "round")]


def parameters(name: str) -> list[int]:
    return [k for k, p in enumerate(find(name).partials) if p is None]


def function(name: str, length: int, given: Sequence[Any]) -> Callable[..., Any]:
    """Return the rule as a function of a list, with its parameters given."""
    rule, fixed = find(name), parameters(name)

    def f(x: Any) -> Any:
        rest, literals = iter(x), iter(given)
        return apply(rule, *[next(literals if k in fixed else rest) for k in range(length)])

    return f


def points(name: str, length: int) -> dict[tuple[Any, ...], list[list[float]]]:
    """Return points by the parameters of the rule, those of the samples and the edges."""
    fixed = parameters(name)
    found: dict[tuple[Any, ...], list[list[float]]] = {}
    given = [p for p in SAMPLES[name].points if len(p) == length]
    for p in given[:: max(1, len(given) // 40)]:
        key = tuple(p[k] for k in fixed)
        found.setdefault(key, []).append([float(x) for k, x in enumerate(p) if k not in fixed])
    if length - len(fixed) <= 2 and TABLE[name].all_partials is None:
        for key in found:
            found[key] += [list(p) for p in product(EDGES, repeat=length - len(fixed))]
    return dict(list(found.items())[:3])


def size(name: str, x: Sequence[float], want: float) -> float:
    """Return the sum of the magnitudes of the terms of a result."""
    largest = max((abs(t) for t in x if math.isfinite(t)), default=0.0)
    if name == "log_softmax":  # x_i - logsumexp(x)
        return 2 * largest + abs(want)
    if name == "softmax":  # the exponential of that
        return abs(want) * (1 + 2 * largest)
    if name in ("gelu", "silu", "mish"):  # their slopes are sums that cancel at the minimum
        return abs(want) + 1
    if name in ("sum", "mean", "dot"):
        return sum(abs(t) for t in x if math.isfinite(t)) * max(1.0, largest)
    return abs(want)


def assert_same(got: float, want: float, size: float, text: str, tolerance: float = 1e-12) -> None:
    if math.isnan(want) or math.isinf(want):
        assert got == want or (math.isnan(got) and math.isnan(want)), text
    else:
        assert abs(got - want) <= tolerance * size + 1e-307, text


@pytest.mark.parametrize(("name", "length"), BY_NAME)
def test_values_and_gradients_of_rows_are_those_of_eager_mode(name: str, length: int) -> None:
    for given, xs in points(name, length).items():
        f = function(name, length, given)
        values, gradients = autograd.compile(f, rows=["x"]).value_and_grad(np.array(xs))
        for x, value, gradient in zip(xs, values, gradients, strict=True):
            want, slopes = autograd.value_and_grad(f)(x)
            text = f"{name}{x}{given}: {value}, {gradient}; eager {want}, {slopes}"
            assert_same(value, want, size(name, x, want), text)
            if (name, x[0], abs(x[-1])) == ("pow", x[0], 0.0) and math.isnan(x[0]):
                continue  # nan ** 0 is 1; the slope by nan is said to be 0 or nan
            for got, slope in zip(gradient, slopes, strict=True):
                assert_same(got, slope, size(name, x, abs(slope)), text)


@pytest.mark.parametrize(("name", "length"), SMOOTH)
def test_rules_of_shared_numbers_and_of_one_row_are_the_same(name: str, length: int) -> None:
    for given, xs in points(name, length).items():
        f = function(name, length, given)
        shared, rows = autograd.compile(f), autograd.compile(f, rows=["x"])
        for x in xs[:3]:
            value, gradient = shared.value_and_grad(x)
            [of_row], [gradient_of_row] = rows.value_and_grad(np.array([x]))
            np.testing.assert_allclose([value, *gradient], [of_row, *gradient_of_row], 1e-14)


@pytest.mark.parametrize(
    ("name", "length"), [c for c in SMOOTH if c[1] - len(parameters(c[0])) > 1]
)
def test_operands_may_be_rows_beside_shared_numbers_and_constants(name: str, length: int) -> None:
    """Each operand in turn is the row's: the others are shared, or constants."""
    for given, found in points(name, length).items():
        x = next((p for p in found if all(map(math.isfinite, p))), found[0])
        f = function(name, length, given)
        want, slopes = autograd.value_and_grad(f)(x)
        if not all(map(math.isfinite, [want, *slopes])):
            continue
        for k in range(len(x)):

            def beside(row: Any, rest: Any, k: int = k, f: Any = f) -> Any:
                return f([*rest[:k], row, *rest[k:]])

            rest = x[:k] + x[k + 1 :]
            both = autograd.compile(lambda row, rest: beside(row, rest), rows=["row"], reduce="sum")
            value, (by_row, by_rest) = both.value_and_grad([x[k]] * 3, rest, argnums=(0, 1))
            text = f"{name}{x}{given}, operand {k} the row's"
            assert_same(value, 3 * want, 3 * size(name, x, want), text)
            for got, slope in zip(by_row, [slopes[k]] * 3, strict=True):
                assert_same(got, slope, size(name, x, slope), text)
            for got, slope in zip(by_rest, slopes[:k] + slopes[k + 1 :], strict=True):
                assert_same(got, 3 * slope, 3 * size(name, x, slope), text)
            alone = autograd.compile(lambda row: beside(row, rest), rows=["row"])  # noqa: B023
            values, gradients = alone.value_and_grad([x[k]] * 2)
            for value, got in zip(values, gradients, strict=True):
                assert_same(value, want, size(name, x, want), text + ", the others constants")
                assert_same(got, slopes[k], size(name, x, slopes[k]), text + ", others constants")


@pytest.mark.parametrize(("name", "length"), SMOOTH)
def test_hessian_vector_products_are_those_of_eager_mode(name: str, length: int) -> None:
    for given, xs in points(name, length).items():
        f = function(name, length, given)
        compiled = autograd.compile(f, rows=["x"])
        ordinary = [x for x in xs if all(0.01 < abs(t) < 30 for t in x)][:5]
        if not ordinary:
            continue
        directions = [[0.5 + k for k in range(len(x))] for x in ordinary]
        found = compiled.hvp(np.array(ordinary), np.array(directions))
        for x, v, got in zip(ordinary, directions, found, strict=True):
            want = autograd.hvp(f, x, v)
            largest = max(map(abs, want))  # the terms of one sum are of the size of another
            for a, b in zip(got, want, strict=True):
                assert_same(a, b, max(1.0, 100 * largest), f"{name}{x}{given}: {got}, eager {want}")


@pytest.mark.parametrize(("name", "length"), SMOOTH)
def test_float32_agrees_loosely(name: str, length: int) -> None:
    for given, xs in points(name, length).items():
        f = function(name, length, given)
        ordinary = [x for x in xs if all(0.05 < abs(t) < 20 and abs(t) % 1 < 0.99 for t in x)]
        if not ordinary:
            continue
        found = autograd.compile(f, rows=["x"], dtype="float32")(np.array(ordinary))
        assert found.dtype == np.float32
        for x, got in zip(ordinary, found, strict=True):
            want = f(x)
            slopes = [s for s in autograd.grad(f)(x) if math.isfinite(s)]
            if math.isfinite(want) and abs(want) < 1e30:
                spread = sum(20 * abs(s) for s in slopes)
                assert_same(float(got), want, 1 + abs(want) + spread, f"{name}{x}", 1e-5)


def test_where_takes_its_condition_from_the_row() -> None:
    def f(x: Any) -> Any:
        return autograd.where(x[0] > x[1], x[0] * x[1], x[2])

    xs = [[1.0, 0.5, 7.0], [0.5, 1.0, 7.0], [1.0, 1.0, 2.0], [math.nan, 1.0, 2.0]]
    values, gradients = autograd.compile(f, rows=["x"]).value_and_grad(np.array(xs))
    for x, value, gradient in zip(xs, values, gradients, strict=True):
        want, slopes = autograd.value_and_grad(f)(x)
        assert_same(value, want, abs(want), f"{x}")
        assert gradient.tolist() == slopes


def test_no_rule_of_the_table_is_called_element_by_element() -> None:
    """A formula that branches, or asks for a float, would be: and nobody would see why it is slow."""
    pool: dict[Any, Symbol] = {}
    for name, rule in TABLE.items():
        if rule.all_partials is None and name in SAMPLES and name != "where":
            fixed = parameters(name)
            xs = [
                2 if k in fixed else Symbol.named(f"x{k}", pool) for k in range(len(rule.partials))
            ]
            y = Symbol.named("y", pool)
            for at in (None, *[k for k in range(len(xs)) if k not in fixed]):
                found = evaluated(name, at, xs, y)
                by_element = isinstance(found, Symbol) and found.op == "element"
                assert by_element == (name == "round" and at is None), (name, at)


def test_primitives_of_ones_own_run_whatever_their_functions_take() -> None:
    arrays = autograd.primitive(
        "softsquare", lambda x: x * x / (1 + x * x), lambda y, x: 2 * x / (1 + x * x) ** 2
    )
    floats = autograd.primitive(
        "stepped_sine",
        lambda x, n: math.sin(x) if x > 0 else n * math.atan(x),
        lambda y, x, n: math.cos(x) if x > 0 else n / (1 + x * x),
        None,
    )

    def f(x: Any, w: Any) -> Any:
        return floats(arrays(x[0]) * w - x[1], 2) + arrays(w)

    for reduce in (None, "sum"):
        compiled = autograd.compile(f, rows=["x"], reduce=reduce)
        xs = [[0.5, -1.0], [2.0, 3.0], [0.0, 0.25]]
        value, gradient = compiled.value_and_grad(np.array(xs), 1.5)
        want = [autograd.value_and_grad(f)(x, 1.5) for x in xs]
        np.testing.assert_allclose(gradient, [g for _, g in want], 1e-13)
        values = [v for v, _ in want]
        np.testing.assert_allclose(value, sum(values) if reduce else values, 1e-13)
    assert "element('stepped_sine'" in compiled.source
    assert "softsquare" not in "".join(
        line for line in compiled.source.splitlines() if "#" not in line
    )
    for name in ("softsquare", "stepped_sine"):
        del TABLE[name]


@pytest.mark.parametrize("name", ["max", "min", "norm", "prod", "logsumexp"])
def test_reductions_of_many_operands_and_rows(name: str) -> None:
    """With ties, zeros and infinities among them; a reduction of one list many times is one node."""
    source = np.random.default_rng(0)
    xs = np.round(source.normal(size=(7, 40)), 1)
    xs[3, :] = 0.0
    xs[4, 5] = math.inf
    xs[5, 5] = math.nan
    xs[6, :] = -math.inf

    def f(x: Any) -> Any:
        of = getattr(autograd, name)
        return of(x[:20]) + 2 * of(x[20:])

    with np.errstate(all="ignore"):
        values, gradients = autograd.compile(f, rows=["x"]).value_and_grad(xs)
        for x, value, gradient in zip(xs.tolist(), values, gradients, strict=True):
            want, slopes = autograd.value_and_grad(f)(x)
            assert_same(value, want, 3 + abs(want), f"{name}: {value}, eager {want}")
            for got, slope in zip(gradient, slopes, strict=True):
                assert_same(got, slope, abs(slope) + 1, f"{name}: {gradient}, eager {slopes}")


def test_take_gives_a_gradient_by_what_it_takes_also_from_the_end() -> None:
    def f(x: Any, i: Any) -> Any:
        return 3 * autograd.take(x, i)

    xs, places = np.arange(12.0).reshape(4, 3), np.array([0, 2, -1, -3])
    compiled = autograd.compile(f, rows=["x", "i"])
    values, gradients = compiled.value_and_grad(xs, places)
    assert values.tolist() == [0.0, 15.0, 24.0, 27.0]
    assert gradients.tolist() == [[3, 0, 0], [0, 0, 3], [0, 0, 3], [3, 0, 0]]


@pytest.mark.parametrize("name", ["sum", "prod", "max", "logsumexp", "norm", "mean"])
@pytest.mark.parametrize("rows", [[], ["x"]])
def test_one_value_many_times_counts_many_times(name: str, rows: list[str]) -> None:
    def f(x: Any) -> Any:
        return getattr(autograd, name)([x] * 6) + autograd.dot([x] * 5, [x] * 5)

    at = [1.5] if rows else 1.5
    value, gradient = autograd.compile(f, rows=rows).value_and_grad(at)
    want, slope = autograd.value_and_grad(f)(1.5)
    assert np.ravel(value)[0] == pytest.approx(want, rel=1e-14)
    assert np.ravel(gradient)[0] == pytest.approx(slope, rel=1e-13)


def test_a_literal_zero_keeps_infinite_slopes_undecided() -> None:
    """sqrt(floor(x)) at 0.5: inf * 0 is nan, in eager mode and compiled."""
    f = autograd.compile(lambda x: autograd.sqrt(autograd.floor(x)), rows=["x"])
    assert np.isnan(f.grad([0.5]))[0]
    assert math.isnan(autograd.grad(lambda x: autograd.sqrt(autograd.floor(x)))(0.5))
    assert isinstance(Value(1.0) + 1, Value)
