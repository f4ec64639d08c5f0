"""Bad input, functions that cannot be recorded, and answers that must never be stale."""

import gc
import random
import traceback
import weakref

import numpy as np
import pytest

import nn
from autograd import Value, compile, take, tanh
from autograd.program.recording import recordings as program_recordings
from autograd.program.recording.surroundings import Same

X = np.array([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]])
Y = np.array([1.0, -0.5, 2.0])


def weighted(x, y, w):
    return x[0] * w + y


def refused(error, message, f, *args):
    with pytest.raises(error) as caught:
        f(*args)
    assert message in str(caught.value), str(caught.value)
    return caught


# what compile is told -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rows": ["z"]}, ValueError, "rows=['z']: weighted(x, y, w) has no argument 'z'"),
        ({"rows": ["x"], "reduce": "max"}, ValueError, "reduce='max'; allowed are None, 'sum' and 'mean'"),
        ({"reduce": "sum"}, ValueError, "reduce='sum' of no rows: name them, as rows=['x']"),
        ({"dtype": "int"}, ValueError, "dtype='int'; allowed are 'float64' and 'float32'"),
        ({"threads": 0}, ValueError, "threads=0; allowed are None, 1, 2, ..."),
    ],
)  # fmt: skip
def test_options(options, error, message):
    refused(error, message, lambda: compile(weighted, **options))


def test_what_is_no_function_of_named_arguments():
    refused(TypeError, "compile(3): it must be a function", compile, 3)
    refused(TypeError, "<lambda> takes *xs; write its arguments out", compile, lambda *xs: xs)
    refused(TypeError, "<lambda> takes k; write", compile, lambda x, *, k: x)
    refused(TypeError, "compile(max): it does not say what its arguments are", compile, max)


# arguments ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (X, Y[1:], ValueError, "weighted: the row arguments must have as many rows: x has 3, y has 2"),
        ([[1.0, 2.0], [3.0]], Y, ValueError, "x: ragged rows: row 0 has length 2, row 1 has length 1"),
        ([[1.0], 3.0], Y, ValueError, "x: ragged rows: row 0 has length 1, row 1 has one number"),
        ([], [], ValueError, "weighted: x has no rows; give at least one"),
        (np.zeros((0, 2)), Y[:0], ValueError, "weighted: x has no rows; give at least one"),
        ("abc", Y, TypeError, "x: 'abc' has no row axis. A row argument is an array of shape (rows, ...)"),
        (3.0, Y, TypeError, "x: 3.0 has no row axis"),
        (None, Y, TypeError, "x: None has no row axis"),
        (X, [1.0, "b", 2.0], TypeError, "y: '1.0' is no row of a program"),
        (X, [1.0, None, 2.0], TypeError, "y: None is no row of a program"),
        (X, [{}, {}, {}], TypeError, "y: {} is no row of a program"),
        (X, Y + 1j, TypeError, "y: "),
        (X > 0, Y, TypeError, "x: dtype('bool') is no row of a program. Rows are numbers"),
        (X, [Value(1.0)] * 3, None, ""),
        ({"a": X, "b": Y[1:]}, Y, ValueError, "x['a'] has 3, x['b'] has 2, y has 3"),
    ],
)  # fmt: skip
def test_rows(x, y, error, message):
    f = compile(weighted, rows=["x", "y"])
    if error is None:
        assert len(f(x, y, 1.0)) == 3  # Values run eagerly
        return
    refused(error, message, f, x, y, 1.0)
    refused(error, message, f.grad, x, y, 1.0)
    assert not f.recordings.programs()
    np.testing.assert_allclose(f(X, Y, 2.0), X[:, 0] * 2 + Y)


def test_arguments_that_do_not_fit_the_function():
    f = compile(weighted, rows=["x", "y"])
    refused(TypeError, "weighted(x, y, w): missing a required argument: 'w'", f, X, Y)
    refused(TypeError, "weighted(x, y, w): too many positional arguments", f, X, Y, 1.0, 2.0)
    refused(
        IndexError,
        "weighted: argnums=3; weighted takes 3 arguments",
        lambda: f.grad(X, Y, 1.0, argnums=3),
    )
    refused(
        TypeError, "w='a' has no numbers to differentiate by", lambda: f.grad(X, Y, "a", argnums=2)
    )
    refused(IndexError, "argnums=5", lambda: f.jacobian(X, Y, 1.0, argnums=5))


