"""The stored numbers, flat lists of nested ones, and the measure by which ADBench compares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


def load(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def flat(tree: Any) -> list[Any]:
    """Return the numbers of nested lists and tuples, in order."""
    return list(_leaves(tree))


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, (list, tuple)):
        for item in tree:
            yield from _leaves(item)
    else:
        yield tree


def in_form(tree: Any, numbers: list[Any]) -> Any:
    """Return nested lists or tuples of the same form with these numbers in them."""
    rest = iter(numbers)

    def fill(item: Any) -> Any:
        return type(item)(map(fill, item)) if isinstance(item, (list, tuple)) else next(rest)

    return fill(tree)


def measure(a: Any, b: Any) -> float:
    """Return the largest |a - b| / max(1, |a| + |b|) of two forms with equally many numbers."""
    return max(abs(x - y) / max(1, abs(x) + abs(y)) for x, y in zip(flat(a), flat(b), strict=True))
