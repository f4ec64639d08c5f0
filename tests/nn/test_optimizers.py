"""Optimizers, against the published formulas on exact fractions, and against PyTorch's numbers."""

from __future__ import annotations

import copy
import json
import math
import pickle
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autograd import Value
from nn.optimizers.adagrad import AdaGrad
from nn.optimizers.adam import Adam, AdamW, AMSGrad
from nn.optimizers.clipping import clip_by_norm, clip_by_value, clip_gradients, global_norm
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.rmsprop import RMSprop
from nn.optimizers.sgd import SGD

GRADIENTS = [0.5, -2.0, 0.125, 3.0, -1e-3]
TORCH = json.loads((Path(__file__).parents[1] / "data/torch/optimizers.json").read_text())
KINDS = {"SGD": SGD, "Adagrad": AdaGrad, "RMSprop": RMSprop, "Adam": Adam, "AdamW": AdamW}
CASES = [pytest.param(case, id=f"{case['name']} {case['options']}") for case in TORCH["cases"]]


def made(case, params=None):
    """Return our optimizer of a stored case: AMSGrad is a class of its own here."""
    options = dict(case["options"])
    kind = AMSGrad if options.pop("amsgrad", False) else KINDS[case["name"]]
    return kind(params, **options)


def with_gradients(params, gradients):
    for p, g in zip(params, gradients, strict=True):
        p.grad = g


def by_values(case, gradients=TORCH["gradients"]):
    """Return the optimizer and all points of its way, stepping Values."""
    params = [Value(x) for x in TORCH["start"]]
    optimizer, points = made(case, params), []
    for row in gradients:
        with_gradients(params, row)
        optimizer.step()
        points.append([p.data for p in params])
    return optimizer, points


def by_array(case, gradients=TORCH["gradients"]):
    """Return the optimizer and all points of its way, stepping an array."""
    optimizer, points = made(case), []
    p = np.array(TORCH["start"])
    for row in gradients:
        optimizer.step_array(p, np.array(row))
        points.append(p.tolist())
    return optimizer, points


@pytest.mark.parametrize("case", CASES)
def test_every_step_is_pytorchs(case):
    # 1e-12, as promised; what differs is the order of a few operations in each of 25 steps
    _, points = by_values(case)
    assert points == [pytest.approx(there, rel=1e-12, abs=1e-12) for there in case["path"]]


@pytest.mark.parametrize("case", CASES)
def test_values_and_arrays_get_the_same_bits(case):
    (one, points), (other, same) = by_values(case), by_array(case)
    assert points == same
    assert one.state_dict() == other.state_dict()


@pytest.mark.parametrize("case", CASES)
def test_a_state_goes_on_in_the_other_form_to_the_same_bits(case):
    """From Values to an array through JSON, and back, with one parameter that started late."""
    late = [[*row[:3], None] for row in TORCH["gradients"][:5]]
    rest = TORCH["gradients"][5:]
    _, points = by_values(case, late + rest)
    first, _ = by_values(case, late)
    saved = json.loads(json.dumps(first.state_dict()))
    array = made({"name": case["name"], "options": {**case["options"], "lr": 99.0}})
    array.load_state_dict(saved)
    p = np.array(points[4])
    for row in rest[:10]:
        array.step_array(p, np.array(row))
    assert p.tolist() == points[14]
    params = [Value(x) for x in p.tolist()]
    back = array.bind(params)
    for row in rest[10:]:
        with_gradients(params, row)
        back.step()
    assert [v.data for v in params] == points[-1]


def test_the_stored_cases_would_notice_every_option():
    paths = [case["path"] for case in TORCH["cases"]]
    assert all(paths.count(path) == 1 for path in paths)


def test_adams_first_steps_are_algorithm_1():
    """Kingma and Ba 2015: with every number exact but the square root, at 50 digits."""
    mpmath = pytest.importorskip("mpmath")
    p = Value(1.0)
    optimizer = Adam([p], lr=0.1, betas=(0.75, 0.96875), eps=1e-6)
    b1, b2, eps, lr = map(Fraction, (0.75, 0.96875, 1e-6, 0.1))
    theta, m, v = mpmath.mpf(1), Fraction(0), Fraction(0)
    with mpmath.workdps(50):
        for t, g in enumerate(map(Fraction, GRADIENTS), 1):
            p.grad = float(g)
            optimizer.step()
            m = b1 * m + (1 - b1) * g
            v = b2 * v + (1 - b2) * g**2
            m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
            root = mpmath.sqrt(mpmath.mpf(v_hat.numerator) / v_hat.denominator)
            up = mpmath.mpf((lr * m_hat).numerator) / (lr * m_hat).denominator
            theta -= up / (root + mpmath.mpf(eps.numerator) / eps.denominator)
            assert abs(p.data - theta) < 1e-15 * t


