"""What samples and targets must be before anything is computed with them: numbers, and finite."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.real import short
from nn.data.arrays import Array, Floats, samples
from nn.data.nested import tensor

_SHOWN = 5  # rows that an error names


def checked_targets(y: Any, name: str = "y") -> Array:
    """Return targets as an array, a column of them as numbers; whole numbers stay whole.

    Raises TypeError and ValueError for what are no numbers, or not as many for each sample.
    """
    array = samples(y, name)
    if array.dtype.kind in "US" or (array.dtype.kind == "O" and isinstance(array.flat[0], str)):
        raise TypeError(
            f"{name}: {short(str(array.flat[0]))} is a text; make numbers of the classes first, "
            "with nn.data.class_numbers"
        )
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        array = tensor(y, name, missing=True)
    if array.ndim > 1 and array.shape[1:] == (1,):
        array = array[:, 0]
    return array


def refuse_not_finite(array: Floats | Array, name: str, start: int = 0) -> None:
    """Raise ValueError, naming the rows, if any number is nan or infinite.

    `start` is the place of the first row in all data.
    """
    finite = np.isfinite(array.reshape(len(array), -1)).all(axis=1)
    if not finite.all():
        bad = (np.flatnonzero(~finite) + start).tolist()
        more = f" and {len(bad) - _SHOWN:,} more" if len(bad) > _SHOWN else ""
        raise ValueError(
            f"{name}: nan or infinite in row{'s' * (len(bad) > 1)} "
            f"{', '.join(map(str, bad[:_SHOWN]))}{more} (counted from 0); "
            "see nn.data.fill_missing and drop_missing"
        )
