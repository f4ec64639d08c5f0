"""Toy sets: two-dimensional classes to look at, the same bits for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.data.arrays import ArraySeed, Floats, Ints, matrix, random_source, whole

Toy = tuple[Floats, Ints]


def moons(n: int = 100, *, noise: float = 0.0, seed: ArraySeed = None) -> Toy:
    """Return (X, y): two half circles that reach into each other, n points in all, classes 0 and 1.

    Points are shuffled, and moved by normal noise of that standard deviation. With the same seed
    they are scikit-learn's `make_moons(n, noise=noise, random_state=seed)`. Raises ValueError
    for n below 2 and noise below zero, as all of these do.

    >>> X, y = moons(4, seed=0)
    >>> X.shape, y
    ((4, 2), array([1, 1, 0, 0]))
    """
    outer = whole("n", n, 2, why="one point for each class") // 2
    over, under = np.linspace(0, np.pi, outer), np.linspace(0, np.pi, n - outer)
    upper = np.column_stack([np.cos(over), np.sin(over)])
    lower = np.column_stack([1 - np.cos(under), 1 - np.sin(under) - 0.5])
    return _finished([upper, lower], noise, random_source(seed))


def circles(
    n: int = 100, *, noise: float = 0.0, factor: float = 0.5, seed: ArraySeed = None
) -> Toy:
    """Return (X, y): a circle of radius 1 (class 0) around one of radius `factor` (class 1).

    With the same seed they are scikit-learn's `make_circles`, whose factor is 0.8 unless given.
    Raises ValueError for a factor outside [0, 1).

    >>> X, y = circles(6, seed=0)
    >>> (X**2).sum(axis=1).round(3), y
    (array([0.25, 1.  , 1.  , 0.25, 1.  , 0.25]), array([1, 0, 0, 1, 0, 1]))
    """
    if not 0 <= factor < 1:
        raise ValueError(f"factor={factor!r}: the inner radius must be at least 0 and below 1")
    outer = whole("n", n, 2, why="one point for each class") // 2
    rings = []
    for count, radius in ((outer, 1.0), (n - outer, factor)):
        angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
        rings.append(np.column_stack([np.cos(angles), np.sin(angles)]) * radius)
    return _finished(rings, noise, random_source(seed))


def spirals(
    n: int = 100,
    *,
    noise: float = 0.0,
    turns: float = 1.0,
    classes: int = 2,
    seed: ArraySeed = None,
) -> Toy:
    """Return (X, y): arms that start near the centre and reach radius 1 after so many turns.

    An arm has radii r evenly spaced up to 1, at angles 2 pi (turns * r + class / classes).
    Raises ValueError for fewer than two arms and turns that are not above zero. Source: Lang and
    Witbrock 1988, "Learning to tell two spirals apart" (there 3 turns).

    >>> X, y = spirals(6, classes=3, seed=0)
    >>> (X**2).sum(axis=1).round(3), y
    (array([1.  , 0.25, 1.  , 1.  , 0.25, 0.25]), array([2, 1, 0, 1, 0, 2]))
    """
    classes = whole("classes", classes, 2)
    n = whole("n", n, classes, why="one point for each class")
    if not 0 < turns < np.inf:
        raise ValueError(f"turns={turns!r}: it must be above zero")
    arms = []
    for one, count in enumerate(_even(n, classes)):
        radii = np.arange(1, count + 1) / count
        angles = 2 * np.pi * (turns * radii + one / classes)
        arms.append(np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None])
    return _finished(arms, noise, random_source(seed))


def xor(n: int = 4, *, noise: float = 0.0, seed: ArraySeed = None) -> Toy:
    """Return (X, y): corners of the unit square, (0, 0) and (1, 1) of class 0, the others of 1.

    Four points are each corner once, in the order of the truth table when nothing is random (no
    noise, no seed); more points are spread evenly over the corners. Source: Minsky and Papert
    1969, "Perceptrons": no straight line parts the classes.

    >>> X, y = xor()
    >>> X.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    n = whole("n", n, 4, why="one point for each corner")
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    which = np.repeat(np.arange(4), _even(n, 4))
    labels = np.array([0, 1, 1, 0])
    if noise == 0 and seed is None:
        return corners[which], labels[which]
    X, which = _finished([corners[which[which == i]] for i in range(4)], noise, random_source(seed))
    return X, labels[which]


def blobs(
    n: int = 100,
    *,
    centres: Any = 3,
    spread: Any = 1.0,
    features: int = 2,
    box: tuple[float, float] = (-10.0, 10.0),
    seed: ArraySeed = None,
) -> Toy:
    """Return (X, y): a normal cloud of points for each class, about a centre.

    `centres` is their number, drawn evenly from the box in so many dimensions (features), or a
    list of points; `spread` is the standard deviation, one or one for each. With the same seed
    they are scikit-learn's `make_blobs(n, centers=centres, cluster_std=spread)`. Raises ValueError
    for fewer points than centres, and a spread below zero or not one for each.

    >>> X, y = blobs(5, centres=[[0, 0], [9, 9]], spread=0.0, seed=0)
    >>> X[:, 0], y
    (array([9., 0., 9., 0., 0.]), array([1, 0, 1, 0, 0]))
    """
    source = random_source(seed)
    if isinstance(centres, (int, np.integer)):
        if not (np.isfinite(box).all() and box[0] < box[1]):
            raise ValueError(f"box={box!r}: give (low, high), low below high")
        size = (whole("centres", centres, 1), whole("features", features, 1))
        places = source.uniform(*box, size=size)
    else:
        places = matrix(centres, "centres")
    n = whole("n", n, len(places), why="one point for each centre")
    spreads = np.asarray(spread, dtype=np.float64)
    if spreads.shape not in ((), (len(places),)) or not (spreads >= 0).all():
        raise ValueError(f"spread={spread!r}: give one number, or {len(places)}; at least zero")
    clouds = [
        source.normal(place, each, size=(count, places.shape[1]))
        for place, each, count in zip(
            places, np.broadcast_to(spreads, len(places)), _even(n, len(places)), strict=True
        )
    ]
    return _finished(clouds, 0.0, source)


def _even(n: int, parts: int) -> list[int]:
    """Return n shared out evenly, the first parts getting what is left over."""
    return [n // parts + (i < n % parts) for i in range(parts)]


def _finished(groups: list[Floats], noise: float, source: np.random.RandomState) -> Toy:
    """Return the groups as classes 0, 1, ..., shuffled and moved by noise."""
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise={noise!r}: a standard deviation, at least zero")
    points = np.concatenate(groups)
    classes = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    order = source.permutation(len(points))
    points = points[order]
    if noise:
        points = points + source.normal(scale=noise, size=points.shape)
    return points, classes[order].astype(np.int64)
