"""What a classification loss is told: the right class or the chances of each, and weights."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from autograd import Value
from autograd.value import detached
from nn.inputs import is_row


def class_index(name: str, target: Any, classes: int) -> Any:
    """Return the number of a class as an int; 2.0, as CSV files have it, is 2.

    In a function that is compiled it may be a row's integer, for `autograd.take`.

    Raises TypeError for no whole number, ValueError for one that is none of the classes and for
    fewer than two of these.
    """
    if classes < 2:
        raise ValueError(f"{name}: {classes} outputs; a class needs one each, so two or more")
    if hasattr(target, "within"):
        return target.within(classes)
    whole = isinstance(target, float) and target.is_integer()
    try:
        index = int(target) if whole else operator.index(target)
    except TypeError:
        raise TypeError(
            f"{name}: target={target!r} must be the number of a class, counted from 0"
        ) from None
    if not 0 <= index < classes:
        raise ValueError(
            f"{name}: target={target!r} is none of the {classes} classes, 0 to {classes - 1}"
        )
    return index


def class_shares(name: str, target: Any, classes: int, smoothing: Any = 0) -> list[tuple[Any, Any]]:
    """Return [(class, its share of the target), ...], without those of exactly 0.

    A target is the number of a class or a list of probabilities. `smoothing` is the share that all
    classes split evenly. Source: Szegedy et al. 2016, "Rethinking the Inception Architecture for
    Computer Vision", section 7.

    >>> class_shares("loss", 1, 2, smoothing=0.5)
    [(0, 0.25), (1, 0.75)]
    """
    rest = smoothing / classes
    if is_row(target):
        shares = [(1 - smoothing) * p + rest if smoothing else p
                  for p in probabilities(name, target, classes)]  # fmt: skip
        return [(i, p) for i, p in enumerate(shares) if isinstance(p, Value) or p]
    index = class_index(name, target, classes)
    if not smoothing:
        return [(index, 1)]
    if hasattr(index, "within"):  # any class: its share of what is not split evenly comes on top
        return [(index, 1 - smoothing), *((i, rest) for i in range(classes))]
    return [(i, (1 - smoothing) * (i == index) + rest) for i in range(classes)]


def probabilities(name: str, target: Iterable[Any], classes: int) -> list[Any]:
    """Return the probabilities of a target as a list.

    Raises ValueError for another number of them than classes, one outside [0, 1], and a sum that
    is not 1 within 1e-6, the rounding of numbers kept in single precision.
    """
    ps = list(target)
    if len(ps) != classes:
        raise ValueError(
            f"{name}: {len(ps)} target probabilities for {classes} classes; one each, or the "
            "number of the right class"
        )
    ps = [checked_probability(name, p) for p in ps]
    if not -1e-6 <= (total := sum(map(detached, ps))) - 1 <= 1e-6:
        raise ValueError(f"{name}: target probabilities {ps} add up to {total}, not to 1")
    return ps


def checked_probability(name: str, p: Any) -> Any:
    """Return a target's probability, a truth value as 0 or 1. Raises ValueError outside [0, 1]."""
    if isinstance(p, str) or not 0 <= p <= 1:
        raise ValueError(f"{name}: target {p!r} is no probability; it must be from 0 to 1")
    return int(p) if not isinstance(p, Value) and p in (0, 1) else p


def checked_smoothing(name: str, smoothing: Any) -> Any:
    """Return the label smoothing. Raises ValueError unless 0 <= smoothing <= 1."""
    if not 0 <= smoothing <= 1:
        raise ValueError(f"{name}: label_smoothing={smoothing!r} is a share, from 0 to 1")
    return smoothing


def checked_weights(name: str, weights: Sequence[Any] | None) -> Sequence[Any] | None:
    """Return the class weights. Raises ValueError for one below zero or if all are 0."""
    if weights is not None and (not all(w >= 0 for w in weights) or not any(weights)):
        raise ValueError(
            f"{name}: class_weights={list(weights)}; each must be at least 0, and one above"
        )
    return weights
