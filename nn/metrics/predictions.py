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
    outputs, targets = paired_up(name, outputs, targets)
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


def paired_up(name: str, outputs: Any, targets: Any) -> tuple[Any, Any]:
    """Return outputs and targets, each step of sequences and each pixel of images for itself.

    Nested outputs have a target for each row of them (their last axis counts classes), or for each
    number. Raises ValueError unless there are as many, and some.

    >>> found = paired_up("accuracy", np.eye(2).reshape(1, 2, 2), np.array([[0, 1]]))
    >>> [part.tolist() for part in found]
    [[[1.0, 0.0], [0.0, 1.0]], [0, 1]]
    """
    _check_lengths(name, outputs, targets)
    ys = samples(outputs, f"{name}: outputs")
    if ys.ndim < 3:
        return outputs, targets
    ts = samples(targets, f"{name}: targets")
    if ts.ndim == 1:  # of sequences of one step
        ts = ts[:, None]
    if ts.shape == ys.shape:
        return ys.ravel(), ts.ravel()
    if ts.shape == ys.shape[:-1]:
        return ys.reshape(-1, ys.shape[-1]), ts.ravel()
    raise ValueError(
        f"{name}: outputs of the shape {ys.shape} and targets of {ts.shape}; every row of outputs "
        f"needs its class, {ys.shape[:-1]}, or every output its target"
    )


def _check_lengths(name: str, outputs: Any, targets: Any) -> None:
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
