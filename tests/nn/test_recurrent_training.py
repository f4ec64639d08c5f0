"""Recurrent networks learn: through nn.fit, as programs, with masks, and from sequence to sequence."""

from __future__ import annotations

from itertools import islice, product

import numpy as np
import pytest
from test_recurrent import numbers, shaken

import nn
from autograd import compile, no_grad
from nn.recurrent.running import step


def of_unequal_lengths(count, seed=0):
    """Return sequences of -1 and 1, whether their first is the same as their last, and masks."""
    source = np.random.RandomState(seed)
    sequences = [source.choice([-1.0, 1.0], source.randint(2, 6)) for _ in range(count)]
    y = np.array([float(s[0] == s[-1]) for s in sequences])
    return nn.data.with_mask(*nn.data.padded(sequences, value=5.0)), y


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_first_and_last_of_unequal_lengths(kind):
    X, y = of_unequal_lengths(200)
    model = nn.Masked(kind(1, 8, last=True, seed=0), nn.Layer(8, 1, activation="linear", seed=1))
    history = nn.fit(model, X, y, "binary_cross_entropy_with_logits", nn.Adam(lr=0.03), epochs=25,
                     seed=0, progress=False)  # fmt: skip
    assert history.engine == "compiled"
    V, w = of_unequal_lengths(100, seed=1)
    assert ((model.predict(V)[:, 0] > 0) == w).mean() > 0.97


def test_one_program_serves_all_masks():
    X, y = of_unequal_lengths(60)
    tokens = (X + np.array([1, 0])).astype(np.int64)  # -1, 1 and, where there is no step, 5
    plain = nn.Masked(shaken(nn.RNN(1, 2, last=True)))
    embedded = nn.Masked(nn.Each(nn.Embedding(7, 1, seed=0)), shaken(nn.RNN(1, 2, last=True)))
    for model, form in ((plain, X), (embedded, tokens)):

        def loss(x, t, model=model):
            return nn.mean_squared_error(model(x.tolist()), [t, t])

        program = compile(loss, rows=["x", "t"], reduce="mean")
        expected = np.mean([loss(x, t).data for x, t in zip(form, y, strict=True)])
        assert program(form, y) == pytest.approx(expected, rel=1e-13)
        assert program.recordings.made == 1


@pytest.mark.parametrize(("kind", "products"), [(nn.RNN, 1), (nn.LSTM, 1), (nn.GRU, 2)])
def test_a_step_is_one_product(kind, products):
    """All inputs go through their weights at once; a GRU's memory has a product of its own."""
    model = shaken(kind(3, 4, last=True))
    counts = {}
    for steps in (5, 9):
        program = compile(lambda x: model(x.tolist()), rows=["x"])
        program(np.ones((7, steps, 3)))
        source = str(program.source)
        counts[steps] = source.count("matmul(") + source.count("einsum(")
    assert counts[9] - counts[5] == 4 * products


def test_teacher_forcing_and_running_free():
    """A network that was told the truth at each step goes on alone: it counts 0, 1, 2, 0, 1, ..."""
    cycle = np.arange(40) % 3
    X, y = (np.stack([cycle[i : i + 8] for i in range(start, start + 30)]) for start in (0, 1))
    model = nn.Sequential(
        nn.Each(nn.Embedding(3, 2, seed=0)), nn.RNN(2, 6, seed=0), nn.GRU(6, 6, seed=1), "tanh",
        nn.Each(nn.Layer(6, 3, activation="linear", seed=2)),
    )  # fmt: skip
    history = nn.fit(model, X, y, optimizer=nn.Adam(lr=0.05), epochs=30, metrics=["accuracy"],
                     seed=0, progress=False)  # fmt: skip
    assert history.engine == "compiled"
    assert history["accuracy"][-1] == 1.0
    with no_grad():
        found = list(islice(nn.free_running(model, 0, choose=lambda y: int(np.argmax(y))), 12))
    assert found == [1, 2, 0] * 4
    # step by step it says what it says of the whole
    states, outputs = None, []
    for x in X[0].tolist():
        output, states = step(model, x, states)
        outputs.append(output)
    assert numbers(outputs).tolist() == numbers(model(X[0].tolist())).tolist()


