"""Missing values (nan, or None in lists): where they are, and what to put there or leave out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nn.data.arrays import Floats, Ints, matrix, unknown


class Missing(NamedTuple):
    """Report missing values: how many, the rows and columns with any, the number in each column."""

    total: int
    rows: list[int]
    columns: list[int]
    by_column: list[int]

    def __str__(self) -> str:
        if not self.total:
            return "no missing values"
        columns = ", ".join(f"{j} ({self.by_column[j]})" for j in self.columns)
        return f"{self.total} missing in {len(self.rows)} rows; by column: {columns}"


def find_missing(X: Any) -> Missing:
    """Return where data are missing; print it to read it.

    >>> print(find_missing([[1.0, None], [2.0, 3.0], [float("nan"), None]]))
    3 missing in 2 rows; by column: 0 (1), 1 (2)
    """
    gaps = np.isnan(matrix(X, missing=True))
    return Missing(
        int(gaps.sum()),
        np.flatnonzero(gaps.any(axis=1)).tolist(),
        np.flatnonzero(gaps.any(axis=0)).tolist(),
        gaps.sum(axis=0).tolist(),
    )


def fill_missing(X: Any, how: str = "mean", *, value: float = 0.0, of: Any = None) -> Floats:
    """Return the data with each missing value replaced by its column's mean or median.

    `of` is the data of which mean and median are taken: give the training part when filling the
    test part; without it, X itself. `how="constant"` puts `value`. Raises ValueError for an unknown
    `how`, for another width of `of`, and for a column with no number to go by.

    >>> fill_missing([[1.0], [None], [5.0]])
    array([[1.],
           [3.],
           [5.]])
    """
    if how not in ("mean", "median", "constant"):
        raise unknown("how", how, ["mean", "median", "constant"])
    filled = matrix(X, missing=True).copy()
    known = filled if of is None else matrix(of, "of", missing=True)
    if known.shape[1] != filled.shape[1]:
        raise ValueError(f"X has {filled.shape[1]} columns, of has {known.shape[1]}")
    if how == "constant" and not np.isfinite(value):
        raise ValueError(f"value={value!r}: it must be a finite number")
    for j in np.flatnonzero(np.isnan(filled).any(axis=0)):
        numbers = known[~np.isnan(known[:, j]), j]
        if how != "constant" and not len(numbers):
            raise ValueError(
                f"column {j} has no number to take the {how} of; use drop_missing(X, columns=True) "
                "or how='constant'"
            )
        if how != "constant":
            value = float(np.mean(numbers) if how == "mean" else np.median(numbers))
        filled[np.isnan(filled[:, j]), j] = value
    return filled


def drop_missing(X: Any, *, columns: bool = False) -> tuple[Floats, Ints]:
    """Return the rows (or columns) with nothing missing, and which these are.

    Take the targets along by `y[kept]`. Raises ValueError if none is complete.

    >>> X, kept = drop_missing([[1.0, 2.0], [None, 3.0], [4.0, 5.0]])
    >>> kept
    array([0, 2])
    """
    array = matrix(X, missing=True)
    kept = np.flatnonzero(~np.isnan(array).any(axis=0 if columns else 1))
    if not len(kept):
        what, other = ("column", "rows") if columns else ("row", "columns")
        raise ValueError(f"every {what} misses a value; drop {other} instead, or fill_missing(X)")
    return (array[:, kept] if columns else array[kept]), kept
