"""Parts of networks as programs: tables looked up, attention's products, softmax, patches."""

from __future__ import annotations

import gc
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, compile, dot, relu, softmax, sqrt, take
from autograd.program.recording.collector import collector_held_off


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def leaves(x: Any) -> list[Any]:
    return [y for part in x for y in leaves(part)] if isinstance(x, (list, tuple)) else [x]


def compared(f: Any, parameters: Any, *columns: Any, threads: int | None = None) -> Any:
    """Return the bound program of mean(f) over the rows, after comparing it with eager mode."""
    names = "xt"[: len(columns)]

    def loss_x(x: Any) -> Any:
        return f(parameters, x)

    def loss_xt(x: Any, t: Any) -> Any:
        return f(parameters, x, t)

    loss: Any = loss_x if len(columns) == 1 else loss_xt
    fast = compile(loss, rows=list(names), reduce="mean", threads=threads)
    bound = fast.bind(parameters)
    value, gradient = bound.value_and_grad(*columns)
    value, gradient = bound.value_and_grad(*columns)
    rows = list(zip(*[np.asarray(c).tolist() for c in columns], strict=True))
    total: Any = sum([loss(*row) for row in rows]) / len(rows)
    slopes = autograd.gradients(total, leaves(parameters))
    want = np.array([0.0 if g is None else g for g in slopes], float)
    assert abs(value - total.data) <= 1e-12 * max(1.0, abs(total.data))
    assert np.abs(gradient - want).max() <= 1e-12 * max(1.0, np.abs(want).max())
    return fast


def values(*shape: int, seed: int = 0) -> Any:
    """Return nested lists of Values."""

    def nested(x: Any) -> Any:
        return [nested(y) for y in x] if isinstance(x, list) else Value(x)

    return nested(numbers(*shape, seed=seed).tolist())


# tables ------------------------------------------------------------------------------------------


def embedded(table: Any, indices: Any) -> list[Any]:
    return [take(column, i) for i in indices for column in zip(*table, strict=True)]


@pytest.mark.parametrize(("count", "size", "places"), [(7, 3, 4), (5, 1, 3), (6, 4, 1), (2, 1, 1)])
def test_a_table_is_looked_up_whatever_its_size(count: int, size: int, places: int) -> None:
    """Forward a gather by the index, in reverse an addition at it, repeated or from the end."""
    weights = values(size * places, seed=1)

    def f(parameters: Any, words: Any) -> Any:
        table, w = parameters
        return sum([a * b * b for a, b in zip(w, embedded(table, words), strict=True)])

    words = np.random.default_rng(0).integers(-count, count, (9, places))
    fast = compared(f, [values(count, size), weights], words)
    assert fast.source.count("add.at(ds") == 1
    assert len([each for each in fast.table().programs[0].operations if "take" in each.what]) == 1


def test_the_gradient_of_a_table_counts_its_rows() -> None:
    """Small whole numbers: exact."""
    table = values(5, 2)

    def f(x: Any) -> Any:
        return sum([k * e for k, e in enumerate(embedded(table, x), 1)])

    few = np.array([[0, 0, 3], [0, 4, -1], [3, 3, 3], [1, 0, 0]])
    many = np.random.default_rng(2).integers(-5, 5, (10_000, 3))  # in blocks, over threads
    for words in (few, many):
        bound = compile(f, rows=["x"], reduce="sum", threads=2).bind(table)
        _, gradient = bound.value_and_grad(words)
        want = np.zeros((5, 2))
        for row in words:
            for place, word in enumerate(row):
                want[word] += [2 * place + 1, 2 * place + 2]
        assert (gradient.reshape(5, 2) == want).all()


def test_a_large_table_costs_a_row_no_more_than_a_small_one() -> None:
    """Its numbers are not copied to the rows."""

    def sizes(count: int) -> int:
        table = values(count, 3)
        fast = compile(
            lambda x: dot(embedded(table, x), [1.0, 2.0, 4.0, 3.0, 5.0, 7.0]), rows=["x"]
        )
        fast(np.zeros((2, 2), int))
        [program] = fast.recordings.programs()
        return int(program.lifted.sizes["v"])

    assert sizes(3) == sizes(1000)


def test_two_tables_rows_that_are_one_and_constants() -> None:
    """Tables of one size at places of their own; a row twice in a table; numbers among Values."""
    first, second, shared = values(4, 2), values(4, 2, seed=1), values(2, seed=2)
    first[3] = first[1]
    second[2][0] = 0.5

    def f(parameters: Any, x: Any, t: Any) -> Any:
        first, second, shared = parameters
        scaled = [[shared[0] * e for e in row] for row in second]
        found = [*embedded(first, x[:2]), *embedded(scaled, x[1:]), *embedded(first, [t])]
        return sum([a * b for a, b in pairwise(found)])

    x = np.random.default_rng(1).integers(0, 4, (11, 3))
    trained = [first[:3], [[v for v in row if isinstance(v, Value)] for row in second], shared]

    def of(_: Any, x: Any, t: Any) -> Any:
        return f([first, second, shared], x, t)

    fast = compared(of, trained, x, x[:, 0])
    assert fast.source.count("add.at(ds") == 2  # the two of the first table together


def test_a_lookup_and_a_row_s_own_list_by_one_index() -> None:
    table, w = values(3, seed=3), values(3)

    def f(parameters: Any, x: Any, t: Any) -> Any:
        table, w = parameters
        return take(table, t) * take([a * x for a in w], t)

    compared(f, [table, w], numbers(6), np.array([0, 2, 1, 2, -1, 0]))


