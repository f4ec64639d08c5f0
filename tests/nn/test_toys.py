"""Toy sets: their geometry, their seeds, and scikit-learn's own points."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from nn import toys

STORED = json.loads(
    (Path(__file__).parents[1] / "data" / "sklearn" / "data_and_metrics.json").read_text()
)["toys"]
ALL = [toys.moons, toys.circles, toys.spirals, toys.xor, toys.blobs]
# cos, sin and normal numbers differ by a rounding between builds of NumPy; sums of numbers below 8
ULPS = 4 * 2**-50


@pytest.mark.parametrize("name", STORED)
def test_the_points_are_scikit_learns(name):
    options = {"moons": {"noise": 0.1}, "circles": {"noise": 0.1}, "blobs": {}}[name]
    X, y = getattr(toys, name)(9, seed=3, **options)
    assert y.tolist() == STORED[name][1]
    np.testing.assert_allclose(X, STORED[name][0], rtol=0, atol=ULPS)


@pytest.mark.parametrize("n", [2, 3, 50])
def test_the_bits_are_those_of_an_installed_scikit_learn(n):
    datasets = pytest.importorskip("sklearn.datasets")
    for ours, theirs in (
        (toys.moons(n, noise=0.2, seed=1), datasets.make_moons(n, noise=0.2, random_state=1)),
        (toys.moons(n, seed=1), datasets.make_moons(n, random_state=1)),
        (
            toys.circles(n, noise=0.2, factor=0.3, seed=1),
            datasets.make_circles(n, noise=0.2, factor=0.3, random_state=1),
        ),
        (
            toys.blobs(n, centres=2, features=3, spread=[0.5, 2.0], seed=1),
            datasets.make_blobs(n, 3, centers=2, cluster_std=[0.5, 2.0], random_state=1),
        ),
    ):
        assert ours[0].tobytes() == theirs[0].tobytes()
        assert (ours[1] == theirs[1]).all()


@pytest.mark.parametrize("make", ALL)
def test_same_seed_same_bits(make):
    options = {} if make is toys.blobs else {"noise": 0.3}
    first, again, other = (make(20, seed=seed, **options) for seed in (5, 5, 6))
    assert first[0].tobytes() == again[0].tobytes()
    assert first[1].tobytes() == again[1].tobytes()
    assert first[0].tobytes() != other[0].tobytes()
    random.seed(1337)
    drawn = make(20, **options)
    random.seed(1337)
    assert make(20, **options)[0].tobytes() == drawn[0].tobytes()
    assert make(20, **options)[0].tobytes() != drawn[0].tobytes()


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("n", [12, 13])
def test_classes_are_even(make, n):
    X, y = make(n, seed=0)
    assert X.shape == (n, 2)
    assert X.dtype == np.float64
    assert y.dtype == np.int64
    counts = np.bincount(y)
    assert counts.max() - counts.min() <= 1


def test_geometry():
    X, y = toys.moons(40, seed=0)
    centres = np.where(y[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
    # radii 1 within the roundings of cos, sin and a subtraction
    np.testing.assert_allclose(((X - centres) ** 2).sum(axis=1), 1, rtol=0, atol=ULPS)
    assert (X[y == 0, 1] >= 0).all()
    assert (X[y == 1, 1] <= 0.5).all()
    X, y = toys.circles(40, factor=0.25, seed=0)
    np.testing.assert_allclose((X**2).sum(axis=1), np.where(y, 0.0625, 1), rtol=0, atol=ULPS)


def test_spirals_turn():
    X, y = toys.spirals(300, turns=2.0, classes=3, seed=0)
    for one in range(3):
        arm = X[y == one]
        radii = np.hypot(*arm.T)
        np.testing.assert_allclose(np.sort(radii), np.arange(1, 101) / 100, rtol=0, atol=ULPS)
        angles = 2 * np.pi * (2 * radii + one / 3)
        np.testing.assert_allclose(arm[:, 0], radii * np.cos(angles), rtol=0, atol=16 * ULPS)


def test_xor_is_a_truth_table():
    X, y = toys.xor(9, seed=2)
    assert (y == (X[:, 0] != X[:, 1])).all()
    X, y = toys.xor(400, noise=0.1, seed=2)
    assert (y == (X[:, 0].round() != X[:, 1].round())).all()


def test_one_source_for_several_sets():
    source = np.random.RandomState(3)
    assert toys.moons(9, seed=source)[0].tolist() != toys.moons(9, seed=source)[0].tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: toys.moons(1), "n=1: it must be at least 2, one point for each class"),
        (lambda: toys.moons(4, noise=-0.1), "noise=-0.1: a standard deviation"),
        (lambda: toys.circles(4, factor=1.0), "factor=1.0: the inner radius"),
        (lambda: toys.spirals(4, turns=0.0), "turns=0.0: it must be above zero"),
        (lambda: toys.spirals(4, classes=1), "classes=1: it must be at least 2"),
        (lambda: toys.xor(3), "n=3: it must be at least 4, one point for each corner"),
        (lambda: toys.xor(4, noise=float("nan")), "noise=nan"),
        (lambda: toys.blobs(2), "n=2: it must be at least 3, one point for each centre"),
        (lambda: toys.blobs(9, spread=[1.0, 2.0]), "give one number, or 3"),
        (lambda: toys.blobs(9, box=(1.0, 1.0)), "low below high"),
        (lambda: toys.moons(4, seed=-1), "seed=-1: it must be from 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("seed", ["a", 1.5, True])
def test_seeds(seed):
    with pytest.raises(TypeError, match="give a whole number, None, a"):
        toys.moons(4, seed=seed)
