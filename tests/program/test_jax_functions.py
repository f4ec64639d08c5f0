"""`to("jax")`: pure functions on which jit, grad, vmap and shardings work; guards; bad input."""

from __future__ import annotations

import copy
import math
import os
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import compile, exp, log, sqrt, take, tanh

jax = pytest.importorskip("jax")
jnp = jax.numpy


@pytest.fixture(autouse=True, scope="module")
def _float64() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def compiled(f: Any) -> Any:
    """Return jit(f), which is compiled fast rather than well."""
    quick = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
    return jax.jit(f, compiler_options=quick)


def numbers(*shape: int) -> Any:
    return np.random.default_rng([*shape, 1]).normal(size=shape)


def assert_all(f: Any, bound: Any, rows: Any, tolerance: float = 1e-12) -> None:
    """Compare values, our reverse program, and JAX's own gradient with the program in place."""
    value, gradient = bound.value_and_grad(*rows)

    @compiled
    def run(p: Any) -> Any:
        return f(p, rows), f.value_and_grad(p, rows), jax.grad(f)(p, rows)

    got, (own_value, own, _), theirs = run(f.parameters)
    size = np.abs(gradient).max()
    assert math.isclose(got, value, rel_tol=tolerance)
    assert math.isclose(own_value, value, rel_tol=tolerance)
    np.testing.assert_allclose(f.unpack(own), gradient, tolerance, tolerance * size)
    np.testing.assert_allclose(f.unpack(theirs), gradient, tolerance, tolerance * size)


# networks -----------------------------------------------------------------------------------------

