"""Results have the same bits on any number of threads, with one block of rows and with many."""

import numpy as np
import pytest

import nn
from autograd import compile
from autograd.program.running import machine

COUNTS = (1, 40, 333, 1000)


def results(threads, reduce, rows):
    """Return all that a compiled loss of a network gives, as bytes."""
    model = nn.MLP(3, [5, 4, 1], activation="tanh", seed=1)
    random = np.random.default_rng(7)
    X, y = random.standard_normal((rows, 3)), random.standard_normal(rows)

    def loss(model, x, y):
        return (model(x) - y) ** 2

    if reduce is None:
        return compile(loss, rows=["x", "y"], threads=threads)(model, X, y).tobytes()
    fast = compile(loss, rows=["x", "y"], reduce=reduce, threads=threads)
    value, (by_model, by_rows) = fast.value_and_grad(model, X, y, argnums=(0, 1))
    found = [value, *by_model.values()]
    bound = fast.bind(model)
    for _ in range(3):  # the first call records, the others go the short way
        value, gradient = bound.value_and_grad(X, y)
        found += [value, *gradient]
    return np.array(found).tobytes() + by_rows.tobytes()


@pytest.mark.parametrize("reduce", [None, "mean", "sum"])
@pytest.mark.parametrize("rows", COUNTS)
def test_the_bits_do_not_depend_on_the_number_of_threads(monkeypatch, reduce, rows):
    """With blocks of at most 30 rows, 1,000 rows are 34 blocks in 16 strips."""
    monkeypatch.setattr(machine, "_LEAST_ROWS", 1)
    monkeypatch.setattr(machine, "_MOST_ROWS", 30)
    first = results(1, reduce, rows)
    assert all(results(threads, reduce, rows) == first for threads in (2, 3, 1))


def test_blocks_change_no_more_than_the_order_of_sums(monkeypatch):
    """One block and many give the same to the last digits."""
    one = np.frombuffer(results(1, "mean", 500))
    monkeypatch.setattr(machine, "_MOST_ROWS", 30)
    many = np.frombuffer(results(2, "mean", 500))
    assert len(one) == len(many)
    assert np.allclose(one, many, rtol=1e-12, atol=1e-14)
    assert (one != many).any(), "it ran in one block"
