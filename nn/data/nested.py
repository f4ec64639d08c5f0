"""Samples of any shape: images, signals and sequences, as arrays or as lists in lists."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograd.numbers import plain
from autograd.real import short
from nn.data.arrays import Floats, matrix, unwrapped
from nn.inputs import is_row, mapped, shape


def tensor(X: Any, name: str = "X", *, missing: bool = False) -> Floats:
    """Return samples as a float array whose first axis counts them; rows are as `matrix` has them.

    Values give their data. With `missing`, nan is let through. Raises ValueError for no samples,
    samples of unequal shapes, and nan; TypeError for what is no number.

    >>> tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]).shape
    (2, 2, 2)
    """
    X = unwrapped(X)
    plain = isinstance(X, np.ndarray) and X.dtype.kind in "biuf"
    array: Floats
    if plain and X.ndim > 2:
        array = X.astype(np.float64)
    elif not plain and _is_deep(X):
        array = _from_nested(list(X), name)
    else:
        return matrix(X, name, missing=missing)
    if not array.size:
        raise ValueError(f"{name}: no data (shape {array.shape}); give at least one sample")
    if not missing and np.isnan(array).any():
        place = np.argwhere(np.isnan(array))[0].tolist()
        raise ValueError(f"{name}: sample {place[0]} is nan at {place[1:]}")
    return array


def _is_deep(X: Any) -> bool:
    """Say whether the samples are lists in lists."""
    if isinstance(X, (str, bytes, dict)) or not isinstance(X, (list, tuple, np.ndarray)):
        return False
    return any(is_row(sample) and any(map(is_row, sample)) for sample in X)


def _from_nested(X: list[Any], name: str) -> Floats:
    first: tuple[int, ...] | None = None
    found = []
    for i, sample in enumerate(X):
        try:
            its = shape(sample)
        except ValueError as error:
            raise ValueError(f"{name}: sample {i} has {error}") from None
        first = its if first is None else first
        if its != first:
            raise ValueError(
                f"{name}: sample {i} has the shape {its} and sample 0 {first}; all need the same: "
                "fill up the shorter ones, as nn.data.padded does, and mask what was filled in"
            )
        found.append(mapped(partial(_number, name, i), sample))
    return np.array(found, dtype=np.float64)


def _number(name: str, i: int, cell: Any) -> float:
    try:
        if isinstance(cell, (str, bytes)):
            raise TypeError
        return float("nan") if cell is None else float(plain(cell))
    except (TypeError, ValueError):
        raise TypeError(f"{name}: sample {i} holds {short(cell)}, which is no number") from None
