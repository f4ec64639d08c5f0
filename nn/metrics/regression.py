"""How far numbers are off: R², absolute and squared errors, summed without rounding in between."""

from __future__ import annotations

from math import fsum, sqrt
from typing import Any

import numpy as np

from nn.data.arrays import Floats, matrix
from nn.metrics.predictions import paired_up


def mae(outputs: Any, targets: Any) -> float:
    """Return the mean absolute error, the mean of |output - target| over samples and columns.

    Raises ValueError for unequal lengths or widths, none, and nan; so do the others.

    >>> mae([1.0, 4.0], [1.0, 2.0])
    1.0
    """
    outputs, targets = _columns("mae", outputs, targets)
    return fsum(np.abs(outputs - targets).flat) / len(targets.flat)


def mse(outputs: Any, targets: Any) -> float:
    """Return the mean squared error, the mean of (output - target)² over samples and columns.

    >>> mse([1.0, 4.0], [1.0, 2.0])
    2.0
    """
    outputs, targets = _columns("mse", outputs, targets)
    return _sum_of_squares(outputs - targets) / len(targets.flat)


def rmse(outputs: Any, targets: Any) -> float:
    """Return the root of the mean squared error, in the units of the targets.

    >>> rmse([1.0, 4.0], [1.0, 4.0])
    0.0
    """
    outputs, targets = _columns("rmse", outputs, targets)
    return sqrt(_sum_of_squares(outputs - targets) / len(targets.flat))


def r2(outputs: Any, targets: Any) -> float:
    """Return 1 - sum of (target - output)² / sum of (target - mean)²: the share explained.

    1 is perfect, 0 no better than the mean, below 0 worse; of several columns the mean. Raises
    ValueError, too, for a column of equal targets, where there is nothing to explain. Source:
    Draper and Smith 1998, "Applied Regression Analysis", section 1.3.

    >>> r2([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0])
    0.9486081370449679
    """
    outputs, targets = _columns("r2", outputs, targets)
    shares = []
    for column in range(targets.shape[1]):
        output, target = outputs[:, column], targets[:, column]
        if (target == target[0]).all():
            raise ValueError(
                f"r2: all {len(target)} targets{f' of column {column}' if column else ''} are "
                f"{target[0]}; it compares with their spread, so they must differ"
            )
        mean = fsum(target) / len(target)
        shares.append(1 - _sum_of_squares(target - output) / _sum_of_squares(target - mean))
    return fsum(shares) / len(shares)


def _sum_of_squares(errors: Floats) -> float:
    """Return the sum of squares; inf where it is beyond the largest float."""
    with np.errstate(over="ignore"):
        squares = np.square(errors)
    try:
        return fsum(squares.flat)
    except OverflowError:
        return float("inf")


def _columns(name: str, outputs: Any, targets: Any) -> tuple[Floats, Floats]:
    """Return outputs and targets as columns of equal shape; flat ones are one column."""
    outputs, targets = paired_up(name, outputs, targets)
    rows, wanted = matrix(outputs, f"{name}: outputs"), matrix(targets, f"{name}: targets")
    if rows.shape != wanted.shape:
        raise ValueError(
            f"{name}: outputs of {rows.shape[1]} columns and targets of {wanted.shape[1]}; "
            "every output needs its target"
        )
    return rows, wanted
