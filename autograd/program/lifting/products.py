"""Matrix products among sums of products: lists of factors, and which meet which.

p distinct lists on one side and q on the other, all p*q combinations present, are one product,
whatever loops the scalar code had. Several equal blocks of that sort are a batch of products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.program.lifting.groups import Array
from autograd.program.lifting.scalars import Sum

_MOST_HOLES = 2  # a product may compute so many times the members that are wanted

Block = tuple[list[int], list[int]]


@dataclass
class Product:
    """Hold the lists of factors, the sums by (left, right), and blocks of equal size."""

    lefts: list[tuple[int, ...]]
    rights: list[tuple[int, ...]]
    at: dict[tuple[int, int], int]
    blocks: list[Block]


def find_product(totals: Sequence[Sum]) -> Product | None:
    """Return the matrix product that these sums are, None if they are none.

    >>> sums = [Sum(a, b, (1, 1), (), ()) for a in [(1, 2), (3, 4)] for b in [(5, 6), (7, 8)]]
    >>> find_product(sums).blocks
    [([0, 1], [0, 1])]
    """
    lefts: dict[Any, int] = {}
    rights: dict[Any, int] = {}
    at = {
        (lefts.setdefault(t.a, len(lefts)), rights.setdefault(t.b, len(rights))): k
        for k, t in enumerate(totals)
    }
    if len(at) < len(totals):
        return None
    blocks = _blocks(list(at), len(lefts), len(rights))
    if blocks is None or (len(totals) > 1 and len(blocks) == len(totals)):
        if len(lefts) * len(rights) > _MOST_HOLES * len(totals):
            return None
        blocks = [(list(range(len(lefts))), list(range(len(rights))))]
    return Product(list(lefts), list(rights), at, blocks)


def by_place(index: Array, rows: Sequence[int]) -> list[int]:
    """Order lists by where they lie.

    >>> by_place(np.array([[4, 5], [0, 1], [2, 3]]), [0, 1])
    [1, 0]
    """
    chosen = np.asarray(rows)
    if len(chosen) == 1:
        return list(rows)
    found: list[int] = chosen[np.lexsort(index[chosen].T[::-1])].tolist()
    return found


def _blocks(
    pairs: list[tuple[int, int]], lefts: int, rights: int
) -> list[tuple[list[int], list[int]]] | None:
    """Return equal blocks of lefts and rights that make all these pairs, None if there are none."""
    if len(pairs) == lefts * rights:
        return [(list(range(lefts)), list(range(rights)))]
    partners: list[list[int]] = [[] for _ in range(lefts)]
    for i, j in pairs:
        partners[i].append(j)
    blocks: dict[tuple[int, ...], list[int]] = {}
    for i, js in enumerate(partners):
        blocks.setdefault(tuple(sorted(js)), []).append(i)
    shapes = {(len(i), len(j)) for j, i in blocks.items()}
    if len(shapes) > 1 or sum(map(len, blocks)) != rights:
        return None
    return [(i, list(j)) for j, i in blocks.items()]
