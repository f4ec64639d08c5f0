"""Rows that branch: each takes the path that Python would take, whichever row was recorded."""

import contextlib
import operator

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, compile, exp, log, sqrt, where
from autograd.program.recording import recordings as program_recordings

X = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, np.nan, np.inf, -np.inf])
OPERATORS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


def eagerly(f, *columns):
    """Return what f gives on Values, row by row, and its gradient by the first argument."""
    values, gradients = [], []
    for row in zip(*columns, strict=True):
        xs = [Value(float(x)) for x in row]
        y = f(*xs)
        y = y if isinstance(y, Value) else Value(y)
        values.append(y.data)
        gradients.append(autograd.gradients(y, xs[:1])[0])
    return np.array(values), np.array(gradients, dtype=float)


def agrees(f, *columns, recordings=None):
    names = list(f.__code__.co_varnames[: f.__code__.co_argcount])
    fast = compile(f, rows=names)
    values, gradients = eagerly(f, *columns)
    for order in (slice(None), slice(None, None, -1)):  # whichever row is recorded first
        fast = compile(f, rows=names)
        given = [np.array(c)[order] for c in columns]
        np.testing.assert_allclose(fast(*given), values[order], 1e-12)
        np.testing.assert_allclose(fast.grad(*given), gradients[order], 1e-12)
        if recordings is not None:
            assert fast.recordings.made == recordings
    return fast


@pytest.mark.parametrize("compare", OPERATORS)
@pytest.mark.parametrize("other", [0.5, 1, np.float64(0.5), np.int64(1), np.float32(-1)])
@pytest.mark.parametrize("swapped", [False, True])
def test_every_comparison_with_every_kind_of_number(compare, other, swapped):
    def f(x):
        holds = compare(other, x) if swapped else compare(x, other)
        return x * 2 if holds else x * x + 1

    agrees(f, X, recordings=2)


@pytest.mark.parametrize("compare", OPERATORS)
def test_every_comparison_of_two_values(compare):
    agrees(lambda x, y: x * y if compare(x, y) else x - y, X, np.abs(X)[::-1])


def test_chains_and_logic():
    agrees(lambda x: x * 2 if -1 < x < 1 else x * 3, X)
    agrees(lambda x: x * 2 if not (x < 0 or x > 1) else x * 3, X)
    agrees(lambda x: x * 2 if x > 0 and x != 1 else x * 3, X)
    agrees(lambda x: x * 2 if (x > 0) == (x < 1) else x * 3, X)
    agrees(lambda x: x * 2 if (x > 0) ^ (x < 1) else x * 3, X)
    agrees(lambda x: x * 2 if bool(x > 0) else x * 3, X)


def test_combined_conditions_need_no_guard():
    agrees(lambda x: where((x > 0) & (x < 1) | (x == -1), x * 2, x * 3), X[:7], recordings=1)
    agrees(lambda x: where((x > 0) & True | False, x * 2, x * 3), X[:7], recordings=1)
    with pytest.raises(TypeError, match="Write the opposite comparison"):
        compile(lambda x: where(~(x > 0), x, 0))(1.0)


def test_masks():
    agrees(lambda x: x * (x > 0) + (x < 1) * 2 - (x > 1) / 4, X[:7], recordings=1)
    agrees(lambda x: x + sum([x > 0, x > 1]) + 2 ** (x > 0), X[:7], recordings=1)


def test_builtins():
    rng = np.random.default_rng(0)
    x, y, z = rng.normal(size=(3, 40))
    agrees(lambda x, y, z: max(x, y, z) * min(x, z), x, y, z)
    fast = agrees(lambda x, y, z: sorted([x, y, z])[1] * x, x, y, z)
    assert fast.recordings.made <= 6
    agrees(lambda x, y, z: x if any([x > y, x > z]) else y * x, x, y, z)


def test_loops_recursion_and_early_exits():
    def newton(x):
        guess = x + 1
        while abs(guess * guess - x) > 1e-9:
            guess = (guess + x / guess) / 2
        return guess

    def halved(x):
        return x if x < 1 else halved(x / 2) * 1.5

    def first(x):
        for i in range(5):
            if x > i:
                return x * (i + 1)
            x = x + 0.5
        return x

    points = np.array([0.5, 1.0, 2.0, 100.0, 7.0, 3000.0])
    agrees(newton, points)
    agrees(halved, points)
    agrees(first, X)


def test_rows_with_nan_take_their_own_branch():
    fast = agrees(lambda x: x * 2 if x > 0 else (x * 3 if x <= 0 else x + 1), X, recordings=3)
    assert np.isnan(fast([np.nan])).all()


