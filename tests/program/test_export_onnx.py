"""Programs as models of ONNX: what ONNX Runtime computes is what the program does."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_rules_compiled import CASES, assert_same, function, points, size

import autograd
from autograd import Value, compile, dot, draw, logsumexp, softmax, take, tanh

pytest.importorskip("onnx", reason='pip install "chalkgrad[onnx]"')
pytest.importorskip("onnxruntime", reason='pip install "chalkgrad[onnx]"')

import onnx
import onnxruntime

from autograd.program.exporting.onnx import FORMAT, OPSET, OnnxModel

SOURCE = np.random.default_rng(11)
X = SOURCE.normal(size=(7, 3))
NOT_THERE = ("gamma", "lgamma", "digamma", "polygamma", "round")


def computed(path: str | os.PathLike[str] | bytes, **inputs: Any) -> Any:
    """Return the outputs of a model by name, of ONNX Runtime with all its optimisations."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    given = path if isinstance(path, bytes) else str(path)
    session = onnxruntime.InferenceSession(given, options, ["CPUExecutionProvider"])
    names = [x.name for x in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def saved(fast: Any, *arguments: Any) -> bytes:
    fast(*arguments)
    return OnnxModel(fast).content()


# every rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "length"), [c for c in CASES if c[0] not in ("where", *NOT_THERE)]
)
def test_every_rule_that_onnx_has_a_form_for(name: str, length: int, dtype: str) -> None:
    """At ordinary points and at the edges; float32 is judged by float64 at the rounded points."""
    for given, found in list(points(name, length).items())[:1]:
        f = function(name, length, given)
        xs = np.array(found)
        if dtype == "float32":  # numbers whose squares float32 has
            xs = np.where(np.abs(xs) < 1e-18, np.copysign(0.0, xs), xs)
            xs = np.where(np.isfinite(xs), xs.clip(-1e18, 1e18), xs).astype(dtype)
        exact = compile(f, rows=["x"])
        wanted = exact(xs.astype(float)).tolist()
        fast = exact if dtype == "float64" else compile(f, rows=["x"], dtype=dtype)
        got = computed(saved(fast, xs), x=xs)["output"].tolist()
        tolerance = 1e-12 if dtype == "float64" else 1e-6
        for x, y, want in zip(xs.tolist(), got, wanted, strict=True):
            if dtype == "float32" and (3e38 < abs(want) < math.inf or 0 < abs(want) < 1e-37):
                continue
            assert_same(y, want, size(name, x, want), f"{name}{x}{given}: {y}", tolerance)


@pytest.mark.parametrize("name", NOT_THERE)
def test_what_onnx_lacks_is_refused_by_name(name: str, tmp_path: Path) -> None:
    function = getattr(autograd, name, round)
    given = {"polygamma": lambda x: function(2, x), "round": lambda x: round(x, 1)}
    fast = compile(given.get(name, lambda x: function(x)), rows=["x"])
    fast([0.5])
    with pytest.raises(TypeError, match=rf"\b{name}\b"):
        fast.save(tmp_path / "model.onnx")
    assert not [*tmp_path.iterdir()]


# arguments and results --------------------------------------------------------------------------


def test_shared_arguments_are_inputs_in_their_shapes(tmp_path: Path) -> None:
    @compile(rows=["x"])
    def f(x: Any, p: Any, b: Any, scale: Any) -> Any:
        return scale * (dot(p["w"][1], x) + p["w"][0][2] + b[1]) * b[0]

    p, b = {"w": SOURCE.normal(size=(2, 3))}, [0.5, -3.0]
    want = f(X, p, b, 2.0)
    given = {"x": X, "p['w']": p["w"], "b": np.array(b), "scale": np.array(2.0)}
    path = f.save(tmp_path / "model.onnx")
    assert {x.name for x in onnx.load(path).graph.input} == set(given)
    np.testing.assert_allclose(computed(path, **given)["output"], want, rtol=1e-13)


def test_arguments_may_have_any_names() -> None:
    """Those of outputs, of constants and of results on the way among them."""
    fast = compile(lambda output, t, c, n: autograd.sigmoid(output) * t * c * n + 2.5,
                   rows=["output", "t"])  # fmt: skip
    arguments = {"output": X[:, 0], "t": X[:, 1], "c": np.array(2.0), "n": np.array(3.0)}
    want = fast(*arguments.values())
    [(name, got)] = computed(OnnxModel(fast).content(), **arguments).items()
    assert name == "output_2"
    np.testing.assert_allclose(got, want, rtol=1e-14)


