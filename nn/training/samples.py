"""What `fit` and `evaluate` are given: rows, targets, loss and metrics, wholly checked first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.real import short
from nn.data.arrays import Array, Floats, matrix
from nn.data.arrays import samples as as_array
from nn.losses.reduction import Loss
from nn.metrics.names import Metric, find_metric
from nn.module import Module

_SHOWN = 5  # rows that an error names


@dataclass(frozen=True)
class Samples:
    """Hold rows as lists of floats, converted once, and the target of each, a number or a list."""

    rows: list[list[float]]
    targets: list[Any]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: Sequence[int]) -> Samples:
        """Return those of these indices, in their order."""
        return Samples([self.rows[i] for i in indices], [self.targets[i] for i in indices])

    def fingerprint(self) -> str:
        """Return a text that tells these samples from others."""
        digest = hashlib.sha256(np.array(self.rows).tobytes())
        digest.update(np.array(self.targets, dtype=np.float64).tobytes())
        return digest.hexdigest()[:16]


def checked_samples(X: Any, y: Any, names: tuple[str, str] = ("X", "y")) -> Samples:
    """Return rows and targets that `fit` can use: as many of each, finite, of one width.

    A column of targets is taken as numbers, and whole numbers stay whole. Raises ValueError and
    TypeError, with the numbers of the rows, for anything else.
    """
    rows, targets = matrix(X, names[0], missing=True), _targets(y, names[1])
    if len(rows) != len(targets):
        raise ValueError(
            f"{names[0]} has {len(rows)} rows and {names[1]} has {len(targets)}; "
            "every row needs its target"
        )
    _refuse_not_finite(rows, names[0])
    _refuse_not_finite(targets, names[1])
    return Samples(rows.tolist(), targets.tolist())


def _targets(y: Any, name: str) -> Array:
    array = as_array(y, name)
    if array.dtype.kind in "US" or (array.dtype.kind == "O" and isinstance(array.flat[0], str)):
        raise TypeError(
            f"{name}: {short(str(array.flat[0]))} is a text; make numbers of the classes first, "
            "with nn.data.class_numbers"
        )
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        array = matrix(y, name, missing=True)
    if array.ndim > 1 and array.shape[1:] == (1,):
        array = array[:, 0]
    if array.ndim > 2:
        raise ValueError(f"{name}: shape {array.shape}; give a number or a row for each sample")
    return array


def _refuse_not_finite(array: Floats | Array, name: str) -> None:
    finite = np.isfinite(array.reshape(len(array), -1)).all(axis=1)
    if not finite.all():
        bad = np.flatnonzero(~finite).tolist()
        more = f" and {len(bad) - _SHOWN:,} more" if len(bad) > _SHOWN else ""
        raise ValueError(
            f"{name}: nan or infinite in row{'s' * (len(bad) > 1)} "
            f"{', '.join(map(str, bad[:_SHOWN]))}{more} (counted from 0); "
            "see nn.data.fill_missing and drop_missing"
        )


def try_out(model: Module, samples: Samples, loss: Loss, names: tuple[str, str]) -> None:
    """Run the model on one row, and the loss on all targets, so that what is wrong shows early.

    Nothing is changed: there is no graph, no dropout and no statistics of batches. Raises
    ValueError or TypeError, naming the row, for rows of a wrong width and targets out of range.
    """
    width = len(samples.rows[0])
    try:
        [output] = evaluated(model, samples.rows[:1])
    except (ValueError, IndexError) as error:
        raise ValueError(f"{names[0]} has rows of {width} numbers: {error}") from error
    seen: set[Any] = set()
    for i, target in enumerate(samples.targets):
        key = tuple(target) if isinstance(target, list) else target
        if key in seen:
            continue
        seen.add(key)
        try:
            with no_grad():
                loss(output, target)
        except (ValueError, TypeError) as error:
            raise type(error)(f"{names[1]}, row {i}: {error}") from error


def evaluated(model: Module, rows: list[list[float]]) -> list[Any]:
    """Return the model's outputs in eval mode, without graph; its own mode is put back."""
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        with no_grad():
            return model.batch(rows)
    finally:
        for module, mode in modes:
            module.training = mode


def named_metrics(metrics: Sequence[str | Metric]) -> dict[str, Metric]:
    """Return metrics by name, functions by their own. Raises for unknown and repeated ones."""
    if isinstance(metrics, str) or callable(metrics):
        raise TypeError(f"metrics={metrics!r}: give a list, as metrics=['accuracy']")
    found: dict[str, Metric] = {}
    for metric in metrics:
        function: Callable[[Any, Any], float] = find_metric(metric)
        name = metric if isinstance(metric, str) else getattr(metric, "__name__", repr(metric))
        if name in found or name in ("loss", "lr", "epoch"):
            raise ValueError(f"metrics: there are two columns of the name {name!r}")
        found[name] = function
    return found
