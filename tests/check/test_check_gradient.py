"""`check_gradient`: what it says of right and wrong gradients, and of what it cannot judge."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest

import autograd
import nn
from autograd import Value, grad, hessian
from autograd.check import GradientMismatch, Kink, assert_gradient, check_gradient
from autograd.check.oracles.precise import context, difference
from autograd.check.rounding import gradient_bounds


def rosenbrock(x: Any) -> Any:
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


def logistic(p: dict[str, Any]) -> Any:
    return autograd.log1p(autograd.exp(-(autograd.dot(p["w"], [2.0, 3.0]) + p["b"])))


POINT = {"w": np.array([0.1, -0.2]), "b": 1.5}


# The bound is earned


def test_our_own_rounding_passes_and_1e_9_does_not() -> None:
    x = [0.3, -1.2, 2.0]
    assert check_gradient(rosenbrock, x).ok
    for off in (1e-9, 1e-11, -1e-12):
        assert not check_gradient(rosenbrock, x, [g * (1 + off) for g in grad(rosenbrock)(x)]).ok


def test_the_bound_covers_other_ways_of_rounding_the_same_formula() -> None:
    """A hand-derived gradient of the Rosenbrock function, associated in another way."""

    def by_hand(x: Any) -> Any:
        a, b = x
        return [-400 * a * b + 400 * a**3 - 2 + 2 * a, 200 * b - 200 * a * a]

    draw = random.Random(0)
    for _ in range(100):
        assert_gradient(rosenbrock, [draw.uniform(-2, 2), draw.uniform(-2, 2)], by_hand)


def test_what_cancels_earns_more_and_what_does_not_earns_little() -> None:
    x = Value(1.0)
    [smooth] = gradient_bounds(x.exp(), [x]) or [math.nan]
    assert 16 * 2**-53 * math.e <= smooth <= 16 * 16 * 2**-53 * math.e
    z = Value(0.3)
    [bound] = gradient_bounds((z * 1e8).sin() - (z * 1e8).sin() * (1 + 1e-15), [z]) or [math.nan]
    assert bound > 1e-8  # two terms of 1e8 cancel, and 1e8 * z is itself rounded


def test_a_gradient_of_many_layers_keeps_a_useful_bound() -> None:
    """First-order analysis adds errors, not |paths|: those grow with the depth as 2**depth."""

    def deep(x: Any) -> Any:
        a, b = x
        for _ in range(200):
            a, b = a + 0.1 * autograd.tanh(b), b - 0.1 * autograd.sin(a)
        return a * b

    report = check_gradient(deep, [0.3, 0.4])
    assert report.ok
    assert all(c.allowed < 1e-6 * abs(c.claimed) for c in report.components)


@pytest.mark.parametrize(("precision", "kind"), [("float32", np.float32), ("float16", np.float16)])
def test_a_lower_precision_passes_where_it_is_declared(precision: str, kind: Any) -> None:
    def rounded(p: Any) -> Any:  # computed in that precision throughout
        w, b, x = (kind(np.array(z)) for z in (p["w"], p["b"], [2.0, 3.0]))
        share = -kind(1) / (kind(1) + np.exp((w * x).sum(dtype=kind) + b))
        return {"w": share * x, "b": share}

    assert not check_gradient(logistic, POINT, rounded).ok
    assert check_gradient(logistic, POINT, rounded, precision=precision).ok
    wrong = {"w": -rounded(POINT)["w"], "b": rounded(POINT)["b"]}
    assert not check_gradient(logistic, POINT, wrong, precision=precision).ok


def test_a_tolerance_of_ones_own() -> None:
    assert check_gradient(lambda x: x**3, 2.0, 12.001, tolerance=1e-3).ok
    assert not check_gradient(lambda x: x**3, 2.0, 12.001, tolerance=1e-5).ok


def test_a_partial_that_takes_floats_only_earns_no_bound_and_that_is_said() -> None:
    f = autograd.primitive("half_floats", lambda x: x * x * x,
                           lambda y, x: 3.0 * math.pow(float(x), 2))  # fmt: skip
    report = check_gradient(f, 0.7)
    assert report.ok
    assert "9e-13 is assumed" in report.notes[0]


def test_the_gradients_of_a_network_are_right() -> None:
    model = nn.MLP(3, [4, 1], activation="tanh", seed=1)
    parameters = model.parameters()

    def loss(w: list[Any]) -> Any:
        net = nn.MLP(3, [4, 1], activation="tanh", seed=1)
        rest = iter(w)
        for layer in net.layers:
            for neuron in layer.neurons:
                neuron.w = [next(rest) for _ in neuron.w]
                neuron.b = next(rest)
        return net([0.5, -1.0, 2.0]) ** 2

    report = check_gradient(loss, [p.data for p in parameters])
    assert report.ok, report
    assert len(report.components) == 21


# Reports


def test_a_wrong_component_is_named_with_both_numbers() -> None:
    def claimed(p: Any) -> Any:
        found = grad(logistic)(p)
        found["w"][1] += 0.25
        return found

    with pytest.raises(GradientMismatch, match=r"gradient of logistic: 1 of 3 WRONG") as caught:
        assert_gradient(logistic, POINT, claimed)
    report = caught.value.report
    worst = report.worst
    assert worst is not None
    assert worst.name == "x['w'][1]"
    assert abs(worst.error - 0.25) < 2**-50  # our own, rounded, plus 0.25
    assert worst.oracle == "replay and differences at 100 digits"
    [row] = [line for line in str(report).splitlines() if "x['w'][1]" in line]
    for word in (repr(worst.claimed), mpmath.nstr(worst.true, 20), "2.5e-01", "WRONG"):
        assert word in row


def test_a_report_is_json() -> None:
    report = check_gradient(rosenbrock, [1.0, 2.0], [math.nan, 200.0])
    found = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert found["ok"] is False
    assert found["worst"]["name"] == "x[0]"
    assert found["worst"]["error"] == "inf"
    assert [x["ok"] for x in found["components"]] == [False, True]
    assert found["oracle"] == "replay and differences at 100 digits"


# Second order


@pytest.mark.parametrize("x", [[0.3, -1.2, 2.0], np.array([0.3, -1.2])])
def test_hessians(x: Any) -> None:
    report = check_gradient(rosenbrock, x, order=2)
    assert report.ok
    assert report.title == "Hessian of rosenbrock"
    assert len(report.components) == len(x) ** 2
    assert check_gradient(rosenbrock, x, np.array(hessian(rosenbrock)(x)), order=2).ok
    wrong = np.array(hessian(rosenbrock)(x))
    wrong[0, 1] *= 1 + 1e-9
    report = check_gradient(rosenbrock, x, wrong, order=2)
    assert [c.name for c in report.components if not c.ok] == ["x[0], x[1]"]


def test_a_nested_hessian_is_compared_place_by_place() -> None:
    assert check_gradient(logistic, POINT, hessian(logistic), order=2).ok
    wrong = hessian(logistic)(POINT)
    wrong["b"]["w"][1] += 1e-6
    report = check_gradient(logistic, POINT, wrong, order=2)
    assert [c.name for c in report.components if not c.ok] == ["x['b'], x['w'][1]"]


def test_second_derivatives_of_a_black_box() -> None:
    def f(x: Any) -> float:
        return math.sin(x[0]) * x[1] ** 2

    a, b = 0.5, 2.0
    right = [[-math.sin(a) * b * b, 2 * math.cos(a) * b], [2 * math.cos(a) * b, 2 * math.sin(a)]]
    report = check_gradient(f, [a, b], right, order=2)
    assert report.ok
    assert report.oracle == "Ridders' differences of second order"
    right[1][0] *= 1.00001
    assert not check_gradient(f, [a, b], right, order=2).ok


# Oracles


@pytest.mark.parametrize(
    ("oracle", "named"),
    [
        ("replay", "replay and differences at 100 digits"),
        ("fractions", "exact fractions, by the same rules"),
        ("forward", "forward mode, by the same rules"),
        ("complex step", "complex step"),
        ("ridders", "Ridders' differences"),
        ("directions", "complex step in random directions"),
    ],
)
def test_each_oracle_is_named_and_judges(oracle: str, named: str) -> None:
    report = check_gradient(rosenbrock, [0.25, -1.5, 2.0], oracle=oracle)
    assert report.ok, report
    assert named in report.oracle
    wrong = [g * (1 + 1e-6) for g in grad(rosenbrock)([0.25, -1.5, 2.0])]
    assert not check_gradient(rosenbrock, [0.25, -1.5, 2.0], wrong, oracle=oracle).ok


@pytest.mark.parametrize("oracle", ["fractions", "forward"])
def test_the_rules_own_oracles_judge_second_order_too(oracle: str) -> None:
    assert check_gradient(rosenbrock, [0.25, -1.5], order=2, oracle=oracle).ok


def test_fractions_judge_exactly() -> None:
    report = check_gradient(lambda x: x**3 / 7, 0.5, oracle="fractions", digits=30)
    [only] = report.components
    assert only.oracle_error == 0
    with mpmath.workdps(90):
        assert abs(only.true - mpmath.mpf(3) / 28) < mpmath.mpf(10) ** -88
    assert abs(Fraction(only.claimed) - Fraction(3, 28)) < Fraction(1, 2**56)


def test_the_rules_own_oracles_do_not_see_a_wrong_rule_and_the_others_do() -> None:
    f = autograd.primitive("crooked", lambda x: x * x, lambda y, x: 3 * x)
    assert check_gradient(f, 0.5, oracle="fractions").ok
    assert check_gradient(f, 0.5, oracle="forward").ok
    assert not check_gradient(f, 0.5).ok
    assert not check_gradient(f, 0.5, oracle="ridders").ok


def test_a_large_black_box_is_judged_in_random_directions() -> None:
    def f(x: Any) -> Any:
        return float(np.sum(np.sin(np.asarray(x, dtype=float))))

    x = np.linspace(-1, 1, 500)
    assert check_gradient(f, x, np.cos(x)).ok
    wrong = np.cos(x)
    wrong[123] += 1e-6
    report = check_gradient(f, x, wrong)
    assert not report.ok
    assert "random directions" in report.oracle


# Kinks


@pytest.mark.parametrize(
    ("f", "x", "right", "wrong"),
    [
        (autograd.relu, 0.0, [0.0, 0.5, 1.0], [-1e-9, 1.0001]),
        (abs, 0.0, [-1.0, 0.0, 1.0], [1.1]),
        (lambda x: autograd.relu(x) - autograd.relu(-x), 0.0, [1.0], [0.0, 0.5]),  # it is x
        (lambda x: x if x > 0 else 2 * x, 0.0, [1.0, 1.5, 2.0], [0.9, 2.1]),
        (lambda x: autograd.max(x), [1.0] * 3, [[1 / 3] * 3, [1.0, 0, 0], [0.5, 0.5, 0]],
         [[1.0, 1.0, 1.0], [0.5, 0.0, 0.0]]),
        (lambda x: max(x), [1.0, 1.0], [[1.0, 0.0], [0.5, 0.5]], [[1.0, 1.0]]),
        (lambda x: autograd.minimum(abs(x[0]), abs(x[1])), [0.0, 0.0], [[0.0, 0.0], [0.5, -0.5]],
         [[1.0, 1.0]]),
        (lambda x: 3 * abs(x - 1) + x * x, 1.0, [-1.0, 2.0, 5.0], [5.1]),
        (lambda x: math.fabs(x), 0.0, [-1.0, 0.3, 1.0], [1.01]),  # a black box
        (lambda x: x**1.5, 0.0, [0.0], [1e-9]),  # an edge, with a slope from one side
    ],
)  # fmt: skip
def test_at_a_kink_the_subdifferential_is_right(
    f: Callable[..., Any], x: Any, right: list[Any], wrong: list[Any]
) -> None:
    for claimed in right:
        report = check_gradient(f, x, claimed)
        assert report.ok, report
    for claimed in wrong:
        assert not check_gradient(f, x, claimed).ok


def test_the_sides_of_a_kink_are_shown() -> None:
    report = check_gradient(autograd.relu, 0.0, 0.7)
    assert report.components[0].sides == (0.0, 1.0)
    assert "relu has no derivative" in report.notes[0]
    assert "0.0 from below and 1.0 from above" in report.notes[0]
    assert "0 to 1" in str(report)


def test_our_conventions_are_right_wherever_there_is_a_subdifferential() -> None:
    for f in (abs, autograd.relu, autograd.selu, lambda x: autograd.leaky_relu(x, 0.1),
              lambda x: autograd.elu(x, 1.0), lambda x: autograd.maximum(x, 0.0),
              lambda x: autograd.minimum(x, 0.0), lambda x: autograd.hardtanh(x + 1),
              lambda x: autograd.norm([x, 0.0]), lambda x: autograd.max([x, 0.0, 0.0])):  # fmt: skip
        assert check_gradient(f, 0.0).ok


@pytest.mark.parametrize("f", [autograd.sqrt, autograd.cbrt, autograd.asin])
def test_an_infinite_derivative_is_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(Kink, match=r"infinite|without bound"):
        check_gradient(f, 1.0 if f is autograd.asin else 0.0)


# Bad input


@pytest.mark.parametrize(
    ("f", "x", "error", "words"),
    [
        (lambda x: [x, x], 1.0, TypeError, "returned a list, not one number: sum it up"),
        (lambda x: None, 1.0, TypeError, "None: does it lack a return"),
        (lambda x: x.data**2, 3.0, ValueError, "changes with x in a way that was not recorded"),
        (lambda x: x[0].data * x[1], [3.0, 2.0], ValueError, "detached number"),
        (lambda x: x * random.random(), 1.0, ValueError, "not deterministic: it returned"),
        (lambda x: autograd.log(x), -1.0, ValueError, r"\(x\) is nan.*log"),
        (lambda x: 1 / x, 0.0, ValueError, r"\(x\) is inf"),
        (lambda x: x, "1.0", TypeError, "is text: write"),
        (lambda x: x, [1.0, None], TypeError, r"x\[1\]: None"),
        (5.0, 1.0, TypeError, "f is 5.0; it must be a function"),
        (lambda x: math.sin(x), 1.0, TypeError, "silently lose its derivative"),
    ],
)  # fmt: skip
def test_bad_functions(f: Any, x: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"(?s){words}"):
        check_gradient(f, x)


@pytest.mark.parametrize(
    ("claimed", "error", "words"),
    [
        ("steep", TypeError, "the claimed gradient: 'steep' is text"),
        (None, TypeError, "nothing"),
        ([1.0, 2.0, 3.0], ValueError, r"the shape \(3,\), it should have the shape \(2,\)"),
        ({"w": 1.0}, ValueError, "the form {'w': number}, it should have the shape"),
    ],
)
def test_bad_claims(claimed: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        check_gradient(rosenbrock, [1.0, 2.0], lambda x: claimed)


def test_a_transposed_shape_is_seen() -> None:
    def f(w: Any) -> Any:
        return (w * np.arange(6).reshape(2, 3)).sum()

    with pytest.raises(ValueError, match="the shape of the transposed"):
        check_gradient(f, np.ones((2, 3)), np.ones((3, 2)))


def test_a_claim_that_changes() -> None:
    with pytest.raises(ValueError, match="the claimed gradient is not deterministic"):
        check_gradient(rosenbrock, [1.0, 2.0], lambda x: [random.random(), 200.0])


@pytest.mark.parametrize("start", [0.0, 12.0])
def test_a_claim_that_accumulates_does_not_pass(start: float) -> None:
    kept = [start]

    def claimed(x: float) -> float:
        kept[0] += 3 * x**2
        return kept[0]

    report = check_gradient(lambda x: x**3, 2.0, claimed)
    assert not report.ok
    assert "added to what was there" in report.notes[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"oracle": "crystal ball"}, "choose 'auto' or one of replay, fractions"),
        ({"order": 3}, "order=3: choose 1"),
        ({"precision": "single"}, "precision='single': choose one of float64, float32"),
        ({"oracle": "complex step", "order": 2}, "first derivatives only"),
    ],
)
def test_bad_options(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_gradient(rosenbrock, [1.0, 2.0], **options)


@pytest.mark.parametrize(
    ("f", "oracle"),
    [
        (autograd.sin, "fractions"),
        (lambda x: math.sin(x), "replay"),
        (lambda x: math.sin(x), "forward"),
        (lambda x: math.sin(x), "complex step"),
    ],
)
def test_an_oracle_that_does_not_apply(f: Callable[..., Any], oracle: str) -> None:
    with pytest.raises((ValueError, TypeError), match=rf"oracle='{oracle}' does not apply to"):
        check_gradient(f, 0.5, 0.8, oracle=oracle)


def test_a_right_formula_may_cancel_as_far_as_its_own_rounding() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.tanh(x))

    x = np.array([20.0, -10.0, 5.0, 0.5])
    report = check_gradient(f, x, lambda x: 1 - np.tanh(x) ** 2)
    assert report.ok
    assert any("the formula that was claimed is right" in note for note in report.notes)
    assert not check_gradient(f, x, 1 - np.tanh(x) ** 2).ok  # numbers have no formula
    assert not check_gradient(f, x, lambda x: 1 - np.tanh(x) ** 2 * (1 + 1e-12)).ok
    assert not check_gradient(f, x, lambda x: 1 - np.tanh(x * (1 + 1e-10)) ** 2).ok
    assert check_gradient(f, x, lambda x: np.diag(-2 * np.tanh(x) * (1 - np.tanh(x) ** 2)),
                          order=2).ok  # fmt: skip


def test_a_right_formula_may_cancel_to_nothing() -> None:
    def f(x: Any) -> Any:  # the derivative by x[1] is 0
        return x[0] ** 2 + 0 * x[1]

    assert check_gradient(f, [0.1, 0.3], lambda x: [2 * x[0], (x[0] + x[1]) - x[0] - x[1]]).ok


def test_a_right_formula_that_loses_half_of_the_digits_is_not_excused() -> None:
    def differences(x: Any) -> Any:  # exact for a parabola, but for their rounding
        return ((x + 1e-6) ** 2 - (x - 1e-6) ** 2) / 2e-6

    report = check_gradient(lambda x: np.sum(x**2), np.array([3.0, 1.0]), differences)
    assert not report.ok
    assert "in float64 it cancels" in str(report.causes[0])


def test_directions_take_a_claiming_function() -> None:
    x = [0.01 * k for k in range(100)]
    wrong = [math.cos(z) * (1 + 1e-6) for z in x]

    def f(x: Any) -> float:
        return math.fsum(math.sin(z) for z in x)

    assert check_gradient(f, x, np.cos).ok
    assert not check_gradient(f, x, lambda x: wrong).ok


@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (lambda x: x * abs(x), 0.0),
        (lambda x: abs(x) ** 2 + 3 * x, 3.0),
        (lambda x: x**2 if x > 0 else -x, 0.0),
    ],
)
def test_next_to_a_kink_the_gradient_is_taken_in_the_limit(f: Any, gradient: float) -> None:
    assert check_gradient(f, 0.0, gradient).ok
    assert not check_gradient(f, 0.0, gradient + 1e-9).ok


def test_the_rim_of_a_round_subdifferential_is_right() -> None:
    def norm(x: Any) -> Any:
        return np.sqrt(np.sum(x**2))

    assert check_gradient(norm, np.zeros(2), [0.6, 0.8]).ok
    assert not check_gradient(norm, np.zeros(2), [0.61, 0.81]).ok


def test_a_jump_has_no_right_gradient() -> None:
    with pytest.raises(ValueError, match="jumps at this very point"):
        check_gradient(lambda x: x + 1 if x > 0 else 2 * x, 0.0, 1.5)
    with pytest.raises(ValueError, match="jumps at this very point"):
        check_gradient(lambda x: autograd.floor(x) * x, 1.0, 0.5)
    with pytest.raises(ValueError, match="do not settle"):
        check_gradient(lambda x: math.floor(x) + math.sin(x), 1.0, math.cos(1.0))
    with pytest.raises(ValueError, match="do not settle"):
        check_gradient(lambda x: math.sqrt(x) ** 3, 0.0, 0.0)


@pytest.mark.parametrize(
    ("f", "x", "d"),
    [
        (math.sin, 1e6, math.cos(1e6)),
        (lambda x: math.sin(1e4 * x), 1.0, 1e4 * math.cos(1e4)),
        (lambda x: math.exp(-((x - 1e4) ** 2)), 1e4 + 0.5, -math.exp(-0.25)),
        (lambda x: math.fabs(x - 1), 1 + 1e-7, 1.0),  # near a kink is not at it
    ],
)
def test_black_boxes_that_change_faster_than_their_input(f: Any, x: float, d: float) -> None:
    assert check_gradient(f, x, d).ok
    assert not check_gradient(f, x, d * (1 + 1e-6)).ok


@pytest.mark.parametrize(
    "options", [{"digits": 5}, {"digits": "a"}, {"tolerance": -1}, {"tolerance": math.nan}]
)
def test_options_that_make_no_sense(options: Any) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(options))}=.*: give a"):
        check_gradient(lambda x: x**2, 1.0, **options)


def test_no_numbers_and_arrays_of_one() -> None:
    with pytest.raises(ValueError, match="there is no number to differentiate by"):
        check_gradient(lambda x: 1.0, [])
    assert check_gradient(lambda x: np.array(x[0] * 2), [2.0]).ok


def test_a_tiny_error_in_an_operation_is_told_with_all_digits() -> None:
    x = np.array([0.0, 1.0, 3.0, 7.0])
    claimed = 2 * (x - x.mean() * (1 + 1e-9)) / x.size

    report = check_gradient(lambda x: np.mean((x - np.mean(x)) ** 2), x, claimed)
    told = re.findall(r"([^\s,]+) was used, (\S+?) is right", " ".join(map(str, report.causes)))
    assert told
    assert all(used != right for used, right in told)


def test_a_claiming_function_may_write_into_its_argument() -> None:
    def claimed(x: Any) -> Any:
        x *= 2
        return x

    x = np.array([1.0, 2.0])
    assert check_gradient(lambda x: np.sum(x**2), x, claimed).ok
    assert x.tolist() == [1.0, 2.0]


def test_x_may_be_a_value() -> None:
    assert check_gradient(lambda x: x**2, Value(3.0), 6.0).ok
    assert check_gradient(lambda x: x[0] ** 2, [Value(3.0)]).ok


def test_a_function_that_does_not_depend_on_x_is_noted() -> None:
    report = check_gradient(lambda x: 3.0, 1.0)
    assert report.ok
    assert report.notes == ["<lambda> does not depend on x: every derivative is 0"]


def test_beside_a_kink_no_cause_is_invented() -> None:
    assert not check_gradient(abs, 0.0, 1.5).causes


@pytest.mark.parametrize("order", [1, 2])
def test_what_a_mask_hides_behind_minus_infinity_has_no_slope(order: int) -> None:
    def f(x: Any) -> Any:
        weights = autograd.softmax([x[0], x[1] - math.inf, x[2]])
        return weights[0] * autograd.max([x[2], x[1] - math.inf])

    report = check_gradient(f, [0.3, 0.4, 0.5], order=order)
    assert report.ok, report
    assert not check_gradient(f, [0.3, 0.4, 0.5], lambda x: [0.1, 0.2, 0.3]).ok


def test_an_infinite_input_counts_for_nothing_only_where_the_function_has_settled() -> None:
    c = context(50)
    assert difference(c, lambda x: 1 / x, [c.inf], 0) == 0
    assert difference(c, c.exp, [-c.inf], 0) == 0
    for changing in (lambda x: x, lambda x: c.log(c.log(x)), c.sin):
        with pytest.raises(Kink, match="an infinite input at"):
            difference(c, changing, [c.inf], 0)
