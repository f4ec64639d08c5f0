"""What a neuron, layer or network is called with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Number = Any  # a Value, or anything that may be the data of one
Inputs = Iterable[Number] | Number


def listed(x: Inputs) -> list[Number]:
    """Return the numbers as a list; a single number is a list of one.

    >>> listed((1.0, 2.0)), listed(0.5)
    ([1.0, 2.0], [0.5])
    """
    return list(x) if isinstance(x, Iterable) else [x]


def like(x: Inputs, ys: list[Number]) -> Any:
    """Return the list ys, or its only number if x is a number and no list.

    >>> like(0.5, [1.0]), like([0.5], [1.0])
    (1.0, [1.0])
    """
    return ys if isinstance(x, Iterable) else ys[0]


def checked(x: Inputs, nin: int, caller: object) -> list[Number]:
    """Return the inputs as a list of nin numbers; a single number is a list of one.

    Raises ValueError for another length.

    >>> checked(0.5, 1, "neuron")
    [0.5]
    """
    xs = listed(x)
    if len(xs) != nin:
        rows = any(isinstance(item, Iterable) for item in xs)
        raise ValueError(
            f"{type(caller).__name__} of {nin} input{'s' * (nin != 1)}: {len(xs)} were given; "
            + ("these are rows: write model.batch(rows), or model.predict(rows) for an array"
               if rows else "every input needs its weight")
        )  # fmt: skip
    return xs


def checked_size(name: str, size: int) -> int:
    """Return a number of inputs or neurons; raise ValueError unless it is 1 or more."""
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(f"{name}={size!r}: it must be a whole number, 1 or more")
    return size