def test_adams_first_step_has_the_size_of_the_learning_rate():
    ps = [Value(0.0), Value(0.0)]
    ps[0].grad, ps[1].grad = 1e-3, -1e3
    Adam(ps).step()
    assert [p.data for p in ps] == pytest.approx([-1e-3, 1e-3], rel=1e-4)


def test_gradient_descent_is_exact_on_fractions():
    p = Value(Fraction(2))
    optimizer = SGD([p], lr=Fraction(1, 3))
    p.grad = Fraction(1, 7)
    optimizer.step()
    assert p.data == 2 - Fraction(1, 21)


def test_momentum_is_the_published_recursion():
    p = Value(Fraction(1))
    lr, momentum = Fraction(1, 10), Fraction(9, 10)
    optimizer = SGD([p], lr=lr, momentum=momentum)
    theta, velocity = Fraction(1), Fraction(0)
    for g in map(Fraction, GRADIENTS):
        p.grad = g
        optimizer.step()
        velocity = momentum * velocity + g
        theta -= lr * velocity
        assert p.data == theta


def test_nesterovs_step_is_exact_on_fractions():
    """Sutskever et al. 2013, equations 3 and 4, at the point that is looked ahead to."""
    p = Value(Fraction(1))
    lr, momentum = Fraction(1, 10), Fraction(9, 10)
    optimizer = SGD([p], lr=lr, momentum=momentum, nesterov=True)
    theta, velocity = Fraction(1), Fraction(0)
    for g in map(Fraction, GRADIENTS):
        p.grad = g
        optimizer.step()
        velocity_before, velocity = velocity, momentum * velocity - lr * g
        theta += velocity + momentum * (velocity - velocity_before)
        assert p.data == theta


def test_weight_decay_is_the_penaltys_gradient_and_in_adamw_a_smaller_p():
    p = Value(Fraction(3))
    p.grad = Fraction(1, 7)
    SGD([p], lr=Fraction(1, 3), weight_decay=Fraction(1, 5)).step()
    assert p.data == 3 - Fraction(1, 3) * (Fraction(1, 7) + Fraction(3, 5))
    q = Value(3.0)
    q.grad = 0.0  # Adam's own step is then zero
    AdamW([q], lr=0.5, weight_decay=0.25).step()
    assert q.data == 3.0 * (1 - 0.125)


def test_rules_with_roots_keep_mpmaths_digits_and_refuse_fractions():
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(50):
        p = Value(mpmath.mpf(1))
        p.grad = mpmath.mpf(2)
        AdaGrad([p], lr=Fraction(1, 2), eps=mpmath.mpf("1e-40")).step()
        assert abs(p.data - 0.5) < mpmath.mpf("1e-39")
    share = Fraction(9, 10)
    for kind, options in (
        (AdaGrad, {}),
        (RMSprop, {"alpha": share}),
        (Adam, {"betas": (share, share)}),
    ):
        p = Value(Fraction(1))
        p.grad = Fraction(2)
        optimizer = kind([p], **options)
        with pytest.raises(TypeError, match="is not a fraction"):
            optimizer.step()
        assert (p.data, optimizer.state_dict()["state"]) == (1, {})


def test_a_centered_square_is_never_below_zero():
    p = Value(0.0)
    optimizer = RMSprop([p], lr=0.01, alpha=0.3, centered=True)
    for _ in range(40):  # equal gradients: their variance is rounding, and here -6e-17 in between
        p.grad = 0.54
        optimizer.step()
    assert math.isfinite(p.data)


def test_a_step_that_fails_moves_nothing():
    params = [Value(1.0), Value(1.0)]
    optimizer = Adam(params, lr=0.1)
    with_gradients(params, [1.0, 1.0])
    optimizer.step()
    before = optimizer.state_dict(), [p.data for p in params]
    params[1].grad = "steep"
    with pytest.raises(TypeError):
        optimizer.step()
    assert (optimizer.state_dict(), [p.data for p in params]) == before


def test_overflow_follows_ieee_without_a_warning():
    p = np.zeros(2)
    AdaGrad(lr=0.1).step_array(p, np.array([1e200, 1.0]))  # the square is inf, the step 0
    assert p.tolist() == [0.0, -0.1 / (1 + 1e-10)]


@pytest.mark.parametrize("make", [SGD, Adam])
def test_a_parameter_that_no_gradient_reached_stays(make):
    used, unused = Value(1.0), Value(1.0)
    optimizer = make([used, unused], lr=0.1)
    (used * 2).backward()
    optimizer.step()
    assert used.data != 1.0
    assert (unused.data, unused.grad) == (1.0, None)


@pytest.mark.parametrize("make", [SGD, Adam])
def test_zero_grad_and_parameters_from_a_generator(make):
    ps = [Value(1.0), Value(2)]
    make(p for p in ps).zero_grad()
    assert [repr(p.grad) for p in ps] == ["0.0", "0"]