def test_transforms_that_make_no_sense():
    f = compile(weighted, rows=["x", "y"], reduce="sum")
    refused(TypeError, "by its rows x: there is one for each pair of rows", f.hessian, X, Y, 1.0)
    refused(TypeError, "a gradient is of one number, and it returns [number, number]",
            compile(lambda x: [x, x]).grad, 2.0)  # fmt: skip
    g = compile(weighted)
    refused(
        TypeError, "takes 3 arguments; there are 1 primals and 1 tangents", g.jvp, (1.0,), (1.0,)
    )
    refused(TypeError, "primals is the tuple of arguments", g.jvp, 1.0, 1.0)


# what functions return ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "<lambda>(...) returned None: does it lack a return?"),
        ("text", "what <lambda>(...) returned: 'text' is text"),
        ([1.0, None], "what <lambda>(...) returned[1]: None is nothing"),
        (1j, "is complex"),
    ],
)
def test_results_that_are_no_numbers(returned, message):
    f = compile(lambda x: returned, rows=["x"])
    refused(TypeError, message, f, Y)
    refused(TypeError, message, f.grad, Y)
    assert not f.recordings.programs()


def test_a_truth_value_is_no_number():
    refused(TypeError, "is a truth value: write int(flag)", compile(lambda x: x > 0), 1.0)
    assert compile(lambda x: int(x > 0))(1.0) == 1.0


def test_rows_that_give_different_forms():
    f = compile(lambda x: [x, x] if x > 0 else [x], rows=["x"])
    refused(ValueError, "rows give results of different forms, [number, number] and [number]", f, Y)
    np.testing.assert_allclose(f(np.abs(Y)), [np.abs(Y)] * 2)


def test_constants_and_unused_inputs():
    assert compile(lambda x, w: 3)(1.0, 2.0) == 3.0
    f = compile(lambda x, w: 3.0, rows=["x"])
    np.testing.assert_allclose(f(Y, 1.0), [3, 3, 3])
    np.testing.assert_allclose(f.grad(Y, 1.0), [0, 0, 0])
    total = compile(lambda x, y, w: y, rows=["x", "y"], reduce="sum")
    assert total(X, Y, 1.0) == Y.sum()
    assert total.grad(X, Y, 1.0, argnums=2) == 0.0
    np.testing.assert_allclose(total.grad(X, Y, 1.0), np.zeros((3, 2)))


# errors speak of the user's code --------------------------------------------------------------------


def test_an_exception_inside_the_function_is_the_users_own():
    class MyError(Exception):
        pass

    def f(x):
        if x > 1:
            raise MyError("too large")  # here
        return x * 2

    fast = compile(f, rows=["x"])
    caught = refused(MyError, "too large", fast, Y)
    text = "".join(traceback.format_exception(caught.value))
    assert "# here" in text
    assert "(in row 2 of f, while it was recorded)" in text
    assert caught.value.__cause__ is caught.value.__context__ is None
    np.testing.assert_allclose(fast([0.5, -1.0]), [1, -2])
    refused(MyError, "too large", fast, Y)


def test_an_index_outside():
    f = compile(lambda x, k: take([x, 2 * x], k), rows=["x", "k"])
    np.testing.assert_allclose(f(Y, [0, 1, 0]), Y * [1, 2, 1])
    caught = refused(IndexError, "take(xs, 5): xs has 2 elements", f, Y, [0, 5, 1])
    assert caught.value.__notes__ == ["(in row 1 of <lambda>, while it was recorded)"]


def test_an_index_outside_in_a_branch_not_taken_is_no_error():
    f = compile(lambda x, k: take([x, 2 * x], k) if x > 0 else x, rows=["x", "k"])
    np.testing.assert_allclose(f(Y, [0, 99, 1]), [1.0, -0.5, 4.0])


# numbers that would be baked in ---------------------------------------------------------------------


