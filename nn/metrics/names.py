"""Metrics by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.real import short
from nn.data.arrays import unknown
from nn.metrics.classification import accuracy, f1, log_loss, precision, recall
from nn.metrics.ranking import roc_auc
from nn.metrics.regression import mae, mse, r2, rmse

Metric = Callable[[Any, Any], float]

METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "log_loss": log_loss,
    "roc_auc": roc_auc,
    "r2": r2,
    "mae": mae,
    "mse": mse,
    "rmse": rmse,
}
MEANS = (accuracy, log_loss, mae, mse)  # over the samples, each by itself
# what else they are called
_ALIASES = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
}


def find_metric(metric: str | Metric) -> Metric:
    """Return the metric of that name, a function of outputs and targets; a function as it is.

    Raises ValueError for an unknown name, TypeError for what is neither name nor function.

    >>> find_metric("accuracy")([[0.1, 2.0]], [1])
    1.0
    """
    if callable(metric):
        return metric
    if not isinstance(metric, str):
        raise TypeError(
            f"metric={short(metric)}: give a name, as 'accuracy', or a function of outputs and "
            "targets"
        )
    name = _ALIASES.get(metric, metric)
    if name not in METRICS:
        raise unknown("metric", metric, METRICS)
    return METRICS[name]