def test_rows_in_dicts_images_integers_and_results_in_a_tree() -> None:
    @compile(rows=["x", "i"])
    def f(x: Any, i: Any) -> Any:
        picture = x["picture"]
        chosen = take([*picture[0], x["bias"]], i)
        return {"a": [picture[1][0], [chosen * 2]], "b": np.array([[chosen, 1.0]] * 2)}

    pictures, bias, i = SOURCE.normal(size=(4, 2, 3)), SOURCE.normal(size=4), np.array([3, 0, 2, 1])
    want = f({"picture": pictures.tolist(), "bias": bias}, i)
    model = saved(f, {"picture": pictures.tolist(), "bias": bias}, i)
    inputs = {"x['picture']": pictures, "x['bias']": bias, "i": i}
    shapes = {x.name: [d.dim_param or d.dim_value for d in x.type.tensor_type.shape.dim]
              for x in onnx.load_from_string(model).graph.input}  # fmt: skip
    assert shapes == {"x['picture']": ["rows", 2, 3], "x['bias']": ["rows"], "i": ["rows"]}
    got = computed(model, **inputs)
    assert list(got) == ["output['a'][0]", "output['a'][1]", "output['b']"]
    np.testing.assert_array_equal(got["output['a'][0]"], want["a"][0])
    np.testing.assert_array_equal(got["output['a'][1]"], np.array(want["a"][1]).T)
    np.testing.assert_array_equal(got["output['b']"], want["b"])


@pytest.mark.parametrize("reduce", [None, "sum", "mean"])
@pytest.mark.parametrize("count", [1, 2, 100])
def test_any_number_of_rows(reduce: str | None, count: int) -> None:
    fast = compile(lambda x: logsumexp(x) * x[0], rows=["x"], reduce=reduce)
    model = saved(fast, X)
    rows = SOURCE.normal(size=(count, 3))
    want = fast(rows)
    got = computed(model, x=rows)["output"]
    assert np.shape(got) == np.shape(want)
    np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-13)


def test_functions_without_rows_and_results_that_do_not_depend_on_them() -> None:
    model = saved(compile(lambda x, k: [x[0] * k, x[1]]), [1.0, 2.0], 3.0)
    assert computed(model, x=np.array([4.0, 5.0]), k=np.array(2.0))["output"].tolist() == [8, 5]
    w = Value(3.0, "w")
    model = saved(compile(lambda x: [w * w, x], rows=["x"]), [1.0])
    assert computed(model, x=np.array([5.0, 7.0]))["output"].tolist() == [[9, 5], [9, 7]]
    model = saved(compile(lambda x: w * w, rows=["x"]), [1.0])
    assert computed(model, x=np.array([5.0, 7.0]))["output"].tolist() == [9, 9]


def test_rows_take_the_way_that_is_theirs() -> None:
    """All ways are computed for all rows: what a row does not need is not seen, nan or not."""

    @compile(rows=["x", "t"])
    def f(x: Any, t: Any, w: Any) -> Any:
        if x[0] > 0:
            return [autograd.sqrt(x[0]) * w if w > 1 else w, x[2]]
        return [dot(x, [1.0, 2.0, w]), t]

    t = SOURCE.normal(size=7)
    for w in (0.5, 2.0):
        f(X, t, w)
    model = OnnxModel(f).content()
    for w in (0.3, 4.0):
        got = computed(model, x=X, t=t, w=np.array(w))["output"]
        np.testing.assert_allclose(got, np.stack(f(X, t, w), axis=1), rtol=1e-13)


def test_a_way_is_not_shown_rows_that_are_not_for_it() -> None:
    """An index into a longer list, of rows of another way, would stop the whole model."""
    short, long = ([Value(float(w), f"{c}{w}") for w in range(n)] for c, n in (("a", 2), ("b", 5)))

    @compile(rows=["x", "i"])
    def f(x: Any, i: Any) -> Any:
        return take([x * w for w in short], i) if x > 0 else take(long, i) * x

    x, i = np.array([1.0, -1.0, 2.0, -2.0]), np.array([1, 4, 0, 3])
    with pytest.raises(IndexError):
        f([1.0], [4])
    want = f(x, i)
    assert computed(OnnxModel(f).content(), x=x, i=i)["output"].tolist() == want.tolist()
    table = compile(lambda x, i: take(short, i) if x > 0 else take(long, i), rows=["x", "i"])
    want = table(x, i)
    assert computed(OnnxModel(table).content(), x=x, i=i)["output"].tolist() == want.tolist()


def test_rows_may_be_wider_than_what_is_read_of_them() -> None:
    fast = compile(lambda x: [2 * x[0], x[1]] if x[0] > 0 else [x[1], x[0]], rows=["x"])
    want = np.stack(fast(X), axis=1)
    np.testing.assert_array_equal(computed(OnnxModel(fast).content(), x=X)["output"], want)
    first = compile(lambda x: 3 * x[0], rows=["x"])
    assert computed(saved(first, X), x=X)["output"].tolist() == (3 * X[:, 0]).tolist()


def test_draws_are_an_input() -> None:
    numbers = iter(np.arange(1000.0).tolist())

    def generator() -> float:
        return next(numbers)

    model = saved(compile(lambda x: x + draw(generator) * draw(generator), rows=["x"]), [1.0])
    draws = np.array([[2.0, 3.0], [4.0, 5.0]])
    assert computed(model, x=np.array([1.0, 2.0]), draws=draws)["output"].tolist() == [7.0, 22.0]


