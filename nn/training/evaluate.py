"""How good a model is on samples: mean loss and metrics, in eval mode and without a graph."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Any

import numpy as np

from autograd import Value, no_grad
from autograd.value import detached
from nn.data.arrays import Floats
from nn.inputs import is_row, mapped, numbers_of
from nn.losses import find_loss
from nn.losses.reduction import Loss
from nn.metrics.names import Metric
from nn.module import Module, same_modes
from nn.programs import losses_of, outputs_of
from nn.training.samples import Samples, checked_samples, try_out
from nn.training.scoring import metrics_of, named_metrics, try_metrics

_MANY = 10_000  # numbers that models gave: of fewer each loss is soon taken on its own


def evaluate(
    model: Module,
    X: Any,
    y: Any,
    loss: str | Loss,
    metrics: Sequence[str | Metric] = (),
) -> dict[str, float]:
    """Return {"loss": mean loss of the samples, metric: ...}; the model stays as it is.

    X and y are as in `fit`; no penalty is added. Raises as `fit` does
    for data that do not fit the model or the loss, and for unknown names.

    >>> from nn.layers.mlp import MLP
    >>> evaluate(MLP(1, [2], init=lambda *_: 0.0), [[1.0], [2.0]], [0, 1], "cross_entropy")
    {'loss': 0.6931471805599453}
    """
    samples, function, found = checked_samples(X, y), find_loss(loss), named_metrics(metrics)
    output = try_out(model, samples, function, ("X", "y"))
    found = metrics_of(found, output, function)
    try_metrics(found, output, samples, "y")
    return scores(model, samples, function, found)


def scores(
    model: Module, samples: Samples, loss: Loss, metrics: dict[str, Metric]
) -> dict[str, float]:
    """Return loss and metrics of samples that were checked."""
    with same_modes(model), no_grad():
        found: Any = outputs_of(model.eval(), samples.X)
        if found is None:
            outputs = model.batch(samples.rows)
            losses = _each(loss, outputs, samples)
            found = [numbers_of(y) for y in outputs]
        else:
            alone = found.shape[1:] == (1,) and not is_row(model(samples.rows[0]))
            losses = _losses(loss, found, samples, alone)
    return {
        "loss": mean_of(losses, [1] * len(losses)),
        **measured(metrics, found, samples.targets),
    }


def _losses(loss: Loss, outputs: Floats, samples: Samples, alone: bool) -> list[float]:
    """Return the loss of each sample; `alone` says that a model's output is a Value, no list."""
    if outputs.size >= _MANY:
        found, _ = losses_of(loss, outputs[:, 0] if alone else outputs, samples.y)
        if found:
            return found
    rows = mapped(Value, outputs.tolist())
    return _each(loss, [y for [y] in rows] if alone else rows, samples)


def _each(loss: Loss, outputs: list[Any], samples: Samples) -> list[float]:
    pairs = zip(outputs, samples.targets, strict=True)
    return [float(detached(loss(y, t))) for y, t in pairs]


def measured(metrics: dict[str, Metric], outputs: Any, targets: list[Any]) -> dict[str, float]:
    """Return every metric of these outputs."""
    if not metrics:
        return {}
    ys, ts = np.array(outputs), np.array(targets)
    return {name: float(metric(ys, ts)) for name, metric in metrics.items()}


def mean_of(losses: Sequence[float], counts: Sequence[int]) -> float:
    """Return the mean of losses, each of so many samples: the exact sum, rounded once if finite.

    >>> mean_of([1.0, 4.0], [2, 1])
    2.0
    """
    terms = [loss * count for loss, count in zip(losses, counts, strict=True)]
    try:
        return fsum(terms) / sum(counts)
    except (OverflowError, ValueError):  # what fsum has no answer to: inf - inf, and sums beyond
        return sum(terms) / sum(counts)
