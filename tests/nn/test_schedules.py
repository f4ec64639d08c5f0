"""Schedules, against PyTorch's numbers, their formulas, and a loop that was interrupted."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest

from autograd import Value
from nn.optimizers.adagrad import AdaGrad
from nn.optimizers.adam import Adam
from nn.optimizers.plateau import ReduceOnPlateau
from nn.optimizers.schedule import CustomSchedule, Schedule, find_schedule
from nn.optimizers.schedules import (
    CosineDecay,
    CosineRestarts,
    ExponentialDecay,
    MultiStepDecay,
    OneCycle,
    PolynomialDecay,
    StepDecay,
)
from nn.optimizers.sgd import SGD
from nn.optimizers.warm_up import WarmUp

TORCH = json.loads((Path(__file__).parents[1] / "data/torch/schedules.json").read_text())
RATE, LOSSES = TORCH["rate"], TORCH["losses"]

# ours in the order of the stored cases; shares of the rate, 0.4, where PyTorch says rates
OURS = [
    lambda: StepDecay(every=4, factor=0.7),
    lambda: MultiStepDecay(at=[3, 4, 20], factor=0.3),
    lambda: ExponentialDecay(factor=0.93),
    lambda: PolynomialDecay(steps=20),
    lambda: PolynomialDecay(steps=30, power=2.5),
    lambda: CosineDecay(steps=30),
    lambda: CosineDecay(steps=30, lowest=0.1),
    lambda: CosineRestarts(period=7),
    lambda: CosineRestarts(period=3, growth=2, lowest=0.1),
    lambda: OneCycle(steps=31),
    lambda: OneCycle(steps=31, rise=0.43, start=0.1, end=0.001, shape="linear", momentum=(0.85, 0.95)),
    lambda: OneCycle(steps=31, momentum=(0.85, 0.95)),
    lambda: WarmUp(steps=6, start=0.2),
    lambda: WarmUp(steps=6, start=0.2, then=CosineDecay(steps=24)),
    lambda: ReduceOnPlateau(factor=0.5, patience=2),
    lambda: ReduceOnPlateau(factor=0.5, patience=1, cooldown=2, threshold=0.05),
    lambda: ReduceOnPlateau(factor=0.2, patience=1, lowest=0.05),
    lambda: ReduceOnPlateau(factor=0.5, patience=1, mode="max"),
]  # fmt: skip
CASES = [
    pytest.param(make, case, id=f"{case['name']} {case['options']}")
    for make, case in zip(OURS, TORCH["cases"], strict=True)
]


def rates(schedule, losses=LOSSES):
    """Return the optimizer's rates and momenta, before the first step and after each."""
    optimizer = schedule.optimizer
    found = [(optimizer.lr, optimizer.momentum)]
    for loss in losses:
        schedule.step(loss)
        found.append((optimizer.lr, optimizer.momentum))
    return [list(column) for column in zip(*found, strict=True)]


@pytest.mark.parametrize(("make", "case"), CASES)
def test_every_rate_is_pytorchs(make, case):
    # 1e-12, as promised, of the rate at the start: PyTorch multiplies from step to step, and where
    # the rate comes down to 0 its own rounding is what is left
    found, momenta = rates(make().bind(SGD(lr=RATE, momentum=0.5)))
    assert found == pytest.approx(case["rates"], rel=1e-12, abs=1e-12 * RATE)
    assert momenta == pytest.approx(case["momenta"], rel=1e-12)


def test_the_stored_plateaus_see_reductions_and_the_lowest_rate():
    by_case = [set(case["rates"]) for case in TORCH["cases"] if case["name"] == "ReduceLROnPlateau"]
    assert min(map(len, by_case)) >= 3
    assert min(by_case[2]) == 0.02


@pytest.mark.parametrize(("make", "case"), CASES)
def test_a_schedule_saved_in_the_middle_goes_on_to_the_same_bits(make, case):
    whole = rates(make().bind(SGD(lr=RATE, momentum=0.5)))
    optimizer = SGD(lr=RATE, momentum=0.5)
    schedule = make().bind(optimizer)
    before = rates(schedule, LOSSES[:13])
    saved = json.loads(json.dumps([optimizer.state_dict(), schedule.state_dict()]))
    again = SGD(lr=1.0, momentum=0.1)
    later = make().bind(again)
    again.load_state_dict(saved[0])
    later.load_state_dict(saved[1])
    after = rates(later, LOSSES[13:])
    assert [a + b[1:] for a, b in zip(before, after, strict=True)] == whole
    assert [a[-1] for a in before] == [b[0] for b in after]


@pytest.mark.parametrize("make", OURS)
def test_bound_again_to_its_optimizer_a_schedule_starts_again(make):
    optimizer = SGD(lr=RATE, momentum=0.5)
    schedule = make().bind(optimizer)
    first = rates(schedule)
    assert rates(schedule.bind(optimizer)) == first