# attention ---------------------------------------------------------------------------------------


def attention(parameters: Any, x: Any) -> Any:
    Q, K, V = parameters
    q, k, v = ([[dot(w, row) for w in W] for row in x] for W in (Q, K, V))
    total = 0
    for i, query in enumerate(q):
        scores = [dot(query, key) / sqrt(len(key)) + (0.0 if j <= i else -math.inf)
                  for j, key in enumerate(k)]  # fmt: skip
        a = softmax(scores)
        total = total + sum([dot(a, column) ** 2 for column in zip(*v, strict=True)])
    return total


@pytest.mark.parametrize(("places", "size"), [(9, 12), (3, 2), (4, 9)])
@pytest.mark.parametrize("rows", [1, 6])
def test_attention_multiplies_matrices_row_by_row_where_that_pays(
    places: int, size: int, rows: int
) -> None:
    """Large ones by the matrix library, small ones many rows at a time; masked with -inf."""
    parameters = [values(size, size, seed=k) for k in range(3)]
    fast = compared(attention, parameters, numbers(rows, places, size) / 2)
    multiplied = "by_row(" in fast.source
    assert multiplied == (places > 4)
    assert ("einsum(" in fast.source) != multiplied


def test_products_row_by_row_have_the_same_bits_on_any_number_of_threads() -> None:
    x = numbers(700, 8, 8) / 3
    results = []
    for threads in (1, 2, 3):
        parameters = [values(8, 8, seed=k) for k in range(3)]
        bound = compile(
            lambda x, p=parameters: attention(p, x), rows=["x"], reduce="mean", threads=threads
        ).bind(parameters)
        value, gradient = bound.value_and_grad(x)
        results.append((value, gradient.tobytes()))
    assert results[0] == results[1] == results[2]


def test_softmax_neither_overflows_nor_sees_its_shift() -> None:
    """Shares of huge scores, of masked ones and of equal ones; slopes add up to 0."""
    fast = compile(lambda x: softmax(x), rows=["x"])
    found = np.array(
        fast(np.array([[1e4, -1e4, 1e4], [0.0, -math.inf, 0.0], [-1e300, -1e300, -1e300]]))
    )
    assert found.T.tolist() == [[0.5, 0.0, 0.5], [0.5, 0.0, 0.5], [1 / 3, 1 / 3, 1 / 3]]
    weighted = compile(lambda x: dot(softmax(x), [1.0, 2.0, 5.0]), rows=["x"], reduce="sum")
    x = np.array([[1.0, 0.0, -1.0], [700.0, 0.0, 0.5], [3.0, -math.inf, 2.0]])
    _, gradient = weighted.value_and_grad(x)
    assert np.abs(gradient.sum(axis=1)).max() < 1e-15
    assert gradient[2][1] == 0
    assert "max" in {each.what.split()[0] for each in weighted.table().programs[0].operations}
    assert "pull('max'" not in weighted.source  # the shift has no slope


# patches and sums --------------------------------------------------------------------------------


def two_convolutions(parameters: Any, x: Any) -> Any:
    """Convolve, with a border of zeros, twice, and add up squares."""
    for K in parameters:
        side = range(len(x[0]))

        def at(channel: Any, i: int, j: int, side: range = side) -> Any:
            return channel[i][j] if i in side and j in side else 0.0

        x = [
            [[relu(dot(kernel, [at(c, i + a, j + b) for c in x for a in (-1, 0, 1)
                                for b in (-1, 0, 1)])) for j in side] for i in side]
            for kernel in K
        ]  # fmt: skip
    return sum([y * y for channel in x for row in channel for y in row])


def test_the_adjoints_of_patches_are_added_up_list_by_list() -> None:
    """Each number of an image is in up to nine patches, at the border in fewer."""
    parameters = [values(8, 9), values(2, 72, seed=1)]
    fast = compared(two_convolutions, parameters, numbers(5, 1, 10, 10) / 3)
    [line] = [line for line in fast.source.splitlines() if "add_lists(" in line]
    assert line.count("i") >= 9
    assert "reduceat" not in fast.source


def test_a_normalised_vector_has_no_needless_passes() -> None:
    """Quotients have quotients as slopes, and a minus is taken after the sum."""

    def f(parameters: Any, x: Any) -> Any:
        scale, gain, bias = parameters
        total = 0
        for row in x:
            r = [w * a for w, a in zip(scale, row, strict=True)]
            m = sum(r) / len(r)
            s = sqrt(sum([(a - m) ** 2 for a in r]) / len(r) + 1e-5)
            y = [g * ((a - m) / s) + b for a, g, b in zip(r, gain, bias, strict=True)]
            total = total + sum([a**3 for a in y])
        return total

    fast = compared(f, [values(6, seed=k) for k in range(3)], numbers(5, 4, 6))
    assert "reciprocal(" not in fast.source
    assert ", -1, out=" not in fast.source


# the collector -----------------------------------------------------------------------------------


def test_the_collector_is_held_off_while_a_function_is_recorded_and_not_after() -> None:
    seen = []

    def f(x: Any) -> Any:
        seen.append(gc.isenabled())
        return x * x

    compile(f, rows=["x"])([1.0, 2.0])
    assert seen[0] is False
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        compile(lambda x: x * (1 // 0), rows=["x"])([1.0])
    assert gc.isenabled()
    with collector_held_off(), collector_held_off():
        pass
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        compile(lambda x: x * x, rows=["x"])([1.0, 2.0])
        assert not gc.isenabled()
    finally:
        gc.enable()
