"""The learning-rate range test."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd import Value
from nn.layers.dropout import Dropout
from nn.layers.layer import Layer
from nn.layers.mlp import MLP
from nn.layers.normalisation import BatchNorm
from nn.layers.sequential import Sequential
from nn.losses import find_loss
from nn.optimizers.adam import Adam
from nn.optimizers.rate_finder import RateSearch, find_rate, steepest_fall
from nn.optimizers.sgd import SGD

SOURCE = np.random.RandomState(1)
X = SOURCE.randn(60, 2)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


def test_the_rates_are_geometric_and_the_losses_those_of_a_loop():
    model = MLP(2, [3, 2], activation="tanh", seed=0)
    found = find_rate(
        model,
        X,
        Y,
        optimizer=SGD(lr=7.0),
        lowest=1e-4,
        highest=1.0,
        steps=20,
        batch_size=60,
        seed=0,
    )
    ratios = [b / a for a, b in zip(found.rates, found.rates[1:], strict=False)]
    # a power each, so a few roundings
    assert ratios == pytest.approx([1e4 ** (1 / 19)] * 19, rel=1e-13)
    assert (found.rates[0], len(found.losses)) == (1e-4, 20)
    loss, optimizer = find_loss("cross_entropy"), SGD(model.parameters())
    for rate, height in zip(found.rates, found.losses, strict=True):
        optimizer.zero_grad()
        total = sum(loss(model(x), int(t)) for x, t in zip(X.tolist(), Y, strict=True)) / len(Y)
        # the batch is shuffled: sums of 60 terms in another order, through up to 20 steps
        assert total.data == pytest.approx(height, rel=1e-11)
        total.backward()
        optimizer.lr = rate
        optimizer.step()


def test_everything_is_left_as_it_was():
    model = Sequential(Layer(2, 4, activation="tanh", seed=0), BatchNorm(4), Dropout(0.5, seed=3), Layer(4, 2, nonlin=False, seed=1))  # fmt: skip
    model.eval()
    p = model.parameters()[0]
    p.grad = 0.25
    optimizer = Adam(model.parameters(), lr=0.5)
    before = model.state_dict(), model.random_state(), optimizer.state_dict()
    find_rate(model, X, Y, optimizer=optimizer, steps=12, seed=0)
    assert (model.state_dict(), model.random_state(), optimizer.state_dict()) == before
    assert (p.grad, model.training) == (0.25, False)


def test_an_error_leaves_the_model_as_it_was():
    calls = []

    def broken(y, t):
        calls.append(t)
        if len(calls) > 200:
            raise RuntimeError("broken")
        return y[0] * (y[0] if y[0].data else 0)  # a number is looked at: no program, but calls

    model = MLP(2, [3, 2], seed=0)
    before = model.state_dict()
    with pytest.raises(RuntimeError, match="broken"):
        find_rate(model, X, Y, loss=broken, seed=0)
    assert model.state_dict() == before


def test_a_loss_that_grows_ends_the_search():
    found = find_rate(MLP(2, [8, 1], seed=0), X, 3 * X[:, 0] - X[:, 1], loss="mean_squared_error", optimizer=SGD(), lowest=1e-4, highest=1e4, seed=0)  # fmt: skip
    assert len(found.rates) < 100
    assert all(map(math.isfinite, found.losses))
    # (1 / highest curvature of a quadratic of variance 1) is near 1; a rate a little below learns
    assert 1e-2 < found.suggestion < 1
    assert repr(found).startswith("suggested learning rate: 0.")


def test_same_seed_same_search():
    model = MLP(2, [3, 2], seed=0)
    assert find_rate(model, X, Y, steps=15, seed=5) == find_rate(model, X, Y, steps=15, seed=5)
    assert find_rate(model, X, Y, steps=15, seed=5) != find_rate(model, X, Y, steps=15, seed=6)


def test_where_nothing_falls_nothing_is_suggested():
    rates = [2.0**i for i in range(30)]
    assert steepest_fall(rates, [1.0 + i for i in range(30)]) is None
    assert steepest_fall(rates[:2], [2.0, 1.0]) is None
    assert "none" in repr(RateSearch(rates, rates, None))


def test_the_steepest_fall_of_a_logistic_curve_is_its_middle():
    rates = [10.0 ** (i / 10) for i in range(101)]
    losses = [1 / (1 + math.exp(i - 40)) for i in range(101)]
    assert steepest_fall(rates, losses) == rates[40]


def test_a_fall_after_the_lowest_loss_is_not_suggested():
    losses = [1 / (1 + math.exp((i - 40) / 4)) + 5 / (1 + math.exp(70 - i)) for i in range(101)]
    losses[85:] = [3.0] * 16  # steeper than the fall at 40, on the way back from a rise
    rates = [10.0 ** (i / 10) for i in range(101)]
    assert steepest_fall(rates, losses) == rates[40]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lowest": 0}, ValueError, "0 < lowest < highest"),
        ({"lowest": 1.0, "highest": 0.1}, ValueError, "lowest=1.0, highest=0.1"),
        ({"highest": math.inf}, ValueError, "highest=inf"),
        ({"steps": 9}, ValueError, "steps=9: it must be at least 10"),
        ({"batch_size": 0}, ValueError, "batch_size=0"),
        ({"optimizer": "adam"}, TypeError, "optimizer='adam'"),
        ({"loss": "l2"}, ValueError, "loss='l2'"),
        ({"loss": lambda y, t: Value(math.inf) + y[0]}, ValueError, "not finite, before any step"),
    ],
)
def test_wrong_arguments(options, error, message):
    with pytest.raises(error, match=message):
        find_rate(MLP(2, [2], seed=0), X, Y, **options)


def test_models_that_cannot_be_trained():
    with pytest.raises(TypeError, match="not a Module"):
        find_rate(lambda x: x, X, Y)
    with pytest.raises(ValueError, match="frozen"):
        find_rate(MLP(2, [2]).freeze(), X, Y)
