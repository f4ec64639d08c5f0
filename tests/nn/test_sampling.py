"""Sampling: greedy, temperature and top-k choices, and texts made of them."""

from __future__ import annotations

from collections import Counter
from math import exp, inf, nan, sqrt

import numpy as np
import pytest

import nn
from autograd import Value
from nn.attention.sampling import generate, greedy, sampler

LOGITS = [0.5, 2.0, -1.0, 1.5]


def shares(logits):
    powers = [exp(x) for x in logits]
    return [p / sum(powers) for p in powers]


def test_greedy_takes_the_first_of_the_largest():
    assert greedy([1.0, 3.0, 3.0]) == 1
    assert greedy([-inf, -2.0]) == 1
    assert greedy(np.array([1, 2])) == 1
    assert greedy([Value(1.0), Value(2.0)]) == 1


@pytest.mark.parametrize(("temperature", "top_k"), [(1.0, None), (0.5, None), (3.0, 2), (1, 3)])
def test_tokens_are_drawn_as_often_as_their_probability_says(temperature, top_k):
    choose, n = sampler(temperature, top_k, seed=0), 4000
    counts = Counter(choose(LOGITS) for _ in range(n))
    kept = sorted(range(4), key=lambda i: -LOGITS[i])[:top_k]
    assert set(counts) == set(kept)
    for i, p in zip(kept, shares([LOGITS[i] / temperature for i in kept]), strict=True):
        # five standard deviations of a binomial count
        assert abs(counts[i] - n * p) < 5 * sqrt(n * p * (1 - p))


def test_a_low_temperature_is_greedy_and_a_high_one_even():
    assert {sampler(1e-3, seed=0)(LOGITS) for _ in range(50)} == {1}
    counts = Counter(map(sampler(1e6, seed=0), [LOGITS] * 4000))
    assert all(abs(n - 1000) < 5 * sqrt(4000 * 3 / 16) for n in counts.values())


def test_one_of_equal_logits_is_the_first_for_top_k():
    assert {sampler(top_k=2, seed=0)([1.0, 1.0, 1.0]) for _ in range(50)} <= {0, 1}
    choose = sampler(top_k=1, seed=0)
    assert [choose(LOGITS) for _ in range(5)] == [greedy(LOGITS)] * 5


def test_impossible_tokens_are_never_drawn():
    choose = sampler(seed=0)
    assert {choose([-inf, 0.0, -inf]) for _ in range(50)} == {1}


def test_a_seed_decides_what_is_drawn():
    one, other, third = (sampler(seed=seed) for seed in (0, 0, 1))
    text = [one(LOGITS) for _ in range(30)]
    assert [other(LOGITS) for _ in range(30)] == text
    assert [third(LOGITS) for _ in range(30)] != text


# --- generate ---


class Counting(nn.Module):
    """Say that the next token is one more, and note what it was called with."""

    def __init__(self):
        self.seen = []

    def __call__(self, tokens):
        self.seen.append(list(tokens))
        return [[float(i == (token + 1) % 4) for i in range(4)] for token in tokens]


def test_the_last_tokens_are_seen_through_a_window_of_one_length():
    model = Counting()
    assert generate(model, [2, 3], 4, window=3) == [2, 3, 0, 1, 2, 3]
    assert model.seen == [[2, 3, 3], [2, 3, 0], [3, 0, 1], [0, 1, 2]]


def test_the_logits_are_those_of_the_last_token_not_of_what_is_filled_in():
    def places(tokens):
        return [[float(i == place) for i in range(4)] for place in range(len(tokens))]

    assert generate(places, [0, 0], 2, window=4) == [0, 0, 1, 2]


def test_a_longer_start_than_the_window_is_kept():
    assert generate(Counting(), [0, 1, 2, 3, 0], 2, window=2) == [0, 1, 2, 3, 0, 1, 2]


def test_it_ends_after_the_token_that_stops():
    assert generate(Counting(), [0], 50, window=2, stop=3) == [0, 1, 2, 3]


def test_a_language_model_is_asked_for_the_logits_of_the_last_token():
    model = nn.LanguageModel(5, size=4, heads=1, layers=1, seed=3)
    found = generate(model, [1, 2], 1, window=4)
    assert found == [1, 2, greedy(model([1, 2])[-1])]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: greedy([]), r"greedy: \[\] are no logits"),
        (lambda: greedy([1.0, nan]), "are no logits"),
        (lambda: greedy([[1.0, 2.0], [3.0, 4.0]]), "are no logits; give a number for each token"),
        (lambda: greedy("abc"), "'abc' are no logits"),
        (lambda: sampler()([-inf, -inf]), "sampler: .* are no logits"),
        (lambda: sampler()([nan, 1.0]), "sampler: .* are no logits"),
        (lambda: sampler(temperature=0), "temperature=0: .*a number above 0"),
        (lambda: sampler(temperature=-1.0), "temperature=-1.0"),
        (lambda: sampler(temperature=inf), "temperature=inf"),
        (lambda: sampler(top_k=0), "top_k=0: it must be a whole number, 1 or more"),
        (lambda: sampler(top_k=5)(LOGITS), "top_k=5: there are only 4 tokens"),
        (lambda: generate(Counting(), [], 1, window=2), "no start; give one token"),
        (lambda: generate(Counting(), [1.5], 1, window=2), r"start=\[1.5\]; give a list of tokens"),
        (lambda: generate(Counting(), list("ab"), 1, window=2), "give a list of tokens, whole num"),
        (lambda: generate(Counting(), [1], 1, window=0), "window=0"),
        (lambda: generate(Counting(), [1], 0, window=1), "length=0"),
        (lambda: generate(lambda tokens: [0.5, 1.0], [1], 1, window=2),
         "for 2 tokens the model gives .*a row of logits for each"),
        (lambda: generate(lambda tokens: [[0.5, 1.0]], [1], 1, window=2), "for 2 tokens"),
    ],
)  # fmt: skip
def test_wrong_input_says_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
