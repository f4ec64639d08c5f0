"""Augmentation: more training samples, made of those there are by changes that keep the class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from nn.data.arrays import Array, ArraySeed, Floats, matrix, paired, random_source, whole


def augmented(
    X: Any, y: Any, change: Callable[[Array], Any], copies: int = 1
) -> tuple[Array, Array]:
    """Return (X, y) followed by `copies` changed versions of X with the same y.

    Augment the training part only. Raises ValueError if `change` returns another shape.

    >>> X, y = augmented([[1.0], [2.0]], [0, 1], lambda X: noisy(X, 0.1, seed=0))
    >>> X.shape, y
    ((4, 1), array([0, 1, 0, 1]))
    """
    X, y = paired(X, y)
    versions = [X]
    for _ in range(whole("copies", copies, 1)):
        changed = np.asarray(change(X))
        if changed.shape != X.shape:
            raise ValueError(f"change(X) has shape {changed.shape}, X has {X.shape}: keep it")
        versions.append(changed)
    return np.concatenate(versions), np.concatenate([y] * len(versions))


def noisy(X: Any, deviation: Any, *, seed: ArraySeed = None) -> Floats:
    """Return x + e for every number, with e normal of mean 0 and this standard deviation.

    `deviation` is one number, or one for each column. Raises ValueError for one below zero or not
    finite. Source: Bishop 1995, "Training with Noise is Equivalent to Tikhonov Regularization".

    >>> noisy([[1.0, 2.0]], [0.5, 0.0], seed=0)
    array([[1.88202617, 2.        ]])
    """
    array = _numbers(X)
    sizes = np.asarray(deviation, dtype=np.float64)
    if not np.isfinite(sizes).all() or (sizes < 0).any():
        raise ValueError(f"deviation={deviation!r}: it must be finite and at least zero")
    if sizes.ndim and sizes.shape != array.shape[1:]:
        raise ValueError(f"{sizes.size} deviations for columns of shape {array.shape[1:]}")
    return np.asarray(array + sizes * random_source(seed).standard_normal(array.shape))


def shifted(
    X: Any, by: int | Sequence[int], *, shape: Sequence[int] | None = None, fill: float = 0.0
) -> Floats:
    """Return every sample moved by so many places along each axis; `fill` enters at the edge.

    A vector moves by a number, right for positive ones; an image by (down, right): give images as
    an array (samples, height, width), or as rows with `shape=(height, width)`; they come back as
    given. Raises ValueError for another number of axes and rows that are not of that shape.

    >>> shifted([[1, 2, 3]], 1)
    array([[0., 1., 2.]])
    >>> shifted([[1, 2, 3, 4]], (1, 0), shape=(2, 2))
    array([[0., 0., 1., 2.]])
    """
    array = _numbers(X)
    images = _images(array, shape)
    steps = _steps("by", by, images.ndim - 1)
    return np.stack([_moved(image, steps, fill) for image in images]).reshape(array.shape)


def randomly_shifted(
    X: Any,
    most: int | Sequence[int],
    *,
    shape: Sequence[int] | None = None,
    fill: float = 0.0,
    seed: ArraySeed = None,
) -> Floats:
    """Return every sample moved by its own random number of places, -most to most on each axis.

    The rest is as in `shifted`; a single number serves all axes.

    >>> randomly_shifted([[1, 2, 3], [1, 2, 3]], 1, seed=0)
    array([[2., 3., 0.],
           [1., 2., 3.]])
    """
    array = _numbers(X)
    images = _images(array, shape)
    axes = images.ndim - 1
    limits = _steps("most", most if isinstance(most, Iterable) else [most] * axes, axes)
    if min(limits) < 0:
        raise ValueError(f"most={most!r}: it must be at least zero")
    source = random_source(seed)
    moved = []
    for image in images:
        steps = [int(source.randint(-limit, limit + 1)) for limit in limits]
        moved.append(_moved(image, steps, fill))
    return np.stack(moved).reshape(array.shape)


def _numbers(X: Any) -> Floats:
    """Return samples of any number of axes as floats; lists are rows."""
    if isinstance(X, np.ndarray) and X.ndim > 2:
        return matrix(X.reshape(len(X), -1)).reshape(X.shape)
    return matrix(X)


def _images(array: Floats, shape: Sequence[int] | None) -> Floats:
    """Return rows as images of this shape."""
    if shape is None:
        return array
    if array.ndim != 2 or int(np.prod(shape)) != array.shape[1]:
        raise ValueError(
            f"shape={tuple(shape)} holds {np.prod(shape)} numbers, a sample {array[0].size}"
        )
    return array.reshape(-1, *shape)


def _steps(name: str, steps: int | Sequence[int], axes: int) -> list[int]:
    """Return the number of places along each axis."""
    given = list(steps) if isinstance(steps, Iterable) else [steps]
    if len(given) != axes:
        raise ValueError(
            f"{name}={steps!r}: {len(given)} numbers for samples of {axes} axes; rows that are "
            "images need shape=(height, width)"
        )
    return [whole(name, step, -(2**31)) for step in given]


def _moved(image: Floats, steps: Sequence[int], fill: float) -> Floats:
    """Return one sample moved; what leaves it is lost."""
    moved = np.full_like(image, fill)
    target, origin = [], []
    for step, size in zip(steps, image.shape, strict=True):
        step = max(-size, min(size, step))
        target.append(slice(max(step, 0), size + min(step, 0)))
        origin.append(slice(max(-step, 0), size - max(step, 0)))
    moved[tuple(target)] = image[tuple(origin)]
    return moved
