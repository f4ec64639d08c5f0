"""Sequences of unequal lengths in one array, and characters as numbers."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from nn.data import Alphabet, padded, with_mask


def test_steps_of_several_features():
    array, mask = padded([[[1, 2]], [[3, 4], [5, 6]]], value=-1.0, length=3)
    assert array.tolist() == [[[1, 2], [-1, -1], [-1, -1]], [[3, 4], [5, 6], [-1, -1]]]
    assert mask.tolist() == [[1, 0, 0], [1, 1, 0]]
    assert with_mask(array, mask)[1].tolist() == [[3, 4, 1], [5, 6, 1], [-1, -1, 0]]


def test_arrays_and_one_feature_in_a_list():
    array, mask = padded([np.array([[1.0], [2.0]]), np.array([[3.0]])])
    assert array.shape == (2, 2, 1)
    assert array[:, :, 0].tolist() == [[1, 2], [3, 0]]
    assert with_mask(array, mask).shape == (2, 2, 2)
    assert with_mask(array[:, :, 0], mask).tolist() == with_mask(array, mask).tolist()


@pytest.mark.parametrize(
    ("given", "options", "error", "text"),
    [
        ([], {}, ValueError, "there are none"),
        ([[1.0], []], {}, ValueError, "number 1 is empty"),
        (5, {}, TypeError, "5, at 0, is no sequence"),
        ([[1.0], 2.0], {}, TypeError, "2.0, at 1, is no sequence"),
        (["ab"], {}, TypeError, "'ab', at 0, is no sequence"),
        ([[1.0] * 3, [1.0] * 5], {"length": 4}, ValueError, "number 1 has 5 steps and length=4"),
        ([[[1.0]], [[1.0, 2.0]]], {}, ValueError, "row 1 has 2 numbers, row 0 has 1"),
        ([[1.0, float("nan")]], {}, ValueError, "is nan"),
        ([["a"]], {}, TypeError, "'a', not a number"),
        ([[1.0]], {"length": 0}, ValueError, "length"),
    ],
)
def test_bad_sequences(given, options, error, text):
    with pytest.raises(error, match=text):
        padded(given, **options)


@pytest.mark.parametrize("mask", [[[1.0, 0.5]], [[1.0]], [[1.0, 1.0], [1.0, 1.0]]])
def test_bad_masks(mask):
    with pytest.raises(ValueError, match="give a 0 or 1 for each step"):
        with_mask([[1.0, 2.0]], mask)


def test_a_loss_over_the_real_steps():
    outputs = [[2.0, 0.0], [0.0, 3.0], [5.0, 5.0]]
    targets = [[0, 1], [0, 1], [1, 0]]
    terms = [nn.cross_entropy(outputs[0], 0), nn.cross_entropy(outputs[1], 0)]
    mean, total = (nn.masked_loss("cross_entropy", how) for how in ("mean", "sum"))
    assert total(outputs, targets) == pytest.approx(sum(terms), rel=1e-15)
    assert mean(outputs, targets) == pytest.approx(sum(terms) / 2, rel=1e-15)
    rows = nn.masked_loss("mean_squared_error")
    assert rows([[1.0, 2.0], [0.0, 0.0]], [[0.0, 0.0, 1], [9.0, 9.0, 0]]) == 2.5
    assert mean.__name__ == "masked_cross_entropy"
    with pytest.raises(ValueError, match="3 outputs and 2 targets"):
        mean(outputs, targets[:2])
    with pytest.raises(ValueError, match="it is one of mean, sum"):
        nn.masked_loss("cross_entropy", "none")
    with pytest.raises(ValueError, match="masked_loss: a step of 1 number"):
        mean(outputs, [0, 1, 0])


def test_an_alphabet_knows_its_characters():
    letters = Alphabet(["c", "ba"])
    assert len(Alphabet("hello")) == 4
    assert letters.symbols == ["ba", "c"]  # symbols may be longer
    assert Alphabet("hello").decode(np.array(Alphabet("hello").encode("hole"))) == "hole"
    with pytest.raises(ValueError, match="character 1 of 'hy' is 'y', which is none of the 4"):
        Alphabet("hello").encode("hy")
    with pytest.raises(ValueError, match="4 is the number of no character: 0 to 3"):
        Alphabet("hello").decode([0, 4])
    with pytest.raises(ValueError, match="no characters"):
        Alphabet("")
    with pytest.raises(TypeError, match="1 is no text; give characters or words"):
        Alphabet([1, 2])
    assert Alphabet("ab").decode(Alphabet("ab").encode("")) == ""
    assert repr(letters) == "Alphabet(['ba', 'c'])"
    assert repr(Alphabet("hello")) == "Alphabet('ehlo')"
