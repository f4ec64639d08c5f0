"""What a neuron, layer or network is called with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Number = Any  # a Value, or anything that may be the data of one
Inputs = Iterable[Number] | Number


def checked(x: Inputs, nin: int, caller: object) -> list[Number]:
    """Return the inputs as a list of nin numbers; a single number is a list of one.

    Raises ValueError for another length.

    >>> checked(0.5, 1, "neuron")
    [0.5]
    """
    xs = list(x) if isinstance(x, Iterable) else [x]
    if len(xs) != nin:
        raise ValueError(
            f"{type(caller).__name__} of {nin} inputs: {len(xs)} were given; "
            "every input needs its weight"
        )
    return xs


def checked_size(name: str, size: int) -> int:
    """Return a number of inputs or neurons; raise ValueError unless it is 1 or more."""
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(f"{name}={size!r}: it must be a whole number, 1 or more")
    return size
