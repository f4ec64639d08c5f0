"""Enclosures: they contain the truth, for every row of the table, and say what they prove."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from samples import SAMPLES

import autograd
from autograd import Value, clip, cos, exp, gamma, grad, log, maximum, norm, relu, sin, softmax
from autograd.check import Kink, reference_gradients
from autograd.check.enclosures import Enclosure, enclose
from autograd.check.enclosures.boxes import Interval, interval
from autograd.check.enclosures.functions import LISTED
from autograd.check.enclosures.intervals import Enclosed, NotEnclosed, Precision
from autograd.check.oracles.precise import context, exactly
from autograd.check.oracles.replay import is_parameter
from autograd.rules import TABLE, find
from autograd.value import apply
from nn import MLP

ROWS = sorted(importlib.import_module("autograd.primitive")._BUILT_IN)
every_row = pytest.mark.parametrize("name", ROWS)
a_few = settings(max_examples=10, deadline=None, derandomize=True, database=None,
                 suppress_health_check=list(HealthCheck))  # fmt: skip
precise = context(300)
ORACLE = precise.mpf(10) ** -80  # errors of differences: h is 2**-300, rounding 10**-300 / h


def holds(found: Any, true: Any, error: Any = 0) -> bool:
    """Say whether an mpmath interval contains an mpmath number, up to the number's own error."""
    low, high = (precise.make_mpf(end) for end in found._mpi_)
    true = precise.make_mpf(true._mpf_)
    error *= max(1, abs(true))
    return bool(low - error <= true <= high + error)


def row_on_box(name: str, point: Sequence[Any], box: Sequence[Any], digits: int) -> Enclosure:
    """Enclose one row of the table, its parameters taken from the point."""
    rule = find(name)
    free = [i for i in range(len(point)) if not is_parameter(rule, i)]

    def f(xs: Sequence[Any]) -> Any:
        inputs = list(point)
        for i, x in zip(free, xs, strict=True):
            inputs[i] = x
        if name == "where":  # the row is recorded by the function only
            return autograd.where(*inputs)
        return apply(rule, *inputs)

    return enclose(f, [box[i] for i in free], digits=digits)


