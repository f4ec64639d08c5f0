"""What data may be: rows of numbers, as lists or arrays, and what is wrong with them if not."""

from __future__ import annotations

import operator
import random
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.numbers import OwnFunctions, plain
from autograd.real import short

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Array = NDArray[Any]
ArraySeed = int | random.Random | np.random.RandomState | None


def matrix(X: Any, name: str = "X", *, missing: bool = False) -> Floats:
    """Return the data as a float array, a row a sample; a number or `Value` alone is a row of one.

    Values give their data. With `missing`, nan and None are let through, as nan. Raises ValueError
    for no rows, rows of no or unequal width, and nan; TypeError for what is no number.

    >>> matrix([[1, 2], [3, 4]])
    array([[1., 2.],
           [3., 4.]])
    >>> matrix([5, 6]).shape
    (2, 1)
    """
    X = unwrapped(X)
    if isinstance(X, np.ndarray) and X.dtype.kind in "biuf":
        array = X.astype(np.float64)
        if array.ndim == 1:
            array = array[:, None]
        if array.ndim != 2:
            raise ValueError(
                f"{name}: an array of shape {X.shape}; it must be (samples, columns): write "
                f"{name}.reshape(len({name}), -1)"
            )
    else:
        array = _from_rows(X, name)
    if not array.size:
        raise ValueError(f"{name}: no data (shape {array.shape}); give at least one row and column")
    if not missing and np.isnan(array).any():
        row, column = np.argwhere(np.isnan(array))[0]
        raise ValueError(
            f"{name}: row {row}, column {column} is nan ({np.isnan(array).sum()} in all); see "
            "nn.data.find_missing, fill_missing and drop_missing"
        )
    return array


def unwrapped(X: Any) -> Any:
    """Return the array of what offers itself as one: a data frame, a tensor; all else as it is.

    To iterate over a data frame would give the names of its columns.
    """
    known = isinstance(X, (np.ndarray, np.generic, OwnFunctions))
    return np.asarray(X) if hasattr(X, "__array__") and not known else X


def _from_rows(X: Any, name: str) -> Floats:
    """Return lists, tuples or an object array of numbers and Values as a float array."""
    if isinstance(X, (str, bytes, dict)) or not isinstance(X, Iterable):
        raise TypeError(f"{name}: {short(X)} is not data: give a list of rows, or an array")
    rows: list[list[float]] = []
    for i, row in enumerate(X):
        cells = list(row) if isinstance(row, Iterable) and not isinstance(row, str) else [row]
        if rows and len(cells) != len(rows[0]):
            raise ValueError(
                f"{name}: row {i} has {len(cells)} numbers, row 0 has {len(rows[0])}; "
                "all rows need the same columns"
            )
        rows.append([_number(cell, name, i, j) for j, cell in enumerate(cells)])
    return np.array(rows, dtype=np.float64)


def _number(cell: Any, name: str, i: int, j: int) -> float:
    """Return a cell as a float; None is nan."""
    if cell is None:
        return float("nan")
    try:
        if isinstance(cell, (str, bytes)):
            raise TypeError
        return float(plain(cell))
    except (TypeError, ValueError):
        raise TypeError(
            f"{name}: row {i}, column {j} is {short(cell)}, not a number; text is read by "
            "nn.datasets.load_csv, and classes become numbers with nn.data.class_numbers"
        ) from None


def samples(X: Any, name: str = "X") -> Array:
    """Return the data as an array whose first axis counts the samples, whatever they are.

    Arrays stay as they are, images and text included. Raises ValueError for none and ragged rows.
    """
    X = unwrapped(X)
    if not isinstance(X, np.ndarray):
        if isinstance(X, (str, bytes, dict)) or not isinstance(X, Iterable):
            raise TypeError(f"{name}: {short(X)} is not data: give one entry a sample")
        X = list(X)
        if X and all(isinstance(x, np.ndarray) and x.shape == X[0].shape for x in X):
            X = np.stack(X)
        elif any(isinstance(x, (Iterable, OwnFunctions)) and not isinstance(x, str) for x in X):
            from nn.data.nested import tensor  # which needs this file

            X = tensor(X, name, missing=True)
        else:
            X = np.array(X)
    if X.ndim == 0 or not len(X):
        raise ValueError(f"{name}: no data (shape {X.shape}); give at least one sample")
    return np.asarray(X)


def paired(X: Any, y: Any) -> tuple[Array, Array]:
    """Return samples and targets as arrays; raise ValueError unless there are as many."""
    X, y = samples(X), samples(y, "y")
    if len(X) != len(y):
        raise ValueError(f"{len(X)} samples and {len(y)} targets: every sample needs its target")
    return X, y


def random_source(seed: ArraySeed) -> np.random.RandomState:
    """Return a source of random arrays, whose numbers NumPy has frozen: same seed, same bits.

    A number gives a source of its own, as scikit-learn's `random_state` does; None and a
    `random.Random` draw its seed from Python's generator; a RandomState is used on.
    Source: NumPy Enhancement Proposal 19, which keeps RandomState's streams for ever.

    >>> random_source(0).permutation(5)
    array([2, 0, 1, 3, 4])
    """
    if isinstance(seed, np.random.RandomState):
        return seed
    if seed is None or isinstance(seed, random.Random):
        return np.random.RandomState((seed or random).getrandbits(32))
    if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)):
        raise TypeError(
            f"seed={seed!r}: give a whole number, None, a random.Random or a np.random.RandomState"
        )
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed={seed!r}: it must be from 0 to 2**32 - 1")
    return np.random.RandomState(int(seed))


def state_of(source: np.random.RandomState) -> dict[str, Any]:
    """Return the state of a source as JSON can keep it."""
    state: Any = source.get_state(legacy=False)
    return {**state, "state": {**state["state"], "key": state["state"]["key"].tolist()}}


def set_state(source: np.random.RandomState, saved: Mapping[str, Any]) -> None:
    """Give a source a state that `state_of` returned."""
    key = np.array(saved["state"]["key"], dtype=np.uint32)
    source.set_state({**saved, "state": {**saved["state"], "key": key}})


def whole(name: str, number: Any, least: int, most: int | None = None, why: str = "") -> int:
    """Return a count as int. Raises TypeError and ValueError, naming it, unless it is allowed."""
    try:
        if isinstance(number, (bool, np.bool_)):
            raise TypeError
        count = operator.index(number)
    except TypeError:
        raise TypeError(f"{name}={number!r}: it must be a whole number") from None
    if count < least or (most is not None and count > most):
        limits = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name}={count}: it must be {limits}{why and ', ' + why}")
    return count


def unknown(what: str, given: Any, names: Iterable[str]) -> ValueError:
    """Return the error for a name that is none of `names`: what is near, and what there is."""
    import difflib

    names = list(names)
    near = difflib.get_close_matches(str(given), names)
    return ValueError(
        f"{what}={given!r} is unknown"
        + (f": did you mean {' or '.join(map(repr, near))}?" if near else ".")
        + f" The names are {', '.join(names)}"
    )
