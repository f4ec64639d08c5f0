"""Mini-batches: the samples of one epoch, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nn.data.arrays import Array, ArraySeed, Ints, paired, random_source, whole


def batches(
    X: Any,
    y: Any,
    size: int,
    *,
    shuffle: bool = True,
    keep_last: bool = True,
    seed: ArraySeed = None,
) -> Iterator[tuple[Array, Array]]:
    """Return an iterator over (X, y) of `size` samples each: one epoch.

    The last batch holds what is left over, or is dropped with keep_last=False. For another order
    in every epoch give one `np.random.RandomState` to all of them as seed. Raises ValueError, at
    once, for unequal lengths, a size below 1, and one that leaves no batch.

    >>> [len(y) for X, y in batches([[0.0]] * 5, [0, 1, 0, 1, 0], size=2, seed=0)]
    [2, 2, 1]
    """
    X, y = paired(X, y)
    parts = batch_indices(len(X), size, shuffle=shuffle, keep_last=keep_last, seed=seed)
    return ((X[part], y[part]) for part in parts)


def batch_indices(
    n: int,
    size: int,
    *,
    shuffle: bool = True,
    keep_last: bool = True,
    seed: ArraySeed = None,
) -> list[Ints]:
    """Return the samples of each mini-batch; the options are those of `batches`.

    >>> batch_indices(5, 2, shuffle=False)
    [array([0, 1]), array([2, 3]), array([4])]
    """
    n, size = whole("n", n, 1), whole("size", size, 1)
    if size > n and not keep_last:
        raise ValueError(f"size={size}, keep_last=False: {n} samples do not fill one batch")
    order = random_source(seed).permutation(n) if shuffle else np.arange(n)
    stop = n if keep_last else n - n % size
    return [order[i : i + size].astype(np.int64) for i in range(0, stop, size)]
