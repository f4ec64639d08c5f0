"""The metrics that `fit` and `evaluate` are given: found, suited to the outputs, tried first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from nn.inputs import numbers_of
from nn.losses import binary_cross_entropy
from nn.losses.reduction import Loss, made_by
from nn.metrics.classification import accuracy, f1, log_loss, precision, recall
from nn.metrics.names import MEANS, METRICS, Metric, find_metric
from nn.training.source import Source


def named_metrics(metrics: Sequence[str | Metric]) -> dict[str, Metric]:
    """Return metrics by name, functions by their own. Raises for unknown and repeated ones."""
    if isinstance(metrics, str) or callable(metrics):
        raise TypeError(f"metrics={metrics!r}: give a list, as metrics=['accuracy']")
    found: dict[str, Metric] = {}
    for metric in metrics:
        function: Callable[[Any, Any], float] = find_metric(metric)
        name = metric if isinstance(metric, str) else name_of(metric)
        if name in found or name in ("loss", "lr", "epoch"):
            raise ValueError(f"metrics: there are two columns of the name {name!r}")
        found[name] = function
    return found


def name_of(function: Any) -> str:
    """Return the name of a function, of what a partial calls, or of the class of an object.

    >>> name_of(partial(accuracy, threshold=0.5))
    'accuracy'
    """
    function = getattr(function, "func", function)
    return str(getattr(function, "__name__", type(function).__name__))


def metrics_of(metrics: dict[str, Metric], output: Any, loss: Loss) -> dict[str, Metric]:
    """Return the metrics as they suit the outputs: the threshold of probabilities is 0.5, not 0.

    Outputs are probabilities if sigmoid or softmax made them, or if binary cross-entropy takes
    them.
    """
    of_probabilities = getattr(loss, "func", loss) is binary_cross_entropy
    if not of_probabilities and not made_by(output, "sigmoid", "softmax"):
        return metrics
    found = dict(metrics)
    for name, metric in metrics.items():
        for known, options in _OF_PROBABILITIES:
            if metric is known:
                found[name] = partial(metric, **options)
    return found


_OF_PROBABILITIES: list[tuple[Metric, dict[str, Any]]] = [
    *((metric, {"threshold": 0.5}) for metric in (accuracy, precision, recall, f1)),
    (log_loss, {"from_logits": False}),
]


def try_metrics(metrics: dict[str, Metric], output: Any, source: Source, name: str) -> None:
    """Take nn's metrics of all targets, each with this output, so that what is wrong shows early.

    Of samples larger than memory there are only the first, and metrics that are means of samples.
    Raises ValueError for targets that a metric cannot use.
    """
    row = numbers_of(output)
    if not np.isfinite(row).all():
        return
    some = source.first()
    outputs, targets = np.array([row] * len(some)), np.array(some.targets)
    for metric in metrics.values():
        tried = METRICS.values() if source.in_memory else MEANS
        if any(getattr(metric, "func", metric) is known for known in tried):
            try:
                metric(outputs, targets)
            except ValueError as error:
                raise ValueError(f"metrics, of {name}: {error}") from error
