"""Attention by itself: what its formula must hold, its masks, gradients and wrong input."""

from __future__ import annotations

import copy
from functools import reduce
from math import cos, exp, fsum, inf, sin, sqrt

import numpy as np
import pytest

import nn
from autograd import Value, dot
from autograd.check import check_gradient
from nn.attention.masks import both_masks, causal_mask, padding_mask
from nn.attention.multi_head import MultiHeadAttention
from nn.attention.positions import LearnedPositions, PositionalEncoding
from nn.attention.scaled_dot_product import attention_weights, scaled_dot_product
from nn.inputs import flattened, mapped

RANDOM = np.random.default_rng(0)


def sequence(n, size):
    return RANDOM.uniform(-1, 1, (n, size)).tolist()


def numbers(outputs):
    return np.array(mapped(lambda y: float(y.data if isinstance(y, Value) else y), outputs))


def with_values(model, values):
    """Return the model with such parameters, in their order."""
    model = copy.deepcopy(model)
    for (path, _), value in zip(model.named_parameters(), values, strict=True):
        *way, last = path.split(".")
        holder = reduce(lambda part, name: part[int(name)] if name.isdigit() else getattr(part, name),
                        way, model)  # fmt: skip
        if last.isdigit():
            holder[int(last)] = value
        else:
            setattr(holder, last, value)
    return model


# --- the formula ---


def test_by_hand():
    """Two keys, d = 4: scores 2/sqrt(4) = 1 and 0, so the shares are e/(e+1) and 1/(e+1)."""
    share = exp(1) / (exp(1) + 1)
    [y] = scaled_dot_product([[2.0, 0, 0, 0]], [[1.0, 0, 0, 0], [0, 1.0, 0, 0]], [[3.0], [-1.0]])
    assert y[0] == pytest.approx(4 * share - 1, rel=1e-15)


def test_a_query_of_zeros_takes_the_mean_of_what_it_may_see():
    values = [[1.0], [2.0], [6.0]]
    found = scaled_dot_product([[0.0]] * 3, [[1.0], [5.0], [-2.0]], values, causal_mask(3))
    assert found == [[1.0], [1.5], [pytest.approx(3.0, rel=1e-15)]]


def test_a_key_that_matches_far_better_is_looked_up():
    found = scaled_dot_product([[0.0, 1e4]], [[1.0, 0.0], [0.0, 1.0]], [[5.0, 6.0], [7.0, 8.0]])
    assert found == [[7.0, 8.0]]


def test_self_attention_does_not_see_the_order_and_positions_make_it_seen():
    attention, x = MultiHeadAttention(4, 2, seed=1), sequence(3, 4)
    y = numbers(attention(x))
    np.testing.assert_allclose(numbers(attention(x[::-1]))[::-1], y, rtol=1e-13)
    placed = PositionalEncoding(4)
    y = numbers(attention(placed(x)))
    assert np.abs(numbers(attention(placed(x[::-1])))[::-1] - y).max() > 0.01


def test_two_heads_are_two_attentions_of_half_the_size():
    """The loop over heads written out in matrices, as in Vaswani et al. 2017, section 3.2.2."""
    attention, x, context = MultiHeadAttention(6, 3, seed=2), sequence(4, 6), sequence(5, 6)
    for i, p in enumerate(attention.parameters()):
        p.data = sin(i)
    W, b = ({name: np.array([[w.data for w in n.w] if kind == "w" else n.b.data
                             for n in getattr(attention, name).neurons])
             for name in ("query", "key", "value", "output")} for kind in "wb")  # fmt: skip
    Q, K, V = (
        np.array(s) @ W[name].T + b[name]
        for s, name in ((x, "query"), (context, "key"), (context, "value"))
    )
    heads, shares = [], []
    for h in range(3):
        part = slice(2 * h, 2 * h + 2)
        powers = np.exp(Q[:, part] @ K[:, part].T / sqrt(2))
        shares.append(powers / powers.sum(axis=1, keepdims=True))
        heads.append(shares[-1] @ V[:, part])
    expected = np.hstack(heads) @ W["output"].T + b["output"]
    np.testing.assert_allclose(numbers(attention(x, context)), expected, rtol=1e-13)
    np.testing.assert_allclose(numbers(attention.weights(x, context)), shares, rtol=1e-13)


