"""Programs as NumPy source: files that give the same numbers where there is no chalkgrad."""

from __future__ import annotations

import ast
import math
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_rules_compiled import CASES, assert_same, function, points, size

import autograd
from autograd import Value, compile, dot, draw, erf, relu, sigmoid, softmax, take, tanh, where
from autograd.program.exporting.embedded import embedded, read_names
from autograd.program.exporting.literals import PACKED, literal
from autograd.program.exporting.standalone import Standalone

SOURCE = np.random.default_rng(7)
X, T = SOURCE.normal(size=(9, 3)), SOURCE.normal(size=9)
WEIGHTS = [[Value(w, f"w{i},{k}") for k, w in enumerate(row)]
           for i, row in enumerate(SOURCE.normal(size=(4, 3)).tolist())]  # fmt: skip
LARGE = [Value(w, f"v{i}") for i, w in enumerate(SOURCE.normal(size=500).tolist())]


@compile(rows=["x", "t"], reduce="mean")
def network_loss(x: Any, t: Any) -> Any:
    hidden = [tanh(dot(w, x)) for w in WEIGHTS]
    return (sum(hidden) - t) ** 2


@compile(rows=["x", "t"], reduce="mean")
def two_ways(x: Any, t: Any, w: Any, b: Any) -> Any:
    return autograd.softplus(dot(w, x) + b - t) if t > 0 else t * x[2] * w[1]


@compile(rows=["x"])
def shared_forms(x: Any, p: Any, scale: Any = 2.0) -> Any:
    return {"y": [scale * x["a"] * p["w"][0][1], p["b"][1] * x["b"][0]], "z": (p["w"][1][0],)}


@compile(rows=["x", "i"], reduce="sum")
def looked_up(x: Any, i: Any) -> Any:
    table = [dot(w, w) for w in WEIGHTS]
    return take(table, i) * erf(x[0]) + take(x, 1) * x[2]


@compile(rows=["x"])
def by_rows_alone(x: Any) -> Any:
    return sum(softmax(x)[:2]) * autograd.lgamma(2 + x[0] * x[0])


@compile
def without_rows(x: Any, k: Any) -> Any:
    return [relu(x[0] * k), [sigmoid(x[1]), x[2]]], np.array([x[0], x[1]])


@compile(rows=["x"])
def many_numbers(x: Any) -> Any:
    return dot(LARGE[:250], LARGE[250:]) * x


@compile(rows=["x"], dtype="float32")
def in_float32(x: Any, w: Any) -> Any:
    return autograd.polygamma(1, 1 + x[0] * x[0]) + autograd.gelu(dot(x, w)) + 0.1


@compile(rows=["x"])
def by_one(x: Any, fast: Any, w: Any) -> Any:
    return w * x[0] if fast else w * x[2]


CALLS: dict[str, tuple[Any, tuple[Any, ...], Any]] = {
    "network_loss": (network_loss, (X, T), None),
    "two_ways": (two_ways, (X, T, [0.3, -2.0, 1.5], 0.25), (2, 3)),
    "shared_forms": (shared_forms, ({"a": T, "b": X[:, :1]}, {"w": np.arange(4.0).reshape(2, 2),
                                                             "b": [1.0, 3.0]}), None),
    "looked_up": (looked_up, (X, np.array([0, 3, 2, 1, 1, 0, 3, 3, -1])), None),
    "by_rows_alone": (by_rows_alone, (X,), 0),
    "without_rows": (without_rows, ([0.5, -1.0, 2.0], 3.0), None),
    "many_numbers": (many_numbers, (T,), None),
    "in_float32": (in_float32, (X.astype(np.float32), [1.0, -1.0, 0.5]), None),
}  # fmt: skip

