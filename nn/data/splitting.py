"""Which samples train and which judge: one split, or k folds, stratified by class if asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.data.arrays import Array, ArraySeed, Ints, paired, random_source, samples, whole


def split(
    X: Any,
    y: Any,
    *,
    test: float = 0.25,
    validation: float = 0,
    stratify: bool = False,
    seed: ArraySeed = None,
    order: Any = None,
) -> list[tuple[Array, Array]]:
    """Return (X, y) of the training part, of the validation part if asked for, of the test part.

    `test` and `validation` are shares of all samples (rounded up) or their number. With `stratify`
    each class of y is shared out in proportion. `order` is a permutation to use instead of a
    random one: the test part comes first in it, then validation, then training, as in
    scikit-learn, whose `train_test_split(..., test_size=test, random_state=seed)` gives the same
    parts (unless stratified). Raises ValueError for unequal lengths, sizes that leave a part
    empty, an order that is no permutation, and classes too small to be shared out.

    >>> X, y = np.arange(10).reshape(5, 2), np.array([0, 1, 0, 1, 0])
    >>> (X_train, y_train), (X_test, y_test) = split(X, y, test=0.4, seed=0)
    >>> X_test
    array([[4, 5],
           [0, 1]])
    """
    X, y = paired(X, y)
    parts = split_indices(len(X), test=test, validation=validation, seed=seed, order=order,
                          classes=y if stratify else None)  # fmt: skip
    return [(X[part], y[part]) for part in parts]


def split_indices(
    n: int,
    *,
    test: float = 0.25,
    validation: float = 0,
    classes: Any = None,
    seed: ArraySeed = None,
    order: Any = None,
) -> list[Ints]:
    """Return which of n samples are for training, for validation if asked for, for the test.

    The options are those of `split`; `classes`, one for each sample, asks for stratified parts.

    >>> split_indices(6, test=2, validation=1, order=[5, 4, 3, 2, 1, 0])
    [array([2, 1, 0]), array([3]), array([5, 4])]
    """
    n = whole("n", n, 2, why="one sample to train and one to test")
    counts = [_part("test", test, n)]
    if validation:
        counts.append(_part("validation", validation, n))
    if sum(counts) >= n:
        raise ValueError(
            f"test={test!r}, validation={validation!r}: {' + '.join(map(str, counts))} of {n} "
            "samples leave none to train; make them smaller"
        )
    order = _order(n, seed, order)
    groups = _groups(classes, order, 1 + len(counts), f"{1 + len(counts)} parts")
    left = np.array([len(group) for group in groups])
    taken = np.zeros_like(left)
    place = np.empty(n, dtype=np.int64)  # of every sample: its part, 0 is training
    place[:] = 0
    for part, count in enumerate(counts, 1):
        shares = _shares(left, count)
        for group, start, share in zip(groups, taken, shares, strict=True):
            place[group[start : start + share]] = part
        taken, left = taken + shares, left - shares
    return [order[place[order] == part] for part in (0, *range(len(counts), 0, -1))]


def k_fold(
    n: int,
    k: int = 5,
    *,
    classes: Any = None,
    shuffle: bool = True,
    seed: ArraySeed = None,
    order: Any = None,
) -> list[tuple[Ints, Ints]]:
    """Return k pairs (training samples, test samples); every one of n samples is tested once.

    Folds differ by at most one sample; with `classes`, one for each sample, also by at most one
    in each class. Without `shuffle` the samples keep their order. Raises ValueError for k below 2
    or above n, and for a class of fewer than k samples. Source: Hastie et al. 2009, "The Elements
    of Statistical Learning", section 7.10.

    >>> for train, test in k_fold(5, 2, shuffle=False):
    ...     print(train, test)
    [3 4] [0 1 2]
    [0 1 2] [3 4]
    """
    n = whole("n", n, 2, why="one sample to train and one to test")
    k = whole("k", k, 2, n, f"for there are {n} samples")
    order = np.arange(n) if order is None and not shuffle else _order(n, seed, order)
    groups = _groups(classes, order, k, f"{k} folds")
    if classes is None:
        folds = np.array_split(order, k)
    else:  # dealt like cards, class after class
        dealt = np.concatenate(groups)
        folds = [dealt[i::k] for i in range(k)]
    inside = [np.isin(order, fold) for fold in folds]
    return [(order[~mask], order[mask]) for mask in inside]


def _part(name: str, size: float, n: int) -> int:
    """Return the number of samples that a share or number asks for."""
    if isinstance(size, (int, np.integer)) and not isinstance(size, bool):
        return whole(name, size, 1, n - 1, f"for there are {n} samples")
    if not isinstance(size, (float, np.floating)) or not 0 < size < 1:
        raise ValueError(
            f"{name}={size!r}: give a share between 0 and 1, or a number of samples from 1 "
            f"to {n - 1}"
        )
    return int(np.ceil(size * n))


def _order(n: int, seed: ArraySeed, order: Any) -> Ints:
    """Return the given permutation of n samples, checked, or a random one."""
    if order is None:
        return random_source(seed).permutation(n).astype(np.int64)
    given = np.asarray(order)
    if given.dtype.kind not in "iu" or not np.array_equal(np.sort(given), np.arange(n)):
        raise ValueError(
            f"order: {given.size} entries that are not a permutation; it must hold each "
            f"of 0 to {n - 1} once"
        )
    return given.astype(np.int64)


def _groups(classes: Any, order: Ints, least: int, what: str) -> list[Ints]:
    """Return the samples of each class, in that order; without classes, one group of all."""
    if classes is None:
        return [order]
    classes = samples(classes, "classes")
    if classes.ndim == 2 and classes.shape[1] == 1:
        classes = classes[:, 0]
    if classes.ndim != 1 or len(classes) != len(order):
        raise ValueError(
            f"classes of shape {classes.shape}: stratifying needs one class for each of "
            f"{len(order)} samples (nn.data.from_one_hot gives them)"
        )
    groups = []
    for one in np.unique(classes):
        group = order[classes[order] == one]
        if len(group) < least:
            raise ValueError(
                f"class {one} has {len(group)} of {len(order)} samples: too few for {what}. "
                "Leave it out, or do not stratify (numbers to regress on are no classes)"
            )
        groups.append(group)
    return groups


def _shares(sizes: Ints, count: int) -> Ints:
    """Return how many of `count` fall to groups of these sizes: largest remainders first."""
    exact = sizes * count  # over the sum: whole numbers, so that no share is off by rounding
    shares, rest = exact // sizes.sum(), exact % sizes.sum()
    missing = count - shares.sum()
    shares[np.argsort(-rest, kind="stable")[:missing]] += 1
    return np.asarray(shares)
