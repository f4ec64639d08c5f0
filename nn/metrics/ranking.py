"""How well scores rank: the ROC curve and the area under it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nn.data.arrays import Floats
from nn.metrics.predictions import checked_rows


class RocCurve(NamedTuple):
    """Hold the points of a ROC curve, from (0, 0) to (1, 1), and the threshold of each."""

    false_positive_rate: Floats
    true_positive_rate: Floats
    thresholds: Floats


def roc_curve(outputs: Any, targets: Any) -> RocCurve:
    """Return the rates of false and true positives when scores >= threshold count as positive.

    Outputs are single scores, or two logits of which the score is their difference; the positive
    class is 1. There is a point for every distinct score, and inf in front. Raises ValueError as
    `accuracy` does, for more than two classes and for targets of one class only. Source: Fawcett
    2006, "An introduction to ROC analysis", algorithm 1.

    >>> curve = roc_curve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> curve.false_positive_rate, curve.true_positive_rate
    (array([0. , 0. , 0.5, 0.5, 1. ]), array([0. , 0.5, 0.5, 1. , 1. ]))
    """
    negative, positive = _scores("roc_curve", outputs, targets)
    thresholds = np.unique(np.concatenate([negative, positive]))[::-1]
    false, true = (
        np.concatenate([[0], len(each) - np.searchsorted(each, thresholds)]) / len(each)
        for each in (negative, positive)
    )
    return RocCurve(false, true, np.concatenate([[np.inf], thresholds]))


def roc_auc(outputs: Any, targets: Any) -> float:
    """Return the area under the ROC curve: P(positive ranks above negative) + P(they tie) / 2.

    Counted over all pairs in whole numbers, so right to the last digit. Outputs and errors are as
    in `roc_curve`. Source: Hanley and McNeil 1982, "The meaning and use of the area under a
    receiver operating characteristic (ROC) curve".

    >>> roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """
    negative, positive = _scores("roc_auc", outputs, targets)
    below = np.searchsorted(negative, positive, side="left")
    not_above = np.searchsorted(negative, positive, side="right")
    return int((below + not_above).sum()) / (2 * len(negative) * len(positive))


def _scores(name: str, outputs: Any, targets: Any) -> tuple[Floats, Floats]:
    """Return the scores of negative and of positive samples, each sorted."""
    rows, true, _ = checked_rows(name, outputs, targets)
    if rows.shape[1] > 2:
        raise ValueError(
            f"{name}: {rows.shape[1]} classes; it ranks one against the rest: give the scores of "
            "one class, outputs[:, k], and targets == k"
        )
    if rows.shape[1] == 2 and not np.isfinite(rows).all():
        raise ValueError(f"{name}: infinite logits have no difference; give single scores")
    score = rows[:, 0] if rows.shape[1] == 1 else rows[:, 1] - rows[:, 0]
    positive = true == 1
    if positive.all() or not positive.any():
        raise ValueError(
            f"{name}: all {len(true)} targets are {true[0]}; it needs samples of both classes"
        )
    return np.sort(score[~positive]), np.sort(score[positive])
