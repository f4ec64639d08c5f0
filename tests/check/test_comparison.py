"""compare(f, g, x): whether two implementations are the same, and where they first are not."""

import itertools
import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

import autograd
from autograd import (
    Value,
    abs,
    cos,
    cosh,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    logsumexp,
    maximum,
    primitive,
    sigmoid,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
)  # fmt: skip
from autograd.check.comparison import alignment, compare
from autograd.lines import line_of

Function = Callable[[Any], Any]


def line(f: Any, offset: int) -> int:
    """The number of a line of f, counted from its def."""
    return int(f.__code__.co_firstlineno) + offset


SAME: list[tuple[Function, Function, Any]] = [
    (lambda x: x, lambda x: x * 1, 3.0),
    (tanh, lambda x: (exp(2 * x) - 1) / (exp(2 * x) + 1), 0.3),
    (sigmoid, lambda x: 1 / (1 + exp(-x)), -0.7),
    (softplus, lambda x: maximum(x, 0) + log1p(exp(-abs(x))), 2.5),
    (lambda x: sin(x) / cos(x), tan, 0.4),
    (lambda x: cosh(x) ** 2 - sinh(x) ** 2, lambda x: 1 + 0 * x, 0.8),
    (lambda x: (x + 1) ** 3, lambda x: x**3 + 3 * x * x + 3 * x + 1, 0.1),
    (exp2, lambda x: exp(0.6931471805599453 * x), 10.3),
    (lambda x: sin(x), lambda x: cos(x - math.pi / 2), 0.3),
    (lambda x: x / 10, lambda x: x * 0.1, 0.7),
    (lambda x: (x * 0.1) / 0.3, lambda x: x / 3, 0.7),
    (lambda x: x[0] ** 2 - x[1] ** 2, lambda x: (x[0] - x[1]) * (x[0] + x[1]), [0.3, 0.7]),
    (logsumexp, lambda x: log(sum(map(exp, x))), [0.1, 0.2, 0.3]),
    (lambda x: abs(x), lambda x: x if x > 0 else -x, -2.0),
    (lambda x: x["a"] * x["b"][1], lambda x: x["b"][1] / (1 / x["a"]),
     {"a": 2.0, "b": np.array([1.0, 5.0])}),
    (lambda x: np.exp(x).sum(), lambda x: autograd.sum([exp(v) for v in x]), np.array([0.1, 0.2])),
    (lambda x: sqrt(x), lambda x: x**0.5, 1e-8),
    (lambda x: autograd.asin(x), lambda x: autograd.atan2(x, sqrt(1 - x * x)), 1.0),  # an edge
    (lambda x: autograd.acosh(x), lambda x: log(x + sqrt(x * x - 1)), 1.0),
]  # fmt: skip


@pytest.mark.parametrize(("f", "g", "x"), SAME)
def test_the_same_function_by_other_operations(f: Function, g: Function, x: Any) -> None:
    found = compare(f, g, x)
    assert found.same_function
    assert (found.agreed, found.f_next, found.g_next) == (None, [], [])
    assert "the same function near x" in str(found)


DIFFERENT: list[tuple[Function, Function, Any]] = [
    (lambda x: x, lambda x: x + 1e-13, 1.0),
    (lambda x: x, lambda x: x * 1.00000001, 1.0),
    (sin, lambda x: x - x**3 / 6 + x**5 / 120, 1e-3),  # within an ulp there
    (exp2, lambda x: exp(0.69314718 * x), 1.0),
    (lambda x: autograd.gelu(x),
     lambda x: x / 2 * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), 0.1),
    (lambda x: abs(x), lambda x: sqrt(x * x + 1e-12), 1.0),
    (lambda x: x[0] - x[1], lambda x: x[1] - x[0], [1.0, 1.0]),  # equal at x, not near it
    (lambda x: x * x, lambda x: 2 * x, 2.0),
    (lambda x: x[0] * x[1], lambda x: x[0] ** 2, [0.7, 0.7]),
    (lambda x: x / 10, lambda x: x * 0.1000000000000002, 0.7),
    (lambda x: x.relu(), lambda x: x, 0.0),  # on one side of x
    (lambda x: x * 0.5, lambda x: x * 0.5 - 3e-16 * x * x, 1.0),  # 0.5 is not rounded
    (lambda x: x.detach() * x, lambda x: x * x, 0.7),
]  # fmt: skip


