"""Convolutions and transposed ones: what they compute, exactly; slopes; labels; wrong input."""

from __future__ import annotations

import copy
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.check import check_gradient
from nn.inputs import flattened, shape


def fractions(sizes, seed):
    """Return small random fractions in nested lists."""
    draw = Random(seed)

    def made(sizes):
        if not sizes:
            return Fraction(draw.randint(-9, 9), draw.randint(1, 7))
        return [made(sizes[1:]) for _ in range(sizes[0])]

    return made(tuple(sizes))


def with_fractions(layer, seed=0):
    numbers = fractions([len(layer.parameters())], seed)
    for p, number in zip(layer.parameters(), numbers, strict=True):
        p.data = number
    return layer


def data(outputs):
    return [y.data if isinstance(y, Value) else y for y in flattened(outputs)]


def at(grid, *indices):
    """Return the number at a place, 0 outside: what padding means."""
    for i in indices:
        if not 0 <= i < len(grid):
            return 0
        grid = grid[i]
    return grid


CONVOLUTIONS = {  # nin, nout, kernel, stride, padding, dilation
    "plain": (2, 3, (3, 2), (1, 1), (0, 0), (1, 1)),
    "strided": (1, 2, (3, 3), (2, 3), (1, 2), (1, 1)),
    "dilated": (2, 1, (2, 3), (1, 2), (1, 1), (3, 2)),
    "1 by 1": (3, 2, (1, 1), (1, 1), (0, 0), (1, 1)),
}


