"""Masks of attention: which elements of a sequence each element may look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Value
from nn.data.arrays import Array
from nn.inputs import checked_size, is_row, listed

# [query][key]: may it look there? A truth value, or a comparison that is recorded for any row
Mask = Sequence[Sequence[Any]] | Array


def causal_mask(n: int) -> list[list[bool]]:
    """Return the mask with which element i of n looks at those up to i and at none after it.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.3.

    >>> causal_mask(3)
    [[True, False, False], [True, True, False], [True, True, True]]
    """
    places = range(checked_size("n", n))
    return [[key <= query for key in places] for query in places]


def padding_mask(tokens: Sequence[Any], padding: int, queries: int | None = None) -> Mask:
    """Return the mask with which each query looks at all tokens but those equal to `padding`.

    There are as many queries as tokens unless said. Shorter sequences are filled up at their end;
    the first token is looked at whatever it is, so that attention has something to look at.

    >>> padding_mask([5, 7, 0], padding=0)
    [[True, True, False], [True, True, False], [True, True, False]]
    """
    fill = Value(padding)  # so that one program serves every row: see `autograd.compile`
    row = [i == 0 or token != fill for i, token in enumerate(tokens)]
    return [row for _ in range(len(row) if queries is None else queries)]


def both_masks(a: Mask | None, b: Mask | None) -> Mask | None:
    """Return the mask that lets through what both do; None is the one that hides nothing.

    Raises ValueError for masks of unequal shapes.

    >>> both_masks(causal_mask(2), [[False, True], [True, True]])
    [[False, False], [True, True]]
    """
    if a is None or b is None:
        return b if a is None else a
    rows = [(listed(u), listed(v)) for u, v in zip(a, b, strict=False)]
    if len(a) != len(b) or any(len(u) != len(v) for u, v in rows):
        raise ValueError(f"mask of the shape {_shape(a)} with one of the shape {_shape(b)}")
    return [[x & y for x, y in zip(u, v, strict=True)] for u, v in rows]


def checked_mask(mask: Any, queries: int, keys: int) -> list[list[Any]]:
    """Return a mask as lists of truth values.

    Raises ValueError for another shape and a query that sees nothing, whose softmax would be 0/0;
    TypeError for what is no truth value, such as the 0 and -inf that other libraries add.
    """
    rows = [listed(row) for row in listed(mask)]
    if len(rows) != queries or any(len(row) != keys for row in rows):
        raise ValueError(
            f"mask of the shape {_shape(mask)}: {queries} queries and {keys} keys need "
            f"({queries}, {keys}), mask[query][key]"
        )
    for i, row in enumerate(rows):
        for seen in row:
            if not isinstance(seen, (bool, np.bool_)) and not hasattr(seen, "choice"):
                raise TypeError(
                    f"mask: row {i} holds {seen!r}; give True where a query may look at a key, "
                    "False where not"
                )
        if not any(seen is not False and seen is not np.False_ for seen in row):
            raise ValueError(
                f"mask: row {i} hides every key, so that this query has nothing to look at; "
                "let it see one, as itself, and leave it out of the loss instead"
            )
    return rows


def _shape(mask: Any) -> str:
    """Return how many rows and columns, as far as they are equal."""
    rows = [len(listed(row)) if is_row(row) else 0 for row in listed(mask)]
    columns = (
        str(rows[0]) if len(set(rows)) == 1 else f"{min(rows, default=0)} to {max(rows, default=0)}"
    )
    return f"({len(rows)}, {columns})"