@pytest.mark.parametrize(("f", "g", "x"), DIFFERENT)
def test_another_function_however_near(f: Function, g: Function, x: Any) -> None:
    found = compare(f, g, x)
    assert found.same_function is False
    assert not found.ok
    assert found.f_next or found.g_next
    assert "NOT the same function" in str(found)


def one_neuron(p: Any) -> Any:
    total = p["b"]
    for w, x in zip(p["w"], p["x"], strict=True):
        total = total + w * x
    y = tanh(total)
    return (y - 1) ** 2


def other_neuron(p: Any, bug: str = "") -> Any:
    products = [w * x for w, x in zip(p["w"], p["x"], strict=True)]
    if bug == "term":
        products[1] = p["w"][1] * p["x"][2]
    total = autograd.sum(products) + p["b"] * (0.5 if bug == "bias" else 1)
    e = exp(2 * total)
    y = (e + 1) / (e - 1) if bug == "tanh" else (e - 1) / (e + 1)
    error = y - 1
    return 2 * error if bug == "square" else error * error


POINT = {"w": [0.5, -1.25, 2.0], "x": [0.1, 0.2, 0.3], "b": 0.25}


def test_a_difference_of_rounding_is_found_where_it_starts() -> None:
    found = compare(one_neuron, other_neuron, POINT)
    assert (found.same_function, found.ok) == (True, True)
    assert found.first is not None
    both = found.first
    # tanh against a quotient, at the latest
    assert both.f.line.number in (line(one_neuron, 3), line(one_neuron, 4))
    assert both.ulps > 0
    assert both.numbers.f != both.numbers.g
    assert found.matched >= 7


@pytest.mark.parametrize(
    ("bug", "agreed", "f_next", "g_next"),
    [
        # the last value that both have, and what each does next, with lines counted from the def
        ("term", ("x['w'][0] * x['x'][0]", 3), ("x['w'][1] * x['x'][1]", 3),
         ("x['w'][1] * x['x'][2]", 3)),
        ("bias", ("x['w'][0] * x['x'][0]", 3), ("x['b'] + v1", 3), ("x['b'] * 0.5", 4)),
        ("tanh", ("v4 + v5", 3), ("tanh(v6)", 4), ("2 * v6", 5)),
        ("square", ("v7 - 1", 5), ("v8 ** 2", 5), ("2 * v12", 8)),
    ],
)  # fmt: skip
def test_a_planted_bug_is_found_where_it_is(
    bug: str, agreed: tuple[str, int], f_next: tuple[str, int], g_next: tuple[str, int]
) -> None:
    found = compare(one_neuron, lambda p: other_neuron(p, bug), POINT)
    assert found.same_function is False
    last = found.agreed.f
    assert (last.operation, last.line.number) == (agreed[0], line(one_neuron, agreed[1]))
    for f, places, (operation, offset) in (
        (one_neuron, found.f_next, f_next), (other_neuron, found.g_next, g_next),
    ):  # fmt: skip
        assert (operation, line(f, offset)) in [
            (each.operation, each.line.number) for each in places
        ]
        assert f"{operation} = " in str(found)
        assert f"  at test_comparison.py:{line(f, offset)}" in str(found)


def test_of_many_steps_the_first_wrong_one_is_named() -> None:
    def f(x: Any, wrong: int | None = None) -> Any:
        for i in range(60):
            x = sin(x) + 0.1 * x
            if i == wrong:
                x = x + 1e-9
        return x

    found = compare(f, lambda x: f(x, 37), 0.5)
    assert found.agreed is not None
    assert [each.operation for each in found.f_next] == ["sin(v114)", "0.1 * v114"]
    assert [each.operation for each in found.g_next] == ["v114 + 1e-09"]
    assert found.agreed.f.name == "v114"  # 38 times three operations
    assert found.agreed.f.value.data == found.agreed.g.value.data


