"""Losses: what training makes small, each one formula on scalars."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from autograd import mean, relu
from autograd.rules import find
from autograd.value import apply


def cross_entropy(logits: Iterable[Any], target: int) -> Any:
    """Return -ln softmax(logits)[target], for one sample of the class `target` (from 0).

    Its gradient is softmax(logits) - onehot(target). Raises ValueError for a target that is not
    one of the classes. Source: Bishop 2006, "Pattern Recognition and Machine Learning", equations
    4.108 and 4.109.

    >>> cross_entropy([0.0, 0.0], target=1)
    0.6931471805599453
    """
    terms = list(logits)
    try:
        index = operator.index(target)
    except TypeError:
        raise TypeError(
            f"cross_entropy: target={target!r} must be the number of a class, counted from 0"
        ) from None
    if not 0 <= index < len(terms):
        raise ValueError(
            f"cross_entropy: target={target!r} is none of the {len(terms)} classes, "
            f"0 to {len(terms) - 1}"
        )
    return -apply(find("log_softmax"), index, *terms)


def mean_squared_error(predictions: Sequence[Any], targets: Sequence[Any]) -> Any:
    """Return the mean of (prediction - target)**2. Raises ValueError for unequal lengths.

    Source: Goodfellow et al. 2016, "Deep Learning", section 5.1.4.

    >>> mean_squared_error([1.0, 4.0], [1.0, 2.0])
    2.0
    """
    errors = [p - t for p, t in pairs("mean_squared_error", predictions, targets)]
    return mean([error * error for error in errors])


def hinge(scores: Sequence[Any], targets: Sequence[Any]) -> Any:
    """Return the mean of max(0, 1 - target * score), targets -1 or 1: the max-margin loss.

    Raises ValueError for other targets and unequal lengths. Source: Cortes and Vapnik 1995,
    "Support-Vector Networks"; micrograd's demo.

    >>> hinge([2.0, 0.5], [1, -1])
    0.75
    """
    if odd := [t for t in targets if t not in (-1, 1)]:
        raise ValueError(f"hinge: targets are -1 or 1, not {odd[0]!r}")
    return mean([relu(1 - t * s) for s, t in pairs("hinge", scores, targets)])


def pairs(name: str, outputs: Sequence[Any], targets: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return [(output, target), ...]. Raises ValueError if there are none or not as many."""
    if len(outputs) != len(targets) or not len(outputs):
        raise ValueError(
            f"{name}: {len(outputs)} outputs and {len(targets)} targets; "
            "there must be as many, and at least one"
        )
    return list(zip(outputs, targets, strict=True))
