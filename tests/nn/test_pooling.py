"""Pooling and upsampling: what they keep, exactly; slopes; wrong input."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.check import check_gradient
from nn.inputs import flattened, mapped, shape

IMAGE = [[[3, 1, 4, 1, 5], [9, 2, 6, 5, 3], [5, 8, 9, 7, 9], [3, 2, 3, 8, 4]],
         [[0, -1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, -7, -3, 0], [0, 0, -2, -5, 0]]]  # fmt: skip


def test_max_pooling_by_hand():
    assert nn.MaxPool2d(2)(IMAGE) == [[[9, 6], [8, 9]], [[0, 0], [0, -2]]]
    assert nn.MaxPool2d((1, 3), stride=(2, 1))(IMAGE) == [
        [[4, 4, 5], [9, 9, 9]], [[0, 0, 0], [0, 0, 0]]
    ]  # fmt: skip
    assert nn.MaxPool1d(3, stride=2, padding=1)([[-3, -1, -4, -1]]) == [[-1, -1]]


def test_average_pooling_by_hand_and_zeros_beyond_the_edge_count():
    exact = mapped(Fraction, IMAGE)
    found = nn.AvgPool2d(2)(exact)
    assert found[0] == [[Fraction(15, 4), 4], [Fraction(18, 4), Fraction(27, 4)]]
    assert nn.AvgPool1d(3, stride=2, padding=1)([[Fraction(3), Fraction(1), Fraction(5)]]) == [
        [Fraction(4, 3), 2]
    ]


def test_global_pooling_of_signals_and_of_images():
    exact = mapped(Fraction, IMAGE)
    assert nn.GlobalAvgPool()(exact) == [Fraction(97, 20), Fraction(-18, 20)]
    assert nn.GlobalMaxPool()(exact) == [9, 0]
    assert nn.GlobalAvgPool()([[1.0, 2.0], [3.0, 5.0]]) == [1.5, 4.0]


def test_upsampling_repeats_along_each_dimension():
    assert nn.Upsample(3)([[1, 2]]) == [[1, 1, 1, 2, 2, 2]]
    assert nn.Upsample(2)([[[1, 2]], [[3, 4]]]) == [
        [[1, 1, 2, 2], [1, 1, 2, 2]], [[3, 3, 4, 4], [3, 3, 4, 4]]
    ]  # fmt: skip
    # what grows by repeating comes back by averaging
    exact = mapped(Fraction, IMAGE)
    assert nn.AvgPool2d(3)(nn.Upsample(3)(exact)) == exact


def test_only_the_largest_learns_and_ties_share():
    [row] = x = [[Value(v) for v in (1.0, 5.0, 2.0, 2.0)]]
    autograd.sum(nn.MaxPool1d(2)(x)[0]).backward()
    assert [v.grad for v in row] == [0.0, 1.0, 0.5, 0.5]


LAYERS = {
    "max 1d": (nn.MaxPool1d(3, 1, 1), (2, 4)),
    "max 2d": (nn.MaxPool2d(2), (1, 4, 2)),
    "mean 1d": (nn.AvgPool1d(2), (2, 4)),
    "mean 2d": (nn.AvgPool2d((2, 3), 1, (1, 0)), (1, 2, 4)),
    "global max": (nn.GlobalMaxPool(), (2, 2, 2)),
    "global mean": (nn.GlobalAvgPool(), (2, 4)),
    "upsample": (nn.Upsample(2), (1, 2, 2)),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", LAYERS)
def test_slopes_by_the_input(name, order):
    layer, sizes = LAYERS[name]
    draw = Random(1)

    def filled(sizes, numbers):
        return [filled(sizes[1:], numbers) for _ in range(sizes[0])] if sizes else next(numbers)

    def loss(numbers):
        ys = flattened(layer(filled(sizes, iter(numbers))))
        return autograd.sum([(i + 1) * autograd.exp(y) for i, y in enumerate(ys)])

    report = check_gradient(
        loss, [draw.gauss(0, 1) for _ in range(int(np.prod(sizes)))], order=order
    )
    assert report.ok, report


@pytest.mark.parametrize("layer", [layer for layer, _ in LAYERS.values()], ids=repr)
def test_options_and_repr_make_it_again(layer):
    again = eval(repr(layer), vars(nn))
    assert type(again) is type(layer)
    assert again.options() == type(layer)(**layer.options()).options() == layer.options()
    assert not layer.parameters()


WRONG_INPUT = {
    "no channels": (nn.MaxPool2d(2), IMAGE[0], r"\(4, 5\), no channels: write \[x\]"),
    "window": (nn.MaxPool2d((2, 6)), IMAGE, r"its window, 2×6, is larger than the input, 4×5;"),
    "ragged": (nn.AvgPool1d(2), [[1.0, 2.0], [1.0]], "unequal lengths"),
    "global": (nn.GlobalAvgPool(), [1.0, 2.0], r"no channels: write \[x\] for a single one"),
    "global ragged": (nn.GlobalMaxPool(), [[1.0, 2.0], [1.0]], "unequal lengths"),
    "global many": (nn.GlobalAvgPool(), [IMAGE], "called with one sample; for many .*predict"),
    "upsample many": (nn.Upsample(2), [IMAGE], "called with one sample; for many .*predict"),
    "upsample": (nn.Upsample(2), [1.0], "no channels"),
    "one number": (nn.MaxPool1d(2), 3.0, r"takes a signal \[channels\]\[length\]"),
}


@pytest.mark.parametrize("case", WRONG_INPUT.values(), ids=WRONG_INPUT)
def test_wrong_input(case):
    layer, x, message = case
    with pytest.raises(ValueError, match=message):
        layer(x)


def test_wrong_options():
    with pytest.raises(ValueError, match="padding=2: with more than half of kernel=3"):
        nn.MaxPool2d(3, padding=2)
    with pytest.raises(ValueError, match="stride=0"):
        nn.MaxPool2d(3, stride=0)
    with pytest.raises(ValueError, match=r"kernel=\(2, 2\): give a whole number, 1 or more$"):
        nn.AvgPool1d((2, 2))
    with pytest.raises(ValueError, match="factor=0"):
        nn.Upsample(0)


def test_pooling_halves_what_a_program_computes_too():
    X = np.random.RandomState(0).uniform(size=(60, 2, 6, 6))
    model = nn.Sequential(nn.MaxPool2d(2), nn.AvgPool2d(3))
    expected = X.reshape(60, 2, 3, 2, 3, 2).max(axis=(3, 5)).mean(axis=(2, 3), keepdims=True)
    found = model.predict(X)
    assert shape(found.tolist()) == (60, 2, 1, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
