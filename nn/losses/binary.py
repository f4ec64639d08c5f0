"""Losses of two classes, 0 and 1, told by one output: binary cross-entropy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Value, log, log1p, softplus
from nn.losses.classes import checked_probability, checked_smoothing
from nn.losses.reduction import Loss, made_by, over_numbers


def binary_cross_entropy(
    probabilities: Any,
    targets: Any,
    *,
    label_smoothing: Any = 0,
    positive_weight: Any = 1,
    reduction: str = "mean",
) -> Any:
    """Return the mean of -(t ln p + (1 - t) ln(1 - p)), for probabilities p of class 1.

    Targets t are 0, 1 or probabilities between; `label_smoothing` moves them towards 1/2,
    `positive_weight` multiplies the first term. Shapes and reductions are those of
    `mean_squared_error`. A term whose factor is 0 is left out; p = 0 for t = 1 costs inf (PyTorch
    stops at 100). A p that sigmoid has rounded to 0 or 1 is past help: there, give the logits to
    `binary_cross_entropy_with_logits`. Raises ValueError for p or t outside [0, 1]. Source: Bishop
    2006, "Pattern Recognition and Machine Learning", equation 4.90.

    >>> binary_cross_entropy([0.5, 0.0], [1, 0], reduction="none")
    [0.6931471805599453, 0.0]
    """
    name = "binary_cross_entropy"

    two_sided = _two_sided(
        name, lambda p: -log(p), lambda p: -log1p(-p), label_smoothing, positive_weight
    )

    def loss(p: Any, target: Any) -> Any:
        if p < 0 or p > 1:  # nan passes: whoever trains wants to know where it came from
            raise ValueError(
                f"{name}: output {p!r} is no probability; for logits there is {name}_with_logits"
            )
        return two_sided(p, target)

    return over_numbers(name, loss, probabilities, targets, reduction)


def binary_cross_entropy_with_logits(
    logits: Any,
    targets: Any,
    *,
    label_smoothing: Any = 0,
    positive_weight: Any = 1,
    reduction: str = "mean",
) -> Any:
    """Return the mean of -(t ln sigmoid(x) + (1 - t) ln sigmoid(-x)), right for any logit x.

    Options, shapes and errors are those of `binary_cross_entropy`; ValueError for outputs that are
    sigmoid nodes already, too. Source: Bishop 2006, "Pattern Recognition and Machine Learning",
    equations 4.87 and 4.90.

    >>> binary_cross_entropy_with_logits([1000.0, -1000.0], [1, 1], reduction="none")
    [0.0, 1000.0]
    """
    name = "binary_cross_entropy_with_logits"
    two_sided = _two_sided(name, lambda x: softplus(-x), softplus, label_smoothing, positive_weight)

    def loss(x: Any, target: Any) -> Any:
        if made_by(x, "sigmoid"):
            raise ValueError(
                f"{name}: this output is a probability, made by sigmoid, which this loss takes "
                "itself; leave the output linear, or take binary_cross_entropy"
            )
        return two_sided(x, target)

    return over_numbers(name, loss, logits, targets, reduction)


def _two_sided(
    name: str,
    of_one: Callable[[Any], Any],
    of_zero: Callable[[Any], Any],
    smoothing: Any,
    weight: Any,
) -> Loss:
    """Return the loss t * weight * of_one(y) + (1 - t) * of_zero(y), without terms of factor 0."""
    checked_smoothing(name, smoothing)
    if not weight > 0:
        raise ValueError(f"{name}: positive_weight={weight!r} must be above zero")

    def loss(y: Any, target: Any) -> Any:
        t = checked_probability(name, target)
        if smoothing:
            t = t * (1 - smoothing) + smoothing / 2
        if not isinstance(t, Value) and t in (0, 1):
            return of_zero(y) if t == 0 else of_one(y) if weight == 1 else weight * of_one(y)
        return t * weight * of_one(y) + (1 - t) * of_zero(y)

    return loss
