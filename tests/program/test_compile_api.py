"""What a compiled function takes, what it gives, and what its transforms are."""

import copy
import os
import pickle
import signal
import threading
import warnings
from random import Random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, compile, draw, exp, sin, take, tanh, where
from autograd.transforms import grad

X = np.array([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]])
Y = np.array([1.0, -0.5, 2.0])


def recordings(f):
    return f.recordings.made


@compile(rows=["x"])
def decorated(x, w):
    return tanh(x * w) + w


def close(a, b, tolerance=1e-12):
    np.testing.assert_allclose(np.asarray(a, float), np.asarray(b, float), tolerance, tolerance)


# arguments in, numbers out --------------------------------------------------------------------------


def test_numbers_in_numbers_out():
    f = compile(lambda x, y: sin(x) * y)
    assert type(f(0.3, 2.0)) is float
    close(f(0.3, 2), np.sin(0.3) * 2)
    close(f(y=2, x=0.3), np.sin(0.3) * 2)


@pytest.mark.parametrize("given", [[1.0, 2.0, 3.0], (1.0, 2.0, 3.0), np.array([1.0, 2.0, 3.0])])
def test_sequences_and_arrays_keep_their_form(given):
    seen = []

    def f(x):
        seen.append(type(x))
        return x[0] * x[1] + exp(x[2])

    fast = compile(f)
    close(fast(given), 2 + np.exp(3))
    gradient = fast.grad(given)
    assert type(gradient) is type(given)
    assert seen[0] is type(given)
    close(gradient, [2, 1, np.exp(3)])


def test_nested_dicts_tuples_and_lists():
    def f(p):
        return p["w"][0] * p["w"][1] ** 2 + p["b"] * p["m"][1, 0]

    p = {"w": (3.0, 2.0), "b": 4.0, "m": np.array([[1.0, 2.0], [5.0, 6.0]])}
    fast = compile(f)
    close(fast(p), 32)
    g = fast.grad(p)
    assert g["w"] == (4.0, 12.0)
    assert g["b"] == 5.0
    close(g["m"], [[0, 0], [4, 0]])


def test_outputs_keep_their_form():
    f = compile(lambda x: {"a": x[0] * 2, "b": (x[1], 7.0), "c": np.array([x[0], x[1]])})
    found = f([1.0, 3.0])
    assert found["a"] == 2.0
    assert found["b"] == (3.0, 7.0)
    close(found["c"], [1, 3])


def test_rows_give_an_array_for_each_number():
    @compile(rows=["x"])
    def f(x, w):
        return [x[0] * w, {"s": x[0] + x[1]}]

    first, second = f(X, 3.0)
    close(first, X[:, 0] * 3)
    close(second["s"], X.sum(1))


def test_rows_in_lists_tuples_and_dicts():
    @compile(rows=["x", "y"])
    def f(x, y):
        return x["a"] * y[0] + x["b"][1] * y[1]

    found = f({"a": [1.0, 2.0, 3.0], "b": X.tolist()}, (Y, Y * 2))
    close(found, np.array([1, 2, 3]) * Y + X[:, 1] * 2 * Y)


def test_rows_of_an_array_are_arrays_and_rows_of_a_list_are_lists():
    kinds = []

    @compile(rows=["x", "y", "z"])
    def f(x, y, z):
        kinds.append((type(x), type(y), type(z)))
        return x.sum() + y[0] + z

    close(f(X, X.tolist(), Y), X.sum(1) + X[:, 0] + Y)
    assert kinds[0] == (np.ndarray, list, Value)
    assert kinds[1] == kinds[0]  # the audit


@pytest.mark.parametrize(("reduce", "total"), [("sum", np.sum), ("mean", np.mean)])
def test_reduced(reduce, total):
    f = compile(lambda x, y, w: (x[0] * w - y) ** 2, rows=("x", "y"), reduce=reduce)
    assert type(f(X, Y, 0.5)) is float
    close(f(X, Y, 0.5), total((X[:, 0] * 0.5 - Y) ** 2))
    close(f.grad(X, Y, 0.5, argnums=2), total(2 * (X[:, 0] * 0.5 - Y) * X[:, 0]))