NETWORKS: dict[str, Any] = {
    "convolution": lambda: nn.Sequential(
        nn.Conv2d(1, 2, 3, padding="same", activation="gelu", seed=0), nn.MaxPool2d(2),
        nn.Flatten(), nn.MLP(8, [3], seed=1),
    ),
    "recurrent": lambda: nn.Sequential(nn.LSTM(4, 3, last=True, seed=0), nn.MLP(3, [2], seed=1)),
    "attention": lambda: nn.Sequential(
        nn.EncoderBlock(4, 2, hidden=3, causal=True, seed=0), nn.Flatten(), nn.MLP(16, [2], seed=1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str) -> None:
    model = NETWORKS[name]()

    def loss(x: Any, t: Any) -> Any:
        return nn.cross_entropy(model(x), t)

    fast = compile(loss, rows=["x", "t"], reduce="mean")
    x = numbers(3, 1, 4, 4) if name == "convolution" else numbers(3, 4, 4)
    rows = x, np.array([0, 1, 1])
    bound = fast.bind(model)
    bound.value_and_grad(*rows)
    assert_all(fast.to("jax"), bound, rows)


def test_tables_of_embeddings_and_negative_indices() -> None:
    table = nn.Embedding(5, 3, seed=0)

    def f(i: Any, j: Any) -> Any:
        return sum(k * tanh(a) for k, a in enumerate(table(i), 1)) * take([1.0, *table(i)], j)

    fast = compile(f, rows=["i", "j"], reduce="sum")
    rows = np.array([0, 3, 3, 1]), np.array([2, -1, 0, -4])
    bound = fast.bind(table)
    bound.value_and_grad(*rows)
    forward = fast.to("jax")
    assert forward.parameters["E"].shape == (5, 3)
    assert_all(forward, bound, rows)


def test_an_index_outside_gives_nan() -> None:
    f = compile(lambda i, w: take([w, 2 * w], i), rows=["i"])
    f(np.array([0, 1]), 1.5)
    forward = f.to("jax")
    got = compiled(forward)({"w": 1.5}, np.array([0, -1, 2, -3, 0.5]))
    assert np.array_equal(got, [1.5, 3.0, math.nan, math.nan, math.nan], True)


def test_the_text_has_a_line_an_operation_and_slopes_from_results() -> None:
    model = nn.MLP(3, [5, 2], activation="tanh", output="sigmoid", seed=0)
    f = compile(lambda x: sum(model(x)), rows=["x"], reduce="mean")
    f(numbers(4, 3))
    lines = """
        # program 1 of <lambda>
        def forward(n, p, x):
            x = matrix(x)
            W1, b1, W2, b2 = p["W1"], p["b1"], p["W2"], p["b2"]
            z1 = x @ W1.T + b1  # (rows, 5)
            h1 = tanh(z1)  # (rows, 5)
            z2 = h1 @ W2.T + b2  # (rows, 2)
            a8 = exp(minimum(z2, 40))  # (rows, 2)
            h2 = a8 / (1 + a8)  # (rows, 2)
            z3 = h2[:, 0:1] + h2[:, 1:2]  # (rows, 1)
            return (z3.reshape(n),), None


        def reverse(n, p, x, weights):
            x = matrix(x)
            W1, b1, W2, b2 = p["W1"], p["b1"], p["W2"], p["b2"]
            z1 = x @ W1.T + b1  # (rows, 5)
            h1 = tanh(z1)  # (rows, 5)
            z2 = h1 @ W2.T + b2  # (rows, 2)
            a9 = exp(minimum(z2, 40))  # (rows, 2)
            h2 = a9 / (1 + a9)  # (rows, 2)
            z3 = h2[:, 0:1] + h2[:, 1:2]  # (rows, 1)
            dz3 = weights.reshape(n, 1)  # (rows, 1)
            dh2 = concatenate((dz3, dz3), 1)  # (rows, 2)
            dz2 = dh2 * (h2 * (1 - h2))  # (rows, 2)
            dh1 = dz2 @ W2  # (rows, 5)
            dz1 = dh1 * ((1 - h1) * (1 + h1))  # (rows, 5)
            return (
                (z3.reshape(n),),
                None,
                {"W1": dz1.T @ x, "b1": dz1.sum(0), "W2": dz2.T @ h1, "b2": dz2.sum(0)},
            )
    """
    assert f.source_for("jax") == textwrap.dedent(lines).lstrip()


# forms --------------------------------------------------------------------------------------------


def test_arguments_and_results_of_nested_forms() -> None:
    def f(x: Any, w: Any) -> Any:
        a, (b, c) = x["a"], x["b"]
        return {"s": [a * w["k"][0], (b[1], 2.0)], "m": np.array([[c, w["k"][1]], [w["u"], a]])}

    x = {"a": numbers(3), "b": (numbers(3, 2), numbers(3) + 1)}
    w = {"k": [2.0, 3.0], "u": np.array([0.5])[0]}
    for reduce in (None, "sum", "mean"):
        fast = compile(f, rows=["x"], reduce=reduce)
        want = fast(x, w)
        forward = fast.to("jax")
        got = compiled(forward)(forward.parameters, x)
        assert jax.tree.structure(got) == jax.tree.structure(want)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, 1e-14), got, want)
    slopes = compiled(jax.grad(lambda x: forward(forward.parameters, x)["s"][0]))(x)
    assert slopes["a"].tolist() == [2 / 3] * 3


def test_no_rows_and_one_row_and_numbers_in_place_of_arrays() -> None:
    f = compile(lambda a, b: [a * exp(b[0]), b[1] / a])
    f(2.0, [0.5, 3.0])
    forward = f.to("jax")
    assert forward.parameters.keys() == {"a", "b"}
    got = compiled(forward)({"a": 4, "b": [0, np.float32(3)]})
    assert [float(y) for y in got] == [4.0, 0.75]
    g = compile(lambda x, w: x * w, rows=["x"])
    g([1.0, 2.0], 3.0)
    assert g.to("jax")({"w": 5.0}, ([2.0],)).tolist() == [10.0]
    assert compiled(g.to("jax"))({"w": 5.0}, [2.0, 3.0]).tolist() == [10.0, 15.0]


