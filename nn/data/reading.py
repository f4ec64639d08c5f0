"""What a user's iterator gives, made into chunks of arrays, or told what is wrong with it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from autograd.real import short
from nn.data.arrays import Array, unwrapped
from nn.data.checks import checked_targets
from nn.data.chunks import Chunk
from nn.data.nested import tensor

_TOGETHER = 256  # samples that are made one chunk, if they come one by one
Pair = tuple[Any, Any]


@dataclass
class Form:
    """Hold what the first samples were like, None before there are any."""

    x: tuple[int, ...] | None = None
    y: tuple[int, ...] | None = None
    whole: bool = False  # whether the targets are whole numbers


def told(iterator: Iterator[Any], what: str) -> Generator[Any, None, None]:
    """Yield what the iterator gives, and close it; its errors get a note of how far it was."""
    number = 0
    try:
        while True:
            try:
                item = next(iterator)
            except StopIteration:
                return
            except Exception as error:
                error.add_note(f"in the iterator of nn.data.Stream, after {number:,} {what}")
                raise
            yield item
            number += 1
    finally:
        getattr(iterator, "close", lambda: None)()


def grouped(items: Iterator[Any], targets: bool, in_chunks: bool) -> Iterator[Pair]:
    """Yield (X, y), as they come or made of some hundred single samples; y is None if without."""
    pairs = (_pair(item, i, targets) for i, item in enumerate(items))
    if in_chunks:
        for X, y in pairs:
            if not _is_empty(X) or not _is_empty(y):  # one of a filtered table may be
                yield X, y
        return
    while some := list(islice(pairs, _TOGETHER)):
        yield [x for x, _ in some], [t for _, t in some] if targets else None


def _pair(item: Any, number: int, targets: bool) -> Pair:
    if not targets:
        return _copied(item), None
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        raise TypeError(
            f"Stream: the iterator's item {number:,} is {short(item)}; it must be a pair "
            "(sample, target), or (X, y) with chunks=True; with targets=False it is no pair"
        )
    return _copied(item[0]), _copied(item[1])


def _is_empty(x: Any) -> bool:
    return x is None or (hasattr(x, "__len__") and len(x) == 0)


def _copied(x: Any) -> Any:
    """Return a copy: an iterator may fill the same array again and again."""
    return x.copy() if isinstance(x, (np.ndarray, list)) else x


def chunk_of(X: Any, y: Any, number: int, form: Form) -> Chunk:
    """Return samples, of which the first has this number, as arrays; y is None for no targets.

    Raises ValueError and TypeError, naming samples, for what is no number and for other shapes than
    before.
    """
    try:
        rows = _rows(X)
        targets = np.empty((len(rows), 0)) if y is None else checked_targets(y)
    except (TypeError, ValueError) as error:
        raise type(error)(f"Stream, from sample {number:,} on (row 0 here): {error}") from error
    if len(rows) != len(targets):
        raise ValueError(
            f"Stream, from sample {number:,} on: X has {len(rows)} rows and y has {len(targets)}; "
            "every row needs its target"
        )
    if form.x is None:
        form.x, form.y = rows.shape[1:], targets.shape[1:]
        form.whole = targets.dtype.kind in "iu"
    shapes = ("", rows.shape[1:], form.x), ("target of ", targets.shape[1:], form.y)
    for what, now, before in shapes:
        if now != before:
            raise ValueError(
                f"Stream: the {what}sample {number:,} has the shape {now}, and the {what}first "
                f"one {before}; all need the same"
            )
    if targets.dtype.kind in "iu" and not form.whole:
        targets = targets.astype(np.float64)
    elif targets.dtype.kind == "f" and form.whole:
        raise ValueError(
            f"Stream: the targets were whole numbers, and from sample {number:,} on there are "
            "others; give floats from the start"
        )
    return Chunk(rows, targets, np.arange(number, number + len(rows)))


def _rows(X: Any) -> Array:
    """Return samples as an array, of the type of number that they have."""
    X = unwrapped(X)
    try:
        array = np.asarray(X)
    except (TypeError, ValueError):  # of unequal lengths, say: `tensor` tells it better
        array = np.empty(0)
    plain = array.dtype.kind in "biuf" and array.ndim > 1 and array.size
    return array if plain else tensor(X, "X", missing=True)