def test_defaults_and_keywords():
    f = compile(lambda x, w=2.0: x * w, rows="x")
    close(f([1.0, 2.0]), [2, 4])
    close(f([1.0, 2.0], w=3.0), [3, 6])
    close(f.grad([1.0, 2.0], w=3.0), [3, 3])


def test_gradient_for_each_row():
    f = compile(lambda x, w: tanh(x[0] * w[0] + x[1] * w[1]), rows=["x"])
    w = [0.5, -0.25]
    slope = 1 - np.tanh(X @ w) ** 2
    close(f.grad(X, w), slope[:, None] * w)
    value, (by_x, by_w) = f.value_and_grad(X, w, argnums=(0, 1))
    close(value, np.tanh(X @ w))
    close(by_x, slope[:, None] * w)
    close(by_w, slope[:, None] * X)
    close(autograd.grad(f, 1)(X, np.array(w)), slope[:, None] * X)


def test_gradient_for_each_row_by_a_models_parameters():
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    f = compile(lambda m, x: m(x), rows=["x"])
    found = f.grad(model, X)
    for i, x in enumerate(X.tolist()):
        model.zero_grad()
        model(x).backward()
        for path, p in model.named_parameters():
            close(found[path][i], p.grad)


def test_models_as_arguments():
    model = nn.MLP(2, [4, 1], activation="tanh", seed=0)
    f = compile(lambda m, x, y: (m(x) - y) ** 2, rows=["x", "y"], reduce="mean")
    value, gradient = f.value_and_grad(model, X, Y)
    total = sum((model(x) - y) ** 2 for x, y in zip(X.tolist(), Y.tolist(), strict=True)) / 3
    total.backward()
    close(value, total.data)
    assert list(gradient) == [path for path, _ in model.named_parameters()]
    close(list(gradient.values()), [p.grad for _, p in model.named_parameters()])


def test_closed_over_values_are_live_and_so_are_numbers_f_names():
    w, c = Value(2.0), 10.0

    def f(x):
        return x * w + c

    fast = compile(f)
    assert fast(3.0) == 16.0
    w.data = 5.0
    assert fast(3.0) == 25.0
    assert recordings(fast) == 1
    c = 1.0
    assert fast(3.0) == 16.0
    assert recordings(fast) == 2
    w = Value(1.0)
    assert fast(3.0) == 4.0


def test_nothing_is_recorded_anew_when_only_numbers_or_row_counts_change():
    f = compile(lambda x, w: tanh(x[0] * w) + x[1], rows=["x"])
    for n in (3, 1, 50, 7000):
        for w in (0.1, 2, np.float32(0.5)):
            f(np.random.default_rng(n).normal(size=(n, 2)), w)
    f.grad(X, 0.5)
    assert recordings(f) == 1
    f(X, [0.5][0])
    assert recordings(f) == 1


def test_float32():
    f = compile(lambda x, w: sin(x[0] * w), rows=["x"], dtype="float32")
    assert f(X, 0.5).dtype == np.float32
    assert f.grad(X, 0.5).dtype == np.float32
    close(f(X, 0.5), np.sin(X[:, 0] * 0.5), 1e-6)


# integers, bools and strings ------------------------------------------------------------------------


def test_integer_bool_and_string_rows_have_a_recording_for_each():
    seen = []

    @compile(rows=["x", "k", "flag", "name"])
    def f(x, k, flag, name):
        seen.append((int(k), flag, str(name)))
        y = x
        for _ in range(k):
            y = y * x
        return (y if flag else -y) + {"a": 1.0, "b": 2.0}[name]

    x = np.array([2.0, 3.0, 2.0, 5.0])
    found = f(x, [1, 2, 1, 0], [True, False, True, True], ["a", "b", "a", "b"])
    close(found, [5, -25, 5, 7])
    assert recordings(f) == 3
    f(x, [0, 2, 1, 1], [True, False, True, True], ["b", "b", "a", "a"])
    assert recordings(f) == 3


def test_integers_in_arithmetic_and_take_need_no_recording():
    f = compile(lambda x, k: take([x, 2 * x, 3 * x], k) + k * x, rows=["x", "k"])
    close(f(Y, [0, 1, 2]), Y * [1, 3, 5])
    close(f(Y, [2, 2, -1]), Y * [5, 5, 2])
    close(f.grad(Y, [0, 1, 2]), [1, 3, 5])
    assert recordings(f) == 1


