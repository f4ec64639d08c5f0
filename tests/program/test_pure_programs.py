"""Pure programs, run on NumPy, compute what eager mode and the programs in place do."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from pure_numpy import on_numpy
from random_graphs import graph
from test_agreement_compiled import (
    accumulated,
    assert_near,
    attention,
    batched,
    convolution,
    dense,
    eager,
    gram,
    numbers,
    repeats,
    signed,
)  # fmt: skip
from test_rules_compiled import BY_NAME, function, points

import autograd
import nn
from autograd import compile

Array = np.ndarray[Any, Any]


def by_label(f: Any, gradient: Any) -> dict[str, float]:
    """Return the derivatives by the label of each number."""
    return dict(zip([v.label for v in f.values], f.unpack(gradient).tolist(), strict=False))


def check(f: Any, x: Array, w: Array, rows: list[str], reduce: str | None) -> bool:
    """Compare outputs, value and gradient with eager mode; False if that has infinities."""
    count = len(x if "x" in rows else w) if rows else 1
    pairs = [(x[i] if "x" in rows else x, w[i] if "w" in rows else w) for i in range(count)]
    found = [eager(f, *pair) for pair in pairs]
    if None in found:
        return False
    n, scale = len(pairs[0][0]), 1 / count if reduce == "mean" else 1
    values, gradients, size, sizes = (np.array([each[k] for each in found]) for k in range(4))
    compiled = compile(f, rows=rows, reduce=reduce)
    compiled(x, w)
    pure = on_numpy(compiled)
    given = tuple({"x": x, "w": w}[name] for name in rows)
    value, slopes, outputs = pure.value_and_grad(pure.parameters, given)
    assert_near(outputs[:, 0], values, size)
    assert_near(value, values.sum() * scale, size.sum() * scale)
    for label, slope in by_label(pure, slopes).items():
        k = int(label[2:-1]) + n * (label[0] == "w")
        assert_near(slope, gradients[:, k].sum() * scale, sizes[:, k].sum() * scale)
    return True


@pytest.mark.parametrize("block", range(4))
def test_random_graphs_agree(block: int) -> None:
    compared = 0
    for seed in range(40 * block, 40 * block + 40):
        source, draws = random.Random(seed), np.random.default_rng(seed)
        many, n, m = graph(source, 3 if seed % 2 else 20)

        def f(x: Any, w: Any, many: Any = many) -> Any:
            return sum(c * y for c, y in zip((1, -0.5, 2, 1, 1), many(x, w), strict=False))

        rows = source.choice([[], ["x"], ["x"], ["w"]])
        count = source.choice([1, 2, 5])
        x = numbers(draws, count, n) if "x" in rows else numbers(draws, n)
        w = numbers(draws, count, m) if "w" in rows else numbers(draws, m)
        try:
            compared += check(
                lambda x, w: f(x, w), x, w, rows, source.choice(["sum", "mean"]) if rows else None
            )
        except Exception as error:
            error.add_note(f"graph {seed}")
            raise
    assert compared > 30


@pytest.mark.parametrize(
    "f", [dense, batched, convolution, gram, attention, signed, repeats, accumulated]
)
def test_products_and_sums_of_adjoints(f: Any) -> None:
    draws = np.random.default_rng(0)
    x, w = numbers(draws, 7, 6), numbers(draws, 7, 12)
    for rows, reduce in (([], None), (["x"], "mean"), (["w"], "sum")):
        args = x if "x" in rows else x[0], w if "w" in rows else w[0]
        assert check(lambda x, w: f(x, w), *args, rows, reduce)


@pytest.mark.parametrize(("name", "length"), [c for c in BY_NAME if c[0] != "round"])
def test_every_rule_of_shared_numbers_and_of_rows(name: str, length: int) -> None:
    """As the programs in place, to the last bits: edges, kinks and infinities too."""
    for given, xs in points(name, length).items():
        f = function(name, length, given)
        with np.errstate(all="ignore"):
            of_rows, shared = compile(f, rows=["x"]), compile(f)
            values, gradients = of_rows(np.array(xs)), []
            pure = on_numpy(of_rows)
            np.testing.assert_allclose(
                pure.outputs({}, pure.columns(np.array(xs)))[0], values, 1e-14
            )
            shared(xs[0])
            pure = on_numpy(shared)
            for x in xs[::5]:
                value, gradient = shared.value_and_grad(x)
                p = {leaf.name: np.array(x)[leaf.places] for leaf in pure.trained}
                got, slopes, _ = pure.value_and_grad(p)
                gradients.append(pure.unpack(slopes))
                np.testing.assert_allclose(got, value, 1e-14)
                np.testing.assert_allclose(gradients[-1], gradient, 1e-13)


def test_parameters_are_arrays_as_they_are_read_also_beside_a_penalty() -> None:
    model = nn.MLP(3, [5, 4, 2], activation="tanh", output="tanh", seed=0)

    def loss(x: Any, t: Any) -> Any:
        y = model(x)
        penalty = sum(p * p for p in model.parameters())
        return (y[0] - t) ** 2 + y[1] ** 2 + 0.1 * penalty

    fast = compile(loss, rows=["x", "t"], reduce="mean")
    draws = np.random.default_rng(0)
    x, t = draws.normal(size=(6, 3)), draws.normal(size=6)
    bound = fast.bind(model)
    value, gradient = bound.value_and_grad(x, t)
    pure = on_numpy(fast)
    shapes = {name: p.shape for name, p in pure.parameters.items()}
    assert shapes == {"W1": (5, 3), "b1": (5,), "W2": (4, 5), "b2": (4,), "W3": (2, 4), "b3": (2,)}
    got, slopes, _ = pure.value_and_grad(pure.parameters, (x, t))
    assert math.isclose(got, value, rel_tol=1e-14)
    np.testing.assert_allclose(pure.unpack(slopes), gradient, 1e-12, 1e-15)
    np.testing.assert_array_equal(pure.unpack(pure.pack(gradient)), gradient)


def test_lists_that_are_read_one_by_one_are_arrays() -> None:
    def f(a: Any, b: Any, w: Any, x: Any) -> Any:
        return a * x[0] + b * x[1] + w["u"][0] * x[0] ** 2 + w["u"][1] * x[1] + w["v"][0] * b

    fast = compile(f, rows=["x"], reduce="sum")
    given = 2.0, 3.0, {"u": [4.0, 5.0], "v": [6.0]}, np.array([[1.0, 2.0], [3.0, 4.0]])
    value, want = fast.value_and_grad(*given, argnums=(0, 1, 2))
    pure = on_numpy(fast)
    assert {name: p.tolist() for name, p in pure.parameters.items()} == {
        "a": 2.0, "b": 3.0, "u": [4.0, 5.0], "v": 6.0,
    }  # fmt: skip
    got, slopes, _ = pure.value_and_grad(pure.parameters, given[3])
    assert got == value
    found = want[0], want[1], *want[2]["u"], *want[2]["v"]
    assert pure.unpack(slopes).tolist() == list(found)
    table = compile(lambda W, x: sum(autograd.exp(autograd.dot(row, x)) for row in W), rows=["x"])
    table(np.ones((5, 2)), given[3])
    assert {name: p.shape for name, p in on_numpy(table).parameters.items()} == {"W": (5, 2)}


@pytest.mark.parametrize("name", ["erf", "gamma", "c1", "i1", "isinf", "len", "tanh", "weights"])
def test_arguments_may_be_called_as_what_the_text_calls(name: str) -> None:
    names: dict[str, Any] = {"autograd": autograd}
    exec(
        f"def f({name}, w):\n"
        f"    y = autograd.erf({name}[0]) + autograd.gamma(w[0]) * autograd.tanh({name}[1])\n"
        f"    y = y + autograd.dot([*{name}, *w], [1.0, -2.0, 3.0, 0.5])\n"
        f"    return y + w[1] * autograd.logsumexp({name})",
        names,
    )
    x, w = np.array([[0.5, -1.0], [2.0, 0.25]]), [1.5, 2.0]
    for rows, args in (([name], (x, w)), (["w"], (x[0], np.array([w, w])))):
        fast = compile(names["f"], rows=rows)
        want = [
            names["f"](a, b)
            for a, b in zip(x if rows == [name] else [x[0]] * 2, [w, w], strict=True)
        ]
        np.testing.assert_allclose(fast(*args), want, 1e-14)
        pure = on_numpy(fast)
        assert list(pure.parameters) == ["w" if rows == [name] else name]
        found = pure.outputs(pure.parameters, pure.columns(args[rows == ["w"]]))
        np.testing.assert_allclose(found[0], want, 1e-14)


def test_operands_of_several_arrays_are_not_joined_to_be_cut_again() -> None:
    model = nn.MLP(3, [5, 4], seed=0)
    fast = compile(lambda x, t: nn.cross_entropy(model(x), t), rows=["x", "t"])
    fast(np.ones((2, 3)), [0, 3])
    assert "concatenate" not in on_numpy(fast).source


def test_what_no_output_depends_on_has_zeros() -> None:
    fast = compile(lambda x, y, w, u: 2 * w, rows=["x", "y"], reduce="mean")
    rows = [1.0, 2.0], [3.0, 4.0]
    fast(*rows, 3.0, [4.0, 5.0])
    pure = on_numpy(fast)
    value, slopes, outputs = pure.value_and_grad(pure.parameters, rows)
    assert (value, outputs.tolist()) == (6.0, [[6.0], [6.0]])
    assert [slopes[name].tolist() for name in pure.parameters] == [2.0, [0.0, 0.0]]
    alone = compile(lambda x: 3.0, rows=["x"])
    alone([1.0, 2.0])
    assert on_numpy(alone).value_and_grad({}, [1.0, 2.0])[:2] == (6.0, {})


def test_a_constant_of_the_rows_is_itself_whatever_constants_stand_beside_it() -> None:
    def f(x: Any, w: Any) -> Any:
        many = [0.5, -3.0, w * x, 0.25, 7.0]
        return autograd.dot([w, 2.0, x, -1.0, w * w], many)

    fast = compile(f, rows=["x"])
    x = np.array([1.5, -2.0])
    np.testing.assert_allclose(on_numpy_outputs(fast, x, 0.5), fast(x, 0.5), 1e-15)


def on_numpy_outputs(fast: Any, x: Array, w: float) -> Array:
    fast(x, w)
    pure = on_numpy(fast)
    found: Array = pure.outputs(pure.parameters, pure.columns(x))[0]
    return found


def test_a_result_that_another_operation_computed_too_keeps_its_own_slope() -> None:
    """maximum(x, 0) has the slope 1/2 at 0, relu 0: both are one operation on arrays."""

    def f(w: Any) -> Any:
        return autograd.relu(w) + 10 * autograd.maximum(w, 0) + 100 * autograd.max([w, 0.0])

    fast = compile(f)
    value, slope = fast.value_and_grad(0.0)
    pure = on_numpy(fast)
    assert pure.value_and_grad(pure.parameters)[1] == {"w": slope}
    assert (value, slope) == (0.0, 55.0)


def test_rows_that_take_another_branch_do_not_disturb_each_other() -> None:
    """A root of a negative number is computed for no row, wherever the parameter goes."""

    def f(x: Any, w: Any) -> Any:
        return autograd.sqrt(w * x) if w * x > 0 else -w * x

    fast = compile(f, rows=["x"], reduce="sum")
    x = np.array([1.0, -4.0, 9.0, -16.0])
    fast(x, 2.0)
    pure = on_numpy(fast)
    for w in (2.0, -2.0):
        value, slope = fast.value_and_grad(x, w, argnums=1)
        with np.errstate(invalid="ignore"):  # of what says which rows it is for
            got, slopes, _ = pure.value_and_grad({"w": np.array(w)}, x)
        assert math.isclose(got, value, rel_tol=1e-14)
        assert math.isclose(slopes["w"], slope, rel_tol=1e-14)
