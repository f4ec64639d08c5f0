"""One text for many models: each gets what it gets alone, whatever operations there are."""

from __future__ import annotations

import random

import numpy as np
import pytest
from random_graphs import graph
from samples import SAMPLES
from test_rules_compiled import BY_NAME, function, parameters

import autograd
from autograd import Value
from autograd.program.pure.many import ManyFunction

MODELS, ROWS = 3, 5


def assert_as_alone(f, trained, X, numbers, own_rows, fixed=None, targets=None):
    """Compare values, outputs and gradients of many with those of the NumPy program of one.

    `numbers` are those that each model has in the place of the Values, (models, values).
    """
    rows = ["x"] if targets is None else ["x", "t"]
    bound = autograd.compile(f, rows=rows, reduce="sum").bind(list(trained))

    def alone(k):
        bound.parameters[:] = numbers[k]
        given = X[k] if own_rows else X
        value, gradient = bound.value_and_grad(given, *(() if targets is None else (targets,)))
        return value, gradient.copy(), bound.outputs.copy()

    each = [alone(k) for k in range(MODELS)]

    def numbers_of(values):
        place = {v: i for i, v in enumerate(trained)}
        return np.array([
            [numbers[k][place[v]] if v in place else float(v.data) for v in values]
            for k in range(MODELS)
        ])  # fmt: skip

    many = ManyFunction(bound.compiled, bound.compiled.recordings.latest(), numbers_of, own_rows)
    given = (X,) if targets is None else (X, np.array([targets] * MODELS) if own_rows else targets)
    value, slopes, outputs = many.value_and_grad(many.parameters, given)
    gradient = many.unpack(slopes)
    for k, (y, dy, ys) in enumerate(each):
        sizes = np.abs([*dy, *ys.ravel()])
        scale = 1 + sizes[np.isfinite(sizes)].max(initial=0)
        np.testing.assert_allclose(outputs[k, :, 1:], ys, rtol=1e-9, atol=1e-12 * scale)
        np.testing.assert_allclose(value[k], y, rtol=1e-9, atol=1e-12 * scale)
        np.testing.assert_allclose(gradient[k], dy, rtol=1e-8, atol=1e-11 * scale)
    np.testing.assert_array_equal(many(many.parameters, given), outputs)
    return many


@pytest.mark.parametrize("own_rows", [False, True])
@pytest.mark.parametrize("seed", range(25))
def test_random_functions(seed, own_rows):
    source = random.Random(seed)
    f, n, m = graph(source, 6)
    numbers = np.random.RandomState(seed).uniform(-2, 2, (MODELS, m))
    X = np.random.RandomState(seed + 1).uniform(-2, 2, (MODELS, ROWS, n) if own_rows else (ROWS, n))
    w = [Value(x) for x in numbers[0]]
    assert_as_alone(lambda x: f(list(x), w), w, X, numbers, own_rows)


@pytest.mark.parametrize(("turn", "own_rows"), [(0, False), (1, True)])
@pytest.mark.parametrize(("name", "length"), [case for case in BY_NAME if case[1] <= 3])
def test_every_rule(name, length, turn, own_rows):
    """Some operands are of each model, the others of the rows."""
    fixed = parameters(name)
    sample = next(p for p in SAMPLES[name].points if len(p) == length)
    same = [p for p in SAMPLES[name].points
            if len(p) == length and all(p[k] == sample[k] for k in fixed)]  # fmt: skip
    free = [k for k in range(length) if k not in fixed]
    points = np.array([[float(p[k]) for k in free] for p in same], float)
    points = np.resize(points, (MODELS * ROWS, len(free)))
    f = function(name, length, [sample[k] for k in fixed])
    of_model = [i % 2 == turn for i in range(len(free))]
    numbers = np.ones((MODELS, len(free) + 1))
    numbers[:, :-1] = points[:MODELS]
    X = points.reshape(MODELS, ROWS, -1) if own_rows else points[-ROWS:]
    w = [Value(v) for v in numbers[0]]

    def one(x):
        mixed = [v if own else a for v, own, a in zip(w, of_model, x, strict=False)]
        return w[-1] * f(mixed) + x[0]

    assert_as_alone(one, w, X, numbers, own_rows)