def test_numbers_that_are_not_trained_are_fixed_unless_they_are_given() -> None:
    model = nn.MLP(2, [3, 3], activation="tanh", output="tanh", seed=0)
    f = compile(lambda x: sum(model(x)), rows=["x"], reduce="mean")
    bound = f.bind(model.layers[1])
    x = numbers(4, 2)
    value, gradient = bound.value_and_grad(x)
    forward = f.to("jax")
    assert list(forward.parameters) == ["W2", "b2"]
    assert list(forward.fixed) == ["W1", "b1"]
    run = compiled(lambda p: forward.value_and_grad(p, x))
    got, slopes, _ = run(forward.parameters)
    assert math.isclose(got, value, rel_tol=1e-13)
    np.testing.assert_allclose(forward.unpack(slopes), gradient, 1e-12)
    other = {**forward.parameters, "W1": np.zeros((3, 2)), "b1": np.zeros(3)}
    assert float(forward(other, x)) == pytest.approx(
        float(jnp.tanh(forward.parameters["b2"]).sum())
    )


def test_weights_of_rows() -> None:
    f = compile(lambda x, w: tanh(x * w), rows=["x"], reduce="mean")
    x = numbers(4)
    f(x, 0.7)
    forward = f.to("jax")
    run = compiled(forward.value_and_grad)
    value, slopes, outputs = run({"w": 0.7}, x, np.array([0.5, 0, 0.25, 0]))
    assert outputs.shape == (4, 1)
    assert math.isclose(value, math.tanh(0.7 * x[0]) / 2 + math.tanh(0.7 * x[2]) / 4)
    want = x[0] / math.cosh(0.7 * x[0]) ** 2 / 2 + x[2] / math.cosh(0.7 * x[2]) ** 2 / 4
    assert math.isclose(slopes["w"], want, rel_tol=1e-13)


def test_random_numbers_are_given() -> None:
    model = nn.Sequential(nn.Dropout(0.5, seed=0), nn.MLP(3, [1], seed=0))
    f = compile(lambda x: model(x), rows=["x"])
    x = numbers(2, 3)
    f(x)
    forward = f.to("jax")
    model.eval()
    kept = compiled(forward)(forward.parameters, x, np.full((2, 3), 0.9))
    np.testing.assert_allclose(kept, [model((2 * r).tolist()).data for r in x], 1e-14)
    with pytest.raises(TypeError, match=r"give draws=, an array \(rows, 3\)"):
        forward(forward.parameters, x)


def test_float32_stays_float32() -> None:
    model = nn.MLP(2, [3, 1], activation="gelu", seed=0)

    def loss(x: Any, t: Any) -> Any:
        y = model(x)
        signed = autograd.dot([*x, *x], [1.0, -2.0, 3.0, 0.5])  # has a list of constants
        return (y - t) ** 2 + autograd.logsumexp(x) + autograd.norm(x) + signed

    fast = compile(loss, rows=["x", "t"], reduce="mean", dtype="float32")
    rows = numbers(4, 2), numbers(4)
    fast([[1.0, 2.0]], [1.0])
    forward = fast.to("jax")

    def run(p: Any) -> Any:
        return forward(p, rows), forward.value_and_grad(p, rows), jax.grad(forward)(p, rows)

    found = jax.tree.leaves([forward.parameters, jax.eval_shape(run, forward.parameters)])
    assert {x.dtype.name for x in found} == {"float32"}


# transformations ----------------------------------------------------------------------------------