def test_the_count_of_steps_stays_with_the_parameter():
    early, late = Value(1.0), Value(1.0)
    optimizer = Adam([early, late], lr=0.1)
    early.grad = 1.0
    optimizer.step()
    late.grad = 1.0
    optimizer.step()
    assert optimizer.state_dict()["state"]["t"] == [2, 1]
    assert late.data == pytest.approx(0.9, rel=1e-7)  # its first step: of the size of lr


def test_clipping_is_the_same_for_lists_arrays_and_parameters():
    gradients = TORCH["gradients"][0]
    for clip, option in ((clip_by_value, "clip"), (clip_by_norm, "clip_norm")):
        params = [Value(0.0) for _ in gradients]
        with_gradients(params, gradients)
        unreached = Value(1.0)
        clip_gradients([*params, unreached], **{option: 0.5})
        expected = clip(gradients, 0.5)
        assert [p.grad for p in params] == expected == clip(np.array(gradients), 0.5).tolist()
        assert unreached.grad is None
        assert expected != gradients == clip(gradients, 1e6)


def test_clipping_keeps_directions_and_exact_numbers():
    assert clip_by_norm([3e300, 4e300], 5.0) == pytest.approx([3.0, 4.0], rel=1e-15)
    assert clip_by_value([Fraction(7, 2), Fraction(1, 3)], 2) == [2, Fraction(1, 3)]
    assert global_norm([]) == 0
    assert math.isnan(clip_by_norm([math.nan, 1.0], 1.0)[0])


def test_the_gradient_itself_is_not_clipped_by_step():
    p = Value(0.0)
    p.grad = 5.0
    SGD([p], lr=1.0, clip=2.0).step()
    assert (p.data, p.grad) == (-2.0, 5.0)


@pytest.mark.parametrize("kind", [SGD, AdaGrad, RMSprop, Adam, AdamW, AMSGrad])
def test_an_optimizer_can_be_printed_copied_and_pickled(kind):
    optimizer = kind([Value(1.0)], lr=0.25)
    assert repr(optimizer) == f"{kind.__name__}(1 parameter, lr=0.25)"
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert twin.state_dict() == optimizer.state_dict()
    assert [f.name for f in fields(kind)][:2] == ["params", "lr"]


def test_numpy_numbers_leave_plain_ones_behind():
    p = Value(1.0)
    optimizer = SGD([p], lr=np.float64(0.5))
    p.grad = np.float64(1.0)
    optimizer.step()
    assert type(p.data) is float
    assert type(optimizer.lr) is float


def test_binding_again_keeps_the_state_of_the_same_parameters_only():
    params, others = [Value(1.0), Value(2.0)], [Value(1.0), Value(2.0)]
    optimizer = SGD(params, momentum=0.5)
    with_gradients(params, [1.0, 1.0])
    optimizer.step()
    assert optimizer.bind(params).state_dict()["state"] == {"velocity": [1.0, 1.0]}
    assert optimizer.bind(others).state_dict()["state"] == {}


