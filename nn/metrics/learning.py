"""The learning curve: would more data help? The score by the number of training samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum, sqrt
from typing import Any, NamedTuple

from nn.data.arrays import ArraySeed, paired, whole
from nn.data.splitting import k_fold
from nn.metrics.names import Metric, find_metric


class LearningPoint(NamedTuple):
    """Hold the mean scores of one training size over the folds, and their standard deviations."""

    size: int
    training: float
    test: float
    training_deviation: float
    test_deviation: float


def learning_curve(
    fit: Callable[[Any, Any], Any],
    X: Any,
    y: Any,
    *,
    sizes: Sequence[float] = (0.1, 0.325, 0.55, 0.775, 1.0),
    metric: str | Metric = "accuracy",
    folds: int = 5,
    stratify: bool = False,
    seed: ArraySeed = None,
) -> list[LearningPoint]:
    """Return the score on training and on unseen samples for each number of training samples.

    `fit(X, y)` builds and trains a new model and returns it: something with `predict(X)`, or a
    function of X, whose outputs the metric takes. Sizes are shares of a fold's training samples
    (rounded down) or their number; smaller sets are parts of larger ones. Training and test close
    together and low: a larger model. Far apart: more data, or a simpler model. Raises ValueError
    for a size of no sample or more than there are, and as `k_fold` does. Source: Hastie et al.
    2009, "The Elements of Statistical Learning", section 7.10.

    >>> X, y = [[x] for x in range(8)], [0, 0, 0, 0, 1, 1, 1, 1]
    >>> middle = lambda X, y: lambda rows: rows - X.mean()
    >>> for point in learning_curve(middle, X, y, sizes=[2, 4], folds=2, stratify=True, seed=0):
    ...     print(point.size, point.training, point.test)
    2 1.0 0.875
    4 1.0 0.875
    """
    X, y = paired(X, y)
    score = find_metric(metric)
    parts = k_fold(len(X), folds, classes=y if stratify else None, seed=seed)
    most = min(len(train) for train, _ in parts)
    counts = [_size(size, most) for size in sizes]
    if not counts:
        raise ValueError("sizes=[]: give at least one number of training samples")
    points = []
    for count in counts:
        training, test = [], []
        for train, unseen in parts:
            part = train[:count]
            model = fit(X[part], y[part])
            predict = model.predict if hasattr(model, "predict") else model
            if not callable(predict):
                raise TypeError(f"fit(X, y) returned {model!r}: return the model, or a function")
            training.append(score(predict(X[part]), y[part]))
            test.append(score(predict(X[unseen]), y[unseen]))
        (low, low_spread), (high, high_spread) = map(_mean_and_deviation, (training, test))
        points.append(LearningPoint(count, low, high, low_spread, high_spread))
    return points


def _size(size: float, most: int) -> int:
    """Return the number of training samples that a share or number asks for."""
    if isinstance(size, float):
        if not 0 < size <= 1:
            raise ValueError(f"sizes: {size!r} is no share; give one above 0, up to 1, or a number")
        size = int(size * most)
    return whole("sizes: a size", size, 1, most, "the training samples of a fold")


def _mean_and_deviation(scores: list[float]) -> tuple[float, float]:
    """Return the mean and the standard deviation, of the population as in scikit-learn."""
    mean = fsum(scores) / len(scores)
    return mean, sqrt(fsum((s - mean) ** 2 for s in scores) / len(scores))
