"""From a model's outputs to the classes they point at, checked against the targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.numbers import plain
from autograd.real import short
from nn.data.arrays import Floats, Ints, matrix, samples, unwrapped
from nn.data.encoding import from_one_hot, whole_labels


def predicted_classes(
    name: str, outputs: Any, targets: Any, threshold: float
) -> tuple[Ints, Ints, Ints]:
    """Return (predicted classes, true classes, all classes) of the samples.

    `name` is the caller's, for messages. Raises ValueError for unequal lengths, none, nan, and
    targets that are none of the classes.

    >>> predicted_classes("accuracy", [0.3, -2.0], [1, -1], threshold=0.0)
    (array([ 1, -1]), array([ 1, -1]), array([-1,  1]))
    """
    rows, true, classes = checked_rows(name, outputs, targets)
    if rows.shape[1] == 1:
        return np.where(rows[:, 0] > threshold, 1, classes[0]), true, classes
    return rows.argmax(axis=1).astype(np.int64), true, classes


def checked_rows(name: str, outputs: Any, targets: Any) -> tuple[Floats, Ints, Ints]:
    """Return (outputs as rows, true classes, all classes); raise ValueError as stated above."""
    check_lengths(name, outputs, targets)
    rows, targets = matrix(outputs, f"{name}: outputs"), unwrapped(targets)
    if not isinstance(targets, np.ndarray) or targets.dtype == object:
        targets = [plain(t) for t in targets]
    if rows.shape[1] > 1 and samples(targets, f"{name}: targets").shape == rows.shape:
        targets = from_one_hot(targets)
    true = whole_labels(targets, f"{name}: targets")
    if rows.shape[1] > 1:
        classes = np.arange(rows.shape[1])
        listed = f"{rows.shape[1]} classes, 0 to {rows.shape[1] - 1}, of the outputs"
    else:
        classes = np.array([-1, 1] if (true == -1).any() else [0, 1])
        listed = (
            f"two classes, {classes[0]} and 1, that single scores tell apart; for more classes "
            "give a row of scores for each sample, as nn.data.one_hot makes of predicted classes"
        )
    if (wrong := ~np.isin(true, classes)).any():
        at = int(np.argmax(wrong))
        raise ValueError(f"{name}: targets[{at}] = {true[at]} is none of the {listed}")
    return rows, true, classes


def check_lengths(name: str, outputs: Any, targets: Any) -> None:
    """Raise ValueError unless there are as many outputs as targets, and some."""
    try:
        sizes = len(outputs), len(targets)
    except TypeError:
        given = targets if hasattr(outputs, "__len__") else outputs
        raise TypeError(f"{name}: {short(given)} has no length; give a list or an array") from None
    if sizes[0] != sizes[1] or not sizes[0]:
        raise ValueError(
            f"{name}: {sizes[0]} outputs and {sizes[1]} targets; "
            "there must be as many, and at least one"
        )
