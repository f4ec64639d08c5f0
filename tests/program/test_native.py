"""Native programs give what NumPy programs and the engine itself give, for every operation."""

import math
import pickle
from random import Random

import numpy as np
import pytest

import autograd
from autograd import compile
from autograd.program.running import native, opcodes
from autograd.rules import TABLE

needs_numba = pytest.mark.skipif(
    not native.installed(), reason="the extra `native` (Numba) is missing"
)
POINTS = {"acosh": 1.7, "clip": (0.4, -0.2, 0.9), "mod": (2.7, 0.8), "floordiv": (2.7, 0.8)}


@pytest.fixture(scope="module", autouse=True)
def _warm():
    """Compile once, where Numba keeps it."""
    if native.installed():
        compile(lambda x: x * x, native=True).grad(1.0)


def both(f, *args, **options):
    """Return value and gradients by all arguments: natively and by NumPy; check where each ran."""
    found = []
    for choice in (True, False):
        fast = compile(f, native=choice, **options)
        found.append(fast.value_and_grad(*args, argnums=tuple(range(len(args)))))
        if options.get("reduce", "") is not None:  # then a function made from this one has run
            assert ("native code" in fast.source) is choice
    return found


def flat(x):
    return (
        np.concatenate([flat(part) for part in x]) if isinstance(x, (list, tuple)) else np.ravel(x)
    )


def assert_same(a, b):
    np.testing.assert_allclose(flat(a), flat(b), rtol=1e-12, atol=1e-13)


def random_graph(seed, count, back=None):
    """Return a function of a list of numbers: sums, products and functions of any earlier ones."""
    random = Random(seed)
    steps = []
    for i in range(10, count):
        low = 0 if back is None else max(0, i - back)
        steps.append((random.randrange(7), random.randrange(low, i), random.randrange(low, i)))

    functions = [
        lambda a, b: 0.5 * (a + b), lambda a, b: a - 0.5 * b, lambda a, b: a * b / (1 + a * a),
        lambda a, b: a / (2 + b * b), lambda a, b: autograd.sin(a), lambda a, b: autograd.tanh(b),
        lambda a, b: autograd.relu(a - 0.1 * b),
    ]  # fmt: skip

    def f(xs):
        values = list(xs)
        for op, i, j in steps:
            values.append(functions[op](values[i], values[j]))
        return autograd.mean(values)

    return f


START = [0.1 * k - 0.43 for k in range(10)]


@needs_numba
@pytest.mark.parametrize("back", [None, 6])
def test_random_graphs(back):
    f = random_graph(3, 400, back)
    ours, numpys = both(f, START)
    assert_same(ours, numpys)
    value, gradient = autograd.value_and_grad(f)(START)
    assert_same(ours, (value, [gradient]))


@needs_numba
def test_every_operation_of_the_tape():
    """One function of all the table's operations that there is native code for."""
    random = Random(1)
    names = [
        name
        for name in TABLE
        if name in opcodes.codes() and name.isidentifier() and name not in ("where", "identity")
    ]
    assert len(names) > 40
    points = []
    for name in names:
        count = len(TABLE[name].partials)
        point = POINTS.get(name, [random.uniform(0.2, 0.8) for _ in range(count)])
        points.append(list(point) if count > 1 else [point if type(point) is float else point[0]])

    def f(points):
        total = 0.0
        for k, (name, xs) in enumerate(zip(names, points, strict=True)):
            total = total + (k + 1) * (
                abs(xs[0]) if name == "abs" else xs[0] // xs[1] if name == "floordiv"
                else xs[0] % xs[1] if name == "mod" else -xs[0] if name == "neg"
                else xs[0] + xs[1] if name == "add" else xs[0] - xs[1] if name == "sub"
                else xs[0] * xs[1] if name == "mul" else xs[0] / xs[1] if name == "div"
                else xs[0] ** xs[1] if name == "pow"
                else getattr(autograd.Value, name)(*xs) if hasattr(autograd.Value, name)
                else getattr(autograd, name)(*xs)
            )  # fmt: skip
        return total

    ours, numpys = both(f, points)
    assert_same(ours, numpys)


@needs_numba
@pytest.mark.parametrize("exponent", [*opcodes.POWERS, 2.5, 7])
def test_powers(exponent):
    assert_same(*both(lambda x: x**exponent, 0.7))


@needs_numba
@pytest.mark.parametrize(("products", "signs"), sorted(opcodes.FEW))
def test_short_sums(products, signs):
    count = products + len(signs)

    def f(xs):
        terms = [xs[2 * k] * xs[2 * k + 1] for k in range(products)] + list(xs[2 * products :])
        total = sum(
            term * sign if sign > 0 else -term for sign, term in zip(signs, terms, strict=True)
        )
        return total * total

    assert_same(*both(f, [0.3 + 0.2 * k for k in range(count)]))


