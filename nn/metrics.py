"""Metrics: what people read, and no gradient flows through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from nn.losses import pairs


def accuracy(outputs: Sequence[Any], targets: Sequence[int]) -> float:
    """Return the share of samples, 0 to 1, whose output points at the target.

    A sample's output is a list of logits, whose largest is the class (from 0; the first of equal
    ones), or a single score, whose sign is the class -1 or 1. Raises ValueError for unequal
    lengths.

    >>> accuracy([[0.1, 2.0], [3.0, 1.0]], [1, 1])
    0.5
    >>> accuracy([0.3, -2.0], [1, -1])
    1.0
    """
    checked = pairs("accuracy", outputs, targets)
    return sum(1 for y, t in checked if predicted_class(y) == t) / len(checked)


def predicted_class(output: Any) -> int:
    """Return the index of the largest logit; for a single score its sign, -1 or 1."""
    if isinstance(output, Iterable):
        logits = list(output)
        return logits.index(max(logits))
    return 1 if output > 0 else -1