def test_who_is_nearer_to_the_truth_is_said() -> None:
    found = compare(lambda x: exp(x) - 1, expm1, 1e-9)
    [y] = found.values
    [dy] = found.gradients
    with mpmath.workdps(50):
        assert abs(y.exact - mpmath.expm1(mpmath.mpf(1e-9))) < 1e-45
    assert (y.f_off > 1e6, y.g_off <= 1) == (True, True)
    assert y.ulps == pytest.approx(y.f_off, abs=2)
    assert (dy.ulps, found.ok) == (0, False)
    assert compare(lambda x: exp(x) - 1, expm1, 1e-9, ulps=1e9).ok
    assert "first difference: 3.98e+08 ulp" in str(found)


def test_a_better_constant_judges_a_worse_one() -> None:
    found = compare(exp2, lambda x: exp(0.6931471805599453 * x), 100.3)
    [y] = found.values
    with mpmath.workdps(50):
        assert y.exact == pytest.approx(mpmath.mpf(2) ** mpmath.mpf(100.3), rel=1e-40)
    reverse = compare(lambda x: exp(0.6931471805599453 * x), exp2, 100.3)
    assert reverse.values[0].exact == y.exact


def test_gradients_are_compared_where_values_are_equal() -> None:
    wrong = primitive("comparison_cube", lambda x: x * x * x, lambda y, x: 2 * x * x)
    found = compare(lambda x: x[0] ** 3 * x[1], lambda x: wrong(x[0]) * x[1], [2.0, 3.0])
    assert (found.same_function, found.ok) == (True, False)
    first, second = found.gradients
    assert (first.name, first.f, first.g, float(first.exact)) == ("dy/dx[0]", 36.0, 24.0, 36.0)
    assert (first.f_off, second.ulps) == (0, 0)


def test_a_gradient_that_cancels_is_measured_by_its_terms() -> None:
    # 0.3 less three times 0.1, added up in two orders: what is left is all rounding
    found = compare(
        lambda x: 0.3 * x - (x * 0.1) * 3, lambda x: -x * 0.1 - x * 0.1 - x * 0.1 + x * 0.3, 0.7
    )
    [dy] = found.gradients
    assert found.same_function
    assert dy.f != dy.g
    assert 0 < dy.ulps <= 4  # of 0.3, not of the 1e-17 that is left


def test_several_outputs_are_lined_up_one_by_one() -> None:
    def f(x: Any) -> Any:
        return {"p": [x[0] * x[1], x[0] + x[1]], "q": np.array([sin(x[0]), x[1] ** 2])}

    def g(x: Any) -> Any:
        return {"q": np.array([sin(x[0]), x[1] * 2]), "p": [x[1] * x[0], x[1] + x[0]]}

    found = compare(f, g, [0.5, 1.5])
    assert [both.name for both in found.values] == [
        "y['p'][0]",
        "y['p'][1]",
        "y['q'][0]",
        "y['q'][1]",
    ]
    assert [both.equal for both in found.values] == [True, True, True, False]
    assert len(found.gradients) == 8
    assert found.gradients[1].name == "dy['p'][0]/dx[1]"
    assert [both.exact is None for both in found.values] == [False, False, False, True]
    assert [both.exact is None for both in found.gradients] == 6 * [False] + 2 * [True]
    assert (found.f_next[0].operation, found.g_next[0].operation) == ("x[1] ** 2", "x[1] * 2")
    assert found.agreed is None
    assert "they agree on the inputs only" in str(found)


def test_outputs_in_another_order_are_seen() -> None:
    found = compare(lambda x: [x * 2, x + 1], lambda x: [1 + x, x + x], 3.0)
    assert found.notes == ["y[0] of f is y[1] of g", "y[1] of f is y[0] of g"]


def test_an_output_that_goes_on() -> None:
    found = compare(lambda x: sin(x), lambda x: sin(x) * 2, 0.5)
    assert found.agreed.f.operation == "sin(x)"
    assert (found.f_next, found.g_next[0].operation) == ([], "v1 * 2")
    assert "f: ends there" in str(found)