def test_weights_sum_to_1_and_are_0_behind_the_mask():
    mask = [[True, False, True], [False, True, False], [True, True, True]]
    for row, sees in zip(
        attention_weights(sequence(3, 2), sequence(3, 2), mask), mask, strict=True
    ):
        assert fsum(row) == pytest.approx(1, rel=1e-15)
        assert [w > 0 for w in row] == sees


def test_a_hidden_value_has_no_influence():
    keys, values = sequence(3, 2), [[Value(1.0)], [Value(2.0)], [Value(3.0)]]
    mask = [[True, True, False]]
    queries = [[Value(0.5), Value(-0.25)]]
    [[y]] = scaled_dot_product(queries, keys, values, mask)
    y.backward()
    assert values[2][0].grad == 0
    assert fsum(v[0].grad for v in values) == pytest.approx(1, rel=1e-15)
    assert all(np.isfinite(q.grad) for q in queries[0])


# --- positions ---


def test_waves_of_every_length():
    encoding = PositionalEncoding(4).encoding(3)
    assert encoding == [sin(3), cos(3), sin(3 / 100), cos(3 / 100)]  # 10000 ** (2 / 4) = 100
    assert PositionalEncoding(3).encoding(2)[2] == sin(2 / 10000 ** (2 / 3))


def test_positions_that_are_a_shift_apart_are_a_rotation_apart():
    """What section 3.5 of the source hopes for: PE(t + k) is a linear function of PE(t)."""
    waves = PositionalEncoding(6)
    for t in (0, 5, 40):
        for i in (0, 2, 4):
            angle = 7 / 10000 ** (i / 6)
            a, b = waves.encoding(t)[i : i + 2]
            turned = [a * cos(angle) + b * sin(angle), b * cos(angle) - a * sin(angle)]
            assert waves.encoding(t + 7)[i : i + 2] == pytest.approx(turned, abs=1e-14)


def test_learned_positions_are_the_rows_of_their_table():
    positions = LearnedPositions(3, 2, seed=0)
    y = positions([[0.0, 0.0], [0.0, 0.0]])
    assert numbers(y).tolist() == numbers(positions.table.rows[:2]).tolist()
    assert len(positions.parameters()) == 6


# --- masks ---


def test_masks_together_let_through_what_both_do():
    mask = both_masks(causal_mask(3), padding_mask([4, 9, 0], padding=0))
    assert mask == [[True, False, False], [True, True, False], [True, True, False]]
    assert both_masks(None, mask) is both_masks(mask, None) is mask
    assert both_masks(None, None) is None
    with pytest.raises(
        ValueError, match=r"mask of the shape \(2, 2\) with one of the shape \(3, 3"
    ):
        both_masks(causal_mask(2), causal_mask(3))


def test_a_sequence_of_padding_still_has_something_to_look_at():
    assert padding_mask([0, 0], padding=0, queries=1) == [[True, False]]


def test_masks_may_be_arrays():
    q, k = sequence(2, 2), sequence(2, 2)
    mask = np.tril(np.ones((2, 2), bool))
    assert attention_weights(q, k, mask) == attention_weights(q, k, causal_mask(2))


# --- gradients ---


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("mask", [None, causal_mask(2)])
def test_attention_gradients_by_its_inputs(order, mask):
    def f(x):
        queries, keys, values = x[:2], x[2:4], x[4:]
        return dot([1.0, -2.0], [y[0] for y in scaled_dot_product(queries, keys, values, mask)])

    points = [[0.3], [1.1], [0.7], [-0.5], [1.5], [-0.8]]
    report = check_gradient(f, points, order=order)
    assert report.ok, report


@pytest.mark.parametrize("order", [1, 2])
def test_multi_head_gradients_by_its_parameters(order):
    attention, x = MultiHeadAttention(2, 2, seed=0), sequence(2, 2)
    points = [p.data for p in attention.parameters()]
    count = len(points) if order == 1 else 9  # of a Hessian the part of queries and a key is enough

    def f(values):
        outputs = with_values(attention, [*values, *points[count:]])(x)
        return dot([1.0, -2.0, 0.5, 3.0], flattened(outputs))

    report = check_gradient(f, points[:count], order=order)
    assert report.ok, report


