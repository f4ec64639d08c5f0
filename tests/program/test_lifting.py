"""Lifting finds the matrix operations in plain scalar code, however its loops are written."""

from __future__ import annotations

import inspect
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    Value,
    compile,
    dot,
    exp,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    sqrt,
    take,
    tanh,
)  # fmt: skip

Numbers = Any


def numbers(*shape: int, seed: int = 0) -> Numbers:
    """Return nested lists of numbers."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).tolist()


def flat(x: Any) -> Iterator[Any]:
    if isinstance(x, (list, tuple, np.ndarray)):
        for each in x:
            yield from flat(each)
    else:
        yield x


def lifted(
    f: Callable[..., Any], *args: Any, rows: Sequence[str] = (), by: int | None = None
) -> Counter[str]:
    """Return how often there is which operation in f's program, after comparing it with eager.

    Values of f, and gradients of a weighted sum of what it returns by the argument `by`.
    """
    fast = compile(f, rows=list(rows))
    names = list(inspect.signature(f).parameters)
    count = len(args[names.index(rows[0])]) if rows else 1

    def row(k: int, given: Sequence[Any]) -> list[Any]:
        return [x[k] if name in rows else x for name, x in zip(names, given, strict=True)]

    expected = [
        [float(x.data if isinstance(x, Value) else x) for x in flat(f(*row(k, args)))]
        for k in range(count)
    ]
    results = fast(*args)
    parts = results if isinstance(results, (list, tuple)) else [results]
    ours = [np.reshape(x, (count, -1)) for x in _arrays(parts, count, bool(rows))]
    close(np.concatenate(ours, axis=1), np.array(expected))

    def total(*given: Any) -> Any:
        return sum([math.sin(1 + k) * y for k, y in enumerate(flat(f(*given)))])

    total.__signature__ = inspect.signature(f)  # type: ignore[attr-defined]
    at = by if by is not None else next(k for k, name in enumerate(names) if name not in rows)
    weighted = compile(total, rows=list(rows), reduce="sum" if rows else None)
    value, gradient = weighted.value_and_grad(*args, argnums=at)

    def whole(given: Any) -> Any:
        of = [given if k == at else x for k, x in enumerate(args)]
        return sum([total(*row(k, of)) for k in range(count)])

    true_value, true_gradient = autograd.value_and_grad(whole)(args[at])
    close(value, true_value)
    close(list(flat(gradient)), list(flat(true_gradient)))
    [program] = fast.table().programs
    return Counter([each.what for each in program.operations])


def _arrays(parts: Sequence[Any], count: int, rows: bool) -> list[Any]:
    if not rows:
        return [np.array(list(flat(parts)), float)]
    return [x for each in parts for x in (_arrays(each, count, rows)
            if isinstance(each, (list, tuple)) else [each])]  # fmt: skip


def close(ours: Any, expected: Any) -> None:
    ours, expected = np.array(ours, float), np.array(expected, float)
    assert np.abs(ours - expected).max() <= 1e-12 * max(1.0, np.abs(expected).max())


# dense layers ----------------------------------------------------------------------------------


def by_dot(x, W, b):
    return [dot(w, x) + c for w, c in zip(W, b, strict=True)]


def micrograd_style(x, W, b):
    return [
        sum((wi * xi for wi, xi in zip(w, x, strict=True)), c) for w, c in zip(W, b, strict=True)
    ]


def chain_of_additions(x, W, b):
    return [b[i] + W[i][0] * x[0] + W[i][1] * x[1] + W[i][2] * x[2] + W[i][3] * x[3]
            for i in range(len(W))]  # fmt: skip


def inputs_outside(x, W, b):
    out = list(b)
    for j in range(len(x)):
        for i in range(len(W)):
            out[i] = out[i] + x[j] * W[i][j]
    return out


def backwards(x, W, b):
    out = []
    for i in range(len(W)):
        z = W[i][-1] * x[-1]
        for j in range(len(x) - 2, -1, -1):
            z += x[j] * W[i][j]
        out.append(z + b[i])
    return out


def arrays_of_values(x, W, b):
    return np.array(W) @ np.array(x) + np.array(b)


@pytest.mark.parametrize(
    "layer",
    [by_dot, micrograd_style, chain_of_additions, inputs_outside, backwards, arrays_of_values],
)
def test_a_dense_layer_is_one_matrix_product(layer):
    """However its loops go, a layer is W @ x + b."""
    found = lifted(layer, numbers(10, 4), numbers(5, 4), numbers(5), rows=["x"])
    assert found == {"matrix product 5×4 + addend": 1}


def test_a_deep_network_is_a_product_and_a_function_for_each_layer():
    """Three layers: three products, and no gathers."""

    def network(x, W1, b1, W2, b2, W3, b3):
        h = [relu(z) for z in micrograd_style(x, W1, b1)]
        h = [relu(z) for z in micrograd_style(h, W2, b2)]
        return micrograd_style(h, W3, b3)

    weights = [numbers(8, 3), numbers(8), numbers(6, 8), numbers(6), numbers(2, 6), numbers(2)]
    found = lifted(network, numbers(10, 3), *weights, rows=["x"])
    assert found == {
        "matrix product 8×3 + addend": 1, "matrix product 6×8 + addend": 1,
        "matrix product 2×6 + addend": 1, "relu": 2,
    }  # fmt: skip


# samples in a loop -------------------------------------------------------------------------------


def moons_loss(data: Sequence[Any], layers: Sequence[int]) -> tuple[Callable[..., Any], list[Any]]:
    """Return micrograd's loss of its moons demo, as its notebook has it, and parameters."""
    sizes = pairwise(layers)
    parameters = [p for n, m in sizes for p in (numbers(m, n), numbers(m))]
    xs, ys = data

    def loss(W1, b1, W2, b2, W3, b3):
        def model(x):
            for W, b in ((W1, b1), (W2, b2), (W3, b3)):
                act = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), c)
                       for w, c in zip(W, b, strict=True)]  # fmt: skip
                x = act if W is W3 else [z.relu() for z in act]
            return x[0]

        inputs = [list(map(Value, xrow)) for xrow in xs]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(ys, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        parameters = [p for W, b in ((W1, b1), (W2, b2), (W3, b3)) for p in flat([W, b])]
        return data_loss + alpha * sum(p * p for p in parameters)

    return loss, parameters


def test_micrograds_moons_loss_has_its_samples_as_columns():
    """A product a layer, one for the regularisation, and ten operations in all."""
    ys = [random.Random(k).choice([-1, 1]) for k in range(20)]
    loss, parameters = moons_loss((numbers(20, 2), ys), [2, 16, 16, 1])
    found = lifted(loss, *parameters)
    assert found["matrix product 16×2 by 2×20 + addend"] == 1
    assert found["matrix product 16×16 by 16×20 + addend"] == 1
    assert found["matrix product 1×16 by 16×20 + addend"] == 1
    assert found["dot product 1×337"] == 1
    assert found["relu"] == 3
    assert found.total() == 10


def test_samples_with_repeated_numbers_are_still_columns():
    """XOR: the products w*0 and w*1 come several times, and are no nodes of their own."""

    def loss(W, b, v):
        total = 0
        for x1, x2 in [(0, 0), (0, 1), (1, 0), (1, 1)]:
            h = [tanh(w[0] * x1 + w[1] * x2 + c) for w, c in zip(W, b, strict=True)]
            total += (dot(v, h) - (x1 ^ x2)) ** 2
        return total

    found = lifted(loss, numbers(5, 2), numbers(5), numbers(5))
    assert found["matrix product 5×2 by 2×4 + addend"] == found["tanh"] == 1
    assert found.total() <= 5


# convolution and pooling -------------------------------------------------------------------------


def convolution(x, K, b, stride=1):
    """Convolve an image of channels with filters of channels, written as sums over patches."""
    size, side = len(K[0][0]), len(x[0])
    places = range(0, side - size + 1, stride)
    return [
        [[sum((K[f][c][i][j] * x[c][r + i][s + j]
               for c in range(len(x)) for i in range(size) for j in range(size)), b[f])
          for s in places] for r in places]
        for f in range(len(K))
    ]  # fmt: skip


def test_a_convolution_is_one_gather_and_one_product():
    """Filters times patches, with channels and stride."""

    def f(x, K, b):
        return convolution(x, K, b, stride=2)

    found = lifted(f, numbers(4, 2, 7, 7), numbers(3, 2, 3, 3), numbers(3), rows=["x"], by=1)
    assert found == {"matrix product 3×18 by 18×9 + addend": 1}


def test_zero_padding_leaves_it_one_product():
    """Zeros around the image are numbers like the others."""

    def f(x, K, b):
        side = len(x) + 2
        padded = [[0.0] * side, *[[0.0, *row, 0.0] for row in x], [0.0] * side]
        return convolution([padded], [[k] for k in K], b)

    found = lifted(f, numbers(4, 5, 5), numbers(3, 3, 3), numbers(3), rows=["x"], by=1)
    assert found["matrix product 3×9 by 9×25 + addend"] == 1
    assert set(found) == {"matrix product 3×9 by 9×25 + addend", "copy to the rows"}


def test_a_border_that_is_left_out_takes_three_products():
    """Corners, edges and the middle have sums of different length."""

    def f(x, K):
        side = range(len(x))
        return [[[sum(k[i][j] * x[r + i - 1][c + j - 1] for i in range(3) for j in range(3)
                      if r + i - 1 in side and c + j - 1 in side)
                  for c in side] for r in side] for k in K]  # fmt: skip

    found = lifted(f, numbers(4, 6, 6), numbers(3, 3, 3), rows=["x"], by=1)
    assert found == {
        "matrix product 3×9 by 9×16": 1, "4 matrix products 3×6 by 6×4": 1,
        "4 matrix products 3×4": 1,
    }  # fmt: skip


def test_pooling_is_one_operation():
    """Largest and mean of patches."""

    def largest(x):
        return [[autograd.max([x[r][c], x[r + 1][c], x[r][c + 1], x[r + 1][c + 1]])
                 for c in (0, 2)] for r in (0, 2)]  # fmt: skip

    def average(x):
        return [[(x[r][c] + x[r + 1][c] + x[r][c + 1] + x[r + 1][c + 1]) / 4
                 for c in (0, 2)] for r in (0, 2)]  # fmt: skip

    assert lifted(largest, numbers(5, 4, 4), rows=["x"], by=0) == {"max of 4": 1}
    assert lifted(average, numbers(5, 4, 4), rows=["x"], by=0) == {"sums of 4": 1, "div": 1}


# sequences -----------------------------------------------------------------------------------------


def recurrent(x, Wx, Wh, b):
    h = [0.0] * len(b)
    for at in x:
        h = [tanh(dot(wx, at) + dot(wh, h) + c) for wx, wh, c in zip(Wx, Wh, b, strict=True)]
    return h


def micrograd_recurrent(x, Wx, Wh, b):
    h = [0.0] * len(b)
    for at in x:
        h = [tanh(sum((w * v for w, v in zip(wx + wh, at + h, strict=True)), c))
             for wx, wh, c in zip(Wx, Wh, b, strict=True)]  # fmt: skip
    return h


@pytest.mark.parametrize("net", [recurrent, micrograd_recurrent])
def test_a_recurrent_net_is_a_product_a_step(net):
    """The inputs of all steps are one product; weights are views, never copied."""
    args = numbers(5, 6, 3), numbers(4, 3), numbers(4, 4), numbers(4)
    found = lifted(net, *args, rows=["x"], by=1)
    steps = [what for what in found.elements() if "product" in what and "4×4" in what]
    assert len(steps) <= 6
    assert found["tanh"] == 6
    fast = compile(net, rows=["x"])
    fast(*args)
    assert "take(s" not in fast.source


def test_a_recurrent_net_over_a_loop_of_sequences_of_different_length():
    """Equal blocks that end at different depths are computed together."""

    def loss(Wx, Wh, b, V):
        total = 0
        for length in (3, 5, 2, 6, 4):
            h = recurrent(numbers(length, 3), Wx, Wh, b)
            total = total + sum(tanh(dot(v, h)) ** 2 for v in V)
        return total

    found = lifted(loss, numbers(4, 3), numbers(4, 4), numbers(4), numbers(2, 4))
    assert found["matrix product 2×4 by 4×5"] == 1
    assert found["pow"] == 1
    assert found["tanh"] == 7


def test_gates_of_an_lstm():
    """A step has one product, and three functions of its gates: none of them gathered."""

    def lstm(x, Wx, Wh, b):
        n = len(b) // 4
        h, c = [0.0] * n, [0.0] * n
        for at in x:
            z = [dot(wx, at) + dot(wh, h) + k for wx, wh, k in zip(Wx, Wh, b, strict=True)]
            i, f, g, o = z[:n], z[n : 2 * n], z[2 * n : 3 * n], z[3 * n :]
            c = [sigmoid(f[k]) * c[k] + sigmoid(i[k]) * tanh(g[k]) for k in range(n)]
            h = [sigmoid(o[k]) * tanh(c[k]) for k in range(n)]
        return h

    args = numbers(5, 4, 3), numbers(16, 3), numbers(16, 4), numbers(16)
    found = lifted(lstm, *args, rows=["x"], by=1)
    assert found["matrix product 16×4 + addends"] == 3  # the first state is zero
    fast = compile(lstm, rows=["x"])
    fast(*args)
    assert "take(s" not in fast.source
    assert "take(v" not in fast.source


# attention -------------------------------------------------------------------------------------------


def attention(x, Q, K, V, heads=1, causal=False):
    q, k, v = ([[dot(w, t) for w in W] for t in x] for W in (Q, K, V))
    size = len(Q) // heads
    out = []
    for i in range(len(x)):
        seen = range(i + 1 if causal else len(x))
        row = []
        for h in range(0, len(Q), size):
            scores = [dot(q[i][h : h + size], k[j][h : h + size]) / size**0.5 for j in seen]
            a = softmax(scores)
            row += [sum(a[j] * v[j][d] for j in seen) for d in range(h, h + size)]
        out.append(row)
    return out


@pytest.mark.parametrize("heads", [1, 2])
def test_attention_is_three_products(heads):
    """Queries, keys and values; scores; and the weighted values. Heads make a batch."""

    def f(x, Q, K, V):
        return attention(x, Q, K, V, heads)

    args = numbers(3, 5, 8), numbers(8, 8), numbers(8, 8, seed=1), numbers(8, 8, seed=2)
    found = lifted(f, *args, rows=["x"], by=1)
    batch, n = ("2 matrix products ", 4) if heads == 2 else ("matrix product ", 8)
    assert found["matrix product 24×8 by 8×5"] == 1
    assert found[f"{batch}5×{n} by {n}×5"] == 1
    assert found[f"{batch}5×5 by 5×{n}"] == 1
    assert found["max of 5"] == found["exp"] == found["sums of 5"] == 1
    assert found.total() <= 10


def test_causal_attention():
    """The scores that are wanted are half of all: still one product."""

    def f(x, Q, K, V):
        return attention(x, Q, K, V, causal=True)

    args = numbers(3, 6, 4), numbers(4, 4), numbers(4, 4, seed=1), numbers(4, 4, seed=2)
    found = lifted(f, *args, rows=["x"], by=1)
    assert found["matrix product 12×4 by 4×6"] == 1
    assert found["matrix product 6×4 by 4×6"] == 1


def test_gram_matrices():
    """All inner products of some vectors with themselves, shared or of a row."""

    def gram(X):
        return [[dot(a, b) for a in X] for b in X]

    assert lifted(gram, numbers(6, 3)) == {"matrix product 6×3 by 3×6": 1}
    found = lifted(gram, numbers(5, 6, 3), rows=["X"], by=0)
    assert found == {"matrix product 6×3 by 3×6": 1}


# forms and groups -----------------------------------------------------------------------------------


def quadratic_by_triples(x, A, m):
    d = [xi - mi for xi, mi in zip(x, m, strict=True)]
    n = range(len(d))
    return sum(d[i] * A[i][j] * d[j] for i in n for j in n)


def quadratic_by_rows(x, A, m):
    d = [xi - mi for xi, mi in zip(x, m, strict=True)]
    return dot(d, [dot(row, d) for row in A])


@pytest.mark.parametrize("form", [quadratic_by_triples, quadratic_by_rows])
def test_a_quadratic_form_is_a_product_and_a_dot_product(form):
    """Mahalanobis distances, also as one sum over i and j."""
    found = lifted(form, numbers(7, 5), numbers(5, 5), numbers(5), rows=["x"], by=1)
    assert found == {"difference": 1, "matrix product 5×5": 1, "dot product 1×5": 1}


def test_a_product_of_a_quadratic_form_may_be_had_elsewhere_as_well():
    """Written twice, it is one node: that stays, though the form itself needs it no more."""

    def f(x, A):
        n = range(len(x))
        form = sum((A[i][j] * x[i]) * x[j] for i in n for j in n)
        y, z = [tanh(a) for a in x], [tanh(a) for a in x]
        again = sum((y[i] * A[i][j]) * z[j] - (z[i] * A[j][i]) * y[j] for i in n for j in n)
        return form + again + tanh(A[0][1] * x[0])

    lifted(f, numbers(7, 3), numbers(3, 3), rows=["x"], by=1)


def test_a_mixture_of_gaussians():
    """The matrices of all components are a batch, the samples its columns."""

    def likelihood(M, L, a, X):
        total = 0
        for x in X:
            terms = []
            for m, rows, c in zip(M, L, a, strict=True):
                d = [xi - mi for xi, mi in zip(x, m, strict=True)]
                q = [dot(row, d) for row in rows]
                terms.append(c - 0.5 * sum(z * z for z in q))
            total = total + logsumexp(terms)
        return total

    found = lifted(likelihood, numbers(3, 4), numbers(3, 4, 4), numbers(3), numbers(7, 4), by=1)
    assert found["3 matrix products 4×4 by 4×7"] == 1
    assert found["dot products of 4"] == found["logsumexp of 3"] == found["sums of 7"] == 1
    assert found.total() == 6


def test_softmax_written_out():
    """exp, a sum, and a division, also where the sum is computed anew for each."""

    def once(x):
        e = [exp(a) for a in x]
        s = sum(e)
        return [a / s for a in e]

    def anew(x):
        return [exp(a) / sum(exp(b) for b in x) for a in x]

    for f in (once, anew):
        found = lifted(f, numbers(7, 6), rows=["x"], by=0)
        assert found == {"exp": 1, "sums of 6": 1, "div": 1}


def test_sums_over_groups():
    """Softmax, log-softmax and log-sum-exp over each of some groups."""

    def f(x):
        return [softmax(r) for r in x], [logsumexp(r) for r in x], [log_softmax(r) for r in x]

    found = lifted(f, numbers(7, 4, 6), rows=["x"], by=0)
    assert found == {
        "max of 6": 1, "stop gradient": 1, "exp": 1, "sums of 6": 1, "div": 1,
        "logsumexp of 6": 1, "difference": 1,
    }  # fmt: skip


def test_layer_normalisation():
    """Eleven operations, whatever the size."""

    def f(x, gain, bias):
        out = []
        for r in x:
            m = sum(r) / len(r)
            v = sum((a - m) ** 2 for a in r) / len(r)
            out.append([g * (a - m) / sqrt(v + 1e-5) + b
                        for a, g, b in zip(r, gain, bias, strict=True)])  # fmt: skip
        return out

    found = lifted(f, numbers(5, 4, 6), numbers(6), numbers(6), rows=["x"], by=1)
    assert found["sums of 6"] == 2
    assert found.total() <= 11


def test_embeddings_are_looked_up():
    """One operation takes all rows' embeddings, whatever their indices."""

    def f(words, E, W):
        x = [take([e[d] for e in E], word) for word in words for d in range(3)]
        return [dot(w, x) for w in W]

    words = [[0, 2], [3, 1], [3, 3]]
    found = lifted(f, words, numbers(4, 3), numbers(5, 6), rows=["words"], by=1)
    assert found["take of 4"] == 1
    assert found["matrix product 5×6"] == 1


def test_polynomial_features():
    """Powers, and all products of two inputs, met by one product with the weights."""

    def powers(x, w):
        return [sum(row[k] * x**k for k in range(6)) for row in w]

    def pairs(x, w):
        return sum(w[3 * i + j] * x[i] * x[j] for i in range(3) for j in range(3))

    found = lifted(powers, numbers(7), numbers(4, 6), rows=["x"], by=1)
    assert found["pow"] == 4
    assert sum("product" in what for what in found.elements()) <= 2
    found = lifted(pairs, numbers(7, 3), numbers(9), rows=["x"], by=1)
    assert found["matrix product 3×3"] == 1
    assert found.total() == 2


# what is not regular -----------------------------------------------------------------------------------


def test_an_irregular_graph_is_right_and_says_so():
    """Nodes that have no fellows run one by one, and the table counts them."""
    source = random.Random(0)

    def f(x):
        pool = list(x)
        for _ in range(300):
            a, b = source_of.choice(pool), source_of.choice(pool)
            kind = source_of.randrange(4)
            pool.append(
                a * b if kind == 0 else a + 2 * b if kind == 1 else tanh(a) if kind == 2 else a - b
            )
        return [tanh(x) for x in pool[-20:]]

    def again(x):
        nonlocal source_of
        source_of = random.Random(0)
        return f(x)

    source_of = source
    found = lifted(again, numbers(6))
    assert found.total() < 200
    fast = compile(again)
    fast(numbers(6))
    assert fast.table().programs[0].single > 0
    assert "number by number" in str(fast.table())


def test_a_graph_with_no_two_operations_alike_runs_eagerly_and_says_so(monkeypatch):
    """Beyond a bound on operations nothing is lifted; value and gradient are those of eager."""
    monkeypatch.setattr("autograd.program.lifting.layout.MOST_GROUPS", 10)

    def chain(x):
        y = x[0]
        for _ in range(20):
            y = sigmoid(y * x[1])
        return y

    fast = compile(chain)
    with pytest.warns(RuntimeWarning, match="40 different operations"):
        value, gradient = fast.value_and_grad([0.3, 0.9])
    expected, true_gradient = autograd.value_and_grad(chain)([0.3, 0.9])
    close(value, expected)
    close(gradient, true_gradient)
    assert fast([0.1, 0.2]) == pytest.approx(chain([0.1, 0.2]), rel=1e-12)
    assert "nothing is lifted" in str(fast.table())
    assert "rows ran eagerly" in str(fast.table())


# the text and the table --------------------------------------------------------------------------------


def test_the_program_of_a_network_reads_as_one_would_write_it():
    """Under 60 lines, names from labels, shapes in comments, derivatives d and the name."""
    model = nn.MLP(2, [64, 64, 64, 1], activation="relu", seed=0)

    @compile(rows=["x", "y"], reduce="mean")
    def loss(model, x, y):
        return (model(x) - y) ** 2

    loss.value_and_grad(model, np.array(numbers(10, 2)), np.array(numbers(10)))
    source = loss.source
    assert source.count("\n") < 60
    assert "maximum(z1, zeros1, out=h1)  # (64, rows) relu" in source
    assert "matmul(Wb1, x_and_1, out=z1)" in source
    assert "dWb1" in source
    for head in ("# stores", "# inputs", "# results", "# derivatives"):
        assert head in source
    table = loss.table()
    [program] = table.programs
    assert program.recorded > 8577
    assert len(program.operations) == 8
    assert 0 < program.reverse <= 4 * program.forward
    assert sum(each.flops for each in program.operations) > 2 * 2 * 64 * 64
    assert "8 operations after" in str(table)
    assert "matrix product 64×64" in table._repr_html_()


def test_a_function_that_was_never_called_has_an_empty_table():
    """There is nothing to print but that."""
    assert "not been called" in str(compile(by_dot).table())
