"""Max-margin losses: the score of the right class must win by 1."""

from __future__ import annotations

from typing import Any

from autograd import Value, mean, relu, sum, take
from nn.losses.classes import class_index
from nn.losses.reduction import over_numbers, over_samples


def hinge(scores: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """Return the mean of max(0, 1 - target * score), targets -1 or 1: the max-margin loss.

    Scores and targets are two numbers or two lists. `reduction` is "mean", "sum" or "none". Raises
    ValueError for other targets and unequal lengths. Source: Cortes and Vapnik 1995,
    "Support-Vector Networks"; micrograd's demo.

    >>> hinge([2.0, 0.5], [1, -1])
    0.75
    """
    return over_numbers("hinge", lambda s, t: _shortfall("hinge", s, t), scores, targets, reduction)


def squared_hinge(scores: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """Return the mean of max(0, 1 - target * score)**2, targets -1 or 1: smooth at the margin.

    Shapes and errors are those of `hinge`. Source: Cortes and Vapnik 1995, "Support-Vector
    Networks", section 3 with sigma = 2.

    >>> squared_hinge([2.0, 0.5], [1, -1])
    1.125
    """

    def loss(score: Any, target: Any) -> Any:
        short = _shortfall("squared_hinge", score, target)
        return short * short

    return over_numbers("squared_hinge", loss, scores, targets, reduction)


def multiclass_hinge(scores: Any, target: Any, *, margin: Any = 1, reduction: str = "mean") -> Any:
    """Return the sum of max(0, margin - scores[target] + score) over the other classes, / classes.

    For one sample, with the number of its class (from 0); or for rows of scores with a list of
    classes, reduced. Raises ValueError for a target that is none of the classes and a margin of
    zero or below. Source: Weston and Watkins 1999, "Support Vector Machines for Multi-Class Pattern
    Recognition", section 2, divided by the number of classes as PyTorch's MultiMarginLoss is.

    >>> multiclass_hinge([1.0, 2.0, 1.5, 0.0], target=1)
    0.125
    """
    if not margin > 0:
        raise ValueError(f"multiclass_hinge(margin={margin!r}): it must be above zero")

    def loss(row: list[Any], t: Any) -> Any:
        index = class_index("multiclass_hinge", t, len(row))
        if hasattr(index, "within"):
            right = take(row, index)
            return (sum([relu(margin - right + s) for s in row]) - margin) / len(row)
        others = [relu(margin - row[index] + s) for j, s in enumerate(row) if j != index]
        return mean([*others, 0])  # the right class counts as one of them

    return over_samples("multiclass_hinge", loss, scores, target, reduction)


def _shortfall(name: str, score: Any, target: Any) -> Any:
    if isinstance(target, Value) or target not in (-1, 1):
        raise ValueError(f"{name}: targets are -1 or 1, not {target!r}")
    return relu(1 - target * score)