def reads_data(x):
    return x * x.data  # line of the reading


def test_data_is_refused_by_name_and_line():
    line = reads_data.__code__.co_firstlineno + 1
    caught = refused(TypeError, f"test_compile_errors.py:{line}, in reads_data: x.data is read while",
                     compile(reads_data, rows=["x"]), Y)  # fmt: skip
    assert "1.0, would be baked in for every row" in str(caught.value)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * (x * 2).data,
        lambda x: nn.__class__ and reads_data(x) + 1,
        lambda x: x * x.detach().data,
        lambda x: x * getattr(x, "da" + "ta"),
        lambda x: setattr(x, "data", 1.0) or x,
    ],
)
def test_data_is_refused_however_it_is_read(f):
    with pytest.raises(TypeError, match=r"data is (read|set) while a program is recorded"):
        compile(f, rows=["x"])(Y)
    assert Value(2.0).data == 2.0


def test_gradients_read_inside_are_refused():
    def f(x):
        y = x**3
        y.backward()
        return x.grad * x

    refused(TypeError, "x.grad is read while a program is recorded", compile(f, rows=["x"]), Y)


def test_float_of_a_value_is_refused():
    refused(TypeError, "would silently lose its derivative", compile(lambda x: x * float(x)), 1.0)


def test_the_audit_finds_numbers_that_are_not_recorded():
    source = random.Random(0)
    f = compile(lambda x: x * source.random(), rows=["x"])
    refused(ValueError, "a random number (declare it, as autograd.draw(source.random))", f, Y)
    refused(ValueError, "It depends on something that is not recorded", f.grad, Y)
    assert not f.recordings.programs()
    one = compile(lambda x: x * source.random())
    one(1.0)
    refused(ValueError, "It depends on something that is not recorded", one, 2.0)


# answers that are never stale -----------------------------------------------------------------------

SCALE = 2.0


def scaled(x):
    return x * SCALE


def test_a_changed_global(monkeypatch):
    f = compile(scaled, rows=["x"])
    np.testing.assert_allclose(f(Y), Y * 2)
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    np.testing.assert_allclose(f(Y), Y * 5)
    np.testing.assert_allclose(f.grad(Y), [5, 5, 5])
    np.testing.assert_allclose(f.jvp((Y,), (Y,))[1], Y * 5)
    monkeypatch.setitem(globals(), "SCALE", -0.0)
    assert np.signbit(f([1.0])).all()
    monkeypatch.setitem(globals(), "SCALE", 0.0)
    assert not np.signbit(f([1.0])).any()


def test_changed_lists_and_helpers():
    numbers, table = [1.0, 2.0], {"a": 1.0}

    def helper(x):
        return x * 2

    f = compile(lambda x: helper(x) * numbers[0] + sum(numbers) + table["a"], rows=["x"])
    np.testing.assert_allclose(f(Y), Y * 2 + 4)
    numbers.append(5.0)
    np.testing.assert_allclose(f(Y), Y * 2 + 9)
    table["a"] = 0.0
    np.testing.assert_allclose(f(Y), Y * 2 + 8)

    def helper(x):  # noqa: F811
        return x * 3

    np.testing.assert_allclose(f(Y), Y * 3 + 8)


def test_what_the_function_writes_itself_is_no_reason_to_record_again():
    calls, count = [], 0

    def f(x):
        nonlocal count
        calls.append(1)
        count += 1
        return x * 2

    fast = compile(f, rows=["x"])
    for _ in range(5):
        fast(Y)
    assert fast.recordings.made == 1
    assert count == len(calls) == 2


class Scaled(nn.Module):
    def __init__(self, scale):
        self.w, self.scale, self.activation = Value(1.0), scale, tanh

    def __call__(self, x):
        y = x * self.w * self.scale
        return self.activation(y) if self.training else y