@pytest.mark.parametrize("case", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_a_convolution_is_the_sum_that_defines_it(case):
    nin, nout, kernel, stride, padding, dilation = case
    layer = with_fractions(nn.Conv2d(nin, nout, kernel, stride, padding, dilation))
    x = fractions((nin, 6, 7), seed=1)
    heights, widths = ((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in
                       zip((6, 7), kernel, stride, padding, dilation, strict=True))  # fmt: skip
    expected = [
        layer.b[o].data + sum(
            layer.w[o][c][a][b].data
            * at(x, c, stride[0] * i + dilation[0] * a - padding[0],
                 stride[1] * j + dilation[1] * b - padding[1])
            for c, a, b in product(range(nin), range(kernel[0]), range(kernel[1]))
        )
        for o, i, j in product(range(nout), range(heights), range(widths))
    ]  # fmt: skip
    y = layer(x)
    assert shape(y) == (nout, heights, widths)
    assert data(y) == expected
    assert all(isinstance(number, Fraction) for number in data(y))


def inner(a, b):
    return sum(x * y for x, y in zip(data(a), data(b), strict=True))


ADJOINTS = {  # sizes, kernel, stride, padding, output_padding, dilation
    "1d": ((9,), 3, 2, 1, 0, 1),
    "1d, a place left over": ((10,), 3, 2, 1, 1, 1),
    "1d, dilated": ((11,), 3, 3, 2, 1, 2),
    "1d, kernel below stride": ((8,), 1, 3, 0, 1, 1),
    "2d, doubling": ((4, 6), 2, 2, 0, 0, 1),
    "2d, pairs": ((6, 7), (3, 2), (2, 1), (1, 0), (1, 0), (1, 2)),
}


@pytest.mark.parametrize("case", ADJOINTS.values(), ids=ADJOINTS)
def test_a_transposed_convolution_is_the_adjoint_exactly(case):
    sizes, kernel, stride, padding, more, dilation = case
    kinds = (
        (nn.Conv1d, nn.TransposedConv1d) if len(sizes) == 1 else (nn.Conv2d, nn.TransposedConv2d)
    )
    convolution = kinds[0](2, 3, kernel, stride, padding, dilation, bias=False)
    transposed = kinds[1](3, 2, kernel, stride, padding, more, dilation, bias=False)
    with_fractions(convolution)
    for mine, its in zip(flattened(transposed.w), flattened(convolution.w), strict=True):
        mine.data = its.data  # w[out][in] of the one is w[in][out] of the other
    x = fractions((2, *sizes), seed=1)
    y = fractions(shape(convolution(x)), seed=2)
    back = transposed(y)
    assert shape(back) == shape(x)
    assert inner(convolution(x), y) == inner(x, back)


def test_a_stamp_falls_on_each_number():
    layer = nn.TransposedConv1d(1, 1, 3, stride=2, bias=False)
    for w, number in zip(layer.w[0][0], (1, 10, 100), strict=True):
        w.data = number
    [y] = layer([[1, 2]])
    assert data(y) == [1, 10, 100 + 2, 20, 200]


def test_same_keeps_the_size_and_even_kernels_have_more_room_after():
    layer = nn.Conv1d(1, 1, 4, padding="same", bias=False)
    for w, number in zip(layer.w[0][0], (1, 10, 100, 1000), strict=True):
        w.data = number
    assert data(layer([[1, 2, 3]])) == [3210, 321, 32]
    assert shape(nn.Conv2d(1, 2, (3, 4), padding="same", dilation=2)([[[0.0] * 5] * 6])) == (
        2,
        6,
        5,
    )


LAYERS = {
    "conv1d": (lambda: nn.Conv1d(2, 2, 2, padding=1, activation="tanh", seed=0), (2, 3)),
    "conv2d": (
        lambda: nn.Conv2d(1, 2, 2, stride=(1, 2), dilation=(2, 1), activation="sigmoid", seed=0),
        (1, 3, 4),
    ),
    "transposed1d": (
        lambda: nn.TransposedConv1d(2, 1, 3, stride=2, padding=1, activation="tanh", seed=0),
        (2, 2),
    ),
    "transposed2d": (
        lambda: nn.TransposedConv2d(1, 2, 2, stride=2, activation="softplus", seed=0),
        (1, 1, 2),
    ),
}


def loss_of(make, sizes):
    """Return a function of the numbers of weights, biases and input, and a point for it."""
    model = make()
    count = len(model.parameters())
    draw = Random(3)
    point = [draw.gauss(0, 1) for _ in range(count)]
    x = [draw.gauss(0, 1) for _ in range(len(flattened(fractions(sizes, 0))))]
    pattern = fractions(sizes, 0)

    def loss(numbers):
        layer, given = copy.copy(model), iter(numbers)
        layer.w = _filled(model.w, given)
        layer.b = [next(given) for _ in model.b]
        ys = flattened(layer(_filled(pattern, given)))
        return autograd.sum([(i + 1) * y * y for i, y in enumerate(ys)])

    return loss, point + x


@pytest.mark.parametrize("name", LAYERS)
def test_curvatures_along_directions_in_which_all_of_them_move(name):
    loss, point = loss_of(*LAYERS[name])
    draw = Random(4)
    directions = [[draw.gauss(0, 1) for _ in point] for _ in range(2)]

    def along(steps):
        moved = [autograd.dot(steps, parts) for parts in zip(*directions, strict=True)]
        return loss([x + step for x, step in zip(point, moved, strict=True)])

    report = check_gradient(along, [0.1, -0.2], order=2)
    assert report.ok, report


def _filled(pattern, numbers):
    if isinstance(pattern, list):
        return [_filled(part, numbers) for part in pattern]
    return next(numbers)


@pytest.mark.parametrize("name", LAYERS)
def test_slopes_by_weights_biases_and_input(name):
    loss, point = loss_of(*LAYERS[name])
    report = check_gradient(loss, point)
    assert report.ok, report


def test_weights_have_pytorchs_shape_and_labels_with_the_place():
    model = nn.Sequential(nn.Conv2d(2, 3, (1, 2)), nn.TransposedConv1d(2, 3, 2), nn.Conv1d(1, 1, 1))
    assert shape(model[0].w) == (3, 2, 1, 2)
    assert shape(model[1].w) == (2, 3, 2)
    labels = [p.label for p in model.parameters()]
    assert labels[1] == "w1,1,1,1,2"
    assert labels[12:16] == ["b1,1", "b1,2", "b1,3", "w2,1,1,1"]
    assert labels[-2:] == ["w3,1,1,1", "b3,1"]
    assert nn.Conv1d(1, 1, 2).w[0][0][1].label == "w1,1,2"
    assert len(set(labels)) == len(labels)


def test_a_slope_that_learns_is_each_channels_own():
    model = nn.Sequential(nn.Conv1d(1, 2, 1, activation="prelu"))
    assert [p.label for p in model.parameters()][-2:] == ["a1,1", "a1,2"]
    shared = nn.Conv1d(1, 2, 1, activation=nn.PReLU())
    assert len(shared.parameters()) == 2 + 2 + 1


def test_initial_weights():
    relu = flattened(nn.Conv2d(4, 8, 3, activation="relu", seed=0).w)
    linear = flattened(nn.Conv2d(4, 8, 3, seed=0).w)
    # he's bound is sqrt(6 / (4 * 9)), glorot's sqrt(6 / ((4 + 8) * 9)): 288 draws come near both
    for weights, bound in ((relu, (6 / 36) ** 0.5), (linear, (6 / 108) ** 0.5)):
        assert 0.97 * bound < max(abs(w.data) for w in weights) <= bound
    rows = [
        [w.data for w in flattened(row)] for row in nn.Conv1d(2, 3, 4, init="orthogonal", seed=0).w
    ]
    for i, j in product(range(3), repeat=2):
        assert sum(a * b for a, b in zip(rows[i], rows[j], strict=True)) == pytest.approx(
            float(i == j), abs=1e-12
        )
    same = [nn.TransposedConv2d(1, 2, 2, seed=5).state_dict() for _ in range(2)]
    assert same[0] == same[1]


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(1, 2, (3, 1), 2, (1, 0), activation="relu", bias=False),
        nn.Conv1d(2, 3, 2, padding="same", dilation=2),
        nn.TransposedConv2d(2, 1, 2, stride=2, activation="tanh"),
        nn.TransposedConv1d(2, 1, 3, stride=3, padding=1, output_padding=2),
    ],
    ids=repr,
)
def test_options_and_repr_make_it_again(layer):
    again = type(layer)(**layer.options())
    assert again.options() == layer.options()
    assert list(again.state_dict()) == list(layer.state_dict())
    assert eval(repr(layer), vars(nn)).options() == layer.options()