def test_guards_on_shared_numbers_alone_are_looked_at_in_every_call():
    w = Value(1.0)
    f = compile(lambda x, c: (x * 2 if w > 0 else x * 3) + (c if c > 1 else 10 * c), rows=["x"])
    np.testing.assert_allclose(f([1.0, 2.0], 2.0), [4, 6])
    w.data = -1.0
    np.testing.assert_allclose(f([1.0, 2.0], 2.0), [5, 8])
    np.testing.assert_allclose(f([1.0, 2.0], 0.5), [8, 11])
    w.data = 3.0
    np.testing.assert_allclose(f([1.0, 2.0], 0.5), [7, 9])
    before = f.recordings.made
    np.testing.assert_allclose(f([1.0, 2.0], 2.0), [4, 6])
    assert f.recordings.made == before == 4


def test_bound_parameters_may_take_another_branch():
    w = Value(1.0)
    bound = compile(lambda x: x * w * w if w > 0 else x * w, rows=["x"], reduce="sum").bind(w)
    x = np.array([1.0, 2.0])
    for number, value, slope in [(2.0, 12, 12), (-2.0, -6, 3), (3.0, 27, 18), (-1.0, -3, 3)]:
        bound.parameters[0] = number
        found, gradient = bound.value_and_grad(x)
        assert (found, gradient[0]) == (value, slope)
    assert w.data == 1.0
    assert bound.compiled.recordings.made == 2


@pytest.mark.parametrize("reverse", [False, True])
def test_where_is_a_selection_without_zero_times_infinity(reverse):
    f = compile(lambda x: where(x > 0, sqrt(x), 0.0) + where(x > 0, log(x), x), rows=["x"])
    x = np.array([4.0, 0.0, -1.0, 0.25])
    x = x[::-1] if reverse else x
    positive = np.where(x > 0, x, 1)
    expected = np.where(x > 0, 0.5 / np.sqrt(positive) + 1 / positive, 1)
    np.testing.assert_allclose(f(x), np.where(x > 0, np.sqrt(positive) + np.log(positive), x))
    np.testing.assert_allclose(f.grad(x), expected)
    second = np.where(x > 0, -0.25 * positive**-1.5 - positive**-2, 0)
    np.testing.assert_allclose(f.hessian(x), second)


def test_where_of_bound_parameters():
    w = Value(0.0)
    bound = compile(lambda x: where(x * w > 0, sqrt(x * w), x * w), rows=["x"], reduce="sum").bind(
        w
    )
    x = np.array([1.0, -1.0, 3.0])
    for number, slope in [(0.0, 3.0), (4.0, 0.25 + 3 / np.sqrt(12) / 2 - 1), (0.0, 3.0)]:
        bound.parameters[0] = number
        assert bound.value_and_grad(x)[1][0] == pytest.approx(slope, rel=1e-12)


def test_a_nan_in_the_data_does_not_make_where_branch_for_good():
    f = compile(lambda x: where(x > 0, x * 2, x * 3), rows=["x"])
    x = np.array([1.0, np.nan, -1.0])
    np.testing.assert_allclose(f.grad(x), [2, 3, 3])
    np.testing.assert_allclose(f.grad(np.array([1.0, -1.0])), [2, 3])
    assert not f.recordings.branching


# beyond the bound -----------------------------------------------------------------------------------


def many_ways(x, w):
    """Return a function of which every row takes another way."""
    total = x * 0
    while total < x:
        total = total + 1
    return total * w + x * w * w


N = np.arange(1.0, 101.0)


@pytest.fixture
def few(monkeypatch):
    """Make the bound small: recordings take time."""
    monkeypatch.setattr(program_recordings, "MOST_PROGRAMS", 3)
    return np.arange(1.0, 11.0)


def test_beyond_the_bound_rows_run_eagerly_and_that_is_said_once():
    f = compile(many_ways, rows=["x"])
    with pytest.warns(
        RuntimeWarning, match="many_ways: rows branch in more than 64 ways; 36 of them"
    ):
        found = f(N, 2.0)
    np.testing.assert_allclose(found, N * 6)
    np.testing.assert_allclose(f(N, 3.0), N * 12)  # no second warning
    assert f.recordings.made == 64
    assert f.eager_rows == 72


