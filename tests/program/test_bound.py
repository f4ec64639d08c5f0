"""A compiled function with its parameters in one flat array."""

import tracemalloc
from random import Random

import numpy as np
import pytest

import nn
from autograd import Value, compile, draw, take, tanh, where

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 2)), RNG.normal(size=40)


def model():
    return nn.MLP(2, [5, 1], activation="tanh", seed=1)


def square(m, x, y):
    return (m(x) - y) ** 2


def eager(m, X=X, Y=Y, f=square):
    m.zero_grad()
    total = sum(f(m, x, y) for x, y in zip(X.tolist(), Y.tolist(), strict=True)) / len(X)
    total.backward()
    return total.data, np.array([p.grad for p in m.parameters()])


def check(found, expected):
    assert type(found[0]) is float
    np.testing.assert_allclose(found[0], expected[0], 1e-12)
    np.testing.assert_allclose(found[1], expected[1], 1e-12, 1e-12)


def test_a_model_that_is_an_argument():
    m = model()
    bound = compile(square, rows=["x", "y"], reduce="mean").bind(m)
    assert bound.parameters.tolist() == [p.data for p in m.parameters()]
    for _ in range(3):
        check(bound.value_and_grad(X, Y), eager(m))


def test_a_model_that_is_closed_over():
    m = model()
    f = compile(lambda x, y: square(m, x, y), rows=["x", "y"], reduce="mean")
    for _ in range(3):
        check(f.bind(m).value_and_grad(X, Y), eager(m))
    assert f.recordings.made == 1


def test_lists_of_values():
    ws, b = [Value(0.5), Value(-1.0)], Value(0.25)

    def f(p, x):
        return tanh(p["w"][0] * x[0] + p["w"][1] * x[1] + p["b"])

    bound = compile(f, rows=["x"], reduce="sum").bind({"w": ws, "b": b})
    for w in (0.5, 2.0):
        bound.parameters[0] = w
        value, gradient = bound.value_and_grad(X)
        z = np.tanh(X @ [w, -1.0] + 0.25)
        check((value, gradient), (z.sum(), np.append((1 - z**2) @ X, (1 - z**2).sum())))
    assert ws[0].data == 0.5
    bound.sync()
    assert ws[0].data == 2.0
    closed = compile(lambda x: f({"w": ws, "b": b}, x), rows=["x"], reduce="sum").bind(ws)
    check(closed.value_and_grad(X), (value, gradient[:2]))  # b is live, and not trained
    b.data = 0.0
    z = np.tanh(X @ [2.0, -1.0])
    check(closed.value_and_grad(X), (z.sum(), (1 - z**2) @ X))


def test_other_shared_arguments():
    w = Value(2.0)
    bound = compile(lambda w, c, x: w * x * c, rows=["x"], reduce="sum").bind(w, 3.0)
    check(bound.value_and_grad(Y), (6 * Y.sum(), [3 * Y.sum()]))


def test_written_in_place_and_written_back():
    m = model()
    before = [p.data for p in m.parameters()]
    bound = compile(square, rows=["x", "y"], reduce="mean").bind(m)
    bound.parameters[:] = np.linspace(-1, 1, len(before))  # before the first recording and audit
    found = bound.value_and_grad(X, Y)
    value, gradient = found[0], found[1].copy()
    assert [p.data for p in m.parameters()] == before
    bound.sync()
    assert [p.data for p in m.parameters()] == np.linspace(-1, 1, len(before)).tolist()
    check((value, gradient), eager(m))
    for _ in range(50):
        value, gradient = bound.value_and_grad(X, Y)
        bound.parameters -= 0.1 * gradient
    bound.sync()
    check(bound.value_and_grad(X, Y), eager(m))
    assert bound.value_and_grad(X, Y)[0] < found[0]


def test_any_number_of_rows_and_any_form_of_them():
    m = model()
    f = compile(square, rows=["x", "y"], reduce="mean")
    bound = f.bind(m)
    for n in (40, 1, 7, 40, 23):
        check(bound.value_and_grad(X[:n], Y[:n]), eager(m, X[:n], Y[:n]))
    assert f.recordings.made == 1
    check(bound.value_and_grad(X.tolist(), Y.tolist()), eager(m))
    check(bound.value_and_grad(X, Y), eager(m))


def test_no_arrays_are_made_after_the_first_calls():
    m = model()
    bound = compile(square, rows=["x", "y"], reduce="mean", threads=1).bind(m)
    many, targets = np.tile(X, (1000, 1)), np.tile(Y, 1000)
    for _ in range(3):
        bound.parameters -= 0.01 * bound.value_and_grad(many, targets)[1]
    gradient = bound.value_and_grad(many, targets)[1]
    tracemalloc.start()
    try:
        for _ in range(5):
            assert bound.value_and_grad(many, targets)[1].base is gradient.base
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000  # NumPy has a buffer of 64 KiB; a column of the rows is 320,000 bytes


def test_several_programs():
    m = model()

    def f(m, x, y):
        score = m(x)
        return (score - y) ** 2 if y > 0 else (score * y if score > 0 else -score)

    for reduce, scale in (("mean", 1), ("sum", len(X))):
        bound = compile(f, rows=["x", "y"], reduce=reduce).bind(m)
        value, gradient = eager(m, f=f)
        for _ in range(2):
            check(bound.value_and_grad(X, Y), (value * scale, gradient * scale))