def test_a_sequence_is_answered_with_its_reversal():
    symbols, length, start = 3, 3, 3
    questions = np.array(list(product(range(symbols), repeat=length)))
    answers = questions[:, ::-1]
    told = np.hstack([np.full((len(questions), 1), start), answers[:, :-1]])
    encoder = nn.Sequential(nn.Each(nn.Embedding(4, 4, seed=0)), nn.GRU(4, 16, seed=0))
    decoder = nn.Sequential(nn.Each(nn.Embedding(4, 4, seed=1)), nn.GRU(4, 16, seed=1),
                            nn.Each(nn.Layer(16, symbols, activation="linear", seed=2)))  # fmt: skip
    model = nn.EncoderDecoder(encoder, decoder, question=length)
    X = np.hstack([questions, told])
    history = nn.fit(model, X, answers, optimizer=nn.Adam(lr=0.03), epochs=60, batch_size=9,
                     seed=0, progress=False)  # fmt: skip
    assert history.engine == "compiled"
    with no_grad():
        found = [
            list(islice(model.answer(q, start, lambda y: int(np.argmax(y))), length))
            for q in questions.tolist()
        ]
    assert found == answers.tolist()


def test_one_layer_twice_has_two_states():
    cell = shaken(nn.RNN(2, 2))
    model, x = nn.Sequential(cell, "relu", cell), [[0.5, -1.0], [2.0, 0.25]]
    y, states = step(model, x[0])
    assert len(states) == 2
    again, _ = step(model, x[1], states)
    assert numbers([y, again]).tolist() == numbers(model(x)).tolist()


def test_encoder_and_decoder_are_numbered_through():
    halves = (nn.Sequential(nn.GRU(1, 2), nn.Each(nn.Layer(2, 2))) for _ in range(2))
    labels = [p.label for p in nn.EncoderDecoder(*halves, question=1).parameters()]
    assert len(set(labels)) == len(labels)
    assert {"w1,reset,1,1", "w2,reset,1,1"} < set(labels)


def test_what_cannot_go_step_by_step():
    both = nn.Bidirectional(nn.RNN(1, 1), nn.RNN(1, 1))
    with pytest.raises(TypeError, match=r"Bidirectional.* cannot be run step by step"):
        nn.EncoderDecoder(both, nn.Sequential(nn.RNN(1, 1), nn.RNN(1, 1)), question=1)
    with pytest.raises(TypeError, match=r"Bidirectional.* cannot be run step by step"):
        step(nn.Sequential(both), 1.0)
    with pytest.raises(ValueError, match="1 states for 2 recurrent layers"):
        step(nn.Sequential(nn.RNN(1, 1), nn.RNN(1, 1)), 1.0, [([0.0],)])
    with pytest.raises(ValueError, match="kinds and sizes must agree"):
        nn.EncoderDecoder(nn.RNN(1, 2), nn.RNN(1, 3), question=1)
    with pytest.raises(ValueError, match="kinds and sizes must agree"):
        nn.EncoderDecoder(nn.RNN(1, 2), nn.GRU(1, 2), question=1)
    model = nn.EncoderDecoder(nn.RNN(1, 2), nn.RNN(1, 2), question=2)
    with pytest.raises(ValueError, match="2 steps; after the question's 2 come"):
        model([1.0, 2.0])
    with pytest.raises(ValueError, match="an empty question"):
        next(model.answer([], 0.0))
    with pytest.raises(IndexError, match="index 7 is not in 0 to 4"):
        nn.Sequential(nn.Each(nn.Embedding(5, 2)), nn.RNN(2, 2))([0, 7])