@pytest.mark.parametrize("own_rows", [False, True])
def test_tables_that_rows_look_up(own_rows):
    numbers = np.random.RandomState(0).uniform(-1, 1, (MODELS, 12))
    w = [Value(v) for v in numbers[0]]
    table = [w[i : i + 3] for i in range(0, 12, 3)]
    X = np.random.RandomState(1).randint(0, 4, (MODELS, ROWS, 2) if own_rows else (ROWS, 2))

    def f(x):
        a, b = (autograd.take(table, i) for i in x)
        return sum(autograd.tanh(p * q) for p, q in zip(a, b, strict=True))

    assert_as_alone(f, w, X, numbers, own_rows)


@pytest.mark.parametrize("own_rows", [False, True])
def test_functions_that_branch(own_rows):
    numbers = np.array([[1.0, 2.0], [-1.0, 0.5], [0.1, 3.0]])
    a, b = w = [Value(v) for v in numbers[0]]
    X = np.linspace(-1.8, 2.1, ROWS)[:, None]
    X = np.array([X, X + 0.2, X - 0.3]) if own_rows else X

    def f(x):
        [x] = x
        y = a * x
        if y > 0:
            return autograd.log(y) * b  # infinite slopes where it is not for
        return autograd.sqrt(-y) + b if x < 1 else y * y * b

    many = assert_as_alone(f, w, X, numbers, own_rows)
    assert len(many.programs) == 3


def test_a_way_that_nobody_took_gives_nan():
    numbers = np.array([[1.0], [2.0], [-1.0]])
    [a] = w = [Value(1.0)]

    def f(x):
        y = a * x
        return y if y > 0 else y * y

    compiled = autograd.compile(f, rows=["x"], reduce="mean")
    bound = compiled.bind(w)
    X = np.array([0.5, 1.0])
    bound.value_and_grad(X)
    many = ManyFunction(compiled, compiled.recordings.latest(), lambda values: numbers)
    value, _, outputs = many.value_and_grad(many.parameters, X)
    np.testing.assert_allclose(value, [0.75, 1.5, np.nan])
    np.testing.assert_allclose(many(many.parameters, X)[:, :, 0], outputs[:, :, 0])
    assert np.isnan(outputs[2]).all()


@pytest.mark.parametrize("own_rows", [False, True])
def test_other_numbers_that_differ_between_models(own_rows):
    """They are no parameters, and rows share them."""
    trained, other = Value(2.0), Value(3.0)
    numbers = np.array([[2.0, 3.0], [0.5, -1.0], [1.0, 4.0]])
    X = np.random.RandomState(0).uniform(-2, 2, (MODELS, ROWS) if own_rows else ROWS)

    def f(x):
        return autograd.tanh(trained * x) * other + other * other

    compiled = autograd.compile(f, rows=["x"], reduce="mean")
    bound = compiled.bind([trained])
    bound.value_and_grad(X.ravel())

    def numbers_of(values):
        return np.array([[one[0] if v is trained else one[1] for v in values] for one in numbers])

    many = ManyFunction(compiled, compiled.recordings.latest(), numbers_of, own_rows)
    value, slopes, _ = many.value_and_grad(many.parameters, X)
    for k, (a, b) in enumerate(numbers):
        x = X[k] if own_rows else X
        t = np.tanh(a * x)
        np.testing.assert_allclose(value[k], np.mean(t * b + b * b), rtol=1e-12)
        np.testing.assert_allclose(
            many.unpack(slopes)[k], [np.mean(b * x * (1 - t * t))], rtol=1e-12
        )


def test_weights_of_rows_and_text():
    numbers = np.array([[1.0, 0.5], [2.0, 1.5], [3.0, 2.5]])
    w, b = (Value(v, label) for v, label in zip(numbers[0], "wb", strict=True))
    compiled = autograd.compile(lambda x: w * x + b, rows=["x"], reduce="mean")
    bound = compiled.bind([w, b])
    X = np.array([1.0, 2.0, 4.0])
    bound.value_and_grad(X)
    many = ManyFunction(compiled, compiled.recordings.latest(), lambda values: numbers)
    weights = np.array([0.5, 0.0, 0.25])
    value, slopes, _ = many.value_and_grad(many.parameters, X, weights)
    np.testing.assert_allclose(value, numbers[:, 0] * 1.5 + numbers[:, 1] * 0.75)
    np.testing.assert_allclose(many.unpack(slopes), [[1.5, 0.75]] * 3)  # the same for all
    assert "(models, rows" in many.source
