"""Classes as numbers from 0, as rows with a single 1, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.data.arrays import Array, Floats, Ints, matrix, samples, whole


def class_numbers(labels: Any) -> tuple[Ints, Array]:
    """Return (numbers, names): each label's place among the sorted distinct ones, and these.

    `names[numbers]` gives the labels back. Raises ValueError for no labels, nan, and labels of
    several columns.

    >>> numbers, names = class_numbers(["cat", "dog", "cat"])
    >>> numbers, [str(name) for name in names]
    (array([0, 1, 0]), ['cat', 'dog'])
    """
    labels = samples(labels, "labels")
    if labels.ndim != 1:
        raise ValueError(f"labels of shape {labels.shape}: give one for each sample")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError(f"labels[{np.argmax(np.isnan(labels))}] is nan: a sample without a class")
    names, numbers = np.unique(labels, return_inverse=True)
    return numbers.astype(np.int64), names


def one_hot(labels: Any, classes: int | None = None) -> Floats:
    """Return an array (samples, classes) with a 1 in the column of each sample's class, else 0.

    Labels are whole numbers from 0; without `classes` the largest decides how many there are.
    Raises ValueError for any other label, naming its place.

    >>> one_hot([1, 0], classes=3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    numbers = whole_labels(labels, "labels")
    count = whole("classes", numbers.max() + 1 if classes is None else classes, 1)
    if (wrong := (numbers < 0) | (numbers >= count)).any():
        at = int(np.argmax(wrong))
        raise ValueError(
            f"labels[{at}] = {numbers[at]} is none of the {count} classes, 0 to {count - 1}; "
            "nn.data.class_numbers counts any labels from 0"
        )
    return np.asarray(np.eye(count)[numbers])


def from_one_hot(rows: Any) -> Ints:
    """Return the class of each row: where its 1 is. Raises ValueError for any other row.

    >>> from_one_hot([[0, 1, 0], [1, 0, 0]])
    array([1, 0])
    """
    array = matrix(rows, "rows")
    wrong = (((array != 0) & (array != 1)).any(axis=1)) | (array.sum(axis=1) != 1)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(
            f"rows[{at}] = {array[at].tolist()} is not one-hot: a single 1, all else 0. For the "
            "class that a model's output points at write outputs.argmax(axis=1)"
        )
    return np.asarray(array.argmax(axis=1), dtype=np.int64)


def whole_labels(labels: Any, name: str) -> Ints:
    """Return classes as whole numbers, one a sample. Raises ValueError for anything else."""
    array = samples(labels, name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind not in "biuf" or array.ndim != 1:
        example = f": {array.flat[0]!r}" if array.ndim == 1 else f" of shape {array.shape}"
        raise ValueError(
            f"{name}{example}: give the number of a class for each sample; "
            "nn.data.class_numbers makes them of names, nn.data.from_one_hot of rows"
        )
    with np.errstate(invalid="ignore"):
        numbers = array.astype(np.int64)
    if (wrong := numbers != array).any():
        at = int(np.argmax(wrong))
        raise ValueError(f"{name}[{at}] = {array[at]} is not the number of a class")
    return numbers
