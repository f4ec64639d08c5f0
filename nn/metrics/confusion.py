"""The confusion matrix: which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nn.data.arrays import Ints
from nn.metrics.predictions import predicted_classes


def confusion_matrix(outputs: Any, targets: Any, *, threshold: float = 0.0) -> Ints:
    """Return the count of samples of class i (row) taken for class j (column).

    Raises ValueError as `accuracy` does. `confusion_table` shows it.

    >>> confusion_matrix([[2.0, 1.0], [3.0, 1.0], [0.0, 1.0]], [0, 1, 1])
    array([[1, 0],
           [1, 1]])
    """
    predicted, true, classes = predicted_classes("confusion_matrix", outputs, targets, threshold)
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (np.searchsorted(classes, true), np.searchsorted(classes, predicted)), 1)
    return counts


def confusion_table(counts: Any, names: Sequence[Any] | None = None) -> str:
    """Return a confusion matrix as text, with recall, precision and, in the corner, accuracy.

    Names are 0, 1, ... unless given; a share of nothing is a dash. Raises ValueError for what is
    no square matrix of counts, and for another number of names.

    >>> print(confusion_table([[8, 2], [1, 9]], ["cat", "dog"]))
    true \\ predicted    cat    dog   recall
    cat                   8      2    0.800
    dog                   1      9    0.900
    precision         0.889  0.818    0.850
    """
    table = np.asarray(counts)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.dtype.kind not in "iu":
        raise ValueError(f"counts of shape {table.shape}: give what confusion_matrix returns")
    labels = [str(name) for name in (range(len(table)) if names is None else names)]
    if len(labels) != len(table):
        raise ValueError(f"{len(labels)} names for {len(table)} classes")
    hits = np.diag(table)
    rows = [["true \\ predicted", *labels, " recall"]]
    for label, line, hit in zip(labels, table, hits, strict=True):
        rows.append([label, *map(str, line), _share(hit, line.sum())])
    precisions = map(_share, hits, table.sum(axis=0))
    rows.append(["precision", *precisions, _share(hits.sum(), table.sum())])
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    return "\n".join(
        row[0].ljust(first)
        + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], others, strict=True))
        for row in rows
    )


def _share(part: Any, whole: Any) -> str:
    """Return part / whole with three digits."""
    return f"{part / whole:.3f}" if whole else "-"
