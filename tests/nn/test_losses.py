"""Losses and accuracy: values, gradients, errors."""

from __future__ import annotations

import json
import math
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, gradients, nodes
from autograd.value import detached
from nn import losses
from nn.losses import LOSSES, find_loss


@pytest.mark.parametrize("scale", [1.0, 30.0, 700.0])
def test_cross_entropy_has_the_gradient_softmax_minus_onehot(scale):
    mpmath = pytest.importorskip("mpmath")
    source = random.Random(0)
    bound = 4 + scale  # ulp; e**d of a difference d rounded to half an ulp is off by |d| / 2 ulp
    worst = 0.0
    for _ in range(100):
        numbers = [source.uniform(-scale, scale) for _ in range(5)]
        target = source.randrange(5)
        logits = list(map(Value, numbers))
        loss = nn.cross_entropy(logits, target)
        found = gradients(loss, logits)
        with mpmath.workdps(50 + round(scale)):  # 1 - p must keep its digits
            powers = [mpmath.exp(mpmath.mpf(x)) for x in numbers]
            shares = [p / mpmath.fsum(powers) for p in powers]
            assert abs(loss.data + mpmath.log(shares[target])) <= bound * math.ulp(loss.data)
            for i, (got, p) in enumerate(zip(found, shares, strict=True)):
                expected = p - (i == target)
                # below the normal numbers there are fewer digits to be right in
                error = abs(got - expected) / max(abs(expected) * 2.0**-52, math.ulp(0.0))
                worst = max(worst, float(error))
    assert worst <= bound


@pytest.mark.parametrize("target", [np.int64(2), [0.0, 0.0, 1.0]])
def test_cross_entropy_is_a_log_softmax_and_a_sign(target):
    loss = nn.cross_entropy([Value(1.0), 2.0, 3.0], target)
    assert [v.rule.name for v in nodes(loss) if v.rule] == ["log_softmax", "neg"]


@pytest.mark.parametrize("target", [-1, 3])
def test_cross_entropy_refuses_a_class_that_is_not_there(target):
    with pytest.raises(ValueError, match=f"target={target} is none of the 3 classes, 0 to 2"):
        nn.cross_entropy([1.0, 2.0, 3.0], target)


def test_cross_entropy_wants_the_number_of_the_class():
    with pytest.raises(TypeError, match=r"target='setosa' must be the number of a class"):
        nn.cross_entropy([1.0, 2.0], "setosa")


def test_mean_squared_error_and_its_gradient_are_exact_on_fractions():
    ps = [Value(Fraction(1, 3)), Value(Fraction(5, 7)), Value(Fraction(-2))]
    ts = [Fraction(1), Fraction(1, 2), Fraction(-2)]
    loss = nn.mean_squared_error(ps, ts)
    assert loss.data == sum((p.data - t) ** 2 for p, t in zip(ps, ts, strict=True)) / 3
    assert gradients(loss, ps) == [2 * (p.data - t) / 3 for p, t in zip(ps, ts, strict=True)]


def test_hinge_is_exact_on_fractions_on_both_sides_of_the_margin():
    scores = [Value(Fraction(1, 3)), Value(Fraction(4)), Value(Fraction(1, 2))]
    loss = nn.hinge(scores, [1, 1, -1])
    assert loss.data == (Fraction(2, 3) + 0 + Fraction(3, 2)) / 3
    assert gradients(loss, scores) == [Fraction(-1, 3), 0, Fraction(1, 3)]


def test_hinge_refuses_classes_0_and_1():
    with pytest.raises(ValueError, match="targets are -1 or 1, not 0"):
        nn.hinge([1.0, 2.0], [0, 1])


def test_accuracy_of_values_lists_arrays_and_scores():
    logits = [[Value(1.0), Value(2.0)], np.array([3.0, 0.0]), (0.0, 0.0)]
    assert nn.accuracy(logits, [1, 0, 1]) == 2 / 3
    assert nn.accuracy([Value(0.1), -0.2, 0.3, -0.4], [1, -1, -1, 1]) == 0.5


@pytest.mark.parametrize("measure", [nn.mean_squared_error, nn.hinge, nn.accuracy])
@pytest.mark.parametrize(("outputs", "targets"), [([1.0], [1, 1]), ([], [])])
def test_unequal_or_no_samples(measure, outputs, targets):
    with pytest.raises(ValueError, match=rf"{measure.__name__}: {len(outputs)} outputs and"):
        measure(outputs, targets)


TORCH = json.loads((Path(__file__).parents[1] / "data/torch/losses.json").read_text())


def leaves(numbers):
    return [leaves(x) if isinstance(x, list) else Value(x) for x in numbers]


def flat(tree):
    return [y for x in tree for y in flat(x)] if isinstance(tree, list) else [tree]