def test_a_rows_integer_may_be_the_result():
    f = compile(lambda x, k: [k, x], rows=["x", "k"])
    close(f(Y, [4, 5, 6])[0], [4, 5, 6])


# sample loops, Values, draws ------------------------------------------------------------------------


def test_a_loss_summed_over_samples_in_a_loop():
    model = nn.MLP(2, [4, 1], activation="relu", seed=0)

    def loss():
        scores = [model(x) for x in X.tolist()]
        return sum((s - y) ** 2 for s, y in zip(scores, Y.tolist(), strict=True)) * (1.0 / len(Y))

    bound = compile(loss).bind(model)
    value, gradient = bound.value_and_grad()
    eager = loss()
    eager.backward()
    close(value, eager.data)
    close(gradient, [p.grad for p in model.parameters()])


def test_draws_are_drawn_anew_in_the_order_of_the_rows():
    source, other = Random(0), Random(0)
    f = compile(lambda x: x * where(draw(source.random) < 0.5, 0.0, 2.0), rows=["x"])
    x = np.arange(1.0, 21.0)
    for _ in range(3):
        close(f(x), [each * (0.0 if other.random() < 0.5 else 2.0) for each in x])
    assert recordings(f) == 1


def test_rows_of_several_programs_draw_in_the_order_of_the_rows():
    source, other = Random(0), Random(0)

    @compile(rows=["k", "x"])
    def f(k, x):
        if k == 0:
            return x
        return x * draw(source.random) if k == 1 else x - draw(source.random) * draw(source.random)

    def one(k, x):
        if k == 0:
            return x
        return x * other.random() if k == 1 else x - other.random() * other.random()

    k, x = np.array([2, 1, 0, 1, 2, 2, 0, 1]), np.arange(8.0)
    f(k, x)  # a row that is recorded draws sooner
    source.seed(0)
    for _ in range(3):
        close(f(k, x), [one(*row) for row in zip(k.tolist(), x.tolist(), strict=True)])
    assert recordings(f) == 3


def test_draws_that_python_branches_on_are_drawn_once_for_each_row():
    source, other = Random(1), Random(1)

    @compile(rows=["x"])
    def f(x):
        return x * 3 if draw(source.random) < 0.5 else x * draw(source.random)

    x = np.ones(4000)
    found = f(x)
    assert 0.46 < np.mean(found == 3) < 0.54
    one = compile(f.f)
    source.seed(1)
    close([one(1.0) for _ in range(20)],
          [3 if other.random() < 0.5 else other.random() for _ in range(20)])  # fmt: skip


def test_value_and_gradient_see_the_same_draws():
    source = Random(3)
    f = compile(lambda x, w: w * x * draw(source.random), rows=["x"], reduce="sum")
    value, gradient = f.value_and_grad(np.ones(9), 1.0, argnums=1)
    close(value, gradient)


def test_values_among_the_arguments_run_eagerly():
    f = compile(lambda x, w: tanh(x * w), rows=["x"])
    w = Value(0.5)
    total = sum(f(Y, w))
    total.backward()
    close(w.grad, (Y * (1 - np.tanh(0.5 * Y) ** 2)).sum())
    mean = compile(lambda x, w: (x["a"] * w, x["b"][0]), rows=["x"], reduce="mean")
    found, other = mean({"a": Y, "b": X}, w)
    close(found.data, Y.mean() * 0.5)
    close(other, X[:, 0].mean())
    assert recordings(f) == recordings(mean) == 0


def test_inside_eager_transforms_and_other_recordings():
    inner = compile(lambda x: x**3)
    close(grad(lambda x: inner(x) * x)(2.0), 32)
    outer = compile(lambda x: inner(x) + inner(2.0))
    close(outer(3.0), 35)
    close(outer.grad(3.0), 27)
    close(grad(grad(lambda x: inner.grad(x) * x))(2.0), 6 * 3 * 2.0)
    w = Value(3.0)
    about_w = compile(lambda x: x * w)
    within = compile(lambda x: about_w(2.0) * x)  # a live input of the one is one of the other
    assert within(1.0) == 6.0
    w.data = 4.0
    assert within(1.0) == 8.0
    assert within.recordings.made == 1


