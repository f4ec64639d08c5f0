"""Transformers: what a place may depend on, padding, programs, training, gradients, wrong input."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, dot
from autograd.check import check_gradient
from nn.inputs import flattened, mapped

RANDOM = np.random.default_rng(0)
SMALL = {"size": 4, "heads": 2, "layers": 1, "hidden": 4, "seed": 0}
MODULES = {
    "attention": lambda: nn.MultiHeadAttention(4, 2, bias=False, seed=0),
    "waves": lambda: nn.PositionalEncoding(4),
    "learned positions": lambda: nn.LearnedPositions(5, 4),
    "tokens": lambda: nn.TokenEmbedding(7, 4, length=6, dropout=0.25),
    "encoder block": lambda: nn.EncoderBlock(
        4, 2, hidden=3, causal=True, activation="gelu", dropout=0.5, pre_norm=False
    ),
    "decoder block": lambda: nn.DecoderBlock(4, 2, hidden=3, activation="silu"),
    "encoder": lambda: nn.TransformerEncoder(4, 2, layers=2, hidden=3),
    "decoder": lambda: nn.TransformerDecoder(4, 2, layers=2, hidden=3, pre_norm=False),
    "language model": lambda: nn.LanguageModel(7, **SMALL, length=9, dropout=0.125),
    "transformer": lambda: nn.Transformer(7, **SMALL, padding=3, activation="gelu"),
}


def numbers(outputs):
    return np.array(mapped(lambda y: y.data if isinstance(y, Value) else y, outputs), float)


def sequence(n, size):
    return RANDOM.uniform(-1, 1, (n, size)).tolist()


# --- what depends on what ---


def test_logits_of_a_place_depend_on_the_tokens_up_to_it_alone():
    model = nn.LanguageModel(6, **SMALL)
    y, changed = numbers(model([1, 2, 3, 4])), numbers(model([1, 2, 5, 0]))
    assert (y[:2] == changed[:2]).all()
    assert (y[2:] != changed[2:]).all()
    np.testing.assert_allclose(numbers(model([1, 2])), y[:2], rtol=1e-13)


def test_an_encoder_looks_both_ways_and_a_causal_one_back():
    x, other = sequence(3, 4), sequence(3, 4)
    for causal in (False, True):
        block = nn.EncoderBlock(4, 2, causal=causal, seed=0)
        same = numbers(block(x))[0] == numbers(block([x[0], *other[1:]]))[0]
        assert same.all() == causal


def test_a_target_sees_all_of_the_source_and_itself_up_to_each_place():
    model = nn.Transformer(6, **SMALL)
    y = numbers(model([[1, 2, 3], [0, 4, 5]]))
    assert (numbers(model([[1, 2, 3], [0, 4, 1]]))[:2] == y[:2]).all()
    assert (numbers(model([[1, 2, 0], [0, 4, 5]]))[0] != y[0]).all()


def test_decoding_step_by_step_is_decoding_at_once():
    model, source, target = nn.Transformer(6, **SMALL), [1, 2, 3], [0, 4, 5]
    context = model.encode(source)
    assert (
        numbers(model.decode(target, source, context)) == numbers(model([source, target]))
    ).all()


@pytest.mark.parametrize("length", [4, 7])
def test_padding_changes_nothing(length):
    filled = [3, 1, 4, *[0] * (length - 3)]
    both = nn.Transformer(6, **SMALL, padding=0)
    y = numbers(both([[3, 1, 4], [5, 2]]))
    np.testing.assert_allclose(numbers(both([filled, [5, 2]])), y, rtol=1e-13)
    weights = numbers(both.cross_weights([filled, [5, 2]]))
    assert ((weights == 0).all(axis=(0, 1, 2)) == [token == 0 for token in filled]).all()
    no_mask = nn.Transformer(6, **SMALL)
    assert np.abs(numbers(no_mask([filled, [5, 2]])) - y).max() > 1e-3


def test_weights_are_those_that_the_model_computes_with():
    """The last block's attention, applied to the values of what it sees, gives what it gives."""
    encoder, x = nn.TransformerEncoder(**SMALL | {"layers": 2}), sequence(3, 4)
    first, last = encoder.blocks
    inner = first(x)
    assert numbers(encoder.weights(x)[1]).tolist() == numbers(last.weights(inner)).tolist()
    seen = last.around_attention.seen(inner)
    values = np.array([[n(step).data for n in last.attention.value.neurons] for step in seen])
    heads = [
        np.array(w) @ values[:, part]
        for w, part in zip(
            numbers(last.weights(inner)), (slice(0, 2), slice(2, 4)), strict=True
        )
    ]  # fmt: skip
    outputs = [last.attention.output(row) for row in np.hstack(heads).tolist()]
    np.testing.assert_allclose(numbers(last.attention(seen)), numbers(outputs), rtol=1e-13)
    model = nn.Transformer(6, **SMALL)
    weights = numbers(model.cross_weights([[1, 2, 3, 4], [0, 5]]))
    assert weights.shape == (1, 2, 2, 4)  # block, head, place of target, place of source
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-15)
    assert numbers(nn.LanguageModel(6, **SMALL).weights([1, 2])).shape == (1, 2, 2, 2)