def plain(tree):
    return [plain(x) for x in tree] if isinstance(tree, list) else detached(tree)


def agree(found, expected):
    """Say that numbers are equal to 1e-12, of the larger than 1: what issue 4 asks for."""
    assert len(found) == len(expected)
    return all(abs(y - t) <= 1e-12 * max(1, abs(t)) for y, t in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", sorted({case["loss"] for case in TORCH["losses"]}))
def test_values_and_gradients_are_those_of_pytorch(name):
    for case in TORCH["losses"]:
        if case["loss"] != name:
            continue
        outputs = leaves(case["outputs"])
        more = [case["second"]] if "second" in case else []
        loss = getattr(losses, name)(
            outputs, *more, case["targets"], reduction=case["reduction"], **case["options"]
        )
        assert agree(flat(plain([loss])), flat([case["value"]])), case
        found = gradients(autograd.sum(flat([loss])), flat(outputs))
        assert agree(found, flat(case["gradient"])), case


def test_every_loss_was_held_against_pytorch():
    assert {case["loss"] for case in TORCH["losses"]} == {*LOSSES, "cosine_embedding"}


@pytest.mark.parametrize("name", ["mean_squared_error", "hinge", "log_cosh"])
def test_none_keeps_the_rows_and_a_lone_number_stays_one(name):
    loss = LOSSES[name]
    each = loss([[1.5, 2.0], [0.5, -1.0]], [[1, 1], [-1, 1]], reduction="none")
    assert [len(row) for row in each] == [2, 2]
    assert loss([[1.5, 2.0], [0.5, -1.0]], [[1, 1], [-1, 1]], reduction="sum") == pytest.approx(
        sum(each[0] + each[1]), rel=1e-15
    )  # the sum is rounded once, Python's three times
    assert loss(0.5, -1) == each[1][0]
    assert loss(np.array([[0.5]]), np.array([-1])) == each[1][0]


def test_one_number_costs_no_node_for_its_mean():
    loss = losses.mean_squared_error(Value(3.0), 1.0)
    assert [v.rule.name for v in nodes(loss) if v.rule] == ["sub", "mul"]
    loss = losses.binary_cross_entropy_with_logits(Value(3.0), 0)
    assert [v.rule.name for v in nodes(loss) if v.rule] == ["softplus"]


def test_huber_is_exact_on_fractions_on_both_sides_of_delta_and_at_it():
    errors = [Fraction(1, 3), Fraction(-1, 2), Fraction(7, 3), Fraction(-5)]
    ys = list(map(Value, errors))
    loss = losses.huber(ys, [0] * 4, delta=Fraction(1, 2), reduction="none")
    half = Fraction(1, 2)
    assert [x.data for x in loss] == [
        Fraction(1, 18), Fraction(1, 8), half * (Fraction(7, 3) - half / 2), half * (5 - half / 2)
    ]  # fmt: skip
    assert gradients(autograd.sum(loss), ys) == [Fraction(1, 3), -half, half, -half]


def test_margins_and_absolute_errors_are_exact_on_fractions():
    ys = [Value(Fraction(1, 3)), Value(Fraction(4)), Value(Fraction(1, 2))]
    loss = losses.squared_hinge(ys, [1, 1, -1])
    assert loss.data == (Fraction(4, 9) + 0 + Fraction(9, 4)) / 3
    assert gradients(loss, ys) == [Fraction(-4, 9), 0, Fraction(1)]
    loss = losses.mean_absolute_error(ys, [Fraction(1), Fraction(1), Fraction(1, 2)])
    assert loss.data == (Fraction(2, 3) + 3) / 3
    assert gradients(loss, ys) == [Fraction(-1, 3), Fraction(1, 3), 0]
    loss = losses.multiclass_hinge(ys, 0)
    assert loss.data == (1 + Fraction(11, 3) + 1 + Fraction(1, 6)) / 3
    assert gradients(loss, ys) == [Fraction(-2, 3), Fraction(1, 3), Fraction(1, 3)]


@pytest.mark.parametrize(
    "error", [0.0, 1e-200, 1e-9, -0.3, math.nextafter(1, 0), 1.0, -1.7, 20.0, -800.0, 1e300]
)
def test_log_cosh_keeps_its_digits_from_zero_to_beyond_where_cosh_overflows(error):
    mpmath = pytest.importorskip("mpmath")
    y = Value(error)
    loss = losses.log_cosh(y, 0.0)
    with mpmath.workdps(700):  # cosh(1e-200) is 1 + 5e-401; and beyond 1e5 it has too many digits
        x = mpmath.mpf(error)
        true = mpmath.log(mpmath.cosh(x)) if abs(x) < 1e5 else abs(x) - mpmath.log(2)
        # sinh, a square, log1p and their factors: eight roundings of half an ulp
        assert abs(loss.data - true) <= 4 * math.ulp(float(true))
        slope = mpmath.tanh(x)
        assert abs(gradients(loss, [y])[0] - slope) <= 4 * math.ulp(float(slope))


@pytest.mark.parametrize("target", [0, 1, 0.3])
@pytest.mark.parametrize("logit", [-1000.0, -40.0, -1e-9, 0.0, 2.5, 40.0, 1000.0])
def test_binary_cross_entropy_with_logits_keeps_its_digits(logit, target):
    mpmath = pytest.importorskip("mpmath")
    x = Value(logit)
    loss = losses.binary_cross_entropy_with_logits(x, target)
    with mpmath.workdps(500):  # 1 - sigmoid(1000) is 1e-435
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(logit)))
        true = -(target * mpmath.log(p) + (1 - mpmath.mpf(target)) * mpmath.log(1 - p))
        # at most eight roundings of half an ulp, of terms of one sign
        assert abs(loss.data - true) <= 4 * math.ulp(float(true))
        # the slope of a soft target is a difference of two: ulp of the larger one, at most 1
        bound = 4 * (math.ulp(float(p - target)) if target in (0, 1) else 2.0**-53)
        assert abs(gradients(loss, [x])[0] - (p - target)) <= bound