@compile
def falling(x):
    return x * falling(x - 1) if x > 1 else x


def test_a_compiled_function_may_call_itself():
    assert falling(5.0) == falling(5.0) == 120.0
    assert falling(0.5) == 0.5
    assert falling.recordings.made == 2


# transforms -----------------------------------------------------------------------------------------


def rosenbrock(x):
    return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


POINT = [1.3, 0.7, 0.8, 1.9]


@pytest.mark.parametrize("name", ["grad", "value_and_grad", "hessian"])
def test_transforms_equal_the_eager_ones(name):
    transform = getattr(autograd, name)
    fast = compile(rosenbrock)
    eager, compiled = transform(rosenbrock)(POINT), transform(fast)(POINT)
    if name == "value_and_grad":
        close(compiled[0], eager[0])
        eager, compiled = eager[1], compiled[1]
    close(compiled, eager)


def test_jacobian_jvp_vjp_hvp():
    def f(x, s):
        return [x[0] * x[1] * s, sin(x[1]) + s]

    fast, x, v = compile(f), [0.5, 2.0], [1.0, -3.0]
    close(autograd.jacobian(fast)(x, 3.0), autograd.jacobian(f)(x, 3.0))
    close(fast.jacobian(x, 3.0, argnums=1), autograd.jacobian(f, 1)(x, 3.0))
    for a, b in zip(
        autograd.jvp(fast, (x, 3.0), (v, 0.5)), autograd.jvp(f, (x, 3.0), (v, 0.5)), strict=True
    ):
        close(a, b)
    value, pullback = autograd.vjp(fast, x, 3.0)
    expected, eager = autograd.vjp(f, x, 3.0)
    close(value, expected)
    for a, b in zip(pullback([1.0, 2.0]), eager([1.0, 2.0]), strict=True):
        close(a, b)
    direction = [1.0, 0.5, -1.0, 2.0]
    close(
        autograd.hvp(compile(rosenbrock), POINT, direction),
        autograd.hvp(rosenbrock, POINT, direction),
    )


def test_transforms_of_transforms():
    fast = compile(lambda x: sin(x) * x**3)

    def f(x):
        return sin(x) * x**3

    close(grad(grad(fast))(0.7), grad(grad(f))(0.7))
    close(grad(grad(grad(fast)))(0.7), grad(grad(grad(f)))(0.7))
    close(autograd.derivative(fast, 4)(0.7), autograd.derivative(f, 4)(0.7))
    close(autograd.hessian(grad(fast))(0.7), grad(grad(grad(f)))(0.7))
    close(autograd.jvp(grad(fast), (0.7,), (2.0,))[1], 2 * grad(grad(f))(0.7))
    close(compile(grad(fast))(0.7), grad(f)(0.7))


def test_transforms_of_rows():
    f = compile(lambda x, w: sin(x[0] * w) * x[1], rows=["x"])
    eager = autograd.jacobian(lambda x: sin(x[0] * 0.5) * x[1])
    close(f.jacobian(X, 0.5), [eager(x) for x in X])
    second = autograd.hessian(lambda x: sin(x[0] * 0.5) * x[1])
    close(f.hessian(X, 0.5), [second(x) for x in X])
    close(f.hvp(X, X + 1, 0.5), [second(x) @ (x + 1) for x in X])
    value, slope = f.jvp((X, 0.5), (X + 1, 1.0))
    close(value, f(X, 0.5))
    close(slope, np.sum(f.grad(X, 0.5) * (X + 1), 1) + f.grad(X, 0.5, argnums=1))
    total = compile(lambda x, w: sin(x[0] * w) * x[1], rows=["x"], reduce="sum")
    close(total.hessian(X, 0.5, argnums=1), np.sum(f.hessian(X, 0.5, argnums=1)))


def test_names_of_arguments_do_not_clash():
    f = compile(lambda x, x_tangent, x_direction: x**2 * x_tangent * x_direction)
    close(f.jvp((2.0, 3.0, 4.0), (1.0, 0.0, 0.0)), (48, 48))
    close(f.hvp(2.0, 1.0, 3.0, 4.0), 24)