def test_repr_leaves_out_what_is_as_by_default():
    assert repr(nn.Conv2d(1, 8, 3)) == "Conv2d(1, 8, 3)"
    assert repr(nn.Conv2d(1, 8, (3, 5), padding="same", activation="relu")) == (
        "Conv2d(1, 8, [3, 5], padding='same', activation='relu')"
    )


def test_a_function_of_ones_own_as_activation():
    square = nn.Conv1d(1, 1, 1, activation=lambda x: x * x, init=lambda *_: 1.0)
    assert data(square([[3.0, -2.0]])) == [9.0, 4.0]
    assert callable(square.options()["activation"])

    def relu(x):
        return x * x

    assert nn.Conv1d(1, 1, 1, activation=relu).options()["activation"] is relu  # not autograd's


IMAGE = [[[0.0] * 4] * 4]

WRONG_INPUT = {
    "no channels": (nn.Conv2d(1, 2, 3), IMAGE[0], r"\(4, 4\), no channels: write \[x\]"),
    "a row": (nn.Conv2d(1, 2, 3), [0.0] * 16, r"\(16,\): X.reshape\(samples, channels"),
    "many": (nn.Conv2d(1, 2, 3), [IMAGE], r"called with one sample; for many .*predict"),
    "channels": (nn.Conv2d(3, 2, 3), IMAGE, "takes 3 channels; what was given has 1.*moveaxis"),
    "ragged": (nn.Conv2d(1, 2, 1), [[[0.0, 1.0], [0.0]]], "unequal lengths: part 1"),
    "empty": (nn.Conv1d(1, 2, 1), [[]], "no numbers in the shape"),
    "kernel": (nn.Conv2d(1, 2, 5), IMAGE, r"its window, 5×5, is larger than the input, 4×4;"),
    "dilated": (nn.Conv2d(1, 2, 3, padding=1, dilation=(1, 4)), IMAGE,
                r"its window, 3×9, is larger than the input, 4×4 and with its padding 6×6"),
    "transposed": (nn.TransposedConv1d(2, 2, 3), [[0.0]], "takes 2 channels; what was given has 1"),
    "cut off": (nn.TransposedConv2d(1, 1, 3, padding=(0, 2)), [[[0.0, 1.0]]],
                r"an input of 1×2 padding=\[0, 2\] cuts off all that was stamped; give less"),
    "signal": (nn.Conv1d(1, 1, 2), [0.0, 1.0], r"takes a signal \[channels\]\[length\]"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_INPUT.values(), ids=WRONG_INPUT)
def test_wrong_input(case):
    layer, x, message = case
    with pytest.raises(ValueError, match=message):
        layer(x)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel": 0}, "kernel=0: give a whole number, 1 or more, or a pair"),
        ({"kernel": (3, 3, 3)}, r"kernel=\(3, 3, 3\)"),
        ({"kernel": "33"}, "kernel='33'"),
        ({"stride": 0}, "stride=0: give a whole number, 1 or more"),
        ({"stride": 1.5}, "stride=1.5"),
        ({"dilation": (1, 0)}, r"dilation=\(1, 0\)"),
        ({"padding": -1}, "padding=-1: give a whole number, 0 or more"),
        ({"padding": "valid"}, "padding='valid': give 'same'"),
        ({"padding": "same", "stride": 2}, "padding='same' with stride=2: .* write padding=1"),
        ({"nin": 0}, "nin=0"),
        ({"nout": True}, "nout=True"),
        ({"activation": "softmax"}, "softmax"),
        ({"activation": "rellu"}, "did you mean 'relu'"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        nn.Conv2d(**{"nin": 1, "nout": 1, "kernel": 3, **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"padding": 3}, r"padding=3: .* at most dilation \* \(kernel - 1\) = 2"),
        ({"output_padding": 2, "stride": 2}, "output_padding=2: it must be below the stride, 2"),
        ({"stride": 0}, "stride=0"),
    ],
)
def test_wrong_options_of_transposed(options, message):
    with pytest.raises(ValueError, match=message):
        nn.TransposedConv2d(1, 1, 3, **options)


def products(layer, *sizes):
    """Return how many matrix products the forward part of its program has, and its text."""
    program = autograd.compile(lambda x: layer(x), rows=["x"])
    program(np.random.RandomState(0).uniform(size=(8, *sizes)))
    text = program.source[program.source.index("def forward") : program.source.index("def reverse")]
    return text.count("matmul("), text


@pytest.mark.parametrize(
    ("layer", "sizes"),
    [
        (nn.Conv1d(2, 3, 3, padding="same", seed=0), (2, 12)),
        (nn.Conv2d(2, 3, 3, padding="same", seed=0), (2, 6, 6)),
        (nn.Conv2d(2, 3, 3, stride=2, padding=1, dilation=2, seed=0), (2, 8, 8)),
        (nn.TransposedConv2d(4, 3, 2, stride=2, seed=0), (4, 4, 4)),
    ],
    ids=repr,
)
def test_it_is_one_matrix_product(layer, sizes):
    count, text = products(layer, *sizes)
    assert count == 1, text
    assert "einsum" not in text