def test_values_that_occur_often_find_partners_of_their_own() -> None:
    def f(x: Any) -> Any:
        return sum([sin(x) for _ in range(5)])

    found = compare(f, lambda x: f(x), 0.5)
    assert found.equal
    assert found.matched == 5 + 5  # 0 + sin(x) and so on
    once = compare(f, lambda x: sum([sin(x)] * 5), 0.5)
    assert once.equal


def test_what_is_computed_in_two_ways_is_compared_way_by_way() -> None:
    def f(x: Any) -> Any:
        return tanh(x) + (exp(2 * x) - 1) / (exp(2 * x) + 1)

    found = compare(f, lambda x: f(x), 1e-3)
    assert found.equal
    assert found.first is None


def test_equal_inputs_are_not_confused() -> None:
    found = compare(lambda x: sin(x[0]) * x[1], lambda x: sin(x[1]) * x[0], [0.5, 0.5])
    assert found.same_function is False
    assert found.values[0].equal
    assert found.f_next[0].operation == "sin(x[0])"


def test_parameters_outside_x_take_part() -> None:
    w = Value(0.3, "w")
    found = compare(lambda x: w * x, lambda x: x * w.data, 2.0)
    assert found.equal
    assert compare(lambda x: w * x, lambda x: Value(0.4) * x, 2.0).g_next[0].operation == "v1 * x"
    assert w.grad is None


def test_fractions_are_compared_exactly() -> None:
    x = [Fraction(1, 3), Fraction(1, 7)]
    found = compare(
        lambda x: (x[0] + x[1]) ** 2, lambda x: x[0] ** 2 + 2 * x[0] * x[1] + x[1] ** 2, x
    )
    assert (found.equal, found.values[0].f) == (True, Fraction(100, 441))
    assert not compare(lambda x: x[0], lambda x: x[0] + Fraction(1, 10**30), x).ok


@pytest.mark.parametrize("seed", range(6))
def test_a_shuffled_and_rewritten_graph_is_the_same(seed: int) -> None:
    def build(x: Any, rewrite: bool) -> Any:
        rng = random.Random(seed)
        values = list(x)
        for _ in range(25):
            a, b = rng.sample(values[-6:], 2)
            kind = rng.choice(["+", "-", "*", "sin", "exp"])
            if kind == "sin":
                values.append(cos(a - math.pi / 2) if rewrite else sin(a))
            elif kind == "exp":
                values.append(1 / exp(a * -0.1) if rewrite else exp(a * 0.1))
            elif kind == "-":
                values.append(-(b - a) if rewrite else a - b)
            else:
                values.append((b + a if rewrite else a + b) if kind == "+" else b * a * 0.3)
        return values[-1] + values[-2]

    x = [0.3, 0.7, -0.4, 0.9, 1.1, -0.2]
    found = compare(lambda x: build(x, False), lambda x: build(x, True), x)
    assert found.same_function
    broken = compare(lambda x: build(x, False), lambda x: build(x, True) + 1e-10 * x[0], x)
    assert broken.same_function is False
    assert broken.g_next[0].operation.startswith("1e-10 * x[0]")


def test_what_takes_no_values_is_compared_by_its_outputs() -> None:
    found = compare(lambda x: sin(x), lambda x: math.sin(float(x)), 0.5)
    assert (found.ok, found.same_function, found.gradients) == (True, None, [])
    assert "g was not recorded (TypeError: float(v)" in found.notes[0]
    found = compare(
        lambda x: np.linalg.norm([math.hypot(*x)]), lambda x: autograd.norm(x), [3.0, 4.0]
    )
    assert found.ok
    assert found.notes[0].startswith("f was not recorded")
    found = compare(math.sin, math.cos, 0.5)
    assert (found.ok, len(found.notes)) == (False, 2)
    assert "the outputs at x are compared" in str(found)


def test_a_detached_result_is_said_to_be() -> None:
    found = compare(lambda x: x * 2, lambda x: x.data * 2, 0.5)
    assert found.ok
    assert "no Value reached its result" in found.notes[0]


class Tensor:
    """Something that NumPy can read and that takes no Values."""

    shape = ()

    def __init__(self, x: float) -> None:
        self.x = float(x)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.x, dtype=dtype)