def test_certain_and_wrong_costs_infinity_and_certain_and_right_nothing():
    p = Value(0.0)
    loss = losses.binary_cross_entropy(p, 0)
    assert (loss.data, gradients(loss, [p])) == (0, [1])  # the slope of -ln(1 - p), not 0 / 0
    assert losses.binary_cross_entropy(0.0, 1) == math.inf
    assert losses.binary_cross_entropy(1e-20, 0) == 1e-20  # ln(1 - p) must not see the 1
    assert losses.cross_entropy([-math.inf, 0.0], [0.0, 1.0]) == 0  # not 0 * inf


def test_smoothing_moves_a_binary_target_towards_one_half():
    smooth = losses.binary_cross_entropy_with_logits(1.5, 1, label_smoothing=0.2)
    assert smooth == losses.binary_cross_entropy_with_logits(1.5, 0.9)
    p = losses.binary_cross_entropy(0.25, 1, label_smoothing=0.2)
    assert p == losses.binary_cross_entropy(0.25, 0.9)


def test_one_samples_class_weight_multiplies_its_loss():
    plain_loss = losses.cross_entropy([1.0, 2.0], 1)
    assert losses.cross_entropy([1.0, 2.0], 1, class_weights=[1, 4]) == 4 * plain_loss


def test_classes_may_come_as_numpy_bool_and_float_labels():
    expected = losses.cross_entropy([1.0, 2.0, 3.0], 2)
    assert losses.cross_entropy([1.0, 2.0, 3.0], 2.0) == expected
    assert losses.cross_entropy(np.array([1.0, 2.0, 3.0]), np.float64(2)) == expected
    assert losses.binary_cross_entropy([0.25], [True]) == -math.log(0.25)
    rows = (iter(row) for row in [[1.0, 2.0, 3.0]])
    assert losses.cross_entropy(rows, iter([2]), class_weights=[1, 1, 9]) == expected


def test_a_target_that_is_a_value_gets_its_gradient():
    # distillation: the teacher learns too; d/dp of -(p ln q) is -ln q
    ps = [Value(0.0), Value(1.0)]
    loss = losses.cross_entropy([0.0, 0.0], ps)
    assert gradients(loss, ps) == [math.log(2), math.log(2)]
    assert gradients(losses.cross_entropy([0.0, 0.0], [ps[1], 0.0]), ps[1:]) == [math.log(2)]


