"""Hopfield networks: the rules of storage, the energy that falls, and the limit of the memory."""

from __future__ import annotations

import random
from itertools import pairwise, product

import numpy as np
import pytest

from autograd import Value, gradients
from nn.classical.hopfield import Hopfield, hebb, projection


def patterns(count, units, seed=0):
    source = random.Random(seed)
    return [[source.choice((-1, 1)) for _ in range(units)] for _ in range(count)]


def test_hebbs_rule_is_a_sum_of_outer_products():
    given = patterns(3, 6)
    expected = sum(np.outer(p, p) for p in given)
    assert hebb(given) == expected.tolist()
    w = np.array(Hopfield(given).w)
    assert (w == expected * (1 - np.eye(6, dtype=int))).all()
    assert w.dtype == int  # so that ties are ties


def test_the_projection_maps_each_pattern_to_itself():
    given = patterns(7, 12)
    w = np.array(projection(given))
    np.testing.assert_allclose(w @ np.array(given).T, np.array(given).T, atol=1e-12)
    np.testing.assert_allclose(w @ w, w, atol=1e-12)
    assert (w == w.T).all()


@pytest.mark.parametrize("count", [1, 4, 7, 8])
def test_the_projection_keeps_every_pattern(count):
    """Also units that no other unit says anything of: what rounding leaves moves none."""
    for seed in range(20):
        given = patterns(count, 8, seed)
        memory = Hopfield(given, "projection")
        assert [memory.recall(p).state for p in given] == given
    apart = Hopfield([[1, 1, 1], [1, 1, -1]], "projection")
    assert apart.w == [[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("rule", ["hebb", "projection"])
def test_each_change_lowers_the_energy_from_every_state(rule):
    memory = Hopfield(patterns(2, 7), rule)
    for state in product((-1, 1), repeat=7):
        recall = memory.recall(state)
        energies = [memory.energy(s) for s in recall.states]
        assert all(after < before for before, after in pairwise(energies))
        assert all(sum(a != b for a, b in zip(s, t, strict=True)) == 1
                   for s, t in pairwise(recall.states))  # fmt: skip
        assert recall.settled
        end = recall.state
        assert all(memory.field(end, i) * end[i] >= 0 for i in range(7))


def test_the_field_is_what_lowers_the_energy():
    """Hopfield 1984: -dE/ds_i; here by autograd, whose table knows nothing of fields."""
    memory = Hopfield(patterns(3, 8))
    state = [Value(float(s)) for s in patterns(1, 8, seed=5)[0]]
    slopes = gradients(memory.energy(state), state)
    assert [-slope for slope in slopes] == [
        memory.field([s.data for s in state], i) for i in range(8)
    ]


def test_noisy_and_half_erased_patterns_are_recalled():
    given = patterns(4, 64)
    memory = Hopfield(given)
    source = random.Random(1)
    for pattern in given:
        assert memory.recall(pattern).states == [pattern]
        flipped = set(source.sample(range(64), 9))
        cue = [-s if i in flipped else s for i, s in enumerate(pattern)]
        assert memory.recall(cue).state == pattern
        assert memory.recall(pattern[:32] + [0] * 32).state == pattern
        assert memory.recall([-s for s in pattern]).state == [-s for s in pattern]


def test_too_many_patterns_are_forgotten_by_hebb_and_kept_by_the_projection():
    """Amit, Gutfreund and Sompolinsky 1985: 0.138 of 100 units; 8 are below, 40 far above."""
    for count, rule, kept in ((8, "hebb", True), (40, "hebb", False), (40, "projection", True)):
        given = patterns(count, 100)
        memory = Hopfield(given, rule)
        wrong = [sum(a != b for a, b in zip(memory.recall(p, most=5).state, p, strict=True))
                 for p in given[:8]]  # fmt: skip
        assert (sum(wrong) <= 8) is kept  # a hundredth of the units
        assert kept or sum(wrong) > 80


def test_synchronous_recall_may_go_to_and_fro():
    memory = Hopfield([[1, 1]])
    recall = memory.recall([1, -1], synchronous=True)
    assert recall.states == [[1, -1], [-1, 1], [1, -1]]
    assert recall.cycle
    assert not recall.settled
    assert memory.recall([1, -1]).settled
    still = memory.recall([1, 1], synchronous=True)
    assert (still.states, still.settled, still.cycle) == ([[1, 1]], True, False)


def test_the_order_is_the_seeds_and_units_without_a_field_stay():
    memory = Hopfield(patterns(5, 20))
    cue = patterns(1, 20, seed=9)[0]
    assert memory.recall(cue, seed=3) == memory.recall(cue, seed=3)
    assert len({str(memory.recall(cue, seed=k).states) for k in range(5)}) > 1
    silent = Hopfield([[1, 1, 1], [1, 1, -1]])  # the third unit goes with nobody
    assert [silent.recall([1, 1, s]).state[2] for s in (-1, 0, 1)] == [-1, 0, 1]


def test_a_recall_that_is_cut_short_says_so():
    memory = Hopfield([[1] * 10])
    recall = memory.recall([1] * 6 + [-1] * 4, most=1)
    assert recall.state == [1] * 10
    assert not recall.settled  # nobody has looked again


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Hopfield([]), ValueError, "give a list of them"),
        (lambda: Hopfield([1, -1]), ValueError, r"shape \(2, 1\); .* two units or more"),
        (lambda: Hopfield([[1]]), ValueError, "two units or more"),
        (lambda: Hopfield([[1, 1], [1]]), ValueError, "unequal lengths"),
        (lambda: Hopfield([[1, 0]]), ValueError, r"a unit is 0, none of \(-1, 1\): write 2\*x - 1"),
        (lambda: Hopfield([[1, 0.5]]), ValueError, r"a unit is 0.5, none of \(-1, 1\)$"),
        (lambda: Hopfield([[1, 1]], "hebbian"), ValueError, "rule='hebbian' is unknown: did you mean 'hebb'"),
        (lambda: Hopfield([[1, 1]]).recall([1]), ValueError, "1 units where there must be 2"),
        (lambda: Hopfield([[1, 1]]).recall([1, 2]), ValueError, r"a unit is 2, none of \(-1, 0, 1\)"),
        (lambda: Hopfield([[1, 1]]).recall([1, 1], most=0), ValueError, "most=0"),
    ],
)  # fmt: skip
def test_wrong_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