def test_jit_vmap_hessian_and_jvp() -> None:
    def f(x: Any, w: Any) -> Any:
        return tanh(w[0] * x[0] + w[1] * x[1]) * exp(w[2])

    fast = compile(f, rows=["x"], reduce="sum")
    x, w = numbers(5, 2), [0.5, -1.0, 0.25]
    fast(x, w)
    forward = fast.to("jax")

    def of(p: Any) -> Any:
        return forward.pack(p)

    point, direction = jnp.array(w), jnp.array([1.0, 2.0, -1.0])
    with jax.checking_leaks():
        hessian = compiled(jax.hessian(lambda p: forward(of(p), x)))(point)
    total = autograd.hessian(lambda w: sum(f(row, w) for row in x.tolist()))(w)
    np.testing.assert_allclose(hessian, total, 1e-12)
    jvp = compiled(lambda p, v: jax.jvp(lambda p: forward(of(p), x), (p,), (v,)))
    value, slope = jvp(point, direction)
    gradient = fast.value_and_grad(x, w, argnums=1)[1]
    assert math.isclose(slope, np.dot(gradient, direction), rel_tol=1e-12)
    apart = compiled(jax.vmap(lambda row: forward(of(point), row[None])))(x)
    assert math.isclose(apart.sum(), value, rel_tol=1e-13)
    many = jnp.stack([point, 2 * point])
    slopes = compiled(jax.vmap(lambda p: forward.value_and_grad(of(p), x)[1]))(many)
    for k, p in enumerate(many):
        want = fast.value_and_grad(x, p.tolist(), argnums=1)[1]
        got = forward.unpack({name: y[k] for name, y in slopes.items()})
        np.testing.assert_allclose(got, want, 1e-12)


def test_long_programs_on_the_cpu_are_not_fused(monkeypatch: pytest.MonkeyPatch) -> None:
    f = compile(lambda x, w: exp(tanh(w * x) + w), rows=["x"], reduce="sum")
    x = numbers(4)
    f(x, 0.5)
    forward = f.to("jax")
    assert forward.compiler_options() == {}
    lowered = jax.jit(forward.value_and_grad).lower({"w": 0.5}, x)
    fused = lowered.compile()
    monkeypatch.setattr("autograd.program.jax._LONG", 3)
    assert forward.compiler_options("gpu") == {}
    run = lowered.compile(forward.compiler_options("cpu"))
    assert run.as_text().count("fusion(") > 2 * fused.as_text().count("fusion(")
    np.testing.assert_allclose(run({"w": 0.5}, x)[0], f(x, 0.5), 1e-13)


def test_copies_are_the_function_itself_and_pickles_are_refused() -> None:
    f = compile(lambda x: x * x, rows=["x"])
    f([1.0])
    forward = f.to("jax")
    assert copy.copy(forward) is copy.deepcopy(forward) is forward
    with pytest.raises(TypeError, match="pickle the compiled function"):
        pickle.dumps(forward)


def test_rows_over_eight_devices() -> None:
    """The same numbers, with rows on eight simulated devices and parameters on all."""
    script = """
        import numpy as np, jax
        jax.config.update("jax_enable_x64", True)
        from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
        import nn
        from autograd import compile, sqrt
        model = nn.MLP(3, [4, 2], activation="tanh", seed=0)
        def loss(x, t):
            y = model(x)
            return (y[0] - t) ** 2 + (sqrt(y[1]) if y[1] > 0 else y[1])
        fast = compile(loss, rows=["x", "t"], reduce="mean")
        rows = np.random.default_rng(0).normal(size=(16, 3)), np.arange(16.0)
        bound = fast.bind(model)
        value, gradient = bound.value_and_grad(*rows)
        f = fast.to("jax")
        mesh = Mesh(jax.devices(), "rows")
        spread = jax.device_put(rows, NamedSharding(mesh, P("rows")))
        p = jax.device_put(f.parameters, NamedSharding(mesh, P()))
        got, slopes, outputs = jax.jit(f.value_and_grad)(p, spread)
        theirs = jax.jit(jax.grad(f))(p, spread)
        assert len(outputs.sharding.device_set) == 8
        np.testing.assert_allclose(got, value, 1e-13)
        np.testing.assert_allclose(f.unpack(slopes), gradient, 1e-12)
        np.testing.assert_allclose(f.unpack(theirs), gradient, 1e-12)
    """
    flags = (
        "--xla_force_host_platform_device_count=8 --xla_backend_optimization_level=0 "
        "--xla_llvm_disable_expensive_passes=true"
    )
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    subprocess.run(command, env=environment, check=True, timeout=120)


