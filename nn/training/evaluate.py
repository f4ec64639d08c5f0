"""How good a model is on samples: mean loss and metrics, in eval mode and without a graph."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from autograd import Value, no_grad
from autograd.program import Compiled
from autograd.value import detached
from nn.inputs import is_row, mapped, numbers_of
from nn.losses import find_loss
from nn.losses.reduction import Loss
from nn.metrics.names import Metric
from nn.module import Module, same_modes
from nn.programs import loss_program, losses_of, outputs_of
from nn.training.samples import Samples
from nn.training.scoring import metrics_of, named_metrics, try_metrics
from nn.training.source import Source, find_source
from nn.training.tally import Tally, mean_of
from nn.training.trial import try_out

_TOGETHER = 8_192  # samples, of data larger than memory
_MANY = 10_000  # numbers that models gave: of fewer each loss is soon taken on its own


def evaluate(
    model: Module,
    X: Any,
    y: Any = None,
    loss: str | Loss = "cross_entropy",
    metrics: Sequence[str | Metric] = (),
) -> dict[str, float]:
    """Return {"loss": mean loss of the samples, metric: ...}; the model stays as it is.

    X and y are as in `fit`, memory maps and streams too; no penalty is added. Raises as `fit` does
    for data that do not fit the model or the loss, and for unknown names.

    >>> from nn.layers.mlp import MLP
    >>> evaluate(MLP(1, [2], init=lambda *_: 0.0), [[1.0], [2.0]], [0, 1], "cross_entropy")
    {'loss': 0.6931471805599453}
    """
    samples, function, found = find_source(X, y), find_loss(loss), named_metrics(metrics)
    output = try_out(model, samples, function, ("X", "y"))
    found = metrics_of(found, output, function)
    try_metrics(found, output, samples, "y")
    return scores(model, samples, function, found)


def scores(
    model: Module, samples: Source, loss: Loss, metrics: dict[str, Metric]
) -> dict[str, float]:
    """Return loss and metrics of samples that were checked."""
    tally = Tally(metrics, samples.in_memory)
    with same_modes(model), no_grad():
        model.eval()
        program = loss_program(loss)
        if isinstance(samples, Samples):
            losses, outputs = _losses_and_outputs(model, loss, program, samples)
            tally.add_each(losses, outputs, samples)
        else:
            with closing(samples.batches(_TOGETHER, None)) as batches:
                for part in batches:
                    losses, outputs = _losses_and_outputs(model, loss, program, part)
                    tally.add(mean_of(losses, [1] * len(losses)), outputs, part)
                    tally.settle()
    return tally.row()


def _losses_and_outputs(
    model: Module, loss: Loss, program: Compiled, samples: Samples
) -> tuple[list[float], Any]:
    found = outputs_of(model, samples.X)
    if found is None:
        outputs = model.batch(samples.rows)
        return _each(loss, outputs, samples), [numbers_of(y) for y in outputs]
    alone = found.shape[1:] == (1,) and not is_row(model(samples.take([0]).rows[0]))
    if found.size >= _MANY:
        losses, _ = losses_of(program, found[:, 0] if alone else found, samples.y)
        if losses:
            return losses, found
    rows = mapped(Value, found.tolist())
    return _each(loss, [y for [y] in rows] if alone else rows, samples), found


def _each(loss: Loss, outputs: list[Any], samples: Samples) -> list[float]:
    pairs = zip(outputs, samples.targets, strict=True)
    return [float(detached(loss(y, t))) for y, t in pairs]
