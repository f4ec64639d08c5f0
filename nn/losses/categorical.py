"""Losses of several classes: cross-entropy, negative log-likelihood, Kullback-Leibler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd import dot, log, logsumexp, take
from autograd.rules import find
from autograd.value import apply
from nn.inputs import is_row
from nn.losses.classes import (
    checked_smoothing,
    checked_weights,
    class_index,
    class_shares,
    probabilities,
)
from nn.losses.reduction import made_by, over_samples

LogProbability = Callable[[list[Any], Any], Any]


def cross_entropy(
    logits: Any,
    target: Any,
    *,
    label_smoothing: Any = 0,
    class_weights: Sequence[Any] | None = None,
    reduction: str = "mean",
) -> Any:
    """Return -ln softmax(logits)[target], for one sample of the class `target` (from 0).

    Its gradient is softmax(logits) - onehot(target). A target may also be a list p of
    probabilities: -(p1 ln softmax(logits)[0] + p2 ...). `label_smoothing` is the share of it that
    all classes split evenly; `class_weights` multiply the classes' terms. For rows of logits with a
    list of targets the losses are reduced: "mean" (with weights: divided by the sum of those of
    the targets' classes), "sum" or "none".

    Raises ValueError for a target that is not one of the classes or not probabilities, and for
    outputs that are softmax nodes already. Sources: Bishop 2006, "Pattern Recognition and Machine
    Learning", equations 4.108 and 4.109; Szegedy et al. 2016, "Rethinking the Inception
    Architecture for Computer Vision", section 7.

    >>> cross_entropy([0.0, 0.0], target=1)
    0.6931471805599453
    >>> cross_entropy([[2.0, 0.0], [1000.0, -1000.0]], [0, 1], reduction="none")
    [0.1269280110429725, 2000.0]
    """
    name = "cross_entropy"
    smoothing = checked_smoothing(name, label_smoothing)

    def shares(row: list[Any], t: Any) -> list[tuple[Any, Any]]:
        if made_by(row, "softmax"):
            raise ValueError(
                f"{name}: these outputs are probabilities, made by softmax, which this loss takes "
                "itself; leave the output linear, or take negative_log_likelihood of log_softmax"
            )
        return class_shares(name, t, len(row), smoothing)

    return _surprise(name, _log_softmax, shares, logits, target, class_weights, reduction)


def negative_log_likelihood(
    log_probabilities: Any,
    target: Any,
    *,
    class_weights: Sequence[Any] | None = None,
    reduction: str = "mean",
) -> Any:
    """Return -log_probabilities[target], for one sample of the class `target` (from 0).

    With `log_softmax` before it, it is `cross_entropy`, whose weights and reductions it has. Raises
    ValueError for a target that is not one of the classes and a log-probability above 0. Source:
    Bishop 2006, "Pattern Recognition and Machine Learning", equation 4.108.

    >>> negative_log_likelihood([-0.25, -1.5], target=1)
    1.5
    """
    name = "negative_log_likelihood"

    def shares(row: list[Any], t: Any) -> list[tuple[Any, Any]]:
        _check_log_probabilities(name, row)
        return [(class_index(name, t, len(row)), 1)]

    return _surprise(name, take, shares, log_probabilities, target, class_weights, reduction)


def kullback_leibler(log_probabilities: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """Return p1 * (ln p1 - log_probabilities[0]) + ... for one sample's target probabilities p.

    A p of 0 adds nothing. For rows of both the divergences are reduced: the mean is over samples.
    Raises ValueError for targets that are no probabilities of as many classes or do not add up to
    1, and for a log-probability above 0. Source: Kullback and Leibler 1951, "On Information and
    Sufficiency", section 2.

    >>> kullback_leibler([-2.0, -2.0], [1.0, 0.0])
    2.0
    """
    name = "kullback_leibler"

    def loss(row: list[Any], target: Any) -> Any:
        _check_log_probabilities(name, row)
        if not is_row(target):
            raise TypeError(f"{name}: target {target!r} must be a list, one probability a class")
        found = probabilities(name, target, len(row))
        shares = {i: p for i, p in enumerate(found) if p != 0}
        return dot(shares.values(), [log(p) - row[i] for i, p in shares.items()])

    return over_samples(name, loss, log_probabilities, targets, reduction)


def _surprise(
    name: str,
    log_probability: LogProbability,
    shares: Callable[[list[Any], Any], list[tuple[Any, Any]]],
    outputs: Any,
    targets: Any,
    class_weights: Sequence[Any] | None,
    reduction: str,
) -> Any:
    """Reduce minus the sum of share * weight * ln(probability), over the classes of each sample."""
    weights = checked_weights(name, class_weights)
    outputs, targets = (list(each) if is_row(each) else each for each in (outputs, targets))

    def loss(row: list[Any], t: Any) -> Any:
        if weights is not None and len(weights) != len(row):
            raise ValueError(f"{name}: {len(weights)} class_weights for {len(row)} classes")
        found = shares(row, t)
        if weights is None and [type(p) for _, p in found] == [int]:  # all of it, 1
            return -log_probability(row, found[0][0])
        factors = [-p if weights is None else -p * weights[i] for i, p in found]
        return dot(factors, [log_probability(row, i) for i, _ in found])

    one = not is_row(outputs) or not any(map(is_row, outputs))
    if weights is None or reduction != "mean" or one:
        return over_samples(name, loss, outputs, targets, reduction)
    total = over_samples(name, loss, outputs, targets, "sum")
    if not (whole := sum(1 if is_row(t) else weights[int(t)] for t in targets)):
        raise ValueError(f"{name}: all samples are of classes whose weight is 0; no mean of none")
    return total / whole


def _log_softmax(row: list[Any], i: Any) -> Any:
    if hasattr(i, "within"):
        return take(row, i) - logsumexp(row)
    return apply(find("log_softmax"), i, *row)


def _check_log_probabilities(name: str, row: list[Any]) -> None:
    if high := [x for x in row if x > 1e-6]:  # the rounding of numbers kept in single precision
        raise ValueError(
            f"{name}: {high[0]!r} is no log-probability, which is 0 or below; of logits take "
            "log_softmax first"
        )