# --- programs ---


@pytest.mark.parametrize("padding", [None, 0])
def test_one_program_serves_all_rows_and_agrees_with_plain_python(padding):
    model = nn.Transformer(5, **SMALL, padding=padding)
    X = RANDOM.integers(1, 5, (20, 2, 3))
    for row, n in zip(X, RANDOM.integers(1, 4, 20), strict=True):
        row[:, n:] = 0
    y = X[:, 1]
    program = autograd.compile(lambda x, t: nn.cross_entropy(model(x.tolist()), t.tolist()),
                               rows=["x", "t"], reduce="mean")  # fmt: skip
    bound = program.bind(model)
    value, gradient = bound.value_and_grad(X, y)
    mean = autograd.mean(
        [nn.cross_entropy(model(x), t) for x, t in zip(X.tolist(), y, strict=True)]
    )
    mean.backward()
    assert value == pytest.approx(mean.data, rel=1e-13)
    np.testing.assert_allclose(gradient, [p.grad for p in model.parameters()], atol=1e-13)
    assert "program 2" not in str(program.source)


def test_a_causal_block_with_a_mask_of_the_row_is_one_program():
    block, table = nn.EncoderBlock(4, 2, causal=True, seed=0), nn.Embedding(4, 4, seed=1)

    def outputs(tokens):
        x = [table(token) for token in tokens]
        return flattened(block(x, nn.padding_mask(tokens, padding=0)))

    X = np.array([[1, 0, 2], [3, 2, 0], [1, 1, 1], [0, 0, 0]])
    program = autograd.compile(lambda x: outputs(x.tolist()), rows=["x"])
    found = np.stack(program(X), axis=1)
    np.testing.assert_allclose(found, [numbers(outputs(x)) for x in X.tolist()], rtol=1e-13)
    assert "program 2" not in str(program.source)


def test_attention_of_all_heads_is_two_products_and_the_projections_are_one():
    attention = nn.MultiHeadAttention(4, 2, seed=0)
    mask = nn.causal_mask(3)
    program = autograd.compile(lambda x: flattened(attention(x.tolist(), mask=mask)), rows=["x"])
    program(RANDOM.uniform(-1, 1, (4, 3, 4)))
    forward = str(program.source).partition("def forward")[2]
    # queries, keys and values; scores; means of values; output
    assert forward.count("matmul(") + forward.count("einsum(") == 4


# --- training ---


@pytest.mark.parametrize("engine", ["compiled", "eager"])
def test_a_language_model_learns_to_count(engine):
    X = (RANDOM.integers(0, 4, (24, 1)) + np.arange(4)) % 4
    model = nn.LanguageModel(4, **SMALL, dropout=0.1 * (engine == "eager"))
    history = nn.fit(model, X, (X + 1) % 4, optimizer=nn.Adam(lr=0.03), batch_size=8, seed=0,
                     epochs=12 if engine == "compiled" else 3, engine=engine, metrics=["accuracy"],
                     progress=False)  # fmt: skip
    assert history.engine == engine
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    if engine == "compiled":
        assert history["accuracy"][-1] == 1
        assert nn.generate(model, [2], 5, window=4) == [2, 3, 0, 1, 2, 3]


def test_a_model_and_one_with_its_options_compute_the_same():
    for name, make in MODULES.items():
        model = make()
        again = type(model)(**model.options())
        assert again.options() == model.options(), name
        again.load_state_dict(model.state_dict())
        assert repr(again) == repr(model)
        state = [p.label for p in model.parameters()]
        assert [p.label for p in again.parameters()] == state
        assert len(set(state)) == len(state) or name == "waves", name


def test_a_block_with_a_python_function_does_not_say_that_it_has_autograds():
    def relu(x):
        return x * x

    with pytest.raises(ValueError, match="the activation relu is a Python function"):
        nn.EncoderBlock(2, 1, activation=relu).options()
    slope = nn.PReLU()
    assert nn.DecoderBlock(2, 1, activation=slope).options()["activation"] is slope


