"""The settled semantics of Value: each test names one."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import autograd
from autograd import Value, gradients, no_grad, nodes


def test_data_keeps_its_kind() -> None:
    for data in (2, 2.0, Fraction(1, 3), mpmath.mpf(2)):
        assert type(Value(data).data) is type(data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(np.float64(2), float), (np.float32(2), float), (np.int64(2), int), (np.uint8(2), int)],
)
def test_numpy_scalars_become_float_or_int(data: object, kind: type) -> None:
    assert type(Value(data).data) is kind
    assert type((Value(1.0) * data).inputs[1]) is kind


def test_operators_in_both_orders_with_plain_numbers() -> None:
    v = Value(3.0)
    results = {
        "v + 2": (v + 2, 5.0), "2 + v": (2 + v, 5.0), "v - 2": (v - 2, 1.0), "2 - v": (2 - v, -1.0),
        "v * 2": (v * 2, 6.0), "2 * v": (2 * v, 6.0), "v / 2": (v / 2, 1.5), "2 / v": (2 / v, 2 / 3),
        "v**2": (v**2, 9.0), "2**v": (2**v, 8.0), "v**v": (v**v, 27.0), "-v": (-v, -3.0),
        "v // 2": (v // 2, 1.0), "7 // v": (7 // v, 2.0), "v % 2": (v % 2, 1.0), "7 % v": (7 % v, 1.0),
        "abs": (abs(-v), 3.0), "round": (round(v * 0.9), 3.0), "round 1": (round(v * 0.77, 1), 2.3),
        "floor": (math.floor(v * 0.9), 2.0), "ceil": (math.ceil(v * 0.9), 3.0),
    }  # fmt: skip
    for text, (value, expected) in results.items():
        assert type(value) is Value, text
        assert value.data == expected, text


def test_operands_keep_their_order() -> None:
    a, b = Value(2.0), Value(3.0)
    assert (a - b).inputs == (a, b)
    assert (1 - a).inputs[0] == 1
    assert (2 - a).inputs[1] is a


def test_augmented_assignment_rebinds_and_does_not_mutate() -> None:
    a = Value(2.0)
    before = a
    a += 1
    assert (before.data, a.data) == (2.0, 3.0)
    assert before.rule is None


def test_floats_follow_ieee_754() -> None:
    """Never an exception, never complex; `autograd.log(0)` is what C's log(0.0) is."""
    zero, inf = Value(0.0), math.inf
    assert autograd.log(zero).data == -inf
    assert autograd.log(Value(0)).data == -inf
    assert autograd.exp(Value(1000.0)).data == inf
    assert (1 / zero).data == inf
    assert (-1 / zero).data == -inf
    assert (Value(1e200) ** 2).data == inf
    assert (zero**-1).data == inf
    assert (Value(1.0) // zero).data == inf
    for nan in (zero / zero, Value(-8.0) ** (1 / 3), Value(-1.0).sqrt(), Value(-1.0).log(),
                Value(1.0) % zero, Value(inf).sin(), Value(2.0).asin()):  # fmt: skip
        assert math.isnan(nan.data), nan


def test_infinite_derivatives_of_floats_do_not_raise() -> None:
    for f, expected in (
        (autograd.sqrt, math.inf),
        (autograd.log, math.inf),
        (autograd.cbrt, math.inf),
    ):
        x = Value(0.0)
        f(x).backward()
        assert x.grad == expected
        assert gradients(f(x), [x]) == [expected]


def test_exact_types_raise() -> None:
    with pytest.raises(ZeroDivisionError):
        1 / Value(Fraction(0))
    with pytest.raises(ZeroDivisionError):
        1 / Value(0)
    with pytest.raises(TypeError, match="is not a fraction"):
        Value(Fraction(1, 2)).exp()
    with pytest.raises(TypeError, match="is not a fraction"):
        Value(Fraction(-8)) ** Fraction(1, 3)


def test_grad_is_none_until_backward_has_reached_the_value() -> None:
    a, b = Value(2.0), Value(3.0)
    y = a * 2
    assert a.grad is None
    y.backward()
    assert a.grad == 2.0
    assert b.grad is None  # no path
    z = b * 0
    z.backward()
    assert b.grad == 0.0  # a path, along which nothing comes


def test_zero_grad_sets_zeros_on_the_whole_graph() -> None:
    a = Value(2.0)
    y = a * a
    y.zero_grad()
    assert (a.grad, y.grad) == (0.0, 0.0)


def test_backward_assigns_interior_gradients_and_accumulates_into_leaves() -> None:
    a = Value(3.0)
    b = a * a
    y = b * b
    y.backward()
    once = a.grad
    y.backward()
    assert b.grad == 18.0  # not 36: a stale interior gradient would spoil the next pass
    assert a.grad == 2 * once
    y.zero_grad()
    y.backward()
    assert a.grad == once


def test_backward_from_two_outputs_that_share_a_subgraph() -> None:
    a = Value(3.0)
    b = a * a
    (b * 2).backward()
    (b * 5).backward()
    assert b.grad == 5.0
    assert a.grad == 6.0 * 2 + 6.0 * 5


def test_backward_of_a_leaf() -> None:
    a = Value(3.0)
    a.backward()
    assert a.grad == 1.0


def test_a_value_used_twice_collects_both_paths() -> None:
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0
    a.zero_grad()
    (a * a).backward()
    assert a.grad == 6.0
    a.zero_grad()
    (a**a).backward()
    assert a.grad == 27.0 + 27.0 * math.log(3.0)


def test_gradients_changes_nothing() -> None:
    a = Value(3.0)
    b = a * a
    y = b + a
    assert gradients(y, [a, b]) == [7.0, 1.0]
    assert [v.grad for v in (a, b, y)] == [None, None, None]


def test_gradients_without_a_path_are_zero() -> None:
    a, b = Value(3.0), Value(4.0)
    assert gradients(a * 2, [b]) == [0.0]
    assert gradients(a, [a]) == [1.0]


def test_create_graph_gives_values_that_can_be_differentiated_again() -> None:
    x = Value(2.0)
    [d1] = gradients(x**4, [x], create_graph=True)
    [d2] = gradients(d1, [x], create_graph=True)
    [d3] = gradients(d2, [x])
    assert (d1.data, d2.data, d3) == (32.0, 48.0, 48.0)


def test_comparisons_compare_data_and_hash_is_identity() -> None:
    a, b = Value(2.0), Value(2.0)
    assert a == b
    assert a == 2.0
    assert a <= b
    assert a < 3
    assert a != 3
    assert 3 > a
    assert hash(a) != hash(b)
    assert len({a: 1, b: 2}) == 2


def test_no_grad_records_nothing_in_this_thread_and_nests() -> None:
    x = Value(2.0)
    with no_grad():
        with no_grad():
            assert (x * 2).inputs == ()
        assert (x * 2).rule is None
    assert (x * 2).inputs == (x, 2)


def test_detach_stops_the_gradient() -> None:
    x = Value(2.0, "x")
    (x.detach() * x).backward()
    assert x.grad == 2.0
    assert x.detach().label == "x"


def test_where_gives_no_path_to_the_branch_not_taken() -> None:
    x = Value(0.0)
    y = autograd.where(x > 0, autograd.sqrt(x), 0) + x
    y.backward()
    assert (y.data, x.grad) == (0.0, 1.0)  # not nan = 0 * inf


def test_norm_at_zero_has_gradient_zero() -> None:
    xs = [Value(0.0), Value(0.0)]
    assert gradients(autograd.norm(xs), xs) == [0.0, 0.0]


def test_constants_stay_plain_numbers_in_inputs() -> None:
    assert (Value(2.0) * 3).inputs[1] == 3
    assert type((Value(2.0) * 3).inputs[1]) is int


def test_recompute_after_a_leaf_changed() -> None:
    a, b = Value(2.0), Value(3.0)
    y = autograd.tanh(a * b) + a
    a.data = 0.5
    assert y.recompute().data == math.tanh(1.5) + 0.5
    y.backward()
    assert a.grad == 1.0 + 3.0 * (1 / math.cosh(1.5)) ** 2


def test_backward_reads_the_data_it_finds() -> None:
    """The documented answer to a leaf changed between forward and backward."""
    a, b = Value(2.0), Value(3.0)
    y = a * b
    b.data = 10.0
    y.backward()
    assert a.grad == 10.0


def test_formatting_and_repr() -> None:
    a = Value(2.0, label="a")
    a.grad = 6.0
    assert repr(a) == "Value(2.0, grad=6.0, label='a')"
    assert repr(Value(3)) == "Value(3)"
    assert f"{a:.3f}" == "2.000"
    assert f"{a}" == repr(a)
    assert f"{Value(Fraction(1, 3)):.3f}" == "0.333"


def test_nodes_are_in_topological_order_with_every_value_once() -> None:
    a, b = Value(2.0), Value(3.0)
    c = a * b
    y = c + a
    assert [id(v) for v in nodes(y)] == [id(v) for v in (a, b, c, y)]


def test_fractions_give_exact_gradients() -> None:
    x = Value(Fraction(1, 3))
    y = x**3 / 7 - 2 / x + x * x
    y.backward()
    assert x.grad == 3 * Fraction(1, 9) / 7 + 2 * 9 + Fraction(2, 3)
    assert type(x.grad) is Fraction


def test_an_exact_number_that_raises_in_backward_leaves_no_marks() -> None:
    x = Value(Fraction(0))
    y = abs(x) * 2
    z = y ** Value(Fraction(0))  # d/d(exponent) needs log of a fraction
    with pytest.raises(TypeError):
        z.backward()
    assert y.grad is None or isinstance(y.grad, (int, Fraction))


def test_a_value_is_final() -> None:
    with pytest.raises(TypeError, match="primitive"):
        type("Mine", (Value,), {})


def test_recompute_keeps_the_choice_of_where_and_decides_relu_anew() -> None:
    x = Value(1.0)
    kept, anew = autograd.where(x > 0, x * 2, -3.0), autograd.relu(x)
    x.data = -1.0
    assert (kept.recompute().data, anew.recompute().data) == (-2.0, 0.0)


def test_parameters_may_be_given_by_name() -> None:
    assert autograd.leaky_relu(-1.0, slope=0.5) == -0.5
    assert Value(-1.0).leaky_relu(slope=0.5).data == -0.5
    assert autograd.clip(Value(5.0), low=0, high=1).data == 1
    assert autograd.elu(Value(5.0), alpha=2.0).inputs[1] == 2.0


def test_gradients_takes_any_iterable() -> None:
    x = Value(3.0)
    assert gradients(x * x, (v for v in [x])) == [6.0]


def test_abs_serves_every_kind_of_number() -> None:
    assert math.copysign(1, autograd.abs(-0.0)) == math.copysign(1, autograd.abs(Value(-0.0)).data)
    assert autograd.abs(np.array([1.0, -2.0])).tolist() == [1.0, 2.0]