def truths(name: str, point: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Return value and partials of the independent formula, None for one that does not exist."""
    rule, formula = find(name), SAMPLES[name].formula
    xs = [x if is_parameter(rule, i) else exactly(precise, x) for i, x in enumerate(point)]

    def f(zs: Sequence[Any]) -> Any:
        return precise.mpf(formula(precise, *zs))

    def partial(i: int) -> Any:
        h = precise.ldexp(abs(xs[i]) or 1, -300)
        try:
            below, above = [f([*xs[:i], z, *xs[i + 1 :]]) for z in (xs[i] - h, xs[i] + h)]
        except (TypeError, ValueError, ArithmeticError):  # the formula is complex on one side
            return None
        left, right = (f(xs) - below) / h, (above - f(xs)) / h
        steeper = max(abs(left), abs(right))
        kink = abs(right - left) > max(steeper, 1) * ORACLE or steeper > 1e60  # or a jump
        return None if kink else (left + right) / 2

    return f(xs), [partial(i) for i in range(len(xs)) if not is_parameter(rule, i)]


def assert_contains(
    found: Enclosure, value: Any, partials: Sequence[Any], error: Any = ORACLE
) -> None:
    value_found, *partials_found = found.intervals.values()
    assert holds(value_found, value), (value, found)
    for d, d_found in zip(partials, partials_found, strict=True):
        assert d is None or holds(d_found, d, error), (d, found)


# The list


@every_row
def test_a_row_is_listed_or_refused(name: str) -> None:
    assert name in LISTED, f"say how {name} is enclosed, or expect NotEnclosed here"


def test_nothing_else_is_listed() -> None:
    assert set(ROWS) >= LISTED


def test_a_primitive_of_ones_own_is_refused() -> None:
    cube = autograd.primitive("enclosed_cube", lambda x: x**3, lambda y, x: 3 * x * x)
    try:
        with pytest.raises(NotEnclosed, match=r"'enclosed_cube'.*listed: abs, acos, acosh"):
            enclose(cube, interval(0, 1))
    finally:
        del TABLE["enclosed_cube"]


# Containment


def usual(name: str) -> list[tuple[Any, ...]]:
    """Return sample points where the function and its derivatives exist and are bounded."""
    rule, domain = find(name), SAMPLES[name].domain
    least = 1e-9 if "gamma" in name else -1e30
    points = [
        point
        for point in SAMPLES[name].points
        if all(
            is_parameter(rule, i) or (max(least, domain[min(i, len(domain) - 1)][0]) < x
                                      and 1e-30 < abs(x) < 1e30)
            for i, x in enumerate(point)
        )
    ]  # fmt: skip
    return points[:: max(1, len(points) // 8)]


@every_row
def test_at_a_point_the_truth_is_inside_and_the_bounds_are_narrow(name: str) -> None:
    proven = 0
    for point in usual(name):
        value, partials = truths(name, point)
        found = row_on_box(name, point, point, 50)
        assert_contains(found, value, partials)
        for x, true in zip(found.intervals.values(), [value, *partials], strict=True):
            if true is not None:
                width = precise.make_mpf(x._mpi_[1]) - precise.make_mpf(x._mpi_[0])
                # 50 digits less what exp(1e4) and the like lose; 1e-13 is what is promised
                assert width <= abs(exactly(precise, true)) * precise.mpf("1e-30") + precise.mpf(
                    "1e-55"
                )
                proven += 1
    assert proven >= 4


def steps(low: float, high: float) -> st.SearchStrategy[float]:
    """Draw multiples of 2**-20, 0 among them: no number next to 0, where differences see a kink."""
    return st.integers(math.ceil(low * 2**20), math.floor(high * 2**20)).map(lambda n: n / 2**20)


@every_row
@a_few
@given(data=st.data())
def test_on_a_box_every_point_is_inside(name: str, data: st.DataObject) -> None:
    rule = find(name)
    point, box = [], []
    for i, (low, high) in enumerate(SAMPLES[name].domain):
        if is_parameter(rule, i):
            point.append(data.draw(st.integers(int(low), int(high))))
            point[-1] = bool(point[-1]) if name == "where" else point[-1]
            box.append(None)
            continue
        low, high = max(low, 1e-3 if "gamma" in name else -20.0), min(high, 20.0)
        ends = sorted(data.draw(steps(low, high)) for _ in range(2))
        ends[1] = min(
            ends[1], ends[0] + data.draw(st.sampled_from([0.0, 2.0**-20, 0.125, 1.0, 40.0]))
        )
        box.append(interval(*ends))
        point.append(data.draw(steps(*ends)))
    try:
        found = row_on_box(name, point, box, 30)
    except NotEnclosed:
        assume(False)
    value, partials = truths(name, point)
    assert_contains(found, value, partials)


NETWORK = MLP(3, [4, 1], seed=1)
POINTWISE = {
    "polynomial": lambda x: x[0] ** 3 - 3 * x[0] * x[1] + x[1] ** 2 / 7,
    "kinks": lambda x: relu(x[0] - x[1]) * abs(x[0]) + maximum(x[1], x[2] ** 2) - clip(x[0], -1, 1),
    "nested kinks": lambda x: abs(abs(abs(x[0]) - 1) - 0.25) + autograd.max([x[0], x[1], x[2], 0.5]),
    "waves": lambda x: sin(3 * x[0] * x[1]) * cos(x[2] + x[0]) + autograd.tan(x[0] / 5),
    "powers": lambda x: exp(x[0] / 4) ** x[1] + 2 ** x[2] + (x[0] ** 2 + 1) ** 0.75,
    "quotient": lambda x: (x[0] - x[1]) / (1 + x[2] ** 2) + log(1 + x[0] ** 2 + exp(x[1])),
    "cross entropy": lambda x: autograd.logsumexp(x) - x[1] + softmax(x)[0] * autograd.log_softmax(x)[2],
    "distances": lambda x: norm([x[0] - 30, x[1]]) + autograd.hypot(x[2], 20) + autograd.atan2(x[0], 25 + x[1]),
    "activations": lambda x: autograd.gelu(x[0]) + autograd.mish(x[1]) + autograd.softplus(x[2]) + autograd.silu(x[0] * x[1]),
    "reuse": lambda x: (x[0] * x[0] - x[0]) * x[0] + (x[1] - x[1]) / (x[2] * x[2] + 1),
    "network": lambda x: NETWORK(x),
}  # fmt: skip


@pytest.mark.parametrize("name", POINTWISE)
@a_few
@given(data=st.data())
def test_points_of_a_box_are_inside_what_is_proven_of_a_function(
    name: str, data: st.DataObject
) -> None:
    f = POINTWISE[name]
    width = data.draw(st.sampled_from([0.0, 2.0**-20, 0.015625, 0.5, 4.0]))
    lows = [data.draw(steps(-4, 4)) for _ in range(3)]
    box = [interval(low, low + width) for low in lows]
    point = [data.draw(steps(*x)) for x in box]
    try:
        found = enclose(f, box, digits=30)
    except NotEnclosed:
        assume(False)
    xs = [Value(x) for x in point]
    y = f(xs)
    many = [exactly(precise, x) for x in point]
    try:
        partials = reference_gradients(y, xs)  # differences of each operation, right to 45 digits
    except Kink:
        partials = [None] * 3
    assert_contains(found, f([Value(x) for x in many]).data, partials, precise.mpf(10) ** -45)


def test_the_value_gets_sharp_quadratically() -> None:
    def excess(width: float) -> float:
        found = enclose(lambda x: x * (1 - x), interval(0.25, 0.25 + width))
        return found.value.high - found.value.low - width * (0.5 - width)

    # the true range is width * (1/2 - width) long; halving the box quarters what is too much
    assert excess(2.0**-6) / excess(2.0**-5) == pytest.approx(0.25, rel=0.1)


@pytest.mark.parametrize("name", sorted({*LISTED} & {
    "exp", "expm1", "log", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "digamma", "lgamma", "atan2",
}))  # fmt: skip
def test_what_is_assumed_of_mpmath_is_true_with_room_to_spare(name: str) -> None:
    tight = Precision(50)
    tight.bits = tight.points.prec  # no rounding that would hide an error
    tight.error = tight.points.mpf(10) ** -68  # assumed is 10**-60
    points = usual(name)
    for side in {"acosh": [1], "asin": [-1], "acos": [-1], "atanh": [-1], "log": [-1, 1]}.get(
        name, []
    ):
        points += [(1 + side * Fraction(3, 2**k),) for k in range(2, 160)]  # where digits cancel
    for point in points:
        found = getattr(Enclosed, name)(*map(tight.mpf, point))
        assert holds(found, SAMPLES[name].formula(precise, *[exactly(precise, x) for x in point]))


# Kinks, jumps and branches

HULLS: list[tuple[str, Callable[[Any], Any], Any, tuple[float, float], tuple[float, float]]] = [
    ("relu", relu, (-1, 2), (0, 2), (0, 1)),
    ("abs", abs, (-1, 2), (0, 2), (-1, 1)),
    ("abs, touched", abs, (0, 2), (0, 2), (0, 1)),
    ("maximum", lambda x: maximum(x, 0.5), (0, 1), (0.5, 1), (0, 1)),
    ("max", lambda x: autograd.max([x, 0.5, -3.0]), (0, 1), (0.5, 1), (0, 1)),
    ("max, decided", lambda x: autograd.max([x, -0.5, -3.0]), (0, 1), (0, 1), (1, 1)),
    ("min", lambda x: autograd.min([x, 0.5]), (0, 1), (0, 0.5), (0, 1)),
    ("clip", lambda x: clip(x, 0, 1), (-1, 2), (0, 1), (0, 1)),
    ("clip, no upper bound", lambda x: clip(x, 0, math.inf), (-1, 2), (0, 2), (0, 1)),
    ("leaky_relu", lambda x: autograd.leaky_relu(x, 0.25), (-1, 2), (-0.25, 2), (0.25, 1)),
    ("even power", lambda x: x**2, (-1, 2), (0, 4), (-2, 4)),
    ("square", lambda x: x * x, (-1, 2), (0, 4), (-2, 4)),
    ("difference", lambda x: x - x, (-1, 2), (0, 0), (0, 0)),
    ("difference inside", lambda x: 1 / (x - x + 1), (-1, 2), (1, 1), (0, 0)),
    ("dependency", lambda x: x * (1 - x), (0, 1), (0, 0.75), (-1, 1)),  # f(1/2) + [-1, 1] * [-1/2, 1/2]
    ("tie", lambda x: autograd.max([x, 0.5]), (0.5, 0.5), (0.5, 0.5), (0.5, 0.5)),
    ("odd power", lambda x: x**3, (-1, 2), (-1, 8), (0, 12)),
    ("relu at 0", relu, (0, 0), (0, 0), (0, 0)),
    ("constant step", lambda x: autograd.floor(x) * x, (1.25, 1.75), (1.25, 1.75), (1, 1)),
    ("decided branch", lambda x: 2 * x if x > 0.5 else x, (0.75, 1), (1.5, 2), (2, 2)),
    ("atan2 above its cut", lambda x: 2 * x + 0 * autograd.atan2(x, -1.0), (0, 1), (0, 2), (2, 2)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "f", "box", "value", "slope"), HULLS, ids=[row[0] for row in HULLS]
)
def test_kinks_take_the_hull_of_both_sides(
    name: str, f: Callable[[Any], Any], box: Any, value: Any, slope: Any
) -> None:
    found = enclose(f, interval(*box))
    assert tuple(found.value) == value
    assert tuple(found.gradient) == slope


REFUSED: list[tuple[Callable[[Any], Any], Any, str]] = [
    (lambda x: x if x > 0.5 else -x, (0, 1), "the comparison [0.0, 1.0] > 0.5 is open"),
    (lambda x: x if x < 0.5 else -x, (0, 1), "the comparison [0.0, 1.0] < 0.5 is open"),
    (lambda x: x if x >= 1 else -x, (0, 1), "the comparison [0.0, 1.0] >= 1 is open"),
    (lambda x: x if x <= 0 else -x, (0, 1), "the comparison [0.0, 1.0] <= 0 is open"),
    (lambda x: x if x == 0.5 else -x, (0, 1), "== 0.5 is open: the box is on both sides"),
    (lambda x: x if x != 0.5 else -x, (0, 1), "!= 0.5 is open"),
    (lambda x: sorted([x, Value(0.5)])[0], (0, 1), "Split it there"),
    (lambda x: (x > 0.5) * x, (0, 1), "write the comparison as relu, maximum, abs or clip"),
    (lambda x: autograd.where(x > 0.5, x, 1 - x), (0, 1), "is open"),
    (lambda x: np.maximum(np.array([x]), 0.5)[0], (0, 1), "is open"),
    (autograd.floor, (0.5, 1.5), "floor jumps in [0.5, 1.5], from 0 to 1"),
    (autograd.floor, (0.5, 1), "floor jumps"),
    (autograd.ceil, (0.5, 1.5), "ceil jumps"),
    (round, (0.25, 0.75), "round jumps"),
    (lambda x: x // 2, (1, 3), "floor jumps"),
    (lambda x: x % 2, (1, 3), "floor jumps"),
    (autograd.sign, (-1, 1), "sign jumps at 0"),
    (autograd.sign, (0, 1), "sign jumps at 0"),
    (lambda x: autograd.atan2(x, -1.0), (-1, 1), "the angle jumps from pi to -pi"),
    (lambda x: autograd.atan2(x, -1.0), (-1, 0), "the angle jumps from pi to -pi"),
    (lambda x: autograd.atan2(x, x), (0, 1), "the angle jumps"),
    (lambda x: 1 / x, (-1, 2), "division by [-1.0, 2.0], which contains 0"),
    (lambda x: 1 / x, (0, 2), "division by [0.0, 2.0]"),
    (lambda x: x**-2, (-1, 2), "[-1.0, 2.0] ** -2, and the base may be 0"),
    (lambda x: x**0.5, (-1, 2), "the base must be above 0"),
    (lambda x: x**-0.5, (0, 2), "the base must be above 0"),
    (log, (0, 2), "log needs 0 < x, but x may be anything in [0.0, 2.0]"),
    (autograd.sqrt, (-1, 2), "sqrt needs 0 <= x, but"),
    (autograd.sqrt, (0, 2), "the gradient has no bounds on this box: division by [0.0, 2.8"),
    (autograd.asin, (0, 2), "asin needs -1 <= x <= 1, but"),
    (autograd.atanh, (0, 1), "atanh needs -1 < x < 1, but"),
    (autograd.tan, (1, 2), "tan has a pole in [1.0, 2.0]"),
    (gamma, (-0.5, 1), "lgamma needs 0 < x"),
    (lambda x: exp(exp(exp(exp(x)))), (9, 10), "too far out to be evaluated"),
    (lambda x: x.detach() * x, (0, 1), "reaches the result without its derivative"),
    (lambda x: x.data * x, (0, 1), "Look for .data, .detach() or no_grad()"),
    (lambda x: exp(x.data) * x, (0, 1), "a number that changes with x"),
    (lambda x: x.data, (0, 1), "without its derivative"),
]


@pytest.mark.parametrize(("f", "box", "message"), REFUSED, ids=[row[2] for row in REFUSED])
def test_what_cannot_be_proven_is_refused(f: Callable[[Any], Any], box: Any, message: str) -> None:
    with pytest.raises(NotEnclosed) as caught:
        enclose(f, interval(*box))
    assert message in str(caught.value)
    assert str(caught.value).startswith("enclose: ")


def test_one_interval_in_two_places_is_two_numbers() -> None:
    x = interval(0, 1)
    assert tuple(enclose(lambda p: p[0] - p[1], [x, x]).value) == (-1, 1)
    assert tuple(enclose(lambda p: p[0] * p[1] - p[0], [interval(-1, 1)] * 2).value) == (-2, 2)


def test_waves_reach_their_crests_and_troughs() -> None:
    def ends(f: Callable[[Any], Any], *box: float) -> tuple[float, float]:
        return tuple(enclose(f, interval(*box)).value)

    assert ends(sin, 4, 5)[0] == -1 < ends(sin, 4, 4.5)[0]  # 3 pi / 2 is 4.71
    assert ends(sin, 1, 2)[1] == 1 > ends(sin, 1, 1.5)[1]
    assert ends(cos, -3.5, -3)[0] == -1 < ends(cos, -3, -2)[0]
    assert ends(cos, 6, 7)[1] == 1 > ends(cos, 5, 6)[1]
    assert ends(cos, -1, 1)[1] == 1
    assert ends(sin, -30, 30) == ends(cos, 0, 7) == (-1, 1)


# Outward rounding


def test_a_third_lies_between_neighbouring_floats() -> None:
    low, high = enclose(lambda x: x / 3, 1.0).value
    assert Fraction(low) < Fraction(1, 3) < Fraction(high)
    assert high == math.nextafter(low, 1)


def test_text_and_fractions_are_decimals_and_floats_are_floats() -> None:
    low, high = enclose(lambda x: x, interval("0.1")).value
    assert Fraction(low) < Fraction(1, 10) < Fraction(high)
    assert tuple(enclose(lambda x: x, 0.1).value) == (0.1, 0.1)
    tenth = enclose(exp, Fraction(1, 10)).intervals["value"]
    assert holds(tenth, precise.exp(precise.mpf(1) / 10))
    assert not holds(tenth, precise.exp(precise.mpf(0.1)))


def test_ends_beyond_the_floats_are_rounded_outward_too() -> None:
    tiny, huge = math.nextafter(0, 1), math.nextafter(math.inf, 0)
    assert tuple(enclose(lambda x: x * x, 1e-200).value) == (0.0, tiny)
    assert tuple(enclose(lambda x: -x * x, 1e-200).value) == (-tiny, -0.0)
    assert tuple(enclose(lambda x: x * x, 1e200).value) == (huge, math.inf)
    assert tuple(enclose(lambda x: -x * x, 1e200).value) == (-math.inf, -huge)
    assert enclose(lambda x: x * x, 1e-200).signs["value"] == "positive"


# What is proven


def rump(p: Sequence[Any]) -> Any:
    a, b = p
    return (
        333.75 * b**6 + a**2 * (11 * a**2 * b**2 - b**6 - 121 * b**4 - 2) + 5.5 * b**8 + a / (2 * b)
    )


def test_rump_s_example() -> None:
    """Rump 1988, "Algorithms for verified inclusions": floats get size and sign wrong."""
    assert rump([77617.0, 33096.0]) < -1e20
    true = Fraction(77617, 2 * 33096) - 2  # = -0.827396059946821368141165...
    found = enclose(rump, [77617.0, 33096.0])
    assert found.signs["value"] == "negative"
    assert Fraction(found.value.low) < true < Fraction(found.value.high)
    assert found.value.high == math.nextafter(found.value.low, 0) == -0.8273960599468213
    coarse = enclose(rump, [77617.0, 33096.0], digits=30)
    assert coarse.signs["value"] == "open"
    assert coarse.value.low < true < coarse.value.high


def test_a_minimum_is_proven_to_lie_in_a_box() -> None:
    def f(x: Any) -> Any:
        return x**4 - 3 * x + 2 * cos(x)

    assert enclose(f, 1.0).signs["x"] == "negative"
    assert enclose(f, 1.2).signs["x"] == "positive"
    convex = enclose(grad(f), interval(1.0, 1.2))
    assert convex.signs == {"value": "open", "x": "positive"}  # one zero of f', and it is a minimum
    elsewhere = [interval(k / 16, (k + 1) / 16) for k in range(-48, 48) if not 15 <= k < 19]
    assert all(enclose(f, part).value.low > f(1.06) for part in elsewhere)  # so it is the lowest


def test_signs() -> None:
    def sign(f: Callable[[Any], Any], *box: Any) -> str:
        return enclose(f, interval(*box)).signs["value"]

    assert sign(exp, -5, 5) == "positive"
    assert sign(lambda x: -exp(x), -5, 5) == "negative"
    assert sign(relu, -5, 5) == "not negative"
    assert sign(lambda x: -abs(x), -5, 5) == "not positive"
    assert sign(sin, -5, 5) == "open"
    assert sign(lambda x: 0 * x, -5, 5) == "zero"
    assert enclose(lambda p: p["w"][0] + 1, {"w": [1.0, 2.0]}).signs["x['w'][1]"] == "zero"


# Forms, the table, bad input


def test_the_gradient_has_the_form_of_the_box() -> None:
    w = interval(np.zeros((2, 2)), np.ones((2, 2)))
    found = enclose(
        lambda p: (p["w"] @ p["x"]).sum() * p["b"][0],
        {"w": w, "x": np.array([2.0, 3.0]), "b": (interval(1, 2),)},
    )
    assert isinstance(found.gradient["b"], tuple)
    assert tuple(found.gradient["b"][0]) == (0, 10)
    assert found.gradient["w"].low.tolist() == [[2, 3], [2, 3]]
    assert found.gradient["w"].high.tolist() == [[4, 6], [4, 6]]
    assert found.gradient["x"].low.tolist() == [0, 0]
    assert found.gradient["x"].high.tolist() == [4, 4]
    assert list(found.intervals) == ["value", *[f"x['w'][{i}, {j}]" for i in (0, 1) for j in (0, 1)],
                                     "x['x'][0]", "x['x'][1]", "x['b'][0]"]  # fmt: skip
    assert [1, 1.5] in Interval(np.ones(2), np.full(2, 2.0))
    assert [1, 2.5] not in Interval(np.ones(2), np.full(2, 2.0))


def test_mpmath_s_intervals_and_numbers_are_taken() -> None:
    assert tuple(enclose(lambda x: x * 2, mpmath.iv.mpf([1, 2])).value) == (2, 4)
    assert tuple(enclose(lambda x: x * 2, interval(mpmath.mpf(1), np.float64(2))).value) == (2, 4)


def test_the_table() -> None:
    def area(p: Sequence[Any]) -> Any:
        return p[0] * p[1]

    assert str(enclose(area, [interval(1, 2), interval(-0.5, 0.25)])).splitlines() == [
        "area on a box, at 50 digits",
        "┏━━━━━━━━━━━━┳━━━━━━┳━━━━━━┳━━━━━━━━━┳━━━━━━━━━━┓",
        "┃            ┃  low ┃ high ┃   width ┃     sign ┃",
        "┡━━━━━━━━━━━━╇━━━━━━╇━━━━━━╇━━━━━━━━━╇━━━━━━━━━━┩",
        "│ value      │ -1.0 │  0.5 │ 1.5e+00 │     open │",
        "│ d / d x[0] │ -0.5 │ 0.25 │ 7.5e-01 │     open │",
        "│ d / d x[1] │  1.0 │  2.0 │ 1.0e+00 │ positive │",
        "└────────────┴──────┴──────┴─────────┴──────────┘",
    ]
    many = enclose(lambda x: autograd.sum(x), np.ones(30))
    assert "... and 11 more: see .gradient" in str(many)


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: interval(2, 1), ValueError, "interval(2, 1): the low end is above the high one"),
    (lambda: interval(0, math.inf), ValueError, "inf is not finite: a box has finite sides"),
    (lambda: interval(math.nan), ValueError, "nan is not finite"),
    (lambda: interval(mpmath.mpf("inf")), ValueError, "is not finite"),
    (lambda: interval("one"), ValueError, "'one' is not a finite number, such as '0.1'"),
    (lambda: interval(None), TypeError, "None is nothing"),
    (lambda: interval(True), TypeError, "True is a truth value"),
    (lambda: interval(1j), TypeError, "complex"),
    (lambda: interval(mpmath.iv.mpf(1)), TypeError, "is an interval already"),
    (lambda: interval(np.ones(2), np.ones(3)), ValueError, "the shapes (2,) and (3,)"),
    (lambda: interval(np.ones(2), 2.0), ValueError, "give two of one shape"),
    (lambda: interval(np.ones(2), np.array([2.0, 0.5])), ValueError, "above the high one"),
    (lambda: enclose(3.0, 1.0), TypeError, "f is 3.0; it must be a function"),
    (lambda: enclose(exp, 1.0, digits=16), ValueError, "digits=16: give at least 17"),
    (lambda: enclose(lambda x: [x], 1.0), TypeError, "returned a list, not one number"),
    (lambda: enclose(lambda x: None, 1.0), TypeError, "returned None: does it lack a return?"),
    (lambda: enclose(exp, []), TypeError, "there is no number in it to differentiate by"),
    (lambda: enclose(exp, [None]), TypeError, "None is nothing"),
    (lambda: enclose(math.exp, interval(0, 1)), TypeError, "Write autograd.sin(v) for math.sin(v)"),
    (lambda: enclose(lambda x: x * mpmath.mpf(0.1), interval(0, 1)), TypeError, "the constant mpf("),
    (lambda: enclose(lambda x: x * mpmath.iv.mpf(1), interval(0, 1)), TypeError, "a part of the box"),
    (lambda: enclose(lambda x: x * math.nan, interval(0, 1)), TypeError, "the constant nan"),
    (lambda: enclose(lambda x: x * math.inf, interval(1, 2)), NotEnclosed, "no finite bounds"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "kind", "message"), BAD, ids=[row[2] for row in BAD])
def test_bad_input(act: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert message in str(caught.value)


def test_a_function_that_changes_is_noticed() -> None:
    calls = iter(range(10))
    with pytest.raises(ValueError, match="f is not deterministic"):
        enclose(lambda x: x + next(calls), interval(0, 0.5))


@pytest.mark.parametrize("box", [(1, 2), [(1, 2), (0, 1)]])
def test_a_tuple_is_no_interval_and_the_error_says_so(box: Any) -> None:
    with pytest.raises(TypeError, match=r"write interval\(1, 2\) for all numbers from 1 to 2"):
        enclose(lambda x: x**2, box)