# --- wrong input ---


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: MultiHeadAttention(6, 4), ValueError, "6 must be a multiple of heads"),
        (lambda: MultiHeadAttention(6, 0), ValueError, "heads=0: it must be a whole number"),
        (lambda: MultiHeadAttention(2, 1)([[1.0, 2.0], [1.0]]), ValueError,
         r"x: element 1 is of 1 numbers, not of 2"),
        (lambda: MultiHeadAttention(2, 1)([1.0, 2.0]), ValueError, "element 0 is one number"),
        (lambda: MultiHeadAttention(2, 1)([]), ValueError, "x: an empty sequence"),
        (lambda: MultiHeadAttention(2, 1)([[1.0, 2.0]], context=[[1.0, 2.0, 3.0]]), ValueError,
         "context: element 0 is of 3 numbers, not of 2"),
        (lambda: scaled_dot_product([[1.0]], [[1.0], [2.0]], [[1.0]]), ValueError,
         "2 keys and 1 values"),
        (lambda: scaled_dot_product([[1.0]], 2.0, [[1.0]]), ValueError, "keys: element 0 is one"),
        (lambda: MultiHeadAttention(2, 1)(np.zeros((3, 1, 2))), ValueError,
         r"x: element 0 holds lists; a sequence is one sample.* batch\(rows\) and predict"),
        (lambda: attention_weights([[1.0]], [[1.0, 2.0]]), ValueError,
         "keys: element 0 is of 2 numbers, not of 1"),
        (lambda: attention_weights([[1.0]], [[1.0], [2.0]], causal_mask(2)), ValueError,
         r"mask of the shape \(2, 2\): 1 queries and 2 keys need \(1, 2\)"),
        (lambda: attention_weights([[1.0]] * 2, [[1.0]] * 2, [[True], [True, False]]), ValueError,
         r"mask of the shape \(2, 1 to 2\)"),
        (lambda: attention_weights([[1.0]], [[1.0]], [[False]]), ValueError,
         "row 0 hides every key"),
        (lambda: attention_weights([[1.0]], [[1.0]], np.array([[False]])), ValueError,
         "row 0 hides every key"),
        (lambda: attention_weights([[1.0]], [[1.0], [2.0]], [[0.0, -inf]]), TypeError,
         "row 0 holds 0.0; give True where"),
        (lambda: causal_mask(0), ValueError, "n=0"),
        (lambda: LearnedPositions(2, 1)([[1.0]] * 3), ValueError,
         "a sequence of 3 elements, but only 2 places were learned"),
        (lambda: PositionalEncoding(3)([[1.0]]), ValueError, "element 0 is of 1 numbers, not of 3"),
        (lambda: nn.TokenEmbedding(5, 2)([5]), IndexError, "the index 5 is not in 0 to 4"),
        (lambda: nn.TokenEmbedding(5, 2)([]), ValueError, "an empty sequence; give one token"),
        (lambda: nn.TokenEmbedding(5, 2)([[1, 2]]), ValueError, "token 0 is a list; .* predict"),
        (lambda: nn.TokenEmbedding(5, 2)([0.5]), TypeError, "the index 0.5 is no whole number"),
    ],
)  # fmt: skip
def test_wrong_input_says_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_labels_name_the_projections():
    labels = [p.label for p in MultiHeadAttention(2, 1).parameters()]
    assert labels[:4] == ["wquery,1,1", "wquery,1,2", "bquery,1", "wquery,2,1"]
    assert labels[-1] == "boutput,2"
    model = nn.Sequential(PositionalEncoding(2), MultiHeadAttention(2, 1), MultiHeadAttention(2, 1))
    assert model.parameters()[-1].label == "b2,output,2"


def test_the_weights_are_no_state():
    attention, x = MultiHeadAttention(2, 1, seed=0), sequence(2, 2)
    before = vars(attention).copy()
    attention(x)
    attention.weights(x)
    assert vars(attention) == before
    assert numbers(attention.weights(x)).sum() == pytest.approx(2, rel=1e-15)
