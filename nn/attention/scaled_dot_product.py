"""Scaled dot-product attention: each query takes a mean of the values, by how its keys match."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt
from typing import Any

from autograd import dot, softmax, where
from nn.attention.masks import Mask, checked_mask
from nn.data.arrays import Array
from nn.inputs import is_row, listed

Vectors = Sequence[Sequence[Any]] | Array  # [element][number]


def scaled_dot_product(
    queries: Vectors, keys: Vectors, values: Vectors, mask: Mask | None = None
) -> list[list[Any]]:
    """Return softmax(Q Kᵀ / sqrt(d)) V, a mean of the values for each query.

    queries are [query][d], keys [key][d], values [key][number]; mask[query][key] says which key a
    query may look at. Raises ValueError for sizes that do not fit, and as `attention_weights`
    does. Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1.

    >>> scaled_dot_product([[0.0]], keys=[[1.0], [2.0]], values=[[4.0, 0.0], [6.0, 1.0]])
    [[5.0, 0.5]]
    """
    rows = attention_weights(queries, keys, mask)
    values, count = checked_vectors("values", values), len(rows[0])
    if len(values) != count:
        raise ValueError(f"attention: {count} keys and {len(values)} values; one for each key")
    columns = list(zip(*values, strict=True))
    return [[dot(weights, column) for column in columns] for weights in rows]


def attention_weights(queries: Vectors, keys: Vectors, mask: Mask | None = None) -> list[list[Any]]:
    """Return softmax(Q Kᵀ / sqrt(d)), [query][key]: the share that each key has of each query.

    Where mask[query][key] is not true the share is 0. Raises ValueError for sizes that do not fit,
    for a mask of another shape, and for a query that may look at nothing. Source: Vaswani et al.
    2017, section 3.2.1.

    >>> attention_weights([[1.0], [0.0]], [[2.0], [2.0]], mask=[[True, False], [True, True]])
    [[1.0, 0.0], [0.5, 0.5]]
    """
    queries = checked_vectors("queries", queries)
    keys = checked_vectors("keys", keys, size=len(queries[0]))
    scale = sqrt(len(keys[0]))
    scores = [[dot(q, k) / scale for k in keys] for q in queries]
    if mask is not None:
        mask = checked_mask(mask, len(queries), len(keys))
        scores = [
            [score + where(seen, 0.0, -inf) for score, seen in zip(row, sees, strict=True)]
            for row, sees in zip(scores, mask, strict=True)
        ]
    return [softmax(row) for row in scores]


def checked_vectors(name: str, x: Any, size: int | None = None) -> list[list[Any]]:
    """Return a sequence as lists of numbers. Raises ValueError unless all are of that size.

    >>> checked_vectors("x", ((1.0, 2.0), (3.0, 4.0)))
    [[1.0, 2.0], [3.0, 4.0]]
    """
    elements = listed(x)
    if not elements:
        raise ValueError(f"{name}: an empty sequence; give one element or more")
    for i, element in enumerate(elements):
        if not is_row(element):
            raise ValueError(
                f"{name}: element {i} is one number; a sequence is a list of lists, "
                "[element][number]"
            )
    vectors = list(map(list, elements))
    if any(map(is_row, vectors[0])):
        raise ValueError(
            f"{name}: element 0 holds lists; a sequence is one sample, [element][number], and for "
            "many samples there are batch(rows) and predict(X)"
        )
    size = len(vectors[0]) if size is None else size
    for i, vector in enumerate(vectors):
        if len(vector) != size or not size:
            raise ValueError(f"{name}: element {i} is of {len(vector)} numbers, not of {size or 1}")
    return vectors