def test_decays_are_exact_on_fractions():
    half, third = Fraction(1, 2), Fraction(1, 3)
    optimizer = SGD(lr=third)
    schedule = StepDecay(optimizer, every=2, factor=half)
    assert [schedule(t) for t in range(5)] == [1, 1, half, half, half**2]
    schedule.step()
    schedule.step()
    assert optimizer.lr == third * half


def test_planned_schedules_stay_at_their_end():
    for schedule in (
        PolynomialDecay(steps=3, lowest=0.25),
        CosineDecay(steps=3, lowest=0.25),
        OneCycle(steps=4, end=0.25),
    ):
        assert schedule(3) == schedule(4) == schedule(1000) == 0.25


def test_the_peak_of_one_cycle_is_the_rate_itself():
    for rise in (0.0, 0.01, 0.5, 1.0):
        for steps in (1, 2, 3, 10):
            cycle = OneCycle(steps=steps, rise=rise)
            assert 0 < min(map(cycle, range(steps))) <= max(map(cycle, range(steps))) <= 1
    assert max(map(OneCycle(steps=10, rise=0.5), range(10))) == 1
    assert OneCycle(steps=1)(0) == 1


def test_restarts_are_where_the_periods_end():
    schedule = CosineRestarts(period=3, growth=2)
    tops = [t for t in range(100) if schedule(t) == 1]
    assert tops == [0, 3, 9, 21, 45, 93]


def test_fit_says_how_many_steps_there_are_unless_the_schedule_does():
    assert CosineDecay().bind(SGD(lr=1.0), steps=4)(2) == 0.5
    assert CosineDecay(steps=2).bind(SGD(lr=1.0), steps=4)(2) == 0
    warm = WarmUp(steps=2, then=PolynomialDecay()).bind(SGD(lr=1.0), steps=6)
    assert [warm(t) for t in range(2, 7)] == [1.0, 0.75, 0.5, 0.25, 0.0]


def test_what_a_schedule_counts():
    assert (CosineDecay().per, OneCycle().per, CosineDecay(per="batch").per) == (
        "epoch",
        "batch",
        "batch",
    )
    assert WarmUp(steps=3, then=CosineDecay(per="batch")).per == "batch"


def test_the_plateau_is_looked_for_only_after_the_warm_up():
    warm = WarmUp(SGD(lr=1.0), steps=3, then=ReduceOnPlateau(factor=0.5, patience=0))
    found = []
    for loss in [1.0, 2.0, 3.0, 5.0, 5.0, 4.0]:
        warm.step(Value(loss))
        found.append(warm.optimizer.lr)
    assert found[2:] == [1.0, 1.0, 0.5, 0.5]


def test_progress_of_negative_losses_is_progress():
    schedule = ReduceOnPlateau(SGD(lr=1.0), factor=0.5, patience=0, threshold=0.1)
    for loss in (-1.0, -1.2, -1.25):  # the last is above -1.32
        schedule.step(loss)
    assert (schedule.best, schedule.reductions) == (-1.2, 1)


def test_a_loss_that_is_nan_is_no_progress():
    schedule = ReduceOnPlateau(SGD(lr=1.0), patience=1)
    for _ in range(2):
        schedule.step(math.nan)
    assert schedule.reductions == 1


def test_a_one_cycle_turns_adams_first_beta():
    optimizer = Adam(lr=1.0, betas=(0.5, 0.999))
    OneCycle(optimizer, steps=10, momentum=(0.85, 0.95))
    assert optimizer.betas == pytest.approx((0.95, 0.999), rel=1e-15)


def test_a_function_of_ones_own_is_a_schedule():
    optimizer = SGD(lr=2.0)
    schedule = find_schedule(lambda t: 1 / (1 + t)).bind(optimizer)
    schedule.step()
    assert (optimizer.lr, type(schedule), find_schedule(schedule)) == (
        1.0,
        CustomSchedule,
        schedule,
    )


def test_a_rate_trains_as_it_says():
    x = Value(8.0)
    optimizer = SGD([x], lr=0.5)
    schedule = ExponentialDecay(optimizer, factor=0.5)
    for _ in range(3):
        x.grad = 1.0
        optimizer.step()
        schedule.step()
    assert x.data == 8 - (0.5 + 0.25 + 0.125)