@pytest.mark.parametrize("closed_over", [False, True])
def test_a_models_mode_and_attributes(closed_over):
    model = Scaled(2.0)
    f = compile(lambda x: model(x), rows=["x"]) if closed_over else compile(
        lambda m, x: m(x), rows=["x"])  # fmt: skip

    def run():
        return f(Y) if closed_over else f(model, Y)

    np.testing.assert_allclose(run(), np.tanh(Y * 2))
    model.eval()
    np.testing.assert_allclose(run(), Y * 2)
    model.train()
    np.testing.assert_allclose(run(), np.tanh(Y * 2))
    assert f.recordings.made == 2
    model.scale = 3.0
    np.testing.assert_allclose(run(), np.tanh(Y * 3))
    model.activation = lambda x: x * 10
    np.testing.assert_allclose(run(), Y * 30)
    model.w = Value(5.0)
    np.testing.assert_allclose(run(), Y * 150)
    model.w.data = 1.0
    np.testing.assert_allclose(run(), Y * 30)


def test_two_models_of_one_class():
    f = compile(lambda m, x: m(x), rows=["x"])
    a, b = Scaled(2.0), Scaled(2.0)
    b.w.data = 3.0
    np.testing.assert_allclose(f(a, Y), np.tanh(Y * 2))
    np.testing.assert_allclose(f(b, Y), np.tanh(Y * 6))
    np.testing.assert_allclose(f(a, Y), np.tanh(Y * 2))
    assert f.recordings.made == 2


def test_a_new_model_at_an_old_address():
    f = compile(lambda m, x: m(x), rows=["x"])
    for k in range(30):
        model = Scaled(1.0)
        model.w.data = float(k)
        np.testing.assert_allclose(f(model, Y), np.tanh(Y * k))
        del model


def test_an_object_is_known_by_more_than_its_address():
    model = Scaled(2.0)
    before = Same(model)
    assert before == Same(model)
    del model
    gc.collect()
    after = Same(other := Scaled(2.0))
    after.number = before.number  # as if it lay at the same address
    assert before != after
    assert before.gone
    assert other.scale == 2.0
    assert not after.gone


def test_models_are_not_kept_alive():
    f = compile(lambda m, x: m(x), rows=["x"])
    model = Scaled(2.0)
    dead = weakref.ref(model)
    f(model, Y)
    f.grad(model, Y)
    del model
    gc.collect()
    assert dead() is None
    f(Scaled(1.0), Y)
    assert len(f.recordings.programs()) == 1


def test_arguments_of_very_many_forms():
    f = compile(lambda x: sum(x) * 2)
    for n in range(1, 65):
        assert f([1.0] * n) == 2 * n
    with pytest.warns(RuntimeWarning, match="arguments came in more than 64 forms"):
        f([1.0] * 65)
    for n in range(66, 75):
        assert f([1.0] * n) == 2 * n  # and says it once
    assert len(f.recordings.programs()) == program_recordings.MOST_FORMS
    assert f([1.0]) == 2.0


def test_very_many_different_integers():
    f = compile(lambda x, k: x * int(k), rows=["x", "k"])
    k = np.arange(500)
    with pytest.warns(RuntimeWarning, match="branch in more than 64 ways"):
        np.testing.assert_allclose(f(np.ones(500), k), k)
    np.testing.assert_allclose(f(np.ones(500), k), k)


def test_attributes_of_the_function_are_its_own():
    class Callable:
        def __init__(self):
            self.f = self.name = self.recordings = "mine"

        def __call__(self, x):
            return x * 2

    assert compile(Callable())(3.0) == 6.0


def test_methods():
    class Thing:
        factor = 3.0

        def times(self, x):
            return x * self.factor

    thing = Thing()
    f = compile(thing.times, rows=["x"])
    np.testing.assert_allclose(f(Y), Y * 3)
    thing.factor = 4.0
    np.testing.assert_allclose(f(Y), Y * 4)


@pytest.mark.parametrize("transform", ["grad", "value_and_grad", "jacobian", "hessian"])
def test_argnums_are_places(transform):
    f = compile(lambda x, w: w * x)
    with pytest.raises(TypeError, match="argnums='w'; give the place of an argument"):
        getattr(f, transform)(1.0, 2.0, argnums="w")
    with pytest.raises(IndexError, match=r"argnums=2; .* takes 2 arguments"):
        getattr(f, transform)(1.0, 2.0, argnums=2)
