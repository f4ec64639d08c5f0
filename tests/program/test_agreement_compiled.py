"""Compiled equals eager: random graphs, matrix products of every form, and how adjoints add up."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from random_graphs import graph, magnitudes

import autograd
from autograd import Value
from autograd.check.strategies import Case, cases

TOLERANCE = 1e-12
Array = np.ndarray[Any, Any]


def eager(f: Callable[..., Any], x: Sequence[float], w: Sequence[float]) -> Any:
    """Return value, gradient, and the sums of the magnitudes of their terms; None if not finite."""
    xs, ws = [Value(float(t)) for t in x], [Value(float(t)) for t in w]
    y = f(xs, ws)
    y = y if isinstance(y, Value) else Value(float(y))
    gradient = [float(g) for g in autograd.gradients(y, xs + ws)]
    if not all(map(math.isfinite, [y.data, *gradient])):
        return None
    size, sizes = magnitudes(y, xs + ws)
    return (y.data, gradient, size, sizes) if max(size, *sizes) < 1e9 else None


def assert_near(got: Any, want: Any, size: Any) -> None:
    got, want, size = (np.asarray(a, float) for a in (got, want, size))
    assert got.shape == want.shape
    assert (np.abs(got - want) <= TOLERANCE * size).all(), (got, want, size)


def check(f: Callable[..., Any], x: Array, w: Array, rows: list[str], reduce: str | None) -> bool:
    """Compare value and gradient by both arguments, twice; False if eager mode has infinities."""
    count = len(x) if rows else 1
    points = [(x[i] if "x" in rows else x, w[i] if "w" in rows else w) for i in range(count)]
    found = [eager(f, *point) for point in points]
    if None in found:
        return False
    n, scale = len(points[0][0]), 1 / count if reduce == "mean" else 1
    values, gradients, size, sizes = (np.array([each[k] for each in found]) for k in range(4))
    compiled = autograd.compile(f, rows=rows, reduce=reduce)
    for _ in range(2):  # nothing may be left over from the first call
        value, (by_x, by_w) = compiled.value_and_grad(x, w, argnums=(0, 1))
        if reduce:
            assert_near(value, values.sum() * scale, size.sum() * scale)
        else:
            assert_near(value, values if rows else values[0], size if rows else size[0])
        for got, want, bound, name in (
            (by_x, gradients[:, :n], sizes[:, :n], "x"), (by_w, gradients[:, n:], sizes[:, n:], "w"),
        ):  # fmt: skip
            if not rows:
                assert_near(got, want[0], bound[0])
            elif reduce and name not in rows:
                assert_near(got, want.sum(axis=0) * scale, bound.sum(axis=0) * scale)
            else:
                assert_near(got, want * scale, bound * scale)
    assert_near(compiled(x, w), value, np.abs(value))
    return True


def numbers(source: np.random.Generator, *shape: int) -> Array:
    """Return numbers with ties, zeros and ones among them."""
    often = source.choice([0.0, 1.0, -1.0, 0.25], shape)
    return np.where(source.random(shape) < 0.15, often, np.round(source.normal(size=shape), 3))


@pytest.mark.parametrize("block", range(8))
def test_random_graphs_agree(block: int) -> None:
    compared = 0
    for seed in range(30 * block, 30 * block + 30):
        source, draws = random.Random(seed), np.random.default_rng(seed)
        many, n, m = graph(source, 3 if seed % 2 else 20)

        def f(x: Any, w: Any, many: Any = many) -> Any:
            return sum(c * y for c, y in zip((1, -0.5, 2, 1, 1), many(x, w), strict=False))

        rows = source.choice([[], ["x"], ["x", "w"]])
        count = source.choice([1, 2, 5])
        x = numbers(draws, count, n) if rows else numbers(draws, n)
        w = numbers(draws, count, m) if "w" in rows else numbers(draws, m)
        reduce = source.choice([None, "sum", "mean"]) if rows else None
        try:
            compared += check(lambda x, w: f(x, w), x, w, rows, reduce)
        except Exception as error:
            error.add_note(f"graph {seed}")
            raise
    assert compared > 20


@settings(max_examples=40, deadline=None)
@given(cases())
def test_expressions_of_the_checker_agree(case: Case) -> None:
    """All operations of the table in small graphs, at points where they are smooth."""
    point = [float(x) for x in case.point]
    found = eager(lambda x, w: case.expression(*x), point, [])
    if found is None:
        return
    value, gradient, size, sizes = found
    compiled = autograd.compile(lambda x: case.expression(*x), rows=["x"])
    values, gradients = compiled.value_and_grad(np.array([point, point]))
    assert_near(values, [value] * 2, [size] * 2)
    assert_near(gradients, [gradient] * 2, [sizes] * 2)


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    return sum(x * y for x, y in zip(a, b, strict=True))


def dense(x: Any, w: Any) -> Any:
    return sum(dot(w[4 * k : 4 * k + 4], x[:4]) ** 2 + w[k] for k in range(3))


def batched(x: Any, w: Any) -> Any:  # one small product for each part of x
    return sum(dot(w[4 * h + 2 * k :][:2], x[2 * h :][:2]) ** 2 for h in range(3) for k in range(2))


def convolution(x: Any, w: Any) -> Any:  # zeros around, pixels in several patches
    padded = [0.0, *x, 0.0]
    return sum(
        dot(w[3 * f : 3 * f + 3], padded[i : i + 3]) ** 2 for f in range(3) for i in range(6)
    )


def gram(x: Any, w: Any) -> Any:
    lists = [x[:3], x[3:], x[1:4]]
    return sum(
        w[i + j] * dot(a, b) ** 2 for i, a in enumerate(lists) for j, b in enumerate(lists[: i + 1])
    )


def attention(x: Any, w: Any) -> Any:  # causal: row i looks at what is not after it
    tokens = [x[0:2], x[2:4], x[4:6]]
    queries, keys = (
        [[dot(w[o + 2 * k :][:2], t) for k in range(2)] for t in tokens] for o in (0, 4)
    )
    return sum(
        dot(autograd.softmax([dot(q, k) for k in keys[: i + 1]]), [t[0] for t in tokens[: i + 1]])
        for i, q in enumerate(queries)
    )


def signed(x: Any, w: Any) -> Any:
    return (sum((-1) ** k * x[k] * w[k] for k in range(6)) - x[0] + x[1] - x[2] + w[3] - x[4]) ** 2


def repeats(x: Any, w: Any) -> Any:
    return dot([x[0], x[0], x[5], x[2], x[0]], [w[1], x[1], x[1], w[1], w[7]]) ** 2


def accumulated(x: Any, w: Any) -> Any:  # read by groups of many sorts, and by the result itself
    h = [autograd.tanh(w[k] * x[k] + w[k + 1]) for k in range(5)]
    return (
        dot(h, h[::-1]) + autograd.max(h) + h[2] + sum(h) * h[0] + autograd.sin(h[2]) + x[0] + w[0]
    )


@pytest.mark.parametrize(
    "f", [dense, batched, convolution, gram, attention, signed, repeats, accumulated]
)
def test_products_and_sums_of_adjoints(
    f: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sides shared or the rows', one block of rows and several, any number of threads."""
    draws = np.random.default_rng(0)
    x, w = numbers(draws, 70, 6), numbers(draws, 70, 12)
    for rows, reduce in (
        ([], None),
        (["x"], "mean"),
        (["x"], None),
        (["x", "w"], "sum"),
        (["w"], "sum"),
    ):
        count = 3 if reduce is None else 70
        args = x[:count] if "x" in rows else x[0], w[:count] if "w" in rows else w[0]
        if rows == ["w"]:
            flipped = autograd.compile(lambda w, x: f(x, w), rows=["w"], reduce="sum")
            value = flipped.value_and_grad(w, x[0])[0]
            assert_near(value, sum(f(x[0].tolist(), row.tolist()) for row in w), 1e4)
        else:
            assert check(lambda x, w: f(x, w), *args, rows, reduce)
    monkeypatch.setattr("autograd.program.running.machine._MOST_ROWS", 8)
    monkeypatch.setattr("autograd.program.running.machine._LEAST_ROWS", 8)
    assert check(lambda x, w: f(x, w), x, w[0], ["x"], "mean")
    bits = []
    for threads in (1, 2, 3):
        compiled = autograd.compile(f, rows=["x"], reduce="sum", threads=threads)
        value, (by_x, by_w) = compiled.value_and_grad(x, w[0], argnums=(0, 1))
        bits.append((value, by_x.tobytes(), np.asarray(by_w).tobytes()))
    assert bits[0] == bits[1] == bits[2]


def test_outputs_may_be_inputs_constants_and_what_others_are_made_of() -> None:
    def f(x: Any, w: Any) -> Any:
        h = autograd.tanh(w * x[0])
        return [x[1], 2.0, h, h * h + x[1], w, h]

    found = autograd.compile(f, rows=["x"])([[0.5, 1.0], [2.0, -1.0]], 0.7)
    want = np.array(
        [[float(y) for y in f([float(t) for t in x], 0.7)] for x in ([0.5, 1], [2, -1])]
    )
    assert_near(np.stack([np.broadcast_to(y, 2) for y in found], axis=1), want, np.abs(want))
    xs = [[0.5, 1.0], [2.0, -1.0]]
    for pick, expected in ((lambda x, w: x[1], 0.0), (lambda x, w: w, 2.0)):
        summed = autograd.compile(pick, rows=["x"], reduce="sum")
        assert summed.value_and_grad(xs, 0.7, argnums=1)[1] == expected
