"""From one number's loss to that of many: outputs paired with targets; mean, sum or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import autograd
from autograd.rules import find
from nn.inputs import is_row

Loss = Callable[[Any, Any], Any]  # of one output, or of one sample's outputs, and the target
REDUCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "mean": autograd.mean,
    "sum": autograd.sum,
    "none": list,
}


def made_by(output: Any, *rules: str) -> bool:
    """Say whether a model's output, or the first in lists of them, is a node of such a rule."""
    first = output
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    return isinstance(first, autograd.Value) and first.rule in [find(rule) for rule in rules]


def pairs(name: str, outputs: Any, targets: Any) -> list[tuple[Any, Any]]:
    """Return [(output, target), ...]; a lone number is a list of one.

    Raises ValueError if there are none or not as many.
    """
    ys, ts = (list(each) if is_row(each) else [each] for each in (outputs, targets))
    if len(ys) != len(ts) or not ys:
        raise ValueError(
            f"{name}: {len(ys)} outputs and {len(ts)} targets; "
            "there must be as many, and at least one"
        )
    return list(zip(ys, ts, strict=True))


def find_reduction(name: str, reduction: str) -> Callable[[list[Any]], Any]:
    """Return the function of that name, mean, sum or none. Raises ValueError for another."""
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"{name}: reduction={reduction!r} is unknown; it is one of {', '.join(REDUCTIONS)}"
        )
    return REDUCTIONS[reduction]


def over_numbers(name: str, loss: Loss, outputs: Any, targets: Any, reduction: str) -> Any:
    """Reduce the losses of all outputs, in rows or not; "none" keeps the rows.

    A lone number's loss is returned as it is.
    """
    reduce = find_reduction(name, reduction)
    losses = _nested(name, loss, outputs, targets)
    if reduction == "none" or not isinstance(losses, list):
        return losses
    return reduce(list(_flat(losses)))


def over_samples(name: str, loss: Loss, outputs: Any, targets: Any, reduction: str) -> Any:
    """Reduce the losses of samples, a row of outputs each; a lone sample's is returned as it is.

    Raises TypeError for a lone number, ValueError for none.
    """
    if not is_row(outputs):
        raise TypeError(f"{name}: {outputs!r} is one number; a sample's outputs are a list of them")
    reduce, rows = find_reduction(name, reduction), list(outputs)
    if not rows:
        raise ValueError(f"{name}: there are no outputs; a sample has one or more")
    if is_row(rows[0]):
        return reduce([loss(list(row), t) for row, t in pairs(name, rows, targets)])
    return loss(rows, targets)


def _nested(name: str, loss: Loss, outputs: Any, targets: Any) -> Any:
    if not is_row(outputs) and not is_row(targets):
        return loss(outputs, targets)
    return [_nested(name, loss, y, t) for y, t in pairs(name, outputs, targets)]


def _flat(losses: list[Any]) -> Iterator[Any]:
    for each in losses:
        if isinstance(each, list):
            yield from _flat(each)
        else:
            yield each