def test_divergence_of_a_distribution_from_itself_is_zero():
    logs = list(map(Value, autograd.log_softmax([1.0, 2.0, 3.0])))
    ps = [math.exp(x.data) for x in logs]
    assert abs(losses.kullback_leibler(logs, ps).data) <= 3 * 2.0**-53  # three terms of rounding
    assert gradients(losses.kullback_leibler(logs, ps), logs) == [-p for p in ps]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.huber([1.0], [1.0], delta=0), r"huber\(delta=0\)"),
        (lambda: losses.huber([1.0], [1.0], reduction="max"), "reduction='max' is unknown; it is "
         "one of mean, sum, none"),
        (lambda: losses.cross_entropy([1.0, 2.0], 0, reduction="max"), "reduction='max'"),
        (lambda: losses.mean_squared_error([[1.0, 2.0]], [1.0]), "2 outputs and 1 targets"),
        (lambda: losses.squared_hinge([1.0], [0]), "squared_hinge: targets are -1 or 1, not 0"),
        (lambda: losses.multiclass_hinge([1.0, 2.0], 2), "target=2 is none of the 2 classes"),
        (lambda: losses.multiclass_hinge([1.0, 2.0], 1, margin=0), "margin=0"),
        (lambda: losses.cross_entropy([1.0], 0), "1 outputs; a class needs one each"),
        (lambda: losses.cross_entropy([], []), "there are no outputs"),
        (lambda: losses.cross_entropy([[1.0, 2.0]], [0, 1]), "1 outputs and 2 targets"),
        (lambda: losses.cross_entropy([1.0, 2.0], [0.5, 0.6]), r"add up to 1\.1, not to 1"),
        (lambda: losses.cross_entropy([1.0, 2.0], [1.5, -0.5]), "target 1.5 is no probability"),
        (lambda: losses.cross_entropy([1.0, 2.0], [1.0]), "1 target probabilities for 2 classes"),
        (lambda: losses.cross_entropy([1.0, 2.0], [math.nan, 1.0]), "target nan is no probability"),
        (lambda: losses.cross_entropy([1.0, 2.0], 0, label_smoothing=2), "label_smoothing=2"),
        (lambda: losses.cross_entropy([1.0, 2.0], 0, class_weights=[1]), "1 class_weights for 2"),
        (lambda: losses.cross_entropy([1.0, 2.0], 0, class_weights=[1, -1]), "at least 0"),
        (lambda: losses.cross_entropy([[1.0, 2.0]], [0], class_weights=[0, 1]), "weight is 0"),
        (lambda: losses.cross_entropy(autograd.softmax([Value(1.0), 2.0]), 0), "made by softmax"),
        (lambda: losses.negative_log_likelihood([1.0, -2.0], 0), "1.0 is no log-probability"),
        (lambda: losses.kullback_leibler([-1.0, 2.0], [0.5, 0.5]), "2.0 is no log-probability"),
        (lambda: losses.kullback_leibler([-1.0, -2.0], [0.5, 0.7]), "add up to 1.2"),
        (lambda: losses.binary_cross_entropy([1.5], [1]), "output 1.5 is no probability; for logits"
         " there is binary_cross_entropy_with_logits"),
        (lambda: losses.binary_cross_entropy([0.5], ["yes"]), "target 'yes' is no probability"),
        (lambda: losses.binary_cross_entropy([0.5], [-1]), "target -1 is no probability"),
        (lambda: losses.binary_cross_entropy_with_logits([5.0], [2]), "target 2 is no probability"),
        (lambda: losses.binary_cross_entropy([0.5], [1], positive_weight=0), "positive_weight=0"),
        (lambda: losses.cosine_distance([1.0, 2.0], [0.0, 0.0]), "a vector of zeros"),
        (lambda: losses.cosine_distance([1.0, 2.0], [1.0]), "2 outputs and 1 targets"),
        (lambda: losses.cosine_embedding([1.0], [1.0], 0), "targets are -1 or 1, not 0"),
        (lambda: losses.cosine_embedding([1.0], [1.0], 1, margin=2), "margin=2 is a cosine"),
        (lambda: find_loss("mse"), "'mse' is unknown: did you mean 'mean_squared_error'?"),
        (lambda: find_loss("BCE"), "did you mean 'binary_cross_entropy'?"),
        (lambda: find_loss("crossentropy"), "did you mean 'cross_entropy'"),
        (lambda: find_loss("qqq"), r"'qqq' is unknown\. The names are mean_squared_error, "),
    ],
)  # fmt: skip
def test_bad_input_is_told_what_is_allowed(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: losses.cross_entropy(Value(1.0), 0),
            "is one number; a sample's outputs are a list",
        ),
        (lambda: losses.cross_entropy([1.0, 2.0], 0.5), "target=0.5 must be the number of a class"),
        (lambda: losses.kullback_leibler([-1.0, -1.0], 1), "target 1 must be a list"),
        (lambda: losses.huber([Value(1.0)], ["setosa"]), "'setosa' is text"),
        (lambda: find_loss(3), "loss=3: give a name, as 'cross_entropy', or a function"),
    ],
)
def test_things_of_the_wrong_kind(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_nan_output_becomes_a_nan_loss_whose_origin_can_be_found():
    nan = Value(math.nan)
    for loss in (losses.binary_cross_entropy(nan, 1), losses.cross_entropy([nan, 1.0], 0)):
        assert math.isnan(loss.data)
    assert math.isnan(losses.negative_log_likelihood([nan, -1.0], 0).data)


def test_losses_are_found_by_name_and_functions_are_taken_as_they_are():
    assert find_loss("hinge") is nn.hinge
    assert find_loss(math.dist) is math.dist
    outputs, target = [Value(0.5), Value(-1.0)], [1.0, 0.0]
    for name in ("mean_squared_error", "huber", "cross_entropy", "cosine_distance", "log_cosh"):
        assert isinstance(find_loss(name)(outputs, target), Value)
    assert isinstance(find_loss("binary_cross_entropy_with_logits")(outputs[0], 1.0), Value)
