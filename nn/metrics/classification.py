"""How well classes are told: accuracy, precision, recall, F1, log loss."""

from __future__ import annotations

from fractions import Fraction
from math import fsum
from typing import Any

import numpy as np

from nn.data.arrays import Floats, Ints, unknown
from nn.metrics.predictions import checked_rows, predicted_classes

_AVERAGES = ["binary", "macro", "micro", "weighted"]


def accuracy(outputs: Any, targets: Any, *, threshold: float = 0.0) -> float:
    """Return the share of samples, 0 to 1, whose output points at the target.

    Raises ValueError for unequal lengths, none, nan, and targets that are none of the classes.

    >>> accuracy([[0.1, 2.0], [3.0, 1.0]], [1, 1])
    0.5
    >>> accuracy([0.3, -2.0], [1, -1])
    1.0
    """
    predicted, true, _ = predicted_classes("accuracy", outputs, targets, threshold)
    return int((predicted == true).sum()) / len(true)


def precision(
    outputs: Any, targets: Any, *, average: str | None = None, positive: int = 1,
    threshold: float = 0.0,
) -> float:  # fmt: skip
    """Return the share of the samples predicted as a class that are of it: tp / (tp + fp).

    `average` says of which class: "binary", of `positive`; "macro", the mean over the classes that
    occur in targets or predictions; "weighted", the mean over the targets' classes by their number;
    "micro", of all counted together. Unless given it is "binary" for two classes, else "macro".
    For a class never predicted 0/0 counts as 0. Raises ValueError as `accuracy` does, for an
    unknown average or positive class, and for "binary" of more than two. Source: Sokolova and
    Lapalme 2009, "A systematic analysis of performance measures for classification tasks".

    >>> precision([1.0, 2.0, -1.0], [1, 0, 1])
    0.5
    """
    hits, predicted, true, average = _counted(
        "precision", outputs, targets, average, positive, threshold
    )
    return _averaged(hits, predicted, true, average)


def recall(
    outputs: Any, targets: Any, *, average: str | None = None, positive: int = 1,
    threshold: float = 0.0,
) -> float:  # fmt: skip
    """Return the share of the samples of a class that are predicted as such: tp / (tp + fn).

    Options, errors and source are those of `precision`; 0/0 of a class that is no target is 0.

    >>> recall([1.0, 2.0, -1.0, -3.0], [1, 1, 1, 1])
    0.5
    """
    hits, _, true, average = _counted("recall", outputs, targets, average, positive, threshold)
    return _averaged(hits, true, true, average)


def f1(
    outputs: Any, targets: Any, *, average: str | None = None, positive: int = 1,
    threshold: float = 0.0,
) -> float:  # fmt: skip
    """Return the harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn).

    Options, errors and source are those of `precision`; 0/0 is 0.

    >>> f1([1.0, 2.0, -1.0], [1, 0, 1])
    0.5
    """
    hits, predicted, true, average = _counted("f1", outputs, targets, average, positive, threshold)
    return _averaged(2 * hits, predicted + true, true, average)


def log_loss(outputs: Any, targets: Any, *, from_logits: bool = True) -> float:
    """Return the mean of -ln p(target), p the softmax of a row or the sigmoid of a single score.

    With from_logits=False outputs are the probabilities themselves. Raises ValueError as `accuracy`
    does, for infinite logits, and for probabilities outside [0, 1] or rows that do not sum to 1.

    >>> log_loss([[0.0, 0.0]], [1])
    0.6931471805599453
    >>> log_loss([0.5], [1], from_logits=False)
    0.6931471805599453
    """
    rows, true, classes = checked_rows("log_loss", outputs, targets)
    if rows.shape[1] == 1:  # a second column makes a row of it: logit 0, or the rest to 1
        rows = np.column_stack([np.zeros_like(rows) if from_logits else 1 - rows, rows])
        true = np.searchsorted(classes, true)
    losses = (_from_logits if from_logits else _from_probabilities)(rows, true)
    return fsum(losses) / len(losses) + 0.0  # no -0.0


def _from_logits(rows: Floats, true: Ints) -> Floats:
    """Return ln(sum of e**(logit - target's logit)) of each row."""
    if not np.isfinite(rows).all():
        at = int(np.argmax(~np.isfinite(rows).all(axis=1)))
        raise ValueError(f"log_loss: outputs[{at}] is not finite; its softmax is unknown")
    each = np.arange(len(rows))
    differences = rows - rows[each, true][:, None]
    largest = differences.argmax(axis=1)
    peak = differences[each, largest]
    terms = np.exp(differences - peak[:, None])
    terms[each, largest] = 0  # its 1 is left to log1p, so that a tiny loss keeps its digits
    return np.asarray(peak + np.log1p(terms.sum(axis=1)))


def _from_probabilities(rows: Floats, true: Ints) -> Floats:
    """Return -ln p(target) of each row; inf for what was called impossible."""
    # 1e-6 lets through what a softmax in 32 bits leaves
    wrong = ((rows < 0) | (rows > 1)).any(axis=1) | (abs(rows.sum(axis=1) - 1) > 1e-6)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(
            f"log_loss: outputs[{at}] gives the probabilities {rows[at].tolist()}: they must be 0 "
            "to 1 and sum to 1; leave out from_logits=False for logits"
        )
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(rows[np.arange(len(rows)), true]))


def _counted(
    name: str, outputs: Any, targets: Any, average: str | None, positive: int, threshold: float
) -> tuple[Ints, Ints, Ints, str]:
    """Return hits, predictions and targets of each class that occurs, and the average to take.

    For "binary" they are those of the positive class alone.
    """
    if average is not None and average not in _AVERAGES:
        raise unknown("average", average, _AVERAGES)
    predicted, true, classes = predicted_classes(name, outputs, targets, threshold)
    average = average or ("binary" if len(classes) == 2 else "macro")
    if average != "binary":
        classes = np.union1d(predicted, true)
    elif len(classes) > 2:
        raise ValueError(
            f"{name}: average='binary' of {len(classes)} classes: give 'macro', 'micro' or "
            "'weighted'"
        )
    elif positive not in classes:
        raise ValueError(f"{name}: positive={positive!r} is none of the classes {classes.tolist()}")
    else:
        classes = np.array([positive])
    of_prediction, of_target = predicted == classes[:, None], true == classes[:, None]
    hits = (of_prediction & of_target).sum(axis=1)
    return hits, of_prediction.sum(axis=1), of_target.sum(axis=1), average


def _averaged(over: Ints, under: Ints, true: Ints, average: str) -> float:
    """Return the average over classes of the shares over / under."""
    if average == "micro":
        return int(over.sum()) / int(under.sum())
    # fractions: the average is rounded once
    shares = [Fraction(int(a), int(b) or 1) for a, b in zip(over, under, strict=True)]
    weights = [int(n) for n in true] if average == "weighted" else [1] * len(shares)
    return float(sum(w * s for w, s in zip(weights, shares, strict=True)) / sum(weights))