def test_dropout_is_taken_of_each_part_and_not_in_use():
    model, x = nn.EncoderBlock(4, 2, dropout=0.5, seed=0), sequence(3, 4)
    first, second = numbers(model(x)), numbers(model(x))
    assert (first != second).any()
    model.eval()
    assert (numbers(model(x)) == numbers(model(x))).all()
    tokens = nn.TokenEmbedding(5, 4, dropout=0.5, seed=0)
    assert (numbers(tokens([1, 2, 3])) == 0).any()
    assert (numbers(tokens.eval()([1, 2, 3])) != 0).all()
    generators = nn.LanguageModel(4, **SMALL, dropout=0.5).generators()
    assert len(set(map(id, generators.values()))) == len(generators) == 3
    assert len({g.random() for g in generators.values()}) == 3


def test_a_seed_decides_every_number():
    one, other = (nn.Transformer(4, **SMALL).state_dict() for _ in range(2))
    assert one == other
    assert nn.Transformer(4, **SMALL | {"seed": 1}).state_dict() != one


# --- gradients ---


@pytest.mark.parametrize("pre_norm", [True, False])
@pytest.mark.parametrize("order", [1, 2])
def test_block_gradients_by_its_inputs(pre_norm, order):
    block = nn.EncoderBlock(2, 1, hidden=2, activation="tanh", pre_norm=pre_norm, seed=1)
    report = check_gradient(
        lambda x: dot([1.0, -2.0, 0.5, 3.0], flattened(block(x))), [[0.3, -0.7], [1.1, 0.4]],
        order=order,
    )  # fmt: skip
    assert report.ok, report


@pytest.mark.parametrize("order", [1, 2])
def test_decoder_gradients_by_its_context(order):
    block, x = nn.DecoderBlock(2, 1, hidden=2, activation="tanh", seed=1), [[0.5, -1.0]]
    report = check_gradient(
        lambda context: dot([1.0, -2.0], flattened(block(x, context))), [[0.3, -0.7], [1.1, 0.4]],
        order=order,
    )  # fmt: skip
    assert report.ok, report


# --- wrong input ---


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.EncoderBlock(3, 2), ValueError, "3 must be a multiple of heads"),
        (lambda: nn.EncoderBlock(2, 1)([[1.0]]), ValueError,
         r"EncoderBlock\(2, heads=1\): x: element 0 is of 1 numbers, not of 2"),
        (lambda: nn.EncoderBlock(2, 1)([[1.0, 2.0]], nn.causal_mask(2)), ValueError,
         r"mask of the shape \(2, 2\): 1 queries and 1 keys"),
        (lambda: nn.EncoderBlock(2, 1, causal=True)([[1.0, 2.0]], nn.causal_mask(2)), ValueError,
         r"mask of the shape \(1, 1\) with one of the shape \(2, 2\)"),
        (lambda: nn.EncoderBlock(2, 1, hidden=0), ValueError, "nout=0"),
        (lambda: nn.EncoderBlock(2, 1, activation="rely"), ValueError, "did you mean"),
        (lambda: nn.DecoderBlock(2, 1)([[1.0, 2.0]], [[1.0]]), ValueError, "context: element 0"),
        (lambda: nn.DecoderBlock(2, 1)([[1.0, 2.0]], None), ValueError, "no context; give"),
        (lambda: nn.Transformer(3, 2, 1, 1, padding=-1), ValueError,
         "padding=-1: the token that fills up is one of 0 to 2"),
        (lambda: nn.TransformerEncoder(2, 1, layers=0), ValueError, "layers=0"),
        (lambda: nn.LanguageModel(3, **SMALL)([0, 3]), IndexError, "index 3 is not in 0 to 2"),
        (lambda: nn.LanguageModel(3, **SMALL)([]), ValueError, "an empty sequence"),
        (lambda: nn.LanguageModel(3, **SMALL, length=2)([0, 1, 2]), ValueError,
         "a sequence of 3 elements, but only 2 places were learned"),
        (lambda: nn.Transformer(3, **SMALL)([0, 1]), ValueError,
         r"a sample is \[source, target\], two lists of tokens; given was \[0, 1\]"),
        (lambda: nn.Transformer(3, **SMALL)([[0, 1]]), ValueError, "a sample is"),
    ],
)  # fmt: skip
def test_wrong_input_says_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call()
