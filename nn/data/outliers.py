"""Outliers, column by column: numbers far outside the quartiles, or many deviations off the mean.

Look at them before you drop them: an outlier may be the most telling sample there is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arrays import Floats, Ints, matrix, unknown

LIMITS = {"iqr": 1.5, "zscore": 3.0}


def outlier_bounds(
    X: Any, how: str = "iqr", *, limit: float | None = None
) -> tuple[Floats, Floats]:
    """Return the lowest and highest number of each column that is no outlier.

        iqr      q1 - limit * (q3 - q1)  ...  q3 + limit * (q3 - q1)     limit 1.5 unless given
        zscore   mean - limit * s  ...  mean + limit * s                 limit 3

    with quartiles interpolated linearly and s the population's standard deviation; of n samples
    none is further than sqrt(n - 1) s from the mean, so that 3 finds nothing among ten. Raises
    ValueError for an unknown `how`, a limit of zero or below, and nan. Source: Tukey 1977,
    "Exploratory Data Analysis", section 2D.

    >>> low, high = outlier_bounds([1.0, 2.0, 3.0, 4.0, 100.0])
    >>> low, high
    (array([-1.]), array([7.]))
    """
    if how not in LIMITS:
        raise unknown("how", how, LIMITS)
    limit = LIMITS[how] if limit is None else limit
    if not limit > 0:
        raise ValueError(f"limit={limit!r}: it must be above zero; without it, {LIMITS[how]}")
    array = matrix(X)
    if how == "iqr":
        first, third = np.quantile(array, [0.25, 0.75], axis=0)
        reach = limit * (third - first)
        return first - reach, third + reach
    mean, reach = array.mean(axis=0), limit * array.std(axis=0)
    # in a column of equal numbers a rounded mean would make outliers of them all
    same = array.min(axis=0) == array.max(axis=0)
    return np.where(same, array[0], mean - reach), np.where(same, array[0], mean + reach)


def find_outliers(
    X: Any, how: str = "iqr", *, limit: float | None = None, of: Any = None
) -> NDArray[np.bool_]:
    """Return True for each number outside its column's `outlier_bounds`, in the shape of X.

    `of` is the data that bounds are taken of: the training part, when X is the test part.

    >>> find_outliers([1.0, 2.0, 3.0, 4.0, 100.0]).ravel()
    array([False, False, False, False,  True])
    """
    array, low, high = _bounded(X, how, limit, of)
    return np.asarray((array < low) | (array > high))


def clip_outliers(
    X: Any, how: str = "iqr", *, limit: float | None = None, of: Any = None
) -> Floats:
    """Return the data with each outlier moved to the bound it lies beyond.

    >>> clip_outliers([1.0, 2.0, 3.0, 4.0, 100.0]).ravel()
    array([1., 2., 3., 4., 7.])
    """
    array, low, high = _bounded(X, how, limit, of)
    return np.clip(array, low, high)


def drop_outliers(
    X: Any, how: str = "iqr", *, limit: float | None = None, of: Any = None
) -> tuple[Floats, Ints]:
    """Return the rows without an outlier, and which these are; take targets along by `y[kept]`.

    Raises ValueError if none is left.

    >>> drop_outliers([1.0, 2.0, 3.0, 4.0, 100.0])[1]
    array([0, 1, 2, 3])
    """
    array, low, high = _bounded(X, how, limit, of)
    kept = np.flatnonzero(((array >= low) & (array <= high)).all(axis=1))
    if not len(kept):
        raise ValueError(f"every row has an outlier ({how=}, {limit=}): raise the limit")
    return array[kept], kept


def _bounded(X: Any, how: str, limit: float | None, of: Any) -> tuple[Floats, Floats, Floats]:
    """Return the data, and the bounds that the data `of` set."""
    array = matrix(X)
    low, high = outlier_bounds(X if of is None else of, how, limit=limit)
    if len(low) != array.shape[1]:
        raise ValueError(f"X has {array.shape[1]} columns, of has {len(low)}")
    return array, low, high