def test_an_index_that_is_none_gives_nan_or_is_refused() -> None:
    model = saved(compile(lambda x, i: take(x, i), rows=["x", "i"]), X, [0, 1, 2, -1, 0, 0, 0])
    got = computed(model, x=X, i=np.array([0, -3, 3, -4, 1, 1, 1]))["output"]
    assert np.isnan(got).tolist() == [False, False, True, True, False, False, False]


# products ---------------------------------------------------------------------------------------


def test_factors_beside_products_keep_their_digits() -> None:
    """ONNX Runtime joins a product of matrices with a factor beside it, rounded to float32."""
    w, v, u = SOURCE.normal(size=(4, 3)), SOURCE.normal(size=(3, 4)), SOURCE.normal(size=3)

    def f(x: Any) -> Any:
        h = [dot(a, x) * 1.1 for a in w]
        g = [dot(a, h) / 3.3 for a in v]
        scores = [[dot([a * p for p in x], [b * q for q in x]) * 0.7 for a in g] for b in g]
        return [sum(softmax(row)) + row[0] for row in scores] + [dot([0.3 * a for a in g], u) * 0.1]

    fast = compile(f, rows=["x"])
    want = np.stack(fast(X), axis=1)
    got = computed(OnnxModel(fast).content(), x=X)["output"]
    np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-13)


def test_parameters_are_initializers_with_their_names() -> None:
    weights = [[Value(w, f"w1,{i},{k}") for k, w in enumerate(row)] for i, row in
               enumerate(X[:4].tolist())]  # fmt: skip
    model = onnx.load_from_string(
        saved(compile(lambda x: sum([tanh(dot(w, x)) for w in weights]), rows=["x"]), X)
    )
    kept = {x.name: onnx.numpy_helper.to_array(x) for x in model.graph.initializer}
    np.testing.assert_array_equal(kept["W1"], X[:4])
    assert model.producer_name == "chalkgrad"
    assert model.ir_version == FORMAT
    assert [x.version for x in model.opset_import] == [OPSET]
    assert "compiled by chalkgrad" in model.doc_string
    assert {"z1", "h1"} <= {name for node in model.graph.node for name in node.output}
    assert [node.op_type for node in model.graph.node].count("Gemm") == 1


def test_the_reference_of_onnx_agrees() -> None:
    """It shares no code with the runtime."""
    from onnx.reference import ReferenceEvaluator

    def f(x: Any, w: Any) -> Any:
        far = autograd.softplus(dot(x, w)) + logsumexp(x) + autograd.atan(x[0])
        return far + autograd.gelu(x[1]) + autograd.cos(9 * x[2]) % 0.3

    fast = compile(f, rows=["x"])
    model = onnx.load_from_string(saved(fast, X, [1.0, 2.0, 3.0]))
    [got] = ReferenceEvaluator(model).run(None, {"x": X, "w": np.ones(3)})
    np.testing.assert_allclose(got, fast(X, [1.0, 1.0, 1.0]), rtol=1e-13)


def test_the_same_numbers_are_kept_once() -> None:
    model = onnx.load_from_string(
        saved(compile(lambda x: [2.5 * a + 1 / (2.5 + a) for a in x], rows=["x"]), X)
    )
    kept = [x.raw_data + bytes(str(x.dims), "utf8") for x in model.graph.initializer]
    assert len(kept) == len(set(kept))


# what cannot be saved ---------------------------------------------------------------------------


def test_bad_input_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    fast = compile(lambda x: 2 * x, rows=["x"])
    with pytest.raises(TypeError, match="has not been called yet"):
        fast.save(tmp_path / "model.onnx")
    fast([1.0])
    with pytest.raises(OSError, match="can't write the model: there is no such folder"):
        fast.save(tmp_path / "none" / "model.onnx")
    half = compile(lambda x: x if x > 0 else -x, rows=["x"])
    half([1.0])
    with pytest.raises(TypeError, match="not every way has been seen"):
        half.save(tmp_path / "model.onnx")
    assert not [*tmp_path.iterdir()]


def test_a_model_that_gives_other_numbers_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograd.program.exporting import onnx_formulas

    fast = compile(lambda x: autograd.expm1(x), rows=["x"])
    fast([1.0])
    monkeypatch.setitem(onnx_formulas.FORMULAS, "expm1", lambda x: x.exp() - 1.1)
    with pytest.raises(RuntimeError, match="so it was not written"):
        fast.save(tmp_path / "model.onnx")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_without_the_extra_it_is_named(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = compile(lambda x: x, rows=["x"])
    fast([1.0])
    monkeypatch.setitem(sys.modules, package, None)  # an import of it fails
    with pytest.raises(ImportError, match=r'the extra `onnx`: pip install "chalkgrad\[onnx\]"'):
        fast.save(tmp_path / "model.onnx")
    assert not [*tmp_path.iterdir()]


def test_nan_goes_through_a_maximum_of_two() -> None:
    fast = compile(lambda x: [autograd.maximum(x[0], x[1]), autograd.relu(x[0])], rows=["x"])
    got = computed(saved(fast, X), x=np.array([[math.nan, 1.0, 0.0], [1.0, math.nan, 0.0]]))
    assert np.isnan(got["output"]).tolist() == [[True, True], [True, False]]