def test_another_librarys_result_is_read_through_numpy() -> None:
    found = compare(lambda x: x * 2, lambda x: Tensor(x * 2), 0.5)
    assert found.ok
    assert found.values[0].g == 1.0


def test_an_operation_of_floats_only_is_lined_up_too() -> None:
    sine = primitive("comparison_sine", lambda x: math.sin(float(x)), lambda y, x: cos(x))
    found = compare(lambda x: sine(x) * 2 + 1, lambda x: 1 + 2 * sin(x), 0.5)
    assert found.same_function
    assert all(both.exact is None for both in found.gradients)
    assert compare(lambda x: sine(x) * 2, lambda x: sin(x) * 3, 0.5).agreed.f.operation == (
        "comparison_sine(x)"
    )
    assert compare(lambda x: sine(x), lambda x: sin(x) + 1e-9, 0.5).same_function is False


def test_without_a_value_near_x_nothing_is_lined_up() -> None:
    found = compare(lambda x: sqrt(x), lambda x: sqrt(x) * 1, -1.0)
    assert (found.same_function, found.equal) == (None, True)  # nan, both
    assert "has no value near x" in found.notes[0]


def test_the_same_infinity_is_equal() -> None:
    found = compare(lambda x: exp(x), lambda x: exp(x / 2) ** 2, 1000.0)
    assert found.same_function
    assert found.values[0].equal
    assert found.values[0].f == math.inf


def test_at_a_kink_there_are_values_but_no_true_gradient() -> None:
    found = compare(lambda x: abs(x), lambda x: maximum(x, -x), 0.0)
    assert found.same_function
    assert found.gradients[0].exact is None


def test_what_is_random_is_refused() -> None:
    numbers = itertools.count()

    def noisy(x: Any) -> Any:
        return x * next(numbers)

    with pytest.raises(ValueError, match=r"g \(noisy\) is not deterministic.*Seed its random"):
        compare(lambda x: x, noisy, 1.0)
    with pytest.raises(ValueError, match="not deterministic"):
        compare(lambda x: float(x.data) + next(numbers), lambda x: x, 1.0)


def refuse(x: Any) -> Any:
    raise KeyError("something is missing")


@pytest.mark.parametrize(
    ("f", "g", "x", "error", "words"),
    [
        (sin, lambda x: [x, x], 1.0, ValueError, r"f \(sin\) returned number and g .*\[number, number\]"),
        (lambda x: [[x], x], lambda x: [x, [x]], 1.0, ValueError, "in the same form"),
        (lambda x: np.array([x, x]), lambda x: np.array([[x, x]]), 1.0, ValueError, r"array\(2,\)"),
        (lambda x: {"a": x}, lambda x: {"b": x}, 1.0, ValueError, "in the same form"),
        (sin, 3, 1.0, TypeError, "g is 3, not a function"),
        (None, sin, 1.0, TypeError, "f is None, not a function"),
        (sin, lambda x: None, 1.0, TypeError, "returned None: does it lack a return"),
        (sin, lambda x: "text", 1.0, TypeError, "what .* returned"),
        (sin, refuse, 1.0, KeyError, "something is missing"),
        (sin, sin, "1", TypeError, "compare: x"),
        (sum, sum, [], TypeError, "no number in it"),
        (sin, sin, 1 + 2j, TypeError, "complex"),
    ],
)  # fmt: skip
def test_bad_input(f: Any, g: Any, x: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        compare(f, g, x)


def test_lists_and_arrays_are_the_same_form() -> None:
    assert compare(lambda x: [x, 2 * x], lambda x: np.array([x, x + x]), 1.5).ok


def test_precision_lines_and_randomness_are_left_alone() -> None:
    random.seed(7)
    digits, state = mpmath.mp.dps, random.getstate()
    compare(sin, lambda x: cos(x - math.pi / 2), 0.5)
    assert (mpmath.mp.dps, random.getstate()) == (digits, state)
    assert line_of(Value(1.0)) is None
    assert alignment.DIGITS == 100


def test_long_tables_are_cut() -> None:
    found = compare(lambda x: sum(v * v for v in x), lambda x: sum(v**2 for v in x), [0.1] * 40)
    assert "... and 30 nearer ones" in str(found)