@pytest.mark.filterwarnings("ignore:many_ways")
def test_gradients_beyond_the_bound(few):
    f = compile(many_ways, rows=["x"])
    value, (by_x, by_w) = f.value_and_grad(few, 2.0, argnums=(0, 1))
    np.testing.assert_allclose(value, few * 6)
    np.testing.assert_allclose(by_x, np.full(10, 4.0))
    np.testing.assert_allclose(by_w, few + 4 * few)
    for reduce, scale in (("sum", 1), ("mean", 0.1)):
        total = compile(many_ways, rows=["x"], reduce=reduce)
        np.testing.assert_allclose(total.grad(few, 2.0, argnums=1), 5 * few.sum() * scale)
        np.testing.assert_allclose(total.grad(few, 2.0), np.full(10, 4.0 * scale))


@pytest.mark.filterwarnings("ignore:f. rows branch")
def test_gradients_by_models_beyond_the_bound(few):
    model = nn.MLP(1, [2, 1], activation="tanh", seed=0)

    def f(m, x):
        return many_ways(x, m(x / 10))

    fast = compile(f, rows=["x"], reduce="mean")
    value, gradient = fast.value_and_grad(model, few)
    bound = compile(f, rows=["x"], reduce="mean").bind(model)
    found, flat = bound.value_and_grad(few)
    total = sum(f(model, Value(x)) for x in few.tolist()) / 10
    total.backward()
    expected = [p.grad for p in model.parameters()]
    np.testing.assert_allclose([value, found], total.data)
    np.testing.assert_allclose(list(gradient.values()), expected)
    np.testing.assert_allclose(flat, expected)


def test_a_row_where_rounding_decides_is_run_as_it_is():
    x = np.random.default_rng(0).uniform(0.1, 3.0, 200)
    edges = [
        float(np.nextafter(np.exp(each), up)) for each in x[:4] for up in (0, np.exp(each), 9e9)
    ]
    for edge in edges:
        fast = compile(lambda x, edge: x * 2 if exp(x) >= edge else x * 3, rows=["x"])
        expected = [fast.f(Value(each), edge).data for each in x]
        np.testing.assert_array_equal(fast(x, edge), expected)
        assert len(fast.recordings.programs()) <= 2


def test_a_row_that_single_precision_puts_elsewhere_is_run_as_it_is():
    f = compile(lambda x: x * 2 if x > 1 + 1e-9 else x * 3, rows=["x"], dtype="float32")
    for _ in range(2):
        np.testing.assert_allclose(f([1 + 2e-9, 5.0, 1 + 2e-9]), [2, 10, 2], 1e-6)
    assert len(f.recordings.programs()) == 1


def test_equality_with_other_things_is_no_guard():
    f = compile(lambda x: x * 2 if x == "a" or x is None else x * 3, rows=["x"])
    np.testing.assert_allclose(f(X[:7]), X[:7] * 3)
    assert f.recordings.made == 1


def test_what_only_conditions_read_brings_no_nan_into_the_gradient():
    def branches(x, w):
        a, b = autograd.cbrt(x * w), autograd.cbrt(x - w)
        return a * 2 if b > 10 else a

    def selects(x, w):
        a, b = autograd.cbrt(x * w), autograd.cbrt(x - w)
        return where(b > 10, a * 2, a)

    for f in (branches, selects):
        fast = compile(f, rows=["x"], reduce="sum")
        assert fast.grad([1.0, 8.0], 1.0, argnums=1) == pytest.approx((1 + 2) / 3, rel=1e-12)
        assert fast.grad([1.0, 8.0], 1.0) == pytest.approx([1 / 3, 1 / 12], rel=1e-12)
        assert not fast.recordings.branching  # the first program was right


def test_a_fit_that_branches_in_many_ways_says_so_and_is_right(monkeypatch):
    monkeypatch.setattr(program_recordings, "MOST_PROGRAMS", 2)

    class Steps(nn.Module):
        def __init__(self):
            self.w = [Value(0.5), Value(-0.25), Value(0.75)]

        def __call__(self, x):
            y = 0
            for w in self.w:
                y = y + w * x[0] if w * x[0] > x[1] else y - w * x[1]
            return y

    X = np.random.default_rng(0).normal(size=(40, 2))
    fitted = []
    for engine in ("eager", "auto"):
        model = Steps()
        with (
            pytest.warns(RuntimeWarning, match="^fit: rows branch in more than 2 ways")
            if (engine == "auto")
            else contextlib.nullcontext()
        ):
            nn.fit(model, X, X[:, 0], "mean_squared_error", epochs=2, engine=engine, seed=0)
        fitted.append([w.data for w in model.w])
    assert fitted[0] == pytest.approx(fitted[1], rel=1e-9)
