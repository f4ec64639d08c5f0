"""errors(y): where the digits of a result are lost, and whose rounding errors it was."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import pytest

import autograd
from autograd import Value
from autograd.check.attribution import errors, flow
from autograd.lines import lines
from autograd.rules import find
from autograd.value import apply, nodes


def fraction(x: Any) -> Fraction:
    """An mpmath number as the fraction that it is."""
    sign, mantissa, exponent, _ = x._mpf_
    return (-1) ** sign * mantissa * Fraction(2) ** exponent


def exactly(y: Value) -> dict[Value, Fraction]:
    """The graph computed anew in fractions."""
    found: dict[Value, Fraction] = {}
    for v in nodes(y):
        if v.rule is None:
            found[v] = Fraction(v.data)
        else:
            own = [found[x] if type(x) is Value else Fraction(x) for x in v.inputs]
            found[v] = v.rule.function(*own)
    return found


def remainder(found: Any) -> Fraction:
    """What the parts leave of the error, relative to it."""
    parts = sum(fraction(r.rounding) * fraction(r.adjoint) for r in found.roundings)
    return abs(parts / fraction(found.error) - 1)


NONE = Fraction(1, 10**60)  # 100 digits, of which quotients of differences of 1e-16 keep more


def random_graph(seed: int, operations: str, length: int) -> Value:
    rng = random.Random(seed)
    values: list[Any] = [Value(rng.uniform(-2, 2)) for _ in range(4)]
    for _ in range(length):
        a, b = rng.sample(values[-6:], 2)
        values.append({"+": a + b, "-": a - b, "*": a * b, "/": a / b}[rng.choice(operations)])
    return sum(values[4:], start=values[3] * 0.1)


@pytest.mark.parametrize("seed", range(5))
def test_of_a_linear_graph_every_part_is_exact(seed: int) -> None:
    rng = random.Random(seed)
    values = [Value(rng.uniform(-1, 1)) for _ in range(3)]
    for _ in range(30):
        a, b = rng.sample(values[-5:], 2)
        values.append(rng.choice([a + b, a - b, a * rng.uniform(-1, 1), a - 0.1]))
    y = values[-1] + values[-2]
    found = errors(y)
    assert fraction(found.exact) == exactly(y)[y]
    assert fraction(found.error) == Fraction(y.data) - exactly(y)[y]
    assert remainder(found) <= NONE
    ours = {r.place.value: r for r in found.roundings}
    for v in nodes(y):
        if v.rule is None:
            continue
        rounding = Fraction(v.data) - v.rule.function(
            *[Fraction(x.data if type(x) is Value else x) for x in v.inputs]
        )
        assert (fraction(ours[v].rounding) if v in ours else 0) == rounding


@pytest.mark.parametrize("seed", range(8))
def test_parts_add_up_to_the_error_also_where_the_graph_is_not_linear(seed: int) -> None:
    y = random_graph(seed, "+-*/", 25)
    found = errors(y)
    true = exactly(y)[y]
    error = Fraction(y.data) - true
    assert abs(fraction(found.exact) - true) <= abs(true) * NONE
    assert abs(fraction(found.error) - error) <= abs(error) * NONE
    assert remainder(found) <= NONE
    assert found.ulps * math.ulp(float(true)) == pytest.approx(float(error), rel=1e-12)
    assert sum(r.contribution for r in found.roundings) == pytest.approx(found.ulps, rel=1e-9)
    assert sum(r.share for r in found.roundings) == pytest.approx(1)


def test_there_is_no_second_order_remainder_however_large_the_errors_are() -> None:
    x = Value(1e-9)
    y = ((1 + x) - 1).log()  # an error of 8e-8, whose square is lost in first order
    assert remainder(errors(y)) <= NONE
    y = 1 / (((1 + x) - 1) - x * 1.00000001)  # the denominator is nothing but rounding error
    found = errors(y)
    assert abs(found.error / found.exact) > 0.5
    assert remainder(found) <= NONE


@pytest.mark.parametrize("seed", range(5))
def test_basic_operations_round_by_half_an_ulp_at_most(seed: int) -> None:
    y = (random_graph(seed, "+-*/", 40) ** 2 + 1).sqrt()
    found = errors(y)
    basic = {"+", "-", "*", "/", "sqrt"}
    rows = [r for r in found.roundings if r.place.value.rule.symbol in basic]
    assert len(rows) > 10
    assert all(abs(r.ulps) <= 0.5 for r in rows)
    assert max(abs(r.ulps) for r in rows) > 0.25  # but they do round


def smaller_root(a: Any, b: Any, c: Any) -> Any:
    discriminant = b * b - 4 * a * c
    root = autograd.sqrt(discriminant)
    return (root - b) / (2 * a)


def test_quadratic_formula_with_a_large_b() -> None:
    with lines():
        a, b, c = Value(1.0, "a"), Value(1e8 + 0.1, "b"), Value(1.1, "c")
        y = smaller_root(a, b, c)
    found = errors(y)
    first = smaller_root.__code__.co_firstlineno
    [loss] = found.losses
    assert (loss.place.operation, loss.kind) == ("v5 - b", "cancels")
    assert (loss.place.line.number, loss.count) == (first + 3, 1)
    # (|sqrt| + |b|) / 2.2e-8, of which only the root has an error
    assert loss.factor == pytest.approx(1e8 / 2.2e-8, rel=0.01)
    assert loss.digits == pytest.approx(math.log10(1e8 / 2.2e-8), rel=0.01)
    assert "v5 = sqrt(v4)" in loss.sources[0][0]
    assert sum(share for _, share in loss.sources) == pytest.approx(1)
    born = {r.place.operation: r for r in found.roundings}
    assert "v5 - b" not in born  # where digits are lost nothing is rounded: Sterbenz' lemma
    assert born["sqrt(v4)"].amplification == pytest.approx(1e8 / 2.2e-8, rel=0.01)
    assert found.digits_lost > 14
    assert "formula is to blame" in found.verdict
    assert f"v6 = v5 - b at test_attribution.py:{first + 3}, which cancels 15.7" in str(found)


def stable_root(a: Any, b: Any, c: Any) -> Any:
    return -2 * c / (b + autograd.sqrt(b * b - 4 * a * c))


@pytest.mark.parametrize(
    ("bad", "good", "operation", "x"),
    [
        (lambda x: x.exp() - 1, lambda x: x.expm1(), "v1 - 1", 1e-11),
        (lambda x: (1 + x).log(), lambda x: x.log1p(), "log(v1)", 1e-11),
        (lambda x: (x + 1).sqrt() - x.sqrt(), lambda x: 1 / ((x + 1).sqrt() + x.sqrt()),
         "v2 - v3", 1e12),
        (lambda x: 1 - x.cos(), lambda x: 2 * (x / 2).sin() ** 2, "1 - v1", 1e-5),
        (lambda x: smaller_root(1.0, x, 1.1), lambda x: stable_root(1.0, x, 1.1),
         "v3 - x", 1e8 + 0.1),
    ],
)  # fmt: skip
def test_classic_losses_and_their_cures(
    bad: Callable[[Value], Value], good: Callable[[Value], Value], operation: str, x: float
) -> None:
    lossy, fine = errors(bad(Value(x, "x"))), errors(good(Value(x, "x")))
    assert lossy.losses[0].place.operation == operation
    assert lossy.digits_lost > 5
    assert "formula is to blame" in lossy.verdict
    assert (fine.losses, fine.digits_lost < 1) == ([], True)


def test_textbook_variance_loses_them_in_one_subtraction() -> None:
    with lines():
        xs = [Value(1e8 + i / 7) for i in range(5)]
        y = sum(x * x for x in xs) / 5 - (sum(xs) / 5) ** 2
    found = errors(y)
    [loss] = found.losses
    assert loss.place.value is y
    assert any(" of + at test_attribution.py:" in text for text, _ in loss.sources)
    mean = sum(xs) / 5
    assert errors(sum((x - mean) ** 2 for x in xs) / 5).digits_lost < 9  # the rest is the mean's


def test_a_long_sum_loses_digits_nowhere_in_particular() -> None:
    with lines():
        t = Value(0.1, "t")
        y = sum([t] * 1000)
    found = errors(y)
    assert found.losses == []
    assert found.digits_lost > 1
    [(text, share)] = found.sources
    assert text.endswith(f" of + at test_attribution.py:{y.number.line.number}")
    assert share == pytest.approx(1)
    assert "many roundings add up: 99" in str(found)
    assert errors(autograd.sum([t] * 100)).roundings[0].ulps <= 0.5  # rounded once


def test_an_ill_conditioned_problem_is_told_from_a_bad_formula() -> None:
    x = Value(1e10, "x")
    found = errors((x * 1.1).sin())
    assert "problem is ill-conditioned" in found.verdict
    [condition] = found.inputs
    true = abs(1e10 * 1.1 / math.tan(1e10 * 1.1))
    assert condition.condition == pytest.approx(true, rel=1e-4)  # tan moves with 1.1's own error
    [loss] = found.losses
    assert (loss.kind, loss.place.operation) == ("magnifies", "sin(v1)")


def test_condition_numbers_and_ulps_of_inputs() -> None:
    a, b = Value(3.0, "a"), Value(0.75, "b")
    found = errors(a**2 * b)
    by_name = {x.place.name: x for x in found.inputs}
    # y = 6.75: |a dy/da / y| = 2; ulp(3) = 2**-51, ulp(0.75) = 2**-53, ulp(6.75) = 2**-50
    assert by_name["a"].condition == pytest.approx(2, rel=1e-15)
    assert by_name["a"].ulps == pytest.approx(4.5 * 2**-51 / 2**-50, rel=1e-15)
    assert by_name["b"].ulps == pytest.approx(9 * 2**-53 / 2**-50, rel=1e-15)


def test_an_operation_that_is_itself_inaccurate_is_named() -> None:
    a, b = Value(1e8 + 1), Value(1e8 - 1)
    found = errors(autograd.dot([a, Value(1.0)], [b, Value(-1e16 + 2)]))
    [loss] = found.losses
    assert loss.kind == "rounds"
    assert "whose own rounding loses" in str(loss)
    rough = replace(
        find("exp"), function=lambda x: autograd.exp(x) * (1 + 1e-9 * isinstance(x, float))
    )
    found = errors(apply(rough, Value(1.0)) * 2)
    assert found.losses[0].kind == "rounds"
    assert found.losses[0].digits == pytest.approx(math.log10(1e-9 / 2**-53), abs=0.4)


def test_partials_have_no_part_in_it() -> None:
    wrong = replace(find("exp"), partials=(lambda y, x: 7,))
    x = Value(1e-9)
    assert errors(apply(wrong, x) - 1).ulps == errors(x.exp() - 1).ulps


def test_what_is_exact_has_no_rounding() -> None:
    x = Value(3.0)
    found = errors((x * 2 + 1) / 4 - x)
    assert (found.roundings, found.ulps, found.digits_lost) == ([], 0, 0)
    assert "no operation rounded anything" in str(found)
    assert errors(x).exact == 3
    assert errors(Value(3) * 5).exact == 15


def test_a_result_that_should_be_0() -> None:
    found = errors(Value(2.0).sqrt() ** 2 - 2)
    assert found.exact == 0
    assert found.error == mpmath.mpf(2) ** -51
    assert found.ulps == 2.0**-51 / math.ulp(2.0**-51)
    assert found.digits_lost == pytest.approx(15.95, abs=0.01)
    zero = errors(Value(3.0).sin() * 0)
    assert (zero.exact, zero.ulps, zero.losses) == (0, 0, [])


def test_errors_that_cancel_are_seen() -> None:
    tried = 0
    for n in range(1, 50):
        x = Value(float(n))
        t = x.sin() ** 2 + x.cos() ** 2 - 1
        if t.data == 0:  # as it is without rounding: the errors of sin and cos cancel
            tried += 1
            found = errors(t.exp())
            assert (float(found.exact), found.ulps) == (1, 0)
            adjoints = {r.place.operation: float(r.adjoint) for r in found.roundings}
            # e**t has slope 1 there, to the 2**-83 of the step
            assert adjoints["sin(v1)"] == pytest.approx(
                2 * math.sin(x.data), rel=1e-14
            )  # itself rounded
    assert tried > 10


def test_what_is_lost_on_a_side_path_is_not_named() -> None:
    x = Value(1e-9, "x")
    lost = x.exp() - 1
    assert errors(lost + 1e-9).losses[0].place.value is lost
    assert errors(lost + 10).losses == []


def test_a_loss_names_whose_errors_it_magnifies_and_not_its_own() -> None:
    x = Value(1e-9, "x")
    [loss] = errors((1 + x).log()).losses
    assert loss.sources == [("v1 = 1 + x", 1.0)]


def test_at_an_edge_of_the_domain_the_slope_is_that_inside() -> None:
    x = Value(1.0)
    [found] = errors(x.asin()).inputs
    assert found.condition > 1e6  # it is infinite, and as large as the step allows


def test_digits_are_raised_until_the_result_is_known() -> None:
    p, q = Value(1e300), Value(1e-300)
    found = errors(((p + q) - p) * 3)
    assert fraction(found.exact) == pytest.approx(3 * Fraction(1e-300), rel=1e-20)
    assert found.digits_lost == pytest.approx(15.95, abs=0.01)
    assert found.losses[0].place.operation == "v3 - v1"


def test_kinks_steps_and_edges_of_domains_need_no_derivative() -> None:
    x = Value(0.0, "x")
    assert errors(x.relu() + abs(x) + x.sqrt() + 0.1).ulps == 0
    t = Value(0.1)
    found = errors((t * 3 - 0.3).relu() * 7)  # floats: 5.6e-17 above; exactly: 2.8e-17 above
    assert remainder(found) <= NONE
    found = errors((t + t + t) * 10 // 1)  # a step between 3.0000000000000004 and 3.00...2
    assert found.ulps == 0
    assert errors((1 - Value(1.0).acos()).acos()).exact == 0


def test_underflow_is_an_error_like_others() -> None:
    found = errors((Value(-400.0) * 2).exp())
    assert found.place.value.data == 0
    assert 0 < found.exact < mpmath.mpf("1e-347")
    assert found.digits_lost == pytest.approx(15.95, abs=0.01)


def test_integers_fractions_and_parameters_take_part() -> None:
    n, third = Value(7), Value(Fraction(1, 3))
    y = (
        autograd.softmax([0.5 + n * third, n * 0.1])[0]
        + autograd.polygamma(1, n * 0.3)
        + round(n / 3, 2)
    )
    found = errors(y)
    assert remainder(found) <= NONE


def test_precision_and_graph_are_left_alone() -> None:
    x = Value(0.3)
    y = x.exp() * x
    digits = mpmath.mp.dps
    errors(y)
    assert (mpmath.mp.dps, x.grad, y.grad, x.data) == (digits, None, None, 0.3)


def test_ten_thousand_operations() -> None:
    x = Value(0.3, "x")
    y = x
    for _ in range(3400):
        y = autograd.sin(y) * 1.2 + 0.1
    found = errors(y)
    assert found.sources[0][0].startswith("3,4")
    assert "... and 10," in str(found)


@pytest.mark.parametrize(
    ("y", "error", "words"),
    [
        (lambda: 2.0, TypeError, "only a Value remembers"),
        (lambda: Value(Fraction(1, 3)) * 2, TypeError, "of type Fraction; errors are those of floats"),
        (lambda: Value(mpmath.mpf(2)) * 2, TypeError, "of type mpf"),
        (lambda: (Value(1000.0, "x").exp() * 0 + 1), ValueError, r"v1 = exp\(x\) is inf"),
        (lambda: Value(float("nan"), "x") + 1, ValueError, "x is nan: rounding errors are those of"),
        (lambda: Value(0.0).log(), ValueError, "is -inf"),
        (lambda: (Value(0.1) * 3 - 0.30000000000000004).sqrt(), ValueError,
         r"without rounding, sqrt has no finite value at \(-"),
    ],
)  # fmt: skip
def test_what_has_no_errors_to_speak_of_is_refused(
    y: Callable[[], Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        errors(y())


def test_an_operation_of_floats_only_is_refused() -> None:
    rough = replace(find("sin"), function=lambda x: math.sin(float(x)))
    with pytest.raises(TypeError, match="cannot take mpmath numbers"):
        errors(apply(rough, Value(1.0)) + 1)


def test_a_slope_at_a_tiny_number_is_seen() -> None:
    x = Value(1e-200)
    y = x.exp() * x
    [found] = errors(y).inputs
    assert found.condition == pytest.approx(1, rel=1e-15)
    [found] = errors(x.exp().log1p()).inputs  # x / (2 ln 2)
    assert found.condition == pytest.approx(1e-200 / 2 / math.log(2), rel=1e-14, abs=0)


def test_a_slope_at_a_huge_number_is_seen() -> None:
    x = Value(1e60)
    [found] = errors(x.sin()).inputs
    with mpmath.workdps(120):
        true = abs(mpmath.mpf(1e60) / mpmath.tan(mpmath.mpf(1e60)))
    assert found.condition == pytest.approx(float(true), rel=1e-9)
    assert flow.DIGITS == 100  # with which 1e60 + 2**-83 would not do