@needs_numba
def test_long_sums_products_and_dots():
    def f(xs, ys):
        a = autograd.dot(xs, ys) - sum(xs[:7])
        rows = [
            sum(x * y for x, y in zip(xs, ys[k:] + ys[:k], strict=True)) + xs[k] - ys[k]
            for k in range(9)
        ]
        return a * sum(r * r for r in rows) + rows[1] - xs[0] * ys[1] + xs[2] * ys[3] - xs[5]

    rng = np.random.default_rng(0)
    assert_same(*both(f, rng.normal(size=9).tolist(), rng.normal(size=9).tolist()))


@needs_numba
@pytest.mark.parametrize("count", [1, 5, native.FEW_ROWS + 3])
@pytest.mark.parametrize("reduce", [None, "mean"])
def test_rows_branches_and_selections(count, reduce):
    def f(x, y, w):
        z = w[0] * x[0] + w[1] * x[1] - y
        if z > 0.2:
            z = z * autograd.sin(w[2] * w[2] + y)
        return (
            autograd.where((x[0] > x[1]) & (y < 0.5), z * z, autograd.exp(z) * w[2]) + w[3] * w[0]
        )

    rng = np.random.default_rng(count)
    args = rng.normal(size=(count, 2)), rng.normal(size=count), [0.7, -0.4, 0.3, 2.0]
    assert_same(*both(f, *args, rows=["x", "y"], reduce=reduce))


@needs_numba
def test_calls_do_not_depend_on_what_came_before():
    """Adjoints of the last call, at few rows or many, leave nothing behind."""

    def f(x, w):
        return autograd.tanh(w[0] * x + w[1]) * autograd.sin(w[0] * w[1])

    fast = compile(f, rows=["x"], reduce="sum", native=True)
    slow = compile(f, rows=["x"], reduce="sum", native=False)
    rng = np.random.default_rng(0)
    for count in (3, 40, 3, 1, 40):
        x, w = rng.normal(size=count), rng.normal(size=2).tolist()
        assert_same(
            fast.value_and_grad(x, w, argnums=(0, 1)), slow.value_and_grad(x, w, argnums=(0, 1))
        )


@needs_numba
def test_infinities_and_nan_are_numpys():
    def f(x):
        return autograd.log(x[0]) + 1 / x[1] + autograd.sqrt(x[2]) + x[3] ** 2.5

    for at in ([0.0, 0.0, 0.0, 0.0], [-1.0, 1.0, -1.0, -1.0], [math.inf, math.inf, 1.0, math.nan]):
        ours, numpys = both(f, at)
        np.testing.assert_array_equal(flat(ours), flat(numpys))


@needs_numba
def test_bound_programs_and_second_derivatives():
    f = random_graph(5, 120)
    leaves = [autograd.Value(x) for x in START]
    fast = compile(lambda: f(leaves), native=True)
    value, gradient = fast.bind(leaves).value_and_grad()
    assert_same((value, gradient), autograd.value_and_grad(f)(START))
    assert_same(compile(f, native=True).hessian(START), compile(f, native=False).hessian(START))


@needs_numba
def test_used_unasked_where_groups_are_small():
    thin = compile(random_graph(1, 3_000, back=8))
    thin(START)
    assert "native code" in thin.source
    assert "native code" in str(thin.table())
    wide = compile(lambda xs: sum(autograd.tanh(x) for x in xs))
    wide([0.1] * 3_000)
    assert "native code" not in wide.source


@needs_numba
def test_special_functions_and_single_precision_are_run_by_numpy():
    special = compile(lambda x: autograd.gamma(x) * x, native=True)
    assert special.grad(2.5) == pytest.approx(autograd.grad(lambda x: autograd.gamma(x) * x)(2.5))
    assert "no native code for gamma" in str(special.table())
    single = compile(lambda x: x * x, dtype="float32", native=True)
    assert single.grad(2.0) == 4.0
    assert "float32" in str(single.table())


def test_missing_extra_is_named(monkeypatch):
    monkeypatch.setattr(native, "installed", lambda: False)
    with pytest.raises(ImportError, match=r"chalkgrad\[native\]"):
        compile(lambda x: x, native=True)
    assert compile(random_graph(1, 2_500))(START) == pytest.approx(random_graph(1, 2_500)(START))


def test_wrong_option():
    with pytest.raises(TypeError, match="native='yes'"):
        compile(lambda x: x, native="yes")


def test_the_loops_are_written_from_the_table():
    text = opcodes.text(False)
    assert text.count("# tanh\n") == 2
    assert "# gamma\n" not in text
    compiled = __builtins__["compile"] if isinstance(__builtins__, dict) else __builtins__.compile
    compiled(text, "tape", "exec")


def square_of_sine(x):
    return autograd.sin(x) ** 2


@needs_numba
def test_pickles():
    fast = compile(square_of_sine, native=True)
    again = pickle.loads(pickle.dumps(fast))
    assert again.grad(0.3) == fast.grad(0.3)
    assert "native code" in again.source
