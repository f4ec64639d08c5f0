"""Recurrent networks against their formulas, in exact fractions and in NumPy; masks, stacks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import nn
from autograd import Value
from nn.exchange.steps import steps_of
from nn.storage.description import build, describe

KINDS = [nn.RNN, nn.LSTM, nn.GRU]


def data(steps=4, nin=2, seed=0):
    return np.random.RandomState(seed).uniform(-1, 1, (steps, nin)).tolist()


def shaken(model, seed=0):
    """Return the model with parameters that are nowhere zero."""
    source = np.random.RandomState(seed)
    for p in model.parameters():
        p.data = float(source.uniform(0.2, 1.2) * source.choice([-1, 1]))
    return model


def numbers(found):
    return np.array(nn.inputs.numbers_of(found))


def matrix(layer):
    return np.array([[w.data for w in n.w] for n in layer.neurons])


def biases(layer):
    return np.array([n.b.data for n in layer.neurons])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_relu_rnn_is_exact():
    model = nn.RNN(2, 2, activation="relu", seed=0)
    weights = [[Fraction(1, 3), Fraction(-2, 5), Fraction(1, 2), Fraction(3, 7)],
               [Fraction(-1, 4), Fraction(5, 6), Fraction(-2, 3), Fraction(1, 5)]]  # fmt: skip
    for neuron, row, b in zip(model.cell.neurons, weights, (1, -1), strict=True):
        for w, number in zip(neuron.w, row, strict=True):
            w.data = number
        neuron.b.data = Fraction(b, 9)
    sequence = [[Fraction(1, 2), Fraction(-3)], [Fraction(2), Fraction(1, 7)], [Fraction(-1), 5]]
    h, expected = [Fraction(0)] * 2, []
    for x in sequence:
        sums = [sum(w * z for w, z in zip(row, [*x, *h], strict=True)) + Fraction(b, 9)
                for row, b in zip(weights, (1, -1), strict=True)]  # fmt: skip
        h = [max(s, 0) for s in sums]
        expected.append(h)
    assert [[y.data for y in step] for step in model(sequence)] == expected


@pytest.mark.parametrize("peephole", [False, True])
def test_an_lstm_follows_its_formulas(peephole):
    model = shaken(nn.LSTM(2, 3, peephole=peephole))
    gates = model.input_gate, model.forget_gate, model.output_gate
    if peephole:
        pi, pf, po = (np.array([p.data for p in gate.peepholes]) for gate in gates)
    else:
        pi, pf, po = np.zeros(3), np.zeros(3), np.zeros(3)
    h, c, expected = np.zeros(3), np.zeros(3), []
    for x in data():
        z = np.concatenate([x, h])
        si, sf, so = (matrix(gate) @ z + biases(gate) for gate in gates)
        g = np.tanh(matrix(model.candidate) @ z + biases(model.candidate))
        c_new = sigmoid(sf + pf * c) * c + sigmoid(si + pi * c) * g
        c = c_new
        h = sigmoid(so + po * c_new) * np.tanh(c)
        expected.append((h, c))
    found = model.states(data())
    np.testing.assert_allclose(numbers(found), np.array(expected), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(numbers(model(data())), numbers([h for h, _ in found]))
    # every parameter matters, the peepholes as well
    model(data())[-1][0].backward()
    assert len(model.parameters()) == 4 * 3 * 6 + (9 if peephole else 0)
    assert all(p.grad for p in model.parameters() if "output" not in p.label)


def test_a_gru_follows_its_formulas():
    model = shaken(nn.GRU(2, 3))
    h, expected = np.zeros(3), []
    for x in data():
        z = np.concatenate([x, h])
        r, u = (
            sigmoid(matrix(gate) @ z + biases(gate))
            for gate in (model.reset_gate, model.update_gate)
        )
        old = matrix(model.memory) @ h + biases(model.memory)
        n = np.tanh(matrix(model.candidate) @ x + biases(model.candidate) + r * old)
        h = (1 - u) * n + u * h
        expected.append(h)
    np.testing.assert_allclose(numbers(model(data())), np.array(expected), rtol=0, atol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_last_and_step_and_state_say_the_same(kind):
    model = shaken(kind(2, 3))
    last = kind(2, 3, last=True)
    last.load_state_dict(model.state_dict())
    whole = numbers(model(data()))
    np.testing.assert_array_equal(numbers(last(data())), whole[-1])
    state = None
    for x, expected in zip(data(), whole, strict=True):
        state = model.step(x, state)
        np.testing.assert_array_equal(numbers(state[0]), expected)
    middle = model.states(data())[1]
    np.testing.assert_array_equal(numbers(model(data()[2:], state=middle)), whole[2:])


@pytest.mark.parametrize("kind", KINDS)
def test_a_learned_start_is_where_it_begins(kind):
    model = kind(2, 3, learned_start=True, seed=0)
    plain = kind(2, 3, seed=0)
    assert numbers(model(data())).tolist() == numbers(plain(data())).tolist()
    starts = [p for p in model.parameters() if p.label[0] in "hc"]
    assert [p.label for p in starts] == [f"{s}{i}" for s in model.symbols for i in (1, 2, 3)]
    for i, p in enumerate(starts):
        p.data = 0.25 * (i + 1)
    parts = tuple([0.25 * (3 * k + i + 1) for i in range(3)] for k in range(len(model.symbols)))
    assert numbers(model(data())).tolist() == numbers(plain(data(), state=parts)).tolist()
    model(data())[-1][0].backward()
    assert all(p.grad for p in starts)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_of_a_mask_leave_no_trace(kind):
    model, x = shaken(kind(2, 3)), data(3)
    filled = [x[0], [9.0, -9.0], x[1], x[2], [7.0, 7.0]]
    found = numbers(model(filled, [1, 0, 1, 1, 0]))
    h1, h2, h3 = numbers(model(x))
    np.testing.assert_array_equal(found, [h1, h1, h2, h3, h3])
    np.testing.assert_array_equal(numbers(model(filled, [0, 0, 0, 0, 0])), np.zeros((5, 3)))
    # no gradient, either
    steps = [[Value(a) for a in step] for step in filled]
    model(steps, [1, 0, 1, 1, 0])[-1][0].backward()
    assert [[bool(a.grad) for a in step] for step in steps] == [
        [True] * 2, [False] * 2, [True] * 2, [True] * 2, [False] * 2
    ]  # fmt: skip


@pytest.mark.parametrize("last", [False, True])
def test_both_directions_of_unequal_lengths(last):
    parts = [shaken(nn.GRU(2, 2, last=last), seed) for seed in (1, 2)]
    both, x = nn.Bidirectional(*parts), data(3)
    filled, mask = [*x, [5.0, 5.0]], [1, 1, 1, 0]
    found, expected = numbers(both(filled, mask)), numbers(both(x))
    np.testing.assert_array_equal(found if last else found[:3], expected)
    ahead, back = numbers(parts[0](x)), numbers(parts[1](x[::-1]))
    if not last:
        ahead, back = ahead[0], back[::-1][0]
    np.testing.assert_array_equal(expected if last else expected[0], [*ahead, *back])


def test_a_masked_chain_reads_the_mask_from_the_sample():
    table, cell = nn.Embedding(5, 2, seed=0), nn.LSTM(2, 3, seed=0)
    stacked = nn.GRU(3, 2, last=True, seed=1)
    chain = nn.Masked(nn.Each(table), cell, stacked, "tanh")
    plain = nn.Sequential(nn.Each(table), cell, stacked, "tanh")
    sequences = [[4, 0, 1], [2], [3, 3]]
    X = nn.data.with_mask(*nn.data.padded(sequences, value=4))
    expected = [numbers(plain(sequence)) for sequence in sequences]
    np.testing.assert_array_equal(numbers(chain.batch(X.tolist())), expected)
    np.testing.assert_array_equal(chain.predict(X), expected)
    many = chain.predict(np.concatenate([X] * 40))  # as a program
    np.testing.assert_allclose(many, expected * 40, rtol=1e-14)
    assert repr(chain).startswith("Masked of [Each(")
    with pytest.raises(ValueError, match=r"RNN.* inside .*would not get the mask"):
        nn.Masked(nn.Sequential(nn.RNN(2, 2)))
    with pytest.raises(ValueError, match="the last one of each is its mask"):
        chain([1.0, 2.0])
    with pytest.raises(ValueError, match="Masked has no counterpart here"):
        list(steps_of(nn.Masked(nn.Layer(1, 1)), "export"))  # it is no chain that has lost its mask


def test_parts_of_a_masked_chain_see_the_whole_batch():
    rows = [[[1.0, 1], [2.0, 0]], [[3.0, 1], [4.0, 1]]]
    cell, norm = nn.GRU(1, 2, last=True, seed=0), nn.BatchNorm(2)
    found = numbers(nn.Masked(cell, norm).batch(rows))
    assert norm.running_mean != [0.0, 0.0]
    expected = nn.BatchNorm(2).batch([cell([1.0]), cell([3.0, 4.0])])
    np.testing.assert_array_equal(found, numbers(expected))


def test_a_stack_is_a_sequential():
    first, second = shaken(nn.RNN(2, 3), 1), shaken(nn.LSTM(3, 2, last=True), 2)
    model = nn.Sequential(first, second, nn.Layer(2, 1, seed=0))
    expected = model.parts[2](second(first(data())))
    assert model(data()).data == expected.data
    labels = [p.label for p in model.parameters()]
    assert labels[0] == "w1,cell,1,1"
    assert "w2,forget,2,5" in labels
    assert "b2,candidate,2" in labels
    assert len(set(labels)) == len(labels)
    both = nn.Sequential(nn.Bidirectional(nn.RNN(1, 1), nn.GRU(1, 1, learned_start=True)))
    labels = [p.label for p in both.parameters()]
    assert labels[0] == "w1,forward,cell,1,1"
    assert {"w1,backward,reset,1,2", "h1,backward,1"} < set(labels)


@pytest.mark.parametrize(
    "model",
    [
        nn.RNN(2, 3, activation="relu", last=True),
        nn.LSTM(2, 1, peephole=True, forget_bias=3.0, learned_start=True),
        nn.GRU(1, 1),
        nn.Bidirectional(nn.RNN(2, 2), nn.LSTM(2, 2)),
        nn.Masked(nn.LSTM(2, 2), nn.Each(nn.Layer(2, 1)), "tanh"),
        nn.EncoderDecoder(nn.GRU(1, 2), nn.Sequential(nn.GRU(1, 2), nn.Each(nn.Layer(2, 1))), 2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_its_options_make_it_again(model):
    again = build(describe(model))
    assert repr(again) == repr(model)
    assert list(again.state_dict()) == list(model.state_dict())
    again.load_state_dict(shaken(model).state_dict())
    inputs = 1 if "1" in repr(model).split(",")[0] else 2
    steps = data(4, inputs) if not isinstance(model, nn.Masked) else data(4, 3)
    assert numbers(again(steps)).tolist() == numbers(model(steps)).tolist()


def test_one_feature_may_be_a_number():
    model = shaken(nn.GRU(1, 1))
    assert numbers(model([1.0, 2.0])).tolist() == numbers(model([[1.0], [2.0]])).tolist()
    assert numbers(model.step(1.0)).tolist() == numbers(model.step([1.0])).tolist()


def test_forget_gates_start_open():
    assert biases(nn.LSTM(2, 3).forget_gate).tolist() == [1.0] * 3
    assert biases(nn.LSTM(2, 3, forget_bias=4.0).forget_gate).tolist() == [4.0] * 3
    assert biases(nn.LSTM(2, 3).input_gate).tolist() == [0.0] * 3


def test_bad_input_says_what_to_do():
    model = nn.LSTM(2, 3)
    for bad, error, text in [
        ([], ValueError, "an empty sequence"),
        (1.0, TypeError, "1.0 is one number; a sequence is a list of steps"),
        ([[1.0, 2.0], [1.0, 2.0, 3.0]], ValueError, "step 1 has 3 numbers; its features are 2"),
        ([[[1.0], [2.0]]], ValueError, "step 0 has lists in a list"),
    ]:
        with pytest.raises(error, match=text):
            model(bad)
    with pytest.raises(ValueError, match="a mask of 1 numbers for 4 steps"):
        model(data(), [1])
    with pytest.raises(ValueError, match=r"lists of \[3\] numbers; .*\(h, c,\) of 3 each"):
        model(data(), state=([0.0] * 3,))
    with pytest.raises(ValueError, match=r"lists of \[0, 0, 0\] numbers; .*\(h,\) of 3 each"):
        nn.GRU(2, 3)(data(), state=[0.0] * 3)  # h, where (h,) is meant
    with pytest.raises(TypeError, match=r"LSTM\(forget_bias='1'\).* is text"):
        nn.LSTM(2, 3, forget_bias="1")
    with pytest.raises(ValueError, match="a step of 1 numbers; its features are 2"):
        model.step([1.0])
    with pytest.raises(ValueError, match="hidden=0"):
        nn.GRU(2, 0)
    with pytest.raises(TypeError, match=r"Bidirectional\(backward=.*give an nn.RNN, LSTM or GRU"):
        nn.Bidirectional(nn.RNN(1, 1), nn.Layer(1, 1))
    with pytest.raises(ValueError, match="the same inputs and `last`"):
        nn.Bidirectional(nn.RNN(1, 1), nn.RNN(1, 1, last=True))
    with pytest.raises(TypeError, match=r"1\.0 is one number; a sequence is a list of steps"):
        nn.Bidirectional(nn.RNN(1, 1), nn.RNN(1, 1))(1.0)
    with pytest.raises(ValueError, match="a step of 1 number; the last one of each is its mask"):
        nn.Masked(nn.RNN(1, 1))(1.0)
    one = nn.RNN(1, 1)
    with pytest.raises(ValueError, match="give each its own"):
        nn.Bidirectional(one, one)
    with pytest.raises(
        ValueError, match=r"X has samples of the shape \(4, 2\): RNN\(3, 1\): step 0"
    ):
        nn.fit(nn.RNN(3, 1), [data(), data()], [0.0, 1.0], loss="mean_squared_error")
    with pytest.raises(ValueError, match=r"as nn\.data\.padded does"):
        nn.fit(nn.RNN(2, 1), [data(3), data(4)], [0.0, 1.0], loss="mean_squared_error")