def test_a_rule_of_ones_own_serves_values_and_arrays():
    class SignDescent(Optimizer):
        def update(self, p, g, state):
            return p - self.lr * np.sign(g)

    p, array = Value(1.0), np.array([1.0])
    p.grad = -7.0
    SignDescent([p], lr=0.5).step()
    SignDescent(lr=0.5).step_array(array, np.array([-7.0]))
    assert [p.data] == array.tolist() == [1.5]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s | {"optimizer": "SGD"}, ValueError, "of 'SGD'"),
        (lambda s: {"t": 1}, ValueError, "not what Adam.state_dict"),
        (lambda s: None, ValueError, "not what Adam.state_dict"),
        (lambda s: s | {"options": {"momentum": 1}}, TypeError, "no such option"),
        (lambda s: s | {"options": s["options"] | {"eps": 0}}, ValueError, "eps=0"),
        (lambda s: s | {"lr": "fast"}, TypeError, "lr: 'fast' is text"),
        (lambda s: s | {"lr": -1.0}, ValueError, "lr=-1.0"),
        (lambda s: s | {"state": {"q": [1.0]}}, ValueError, "columns t, m, v"),
        (lambda s: s | {"state": s["state"] | {"m": [1.0, 2.0]}}, ValueError, "1 and 2 param"),
        (lambda s: s | {"state": s["state"] | {"t": [1.5]}}, ValueError, "whole numbers"),
        (lambda s: s | {"state": s["state"] | {"m": ["x"]}}, TypeError, r"m\[0\]"),
        (lambda s: s | {"state": {k: x * 3 for k, x in s["state"].items()}}, ValueError, "of 3 param.*has 1"),
    ],
)  # fmt: skip
def test_a_foreign_state_changes_nothing(change, error, message):
    p = Value(1.0)
    p.grad = 1.0
    optimizer = Adam([p], lr=0.5)
    optimizer.step()
    before = optimizer.state_dict()
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(change(copy.deepcopy(before)))
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("p", "g", "error", "message"),
    [
        ([1.0], np.ones(1), TypeError, r"p=\[1.0\] must be a flat NumPy array of float64"),
        (np.ones(1), np.ones(1, dtype=np.float32), TypeError, "g=.*flat NumPy array of float64"),
        (np.ones((1, 1)), np.ones((1, 1)), TypeError, "flat NumPy array"),
        (np.ones(2), np.ones(3), ValueError, "2 numbers, 3 gradients"),
        (np.ones(3), np.ones(3), ValueError, "moved 2 parameters so far, now 3"),
    ],
)
def test_wrong_arrays(p, g, error, message):
    optimizer = Adam()
    optimizer.step_array(np.ones(2), np.ones(2))
    with pytest.raises(error, match=message):
        optimizer.step_array(p, g)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SGD(lr=0.1).step(), ValueError, r"SGD.step\(\): this optimizer has no parameters"),
        (lambda: SGD(lr=0.1).zero_grad(), ValueError, "has no parameters; write SGD\\(model.param"),
        (lambda: Adam(0.01), TypeError, r"Adam\(0.01\): the first argument is a list of Values"),
        (lambda: Adam(Value(1.0)), TypeError, "the first argument is a list"),
        (lambda: SGD([x := Value(1.0), x]), ValueError, "given twice"),
        (lambda: SGD([Value(1.0) * 2]), ValueError, "result of mul"),
        (lambda: SGD(learning_rate=0.1), TypeError, r"SGD\(learning_rate=...\).*options are lr, "),
        (lambda: SGD(momentun=0.1), TypeError, "did you mean momentum"),
        (lambda: SGD(lr="0.1"), TypeError, "is text"),
        (lambda: SGD(lr=True), TypeError, "truth value"),
        (lambda: SGD(lr=float("inf")), ValueError, "finite"),
        (lambda: SGD(nesterov=True), ValueError, "give one, as momentum=0.9"),
        (lambda: SGD(weight_decay=-1), ValueError, r"SGD\(weight_decay=-1\)"),
        (lambda: SGD(clip=0), ValueError, "clip=0"),
        (lambda: SGD(clip_norm=-1.0), ValueError, "clip_norm=-1.0"),
        (lambda: SGD(clip=1, clip_norm=1), ValueError, "not both"),
        (lambda: clip_gradients([]), ValueError, "say how"),
        (lambda: AdaGrad(eps=0), ValueError, r"AdaGrad\(eps=0\)"),
        (lambda: RMSprop(alpha=1.0), ValueError, r"RMSprop\(alpha=1.0\)"),
        (lambda: RMSprop(momentum=-0.1), ValueError, r"RMSprop\(momentum=-0.1\)"),
        (lambda: AdamW(betas=0.9), TypeError, r"AdamW\(betas=0.9\): give two numbers"),
        (lambda: AMSGrad(betas=(-0.1, 0.9)), ValueError, r"AMSGrad: betas\[0\]=-0.1"),
        (lambda: SGD([]), ValueError, r"SGD\(\[\]\): no parameters"),
        (lambda: Adam([1.0]), TypeError, "1.0 is not a Value"),
        (lambda: SGD([Value(1.0)], lr=0), ValueError, "above zero"),
        (lambda: Adam([Value(1.0)], lr=float("nan")), ValueError, "above zero"),
        (lambda: SGD([Value(1.0)], momentum=1), ValueError, "momentum=1"),
        (lambda: Adam([Value(1.0)], betas=(0.9, 1.0)), ValueError, r"betas\[1\]=1.0"),
        (lambda: Adam([Value(1.0)], eps=0), ValueError, "eps=0"),
    ],
)
def test_wrong_options(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda ps: SGD(ps, lr=0.05, momentum=0.9),
        lambda ps: SGD(ps, lr=0.03, momentum=0.9, nesterov=True),
        lambda ps: AdaGrad(ps, lr=1.0),
        lambda ps: RMSprop(ps, lr=0.03, eps=1.0),
        lambda ps: Adam(ps, lr=0.1),
        lambda ps: AMSGrad(ps, lr=0.1),
    ],
)
def test_all_find_the_minimum_of_a_bowl(make):
    x, y = Value(3.0), Value(-2.0)
    optimizer = make([x, y])
    for _ in range(400):
        optimizer.zero_grad()
        ((x - 1) ** 2 + 10 * (y - 2) ** 2).backward()
        optimizer.step()
    assert [x.data, y.data] == pytest.approx([1.0, 2.0], abs=1e-4)