def test_a_schedule_can_be_printed():
    assert repr(CosineDecay(SGD(), steps=5)) == "CosineDecay(steps=5)"
    warm = WarmUp(steps=2, then=ExponentialDecay(factor=0.5))
    assert repr(warm) == "WarmUp(steps=2, then=ExponentialDecay(factor=0.5))"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: StepDecay(every=0), ValueError, "StepDecay: every=0: it must be at least 1"),
        (lambda: StepDecay(every=2, factor=0), ValueError, "factor=0.*above 0, and at most 1"),
        (lambda: StepDecay(every=2, factor=1.5), ValueError, "factor=1.5"),
        (lambda: StepDecay(every=2, factor="half"), TypeError, "is text"),
        (lambda: StepDecay(0.1, every=2), TypeError, r"StepDecay\(0.1\): the first argument is an opt"),
        (lambda: MultiStepDecay(at=[]), ValueError, r"as at=\[30, 80\]"),
        (lambda: MultiStepDecay(at=[1.5]), TypeError, r"at\[0\]=1.5: it must be a whole"),
        (lambda: ExponentialDecay(factor=math.nan), ValueError, "factor=nan"),
        (lambda: PolynomialDecay(steps=5, power=0), ValueError, "power=0"),
        (lambda: CosineDecay(steps=-1), ValueError, "steps=-1"),
        (lambda: CosineDecay(SGD()), ValueError, r"in how many steps\? Write CosineDecay\(optim"),
        (lambda: CosineDecay(steps=5, lowest=2), ValueError, "lowest=2"),
        (lambda: CosineDecay(steps=5, per="day"), ValueError, "'epoch' or 'batch'"),
        (lambda: CosineDecay(steps=5).step(), ValueError, "has no optimizer; write CosineDecay"),
        (lambda: CosineRestarts(period=5, growth=0.5), TypeError, "growth=0.5"),
        (lambda: OneCycle(steps=5, rise=1.5), ValueError, "rise=1.5"),
        (lambda: OneCycle(steps=5, shape="square"), ValueError, "'cosine' or 'linear'"),
        (lambda: OneCycle(steps=5, momentum=(0.9, 0.8)), ValueError, r"as \(0.85, 0.95\)"),
        (lambda: OneCycle(steps=5, momentum=0.9), ValueError, r"as \(0.85, 0.95\)"),
        (lambda: OneCycle(SGD(), steps=5, momentum=(0.8, 0.9)), ValueError, "SGD.* has none to set"),
        (lambda: OneCycle(AdaGrad(), steps=5, momentum=(0.8, 0.9)), ValueError, "has none to set"),
        (lambda: WarmUp(steps=2, then=0.5), TypeError, "give a schedule"),
        (lambda: WarmUp(steps=2, then=StepDecay(SGD(), every=1)), ValueError, "to WarmUp alone"),
        (lambda: WarmUp(steps=2, then=OneCycle()), ValueError, "warms up itself"),
        (lambda: ReduceOnPlateau(factor=1), ValueError, "below 1"),
        (lambda: ReduceOnPlateau(patience=-1), ValueError, "patience=-1"),
        (lambda: ReduceOnPlateau(mode="low"), ValueError, "'min' for a loss"),
        (lambda: ReduceOnPlateau(SGD()).step(), ValueError, r"schedule.step\(loss\)"),
        (lambda: ReduceOnPlateau(SGD()).step("low"), TypeError, "is text"),
        (lambda: find_schedule("cosine"), TypeError, "schedule='cosine'"),
        (lambda: find_schedule(CosineDecay), TypeError, "give a schedule, as nn.CosineDecay"),
        (lambda: CustomSchedule(factor=0.9), TypeError, "lambda t"),
        (lambda: Schedule(SGD()), NotImplementedError, "return the factor"),
        (lambda: CosineDecay(schedule="x"), TypeError, "no such option"),
    ],
)  # fmt: skip
def test_wrong_options(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_rate_of_zero_is_not_taken_over_from_another_schedule():
    optimizer = SGD(lr=1.0)
    ended = CosineDecay(optimizer, steps=1)
    ended.step()
    with pytest.raises(ValueError, match=r"optimizer.lr is 0.0, is it at the end"):
        CosineDecay(optimizer, steps=5)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s | {"schedule": "StepDecay"},
        lambda s: s | {"t": -1},
        lambda s: s | {"t": 1.5},
        lambda s: s | {"more": 1},
        lambda s: s | {"rate": "fast"},
        lambda s: s | {"t": 9, "then": s["then"] | {"best": "low"}},
        lambda s: {"t": 3},
        lambda s: s | {"then": None},
        lambda s: s | {"then": s["then"] | {"schedule": "CosineDecay"}},
        lambda s: None,
    ],
)
def test_a_foreign_state_changes_nothing(change):
    schedule = WarmUp(SGD(lr=1.0), steps=1, then=ReduceOnPlateau())
    schedule.step(1.0)
    before = schedule.state_dict()
    with pytest.raises((ValueError, TypeError), match=r"state|WarmUp: (t|rate)=|best"):
        schedule.load_state_dict(change(schedule.state_dict()))
    assert schedule.state_dict() == before
