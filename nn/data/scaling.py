"""Scalers: columns of comparable size; fitted on the training part, applied to all, undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np

from nn.data.arrays import Floats, matrix, unwrapped


class _Scaler:
    """Hold, for each column, what is subtracted and what it is then divided by."""

    shift: Floats | None = None
    scale: Floats | None = None

    def fit(self, X: Any) -> Self:
        """Take shift and scale from these data, the training part; return the scaler itself."""
        columns = matrix(X)
        if not np.isfinite(columns).all():
            row, column = np.argwhere(~np.isfinite(columns))[0]
            raise ValueError(f"X: row {row}, column {column} is {columns[row, column]}: no scale")
        shift, scale = self._measured(columns)
        if not np.isfinite(scale).all():
            column = int(np.argmax(~np.isfinite(scale)))
            raise ValueError(f"X: column {column} spans more than floats can; divide it first")
        # a column of equal numbers becomes zeros, and comes back as it was
        self.shift, self.scale = shift, np.where(scale == 0, 1.0, scale)
        return self

    def _measured(self, X: Floats) -> tuple[Floats, Floats]:
        raise NotImplementedError(f"{type(self).__name__}._measured(X)")

    def transform(self, X: Any) -> Floats:
        """Return the data scaled; flat data stay flat. Raises ValueError for another width."""
        return self._applied(X, lambda rows, shift, scale: (rows - shift) / scale)

    def fit_transform(self, X: Any) -> Floats:
        """Return fit(X).transform(X)."""
        return self.fit(X).transform(X)

    def inverse_transform(self, X: Any) -> Floats:
        """Return scaled data, or a model's outputs for scaled targets, in their own units."""
        return self._applied(X, lambda rows, shift, scale: rows * scale + shift)

    def state_dict(self) -> dict[str, list[float]]:
        """Return shift and scale as lists, to be kept as JSON beside the model."""
        shift, scale = self._fitted()
        return {"shift": shift.tolist(), "scale": scale.tolist()}

    def load_state_dict(self, state: dict[str, list[float]]) -> None:
        """Take over what `state_dict` returned; raise ValueError, changing nothing, if wrong."""
        if set(state) != {"shift", "scale"}:
            raise ValueError(f"state with {sorted(state)}: it must hold 'scale' and 'shift'")
        shift, scale = (np.array(state[key], dtype=np.float64) for key in ("shift", "scale"))
        if shift.ndim != 1 or shift.shape != scale.shape:
            raise ValueError(f"state of {shift.size} shifts and {scale.size} scales: one a column")
        if not (np.isfinite(shift).all() and np.isfinite(scale).all() and (scale > 0).all()):
            raise ValueError("state: shifts must be finite, scales finite and above zero")
        self.shift, self.scale = shift, scale

    def _fitted(self) -> tuple[Floats, Floats]:
        if self.shift is None or self.scale is None:
            raise ValueError(f"{type(self).__name__} knows no data yet: call fit(X_train) first")
        return self.shift, self.scale

    def _applied(self, X: Any, formula: Callable[[Floats, Floats, Floats], Floats]) -> Floats:
        shift, scale = self._fitted()
        X = unwrapped(X)
        rows = matrix(X)
        if rows.shape[1] != len(shift):
            raise ValueError(
                f"{type(self).__name__} of {len(shift)} columns: X has {rows.shape[1]}"
            )
        result = formula(rows, shift, scale)
        return result if isinstance(X[0], Iterable) else result[:, 0]


class Standardiser(_Scaler):
    """Scale every column to mean 0 and standard deviation 1: (x - mean) / deviation.

    The deviation is the population's (divided by n), as in scikit-learn; a column of equal
    numbers becomes zeros. Raises ValueError for empty, ragged, nan or infinite data and for use
    before `fit`.

    >>> scaler = Standardiser().fit([[1.0, 5.0], [3.0, 5.0]])
    >>> scaler.transform([[5.0, 5.0]])
    array([[3., 0.]])
    >>> scaler.inverse_transform([[3.0, 0.0]])
    array([[5., 5.]])
    """

    def _measured(self, X: Floats) -> tuple[Floats, Floats]:
        # about the first row: a constant column then has no rounding, and deviation 0 exactly
        with np.errstate(over="ignore", invalid="ignore"):
            mean = X[0] + (X - X[0]).mean(axis=0)
            centred = X - mean
            largest = np.abs(centred).max(axis=0)
            # squares of what is at most 1 neither overflow nor vanish
            relative = centred / np.where(largest == 0, 1.0, largest)
            return mean, largest * np.sqrt((relative * relative).mean(axis=0))


class MinMaxScaler(_Scaler):
    """Scale every column to low ... high: its least number becomes low, its largest high.

    Numbers beyond those seen by `fit` land beyond low and high; a column of equal numbers becomes
    low. Raises ValueError unless low < high, and as `Standardiser` does.

    >>> MinMaxScaler().fit_transform([[1.0], [3.0], [2.0]]).ravel()
    array([0. , 1. , 0.5])
    """

    def __init__(self, low: float = 0.0, high: float = 1.0) -> None:
        if not (np.isfinite([low, high]).all() and low < high):
            raise ValueError(f"MinMaxScaler(low={low!r}, high={high!r}): low must be below high")
        self.low, self.high = low, high

    def _measured(self, X: Floats) -> tuple[Floats, Floats]:
        with np.errstate(over="ignore"):
            return X.min(axis=0), X.max(axis=0) - X.min(axis=0)

    def transform(self, X: Any) -> Floats:
        """Return the data scaled; flat data stay flat. Raises ValueError for another width."""

        def formula(rows: Floats, shift: Floats, scale: Floats) -> Floats:
            share = (rows - shift) / scale
            # not low + share * (high - low), which may miss high by a rounding
            return self.low * (1 - share) + self.high * share

        return self._applied(X, formula)

    def inverse_transform(self, X: Any) -> Floats:
        """Return scaled data, or a model's outputs for scaled targets, in their own units."""
        width = self.high - self.low
        return self._applied(
            X, lambda rows, shift, scale: (rows - self.low) / width * scale + shift
        )