# guards -------------------------------------------------------------------------------------------


def test_rows_select_their_way_and_no_way_disturbs_another() -> None:
    """Nested branches and an early exit; logarithms and roots of what they are not for."""

    def f(x: Any, w: Any) -> Any:
        if w * x > 0:
            if x > 2:
                return sqrt(x - 2) * w
            return log(w * x)
        return -w * x

    fast = compile(f, rows=["x"], reduce="sum")
    x = np.array([1.0, -1.0, 3.0, -4.0, 2.5, 0.25])
    fast(x, 0.5)
    forward = fast.to("jax")

    @compiled
    def run(w: Any) -> Any:
        return forward.value_and_grad({"w": w}, x), jax.grad(forward, (0, 1))({"w": w}, x)

    for w in (0.5, -0.5):  # the other rows branch so then
        value, slope = fast.value_and_grad(x, w, argnums=1)
        by_rows = fast.grad(x, w)
        (got, own, _), (theirs, of_rows) = run(w)
        np.testing.assert_allclose([got, own["w"], theirs["w"]], [value, slope, slope], 1e-13)
        np.testing.assert_allclose(of_rows, by_rows, 1e-13)


def test_comparisons_of_shared_numbers_become_cond() -> None:
    def f(x: Any, w: Any) -> Any:
        if w > 0:
            return log(w) * x if x > 1 else sqrt(w) * x * x
        return -x * w if w < -1 else x * w * w

    fast = compile(f, rows=["x"], reduce="mean")
    x = np.array([1.5, -2.0, 3.0, 0.5])
    for w in (2.0, -2.0, -0.5):
        fast(x, w)
    forward = fast.to("jax")
    at = jnp.array([2.0, -2.0, -0.5, 3.0])
    assert str(jax.make_jaxpr(forward)({"w": at[0]}, x)).count("cond[") == 2
    want = [fast.value_and_grad(x, w, argnums=1) for w in at.tolist()]
    run = compiled(
        lambda w: (forward.value_and_grad({"w": w}, x)[:2], jax.grad(forward)({"w": w}, x))
    )
    for w, (value, slope) in zip(at, want, strict=True):
        (got, own), theirs = run(w)
        np.testing.assert_allclose([got, own["w"], theirs["w"]], [value, slope, slope], 1e-13)
    together = compiled(jax.vmap(lambda w: forward.value_and_grad({"w": w}, x)[1]["w"]))(at)
    np.testing.assert_allclose(together, [slope for _, slope in want], 1e-13)


def test_ways_that_no_row_has_taken_are_refused_with_the_line() -> None:
    def f(x: Any) -> Any:
        if x > 0:
            return x
        return -x if x < -1 else x * x

    fast = compile(f, rows=["x"])
    fast([1.0, 2.0])
    line = f.__code__.co_firstlineno + 1
    with pytest.raises(TypeError, match=rf"test_jax_functions.py:{line}, in f was True in all"):
        fast.to("jax")
    fast([-2.0])
    with pytest.raises(TypeError, match=rf"functions.py:{line + 2}, in f was True in all"):
        fast.to("jax")
    fast([-0.5])
    assert compiled(fast.to("jax"))({}, [3.0, -3.0, -0.5]).tolist() == [3.0, 3.0, 0.25]


# bad input ----------------------------------------------------------------------------------------