def test_several_outputs():
    m = model()
    f = compile(lambda m, x, y: [square(m, x, y), m(x), y], rows=["x", "y"], reduce="mean")
    bound = f.bind(m)
    for _ in range(3):
        check(bound.value_and_grad(X, Y), eager(m))
        np.testing.assert_allclose(bound.outputs, np.stack([m.predict(X)[:, 0], Y], 1))


def test_whole_numbers_that_are_taken():
    m = nn.MLP(2, [3], activation="tanh", seed=0)
    classes = np.arange(40) % 3
    f = compile(lambda m, x, k: take(m(x), k), rows=["x", "k"], reduce="mean")
    bound = f.bind(m)
    expected = eager(m, X, classes, f=lambda m, x, k: m(x)[k])
    for _ in range(3):
        check(bound.value_and_grad(X, classes), expected)
    with pytest.raises(IndexError, match=r"take\(xs, 3\): xs has 3 elements"):
        bound.value_and_grad(X, classes + 1)
    check(bound.value_and_grad(X, classes), expected)
    assert f.recordings.made == 1


def test_draws():
    w, source, other = Value(2.0), Random(0), Random(0)
    f = compile(
        lambda x: x * w * where(draw(source.random) < 0.5, 0.0, 2.0), rows=["x"], reduce="sum"
    )
    bound = f.bind(w)
    for _ in range(4):
        kept = sum(x * (0.0 if other.random() < 0.5 else 2.0) for x in Y)
        check(bound.value_and_grad(Y), (2 * kept, [kept]))


def test_modes_and_changed_settings_are_noticed():
    m = nn.Sequential(nn.MLP(2, [4, 1], activation="tanh", seed=0), nn.Dropout(0.5, seed=0))
    for f, fixed in ((compile(lambda m, x: m(x), rows=["x"], reduce="sum"), True),
                     (compile(lambda x: m(x), rows=["x"], reduce="sum"), False)):  # fmt: skip
        bound = f.bind(m)
        m.eval()
        plain = bound.value_and_grad(X)[0]
        np.testing.assert_allclose(plain, m.predict(X).sum())
        m.train()
        assert bound.value_and_grad(X)[0] != pytest.approx(plain)
        m.eval()
        assert bound.value_and_grad(X)[0] == pytest.approx(plain)
        assert fixed or f.recordings.made == 2


def scaled_while_training(module, y):
    return y * 3.0 if module.training else y


class Scaled(nn.Module):
    def __init__(self):
        self.inner = Inner()

    def __call__(self, x):
        return self.inner(x)


class Inner(nn.Module):
    def __init__(self):
        self.w = Value(2.0)

    def __call__(self, x):
        return scaled_while_training(self, self.w * x[0])


def test_a_mode_that_a_function_outside_the_module_reads_is_noticed():
    m = Scaled()
    bound = compile(lambda m, x: m(x), rows=["x"], reduce="sum").bind(m)
    x = np.array([[1.0], [2.0]])
    for _ in range(3):
        assert bound.value_and_grad(x)[0] == 18.0
    m.inner.training = False
    assert bound.value_and_grad(x)[0] == 6.0


def test_float32():
    m = model()
    bound = compile(square, rows=["x", "y"], reduce="mean", dtype="float32").bind(m)
    assert bound.parameters.dtype == np.float32
    value, gradient = bound.value_and_grad(X.astype(np.float32), Y.astype(np.float32))
    assert type(value) is float
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, eager(m)[1], 1e-4, 1e-5)


def test_frozen_parameters_are_left_out():
    m = model()
    m.layers[0].freeze()
    bound = compile(square, rows=["x", "y"], reduce="mean").bind(m)
    assert len(bound.parameters) == len(m.parameters()) == 6
    m.layers[0].unfreeze()
    check(bound.value_and_grad(X, Y), (eager(m)[0], eager(m)[1][-6:]))


def test_what_does_not_fit_is_refused():
    m, f = model(), compile(square, rows=["x", "y"], reduce="mean")
    with pytest.raises(
        TypeError, match=r"square.bind\(\) takes 1 shared arguments, m; 2 were given"
    ):
        f.bind(m, m)
    with pytest.raises(ValueError, match=r"give the model whose parameters are trained"):
        f.bind(3.0)
    with pytest.raises(TypeError, match=r"bind\(3.0\): it is no model and no Value"):
        compile(lambda x: x, rows=["x"], reduce="sum").bind(3.0)
    with pytest.raises(TypeError, match="compile it with reduce="):
        compile(square, rows=["x", "y"]).bind(m)
    bound = f.bind(m)
    with pytest.raises(TypeError, match=r"takes the rows \(x, y\); 1 arguments were given"):
        bound.value_and_grad(X)
    with pytest.raises(ValueError, match="x has 40, y has 39"):
        bound.value_and_grad(X, Y[1:])
    check(bound.value_and_grad(X, Y), eager(m))
    with pytest.raises(ValueError, match="x has 40, y has 39"):
        bound.value_and_grad(X, Y[1:])
    check(bound.value_and_grad(X, Y), eager(m))


def test_a_value_made_of_the_parameters_before_is_refused():
    w = Value(2.0)
    doubled = w * 2
    bound = compile(lambda x: doubled * x, rows=["x"], reduce="sum").bind(w)
    with pytest.raises(TypeError, match="computed from the parameters before it was called"):
        bound.value_and_grad(Y)