def test_detach_stops_the_gradient_and_nothing_else():
    def f(x, w):
        return (x * w).detach() * w + w.detach() ** 2

    fast = compile(f, rows=["x"])
    close(fast(Y, 3.0), Y * 9 + 9)
    close(fast.grad(Y, 3.0, argnums=1), Y * 3)
    assert recordings(fast) == 1
    close(compile(f).hessian(2.0, 3.0, argnums=1), 0)


# pickles, copies, threads ---------------------------------------------------------------------------


def plain(x):
    return x * x + 1


def test_pickles():
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    fast = compile(plain, rows=["x"], reduce="sum", dtype="float32", threads=1)
    fast([1.0, 2.0])
    again = pickle.loads(pickle.dumps(fast))
    assert (again.f, again.row_names, again.reduce, again.dtype, again.threads) == (
        plain, ["x"], "sum", "float32", 1)  # fmt: skip
    assert again([1.0, 2.0]) == fast([1.0, 2.0]) == 7.0
    assert pickle.loads(pickle.dumps(grad(fast)))([1.0, 2.0]).tolist() == [2.0, 4.0]


def test_copies():
    local = compile(lambda x: x + 1)
    assert copy.copy(decorated) is copy.deepcopy(decorated) is decorated
    assert copy.copy(local)(1.0) == copy.deepcopy(local)(1.0) == 2.0


def test_threads():
    f = compile(lambda x, w: x[0] * w if x[0] > x[1] else x[1] / w, rows=["x"])
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(100 + k, 2)) for k in range(8)]
    results = {}
    start = threading.Barrier(8)

    def work(k):
        start.wait()
        for w in (1.0, 2.0, 3.0):
            results[k, w] = f(inputs[k], w), f.grad(inputs[k], w, argnums=1)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert recordings(f) == 2
    for (k, w), (value, gradient) in results.items():
        a, b = inputs[k].T
        close(value, np.where(a > b, a * w, b / w))
        close(gradient, np.where(a > b, a, -b / w**2))


def test_repr_and_source():
    f = compile(plain, rows=["x"], reduce="sum")
    assert repr(f) == "<compiled plain, rows=['x'], reduce='sum'>"
    assert "not been called" in f.source
    f([1.0])
    assert "def forward" in f.source
    assert f.__name__ == "plain"
    assert f.__doc__ == plain.__doc__


def test_gradients_and_the_like_have_their_source_and_table_with_the_function():
    @compile(rows=["x"])
    def f(x, w):
        return tanh(w * x)

    f.grad([1.0, 2.0], 0.5, argnums=1)  # for each row, by what is shared: a program of its own
    assert "def reverse(seed)" in f.source
    assert f.table().programs[0].reverse > 0
    f.hessian([1.0, 2.0], 0.5)
    assert "program 1 of hessian of f" in f.source
    assert "hessian of f" in str(f.table())


def test_long_lists_that_are_closed_over():
    numbers = [float(i) for i in range(60_000)]
    pairs = ["a", 1.0] * 30_000

    @compile
    def f(x):
        return x * (numbers[0] + numbers[1] + len(pairs))

    assert [f(float(i)) for i in range(5)] == [60_001.0 * i for i in range(5)]
    assert f.recordings.made == 1
    assert not f.surroundings.written
    numbers[1] = 3.0
    assert f(1.0) == 60_003.0


def test_numpys_names_of_number_types():
    assert compile(lambda x: x * x, rows=["x"], dtype=np.float32)([1.0, 2.0]).dtype == np.float32
    with pytest.raises(ValueError, match=r"numpy\.float16.*allowed are"):
        compile(lambda x: x, dtype=np.float16)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_process_has_threads_of_its_own():
    @compile(rows=["x"], reduce="sum", threads=2)
    def f(x):
        return exp(tanh(x) * sin(x))

    X = np.linspace(-1, 1, 20_000)
    expected = f(X)
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that threads are running: what is tested
        child = os.fork()
    if not child:
        signal.alarm(30)
        os.write(writing, repr(f(X)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        assert float(file.read()) == expected
    os.waitpid(child, 0)