def test_programs_for_one_integer_string_or_bool_each_are_refused() -> None:
    for f, second in (
        (lambda x, s: [x, 2 * x][s], [0, 1]),
        (lambda x, s: x if s == "a" else -x, ["a", "b"]),
        (lambda x, s: x if s else -x, [True, False]),
    ):
        fast = compile(f, rows=["x", "s"])
        fast([1.0, 2.0], second)
        with pytest.raises(TypeError, match=r"a program for each value of s .* autograd.take"):
            fast.to("jax")


def test_functions_that_have_not_been_called_and_other_engines_are_refused() -> None:
    fast = compile(lambda x: x * x, rows=["x"])
    with pytest.raises(TypeError, match="has not been called yet"):
        fast.to("jax")
    with pytest.raises(ValueError, match="the only engine is 'jax'"):
        fast.to("torch")


def test_parameters_and_rows_of_other_forms_are_refused() -> None:
    model = nn.MLP(2, [3, 3], seed=0)
    fast = compile(lambda x, t: model(x)[0] * t + sum(model(x)), rows=["x", "t"])
    fast(numbers(2, 2), [1.0, 2.0])
    f = fast.to("jax")
    p = f.parameters
    alone = compile(lambda w: 2 * w)
    alone(1.0)
    for call, error, words in (
        (lambda: f({**p, "V": 1.0}, (numbers(2, 2), numbers(2))), TypeError, "no parameter is called 'V'"),
        (lambda: f({**p, "W1": 1.0}, (numbers(2, 2), numbers(2))), ValueError, r"'W1' has the shape \(\); they are W1: \(3, 2\)"),
        (lambda: f(p, (numbers(2, 3), numbers(2))), ValueError, r"x has the shape \(2, 3\); .* \(rows, 2\)"),
        (lambda: f(p, (numbers(2, 2), numbers(3))), ValueError, "x has 2, t has 3"),
        (lambda: f(p, numbers(2, 2)), TypeError, r"a tuple of 2 \(x, t\), and 1 were given"),
        (lambda: f(p, ({"a": numbers(2)}, numbers(2))), TypeError, "recorded were x, t"),
        (lambda: f(p, (1.0, numbers(2))), ValueError, r"x has the shape \(\)"),
        (lambda: f(p, ([[1], [2, 3]], numbers(2))), TypeError, r"x is \[\[1\], \[2, 3\]\], not an array"),
        (lambda: f(p, (numbers(0, 2), [])), ValueError, "x has no rows; give at least one"),
        (lambda: f([1.0], (numbers(2, 2), numbers(2))), TypeError, "a dict of arrays, not list; they are W1"),
        (lambda: f({**p, "b1": "a"}, (numbers(2, 2), numbers(2))), TypeError, "'b1' is 'a', not an array"),
        (lambda: f.value_and_grad(p, (numbers(2, 2), numbers(2)), [1.0]), ValueError, r"weights have the shape \(1,\); .* \(2,\)"),
        (lambda: f.pack(jnp.zeros(3)), ValueError, r"the shape \(3,\) to pack; .* length 21"),
        (lambda: f.unpack({"b1": p["b1"]}), TypeError, "parameters lack W1, "),
        (lambda: alone.to("jax")({"w": 1.0}, numbers(2)), TypeError, r"a tuple of 0 \(\), and 1 were given"),
    ):  # fmt: skip
        with pytest.raises(error, match=words):
            call()


def test_float64_switched_off_in_jax_is_detected() -> None:
    fast = compile(lambda x: x * x, rows=["x"])
    fast([1.0])
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(RuntimeError, match=r'jax_enable_x64.*dtype="float32"'):
            fast.to("jax")
        single = compile(lambda x: x * x, rows=["x"], dtype="float32")
        single([1.0])
        assert single.to("jax")({}, [3.0]).dtype == np.float32
    finally:
        jax.config.update("jax_enable_x64", True)


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = compile(lambda x: x * x, rows=["x"])
    fast([1.0])
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r'pip install "chalkgrad\[jax\]"'):
        fast.to("jax")
