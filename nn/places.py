"""Where the numbers of a model are, and whether a saved state has all of their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Value
from autograd.real import short

Place = Value | tuple[list[Any], int]  # a parameter, or one number of a buffer


def read(place: Place) -> Any:
    """Return the number at a place."""
    return place.data if isinstance(place, Value) else place[0][place[1]]


def write(place: Place, number: Any) -> None:
    """Put a number at a place."""
    if isinstance(place, Value):
        place.data = number
    else:
        place[0][place[1]] = number


def same_names(use: str, what: str, wanted: Sequence[str], given: Mapping[str, Any]) -> None:
    """Raise ValueError if the names given are not those wanted, in whatever order."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{use}: {short(given)} is no dict of {what} by name")
    missing = [name for name in wanted if name not in given]
    known = set(wanted)
    unknown = [name for name in given if name not in known]
    if missing or unknown:
        words = [f"{_some(names)} {word}" for names, word in
                 ((missing, "missing"), (unknown, "unknown")) if names]  # fmt: skip
        raise ValueError(
            f"{use}: {' and '.join(words)}. The model has {len(wanted)} {what}, {len(given)} were "
            "given; they must come from a model of the same form. Nothing was changed"
        )


def _some(names: Sequence[Any]) -> str:
    """Return the first names, and how many more there are.

    >>> _some(["w.0", "w.1", "w.2", "b"])
    "'w.0', 'w.1' and 2 more are"
    """
    shown = ", ".join(map(repr, names[:2]))
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"{shown}{more} {'is' if len(names) == 1 else 'are'}"