DRIVER = """
import importlib.util, pathlib, pickle, sys, warnings
warnings.simplefilter("error")
sys.modules["autograd"] = sys.modules["nn"] = None  # an import of these fails
folder = pathlib.Path(sys.argv[1])
found = {}
for name, arguments in pickle.loads((folder / "arguments").read_bytes()).items():
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    both = getattr(module, f"{name}_and_gradients", None)
    found[name] = getattr(module, name)(*arguments), both(*arguments) if both else None
(folder / "results").write_bytes(pickle.dumps((found, [*sys.modules])))
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the files give in a process that has NumPy and no chalkgrad."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name, (fast, arguments, _) in CALLS.items():
        fast(*arguments)
        assert fast.save(folder / f"{name}.py") == folder / f"{name}.py"
    (folder / "arguments").write_bytes(pickle.dumps({k: call[1] for k, call in CALLS.items()}))
    (folder / "driver.py").write_text(DRIVER)
    subprocess.run([sys.executable, "-I", folder / "driver.py", folder], check=True)
    found, modules = pickle.loads((folder / "results").read_bytes())
    assert not {"scipy", "jax", "graphviz", "rich"} & set(modules)
    result: dict[str, Any] = found
    return result


def assert_equal_form(got: Any, want: Any, tolerance: float) -> None:
    """Compare nested results: the same lists, tuples and dicts, and the same numbers in them."""
    if isinstance(want, dict):
        assert list(got) == list(want)
        got, want = list(got.values()), list(want.values())
    elif isinstance(want, (list, tuple)):
        assert type(got) is type(want)
    else:
        assert np.shape(got) == np.shape(want)
        assert getattr(got, "dtype", float) == getattr(want, "dtype", float)
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
        return
    for a, b in zip(got, want, strict=True):
        assert_equal_form(a, b, tolerance)


@pytest.mark.parametrize("name", CALLS)
def test_a_file_gives_the_same_where_there_is_no_chalkgrad(
    name: str, elsewhere: dict[str, Any]
) -> None:
    fast, arguments, _ = CALLS[name]
    tolerance = 1e-6 if fast.dtype == "float32" else 1e-14
    assert_equal_form(elsewhere[name][0], fast(*arguments), tolerance)
    if elsewhere[name][1] is not None:
        assert_equal_form(elsewhere[name][1][0], fast(*arguments), tolerance)


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call[2] is not None])
def test_gradients_by_arguments_are_in_their_shape(name: str, elsewhere: dict[str, Any]) -> None:
    fast, arguments, argnums = CALLS[name]
    wanted = fast.grad(*arguments, argnums=argnums)
    names = [fast.order[k] for k in np.atleast_1d(argnums)]
    wanted = dict(zip(names, wanted if isinstance(argnums, tuple) else [wanted], strict=True))
    gradients = elsewhere[name][1][1]
    assert list(gradients) == names
    for key, want in wanted.items():
        np.testing.assert_allclose(gradients[key], want, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", ["network_loss", "looked_up"])
def test_gradients_by_what_is_closed_over_have_names(name: str, elsewhere: dict[str, Any]) -> None:
    fast, arguments, _ = CALLS[name]
    bound = compile(fast.f, rows=fast.row_names, reduce=fast.reduce).bind(WEIGHTS)
    _, want = bound.value_and_grad(*arguments)
    gradients = elsewhere[name][1][1]
    assert all(key.lower().startswith("w") for key in gradients)
    found = np.concatenate([g.ravel() for g in gradients.values()])
    np.testing.assert_allclose(np.sort(found), np.sort(want), rtol=1e-13, atol=1e-14)


def test_without_gradients_there_is_no_such_function(elsewhere: dict[str, Any]) -> None:
    having = {name for name, (_, both) in elsewhere.items() if both is not None}
    assert having == {*CALLS} - {"shared_forms", "without_rows"}


# every rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "length"), [c for c in CASES if c[0] not in ("where", "round")])
def test_every_rule_of_the_table_can_be_saved(name: str, length: int) -> None:
    """Values and gradients by the rows are those of the program, infinities and nan among them."""
    for given, xs in list(points(name, length).items())[:1]:
        f = function(name, length, given)
        fast, rows = compile(f, rows=["x"]), np.array(xs)
        wanted, slopes = fast.value_and_grad(rows)
        names: dict[str, Any] = {}
        exec(Standalone(fast).text(), names)
        values = names["f"](rows)
        _, gradients = names["f_and_gradients"](rows)
        for k, x in enumerate(xs):
            want = float(wanted[k])
            assert_same(float(values[k]), want, size(name, x, want), f"{name}{x}{given}")
            for got, slope in zip(gradients.get("x", slopes)[k], slopes[k], strict=True):
                if name == "pow" and (math.isnan(x[0]) or math.isnan(x[1])):
                    continue  # 0 or nan: see `test_rules_compiled`
                assert_same(
                    float(got), float(slope), size(name, x, abs(slope)), f"{name}{x}, {got}"
                )


# what the file looks like -----------------------------------------------------------------------


def test_a_file_says_what_it_is() -> None:
    two_ways(*CALLS["two_ways"][1])
    text = Standalone(two_ways).text()
    tree = ast.parse(text)
    assert (ast.get_docstring(tree) or "").splitlines()[0] == (
        "two_ways: the mean over rows of a number, by NumPy alone."
    )
    for line in ("    x: (rows, 3) numbers", "    t: (rows,) numbers", "    w: (3,) numbers",
                 "    b: a number"):  # fmt: skip
        assert line in text.splitlines()
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert names[:2] == ["two_ways", "two_ways_and_gradients"]
    assert "def two_ways(x, t, w, b):" in text
    assert "h1 = t > 0.0  # (rows, 1)" in text
    assert "chalkgrad" not in "".join(line for line in text.splitlines() if "import" in line)
    modules = {line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))}
    assert modules <= {"numpy", "math", "functools", "base64", "fractions"}


def test_parameters_are_in_the_file_with_their_names_and_every_bit() -> None:
    network_loss(X, T)
    names: dict[str, Any] = {}
    exec(Standalone(network_loss).text(), names)
    [(name, numbers)] = names["PARAMETERS"].items()
    assert name == "W"
    assert numbers.tolist() == [[w.data for w in row] for row in WEIGHTS]


def test_numbers_are_those_of_the_moment() -> None:
    w = Value(2.0, "w")
    fast = compile(lambda x: w * x, rows=["x"])
    fast([1.0])
    w.data = 5.0
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    assert names["program"]([3.0]).tolist() == [15.0]  # that of a lambda is no name


def test_rows_may_be_wider_than_what_is_read_of_them() -> None:
    fast = compile(lambda x: x[0] * x[1] if x[0] > 0 else 2 * x[0], rows=["x"])
    values, gradients = fast.value_and_grad(X)
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    got, slopes = names["program_and_gradients"](X)
    assert got.tolist() == values.tolist()
    assert slopes["x"].tolist() == gradients.tolist()


def test_constants_of_a_program_in_float32_are_float32() -> None:
    fast = compile(
        lambda x: sum([tanh(dot(x, row)) for row in X.tolist()]), rows=["x"], dtype="float32"
    )
    fast(X)
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    assert names["c1"].dtype == np.float32
    assert names["program"](X).dtype == np.float32


def test_a_default_stays_and_constants_are_no_arguments(tmp_path: Path) -> None:
    by_one(X, True, 2.0)
    shared_forms(*CALLS["shared_forms"][1])
    assert "def shared_forms(x, p, scale=2.0):" in Standalone(shared_forms).text()
    text = by_one.save(tmp_path / "one.py").read_text()
    assert "def by_one(x, w):" in text
    assert "    fast: as it was then, no argument any more" in text


def test_defaults_stay_where_none_without_one_follows() -> None:
    fast = compile(lambda x, a=0.5, w=(1.0, 2.0), b=X[0, 0], c=1: x * a * w[1] + b * c,
                   rows=["x"])  # fmt: skip
    fast([1.0])
    assert f"def program(x, a, w, b={X[0, 0].item()}, c=1):" in Standalone(fast).text()
    far = compile(lambda x, a=math.inf: autograd.minimum(x, a), rows=["x"])
    far([1.0])
    assert "def program(x, a):" in Standalone(far).text()


def test_arguments_may_have_any_names() -> None:
    """Those of modules, of helpers and of variables in the file among them."""
    fast = compile(
        lambda np, n, p, math, columns, gradients: autograd.exp(np) * n * p * math * columns[0]
        + gradients,
        rows=["np", "n"], reduce="mean",
    )  # fmt: skip
    arguments = [1.0, 2.0], [3.0, 4.0], 2.0, 3.0, [4.0, 1.0], 5.0
    value, slopes = fast.value_and_grad(*arguments, argnums=(2, 3, 4, 5))
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    got, gradients = names["program_and_gradients"](*arguments)
    assert got == value
    for name, slope in zip(("p", "math", "columns", "gradients"), slopes, strict=True):
        np.testing.assert_allclose(gradients[name], slope, rtol=1e-14)


def test_a_parameter_and_an_argument_of_one_name_have_a_gradient_each() -> None:
    v = Value(3.0, "w")
    fast = compile(lambda x, w: v * x * w, rows=["x"])
    fast([1.0, 2.0], 5.0)
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    gradients = names["program_and_gradients"]([1.0, 2.0], 5.0)[1]
    assert gradients == {"PARAMETERS['w']": 15, "w": 9}


def test_results_are_copies() -> None:
    fast = compile(lambda x, w: [x, x, w], rows=["x"])
    fast([1.0], 2.0)
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    given = np.array([1.0, 2.0])
    for y in names["program"](given, 3.0):
        y += 1
    assert given.tolist() == [1.0, 2.0]


def test_a_way_is_not_shown_rows_that_are_not_for_it() -> None:
    """An index into a longer list, and a column that other ways alone read."""
    short, long = ([Value(float(w), f"{c}{w}") for w in range(n)] for c, n in (("a", 2), ("b", 5)))
    fast = compile(lambda x, i: take(short, i) if x > 0 else take(long, i), rows=["x", "i"])
    x, i = np.array([1.0, -1.0, 1.0, -1.0]), np.array([1, 4, 0, 3])
    want = fast(x, i)
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    value, gradients = names["program_and_gradients"](x, i)
    assert names["program"](x, i).tolist() == value.tolist() == want.tolist()
    assert sorted(g.tolist() for g in gradients.values()) == [[0, 0, 0, 1, 1], [1, 1]]
    either = compile(lambda x, z: 2 * x if x > 0 else 3 * z, rows=["x", "z"])
    either([1.0, -1.0], [1.0, 1.0])
    exec(Standalone(either).text(), names)
    _, gradients = names["program_and_gradients"]([1.0, 2.0], [4.0, 5.0])
    assert {k: g.tolist() for k, g in gradients.items()} == {"x": [2, 2], "z": [0, 0]}


def test_a_plain_file_has_no_more_than_it_needs() -> None:
    """A program without branches has no word of ways, nor of parts of arguments."""
    fast = compile(lambda W, x: np.array([dot(w, x) for w in W]), rows=["x"])
    fast(X[:2], X)
    tree = ast.parse(Standalone(fast).text())
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] == [
        "program", "_given", "_returned", "_forward", "_counted", "_rows_of", "_shared_of"
    ]  # fmt: skip
    assert not [node for node in tree.body if isinstance(node, ast.Assign)]


def test_draws_are_an_argument() -> None:
    numbers = iter(np.arange(1000.0).tolist())

    def generator() -> float:
        return next(numbers)

    def noisy(x: Any) -> Any:
        return x + 2 * draw(generator)

    fast = compile(noisy, rows=["x"])
    fast([1.0, 2.0])
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    assert names["noisy"]([1.0, 2.0], [[10.0], [20.0]]).tolist() == [21.0, 42.0]
    with pytest.raises(ValueError, match=r"draws: its shape is \(rows, 1\); \(2,\) was"):
        names["noisy"]([1.0, 2.0], [10.0, 20.0])


def test_a_function_named_as_one_of_numpy_does_not_hide_it() -> None:
    def exp(x: Any) -> Any:
        return 2 * autograd.exp(x)

    fast = compile(exp, rows=["x"])
    fast([0.0])
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    assert names["exp_"]([0.0]).tolist() == [2.0]


def test_rows_of_another_shape_or_number_are_refused() -> None:
    two_ways(*CALLS["two_ways"][1])
    names: dict[str, Any] = {}
    exec(Standalone(two_ways).text(), names)
    with pytest.raises(ValueError, match=r"x: its shape is \(rows, 3\); \(9, 2\) was given"):
        names["two_ways"](X[:, :2], T, [1, 2, 3], 0.0)
    with pytest.raises(ValueError, match=r"x has no rows; give at least one"):
        names["two_ways"](X[:0], T[:0], [1, 2, 3], 0.0)
    with pytest.raises(ValueError, match=r"as many rows; they have {'x': 9, 't': 4}"):
        names["two_ways"](X, T[:4], [1, 2, 3], 0.0)
    with pytest.raises(ValueError, match=r"w: its shape is \(3,\); \(2,\) was given"):
        names["two_ways"](X, T, [1, 2], 0.0)


# what cannot be saved ---------------------------------------------------------------------------


def test_what_cannot_be_saved_is_said(tmp_path: Path) -> None:
    fast = compile(lambda x: x, rows=["x"])
    with pytest.raises(TypeError, match="has not been called yet"):
        fast.save(tmp_path / "model.py")
    fast([1.0])
    with pytest.raises(ValueError, match=r"\.py is NumPy source .*, \.onnx a model"):
        fast.save(tmp_path / "model.txt")
    with pytest.raises(OSError, match="can't write the program: there is no such folder"):
        fast.save(tmp_path / "none" / "model.py")
    half = compile(lambda x: x if x > 0 else -x, rows=["x"])
    half([1.0])
    with pytest.raises(TypeError, match="not every way has been seen"):
        half.save(tmp_path / "model.py")
    rounded = compile(lambda x: round(x, 2), rows=["x"])
    rounded([1.0])
    with pytest.raises(TypeError, match="cannot be a file: round is computed by Python"):
        rounded.save(tmp_path / "model.py")
    assert not [*tmp_path.iterdir()]


def test_a_file_that_gives_other_numbers_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = compile(lambda x: 3 * tanh(x), rows=["x"])
    fast([1.0])
    right = Standalone.text
    monkeypatch.setattr(Standalone, "text", lambda self: right(self).replace("tanh", "sin"))
    with pytest.raises(RuntimeError, match="so it was not written"):
        fast.save(tmp_path / "model.py")
    assert not os.listdir(tmp_path)


# parts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 7), (2, 3, 40), (0, 3), (25, 20)])
def test_literals_are_the_same_bits(shape: tuple[int, ...], dtype: str) -> None:
    numbers = (SOURCE.normal(size=shape) * 5).astype(dtype)
    if dtype.startswith("f") and numbers.size > 3:
        numbers.flat[:3] = math.inf, -0.0, 1e-40
    names: dict[str, Any] = {"np": np, "inf": math.inf, "nan": math.nan}
    exec(f"import base64\n{PACKED}\nx = {literal(numbers, '    ')}", names)
    assert names["x"].dtype == numbers.dtype
    assert names["x"].shape == numbers.shape
    assert names["x"].tobytes() == numbers.tobytes()


def test_embedded_functions_bring_what_they_call() -> None:
    from autograd import special

    imports, found = embedded({"polygamma": special.polygamma})
    text = "\n".join([*imports, *found])
    names: dict[str, Any] = {}
    exec(text, names)
    assert names["polygamma"](2, 0.3) == special.polygamma(2, 0.3)
    assert ": float" not in text
    assert "->" not in text.replace("->", "", 0).split('"""')[0]
    assert read_names("y = [tanh(i) for i in xs]") == ["tanh", "xs"]


def test_ways_that_parameters_choose_go_by_what_these_are_now(tmp_path: Path) -> None:
    """The row of a recording would take another way with the numbers that there are now."""
    w = Value(2.0, "w")
    fast = compile(lambda x: w * x if w > 0 else x - 1, rows=["x"])
    fast([1.0])
    w.data = -2.0
    fast([1.0])
    for now, want in ((3.0, 30.0), (-3.0, 9.0)):
        w.data = now
        names: dict[str, Any] = {}
        exec(fast.save(tmp_path / "model.py").read_text(), names)
        assert names["program"]([10.0]).tolist() == [want]


def test_saving_leaves_branches_that_where_takes() -> None:
    fast = compile(lambda x: where(x > 0, autograd.log(x), x), rows=["x"])
    fast([1.0, -1.0])
    names: dict[str, Any] = {}
    exec(Standalone(fast).text(), names)
    assert names["program"]([1.0, -1.0]).tolist() == [0.0, -1.0]
