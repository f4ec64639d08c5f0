"""Losses of directions: how far two vectors are from pointing the same way."""

from __future__ import annotations

from typing import Any

from autograd import dot, norm, relu
from nn.inputs import is_row
from nn.losses.reduction import find_reduction, over_samples, pairs


def cosine_distance(outputs: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """Return 1 - cos(angle) = 1 - a.b / (|a| |b|), for an output vector a and a target vector b.

    For rows of both the distances are reduced. Raises ValueError for vectors of unequal lengths and
    for one of zeros, which has no direction. Source: Salton and McGill 1983, "Introduction to
    Modern Information Retrieval" (the cosine coefficient).

    >>> cosine_distance([3.0, 4.0], [4.0, 3.0])
    0.040000000000000036
    """

    def loss(a: list[Any], b: Any) -> Any:
        return 1 - _cosine("cosine_distance", a, b)

    return over_samples("cosine_distance", loss, outputs, targets, reduction)


def cosine_embedding(
    first: Any, second: Any, targets: Any, *, margin: Any = 0, reduction: str = "mean"
) -> Any:
    """Return 1 - cos(angle) for a pair that belongs together, else max(0, cos(angle) - margin).

    The target of two vectors is 1 or -1; for rows of vectors there is a list of them, and the
    losses are reduced. Raises ValueError for other targets, a margin outside [-1, 1], unequal
    lengths and a vector of zeros. Source: PyTorch's CosineEmbeddingLoss, without its 1e-12.

    >>> cosine_embedding([3.0, 4.0], [4.0, 3.0], -1, margin=0.5)
    0.45999999999999996
    """
    name = "cosine_embedding"
    if not -1 <= margin <= 1:
        raise ValueError(f"{name}: margin={margin!r} is a cosine, from -1 to 1")

    def loss(a: Any, b: Any, target: Any) -> Any:
        if target not in (-1, 1):
            raise ValueError(f"{name}: targets are -1 or 1, not {target!r}")
        cosine = _cosine(name, a, b)
        return 1 - cosine if target == 1 else relu(cosine - margin)

    reduce = find_reduction(name, reduction)
    if not is_row(targets):
        return loss(first, second, targets)
    couples = pairs(name, first, second)
    return reduce([loss(a, b, t) for (a, b), t in pairs(name, couples, targets)])


def _cosine(name: str, a: Any, b: Any) -> Any:
    a, b = map(list, zip(*pairs(name, a, b), strict=True))
    lengths = norm(a), norm(b)
    if 0 in lengths:
        raise ValueError(f"{name}: a vector of zeros has no direction, and so no cosine")
    return dot(a, b) / lengths[0] / lengths[1]
